package inferometer_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/inferometer/inferometer"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/sim"
)

// A server that speaks nothing but HTTP/2, and takes two streams at a time, is measured
// from its probes to its metrics; that requests waited for a stream is in the result.
func TestServerOfHTTP2Only(t *testing.T) {
	p, err := sim.LookupProfile("vllm")
	if err != nil {
		t.Fatal(err)
	}
	p.TTFT, p.ITL, p.Jitter = 20*time.Millisecond, 2*time.Millisecond, 0
	server := sim.New(sim.Config{Profile: p, Seed: 1})
	s := httptest.NewUnstartedServer(server.Handler())
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Config.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: 2}
	s.Start()
	t.Cleanup(func() {
		s.Close()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	pl := inferometer.DefaultPlan(s.URL)
	pl.Dir = t.TempDir()
	pl.Client.HTTP, pl.Client.Proxy, pl.Client.Calibrate = "2", "none", false
	pl.Only = []inferometer.Benchmark{"load"}
	pl.Load.Users, pl.Load.Requests = 6, 60
	pl.Workload.OutputTokens = 8
	r, err := inferometer.Run(t.Context(), pl)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Benchmarks.Load.Cells) != 1 {
		t.Fatalf("%d loads", len(r.Benchmarks.Load.Cells))
	}
	c := r.Benchmarks.Load.Cells[0]
	if c.Counts.OK < 60 || c.Counts.Failed != 0 {
		t.Errorf("counts %+v", c.Counts)
	}
	mean := func(tag string) float64 {
		v := c.Metrics.Stats[tag].Mean
		if v == nil {
			t.Fatalf("%s has no mean", tag)
		}
		return float64(*v)
	}
	if queued, own, ttft := mean("queued"), mean("client_delay"), mean("ttft"); queued < 20 || own > queued/2 || ttft < queued+20 {
		t.Errorf("queued %v ms, client_delay %v ms, ttft %v ms", queued, own, ttft)
	}
	if check, ok := checkOf(r, "http2"); !ok || check.Status != result.Warn {
		t.Errorf("the check of HTTP/2: %+v", check)
	}
	if check, ok := checkOf(r, "server_tokens"); !ok || check.Status != result.Pass {
		t.Errorf("the server's own metrics: %+v", check)
	}
}
