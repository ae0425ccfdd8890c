package report

import (
	"bytes"
	"fmt"
	"image/color"
	"strings"

	"github.com/inferometer/inferometer/internal/figure"
)

// themed gives each colour of a drawing the variable of the page that takes
// its place.
func themed() map[color.NRGBA]string {
	m := map[color.NRGBA]string{
		inkColor: "ink", softColor: "soft", gridColor: "grid", markColor: "mark", warnColor: "open", limitColor: "limit", faintColor: "faint",
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
	head, body, ok := bytes.Cut(svg, []byte("<g "))
	if !ok {
		return svg
	}
	title := fmt.Sprintf("<title>%s (%s)</title>\n", htmlEscape(f.Title), htmlEscape(string(f.Evidence)))
	return bytes.Join([][]byte{head, []byte(title), []byte("<g "), body}, nil)
}

// inline makes a drawing part of a page: without XML head and fixed size, and
// in the page's colours.
func inline(svg []byte, f figure.Figure) string {
	s := string(svg)
	i := strings.Index(s, "<svg")
	if i < 0 {
		return ""
	}
	_, body, ok := strings.Cut(s[i:], ">")
	if !ok {
		return ""
	}
	for c, name := range themed() {
		body = strings.ReplaceAll(body, ":"+hex(c), ":var(--"+name+")")
	}
	body = strings.ReplaceAll(body, "\n\t", " ")
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="%s" viewBox="0 0 %g %g">%s`,
		htmlEscape(f.Title+", "+string(f.Evidence)), figureWidth.Points(), figureHeight.Points(), body)
}
