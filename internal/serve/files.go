package serve

import (
	"crypto/subtle"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// opens are the files of a run that are served, with their types: what is made to be
// shown. The log, the plan and the answers are not among them.
var opens = []struct {
	name *regexp.Regexp
	kind string
}{
	{regexp.MustCompile(`^report\.html$`), "text/html; charset=utf-8"},
	{regexp.MustCompile(`^report\.md$`), "text/plain; charset=utf-8"},
	{regexp.MustCompile(`^result\.json$`), "application/json; charset=utf-8"},
	{regexp.MustCompile(`^figures/[A-Za-z0-9][A-Za-z0-9._-]*\.svg$`), "image/svg+xml"},
	{regexp.MustCompile(`^figures/[A-Za-z0-9][A-Za-z0-9._-]*\.png$`), "image/png"},
}

// sandboxed is the policy of what comes from a run's folder: its scripts run, in a place
// that has no cookies, no storage and no network. The report's own policy holds as well,
// and allows its own scripts alone.
const sandboxed = "sandbox allow-scripts allow-downloads allow-popups allow-modals; default-src 'none'; " +
	"script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob: 'self'; font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// file serves a file of a run.
func (s *Server) file(w http.ResponseWriter, r *http.Request) {
	id, name := r.PathValue("run"), r.PathValue("file")
	if subtle.ConstantTimeCompare([]byte(r.PathValue("key")), []byte(s.key(id))) != 1 {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	kind := ""
	for _, o := range opens {
		if o.name.MatchString(name) {
			kind = o.kind
		}
	}
	folder, ok := s.folder(id)
	if kind == "" || !ok {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	f, info, err := openWithin(folder, name)
	if err != nil {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	defer f.Close()
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", sandboxed)
	h.Set("Content-Disposition", "inline")
	_ = http.NewResponseController(w).SetWriteDeadline(deadline(info.Size()))
	http.ServeContent(w, r, "", info.ModTime(), f)
}

// folder is that of a run by its name.
func (s *Server) folder(id string) (string, bool) {
	if !runName.MatchString(id) {
		return "", false
	}
	if s.Options.Run != "" && id == runID(s.Options.Run) {
		return s.Options.Run, true
	}
	if s.Dir == "" {
		return "", false
	}
	path := filepath.Join(s.Dir, id)
	info, err := os.Lstat(path)
	return path, err == nil && info.IsDir() && plainFile(filepath.Join(path, logName))
}

// openWithin opens a file below a folder. Nothing on the way to it may be a link: what is
// in the folder of a run is not trusted, and os.Root follows links within it.
func openWithin(folder, name string) (io.ReadSeekCloser, os.FileInfo, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, nil, err
	}
	defer root.Close()
	path := ""
	for part := range strings.SplitSeq(name, "/") {
		path = filepath.Join(path, part)
		info, err := root.Lstat(path)
		if err != nil {
			return nil, nil, err
		}
		if !info.IsDir() && !info.Mode().IsRegular() {
			return nil, nil, os.ErrInvalid
		}
	}
	f, err := root.Open(path)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = os.ErrInvalid
	}
	if err != nil {
		_ = f.Close()
		return nil, nil, err
	}
	return f, info, nil
}
