package draw

import (
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/inferometer/inferometer/internal/figure"
)

const markRadius = 2.8 // points

// dotted says whether the points of a line are marked: many would hide it.
func dotted(s figure.Series) bool {
	return s.Kind != figure.Step && s.Kind != figure.Rule && len(s.Points) <= 16
}

// shapeOf tells the parts of a figure apart where colours cannot.
func shapeOf(f figure.Figure, series int) int {
	if f.Series[series].Role == figure.Part {
		return part(f, series) % 6
	}
	return 0
}

// mark draws the sign of a series at a point.
func mark(c draw.Canvas, shape int, col color.Color, at vg.Point) {
	const r = markRadius
	switch shape {
	case 1:
		c.FillPolygon(col, rectangle(at.X-r*0.9, at.Y-r*0.9, at.X+r*0.9, at.Y+r*0.9))
	case 2:
		c.FillPolygon(col, []vg.Point{{X: at.X - r*1.2, Y: at.Y - r}, {X: at.X + r*1.2, Y: at.Y - r}, {X: at.X, Y: at.Y + r*1.2}})
	case 3:
		c.FillPolygon(col, []vg.Point{{X: at.X - r*1.3, Y: at.Y}, {X: at.X, Y: at.Y - r*1.3}, {X: at.X + r*1.3, Y: at.Y}, {X: at.X, Y: at.Y + r*1.3}})
	case 4:
		c.FillPolygon(col, []vg.Point{{X: at.X - r*1.2, Y: at.Y + r}, {X: at.X + r*1.2, Y: at.Y + r}, {X: at.X, Y: at.Y - r*1.2}})
	case 5:
		s := draw.LineStyle{Color: col, Width: 1.4}
		c.StrokeLine2(s, at.X-r, at.Y-r, at.X+r, at.Y+r)
		c.StrokeLine2(s, at.X-r, at.Y+r, at.X+r, at.Y-r)
	default:
		c.DrawGlyph(draw.GlyphStyle{Color: col, Radius: r, Shape: draw.CircleGlyph{}}, at)
	}
}

// dots are points with their intervals. A lower bound is hollow, with an arrow.
type dots struct {
	points []figure.Point
	color  color.NRGBA
	shape  int
	offset vg.Length
}

func (d dots) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	for _, pt := range d.points {
		at := vg.Point{X: tx(pt.X) + d.offset, Y: ty(pt.Y)}
		if pt.AtLeast {
			c.DrawGlyph(draw.GlyphStyle{Color: d.color, Radius: markRadius, Shape: draw.RingGlyph{}}, at)
			arrow(c, d.color, at.X, at.Y+3)
			continue
		}
		whisker(c, p, d.color, at.X, pt)
		if pt.Hollow {
			c.DrawGlyph(draw.GlyphStyle{Color: d.color, Radius: markRadius, Shape: draw.RingGlyph{}}, at)
			continue
		}
		mark(c, d.shape, d.color, at)
	}
}

// offset sets the dots of several series at one category side by side.
func offset(f figure.Figure, series int) vg.Length {
	n := len(f.X.Categories)
	if n == 0 || len(f.Series) < 2 {
		return 0
	}
	step := min(26, 0.45*plotWidth/vg.Length(n*len(f.Series)))
	return (vg.Length(series) - vg.Length(len(f.Series)-1)/2) * step
}

// front joins points by the stairs that bound what they beat: nothing was
// measured between them that a slope could stand for.
type front struct{ dots }

func (f front) Plot(c draw.Canvas, p *plot.Plot) {
	if s := stairs(c, p, f.points); len(s) > 1 {
		c.StrokeLines(draw.LineStyle{Color: f.color, Width: 1.2}, s)
	}
	f.dots.Plot(c, p)
}

func stairs(c draw.Canvas, p *plot.Plot, points []figure.Point) []vg.Point {
	tx, ty := p.Transforms(&c)
	var out []vg.Point
	for i, pt := range points {
		at := vg.Point{X: tx(pt.X), Y: ty(pt.Y)}
		if i > 0 {
			out = append(out, vg.Point{X: out[len(out)-1].X, Y: at.Y})
		}
		out = append(out, at)
	}
	return out
}

// labels names points, those of the last series first, where they fit.
type labels struct{ f figure.Figure }

// box is a part of a drawing that is taken.
type box struct{ left, low, right, high vg.Length }

func (b box) meets(o box) bool {
	return b.left < o.right && o.left < b.right && b.low < o.high && o.low < b.high
}

func (l labels) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	at := func(series int, pt figure.Point) vg.Point {
		return vg.Point{X: tx(pt.X) + l.aside(series), Y: ty(pt.Y)}
	}
	var taken []box
	for i, s := range l.f.Series {
		for _, pt := range s.Points {
			switch s.Kind {
			case figure.Dot, figure.Front:
				taken = append(taken, around(c, p, at(i, pt), pt))
			case figure.Step:
				q := at(i, pt)
				taken = append(taken, box{q.X - 1, q.Y - 1, q.X + 1, q.Y + 1})
			}
		}
		if s.Kind == figure.Front {
			steps := stairs(c, p, s.Points)
			for i := 1; i < len(steps); i++ {
				a, b := steps[i-1], steps[i]
				taken = append(taken, box{min(a.X, b.X) - 1, min(a.Y, b.Y) - 1, max(a.X, b.X) + 1, max(a.Y, b.Y) + 1})
			}
		}
	}
	if p.Y.Max > 1 && l.f.Y.Share { // above all shares the limits have their texts
		taken = append(taken, box{c.Min.X, ty(1) + 2, c.Max.X, c.Max.Y})
	}
	for i, s := range slices.Backward(l.f.Series) {
		if s.Kind == figure.Bar {
			continue // bars bear theirs
		}
		st := style(sans(small), inkColor)
		if s.Role == figure.Faint {
			st.Color = softColor
		}
		st.YAlign = text.YBottom
		for _, pt := range s.Points {
			if pt.Label == "" {
				continue
			}
			if to, b, ok := place(c, taken, at(i, pt), st.Width(pt.Label)); ok {
				c.FillText(st, to, pt.Label)
				taken = append(taken, b)
			}
		}
	}
}

// aside is how far the dots of a series stand beside their place.
func (l labels) aside(series int) vg.Length {
	if l.f.Series[series].Kind == figure.Dot {
		return offset(l.f, series)
	}
	return 0
}

// around is what a dot and its interval take.
func around(c draw.Canvas, p *plot.Plot, at vg.Point, pt figure.Point) box {
	_, ty := p.Transforms(&c)
	b := box{at.X - markRadius, at.Y - markRadius, at.X + markRadius, at.Y + markRadius}
	if pt.AtLeast {
		b.high += 9
	}
	if pt.Lo != nil {
		b.low = min(b.low, ty(max(float64(*pt.Lo), p.Y.Min)))
	}
	if pt.Hi != nil {
		b.high = max(b.high, ty(min(float64(*pt.Hi), p.Y.Max)))
	}
	return b
}

// place finds a free place next to a point for a label of some width.
func place(c draw.Canvas, taken []box, at vg.Point, width vg.Length) (vg.Point, box, bool) {
	const high, gap = 11.5, markRadius + 2
	width *= 1.12 // a reader's font may be wider
	for _, try := range []vg.Point{
		{X: at.X + gap, Y: at.Y + 1}, {X: at.X + gap, Y: at.Y - high/2}, {X: at.X - gap - width, Y: at.Y - high - 1}, {X: at.X - width/2, Y: at.Y + gap - 1},
		{X: at.X - width/2, Y: at.Y - gap - high + 1}, {X: at.X - gap - width, Y: at.Y - high/2}, {X: at.X + gap, Y: at.Y - high - 1}, {X: at.X - gap - width, Y: at.Y + 1},
	} {
		b := box{try.X, try.Y, try.X + width, try.Y + high}
		inside := b.left >= c.Min.X && b.right <= c.Max.X && b.low >= c.Min.Y && b.high <= c.Max.Y
		if inside && !slices.ContainsFunc(taken, b.meets) {
			return try, b, true
		}
	}
	return vg.Point{}, box{}, false
}
