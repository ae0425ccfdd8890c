package serve

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/web"
)

// Styles and the script of the login page. The app is that of package web.
var (
	//go:embed page.css
	styles string
	//go:embed login.js
	loginScript string
	//go:embed page.html.tmpl
	templates string
)

// page is what a page is made of.
type pageKind struct {
	Kind   string // of data-page
	Title  string
	Script string // one inline script
}

// The pages, by what the body's data-page says.
var (
	loginKind = pageKind{"login", "Inferometer", loginScript}
	liveKind  = pageKind{"live", "Live run", web.App}
	runsKind  = pageKind{"runs", "Runs", web.App}
)

// writePage writes a page. Its one script and its styles are allowed by their hashes.
func writePage(w http.ResponseWriter, status int, kind pageKind, data any) {
	t, err := template.New("page").Funcs(template.FuncMap{
		"joined": func(s []string) string { return strings.Join(s, ", ") },
	}).Parse(templates)
	var b bytes.Buffer
	if err == nil {
		err = t.Execute(&b, map[string]any{
			"Kind": kind.Kind, "Title": kind.Title, "Data": data,
			"Style": template.CSS(styles), "Script": template.JS(kind.Script), // both are our own
		})
	}
	if err != nil {
		http.Error(w, "the page cannot be written", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src "+hashOf(kind.Script)+"; style-src "+hashOf(styles)+
		"; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // whoever has asked is gone
}

// row is a run of the list.
type row struct {
	summary
	When    string
	Verdict string // in words
}

// verdictOrder is how verdicts are counted: the worst first.
var verdictOrder = []result.Verdict{result.Refuted, result.Invalid, result.Undecided, result.Proved}

// runsPage lists the runs. A server of one run has no list.
func (s *Server) runsPage(w http.ResponseWriter, r *http.Request) {
	if s.OneRun {
		http.Redirect(w, r, "/live/"+runID(s.Options.Run), http.StatusSeeOther)
		return
	}
	all, err := s.summaries()
	var rows []row
	for _, r := range all {
		rows = append(rows, rowOf(r))
	}
	writePage(w, http.StatusOK, runsKind, map[string]any{"Dir": s.Dir, "Rows": rows, "Failed": err != nil, "Most": mostRuns, "Version": s.Version})
}

// livePage shows a run that goes on.
func (s *Server) livePage(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("run")
	folder, ok := s.folder(id)
	if !ok {
		http.Error(w, "there is no such run", http.StatusNotFound)
		return
	}
	writePage(w, http.StatusOK, liveKind, map[string]any{
		"ID": id, "Folder": folder, "List": s.Dir != "", "Live": s.hub.view(id) != nil, "Files": s.opened(filepath.Clean(folder), id),
	})
}

// rowOf words a run for the list.
func rowOf(s summary) row {
	r := row{summary: s}
	if !s.Started.IsZero() {
		r.When = s.Started.UTC().Format("2006-01-02 15:04")
	}
	var parts []string
	for _, v := range verdictOrder {
		if n := s.Verdicts[v]; n > 0 {
			parts = append(parts, strconv.Itoa(n)+" "+string(v))
		}
	}
	if r.Verdict = strings.Join(parts, ", "); r.Verdict == "" && s.Status != "" {
		r.Verdict = "no claims"
	}
	return r
}
