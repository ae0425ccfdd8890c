package export_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchmath"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/export"
	"github.com/inferometer/inferometer/internal/export/bench"
	"github.com/inferometer/inferometer/internal/export/table"
	"github.com/inferometer/inferometer/internal/export/vllmbench"
	"github.com/inferometer/inferometer/internal/interop/benchresult"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

const hostile = "=cmd|' /C calc'!A0\r\n\x1b[31m"

// kept writes a run of n requests, a tenth of which fail where failing is set, in blocks
// where there are any, and opens it. Latencies are log-normal, times slow.
func kept(t *testing.T, seed uint64, n, blocks int, slow float64, failing bool) *export.Run {
	t.Helper()
	dir := t.TempDir()
	log, err := runlog.Create(filepath.Join(dir, exchange.LogName))
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	target := result.Target{Name: "candidate", Model: hostile, API: "chat", Evidence: result.Measured}
	shape := result.LoadShape{Kind: "closed", Users: 4, Requests: n, Text: "4 users"}
	err = errors.Join(
		log.Begin(runlog.RunRecord{Name: "t", Started: begun, Version: "v1"}, []result.Target{target}, nil),
		log.Cell(runlog.CellRecord{ID: "load/candidate", Benchmark: plan.Load, Target: "candidate", Load: shape, Rounds: blocks}),
	)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	at, ok, failed := exchange.Stamp(1e9), 0, 0
	start := at
	window := func(round int) {
		if err := log.Window(runlog.WindowRecord{Cell: "load/candidate", Round: round, Began: start, Start: start, End: at}); err != nil {
			t.Fatal(err)
		}
		start = at
	}
	for i := range n {
		ttft := exchange.Stamp(slow * 100e6 * math.Exp(.25*rng.NormFloat64()))
		x := &exchange.Exchange{
			Cell: "load/candidate", Target: "candidate", Phase: exchange.Measured, Index: i, User: i % 4, Prompt: hostile + strconv.Itoa(i),
			Due: at, Woken: at + 1000, Started: at + 2000, Writing: at + 1e6, Sent: at + 1e6 + 100, Streamed: true, AskedInput: 16, AskedOutput: 3,
			InputTokens: new(16), OutputTokens: new(3), TokenSource: exchange.FromUsage, Finish: "length", Status: 200,
		}
		x.FirstToken = at + ttft
		for k := range 3 {
			x.Frames = append(x.Frames, exchange.Frame{At: x.FirstToken + exchange.Stamp(k)*10e6, Tokens: 1})
		}
		x.FirstAnswer, x.LastToken, x.Done = x.FirstToken, x.FirstToken+20e6, x.FirstToken+21e6
		if failing && i%10 == 9 {
			*x = exchange.Exchange{
				Cell: x.Cell, Target: x.Target, Phase: x.Phase, Index: i, User: x.User, Prompt: x.Prompt, Due: at, Woken: at, Started: at, Writing: at + 1,
				Done: at + 2e6, Class: "http_503", Status: 503, Error: hostile, AskedInput: 16, AskedOutput: 3,
			}
			failed++
		} else {
			ok++
		}
		at = max(x.Done, at) + 1e6
		if err := log.Exchange(x); err != nil {
			t.Fatal(err)
		}
		if blocks > 0 && (i+1)%(n/blocks) == 0 {
			window((i + 1) / (n / blocks))
		}
	}
	if blocks == 0 {
		window(0)
	}
	if err := errors.Join(log.End(runlog.EndRecord{Ended: begun.Add(time.Minute), Status: result.Complete}), log.Close()); err != nil {
		t.Fatal(err)
	}
	c := result.Cell{
		ID: "load/candidate", Target: "candidate", Evidence: result.Measured, Load: shape, WindowS: float64(at-1e9) / 1e9,
		Counts: result.Counts{Scheduled: n, Attempted: n, OK: ok, Failed: failed, ByClass: map[string]int{}},
		Metrics: result.Metrics{
			Stats: map[string]result.Statistic{"ttft": {
				Unit: "ms", N: n, NOK: ok, NEff: float64(n), P50: result.Estimate{Value: result.Num(100), Lo: result.Num(90.5), Hi: result.Num(math.Inf(1))},
				P99: result.Estimate{Withheld: "too few", NeededN: 368},
			}},
			Rates: map[string]result.Rate{
				"throughput": {Unit: "1/s", Value: result.Num(8), N: ok}, "goodput": {Unit: "1/s", Value: result.Num(4), N: ok / 2},
			},
		},
	}
	r := result.Result{
		Schema: result.Schema, Evidence: result.Measured, Targets: []result.Target{target}, Benchmarks: result.Benchmarks{Load: &result.Load{Cells: []result.Cell{c}}},
		Run:      result.Run{ID: "r1", Started: begun, Ended: begun.Add(time.Minute), Version: "v1", Status: result.Complete, Host: result.Host{OS: "linux", CPU: "c"}},
		Validity: result.Validity{Checks: []result.Check{{ID: "samples", Cell: c.ID, Status: result.Warn, Figures: []string{"ttft"}}}},
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "result.json"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	run, err := export.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func text(t *testing.T, run *export.Run, write func(*export.Run, io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(run, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// lines reads the Go benchmark format as benchstat does: values by unit, and the units'
// better directions.
func lines(t *testing.T, run *export.Run) (values map[string][]float64, names []string) {
	t.Helper()
	r := benchfmt.NewReader(strings.NewReader(text(t, run, bench.Write)), "run")
	values = map[string][]float64{}
	for r.Scan() {
		switch rec := r.Result().(type) {
		case *benchfmt.SyntaxError:
			t.Errorf("%v", rec)
		case *benchfmt.Result:
			names = append(names, string(rec.Name))
			for _, v := range rec.Values {
				values[v.Unit] = append(values[v.Unit], v.Value)
			}
		}
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return values, names
}

func TestBenchstatAgreesInDirection(t *testing.T) {
	for _, blocks := range []int{0, 10} {
		fast, names := lines(t, kept(t, 1, 500, blocks, 1, true))
		slow, _ := lines(t, kept(t, 2, 500, blocks, 1.3, true))
		for unit, lower := range map[string]bool{"ttft-sec": false, "e2e-sec": false, "throughput-req/s": true} {
			a, b := benchmath.NewSample(fast[unit], &benchmath.DefaultThresholds), benchmath.NewSample(slow[unit], &benchmath.DefaultThresholds)
			c := benchmath.AssumeNothing.Compare(a, b)
			ratio := benchmath.AssumeNothing.Summary(b, .95).Center / benchmath.AssumeNothing.Summary(a, .95).Center
			if c.P > .001 || (ratio < 1) != lower {
				t.Errorf("%d blocks: %s: 30 %% slower has the ratio %.3f and p = %.3g over %d lines", blocks, unit, ratio, c.P, len(fast[unit]))
			}
		}
		if want := "Load/target=candidate/users=4"; names[0] != want {
			t.Errorf("name %q, want %q: it must be that of the same load in another run", names[0], want)
		}
	}
}

// A part of a load in which everything failed has no latency, but it has a throughput of 0 and a
// success of 0: leaving it out would make a server that stalls look as fast as before.
func TestBenchstatSeesFailures(t *testing.T) {
	values, _ := lines(t, kept(t, 1, 20, 20, 1, true)) // a block each, of which two fail
	for _, unit := range []string{"success-ratio", "throughput-req/s"} {
		if v := values[unit]; len(v) != 20 || v[9] != 0 || v[19] != 0 || v[0] == 0 {
			t.Errorf("%s: %v", unit, v)
		}
	}
	if values, _ = lines(t, kept(t, 1, 200, 10, 1, true)); slices.Max(values["success-ratio"]) != .9 {
		t.Errorf("a tenth fails: %v", values["success-ratio"])
	}
}

// Requests of one load depend on each other; benchstat would take each for a sample of
// its own.
func TestBenchstatSeesBlocksAndNoRequests(t *testing.T) {
	values, _ := lines(t, kept(t, 1, 500, 10, 1, false))
	if n := len(values["ttft-sec"]); n != 10 {
		t.Errorf("%d lines for 10 blocks", n)
	}
	values, _ = lines(t, kept(t, 1, 500, 0, 1, false))
	if n := len(values["ttft-sec"]); n != 20 {
		t.Errorf("%d lines for 500 requests worth 500, want 20", n)
	}
	run := kept(t, 1, 500, 0, 1, false)
	s := run.Result.Benchmarks.Load.Cells[0].Metrics.Stats["ttft"]
	s.NEff = 12
	run.Result.Benchmarks.Load.Cells[0].Metrics.Stats["ttft"] = s
	if values, _ = lines(t, run); len(values["ttft-sec"]) != 2 {
		t.Errorf("%d lines for 500 requests worth 12, want 2", len(values["ttft-sec"]))
	}
}

func TestCellsReadBack(t *testing.T) {
	rows, err := csv.NewReader(strings.NewReader(text(t, kept(t, 1, 20, 0, 1, false), table.Cells))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	cell := func(stat, column string) string {
		for _, r := range rows[1:] {
			if r[slices.Index(rows[0], "metric")] == "ttft" && r[slices.Index(rows[0], "stat")] == stat {
				return r[slices.Index(rows[0], column)]
			}
		}
		t.Fatalf("no line for %s", stat)
		return ""
	}
	for _, c := range []struct{ stat, column, want string }{
		{"p50", "value", "100"}, {"p50", "lo", "90.5"}, {"p50", "hi", "inf"}, {"p50", "n", "20"}, {"p50", "n_eff", "20"}, {"p50", "withheld", ""},
		{"p99", "value", ""}, {"p99", "withheld", "too few"}, {"p99", "needed_n", "368"}, {"p50", "evidence", "measured"}, {"p50", "check", "warn"},
	} {
		if got := cell(c.stat, c.column); got != c.want {
			t.Errorf("%s of %s is %q, want %q", c.column, c.stat, got, c.want)
		}
	}
	for _, r := range rows {
		for _, f := range r {
			if f != "" && strings.ContainsAny(f[:1], "=+@") {
				t.Errorf("the field %q is a formula", f)
			}
		}
	}
}

// Both tables of requests hold the same, and what they hold can be read again.
func TestRequestsReadBack(t *testing.T) {
	run := kept(t, 1, 50, 5, 1, true)
	rows, err := csv.NewReader(strings.NewReader(text(t, run, table.Requests))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 51 {
		t.Fatalf("%d lines, want 50 and a head", len(rows))
	}
	at := func(row int, column string) string { return rows[row][slices.Index(rows[0], column)] }
	if at(1, "class") != "ok" || at(10, "class") != "http_503" || at(10, "ttft_ms") != "" || at(10, "output_tokens") != "" {
		t.Errorf("classes %q, %q; the failed request has the ttft %q", at(1, "class"), at(10, "class"), at(10, "ttft_ms"))
	}
	if at(10, "error")[0] != '\'' || strings.ContainsAny(at(10, "error"), "\r\n\x1b") || at(11, "round") != "2" {
		t.Errorf("error %q, round %q", at(10, "error"), at(11, "round"))
	}
	ttft, _ := strconv.ParseFloat(at(1, "ttft_ms"), 64)
	first, _ := strconv.ParseFloat(at(1, "first_token_s"), 64)
	due, _ := strconv.ParseFloat(at(1, "due_s"), 64)
	if math.Abs(ttft-1000*(first-due)) > 1e-6 || ttft == 0 {
		t.Errorf("ttft %v, from %v to %v", ttft, due, first)
	}

	b := []byte(text(t, run, table.Parquet))
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if f.NumRows() != 50 || len(f.Schema().Columns()) != len(rows[0]) {
		t.Fatalf("%d rows of %d columns, want 50 of %d", f.NumRows(), len(f.Schema().Columns()), len(rows[0]))
	}
	reader := parquet.NewReader(f)
	for i := 1; ; i++ {
		got := map[string]any{}
		if err := reader.Read(&got); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		for _, column := range rows[0] {
			want := strings.TrimPrefix(at(i, column), "'")
			text := ""
			switch v := got[column].(type) {
			case []byte:
				text = string(v)
			case string:
				text = v
			case int64:
				text = strconv.FormatInt(v, 10)
			case float64:
				text = strconv.FormatFloat(v, 'g', -1, 64)
			}
			if text != want {
				t.Errorf("row %d: %s is %q in Parquet and %q in CSV", i, column, text, want)
			}
		}
	}
}

// What vLLM's JSON can hold comes back as it was.
func TestVLLMReadsBack(t *testing.T) {
	run := kept(t, 1, 100, 0, 1, true)
	b := text(t, run, vllmbench.Write)
	r, err := benchresult.Read("x.json", []byte(b))
	if err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	c := r.Benchmarks.Load.Cells[0]
	if c.Counts.OK != 90 || c.Counts.Failed != 10 || c.Load.Users != 4 || r.Run.Version != "inferometer v1" || r.Targets[0].API != "chat" {
		t.Errorf("counts %+v, load %+v, run %+v", c.Counts, c.Load, r.Run)
	}
	var all, sent []float64 // by our definition, in ms, failures last
	err = run.Requests(func(_ *runlog.Cell, _ *result.Cell, x *exchange.Exchange) error {
		due, service := math.Inf(1), math.Inf(1)
		if x.Class == exchange.OK {
			due, service = float64(x.FirstToken-x.Due)/1e6, float64(x.FirstToken-x.Writing)/1e6
		}
		all, sent = append(all, due), append(sent, service)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	slices.Sort(sent)
	for tag, values := range map[string][]float64{"ttft": all, "ttft_service": sent} {
		s := c.Metrics.Stats[tag]
		if want := (values[49] + values[50]) / 2; s.P50.Value == nil || math.Abs(float64(*s.P50.Value)-want) > 1e-6 {
			t.Errorf("%s.p50 is %v, want %v", tag, s.P50.Value, want)
		}
		if s.P95.Value == nil || !math.IsInf(float64(*s.P95.Value), 1) || s.NOK != 90 || s.N != 100 {
			t.Errorf("%s.p95 is %v of %d, %d ok: a tenth failed", tag, s.P95.Value, s.N, s.NOK)
		}
	}
	if s := c.Metrics.Stats["tpot_vllm"]; s.Mean == nil || math.Abs(float64(*s.Mean)-10) > 1e-9 {
		t.Errorf("tpot %v, want 10", s.Mean)
	}
	if s := c.Metrics.Stats["gap"]; s.Mean == nil || math.Abs(float64(*s.Mean)-10) > 1e-9 || s.NOK != 180 {
		t.Errorf("gap %v of %d, want 10 of 180", s.Mean, s.NOK)
	}
	for _, tag := range []string{"throughput", "goodput", "output_throughput", "input_throughput"} {
		if c.Metrics.Rates[tag].Value == nil {
			t.Errorf("%s is lost", tag)
		}
	}
	if good, all := *c.Metrics.Rates["goodput"].Value, *c.Metrics.Rates["throughput"].Value; math.Abs(float64(good/all)-.5) > 1e-9 {
		t.Errorf("goodput %v of %v, want half", good, all)
	}
}

func TestOpenSaysWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	if _, err := export.Open(dir); !errors.Is(err, export.ErrNoResult) {
		t.Errorf("%v, want that there is no result", err)
	}
	for name, want := range map[string]string{`{"schema": "inferometer/result/v9"}`: "v9", `{`: "cannot be read"} {
		if err := os.WriteFile(filepath.Join(dir, "result.json"), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := export.Open(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
	run := &export.Run{Result: &result.Result{}, Folder: dir}
	if err := table.Requests(run, io.Discard); err == nil || !strings.Contains(err.Error(), "none of its requests") {
		t.Errorf("a run without a log: %v", err)
	}
}
