package serve

import (
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/runlog/follow"
)

// A server of one run has a short address, which leads to the run's page, whatever the name
// of its folder.
func TestAServerOfOneRunLeadsToIt(t *testing.T) {
	for name, id := range map[string]string{"20260101T000000Z-run": "20260101T000000Z-run", "my run (1)": "run", "läuft": "run"} {
		folder := kept(t, t.TempDir(), name)
		view := follow.New(folder)
		s, base := serving(t, Options{Run: folder, View: view, OneRun: true})
		l, err := net.ResolveTCPAddr("tcp", strings.TrimPrefix(base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := s.URL(l), base+"/#token="+s.Token; got != want {
			t.Errorf("address %s, want %s", got, want)
		}
		status, text, h := ask(t, "GET", base+"/", bearer(s))
		if status != http.StatusSeeOther || h.Get("Location") != "/live/"+id {
			t.Errorf("%q: %d to %q: %.80s", name, status, h.Get("Location"), text)
			continue
		}
		if status, text, _ := ask(t, "GET", base+h.Get("Location"), bearer(s)); status != 200 || !strings.Contains(text, `data-run="`+id+`"`) {
			t.Errorf("%q: its page: %d %.80s", name, status, text)
		}
		if status, text, _ := ask(t, "GET", base+"/metrics", bearer(s)); status != 200 || !strings.Contains(text, `run="`+id+`"`) {
			t.Errorf("%q: its metrics: %d %.80s", name, status, text)
		}
		if status, text, _ := ask(t, "GET", base+"/", nil); status != http.StatusUnauthorized || strings.Contains(text, name) {
			t.Errorf("without the token: %d %.80s", status, text)
		}
	}
}

// The metrics of a run of two targets at the same time are what a Prometheus reads, without
// a complaint of its own linter.
func TestMetricsAreWhatPrometheusReads(t *testing.T) {
	dir := t.TempDir()
	folder := kept(t, dir, "r")
	view := follow.New(folder)
	if err := follow.Follow(t.Context(), folder, view); err != nil {
		t.Fatal(err)
	}
	at := exchange.Stamp(5 * time.Second)
	for _, target := range []string{"candidate", hostile} {
		x := &exchange.Exchange{
			Cell: "c/" + target, Target: target, Phase: exchange.Measured, Prompt: "p", Due: at - 1e9, Started: at - 1e9, Sent: at - 1e9, FirstByte: at - 9e8, FirstToken: at - 9e8,
			Frames: []exchange.Frame{{At: at - 9e8}, {At: at - 8e8}}, LastToken: at - 8e8, Done: at - 8e8, Streamed: true, Finish: "stop", OutputTokens: new(2), InputTokens: new(9),
		}
		failed := *x
		failed.Class, failed.Frames = exchange.HTTP5xx, nil
		for _, x := range []*exchange.Exchange{x, &failed} {
			if err := view.Add(exchange.Record{Kind: exchange.KindExchange, Exchange: x}); err != nil {
				t.Fatal(err)
			}
		}
		b, err := json.Marshal(runlog.ProgressRecord{At: at, Cell: "c/" + target, Target: target, Step: 1, Steps: 2, InFlight: 1, Queued: new(1), LeftS: new(3.0), SpendUSD: new(0.5), CapUSD: 1, Failing: []string{"errors"}})
		if err != nil {
			t.Fatal(err)
		}
		if err := view.Add(exchange.Record{Kind: runlog.KindProgress, Raw: b}); err != nil {
			t.Fatal(err)
		}
	}
	_, base := serving(t, Options{Run: folder, View: view, OneRun: true, MetricsOnly: true})
	status, text, h := ask(t, "GET", base+"/metrics", nil)
	if status != 200 || !strings.HasPrefix(h.Get("Content-Type"), "text/plain; version=0.0.4") {
		t.Fatalf("%d %s: %.200s", status, h.Get("Content-Type"), text)
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %+v", err, problems)
	}
	p := expfmt.NewTextParser(model.UTF8Validation)
	families, err := p.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range Metrics() {
		f := families[m.Name]
		if f == nil || strings.ToLower(f.GetType().String()) != m.Type {
			t.Errorf("%s is %v", m.Name, f)
			continue
		}
		want := 1
		if slices.Contains(m.Labels, "target") {
			want = 2 // targets
		}
		if slices.Contains(m.Labels, "outcome") {
			want = 4
		}
		if len(f.GetMetric()) != want {
			t.Errorf("%s has %d series, want %d", m.Name, len(f.GetMetric()), want)
		}
	}
	if strings.Contains(text, "\x1b") {
		t.Error("a name does something to a terminal")
	}
}
