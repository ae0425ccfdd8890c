package draw

import (
	"bytes"
	"fmt"
	"html"
	"image/color"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/lazy"

	"gonum.org/v1/plot/vg"

	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/plaintext"
)

// themed gives each colour of a drawing the variable of the page that takes
// its place.
func themed() map[color.NRGBA]string {
	m := map[color.NRGBA]string{
		inkColor: "ink", softColor: "soft", gridColor: "grid", warnColor: "open", limitColor: "limit", faintColor: "faint",
		{0xff, 0xff, 0xff, 0xff}: "card",
	}
	for i, c := range partColors {
		m[c] = fmt.Sprintf("part%d", i+1)
	}
	return m
}

func hex(c color.NRGBA) string { return fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B) }

// fonts are tried in order: readers seldom have the font that the drawing was
// measured with, and the second and third have the same widths.
const fonts = "font-family:'Liberation Sans',Arial,Helvetica,sans-serif"

// finishSVG gives a drawing its title, so that it can be read aloud, and the
// fonts that take the place of its own.
func finishSVG(svg []byte, f figure.Figure) []byte {
	svg = bytes.ReplaceAll(svg, []byte("font-family:Liberation Sans"), []byte(fonts))
	svg = written().ReplaceAllFunc(svg, fixWidth)
	svg = tintedFill().ReplaceAllFunc(svg, palette)
	head, body, ok := bytes.Cut(svg, []byte("<g "))
	if !ok {
		return svg
	}
	title := fmt.Sprintf("<title>%s (%s)</title>\n", escape(f.Title), escape(string(f.Evidence)))
	return bytes.Join([][]byte{head, []byte(title), []byte("<g "), body}, nil)
}

// tintedFill is the fill of an area that is not opaque.
var tintedFill = lazy.Regexp(`fill:#([0-9A-F-]+);fill-opacity:[0-9.]+`)

// palette gives a fill that is not opaque back its colour of the palette, which the library
// rounds, so that the page replaces it like the others; one that is not seen at all has none.
func palette(fill []byte) []byte {
	m := tintedFill().FindSubmatch(fill)
	v, err := strconv.ParseUint(string(m[1]), 16, 24)
	if err != nil {
		return []byte("fill:none")
	}
	near := func(a uint8, shift int) bool {
		return max(int(a), int(v>>shift&0xff))-min(int(a), int(v>>shift&0xff)) <= 3
	}
	for c := range themed() {
		if near(c.R, 16) && near(c.G, 8) && near(c.B, 0) {
			return bytes.Replace(fill, m[1], []byte(hex(c)[1:]), 1)
		}
	}
	return fill
}

// written is a text of a drawing: attributes, weight, size and words.
var written = lazy.Regexp(`<text ([^>]*font-weight:(normal|bold)[^>]*font-size:([0-9.]+)px[^>]*)>([^<]+)</text>`)

// fixWidth gives a text the width that it was laid out with. A reader's font
// may be a sixth wider, and would run over what is next to it.
func fixWidth(element []byte) []byte {
	m := written().FindSubmatch(element)
	words := html.UnescapeString(string(m[4]))
	size, err := strconv.ParseFloat(string(m[3]), 64)
	if err != nil || strings.ContainsFunc(words, foreign) {
		return element
	}
	font := sans(vg.Length(size))
	if string(m[2]) == "bold" {
		font = bold(vg.Length(size))
	}
	width := style(font, inkColor).Width(words)
	return fmt.Appendf(nil, `<text textLength="%.5g" lengthAdjust="spacingAndGlyphs" %s>%s</text>`, float64(width), m[1], m[4])
}

// foreign says whether the drawing's font lacks a letter, so that its width
// says nothing: it has Latin, Greek, Cyrillic, punctuation and mathematics.
func foreign(r rune) bool { return r >= 0x530 && (r < 0x2010 || r >= 0x2300) }

// Inline makes a drawing part of a page: without XML head and fixed size, and
// in the page's colours.
func Inline(svg []byte, f figure.Figure) string {
	s := string(svg)
	i := strings.Index(s, "<svg")
	if i < 0 {
		return ""
	}
	opening, body, ok := strings.Cut(s[i:], ">")
	size := viewBox().FindString(opening)
	if !ok || size == "" {
		return ""
	}
	for c, name := range themed() {
		body = strings.ReplaceAll(body, ":"+hex(c), ":var(--"+name+")")
	}
	body = strings.ReplaceAll(body, "\n\t", " ")
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="%s" %s>%s`, escape(f.Title+", "+string(f.Evidence)), size, body)
}

// viewBox of a drawing, in points.
var viewBox = lazy.Regexp(`viewBox="[0-9. ]+"`)

func escape(s string) string { return html.EscapeString(plaintext.Line(s)) }
