package history

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/wholefile"
)

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// made is a run to be written into a folder, and what is special about it.
type made struct {
	at     time.Time
	name   string
	model  string
	server string
	ttft   float64
	users  int
	status result.Status // "": complete
	fail   string        // a metric that a check spoils
	claims []result.Claim
	labels []string
	url    string
	tags   string // of tags.json; "": no file
}

// plan is what the run measured.
func (m made) plan() plan.Plan {
	p := plan.Default()
	p.Name, p.Only, p.Candidate.URL = m.name, []plan.Benchmark{plan.Load}, "http://127.0.0.1:8000"
	if m.url != "" {
		p.Candidate.URL = m.url
	}
	p.Load.Users, p.Load.Requests = max(m.users, 1), 500
	return p
}

// result is what came of it.
func (m made) result(id string) *result.Result {
	value := func(v float64) result.Estimate {
		return result.Estimate{Value: result.Num(v), Lo: result.Num(v * .97), Hi: result.Num(v * 1.03)}
	}
	status := m.status
	if status == "" {
		status = result.Complete
	}
	r := &result.Result{
		Schema: result.Schema, Evidence: result.Measured,
		Run:     result.Run{ID: id, Name: m.name, Started: m.at, Ended: m.at.Add(time.Minute), Version: "v1", Command: "inferometer load", Status: status, Host: result.Host{OS: "linux"}},
		Targets: []result.Target{{Name: "candidate", URL: m.plan().Candidate.URL, Model: m.model, Server: m.server, Evidence: result.Measured}},
		Claims:  m.claims, Validity: result.Validity{Status: result.Pass},
	}
	stats := map[string]result.Statistic{}
	for i, tag := range []string{"ttft", "ttfa", "e2e", "ttft_service", "e2e_service", "tpot", "user_rate", "stall", "gap", "itl", "lateness", "connect", "input_tokens", "output_tokens"} {
		v := m.ttft * float64(1+i)
		stats[tag] = result.Statistic{Unit: "ms", N: 500, NOK: 500, NEff: 200, Mean: result.Num(v), P50: value(v), P90: value(v * 1.5), P95: value(v * 2), P99: value(v * 3), P999: result.Estimate{Withheld: "too few", NeededN: 3688}}
	}
	cell := result.Cell{ID: "load/candidate", Target: "candidate", Evidence: result.Measured, Metrics: result.Metrics{Stats: stats, Rates: map[string]result.Rate{
		"success":           {Unit: "ratio", Value: result.Num(1), Lo: result.Num(.99), Hi: result.Num(1), N: 500},
		"output_throughput": {Unit: "token/s", Value: result.Num(900), N: 500},
		"goodput":           {Unit: "1/s", Withheld: "no limits", N: 500},
	}}, Counts: result.Counts{Scheduled: 500, Attempted: 500, OK: 500}}
	if m.fail != "" {
		r.Validity = result.Validity{Status: result.Fail, Checks: []result.Check{{ID: "client", Cell: "load/candidate", Status: result.Fail, Figures: []string{m.fail}}}}
	}
	r.Benchmarks.Load = &result.Load{Cells: []result.Cell{cell}}
	return r
}

// write makes the folder of a run in dir, and returns it.
func (m made) write(t testing.TB, dir string) string {
	t.Helper()
	if m.at.IsZero() {
		m.at = noon
	}
	if m.name == "" {
		m.name = "run"
	}
	id := m.at.Format("20060102T150405Z") + "-" + m.name
	folder := filepath.Join(dir, id)
	m.into(t, folder, id)
	return folder
}

func (m made) into(t testing.TB, folder, id string) {
	t.Helper()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	text, err := m.plan().YAML()
	if err != nil {
		t.Fatal(err)
	}
	put := func(name string, b []byte) {
		if err := wholefile.Write(filepath.Join(folder, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put(planName, text)
	put("exchanges.jsonl.zst", nil)
	if m.tags != "" {
		put(TagsName, []byte(m.tags))
	}
	if m.status == Running {
		return
	}
	b, err := json.Marshal(m.result(id))
	if err != nil {
		t.Fatal(err)
	}
	if m.labels != nil {
		var d map[string]any
		if err := json.Unmarshal(b, &d); err != nil {
			t.Fatal(err)
		}
		d["run"].(map[string]any)["labels"] = m.labels
		if b, err = json.Marshal(d); err != nil {
			t.Fatal(err)
		}
	}
	put(resultName, b)
}

func open(t testing.TB, path string) *History {
	t.Helper()
	h, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

// fresh is an index of its own in a new folder.
func fresh(t testing.TB) *History { return open(t, filepath.Join(t.TempDir(), "data", "history.db")) }

func add(t testing.TB, h *History, folders ...string) {
	t.Helper()
	for _, f := range folders {
		if err := h.Add(f); err != nil {
			t.Fatal(err)
		}
	}
}

// dump is everything that an index holds, without the keys of its rows.
func dump(t testing.TB, h *History) string {
	t.Helper()
	runs, err := h.List(Filter{})
	if err != nil {
		t.Fatal(err)
	}
	out := ""
	for _, r := range runs {
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		ms, err := h.Metrics(r.Folder, "", "")
		if err != nil {
			t.Fatal(err)
		}
		c, err := json.Marshal(ms)
		if err != nil {
			t.Fatal(err)
		}
		out += fmt.Sprintf("%s\n  %s\n", b, c)
	}
	return out
}
