package report

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/result"
)

// Colours of a drawing. The page replaces them by its own, so that one
// drawing serves light and dark: see inline.
var (
	ink    = color.NRGBA{0x1f, 0x29, 0x37, 0xff}
	faint  = color.NRGBA{0xd1, 0xd5, 0xdb, 0xff}
	mark   = color.NRGBA{0xe5, 0xe7, 0xeb, 0xff} // of the evidence, behind everything
	limitC = color.NRGBA{0xdc, 0x26, 0x26, 0xff}
	parts  = []color.Color{
		color.NRGBA{0x25, 0x63, 0xeb, 0xff}, color.NRGBA{0xd9, 0x77, 0x06, 0xff}, color.NRGBA{0x05, 0x96, 0x69, 0xff},
		color.NRGBA{0x7c, 0x3a, 0xed, 0xff}, color.NRGBA{0x64, 0x74, 0x8b, 0xff},
	}
)

// Size of a drawing.
const (
	figureWidth  = 6.4 * vg.Inch
	figureHeight = 3.6 * vg.Inch
)

// drawing lays a figure out.
func drawing(f figure.Figure) (*plot.Plot, error) {
	p := plot.New()
	p.BackgroundColor = color.White
	p.Title.Text = f.Title
	p.Title.TextStyle.Color = ink
	p.Title.TextStyle.Font.Size = 13
	p.Title.Padding = 4
	for _, style := range []*text.Style{&p.Title.TextStyle, &p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label, &p.Legend.TextStyle} {
		style.Font.Variant = "Sans"
	}
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Color, a.Label.TextStyle.Color, a.Tick.Color, a.Tick.Label.Color = ink, ink, ink, ink
		a.Label.TextStyle.Font.Size, a.Tick.Label.Font.Size = 10, 9
	}
	p.X.Label.Text, p.Y.Label.Text = f.X.Label, f.Y.Label
	p.Legend.TextStyle.Font.Size, p.Legend.TextStyle.Color = 9, ink
	p.Legend.Top, p.Legend.XOffs, p.Legend.YOffs = true, -4, -2
	p.Add(watermark(f.Evidence))
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = faint, color.Transparent
	p.Add(grid)
	if err := addSeries(p, f); err != nil {
		return nil, fmt.Errorf("failed to draw %s: %w", f.ID, err)
	}
	addLimits(p, f)
	if len(f.X.Categories) > 0 {
		p.NominalX(f.X.Categories...)
		p.X.Min, p.X.Max = -0.6, float64(len(f.X.Categories))-0.4
		p.X.Tick.Label.Font.Size = 9
	} else {
		p.X.Tick.Marker = ticks(f.X.Log, 0)
	}
	if f.X.Log {
		p.X.Scale = plot.LogScale{}
	}
	if f.Y.Log {
		p.Y.Scale = plot.LogScale{}
		p.Y.Min = logFloor(f)
	} else {
		p.Y.Min = min(0, p.Y.Min)
	}
	p.Y.Tick.Marker = ticks(f.Y.Log, p.Y.Min)
	if span := p.Y.Max - p.Y.Min; !f.Y.Log && span > 0 {
		p.Y.Max += 0.12 * span // room for the legend
	} else if f.Y.Log {
		p.Y.Max *= 2
	} else {
		p.Y.Max = p.Y.Min + 1
	}
	return p, nil
}

// logFloor is a power of ten under every value.
func logFloor(f figure.Figure) float64 {
	least := math.Inf(1)
	for _, s := range f.Series {
		for _, p := range s.Points {
			least = min(least, p.Y)
			if p.Lo > 0 {
				least = min(least, p.Lo)
			}
		}
	}
	for _, l := range f.Limits {
		if !l.Vertical {
			least = min(least, l.Value)
		}
	}
	return math.Pow(10, math.Floor(math.Log10(least)-0.1))
}

func addSeries(p *plot.Plot, f figure.Figure) error {
	bars := 0
	for _, s := range f.Series {
		if s.Kind == figure.Bar {
			bars++
		}
	}
	var below *plotter.BarChart
	bar, part := 0, 0
	for _, s := range f.Series {
		c := parts[0]
		switch s.Role {
		case figure.Baseline:
			c = parts[1]
		case figure.Part:
			c = parts[part%len(parts)]
			part++
		}
		var err error
		switch s.Kind {
		case figure.Bar:
			err = addBars(p, f, s, c, bar, bars)
			bar++
		case figure.Stack:
			below, err = addStack(p, s, c, below)
		case figure.Step:
			err = addStep(p, s, c)
		default:
			err = addLine(p, s, c)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// barWidth of one of n bars that stand side by side.
func barWidth(categories, n int) vg.Length {
	space := 0.62 * figureWidth / vg.Length(max(1, categories))
	return min(36, space/vg.Length(max(1, n)))
}

// addBars draws bars by hand as boxes, since a bar chart of the library
// cannot begin above zero, as bars on a log axis must.
func addBars(p *plot.Plot, f figure.Figure, s figure.Series, c color.Color, i, n int) error {
	width := barWidth(len(f.X.Categories), n)
	if separate(f) { // one bar a category, coloured by series
		i, n = 0, 1
		width = barWidth(len(f.X.Categories), 1)
	}
	offset := (vg.Length(i) - vg.Length(n-1)/2) * width
	b := &boxes{points: s.Points, width: width * 0.9, offset: offset, color: c, log: f.Y.Log}
	p.Add(b)
	p.Legend.Add(s.Name, b)
	return nil
}

// separate reports whether every category belongs to one series.
func separate(f figure.Figure) bool {
	seen := map[float64]bool{}
	for _, s := range f.Series {
		for _, pt := range s.Points {
			if seen[pt.X] {
				return false
			}
			seen[pt.X] = true
		}
	}
	return len(f.Series) > 1
}

// boxes are bars with their intervals.
type boxes struct {
	points        []figure.Point
	width, offset vg.Length
	color         color.Color
	log           bool
}

func (b *boxes) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	bottom := 0.0
	if b.log {
		bottom = p.Y.Min
	}
	for _, pt := range b.points {
		x := tx(pt.X) + b.offset
		left, right := x-b.width/2, x+b.width/2
		low, high := ty(max(bottom, p.Y.Min)), ty(pt.Y)
		c.FillPolygon(b.color, c.ClipPolygonXY([]vg.Point{{X: left, Y: low}, {X: left, Y: high}, {X: right, Y: high}, {X: right, Y: low}}))
		if !math.IsNaN(pt.Lo) {
			whisker(c, x, ty(max(pt.Lo, p.Y.Min)), ty(pt.Hi))
		}
	}
}

func whisker(c draw.Canvas, x, lo, hi vg.Length) {
	style := draw.LineStyle{Color: ink, Width: 1}
	c.StrokeLine2(style, x, lo, x, hi)
	c.StrokeLine2(style, x-3, lo, x+3, lo)
	c.StrokeLine2(style, x-3, hi, x+3, hi)
}

// DataRange gives the axes what they must show.
func (b *boxes) DataRange() (xmin, xmax, ymin, ymax float64) {
	xmin, xmax, ymin, ymax = math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, pt := range b.points {
		xmin, xmax = min(xmin, pt.X), max(xmax, pt.X)
		ymin, ymax = min(ymin, pt.Y), max(ymax, pt.Y)
		if !math.IsNaN(pt.Lo) {
			ymin, ymax = min(ymin, pt.Lo), max(ymax, pt.Hi)
		}
	}
	return xmin, xmax, ymin, ymax
}

// Thumbnail is the legend's sample.
func (b *boxes) Thumbnail(c *draw.Canvas) {
	c.FillPolygon(b.color, []vg.Point{{X: c.Min.X, Y: c.Min.Y}, {X: c.Min.X, Y: c.Max.Y}, {X: c.Max.X, Y: c.Max.Y}, {X: c.Max.X, Y: c.Min.Y}})
}

func addStack(p *plot.Plot, s figure.Series, c color.Color, below *plotter.BarChart) (*plotter.BarChart, error) {
	var values plotter.Values
	for _, pt := range s.Points {
		values = append(values, pt.Y)
	}
	b, err := plotter.NewBarChart(values, 54)
	if err != nil {
		return nil, err
	}
	b.Color, b.LineStyle.Width = c, 0
	if below != nil {
		b.StackOn(below)
	}
	p.Add(b)
	p.Legend.Add(s.Name, b)
	return b, nil
}

func addStep(p *plot.Plot, s figure.Series, c color.Color) error {
	l, err := plotter.NewLine(points(s))
	if err != nil {
		return err
	}
	l.StepStyle = plotter.PostStep
	l.Color, l.Width = c, 1.6
	p.Add(l)
	p.Legend.Add(s.Name, l)
	return nil
}

func addLine(p *plot.Plot, s figure.Series, c color.Color) error {
	l, dots, err := plotter.NewLinePoints(points(s))
	if err != nil {
		return err
	}
	l.Color, l.Width = c, 1.6
	dots.Color, dots.Shape, dots.Radius = c, draw.CircleGlyph{}, 2.4
	p.Add(&intervals{s.Points}, l, dots)
	p.Legend.Add(s.Name, l, dots)
	return nil
}

func points(s figure.Series) plotter.XYs {
	var xy plotter.XYs
	for _, pt := range s.Points {
		xy = append(xy, plotter.XY{X: pt.X, Y: pt.Y})
	}
	return xy
}

// intervals are the whiskers of a line's points.
type intervals struct{ points []figure.Point }

func (v *intervals) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	for _, pt := range v.points {
		if !math.IsNaN(pt.Lo) {
			whisker(c, tx(pt.X), ty(pt.Lo), ty(pt.Hi))
		}
	}
}

func (v *intervals) DataRange() (xmin, xmax, ymin, ymax float64) {
	return (&boxes{points: v.points}).DataRange()
}

func addLimits(p *plot.Plot, f figure.Figure) {
	for _, l := range f.Limits {
		p.Add(&limitLine{l})
	}
}

type limitLine struct{ figure.Limit }

func (l *limitLine) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	style := draw.LineStyle{Color: limitC, Width: 1.2, Dashes: []vg.Length{5, 3}}
	label := draw.TextStyle{Color: limitC, Font: p.Legend.TextStyle.Font, Handler: plot.DefaultTextHandler}
	if l.Vertical {
		x := tx(l.Value)
		c.StrokeLine2(style, x, c.Min.Y, x, c.Max.Y)
		label.XAlign = text.XLeft
		c.FillText(label, vg.Point{X: x + 3, Y: c.Min.Y + 4}, l.Label)
		return
	}
	y := ty(l.Value)
	c.StrokeLine2(style, c.Min.X, y, c.Max.X, y)
	c.FillText(label, vg.Point{X: c.Min.X + 4, Y: y + 3}, l.Label)
}

func (l *limitLine) DataRange() (xmin, xmax, ymin, ymax float64) {
	inf := math.Inf(1)
	if l.Vertical {
		return l.Value, l.Value, inf, -inf
	}
	return inf, -inf, l.Value, l.Value
}

// watermark writes the evidence behind a figure, so that it stays with it
// wherever it is copied to.
type watermark result.Evidence

func (w watermark) Plot(c draw.Canvas, p *plot.Plot) {
	style := draw.TextStyle{Color: mark, Font: p.Title.TextStyle.Font, XAlign: text.XCenter, YAlign: text.YCenter, Handler: plot.DefaultTextHandler}
	style.Font.Size = 40
	c.FillText(style, vg.Point{X: (c.Min.X + c.Max.X) / 2, Y: (c.Min.Y + c.Max.Y) / 2}, strings.ToUpper(string(w)))
}

// ticks labels an axis with plain numbers.
func ticks(log bool, floor float64) plot.Ticker {
	return plot.TickerFunc(func(lo, hi float64) []plot.Tick {
		if !log {
			t := plot.DefaultTicks{}.Ticks(lo, hi)
			for i := range t {
				if t[i].Label != "" {
					t[i].Label = tickLabel(t[i].Value)
				}
			}
			return t
		}
		if floor > 0 {
			lo = max(lo, floor)
		}
		var out []plot.Tick
		for e := math.Floor(math.Log10(lo)); e <= math.Ceil(math.Log10(hi)); e++ {
			for _, m := range []float64{1, 2, 5} {
				v := m * math.Pow(10, e)
				if v >= lo*0.999 && v <= hi*1.001 {
					out = append(out, plot.Tick{Value: v, Label: tickLabel(v)})
				}
			}
		}
		return out
	})
}

func tickLabel(v float64) string {
	a := math.Abs(v)
	if a >= 10000 {
		return group(strconv.FormatFloat(v, 'f', 0, 64))
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// render draws a figure in a format of the library: "svg" or "png".
func render(f figure.Figure, format string) ([]byte, error) {
	p, err := drawing(f)
	if err != nil {
		return nil, err
	}
	w, err := p.WriterTo(figureWidth, figureHeight, format)
	if err != nil {
		return nil, fmt.Errorf("failed to draw %s: %w", f.ID, err)
	}
	var b bytes.Buffer
	if _, err := w.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("failed to draw %s: %w", f.ID, err)
	}
	return b.Bytes(), nil
}

// inline makes a drawing part of a page: without XML head and fixed size, and
// with the page's colours for ink, grid, watermark and background.
func inline(svg []byte, title string) string {
	s := string(svg)
	if i := strings.Index(s, "<svg"); i >= 0 {
		s = s[i:]
	}
	head, body, ok := strings.Cut(s, ">")
	if !ok {
		return ""
	}
	box := "0 0 460 260"
	if _, rest, ok := strings.Cut(head, `viewBox="`); ok {
		box, _, _ = strings.Cut(rest, `"`)
	}
	for from, to := range map[string]string{"#1F2937": "var(--ink)", "#D1D5DB": "var(--grid)", "#E5E7EB": "var(--mark)", "#FFFFFF": "transparent"} {
		body = strings.ReplaceAll(body, from, to)
		body = strings.ReplaceAll(body, strings.ToLower(from), to)
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="%s" viewBox="%s">%s`, htmlEscape(title), box, body)
}
