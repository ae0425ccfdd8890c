package draw

import (
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/report/format"
)

// colorOf gives candidate and baseline the same colour everywhere, and further
// targets the others in their order.
func colorOf(f figure.Figure, series int) color.NRGBA {
	switch s := f.Series[series]; s.Role {
	case figure.Candidate:
		return partColors[0]
	case figure.Baseline:
		return partColors[1]
	case figure.Faint:
		return faintColor
	case figure.Further:
		return partColors[2+further(f, series)%(len(partColors)-2)]
	}
	return partColors[(part(f, series)+2)%len(partColors)]
}

// part counts the parts before a series.
func part(f figure.Figure, series int) int {
	n := 0
	for _, s := range f.Series[:series] {
		if s.Role == figure.Part {
			n++
		}
	}
	return n
}

// further is the place of a series among those of further targets, from 0 on.
func further(f figure.Figure, series int) int {
	if place := f.Series[series].Place; place > 0 {
		return place - 1
	}
	n := 0
	for _, s := range f.Series[:series] {
		if s.Role == figure.Further {
			n++
		}
	}
	return n
}

// dashedOf tells further targets apart whose colour is there already.
func dashedOf(f figure.Figure, series int) bool {
	s := f.Series[series]
	return s.Dashed || s.Role == figure.Further && further(f, series) >= len(partColors)-2
}

func lineStyle(c color.Color, dashed bool) draw.LineStyle {
	s := draw.LineStyle{Color: c, Width: 1.7}
	if dashed {
		s.Dashes = []vg.Length{4, 3}
	}
	return s
}

func rectangle(x0, y0, x1, y1 vg.Length) []vg.Point {
	return []vg.Point{{X: x0, Y: y0}, {X: x0, Y: y1}, {X: x1, Y: y1}, {X: x1, Y: y0}}
}

// addSeries draws the series, and returns those of standing bars.
func addSeries(p *plot.Plot, f figure.Figure) (standing []boxes) {
	bars, bar := 0, 0
	for _, s := range f.Series {
		if s.Kind == figure.Bar {
			bars++
		}
	}
	below := make([]float64, len(f.X.Categories))
	for i, s := range f.Series {
		c := colorOf(f, i)
		switch {
		case s.Kind == figure.Band:
			p.Add(band{s.Points, c})
			continue
		case s.Kind == figure.Bar && len(f.Y.Categories) > 0:
			p.Add(lying{f: f, series: i, width: min(16, plotHeight/vg.Length(len(f.Y.Categories))*0.6), color: c})
			continue
		}
		switch s.Kind {
		case figure.Bar:
			width := barWidth(len(f.X.Categories), bars)
			b := boxes{points: s.Points, width: width * 0.9, offset: (vg.Length(bar) - vg.Length(bars-1)/2) * width, color: c, axis: f.Y}
			p.Add(b)
			standing = append(standing, b)
			bar++
		case figure.Stack:
			st := stack{width: barWidth(len(f.X.Categories), 1) * 1.4, color: c, unit: f.Y.Unit, points: s.Points, below: append([]float64(nil), below...)}
			for _, pt := range s.Points {
				below[int(pt.X)] += pt.Y
			}
			st.last = i == len(f.Series)-1
			p.Add(st)
		case figure.Step:
			p.Add(path{points: s.Points, color: c, dashed: dashedOf(f, i), step: true})
			p.Add(dots{points: labelled(s.Points), color: c})
		case figure.Bins:
			p.Add(histogram{points: s.Points, color: c})
		case figure.Span:
			p.Add(lanes{points: s.Points, color: c})
		case figure.Dot:
			p.Add(dots{points: s.Points, color: c, shape: shapeOf(f, i), offset: offset(f, i)})
		case figure.Front:
			p.Add(front{dots{points: s.Points, color: c, shape: shapeOf(f, i)}})
		default:
			p.Add(path{points: s.Points, color: c, dashed: dashedOf(f, i), dots: dotted(s), shape: shapeOf(f, i)})
		}
	}
	return standing
}

// barWidth of one of n bars that stand side by side.
func barWidth(categories, n int) vg.Length {
	space := 0.62 * figureWidth / vg.Length(max(1, categories))
	return min(40, space/vg.Length(max(1, n)))
}

// boxes are bars with their intervals, drawn by hand since a bar chart of the
// library cannot begin elsewhere than at zero, as bars on a log axis must.
type boxes struct {
	points        []figure.Point
	width, offset vg.Length
	color         color.NRGBA
	axis          figure.Axis
}

func (b boxes) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	base := b.axis.Base
	if b.axis.Log && base == 0 {
		base = p.Y.Min
	}
	for _, pt := range b.points {
		x, low, high := tx(pt.X)+b.offset, ty(base), ty(pt.Y)
		box := rectangle(x-b.width/2, low, x+b.width/2, high)
		label, top := format.Number(pt.Y), high
		if b.axis.Unit == "USD" {
			label = amount.USD(pt.Y)
		}
		if pt.Label != "" {
			label = pt.Label
		}
		if pt.AtLeast {
			label = "≥ " + label
			c.StrokeLines(draw.LineStyle{Color: b.color, Width: 1.2, Dashes: []vg.Length{3, 2}}, append(box, box[0]))
			arrow(c, b.color, x, high)
			top += 10
		} else {
			if pt.Hollow {
				c.StrokeLines(draw.LineStyle{Color: b.color, Width: 1.4}, append(box, box[0]))
			} else {
				c.FillPolygon(b.color, box)
			}
			top = max(top, whisker(c, p, inkColor, x, pt))
		}
		valueLabel(c, x, max(top, low), label)
	}
}

// covers says whether a bar, its interval or its label is anywhere in a rectangle. Of a bar that
// is hollow only the label counts.
func (b boxes) covers(c draw.Canvas, p *plot.Plot, left, right, bottom, top vg.Length) bool {
	tx, ty := p.Transforms(&c)
	base := b.axis.Base
	if b.axis.Log && base == 0 {
		base = p.Y.Min
	}
	const label, half = 15, 20 // height and half the width of a label
	for _, pt := range b.points {
		x, from, to := tx(pt.X)+b.offset, ty(base), ty(pt.Y)
		if pt.AtLeast {
			from, to = to, to+9
		} else if pt.Hi != nil {
			to = max(to, ty(min(float64(*pt.Hi), p.Y.Max)))
		}
		wide := max(b.width/2, half)
		if x+wide > left && x-wide < right && max(from, to)+label > bottom && min(from, to) < top {
			return true
		}
	}
	return false
}

// lying are bars from a base to the left or the right.
type lying struct {
	f      figure.Figure
	series int
	width  vg.Length
	color  color.NRGBA
}

func (b lying) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	for _, pt := range b.f.Series[b.series].Points {
		from, left := lies(b.f, b.series, pt)
		y, start, to := ty(pt.Y), tx(from), tx(pt.X)
		c.FillPolygon(b.color, rectangle(min(start, to), y-b.width/2, max(start, to), y+b.width/2))
		s := style(sans(small), inkColor)
		s.XAlign, s.YAlign = text.XLeft, text.YCenter
		at := vg.Point{X: max(to, tx(b.f.X.Base)) + 3, Y: y}
		if left {
			s.XAlign, at.X = text.XRight, min(to, tx(b.f.X.Base))-3
		}
		c.FillText(s, at, pt.Label)
	}
}

// lies says where a lying bar begins and whether its label is left of it. Of two bars of
// a category on the same side of the base, the longer begins where the shorter ends, and
// the label of the shorter stands beyond the base, where no bar is.
func lies(f figure.Figure, series int, pt figure.Point) (from float64, left bool) {
	base := f.X.Base
	from, left = base, pt.X < base
	for i, s := range f.Series {
		for _, q := range s.Points {
			if i == series || q.Y != pt.Y || (q.X-base)*(pt.X-base) < 0 {
				continue
			}
			switch mine, other := math.Abs(pt.X-base), math.Abs(q.X-base); {
			case mine > other:
				from = q.X
			case mine < other || i < series:
				left = q.X > base
			}
		}
	}
	return from, left
}

// tint is how opaque areas are that lie under lines, of 255.
const tint = 0x30

func tinted(c color.NRGBA) color.NRGBA {
	c.A = tint
	return c
}

// band is the area between the bounds of points.
type band struct {
	points []figure.Point
	color  color.NRGBA
}

func (b band) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	var low, high []vg.Point
	for _, pt := range b.points {
		if pt.Lo == nil || pt.Hi == nil || math.IsInf(float64(*pt.Hi), 0) {
			continue
		}
		low = append(low, vg.Point{X: tx(pt.X), Y: ty(float64(*pt.Lo))})
		high = append(high, vg.Point{X: tx(pt.X), Y: ty(float64(*pt.Hi))})
	}
	slices.Reverse(low)
	if len(high) > 1 {
		c.FillPolygon(tinted(b.color), append(high, low...))
	}
}

// shade is a part of the x axis.
type shade struct{ figure.Area }

func (s shade) Plot(c draw.Canvas, p *plot.Plot) {
	tx, _ := p.Transforms(&c)
	from, to := max(s.From, p.X.Min), min(float64(s.To), p.X.Max)
	if from >= to {
		return
	}
	col := partColors[0]
	if s.Role == figure.Baseline {
		col = partColors[1]
	}
	c.FillPolygon(tinted(col), rectangle(tx(from), c.Min.Y, tx(to), c.Max.Y))
}

func valueLabel(c draw.Canvas, x, y vg.Length, label string) {
	s := style(sans(small), inkColor)
	s.XAlign, s.YAlign = text.XCenter, text.YBottom
	c.FillText(s, vg.Point{X: x, Y: y + 2}, label)
}

// arrow points up from a lower bound: the value is there or above.
func arrow(c draw.Canvas, col color.Color, x, y vg.Length) {
	s := draw.LineStyle{Color: col, Width: 1.2}
	c.StrokeLine2(s, x, y, x, y+8)
	c.StrokeLine2(s, x-3, y+5, x, y+8)
	c.StrokeLine2(s, x+3, y+5, x, y+8)
}

// whisker draws the interval of a point at x and returns its upper end. A
// bound at infinity runs to the edge with an arrow; one that does not exist is
// not drawn.
func whisker(c draw.Canvas, p *plot.Plot, col color.Color, x vg.Length, pt figure.Point) vg.Length {
	_, ty := p.Transforms(&c)
	s := draw.LineStyle{Color: col, Width: 0.9}
	at, top := ty(pt.Y), ty(pt.Y)
	if v := pt.Lo; v != nil {
		y := ty(max(float64(*v), p.Y.Min))
		c.StrokeLine2(s, x, y, x, at)
		c.StrokeLine2(s, x-3, y, x+3, y)
	}
	if v := pt.Hi; v != nil {
		if math.IsInf(float64(*v), 1) {
			top = c.Max.Y - 8
			c.StrokeLine2(s, x, at, x, top)
			arrow(c, col, x, top)
			return top
		}
		top = ty(min(float64(*v), p.Y.Max))
		c.StrokeLine2(s, x, at, x, top)
		c.StrokeLine2(s, x-3, top, x+3, top)
	}
	return top
}

// stack is one part of stacked bars.
type stack struct {
	points []figure.Point
	below  []float64 // by category
	width  vg.Length
	color  color.Color
	unit   string
	last   bool // writes the sums on top
}

func (s stack) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	for _, pt := range s.points {
		x, low := tx(pt.X), s.below[int(pt.X)]
		c.FillPolygon(s.color, rectangle(x-s.width/2, ty(low), x+s.width/2, ty(low+pt.Y)))
		if s.last {
			valueLabel(c, x, ty(low+pt.Y), format.WithUnit(low+pt.Y, s.unit))
		}
	}
}

// path is a line through points, or the steps of a distribution. A lower
// bound is an arrow that no line joins.
type path struct {
	points             []figure.Point
	color              color.NRGBA
	dashed, step, dots bool
	shape              int
}

func (l path) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	var run []vg.Point
	flush := func() {
		if len(run) > 1 {
			c.StrokeLines(lineStyle(l.color, l.dashed), run)
		}
		run = nil
	}
	for _, pt := range l.points {
		at := vg.Point{X: tx(pt.X), Y: ty(pt.Y)}
		if pt.AtLeast {
			flush()
			continue
		}
		if l.step && len(run) > 0 {
			run = append(run, vg.Point{X: at.X, Y: run[len(run)-1].Y})
		}
		run = append(run, at)
	}
	flush()
	if l.dots {
		dots{points: l.points, color: l.color, shape: l.shape}.Plot(c, p)
	}
}

// limitLine is a limit with its text; the n-th of those that are upright has it a line
// further into the drawing than the one before: from below, or from the top,
// where lines that begin at 0 leave space.
type limitLine struct {
	figure.Limit
	n       int
	fromTop bool
	bars    []boxes // in whose way the text shall not be
	data    []figure.Series
}

func (l limitLine) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	line := draw.LineStyle{Color: limitColor, Width: 1.1, Dashes: []vg.Length{5, 3}}
	s := style(sans(small), limitColor)
	if l.Vertical {
		x := tx(l.Value)
		c.StrokeLine2(line, x, c.Min.Y, x, c.Max.Y)
		at := vg.Point{X: x + 3, Y: c.Min.Y + 4 + smallLine*vg.Length(l.n)}
		if l.fromTop {
			at.Y = c.Max.Y - 11 - smallLine*vg.Length(l.n)
		}
		if at.X+s.Width(l.Label) > c.Max.X {
			s.XAlign, at.X = text.XRight, x-3
		}
		at.Y = l.open(c, p, at, s)
		c.FillText(s, at, l.Label)
		return
	}
	y := ty(l.Value)
	if len(l.Only) == 0 {
		c.StrokeLine2(line, c.Min.X, y, c.Max.X, y)
		s.XAlign = text.XRight
		x := c.Max.X - 3
		c.FillText(s, vg.Point{X: x, Y: l.clear(c, p, x-s.Width(l.Label), x, y)}, l.Label)
		return
	}
	for i, at := range l.Only {
		c.StrokeLine2(line, tx(float64(at)-0.46), y, tx(float64(at)+0.46), y)
		if i == 0 {
			x := tx(float64(at) - 0.46)
			c.FillText(s, vg.Point{X: x, Y: l.clear(c, p, x, x+s.Width(l.Label), y)}, l.Label)
		}
	}
}

// open is the height at which the text of an upright limit lies on no line of data: that of at, if
// no height is free. Texts of several limits keep to their own heights, or those of one
// would lie on another's.
func (l limitLine) open(c draw.Canvas, p *plot.Plot, at vg.Point, s draw.TextStyle) vg.Length {
	if l.n > 0 || l.fromTop {
		return at.Y
	}
	tx, ty := p.Transforms(&c)
	from, to := at.X, at.X+s.Width(l.Label)
	if s.XAlign == text.XRight {
		from, to = at.X-s.Width(l.Label), at.X
	}
	for y := at.Y; y+small <= c.Max.Y; y += 3 {
		taken := box{from - 2, y - 3, to + 2, y + small}
		if !slices.ContainsFunc(l.data, func(series figure.Series) bool {
			for i := 1; i < len(series.Points); i++ {
				a, b := series.Points[i-1], series.Points[i]
				if taken.meets(box{min(tx(a.X), tx(b.X)), min(ty(a.Y), ty(b.Y)) - 1, max(tx(a.X), tx(b.X)) + 1, max(ty(a.Y), ty(b.Y)) + 1}) {
					return true
				}
			}
			return false
		}) {
			return y
		}
	}
	return at.Y
}

// clear is where the text of a limit at y, from one x to another, lies neither on a bar nor on
// what a bar bears: above the line or below it, and otherwise higher up; just above the line where
// no place is free.
func (l limitLine) clear(c draw.Canvas, p *plot.Plot, from, to, y vg.Length) vg.Length {
	const above, below, step, high = 3, -13, smallLine, 11
	places := []vg.Length{y + above, y + below}
	for at := y + above + step; at+high < c.Max.Y; at += step {
		places = append(places, at)
	}
	for _, at := range places {
		if at < c.Min.Y || at+high > c.Max.Y {
			continue
		}
		if !slices.ContainsFunc(l.bars, func(b boxes) bool { return b.covers(c, p, from, to, at, at+high) }) {
			return at
		}
	}
	return y + above
}
