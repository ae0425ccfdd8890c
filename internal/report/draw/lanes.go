package draw

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/inferometer/inferometer/internal/figure"
)

// labelled are the points that bear a label.
func labelled(points []figure.Point) []figure.Point {
	var out []figure.Point
	for _, pt := range points {
		if pt.Label != "" {
			out = append(out, pt)
		}
	}
	return out
}

// histogram is the bins of a distribution. Several lie over each other: their areas are
// tinted, and their upper edges are drawn.
type histogram struct {
	points []figure.Point
	color  color.NRGBA
}

func (h histogram) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	fill := h.color
	fill.A = 0x60
	for _, pt := range h.points {
		if pt.Lo == nil || pt.Hi == nil || pt.Y <= 0 {
			continue
		}
		from, to := tx(max(float64(*pt.Lo), p.X.Min)), tx(min(float64(*pt.Hi), p.X.Max))
		c.FillPolygon(fill, rectangle(from, ty(0), to, ty(pt.Y)))
		c.StrokeLine2(draw.LineStyle{Color: h.color, Width: 1.4}, from, ty(pt.Y), to, ty(pt.Y))
	}
}

// lanes are parts of what lasted from when to when, each in its row.
type lanes struct {
	points []figure.Point
	color  color.NRGBA
}

func (l lanes) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	half := vg.Length(laneHeight * 0.38)
	if rows := p.Y.Max - p.Y.Min; rows > 0 {
		half = min(8, max(half, 0.32*(c.Max.Y-c.Min.Y)/vg.Length(rows)))
	}
	for _, pt := range l.points {
		if pt.Lo == nil || pt.Hi == nil {
			continue
		}
		from, to := tx(max(float64(*pt.Lo), p.X.Min)), tx(min(float64(*pt.Hi), p.X.Max))
		if to < from {
			continue
		}
		c.FillPolygon(l.color, rectangle(from, ty(pt.Y)-half, max(to, from+0.4), ty(pt.Y)+half))
	}
}
