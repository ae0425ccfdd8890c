package serve

import (
	"crypto/subtle"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// kindOf is the type of a file of a run that is served: what is made to be shown. The log,
// the plan and the answers are not among them. "": it is not served.
func kindOf(file string) string {
	switch file {
	case "report.html":
		return "text/html; charset=utf-8"
	case "report.md":
		return "text/plain; charset=utf-8"
	case "result.json":
		return "application/json; charset=utf-8"
	}
	if figure, ok := strings.CutPrefix(file, "figures/"); ok && plainName(figure) {
		switch path.Ext(figure) {
		case ".svg":
			return "image/svg+xml"
		case ".png":
			return "image/png"
		}
	}
	return ""
}

// plainName reports whether a name is one as this program makes them, for the folder of a
// run or a figure: letters, digits, dots, dashes and underscores, and no dot first.
func plainName(s string) bool {
	if s == "" || len(s) > 200 || s[0] == '.' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' || r == '_')
	})
}

// sandboxed is the policy of what comes from a run's folder: its scripts run, in a place
// that has no cookies and no storage, and loads nothing. The report's own policy holds as well,
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
	kind := kindOf(name)
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
	defer func() { _ = f.Close() }() // it was only read
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", sandboxed)
	h.Set("Content-Disposition", "inline")
	_ = http.NewResponseController(w).SetWriteDeadline(deadline(info.Size()))
	http.ServeContent(w, r, "", info.ModTime(), f)
}

// folder is that of a run by its name.
func (s *Server) folder(id string) (string, bool) {
	if !plainName(id) {
		return "", false
	}
	if s.Options.Run != "" && id == runID(s.Options.Run) {
		return s.Options.Run, true
	}
	if s.Dir == "" {
		return "", false
	}
	folder := filepath.Join(s.Dir, id)
	info, err := os.Lstat(folder)
	return folder, err == nil && info.IsDir() && plainFile(filepath.Join(folder, logName))
}

// openWithin opens a file below a folder. Nothing on the way to it may be a link: what is
// in the folder of a run is not trusted, and os.Root follows links within it.
func openWithin(folder, name string) (io.ReadSeekCloser, os.FileInfo, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = root.Close() }()
	at := ""
	for part := range strings.SplitSeq(name, "/") {
		at = filepath.Join(at, part)
		info, err := root.Lstat(at)
		if err != nil {
			return nil, nil, err
		}
		if !info.IsDir() && !info.Mode().IsRegular() {
			return nil, nil, os.ErrInvalid
		}
	}
	f, err := root.Open(at)
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
