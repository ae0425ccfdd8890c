package compare

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/compare"
	"github.com/inferometer/inferometer/internal/conclude"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/history"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/kept"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/suite"
)

// folderOf makes the folder of a run of n requests by 4 users, of which some fail, as a run
// leaves it but for its report.
func folderOf(t *testing.T, name string, n, failed int, slower float64, seed uint64) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Mkdir(dir, 0o755))
	p := plan.Default()
	p.Candidate.URL, p.Only, p.Seed, p.Load.Users, p.Load.Requests = "http://server.test", []plan.Benchmark{plan.Load}, seed, 4, n
	b, err := p.YAML()
	must(err)
	must(os.WriteFile(filepath.Join(dir, "plan.yaml"), b, 0o644))
	log, err := runlog.Create(filepath.Join(dir, exchange.LogName))
	must(err)
	must(log.Begin(runlog.RunRecord{Name: name, Started: time.Unix(int64(seed), 0), Version: "v1", Seed: seed}, []result.Target{{Name: "candidate", URL: p.Candidate.URL, Model: "m", Evidence: result.Measured}}, nil))
	must(log.Cell(runlog.CellRecord{ID: "load/candidate", Benchmark: plan.Load, Target: "candidate", Load: result.LoadShape{Kind: "closed", Users: 4, Requests: n, Text: "4 users"}}))
	r := rand.New(rand.NewPCG(seed, 1))
	free, end := [4]float64{1, 1, 1, 1}, 0.0
	stamp := func(s float64) exchange.Stamp { return exchange.Stamp(s * 1e9) }
	for i := range n {
		due := free[i%4]
		first := due + slower*.05*math.Exp(.25*r.NormFloat64())
		done := first + .2*math.Exp(.1*r.NormFloat64())
		free[i%4], end = done, max(end, done)
		x := exchange.Exchange{Cell: "load/candidate", Target: "candidate", Phase: exchange.Measured, Index: i, Due: stamp(due), Woken: stamp(due), Started: stamp(due), Writing: stamp(due), Sent: stamp(due), Class: exchange.OK, Status: 200, Done: stamp(done), Streamed: true, PromptHash: uint64(i) + seed<<32}
		if failed > 0 && i%(n/failed) == 0 {
			x.Class, x.Status = exchange.HTTP5xx, 500
		} else {
			x.FirstByte, x.FirstToken, x.FirstAnswer, x.LastToken = stamp(first), stamp(first), stamp(first), stamp(done)
		}
		must(log.Exchange(&x))
	}
	must(log.Window(runlog.WindowRecord{Cell: "load/candidate", Began: stamp(1), Start: stamp(1), End: stamp(end)}))
	must(errors.Join(log.End(runlog.EndRecord{Status: result.Complete, Ended: time.Unix(int64(seed)+100, 0)}), log.Close()))
	res, _, err := conclude.Result(p, filepath.Join(dir, exchange.LogName), filepath.Join(dir, "none"), []conclude.Part{{Name: plan.Load, Conclude: (*conclude.Analysis).Load}})
	must(err)
	res.Run.ID, res.Validity = name, result.Validity{Status: result.Pass} // what a drawn log lacks is not what is tested
	must(WriteJSON(filepath.Join(dir, "result.json"), res))
	return dir
}

type exit int

func (e exit) Error() string { return fmt.Sprint("exit ", int(e)) }

var errUsage = errors.New("usage")

// compareRuns runs the command.
func compareRuns(e Env, args ...string) (string, error) {
	var out bytes.Buffer
	e.Stdout, e.Stderr, e.Version = &out, &out, "test"
	e.Usage, e.Exit = func(err error) error { return errors.Join(errUsage, err) }, func(code int) error { return exit(code) }
	c := New(e)
	c.SilenceErrors, c.SilenceUsage = true, true
	c.SetArgs(args)
	err := c.Execute()
	return out.String(), err
}

// The command reads the samples of a run's log: its percentiles are those of result.json.
func TestFoldersAreComparedByTheirLogs(t *testing.T) {
	a, b := folderOf(t, "old", 400, 0, 1, 1), folderOf(t, "new", 400, 0, 1.3, 2)
	dir := filepath.Join(t.TempDir(), "out")
	out, err := compareRuns(Env{}, a, b, "--format", "json", "--out", dir)
	if err != nil {
		t.Fatal(err, out)
	}
	var doc compare.Document
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatal(err)
	}
	var res result.Result
	raw, err := os.ReadFile(filepath.Join(a, "result.json"))
	if err == nil {
		err = json.Unmarshal(raw, &res)
	}
	if err != nil {
		t.Fatal(err)
	}
	e, p50 := doc.Comparisons[0].Cells[0].Effects[0], res.Benchmarks.Load.Cells[0].Metrics.Stats["ttft"].P50
	if e.Base.FromResult || *e.Base.Value != *p50.Value || *e.Base.Lo != *p50.Lo || *e.Base.Hi != *p50.Hi {
		t.Errorf("base %v [%v, %v], its result says %v [%v, %v]", *e.Base.Value, *e.Base.Lo, *e.Base.Hi, *p50.Value, *p50.Lo, *p50.Hi)
	}
	if doc.Schema != compare.Schema || e.Verdict != compare.Worse || e.Evidence != result.Measured || !strings.Contains(doc.Answer, "new is worse than old") {
		t.Errorf("%s: %s %+v", doc.Schema, doc.Answer, e)
	}
	for _, f := range []string{"report.html", "report.md", "compare.json", "figures/compare-1-ttft-change.svg", "figures/compare-1-ttft.svg"} {
		if _, err := os.Stat(filepath.Join(dir, f)); err != nil {
			t.Error(err)
		}
	}
	table, err := compareRuns(Env{}, a, b)
	if err != nil || !strings.Contains(table, "ttft p50") || !strings.Contains(table, "slower") {
		t.Errorf("%v\n%s", err, table)
	}
	if md, err := compareRuns(Env{}, a, b, "--format", "md"); err != nil || !strings.Contains(md, "| ttft p50 |") {
		t.Errorf("%v\n%s", err, md)
	}
}

func TestExitCodesOfAGate(t *testing.T) {
	a, slow, equal := folderOf(t, "old", 400, 0, 1, 1), folderOf(t, "slow", 400, 0, 1.3, 2), folderOf(t, "same", 400, 0, 1, 3)
	failing := folderOf(t, "failing", 400, 40, 1, 4)
	latest := func(tag, like string) (string, error) {
		if tag != "main" || like != slow {
			return "", fmt.Errorf("no run has the tag %q", tag)
		}
		return a, nil
	}
	for _, tt := range []struct {
		args []string
		want int
	}{
		{[]string{a, slow, "--fail-if", "ttft.p50>+5%"}, 99},
		{[]string{slow, "--against", "main", "--fail-if", "ttft.p50>+5%"}, 99},
		{[]string{slow, "--against", a, "--fail-if", "ttft.p50>+5%"}, 99},
		{[]string{a, failing, "--fail-if", "success<-1pp"}, 99},
		{[]string{a, equal, "--fail-if", "ttft.p50>+20%"}, 0},
		{[]string{a, equal, "--fail-if", "ttft.p50>+0.1%"}, 97},
		{[]string{a, equal, "--fail-if", "ttft.p50>+0.1%", "--undecided", "pass"}, 0},
		{[]string{a, equal, "--fail-if", "queued.p50>+5%"}, 97}, // 0 in both: there is no ratio
	} {
		out, err := compareRuns(Env{Latest: latest}, tt.args...)
		got := 0
		if code := exit(0); errors.As(err, &code) {
			got, err = int(code), nil
		}
		if err != nil || got != tt.want {
			t.Errorf("%q: exit code %d, want %d: %v\n%s", tt.args[len(tt.args)-2:], got, tt.want, err, out)
		}
	}
}

// What the gate of a run decided stays its exit code.
func TestTheDecisionOfAGateIsKept(t *testing.T) {
	dir := t.TempDir()
	out := &suite.Outcome{Folder: dir, Plan: plan.Default(), Result: &result.Result{Run: result.Run{Status: result.Complete}}}
	out.Result.Benchmarks.Load = &result.Load{Cells: []result.Cell{{ID: "load/candidate", Target: "candidate", Counts: result.Counts{OK: 9}}}}
	out.Plan.FailIf = []string{"vs main: ttft.p50>+5%"}
	code := func() int {
		t.Helper()
		code, err := KeptExitCode(out)
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	if got := code(); got != 0 {
		t.Errorf("without a decision: %d", got)
	}
	if err := WriteJSON(filepath.Join(dir, "gate.json"), &compare.Gate{Outcome: compare.Shown}); err != nil {
		t.Fatal(err)
	}
	if got := code(); got != 99 {
		t.Errorf("shown: %d", got)
	}
	out.Plan.Quick = true
	if got := code(); got != 0 {
		t.Errorf("of a quick run: %d", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "gate.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := KeptExitCode(out); err == nil {
		t.Error("a decision that cannot be read is no decision")
	}
}

// A run that was cut short does not pass a gate.
func TestACutRunDoesNotPass(t *testing.T) {
	for _, tt := range []struct {
		status     result.Status
		gate, want int
	}{
		{result.Complete, 0, 0}, {result.Interrupted, 0, 130}, {result.Interrupted, 99, 130}, {result.Partial, 0, 3}, {result.Partial, 97, 97},
	} {
		if got := ended(tt.status, tt.gate); got != tt.want {
			t.Errorf("%+v: %d", tt, got)
		}
	}
}

func TestMistakesOfTheCommandPointTheWay(t *testing.T) {
	a, b := folderOf(t, "old", 30, 0, 1, 1), folderOf(t, "new", 30, 0, 1, 2)
	for _, tt := range []struct {
		want string
		args []string
	}{
		{"--against TAG", []string{a}},
		{"no run at", []string{a, filepath.Join(t.TempDir(), "none")}},
		{"needs a unit", []string{a, b, "--fail-if", "ttft.p50>+5"}},
		{"--against main", []string{a, b, "--fail-if", "vs main: ttft.p50>+5%"}},
		{"rules are workload, load", []string{a, b, "--despite", "lod"}},
		{"compare --live URL URL", []string{"http://127.0.0.1:1", "http://127.0.0.1:2"}},
		{"use gate or pass", []string{a, b, "--undecided", "fail"}},
		{"md or json", []string{a, b, "--format", "html"}},
		{"the same run", []string{a, a}},
		{"no cell load/x", []string{a, b, "--cell", "load/x"}},
		{"name two", []string{a, b, a, "--fail-if", "ttft.p50>+5%"}},
		{"there is no run \"main\"", []string{a, "--against", "main"}},
	} {
		if _, err := compareRuns(Env{}, tt.args...); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %q", tt.args, err, tt.want)
		}
	}
	if err := os.Remove(filepath.Join(b, "result.json")); err != nil {
		t.Fatal(err)
	}
	if _, err := compareRuns(Env{}, a, b); err == nil || !strings.Contains(err.Error(), "inferometer report") {
		t.Errorf("a run that was killed: %v", err)
	}
}

func TestAFolderThatIsNoRunHidesNoTag(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("main", 0o755); err != nil {
		t.Fatal(err)
	}
	e := Env{Resolve: func(name string) (string, error) {
		if name == "main" {
			return "/runs/main", nil
		}
		return "", fmt.Errorf("there is no run %q", name)
	}}
	if got, err := e.find("main"); err != nil || got != "/runs/main" {
		t.Error(got, err)
	}
	if _, err := e.find("none"); err == nil {
		t.Error("a run that is nowhere")
	}
}

// A run whose log is gone is compared by its result.
func TestARunWithoutALogIsSaidToBe(t *testing.T) {
	a, b := folderOf(t, "old", 400, 0, 1, 1), folderOf(t, "new", 400, 0, 1.3, 2)
	for _, dir := range []string{a, b} {
		if err := os.Remove(filepath.Join(dir, exchange.LogName)); err != nil {
			t.Fatal(err)
		}
	}
	out, err := compareRuns(Env{}, a, b)
	if err != nil || !strings.Contains(out, "log is gone") || !strings.Contains(out, "slower") {
		t.Errorf("%v\n%s", err, out)
	}
}

// A log that was copied in part is not taken for the whole run.
func TestALogThatWasCutIsSaidToBe(t *testing.T) {
	a, b := folderOf(t, "old", 4000, 0, 1, 1), folderOf(t, "new", 4000, 0, 1.3, 2)
	log := filepath.Join(b, exchange.LogName)
	whole, err := os.ReadFile(log)
	if err == nil {
		err = os.WriteFile(log, whole[:len(whole)/2], 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := compareRuns(Env{}, a, b)
	if err != nil || !strings.Contains(out, "of the 4000 requests of load/candidate") && !strings.Contains(out, "the log is damaged") {
		t.Errorf("%v\n%s", err, out)
	}
}

// The gate of a run leaves its decision and the comparison in the run's folder.
func TestTheGateOfARunIsKeptInItsFolder(t *testing.T) {
	a, b := folderOf(t, "old", 400, 0, 1, 1), folderOf(t, "new", 400, 0, 1.3, 2)
	var out bytes.Buffer
	e := Env{Stdout: &out, Stderr: &out, Latest: func(tag, _ string) (string, error) {
		switch tag {
		case "main", "team/main":
			return a, nil
		case "next":
			return "", fmt.Errorf("in the index: %w", &history.NoRunError{})
		}
		return "", errors.New("the history cannot be read")
	}}
	g, err := e.Gate(b, kept.Kept{FailIf: []string{"vs broken: ttft.p50>+5%"}})
	if err != nil || g.Outcome != compare.Invalid {
		t.Fatalf("%v %+v", err, g)
	}
	out.Reset()
	g, err = e.Gate(b, kept.Kept{FailIf: []string{"vs main: ttft.p50>+5%", "vs next: ttft.p50>+5%", "vs team/main: e2e.p50>+90%"}})
	if err != nil || g.Outcome != compare.Shown || g.Conditions[1].Outcome != compare.Undecided {
		t.Fatalf("%v %+v", err, g)
	}
	for _, f := range []string{"gate.json", "against-main/report.html", "against-main/compare.json", "against-main-2/report.html"} {
		if _, err := os.Stat(filepath.Join(b, f)); err != nil {
			t.Error(err)
		}
	}
	if !strings.Contains(out.String(), "The gate fails: 1 of 3 conditions shown.") {
		t.Error(out.String())
	}
}
