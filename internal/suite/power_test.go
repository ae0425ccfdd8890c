//go:build unix

package suite

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/metering"
	"github.com/inferometer/inferometer/internal/result"
)

// slow answers with ten tokens, one each 5 ms.
func slow(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/v1/models" {
		_, _ = fmt.Fprint(w, `{"data":[{"id":"m"}]}`)
		return
	}
	if r.URL.Path != "/v1/chat/completions" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	for i := range 10 {
		_, _ = fmt.Fprintf(w, `data: {"choices":[{"index":0,"delta":{"content":"w%d "}}]}`+"\n\n", i)
		_ = http.NewResponseController(w).Flush() // the client may have gone
		time.Sleep(5 * time.Millisecond)
	}
	_, _ = fmt.Fprint(w, `data: {"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}`+"\n\n"+
		`data: {"choices":[],"usage":{"prompt_tokens":20,"completion_tokens":10}}`+"\n\ndata: [DONE]\n\n")
}

// counter is a file with an energy counter of a machine that draws so many watts.
func counter(t *testing.T, watts float64) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "energy_uj")
	begun, stop, done := time.Now(), make(chan struct{}), make(chan struct{})
	write := func() {
		uj := int64(watts * time.Since(begun).Seconds() * 1e6)
		if err := os.WriteFile(name+".new", fmt.Appendln(nil, uj), 0o600); err != nil {
			t.Error(err)
		}
		if err := os.Rename(name+".new", name); err != nil {
			t.Error(err)
		}
	}
	write()
	go func() {
		defer close(done)
		for {
			select {
			case <-time.After(5 * time.Millisecond):
				write()
			case <-stop:
				return
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-done })
	return name
}

// gpu puts an nvidia-smi on the path, of a GPU that draws 100 W and is hot.
func gpu(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	text := "#!/bin/sh\necho 'index, power.draw.instant [W], power.draw [W], temperature.gpu, clocks.current.sm [MHz], clocks_event_reasons.active'\n" +
		"while :; do echo '0, 100.00 W, 99.00 W, 85, 1200 MHz, 0x0000000000000040'; sleep 0.05; done\n"
	if err := os.WriteFile(filepath.Join(dir, "nvidia-smi"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

func near(t *testing.T, what string, e result.Estimate, want float64) {
	t.Helper()
	if e.Value == nil || e.Lo == nil || e.Hi == nil {
		t.Errorf("%s: %+v, want %v", what, e, want)
		return
	}
	// What is known is that the truth lies in the bounds, and one interval of the file.
	slack := 0.02 * want
	if want < float64(*e.Lo)-slack || want > float64(*e.Hi)+slack {
		t.Errorf("%s: %v [%v, %v], want %v", what, *e.Value, *e.Lo, *e.Hi, want)
	}
}

// A load of a known power gives a known energy for each token, and the same again from
// the run's folder.
func TestKnownWattsGiveKnownJoulesPerToken(t *testing.T) {
	gpu(t)
	srv := httptest.NewServer(http.HandlerFunc(slow))
	defer srv.Close()
	p := plan.Default()
	p.Only, p.Dir = []plan.Benchmark{plan.Load}, t.TempDir()
	p.Candidate.URL = srv.URL
	p.Load.Users, p.Load.Duration = 2, plan.Duration(3*time.Second)
	p.Client.Calibrate = false
	p.Power = metering.Power{Source: "nvidia-smi,file:" + counter(t, 40), Idle: 600 * time.Millisecond, USDPerKWh: new(0.36)}
	out, err := Run(t.Context(), p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	check := func(res *result.Result) {
		t.Helper()
		c := res.Benchmarks.Load.Cells[0]
		e := c.Energy
		if e == nil || e.Withheld != "" || e.Domain != "node" || e.Evidence != c.Evidence {
			t.Fatalf("energy %+v", e)
		}
		near(t, "mean power", e.Figures["mean_w"], 40)
		rate := float64(*c.Metrics.Rates["output_throughput"].Value)
		requests := float64(*c.Metrics.Rates["throughput"].Value)
		near(t, "energy per output token", e.Figures["j_per_output_token"], 40/rate)
		near(t, "energy per request", e.Figures["j_per_request"], 40/requests)
		near(t, "users per kW", e.Figures["users_per_kw"], 2/0.040)
		near(t, "cost of energy", e.Figures["usd_per_mtok_energy"], 40/rate*0.1) // 10⁶ × 0.36 ÷ 3.6e6
		if v := e.Figures["tokens_per_j"].Value; math.Abs(float64(*v**e.Figures["j_per_output_token"].Value)-1) > 1e-9 {
			t.Errorf("tokens per joule %v", *v)
		}
		if net := e.Figures["net_j_per_output_token"]; net.Value == nil || math.Abs(float64(*net.Value)) > 0.25*40/rate {
			t.Errorf("net of idle %+v: the machine draws no more under load", net)
		}
		if e.Figures["energy_delay"].Value == nil {
			t.Error("no energy-delay product")
		}
		if len(e.Domains) != 2 || math.Abs(float64(*e.Domains[0].MeanW)-100) > 0.01 && math.Abs(float64(*e.Domains[1].MeanW)-100) > 0.01 {
			t.Errorf("domains %+v", e.Domains)
		}
		if len(e.Slowed) != 1 || e.Slowed[0] != "hw_thermal_slowdown" || *e.TempMaxC != 85 {
			t.Errorf("heat %v %v", e.Slowed, e.TempMaxC)
		}
		hot := false
		for _, k := range res.Validity.Checks {
			hot = hot || k.ID == "heat" && k.Status == result.Warn && k.Cell == c.ID
		}
		if !hot {
			t.Errorf("no warning of heat among %+v", res.Validity.Checks)
		}
		if pw := res.Benchmarks.Power; pw == nil || len(pw.Courses) != 2 || len(pw.Windows) != 1 || len(pw.Untested) != 1 || pw.IdleS < 0.5 {
			t.Errorf("power %+v", pw)
		}
	}
	check(out.Result)
	again, err := Recompute(out.Folder)
	if err != nil {
		t.Fatal(err)
	}
	check(again.Result)
	page, err := os.ReadFile(filepath.Join(out.Folder, "report.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"## Energy", "whole node", "untested on real hardware", "power-over-time"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the report lacks %q", want)
		}
	}
}

// What cannot be read is refused before anything is sent.
func TestPowerThatCannotBeReadIsRefused(t *testing.T) {
	asked := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked++; slow(w, r) }))
	defer srv.Close()
	p := plan.Default()
	p.Only, p.Dir = []plan.Benchmark{plan.Load}, t.TempDir()
	p.Candidate.URL = srv.URL
	p.Load.Users, p.Load.Requests = 1, 1
	p.Power.Source = "file:/nowhere/energy_uj"
	if _, err := Run(t.Context(), p, Options{}); err == nil || !strings.Contains(err.Error(), "--power") {
		t.Errorf("%v", err)
	}
	if files, err := os.ReadDir(p.Dir); err != nil || len(files) != 0 || asked != 0 {
		t.Errorf("%d requests and %d files, %v", asked, len(files), err)
	}
}
