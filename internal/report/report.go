// Package report turns a result into what people read: console tables, a
// Markdown report, one self-contained HTML page, and drawn figures. What a
// report says is decided once, in package content; the writers here and in package
// page decide how it looks in each format, and package draw makes the pictures. No statistic is
// computed. What a server sent is hostile text and is shown as plain text only.
package report

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/content/run"
	"github.com/inferometer/inferometer/internal/report/draw"
	"github.com/inferometer/inferometer/internal/report/page"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/wholefile"
)

// HTML returns the report of a run as one file that needs no network.
func HTML(r *result.Result) ([]byte, error) { return page.HTML(run.Of(r), figure.All(r)) }

// Write writes report.md, report.html and the figures as SVG and PNG into the
// folder of a run, each file whole or not at all, and lists them.
func Write(dir string, r *result.Result) ([]result.Artifact, error) {
	return write(dir, run.With(r, keptAnswers(dir, r)), figure.All(r))
}

// WriteDocument writes the same files of a document that is not that of a run; its
// figures are those of its sections.
func WriteDocument(dir string, d content.Document) ([]result.Artifact, error) {
	var all []figure.Figure
	for _, s := range d.Sections {
		all = append(append(all, s.Lead...), s.Figures...)
	}
	return write(dir, d, all)
}

func write(dir string, doc content.Document, all []figure.Figure) ([]result.Artifact, error) {
	figures := filepath.Join(dir, "figures")
	if err := os.MkdirAll(figures, 0o755); err != nil {
		return nil, fmt.Errorf("failed to make the folder of the figures: %w", err)
	}
	var out []result.Artifact
	for _, f := range all {
		svg, err := draw.SVG(f)
		if err != nil {
			return out, err
		}
		png, err := draw.PNG(f, draw.ScreenDPI)
		if err != nil {
			return out, err
		}
		for _, file := range []struct {
			name string
			data []byte
		}{{f.ID + ".svg", svg}, {f.ID + ".png", png}} {
			if err := wholefile.Write(filepath.Join(figures, file.name), file.data, 0o644); err != nil {
				return out, err
			}
			out = append(out, result.Artifact{Path: "figures/" + file.name, Kind: "figure"})
		}
	}
	if err := wholefile.Write(filepath.Join(dir, "report.md"), markdownOf(doc), 0o644); err != nil {
		return out, err
	}
	out = append(out, result.Artifact{Path: "report.md", Kind: "markdown"})
	html, err := page.HTML(doc, all)
	if err != nil {
		return out, err
	}
	if err := wholefile.Write(filepath.Join(dir, "report.html"), html, 0o644); err != nil {
		return out, err
	}
	return append(out, result.Artifact{Path: "report.html", Kind: "html"}), nil
}
