package suite

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/inferometer/inferometer/internal/plan"
)

// A folder that cannot be written is found out before an endpoint is asked anything.
func TestFolderIsCheckedBeforeTheEndpoint(t *testing.T) {
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer server.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p := plan.Default()
	p.Candidate.URL, p.Only = server.URL, []plan.Benchmark{plan.Load}
	p.Load.Users, p.Load.Requests = 1, 1
	dirs := []string{file, filepath.Join(file, "runs")}
	if os.Geteuid() != 0 { // root may write anywhere
		closed := filepath.Join(dir, "closed")
		if err := os.Mkdir(closed, 0o500); err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, closed, filepath.Join(closed, "runs"))
	}
	for _, d := range dirs {
		p.Dir = d
		if _, err := Run(t.Context(), p, Options{}); err == nil || !strings.Contains(err.Error(), "--dir") {
			t.Errorf("%s: %v", d, err)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the endpoint was asked %d times", n)
	}
	if err := CheckDir(filepath.Join(dir, "not", "yet")); err != nil {
		t.Error(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, ".inferometer*"))
	if err != nil || len(left) > 0 {
		t.Error(left, err)
	}
}
