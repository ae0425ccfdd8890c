// Package page writes a document as one HTML file that needs no network: its styles,
// figures, data and app are inside, and its policy forbids loading anything else. The
// page reads whole without scripts; the app (package web) makes its figures and tables
// interactive where they stand. What it finds there is in docs/reports.md.
package page

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed" // the page and its styles
	"encoding/base64"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/lazy"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/draw"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/web"
)

// Style is the one style sheet of pages. Its custom properties are the palette, of
// drawings and charts too.
//
//go:embed page.css
var Style string

//go:embed page.html.tmpl
var source string

var page = lazy.Value(func() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"marks": marks,
		"weak":  format.Weak,
		"join":  strings.Join,
	}).Parse(source))
})

// Policy returns the content security policy of a page that has these scripts and
// styles inside: they run as they are, and nothing else runs or loads.
func Policy(script, style string) string {
	return "default-src 'none'; script-src " + hash(script) + "; style-src " + hash(style) +
		"; img-src data: blob:; base-uri 'none'; form-action 'none'"
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// view is a document with its parts as the template needs them.
type view struct {
	content.Document
	Policy   string
	Style    template.CSS
	Data     template.JS
	App      template.JS
	Sections []section
	Said     bool // there are answers that a page says here
}

type section struct {
	content.Section
	Tables        []table
	Lead, Figures []drawing
	WhatIf        bool // the reader may work the costs out again here
}

type drawing struct {
	figure.Figure
	Label string // that no other part of the page has
	SVG   template.HTML
}

// HTML returns a document as one file. The figures of its sections are among figures.
func HTML(d content.Document, figures []figure.Figure) ([]byte, error) {
	d = d.Bounded()
	drawn, err := drawnForPage(figures)
	if err != nil {
		return nil, err
	}
	data, err := encoded(Data{Figures: figures, Metrics: Glossary(), WhatIf: d.WhatIf})
	if err != nil {
		return nil, err
	}
	labels := labels{}
	for _, s := range d.Sections {
		labels.of(s.Title)
	}
	drawings := func(list []figure.Figure) []drawing {
		var out []drawing
		for _, f := range list {
			p := drawing{Figure: f, SVG: drawn[f.ID]}
			p.Title, p.Subtitle, p.Note = plaintext.Line(f.Title), plaintext.Line(f.Subtitle), format.Sentence(f.Note)
			p.Label = labels.of(p.Title)
			out = append(out, p)
		}
		return out
	}
	v := view{
		Document: d, Policy: Policy(web.App, Style),
		// Ours, as they are in the binary, and JSON in which nothing can end the element.
		Style: template.CSS(Style), App: template.JS(web.App), Data: template.JS(data), //nolint:gosec // see above
	}
	v.Said = slices.ContainsFunc(d.Answers, func(p content.Paragraph) bool { return !p.TerminalOnly })
	for _, s := range d.Sections {
		if s.Evidence == d.Evidence { // the head says it, and each figure
			s.Evidence = ""
		}
		p := section{Section: s, Lead: drawings(s.Lead), Figures: drawings(s.Figures), WhatIf: d.WhatIf != nil && s.ID == "cost"}
		for _, t := range s.Tables {
			if len(t.Rows) > 0 {
				p.Tables = append(p.Tables, tableOf(t, s.Title))
				last := &p.Tables[len(p.Tables)-1]
				last.Region = labels.of(last.Label)
			}
		}
		v.Sections = append(v.Sections, p)
	}
	var b bytes.Buffer
	if err := page().Execute(&b, v); err != nil {
		return nil, fmt.Errorf("failed to make the page: %w", err)
	}
	return b.Bytes(), nil
}

// labels are the names of a page's parts. Those who hear the page choose among them, so no
// two are the same.
type labels map[string]int

func (l labels) of(name string) string {
	l[name]++
	if n := l[name]; n > 1 {
		return fmt.Sprintf("%s (%d)", name, n)
	}
	return name
}

// drawnForPage are figures as SVG, by id, without their notes: on a page these
// are captions.
func drawnForPage(figures []figure.Figure) (map[string]template.HTML, error) {
	drawn := map[string]template.HTML{}
	for _, f := range figures {
		f.Note = ""
		b, err := draw.SVG(f)
		if err != nil {
			return nil, err
		}
		// Our own drawing: the library escapes the texts in it.
		drawn[f.ID] = template.HTML(withoutStyles(draw.Inline(b, f))) //nolint:gosec // see above
	}
	return drawn, nil
}

var (
	styles   = lazy.Regexp(` style="([^"<>]*)"`)
	property = lazy.Regexp(`([a-z-]+):([^;]*);?`)
)

// withoutStyles makes the styles of a drawing attributes of their own, which a policy
// without 'unsafe-inline' allows.
func withoutStyles(svg string) string {
	return styles().ReplaceAllStringFunc(svg, func(style string) string {
		return property().ReplaceAllString(styles().FindStringSubmatch(style)[1], ` $1="$2"`)
	})
}

// table is a table as the page has it.
type table struct {
	content.Table
	Label   string // its caption, or what its section is about
	Region  string // the same for those who jump from part to part: no other part has it
	Head    []cell
	Rows    [][]cell
	Cards   []content.Card // its rows, if that is its layout
	Words   bool
	Sorting bool
}

// cell is a value of a table.
type cell struct {
	Text  string
	Class string
	Label string // of its column
	Value string // its number, if it is one
}

// fewRows need no sorting. Nor do rows that are of different things: their column has no
// name.
const fewRows = 3

func tableOf(t content.Table, section string) table {
	p := table{Table: t, Label: cmp.Or(t.Title, section), Words: t.Layout == content.Words, Sorting: len(t.Rows) > fewRows && len(t.Head) > 0 && t.Head[0].Name != ""}
	if t.Layout == content.Cards {
		for _, row := range t.Rows {
			p.Cards = append(p.Cards, content.CardOf(t, row))
		}
		return p
	}
	for _, h := range t.Head {
		p.Head = append(p.Head, cell{Text: h.Name})
	}
	for _, row := range t.Rows {
		cells := make([]cell, len(row))
		for i, text := range row {
			c := cell{Text: text, Label: t.Head[i].Name}
			switch {
			case t.Head[i].Kind == content.Verdict:
				c.Class = "state-" + text
			case !p.Words || i == 0:
				c.Class = classes(text)
			}
			if !p.Words && i > 0 {
				c.Value = number(text)
			}
			cells[i] = c
		}
		p.Rows = append(p.Rows, cells)
	}
	return p
}

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

var leading = lazy.Regexp(`^[~≥≤] ?|^`)
var figureForm = lazy.Regexp(`^(−?)\$?([0-9][0-9,]*(?:\.[0-9]+)?|∞)([kM]?)`)

// number is the value that a text of package format begins with, so that a table can
// be sorted by it; "" without one.
func number(text string) string {
	m := figureForm().FindStringSubmatch(leading().ReplaceAllString(text, ""))
	if m == nil {
		return ""
	}
	n := strings.ReplaceAll(m[2], ",", "")
	if n == format.Infinity {
		n = "Infinity"
	}
	n += map[string]string{"k": "e3", "M": "e6"}[m[3]]
	if m[1] != "" {
		n = "-" + n
	}
	return n
}
