package report

import (
	"bytes"
	_ "embed" // the page
	"fmt"
	"html/template"
	"regexp"

	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/result"
)

//go:embed page.html.tmpl
var pageSource string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"long":  func(s string) bool { return len(s) > 36 }, // may break into lines
	"flags": flags,
}).Parse(pageSource))

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

// HTML returns the report as one file that needs no network: styles and
// figures are inside, and its policy forbids loading anything else.
func HTML(r *result.Result) ([]byte, error) {
	drawn := map[string][]byte{}
	for _, f := range figure.All(r) {
		b, err := render(f, "svg")
		if err != nil {
			return nil, err
		}
		drawn[f.ID] = b
	}
	return pageOf(r, drawn)
}

type pageData struct {
	Title, Headline, Warning, Status string
	Evidence                         string
	Summary, Validity                string
	ValidityStatus                   string
	Claims                           []pageClaim
	Sections                         []pageSection
	Impact                           []string
	Specification                    []pageTable
	Checks                           []pageTable
	Reproduce                        []string
	Version                          string
}

type pageClaim struct {
	Verdict, ID, Limit, Estimate, N, Evidence, Text, Reason string
}

type pageSection struct {
	ID, Title, Evidence string
	Text                []string
	Tables              []pageTable
	Lead, Figures       []pageFigure
	Notes               []string
}

type pageTable struct {
	Title  string
	Folded bool
	Head   []string
	Rows   [][]string
}

type pageFigure struct {
	Title, Subtitle, Evidence, Note string
	SVG                             template.HTML
}

func pageOf(r *result.Result, drawn map[string][]byte) ([]byte, error) {
	figures := map[string]pageFigure{}
	for _, f := range figure.All(r) {
		figures[f.ID] = pageFigure{
			Title: clean(f.Title), Subtitle: clean(f.Subtitle), Evidence: string(f.Evidence), Note: capital(clean(f.Note)),
			// Our own drawing: the library escapes the texts in it.
			SVG: template.HTML(inline(drawn[f.ID], f)), //nolint:gosec // see above
		}
	}
	d := pageData{
		Title: clean(r.Run.Name), Headline: headline(r), Warning: warning(r), Status: status(r), Evidence: string(r.Evidence),
		Summary: summary(r), Validity: validityLine(r), ValidityStatus: string(r.Validity.Status),
		Impact: impact(r), Reproduce: reproduce(r), Version: clean(r.Run.Version),
	}
	for _, l := range claimLines(r) {
		if l.estimate == missing {
			l.estimate = ""
		}
		d.Claims = append(d.Claims, pageClaim{l.verdict, l.id, l.limit, l.estimate, l.n, l.evidence, l.text, l.reason})
	}
	for _, s := range sections(r) {
		p := pageSection{ID: s.id, Title: s.title, Evidence: string(s.evidence), Text: s.text, Notes: s.notes}
		for _, t := range s.tables {
			p.Tables = append(p.Tables, asPage(t))
		}
		for _, id := range s.lead {
			p.Lead = append(p.Lead, figures[id])
		}
		for _, id := range s.figures {
			p.Figures = append(p.Figures, figures[id])
		}
		d.Sections = append(d.Sections, p)
	}
	for _, t := range specification(r) {
		if len(t.rows) > 0 {
			d.Specification = append(d.Specification, asPage(t))
		}
	}
	for _, t := range checkTables(r) {
		d.Checks = append(d.Checks, asPage(t))
	}
	var b bytes.Buffer
	if err := page.Execute(&b, d); err != nil {
		return nil, fmt.Errorf("failed to make the page: %w", err)
	}
	return b.Bytes(), nil
}

func asPage(t table) pageTable {
	return pageTable{Title: t.title, Folded: t.folded, Head: t.head, Rows: t.rows}
}
