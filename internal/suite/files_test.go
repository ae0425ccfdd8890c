package suite

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/inferometer/inferometer/internal/plan"
)

// A file that is missing or holds nothing is refused before anything is sent.
func TestFilesAreReadBeforeAnythingIsSent(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.json")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		change func(*plan.Plan)
		want   string
	}{
		{"no data set", func(p *plan.Plan) { p.Workload.Dataset = empty + "l" }, "--dataset"},
		{"empty data set", func(p *plan.Plan) { p.Workload.Dataset = empty }, "--dataset"},
		{"no such column", func(p *plan.Plan) { p.Workload.Dataset, p.Workload.Rows.Columns = empty, "question" }, "--dataset-columns"},
		{"empty trace", func(p *plan.Plan) { p.Load.Users, p.Load.Trace = 0, empty }, "--trace"},
		{"no tokenizer", func(p *plan.Plan) { p.Workload.Tokenizer = empty + "x.json" }, "--tokenizer"},
		{"empty tokenizer", func(p *plan.Plan) { p.Workload.Tokenizer = empty }, "--tokenizer"},
		{"unknown vocabulary", func(p *plan.Plan) { p.Workload.Tokenizer = "o100k" }, "--tokenizer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var asked atomic.Int64
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked.Add(1)
				_, _ = io.WriteString(w, `{"data":[{"id":"m"}]}`)
			}))
			defer s.Close()
			p := plan.Default()
			p.Candidate.URL, p.Dir, p.Only = s.URL, t.TempDir(), []plan.Benchmark{plan.Load}
			p.Load.Users, p.Load.Requests = 1, 1
			tt.change(&p)
			_, err := Run(t.Context(), p, Options{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if n := asked.Load(); n != 0 {
				t.Errorf("%d requests were sent before", n)
			}
		})
	}
}
