package draw

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"

	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// axisLabel names an axis with its unit.
func axisLabel(a figure.Axis) string {
	unit := a.Unit
	if strings.HasSuffix(unit, "/s") && strings.Contains(a.Label, "per second") {
		return plaintext.Line(a.Label)
	}
	switch unit {
	case "1/s":
		unit = "per second"
	case "token/s":
		unit = "tokens per second"
	case "times", "percent":
		unit = ""
	case "ms/token":
		unit = "ms"
	}
	switch {
	case a.Label == "" || unit == "" || says(a.Label, unit):
		return plaintext.Line(cmp.Or(a.Label, unit))
	case unit == "per second":
		return plaintext.Line(a.Label + " " + unit)
	}
	return plaintext.Line(a.Label + ", " + unit)
}

// says reports whether a label has the unit among its words.
func says(label, unit string) bool {
	return slices.Contains(strings.FieldsFunc(label, func(r rune) bool { return !unicode.IsLetter(r) }), unit)
}

// bounds are the least and greatest value that an axis must show.
type bounds struct{ lo, hi float64 }

func (b *bounds) add(v float64) {
	if !math.IsInf(v, 0) && !math.IsNaN(v) {
		b.lo, b.hi = min(b.lo, v), max(b.hi, v)
	}
}

func (b *bounds) empty() bool { return b.lo > b.hi }

// extent finds the bounds of both axes from points, intervals and limits.
func extent(f figure.Figure) (x, y bounds) {
	x, y = bounds{math.Inf(1), math.Inf(-1)}, bounds{math.Inf(1), math.Inf(-1)}
	sums := map[float64]float64{}
	for _, s := range f.Series {
		for _, p := range s.Points {
			if s.Kind == figure.Bins || s.Kind == figure.Span {
				for _, v := range []*result.Number{p.Lo, p.Hi} {
					if v != nil {
						x.add(float64(*v))
					}
				}
				if s.Kind == figure.Bins {
					y.add(p.Y)
				}
				continue
			}
			x.add(p.X)
			if s.Kind == figure.Stack {
				sums[p.X] += p.Y
				y.add(sums[p.X])
				continue
			}
			y.add(p.Y)
			if p.Lo != nil && (!f.Y.Log || *p.Lo > 0) {
				y.add(float64(*p.Lo))
			}
			if p.Hi != nil {
				y.add(float64(*p.Hi))
			}
		}
	}
	for _, v := range f.X.Ticks {
		x.add(v)
	}
	for _, l := range f.Limits {
		if l.Vertical {
			x.add(l.Value)
		} else {
			y.add(l.Value)
		}
	}
	return x, y
}

// setAxes fixes ranges, scales and ticks.
func setAxes(p *plot.Plot, f figure.Figure) {
	x, y := extent(f)
	if n := len(f.Y.Categories); n > 0 {
		setLying(p, f, x)
		return
	}
	if n := len(f.X.Categories); n > 0 {
		pad := p.Y.Padding
		p.NominalX(thinned(f.X.Categories, mostNames)...)
		p.Y.Padding = pad // which the line before widens by the first name
		slant(p, f.X.Categories)
		p.X.Min, p.X.Max = -0.5, float64(n)-0.5
	} else {
		setX(p, f, x)
	}
	if f.Y.Log {
		p.Y.Scale = plot.LogScale{}
		p.Y.Min, p.Y.Max = logRange(f, y)
		p.Y.Tick.Marker = logTicks(f.Y)
		return
	}
	p.Y.Min, p.Y.Max = linearRange(f, y)
	p.Y.Tick.Marker = linearTicks(f.Y)
}

// setLying sets the axes of bars that lie: the first category is on top, and there is
// space at both ends for what the bars bear.
func setLying(p *plot.Plot, f figure.Figure, x bounds) {
	x.add(f.X.Base)
	p.X.Tick.Marker = linearTicks(f.X)
	s, lanes := style(sans(small), inkColor), has(f, figure.Span)
	names := f.Y.Categories
	if lanes {
		names = thinned(names, mostLanes)
	}
	p.NominalY(names...)
	p.X.Padding = 2 // which the line before widens by the first name
	var name, left, right vg.Length
	for _, c := range names {
		name = max(name, s.Width(c))
	}
	n := float64(len(f.Y.Categories))
	p.Y.Min, p.Y.Max = -0.6, n-0.4
	p.Y.Scale = plot.InvertedScale{Normalizer: plot.LinearScale{}}
	if lanes {
		p.X.Min, p.X.Max = x.lo, x.hi+1e-9
		p.Y.Label.Text = fitting(p.Y.Label.TextStyle, axisLabel(f.Y), axesOf(f)-50)
		return
	}
	for i, s := range f.Series {
		for _, pt := range s.Points {
			w := style(sans(small), inkColor).Width(pt.Label)
			if _, beside := lies(f, i, pt); beside {
				left = max(left, w)
			} else {
				right = max(right, w)
			}
		}
	}
	width := float64(max(60, figureWidth-2*margin-name-12))
	before, after := float64(left+10)/width, float64(right+10)/width
	span := max(x.hi-x.lo, 1e-9) / max(0.2, 1-before-after)
	p.X.Min, p.X.Max = x.lo-before*span, x.hi+after*span
}

func setX(p *plot.Plot, f figure.Figure, x bounds) {
	if x.empty() {
		x = bounds{0, 1}
	}
	if !f.X.Log && (has(f, figure.Front) || has(f, figure.Step)) {
		x.add(0) // so that small differences look small
	}
	if f.X.Log {
		if x.hi < 2*x.lo { // a narrow distribution shall look narrow
			middle := math.Sqrt(x.lo * x.hi)
			x = bounds{middle / math.Sqrt2, middle * math.Sqrt2}
		}
		p.X.Scale = plot.LogScale{}
		pad := math.Pow(x.hi/x.lo, 0.04) * 1.01
		p.X.Min, p.X.Max = x.lo/pad, x.hi*pad
		share := func(v float64) float64 { return math.Log(v/p.X.Min) / math.Log(p.X.Max/p.X.Min) }
		p.X.Tick.Marker = spaced(logTicks(f.X), share)
		if at := positions(f); swept(f) && len(at) <= mostPositions {
			p.X.Tick.Marker = plot.ConstantTicks(apart(at, share))
		}
		return
	}
	pad := max(0.04*(x.hi-x.lo), 0.5*math.Abs(x.hi)*btof(x.hi == x.lo), 1e-9)
	p.X.Min, p.X.Max = x.lo-pad, x.hi+pad
	share := func(v float64) float64 { return (v - p.X.Min) / (p.X.Max - p.X.Min) }
	p.X.Tick.Marker = spaced(linearTicks(f.X), share)
	if at := positions(f); swept(f) && len(at) <= mostPositions {
		p.X.Tick.Marker = plot.ConstantTicks(apart(at, share))
	}
}

// spaced leaves out of a ticker's what would touch.
func spaced(t plot.Ticker, share func(float64) float64) plot.Ticker {
	return plot.TickerFunc(func(lo, hi float64) []plot.Tick { return apart(t.Ticks(lo, hi), share) })
}

// plotWidth and plotHeight are about what a figure leaves for its axes.
const (
	plotWidth  = 0.85 * figureWidth
	plotHeight = axesHeight - 50
)

const (
	mostNames = 26 // of categories that are named, where each has little width
	mostLanes = 12 // of rows that are named, where each has little height
)

// thinned leaves names out where not all of them fit.
func thinned(names []string, most int) []string {
	every := (len(names) + most - 1) / most
	out := make([]string, len(names))
	for i, n := range names {
		if i%every == 0 {
			out[i] = n
		}
	}
	return out
}

// slant breaks the names of categories into lines where they would run into each other, and turns
// them where that does not help.
func slant(p *plot.Plot, names []string) {
	s := style(p.X.Tick.Label.Font, inkColor)
	space := plotWidth/vg.Length(len(names)) - 4
	if !slices.ContainsFunc(names, func(n string) bool { return s.Width(n) > space }) {
		return
	}
	longest := vg.Length(0)
	for _, n := range names {
		for _, word := range strings.Fields(n) {
			longest = max(longest, s.Width(word))
		}
	}
	fits := false
	var broken []plot.Tick
	for _, width := range []vg.Length{longest + 0.1, space} { // all alike, if there are few enough lines
		if fits = longest <= space; !fits {
			break
		}
		broken = nil
		for i, n := range names {
			lines := wrapped(s, n, width, 3)
			fits = fits && strings.Join(lines, " ") == strings.Join(strings.Fields(n), " ")
			broken = append(broken, plot.Tick{Value: float64(i), Label: strings.Join(lines, "\n")})
		}
		if fits {
			break
		}
	}
	if fits {
		p.X.Tick.Marker = plot.ConstantTicks(broken)
		return
	}
	p.X.Tick.Label.Rotation = math.Pi / 5
	p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = text.XRight, text.YTop
}

// mostPositions of an axis are named each.
const mostPositions = 12

// swept says whether the places on the x axis were chosen, so that ticks belong
// there; else they were measured.
func swept(f figure.Figure) bool {
	return !has(f, figure.Front) && !has(f, figure.Step) && !has(f, figure.Bins) && !f.X.Measured
}

func has(f figure.Figure, k figure.Kind) bool {
	return slices.ContainsFunc(f.Series, func(s figure.Series) bool { return s.Kind == k })
}

// apart leaves out the ticks whose labels would touch, the last not among
// them. share is where a value lies on the axis, from 0 to 1.
func apart(ticks []plot.Tick, share func(float64) float64) []plot.Tick {
	s := style(sans(small), inkColor)
	touch := func(a, b plot.Tick) bool {
		return plotWidth*vg.Length(share(b.Value)-share(a.Value)) < (s.Width(a.Label)+s.Width(b.Label))/2*1.1+3
	}
	var out []plot.Tick
	for i, t := range ticks {
		for i == len(ticks)-1 && len(out) > 0 && touch(out[len(out)-1], t) {
			out = out[:len(out)-1]
		}
		if len(out) == 0 || !touch(out[len(out)-1], t) {
			out = append(out, t)
		}
	}
	return out
}

func btof(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// positions are ticks at the values that were planned, else at the points
// themselves.
func positions(f figure.Figure) []plot.Tick {
	at := slices.Clone(f.X.Ticks)
	for _, s := range f.Series {
		for _, p := range s.Points {
			if !slices.Contains(at, p.X) {
				at = append(at, p.X)
			}
		}
	}
	slices.Sort(at)
	var out []plot.Tick
	for _, v := range at {
		out = append(out, plot.Tick{Value: v, Label: tickLabel(v, f.X)})
	}
	return out
}

// logRange leaves space above for labels. Bars without a base begin at a power
// of ten under every value.
func logRange(f figure.Figure, y bounds) (lo, hi float64) {
	if y.empty() || y.lo <= 0 {
		return 1, 10
	}
	if f.Y.Base > 0 {
		y.add(f.Y.Base)
		return y.lo / 1.3, y.hi * 1.4
	}
	for _, s := range f.Series {
		if s.Kind == figure.Bar {
			return math.Pow(10, math.Floor(math.Log10(y.lo)-0.1)), y.hi * 1.9
		}
	}
	return y.lo / 1.25, y.hi * 1.3
}

// linearRange begins at zero, but for shares that all lie near one.
func linearRange(f figure.Figure, y bounds) (lo, hi float64) {
	if y.empty() {
		return 0, 1
	}
	if f.Y.Share {
		for _, l := range f.Limits {
			if l.Vertical && has(f, figure.Step) {
				return 0, 1.12 // its text stands above the curves
			}
		}
		if y.lo > 0.5 {
			return max(0, math.Floor(20*y.lo-0.2)/20), 1.004
		}
		return 0, 1.004
	}
	lo, hi = min(0, y.lo), max(0, y.hi)
	if lo == hi {
		return lo, lo + 1
	}
	return lo, hi + 0.1*(hi-lo)
}

// linearTicks are about five round steps.
func linearTicks(a figure.Axis) plot.Ticker {
	return plot.TickerFunc(func(lo, hi float64) []plot.Tick {
		return roundTicks(lo, hi, a)
	})
}

func roundTicks(lo, hi float64, a figure.Axis) []plot.Tick {
	if hi <= lo {
		return nil
	}
	raw := (hi - lo) / 5
	unit := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * unit
	for _, m := range []float64{1, 2, 2.5, 5} {
		if m*unit >= raw {
			step = m * unit
			break
		}
	}
	var out []plot.Tick
	for i := math.Ceil(lo/step - 1e-9); i*step <= hi*(1+1e-9); i++ {
		v := i * step
		if v == 0 {
			v = 0 // not the negative one
		}
		out = append(out, plot.Tick{Value: v, Label: tickLabel(v, a)})
	}
	for i := 1; i < len(out); i++ {
		if out[i].Label == out[i-1].Label && !a.Share && a.Unit != "USD" { // they differ in a later digit
			for j := range out {
				out[j].Label = strconv.FormatFloat(out[j].Value, 'g', 8, 64)
			}
			break
		}
	}
	return out
}

// logTicks are 1, 2 and 5 of each power of ten; only 1 over many powers, and
// round steps where the axis is too short for that.
func logTicks(a figure.Axis) plot.Ticker {
	return plot.TickerFunc(func(lo, hi float64) []plot.Tick {
		steps := []float64{1, 2, 5}
		if hi/lo > 5000 {
			steps = steps[:1]
		}
		var out []plot.Tick
		for e := math.Floor(math.Log10(lo)); e <= math.Ceil(math.Log10(hi)); e++ {
			for _, m := range steps {
				if v := m * math.Pow(10, e); v >= lo && v <= hi {
					out = append(out, plot.Tick{Value: v, Label: tickLabel(v, a)})
				}
			}
		}
		if len(out) < 3 {
			return roundTicks(lo, hi, a)
		}
		return out
	})
}

func tickLabel(v float64, a figure.Axis) string {
	if a.Share {
		return strconv.FormatFloat(100*v, 'g', 4, 64) + " %"
	}
	if a.Count {
		return counted(v)
	}
	s := strconv.FormatFloat(v, 'g', 4, 64)
	if math.Abs(v) >= 1000 {
		s = format.Whole(v)
	}
	switch a.Unit {
	case "USD":
		return "$" + s
	case "percent":
		return s + " %"
	}
	return s
}

// counted writes a number of things in little space: 250k, 3M.
func counted(v float64) string {
	for _, u := range []struct {
		of   float64
		name string
	}{{1e9, "B"}, {1e6, "M"}, {1e3, "k"}} {
		if math.Abs(v) >= u.of {
			return strconv.FormatFloat(v/u.of, 'g', 4, 64) + u.name
		}
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
