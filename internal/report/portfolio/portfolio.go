// Package portfolio writes a run as a folder to publish: a summary of one page, all chapters, what
// it means in money, every figure for print, and the data that all of it rests on.
// It says what the report says and nothing of its own: its texts are parts of the
// report's document, with the evidence and the intervals that are in them.
package portfolio

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/draw"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/wholefile"
)

// Run is what is published.
type Run struct {
	Result   *result.Result
	Document content.Document // its report
	Figures  []figure.Figure
	// Markdown writes a document.
	Markdown func(content.Document) []byte
	// Data are the files that the folder's data/ shall hold.
	Data []File
}

// File is one file of data/.
type File struct {
	Name  string
	Says  string // what it is, in a few words
	Write func(io.Writer) error
}

// Names of the files.
const (
	readme    = "README.md"
	summary   = "executive-summary"
	technical = "technical.md"
	business  = "business-impact.md"
)

// entry of the list of files.
type entry struct{ path, says string }

// Write makes the folder, which must not be there or be empty.
func Write(dir string, run Run) error {
	if err := makeEmpty(dir); err != nil {
		return err
	}
	w := writer{dir: dir}
	text := append(run.Markdown(run.summary()), more(run.costed())...)
	page, err := asPage(run.Document.Title, text)
	if err != nil {
		return err
	}
	w.put(summary+".md", "the answers, the claims and what may not be believed, on a page", text)
	w.put(summary+".html", "the same for a browser; it needs no network", page)
	w.put(technical, "every chapter of the report, with how it was measured", run.Markdown(run.Document))
	if run.costed() {
		w.put(business, "what it costs, where the costs cross, what that rests on, and what may not be believed", run.Markdown(run.business()))
	}
	w.figures(run.Figures)
	w.data(run.Data)
	list := w.list
	w.put(readme, "", run.readme(list))
	return w.err
}

// makeEmpty makes a folder in which nothing is overwritten.
func makeEmpty(dir string) error {
	switch found, err := os.ReadDir(dir); {
	case err == nil && len(found) > 0:
		return fmt.Errorf("%s is not empty, and nothing in it is overwritten; remove it or name another folder with --out DIR", dir)
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("failed to read the folder for the portfolio (--out): %w", err)
	}
	for _, sub := range []string{"figures", "data"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return fmt.Errorf("failed to create the folder for the portfolio (--out): %w", err)
		}
	}
	return nil
}

// writer writes files and lists them; after an error it does nothing.
type writer struct {
	dir  string
	list []entry
	err  error
}

func (w *writer) put(path, says string, b []byte) {
	if w.err == nil {
		w.err = wholefile.Write(filepath.Join(w.dir, filepath.FromSlash(path)), b, 0o644)
		w.list = append(w.list, entry{path, says})
	}
}

// figures are drawn as SVG and as PNG for print.
func (w *writer) figures(all []figure.Figure) {
	for _, f := range all {
		if w.err != nil {
			return
		}
		svg, err := draw.SVG(f)
		if err == nil {
			w.put("figures/"+f.ID+".svg", f.Title, svg)
			var png []byte
			png, err = draw.PNG(f, draw.PrintDPI)
			w.put("figures/"+f.ID+".png", fmt.Sprintf("the same with %d dots per inch", draw.PrintDPI), png)
		}
		w.err = errors.Join(w.err, err)
	}
}

func (w *writer) data(files []File) {
	for _, f := range files {
		if w.err != nil {
			return
		}
		path := filepath.Join(w.dir, "data", f.Name)
		out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			w.err = fmt.Errorf("failed to write data/%s: %w", f.Name, err)
			return
		}
		if err := errors.Join(f.Write(out), out.Close()); err != nil {
			w.err = fmt.Errorf("failed to write data/%s: %w", f.Name, err)
			return
		}
		w.list = append(w.list, entry{"data/" + f.Name, f.Says})
	}
}

// costed reports whether the cost was measured.
func (r Run) costed() bool { return r.Result.Benchmarks.Cost != nil }

// summary is the report without its chapters: the answers, the claims, and what a reader must
// not believe.
func (r Run) summary() content.Document {
	d := r.Document
	d.Sections = nil
	for _, s := range r.Document.Sections {
		switch s.ID {
		case "claims", "doubts":
			d.Sections = append(d.Sections, s)
		case "validity": // its findings in sentences, and not every check
			s.Tables, s.Lead, s.Figures, s.Notes = nil, nil, nil, nil
			if !slices.ContainsFunc(r.Document.Sections, func(o content.Section) bool { return o.ID == "doubts" }) {
				d.Sections = append(d.Sections, s)
			}
		}
	}
	return d
}

// business is what the report says of money, with all claims and what a reader must not
// believe: it is passed on by itself.
func (r Run) business() content.Document {
	d := r.Document
	d.Answers, d.Tiles, d.Conditions, d.Sections = nil, content.Tiles{}, nil, nil
	for _, s := range r.Document.Sections {
		if s.ID == "cost" {
			d.Sections = append(d.Sections, s)
		}
	}
	d.Sections = append(d.Sections, r.summary().Sections...)
	return d
}

// more says where the rest is.
func more(costed bool) string {
	s := "---\n\nHow it was measured, with all figures: [" + technical + "](" + technical + "). "
	if costed {
		s += "What it means in money: [" + business + "](" + business + "). "
	} else {
		s += withoutCost + " "
	}
	return s + "The data: [data/](data/).\n"
}

const withoutCost = "What it means in money is left out, since this run did not work out costs (inferometer run and inferometer cost do)."

// readme lists the files and says what they rest on.
func (r Run) readme(list []entry) []byte {
	d := r.Document
	head := d
	head.Answers, head.Tiles, head.Conditions, head.Sections = nil, content.Tiles{}, nil, nil
	var b bytes.Buffer
	b.Write(r.Markdown(head))
	fmt.Fprintf(&b, "The evidence of this run is **%s**: a conclusion is only as strong as its weakest input. For each number, data/result.json says what it rests on.\n\n", r.Result.Evidence)
	if !r.costed() {
		b.WriteString(withoutCost + "\n\n")
	}
	b.WriteString("| file | what |\n|---|---|\n")
	for _, e := range list {
		fmt.Fprintf(&b, "| [%s](%s) | %s |\n", e.path, e.path, cellText(e.says))
	}
	b.WriteString("\nEvery number here follows from the log and the plan in data/: `inferometer report data` computes it again. They hold what was typed to start the run, the addresses of the endpoints and what machine sent the requests: look through them before you publish them.\n")
	if v := format.Brief(d.Version, 60); v != "" {
		fmt.Fprintf(&b, "\nInferometer %s", cellText(v))
		if d.Started != "" {
			fmt.Fprintf(&b, ", measured %s UTC", d.Started)
		}
		b.WriteString(".\n")
	}
	return b.Bytes()
}

// cellText makes a text harmless in a table of Markdown; titles of figures may have the names
// that a plan gives.
func cellText(s string) string {
	s = format.Brief(s, 160)
	return strings.NewReplacer("|", "\\|", "<", "&lt;", ">", "&gt;", "[", "\\[", "]", "\\]", "`", "\\`", "*", "\\*", "_", "\\_").Replace(s)
}
