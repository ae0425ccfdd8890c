package plan

import (
	"strings"
	"testing"
)

func TestWire(t *testing.T) {
	base := func() Plan {
		p := Default()
		p.Candidate.URL = "http://127.0.0.1:8000"
		return p
	}
	tests := []struct {
		name   string
		change func(*Plan)
		want   string // in the error; empty: valid
	}{
		{"responses", func(p *Plan) { p.Candidate.API = "responses" }, ""},
		{"messages", func(p *Plan) { p.Candidate.API = "messages" }, ""},
		{"no dialect", func(p *Plan) { p.Candidate.API = "mesages" }, `did you mean "messages"`},
		{"embeddings of all benchmarks", func(p *Plan) { p.Candidate.API = "embeddings" }, "--only latency,throughput"},
		{"embeddings of what they have", func(p *Plan) { p.Candidate.API, p.Only = "embeddings", []Benchmark{Latency, Throughput} }, ""},
		{"embeddings as baseline", func(p *Plan) {
			b := DefaultTarget()
			b.URL, b.API = "http://127.0.0.1:8001", "embeddings"
			p.Baseline = &b
		}, "embeddings have no text"},
		{"one answer", func(p *Plan) { p.Candidate.Body = map[string]any{"n": 1} }, ""},
		{"several answers", func(p *Plan) { p.Candidate.Body = map[string]any{"n": 2} }, "candidate.body.n"},
		{"several answers to choose from", func(p *Plan) { p.Candidate.Body = map[string]any{"best_of": uint64(4)} }, "candidate.body.best_of"},
		{"certificate without its key", func(p *Plan) { p.Client.ClientCert = "c.pem" }, "--client-key"},
		{"certificate", func(p *Plan) { p.Client.ClientCert, p.Client.ClientKey = "c.pem", "k.pem" }, ""},
		{"proxy", func(p *Plan) { p.Client.Proxy = "http://127.0.0.1:3128" }, ""},
		{"no proxy", func(p *Plan) { p.Client.Proxy = "none" }, ""},
		{"proxy without a scheme", func(p *Plan) { p.Client.Proxy = "127.0.0.1:3128" }, "--proxy"},
		{"metrics elsewhere", func(p *Plan) { p.Candidate.MetricsURL = "https://127.0.0.1:9090/metrics" }, ""},
		{"no metrics", func(p *Plan) { p.Candidate.MetricsURL = MetricsOff }, ""},
		{"metrics without a scheme", func(p *Plan) { p.Candidate.MetricsURL = "127.0.0.1:9090/metrics" }, "--metrics-url"},
		{"metrics of a baseline", func(p *Plan) {
			b := DefaultTarget()
			b.URL, b.MetricsURL = "http://127.0.0.1:8001", "none"
			p.Baseline = &b
		}, "--baseline-metrics-url"},
		{"metrics with a password", func(p *Plan) { p.Candidate.MetricsURL = "http://u:hush@h/metrics" }, "leave them out"},
		{"metrics with a query", func(p *Plan) { p.Candidate.MetricsURL = "http://h/metrics?token=hush" }, "leave them out"},
		{"proxy with a password", func(p *Plan) { p.Client.Proxy = "http://u:hush@h:3128" }, "HTTPS_PROXY"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := base()
			tt.change(&p)
			err := p.Validate()
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hush")):
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}
