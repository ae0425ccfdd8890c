// Package page writes a document as one HTML file that needs no network: its styles,
// figures and data are inside, and its policy forbids loading anything else. It reads
// whole without scripts.
package page

import (
	"bytes"
	"cmp"
	_ "embed" // the page
	"fmt"
	"html/template"
	"regexp"
	"strings"

	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/draw"
	"github.com/inferometer/inferometer/internal/report/format"
)

//go:embed page.html.tmpl
var pageSource string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"classes": classes,
	"weak":    format.Weak,
	"flags":   flags,
	"join":    strings.Join,
}).Parse(pageSource))

// classes says how a value is shown: a long one may break into lines, and one
// that is no estimate is muted, and one that a check spoils stands out.
func classes(value string) string {
	var out []string
	if len(value) > 36 {
		out = append(out, "long")
	}
	if format.Weak(value) {
		out = append(out, "weak")
	}
	if strings.HasSuffix(value, format.Spoilt) {
		out = append(out, "spoilt")
	}
	return strings.Join(out, " ")
}

// piece is a part of a text; a flag of the command line stays on one line.
type piece struct {
	Text string
	Flag bool
}

var flagForm = regexp.MustCompile(`(?:^| )(--[a-z][a-z0-9-]*)`)

func flags(s string) []piece {
	var out []piece
	for s != "" {
		at := flagForm.FindStringSubmatchIndex(s)
		if at == nil {
			return append(out, piece{Text: s})
		}
		out = append(out, piece{Text: s[:at[2]]}, piece{Text: s[at[2]:at[3]], Flag: true})
		s = s[at[3]:]
	}
	return out
}

// HTML returns a document as one file. The figures of its sections are among figures.
func HTML(d content.Document, figures []figure.Figure) ([]byte, error) {
	drawn, err := drawnForPage(figures)
	if err != nil {
		return nil, err
	}
	return pageOf(d, drawn)
}

// drawnForPage are figures as SVG, by id, without their notes: on a page these
// are captions.
func drawnForPage(figures []figure.Figure) (map[string][]byte, error) {
	drawn := map[string][]byte{}
	for _, f := range figures {
		f.Note = ""
		b, err := draw.SVG(f)
		if err != nil {
			return nil, err
		}
		drawn[f.ID] = b
	}
	return drawn, nil
}

// pageData is a document with its parts as the template needs them.
type pageData struct {
	content.Document
	Sections []pageSection
}

type pageSection struct {
	content.Section
	Tables        []pageTable
	Lead, Figures []pageFigure
}

// pageTable is a table with a label for those who cannot see where it is, and
// with its rows as cards, if that is its layout.
type pageTable struct {
	content.Table
	Label string
	Cards []content.Card
}

type pageFigure struct {
	figure.Figure
	SVG template.HTML
}

// pageOf makes the page of a document; drawn are its figures as SVG, by id.
func pageOf(d content.Document, drawn map[string][]byte) ([]byte, error) {
	figures := func(list []figure.Figure) []pageFigure {
		var out []pageFigure
		for _, f := range list {
			p := pageFigure{Figure: f}
			p.Title, p.Subtitle, p.Note = plaintext.Line(f.Title), plaintext.Line(f.Subtitle), format.Sentence(f.Note)
			// Our own drawing: the library escapes the texts in it.
			p.SVG = template.HTML(draw.Inline(drawn[f.ID], f)) //nolint:gosec // see above
			out = append(out, p)
		}
		return out
	}
	data := pageData{Document: d}
	for _, s := range d.Sections {
		if s.Evidence == d.Evidence { // the head says it, and each figure
			s.Evidence = ""
		}
		p := pageSection{Section: s, Lead: figures(s.Lead), Figures: figures(s.Figures)}
		for _, t := range s.Tables {
			if len(t.Rows) > 0 {
				p.Tables = append(p.Tables, pageTableOf(t, s.Title))
			}
		}
		data.Sections = append(data.Sections, p)
	}
	var b bytes.Buffer
	if err := page.Execute(&b, data); err != nil {
		return nil, fmt.Errorf("failed to make the page: %w", err)
	}
	return b.Bytes(), nil
}

func pageTableOf(t content.Table, section string) pageTable {
	p := pageTable{Table: t, Label: cmp.Or(t.Title, section)}
	if t.Layout == content.Cards {
		for _, row := range t.Rows {
			p.Cards = append(p.Cards, content.CardOf(t, row))
		}
	}
	return p
}
