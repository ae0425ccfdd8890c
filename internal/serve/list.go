package serve

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/result"
)

const (
	// mostRuns are listed, the latest first.
	mostRuns = 1000
	// mostResult is the largest result.json that is read, in bytes.
	mostResult = 64 << 20
	// mostText of a name is shown, in bytes.
	mostText = 200
)

// list is the folders of runs in a folder. It is safe for concurrent use.
type list struct {
	dir string

	mu    sync.Mutex // protects known
	known map[string]summary
}

// summary is what the list says of a kept run. Result.json decides; it is read once.
type summary struct {
	ID       string          `json:"id"`
	Name     string          `json:"name,omitempty"`
	Started  time.Time       `json:"started,omitzero"`
	Status   result.Status   `json:"status,omitempty"` // "": it has no result yet
	Evidence result.Evidence `json:"evidence,omitempty"`
	Models   []string        `json:"models,omitempty"`
	// Verdicts counts the claims that the user set by how they ended.
	Verdicts map[result.Verdict]int `json:"verdicts,omitempty"`
	Validity result.CheckStatus     `json:"validity,omitempty"`
	Running  bool                   `json:"running,omitempty"`
	// Files are the addresses of what can be opened, by what it is: report, result, markdown.
	Files map[string]string `json:"files,omitempty"`

	modified time.Time // of result.json
	size     int64
}

// ids are the names of folders that hold a run, the latest first. Links are left out.
func (l *list) ids() ([]string, error) {
	if l.dir == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(l.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // before the first run
	}
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range slices.Backward(entries) { // ReadDir sorts by name, which begins with the time
		if !e.IsDir() || !plainName(e.Name()) || !plainFile(filepath.Join(l.dir, e.Name(), exchange.LogName)) {
			continue
		}
		if out = append(out, e.Name()); len(out) == mostRuns {
			break
		}
	}
	return out, nil
}

// plainFile reports whether there is a file that is no link.
func plainFile(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode().IsRegular()
}

// summaries of all runs, the latest first.
func (l *list) summaries() ([]summary, error) {
	ids, err := l.ids()
	if err != nil {
		return nil, err
	}
	out := make([]summary, 0, len(ids))
	for _, id := range ids {
		out = append(out, l.summary(id))
	}
	return out, nil
}

func (l *list) summary(id string) summary {
	path := filepath.Join(l.dir, id, "result.json")
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > mostResult {
		return summary{ID: id}
	}
	l.mu.Lock()
	s, ok := l.known[id]
	l.mu.Unlock()
	if ok && s.modified.Equal(info.ModTime()) && s.size == info.Size() {
		return s
	}
	s = readSummary(path)
	s.ID, s.modified, s.size = id, info.ModTime(), info.Size()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil || len(l.known) > 4*mostRuns {
		l.known = map[string]summary{}
	}
	l.known[id] = s
	return s
}

// readSummary reads what the list needs of a result; nothing of one that is none.
func readSummary(path string) (s summary) {
	f, err := os.Open(path)
	if err != nil {
		return s
	}
	defer f.Close()
	var r struct {
		Run struct {
			Name, Status string
			Started      time.Time
		}
		Evidence result.Evidence
		Targets  []struct{ Model string }
		Claims   []struct {
			Verdict result.Verdict
			Set     bool `json:"set_by_user"`
		}
		Validity struct{ Status result.CheckStatus }
	}
	if json.NewDecoder(io.LimitReader(f, mostResult)).Decode(&r) != nil {
		return s
	}
	s = summary{
		Name: plaintext.Short(r.Run.Name, mostText), Started: r.Run.Started, Status: result.Status(plaintext.Short(r.Run.Status, mostText)),
		Evidence: result.Evidence(plaintext.Short(string(r.Evidence), mostText)), Validity: result.CheckStatus(plaintext.Short(string(r.Validity.Status), mostText)),
	}
	for _, t := range r.Targets[:min(len(r.Targets), 16)] {
		if m := plaintext.Short(t.Model, mostText); m != "" && !slices.Contains(s.Models, m) {
			s.Models = append(s.Models, m)
		}
	}
	for _, c := range r.Claims {
		if c.Set && len(s.Verdicts) < 16 {
			if s.Verdicts == nil {
				s.Verdicts = map[result.Verdict]int{}
			}
			s.Verdicts[result.Verdict(plaintext.Short(string(c.Verdict), mostText))]++
		}
	}
	return s
}

// opened are the files of a run that can be opened, with where they are.
func (s *Server) opened(folder, id string) map[string]string {
	out := map[string]string{}
	for what, name := range map[string]string{"report": "report.html", "markdown": "report.md", "result": "result.json"} {
		if plainFile(filepath.Join(folder, name)) {
			out[what] = s.filesURL(id, name)
		}
	}
	return out
}

// runs lists the kept and the running runs as JSON.
func (s *Server) runs(w http.ResponseWriter, _ *http.Request) {
	all, err := s.summaries()
	if err != nil {
		http.Error(w, "the folder of runs cannot be read", http.StatusInternalServerError)
		return
	}
	writeJSON(w, all)
}

func (s *Server) summaries() ([]summary, error) {
	all, err := s.list.summaries()
	if err != nil {
		return nil, err
	}
	for i, r := range all {
		all[i].Running, all[i].Files = s.hub.running(r.ID), s.opened(filepath.Join(s.Dir, r.ID), r.ID)
	}
	return all, nil
}

func writeJSON(w http.ResponseWriter, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "the answer cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(b) // whoever has asked is gone
}
