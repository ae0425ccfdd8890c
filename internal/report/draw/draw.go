// Package draw makes a picture of a figure: SVG for pages and files, PNG for
// slides. It decides what a mark looks like and where it goes; what a figure
// shows is decided in package figure.
//
// One drawing serves light and dark pages: Inline replaces its colours by
// variables of the page. The evidence is drawn into every picture, so that it
// stays with it wherever it is copied to.
package draw

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image/color"
	"io"
	"math"
	"slices"
	"strings"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// Colours of a drawing on white. The page replaces each by one of its own, so
// that one drawing serves light and dark: see Inline.
var (
	inkColor   = color.NRGBA{0x1f, 0x29, 0x37, 0xff}
	softColor  = color.NRGBA{0x5b, 0x65, 0x75, 0xff}
	gridColor  = color.NRGBA{0xd8, 0xdd, 0xe4, 0xff}
	warnColor  = color.NRGBA{0xa1, 0x62, 0x07, 0xff} // of evidence that proves nothing about a real server
	limitColor = color.NRGBA{0xdc, 0x26, 0x26, 0xff}
	faintColor = color.NRGBA{0xa3, 0xac, 0xba, 0xff} // of what has less weight than the rest
	partColors = []color.NRGBA{
		{0x25, 0x63, 0xeb, 0xff}, {0xd9, 0x77, 0x06, 0xff}, {0x05, 0x96, 0x69, 0xff}, {0x7c, 0x3a, 0xed, 0xff}, {0xc0, 0x26, 0x8f, 0xff}, {0x64, 0x74, 0x8b, 0xff},
	}
)

// Size of a drawing, and the resolution of its PNG: sharp on a screen and quick
// to make. What stands above and below the axes makes a drawing higher, and takes
// nothing from them.
const (
	figureWidth = 6.4 * vg.Inch
	axesHeight  = 3.4 * vg.Inch // of the plot with its axes
	laneHeight  = 5.6           // of a row of lying bars that stand close
	rowHeight   = 34            // of a row of lying bars that bear labels
	margin      = 8             // points, on all sides
	inner       = figureWidth - 2*margin

	// ScreenDPI is sharp on a screen; PrintDPI is for paper and slides.
	ScreenDPI = 150
	PrintDPI  = 300
)

// Sizes of text, in points. A page shows a drawing at 480 px at least, which makes 12 px of
// the smaller one.
const (
	small = 11.6
	large = 13.5

	smallLine = 14.2 // from one line of small text to the next
)

// sans is the drawing's font at a size in points.
func sans(size vg.Length) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
}

func bold(size vg.Length) font.Font {
	f := sans(size)
	f.Weight = xfont.WeightBold
	return f
}

func style(f font.Font, c color.Color) draw.TextStyle {
	return draw.TextStyle{Font: f, Color: c, Handler: plot.DefaultTextHandler}
}

// SVG draws a figure as a document of its own.
func SVG(f figure.Figure) ([]byte, error) {
	f = Clean(f)
	b, err := paint(f, vgsvg.New(figureWidth, heightOf(f)))
	if err != nil {
		return nil, err
	}
	return finishSVG(b, f), nil
}

// PNG draws a figure as pixels, so many to the inch.
func PNG(f figure.Figure, dpi int) ([]byte, error) {
	f = Clean(f)
	b, err := paint(f, vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(figureWidth, heightOf(f)), vgimg.UseDPI(dpi))})
	if err != nil {
		return nil, err
	}
	return withDensity(b, dpi), nil
}

// withDensity says in a PNG how many pixels are an inch, so that a program that prints it or puts
// it on a slide takes it in the size that its text was drawn for. The encoder leaves it out.
func withDensity(b []byte, dpi int) []byte {
	const header = 8 + 4 + 4 + 13 + 4 // the signature and the first chunk
	perMetre := uint32(math.Round(float64(dpi) / 0.0254))
	chunk := binary.BigEndian.AppendUint32([]byte("pHYs"), perMetre)
	chunk = append(binary.BigEndian.AppendUint32(chunk, perMetre), 1) // the unit: metres
	sized := append(binary.BigEndian.AppendUint32(nil, uint32(len(chunk)-4)), chunk...)
	sized = binary.BigEndian.AppendUint32(sized, crc32.ChecksumIEEE(chunk))
	return slices.Concat(b[:header], sized, b[header:])
}

func paint(f figure.Figure, canvas interface {
	vg.CanvasSizer
	io.WriterTo
}) ([]byte, error) {
	layout(f, draw.New(canvas))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("failed to draw figure %s: %w", f.ID, err)
	}
	return b.Bytes(), nil
}

// Clean makes every text of a figure harmless and short enough to draw.
func Clean(f figure.Figure) figure.Figure {
	f.Title, f.Subtitle, f.Note = format.Brief(f.Title, 120), format.Brief(f.Subtitle, 160), format.Brief(f.Note, 600)
	f.X.Label, f.Y.Label = format.Brief(f.X.Label, 72), format.Brief(f.Y.Label, 72)
	f.X.Unit, f.Y.Unit = format.Brief(f.X.Unit, 24), format.Brief(f.Y.Unit, 24)
	categories := make([]string, len(f.X.Categories))
	for i, c := range f.X.Categories {
		categories[i] = format.Ends(c, 24)
	}
	f.X.Categories = categories
	lying := make([]string, len(f.Y.Categories))
	for i, c := range f.Y.Categories {
		lying[i] = format.Ends(c, 32)
	}
	f.Y.Categories = lying
	series := make([]figure.Series, len(f.Series))
	for i, s := range f.Series {
		s.Name = format.Ends(s.Name, 36)
		s.Points = slices.Clone(s.Points)
		for j := range s.Points {
			s.Points[j].Label = format.Ends(s.Points[j].Label, 28)
		}
		series[i] = s
	}
	f.Series = series
	limits := make([]figure.Limit, len(f.Limits))
	for i, l := range f.Limits {
		l.Label = format.Brief(l.Label, 40)
		limits[i] = l
	}
	f.Limits = limits
	return f
}

// layout draws head, legend, plot and note from top to bottom.
func layout(f figure.Figure, c draw.Canvas) {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	c = draw.Crop(c, margin, -margin, margin, -margin)
	c = head(f, c)
	c = legend(f, c)
	c = footnote(f, c)
	p := drawing(f)
	c = besideLog(p, f, c)
	p.Draw(c)
}

// heightOf a drawing: that of its axes, and what its texts take.
func heightOf(f figure.Figure) vg.Length {
	return 2*margin + headHeight(f) + legendHeight(f) + axesOf(f) + noteHeight(f)
}

// axesOf is the height of the plot with its axes, which grows with rows of lying bars.
func axesOf(f figure.Figure) vg.Length {
	row := vg.Length(rowHeight)
	if has(f, figure.Span) {
		row = laneHeight
	}
	return max(axesHeight, 50+row*vg.Length(len(f.Y.Categories)))
}

// besideLog writes the label of a logarithmic y axis, and returns what is left of c. The
// library takes the middle of such an axis for far above its middle, and leaves space
// above the axis for half of the label.
func besideLog(p *plot.Plot, f figure.Figure, c draw.Canvas) draw.Canvas {
	if !f.Y.Log || p.Y.Label.Text == "" {
		return c
	}
	s := p.Y.Label.TextStyle
	height, descent := s.Height(p.Y.Label.Text), s.FontExtents().Descent
	below := p.X.Tick.Label.FontExtents().Height + p.X.Label.TextStyle.Height(p.X.Label.Text) + 6 // about what the x axis takes
	s.Rotation, s.XAlign = s.Rotation+math.Pi/2, text.XCenter
	c.FillText(s, vg.Point{X: c.Min.X + height, Y: (c.Min.Y + below + c.Max.Y) / 2}, p.Y.Label.Text)
	p.Y.Label.Text = ""
	return draw.Crop(c, height+descent+2, 0, 0, 0)
}

// head writes title, subtitle and the mark of the evidence, and returns what is left of c.
func head(f figure.Figure, c draw.Canvas) draw.Canvas {
	title, evidence, sub := style(bold(large), inkColor), style(sans(small), softColor), style(sans(small), softColor)
	for _, s := range []*draw.TextStyle{&title, &evidence, &sub} {
		s.YAlign = text.YTop
	}
	if f.Evidence == result.Simulated {
		evidence.Color = warnColor
	}
	evidence.XAlign = text.XRight
	width := c.Max.X - c.Min.X - evidence.Width(string(f.Evidence)) - 8
	c.FillText(title, vg.Point{X: c.Min.X, Y: c.Max.Y}, fitting(title, f.Title, width))
	c.FillText(evidence, vg.Point{X: c.Max.X, Y: c.Max.Y}, string(f.Evidence))
	for i, line := range subtitle(f) {
		c.FillText(sub, vg.Point{X: c.Min.X, Y: c.Max.Y - 18 - smallLine*vg.Length(i)}, line)
	}
	return draw.Crop(c, 0, 0, 0, -headHeight(f))
}

func headHeight(f figure.Figure) vg.Length { return 22 + smallLine*vg.Length(len(subtitle(f))) }

// subtitle of a figure in lines.
func subtitle(f figure.Figure) []string {
	return wrapped(style(sans(small), softColor), f.Subtitle, inner, 2)
}

// wrapped breaks a text into lines of a width, at most so many; what does not fit is cut.
func wrapped(s draw.TextStyle, text string, width vg.Length, most int) []string {
	var lines []string
	for _, word := range strings.Fields(text) {
		last := len(lines) - 1
		switch {
		case last >= 0 && s.Width(lines[last]+" "+word) <= width:
			lines[last] += " " + word
		case len(lines) == most:
			lines[last] = fitting(s, lines[last]+" …", width)
			return lines
		default:
			lines = append(lines, fitting(s, word, width))
		}
	}
	return lines
}

// fitting shortens a text to a width.
func fitting(s draw.TextStyle, text string, width vg.Length) string {
	r := []rune(text)
	for n := len(r) - 1; n > 0 && s.Width(text) > width; n-- {
		text = strings.TrimRight(string(r[:n]), " ") + "…"
	}
	return text
}

// sample is the entry of a series in the legend: where it stands, and in which row.
type sample struct {
	series int
	x      vg.Length
	row    int
}

// entries of the legend: one for each series, in rows, where there is more than one.
func entries(f figure.Figure) []sample {
	if named(f.Series) < 2 {
		return nil
	}
	s := style(sans(small), inkColor)
	var out []sample
	x, row := vg.Length(0), 0
	for i, series := range f.Series {
		if series.Kind == figure.Band {
			continue // the line in it has the name
		}
		w := sampleWidth(series) + 5 + s.Width(series.Name) + 12
		if x+w-12 > inner && x > 0 {
			x, row = 0, row+1
		}
		out = append(out, sample{i, x, row})
		x += w
	}
	return out
}

func legendHeight(f figure.Figure) vg.Length {
	all := entries(f)
	if len(all) == 0 {
		return 4
	}
	return smallLine*vg.Length(all[len(all)-1].row+1) + 6
}

// legend writes samples and names.
func legend(f figure.Figure, c draw.Canvas) draw.Canvas {
	s := style(sans(small), inkColor)
	s.YAlign = text.YCenter
	for _, e := range entries(f) {
		series, col := f.Series[e.series], colorOf(f, e.series)
		x, y, wide := c.Min.X+e.x, c.Max.Y-6-smallLine*vg.Length(e.row), sampleWidth(f.Series[e.series])
		switch series.Kind {
		case figure.Bar, figure.Stack, figure.Bins, figure.Span:
			c.FillPolygon(col, rectangle(x, y-4, x+12, y+4))
		case figure.Dot:
			mark(c, shapeOf(f, e.series), col, vg.Point{X: x + 6, Y: y})
		default:
			c.StrokeLine2(lineStyle(col, series.Dashed), x, y, x+wide, y)
			if dotted(series) {
				mark(c, shapeOf(f, e.series), col, vg.Point{X: x + wide/2, Y: y})
			}
		}
		c.FillText(s, vg.Point{X: x + wide + 4, Y: y}, series.Name)
	}
	return draw.Crop(c, 0, 0, 0, -legendHeight(f))
}

// named counts the series that a legend has.
func named(series []figure.Series) int {
	n := 0
	for _, s := range series {
		if s.Kind != figure.Band {
			n++
		}
	}
	return n
}

// sampleWidth is longer for dashes: the mark in their middle would hide them.
func sampleWidth(s figure.Series) vg.Length {
	if s.Dashed {
		return 25
	}
	return 13
}

// mostNote is how many lines of a note are drawn; a page has all of it as a caption.
const mostNote = 5

func note(f figure.Figure) []string {
	return wrapped(style(sans(small), softColor), format.Sentence(f.Note), inner, mostNote)
}

func noteHeight(f figure.Figure) vg.Length {
	if n := len(note(f)); n > 0 {
		return smallLine*vg.Length(n) + 6
	}
	return 0
}

// footnote writes what is left out.
func footnote(f figure.Figure, c draw.Canvas) draw.Canvas {
	s := style(sans(small), softColor)
	s.YAlign = text.YBottom
	lines := note(f)
	for i, l := range lines {
		c.FillText(s, vg.Point{X: c.Min.X, Y: c.Min.Y + vg.Length(len(lines)-1-i)*smallLine}, l)
	}
	return draw.Crop(c, 0, 0, noteHeight(f), 0)
}

// drawing lays out axes and marks.
func drawing(f figure.Figure) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = color.Transparent
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Color, a.Label.TextStyle.Color, a.Tick.Color, a.Tick.Label.Color = gridColor, softColor, gridColor, inkColor
		a.Label.TextStyle.Font, a.Tick.Label.Font = sans(small), sans(small)
		a.Padding = 2
	}
	p.X.Label.Text, p.Y.Label.Text = fitting(p.X.Label.TextStyle, axisLabel(f.X), plotWidth), axisLabel(f.Y)
	p.Y.Label.Text = fitting(p.Y.Label.TextStyle, p.Y.Label.Text, plotHeight)
	for _, a := range f.Areas {
		p.Add(shade{a})
	}
	p.Add(grid{len(f.Y.Categories) > 0})
	bars := addSeries(p, f)
	p.Add(labels{f})
	upright := 0
	for _, l := range f.Limits {
		p.Add(limitLine{l, upright, f.X.Count, bars, lines(f)})
		if l.Vertical {
			upright++
		}
	}
	setAxes(p, f)
	return p
}

// lines are the series whose points are joined.
func lines(f figure.Figure) []figure.Series {
	return slices.DeleteFunc(slices.Clone(f.Series), func(s figure.Series) bool {
		return s.Kind != figure.Line && s.Kind != figure.Step && s.Kind != figure.Rule
	})
}

// grid draws a line at each labelled value of the axis that has values.
type grid struct{ upright bool }

func (g grid) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	if g.upright {
		for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
			if t.Label != "" {
				c.StrokeLine2(draw.LineStyle{Color: gridColor, Width: 0.6}, tx(t.Value), c.Min.Y, tx(t.Value), c.Max.Y)
			}
		}
		return
	}
	for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
		if t.Label != "" {
			c.StrokeLine2(draw.LineStyle{Color: gridColor, Width: 0.6}, c.Min.X, ty(t.Value), c.Max.X, ty(t.Value))
		}
	}
}
