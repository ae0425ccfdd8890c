package suite

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/inferometer/inferometer/internal/plan"
)

// What a target lacks is found before any target gets a request: neither its
// server nor that of another one has been asked for anything.
func TestTargetsArePreparedBeforeAnyIsAsked(t *testing.T) {
	var requests atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		(&moody{model: "m"}).ServeHTTP(w, r)
	}))
	defer s.Close()
	none := filepath.Join(t.TempDir(), "none")
	tests := []struct {
		name string
		edit func(*plan.Plan)
		want string
	}{
		{"key file", func(p *plan.Plan) { p.Baseline.KeyFile = none }, "baseline: "},
		{"key variable", func(p *plan.Plan) { p.Baseline.KeyEnv = "INFEROMETER_TEST_NO_SUCH_KEY" }, "baseline: "},
		{"price", func(p *plan.Plan) { p.Baseline.Price = &plan.Price{Model: "no such model"} }, "baseline: "},
		{"machine", func(p *plan.Plan) { p.Baseline.Machine = &plan.Machine{Accelerator: "no such accelerator"} }, "baseline: "},
		{"spend without a price", func(p *plan.Plan) {
			p.MaxCost = 1
			p.Candidate.Machine = &plan.Machine{Accelerator: "L40S"}
		}, "the baseline has no price"},
		{"certificate", func(p *plan.Plan) { p.Client.CACert = none }, "--ca-cert"},
		{"embedded", func(p *plan.Plan) { p.Baseline.URL = "sim:vllm" }, "baseline: this program cannot start"},
		{"a target of its own name", func(p *plan.Plan) {
			p.Targets = []plan.Target{{Name: "third", URL: s.URL, API: p.Candidate.API, Stream: true, KeyFile: none}}
		}, "third: "},
		{"swept", func(p *plan.Plan) {
			p.Baseline = nil
			p.Load.Requests, p.Load.Users = 6, 2
			p.Scan.Keys = plan.ScanKeys{{Key: "url", Items: []string{s.URL + "/v1", s.URL}}, {Key: "key-file", Items: []string{"", none}}}
			p.Scan.Mode = "zip"
		}, "cell 2 ("},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			requests.Store(0)
			p := plan.Default()
			p.Only = []plan.Benchmark{plan.Load}
			p.Load.Users, p.Load.Requests = 2, 20
			p.Candidate.URL, p.Dir = s.URL, t.TempDir()
			p.Baseline = &plan.Target{URL: s.URL, API: p.Candidate.API, Stream: true}
			tt.edit(&p)
			out, err := Run(t.Context(), p, Options{})
			if out != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if n := requests.Load(); n > 0 {
				t.Errorf("%d requests were sent", n)
			}
		})
	}
}
