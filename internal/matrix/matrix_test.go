//go:build linux

package matrix

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inferometer/inferometer/internal/matrix/analysis"
	"github.com/inferometer/inferometer/internal/matrix/design"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/sim"
	"github.com/inferometer/inferometer/internal/suite"
)

// TestMain makes this test binary an engine: engine MODE PORT.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "engine" {
		os.Exit(engine(os.Args[2], os.Args[3]))
	}
	os.Exit(m.Run())
}

// engine serves like a real one, with a fault.
func engine(mode, port string) int {
	if mode == "dies at the start" {
		fmt.Println("no kernel for this device")
		return 3
	}
	if mode == "deaf" {
		signal.Ignore(syscall.SIGTERM)
		c := exec.Command(os.Args[0], "engine", "hangs", port)
		c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if c.Start() != nil {
			return 1
		}
	}
	if mode == "hangs" {
		signal.Ignore(syscall.SIGTERM)
		time.Sleep(time.Hour)
	}
	p, err := sim.LookupProfile("vllm")
	if err != nil {
		return 1
	}
	p.TTFT, p.ITL, p.Slots = 2*time.Millisecond, time.Millisecond, 8
	if mode == "slow" {
		p.ITL = 4 * time.Millisecond
	}
	server := sim.New(sim.Config{Profile: p, Seed: 1})
	defer func() { _ = server.Close() }()
	var requests atomic.Int64
	err = http.ListenAndServe(net.JoinHostPort("127.0.0.1", port), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) > 12 && mode == "dies in mid-run" {
			fmt.Println("CUDA error: out of memory")
			os.Exit(9)
		}
		server.Handler().ServeHTTP(w, r)
	}))
	fmt.Println(err)
	return 1
}

func smallMatrix(t *testing.T, modes ...string) design.Matrix {
	t.Helper()
	m := design.Default()
	m.Dir, m.Repeats, m.CoolDown, m.Warmup = t.TempDir(), 2, time.Millisecond, 1
	m.Workloads = []design.Workload{
		{Name: "decode", InputTokens: 8, OutputTokens: 16, Users: 1, Requests: 6},
		{Name: "users", InputTokens: 8, OutputTokens: 4, Users: 2, Requests: 6},
	}
	for _, mode := range modes {
		m.Configurations = append(m.Configurations, design.Configuration{
			Name: strings.ReplaceAll(mode, " ", "-"), Command: []string{os.Args[0], "engine", mode, "{port}"},
			ReadyTimeout: 20 * time.Second, StopTimeout: 200 * time.Millisecond, Env: map[string]string{"MATRIX_TEST": m.Dir},
		})
	}
	return m
}

func quiet(p *plan.Plan) { p.Client.Calibrate = false }

// nothingLeft fails if a process with the matrix's mark in its environment runs.
func nothingLeft(t *testing.T, mark string) {
	t.Helper()
	names, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err == nil && strings.Contains(string(b), "MATRIX_TEST="+mark) {
			t.Errorf("%s is an engine that still runs", name)
			if pid, err := strconv.Atoi(strings.Split(name, "/")[2]); err == nil {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
	}
}

func statuses(d analysis.Document) map[string][]analysis.RunStatus {
	out := map[string][]analysis.RunStatus{}
	for _, r := range d.Runs {
		out[r.Configuration] = append(out[r.Configuration], r.Status)
	}
	return out
}

// What one engine does leaves no process behind and the others alone.
func TestTheOtherConfigurationsStillRun(t *testing.T) {
	m := smallMatrix(t, "good", "slow", "deaf", "dies in mid-run", "dies at the start")
	m.Configurations = append(m.Configurations, design.Configuration{Name: "missing", Command: []string{"no-such-engine", "{port}"}, Hint: "get it elsewhere"})
	out, err := Run(t.Context(), m, Options{Adjust: quiet})
	if err != nil {
		t.Fatal(err)
	}
	nothingLeft(t, m.Dir)
	want := map[string]string{
		"good": "[done done]", "slow": "[done done]", "deaf": "[done done]", "dies-in-mid-run": "[crashed crashed]",
		"dies-at-the-start": "[failed skipped]", "missing": "[skipped skipped]",
	}
	for name, got := range statuses(out.Document) {
		if fmt.Sprint(got) != want[name] {
			t.Errorf("%s: %v, want %s", name, got, want[name])
		}
	}
	for _, r := range out.Document.Runs {
		switch {
		case r.Status == analysis.Done && (r.LoadS <= 0 || r.PeakMemory <= 0 || r.Folder == "" || r.Log == ""):
			t.Errorf("%+v", r)
		case r.Status == analysis.Crashed && !strings.Contains(r.Reason, "CUDA error: out of memory"):
			t.Errorf("the crash of %s has no log: %s", r.Configuration, r.Reason)
		case r.Configuration == "missing" && !strings.Contains(r.Reason, "get it elsewhere"):
			t.Errorf("%+v", r)
		}
	}
	if d := out.Document; d.Status != result.Partial || len(d.Runs) != 12 {
		t.Errorf("%s %q, %d runs", d.Status, d.Reason, len(d.Runs))
	}
	for _, s := range out.Document.Analysis.Configurations {
		if s.Name == "slow" {
			v := s.Speedup("decode", analysis.DecodeRate)
			if v.Value == nil || *v.Value > 0.6 || v.N != 2 {
				t.Errorf("slow is %v times as fast as good (%+v)", v, v)
			}
		}
	}
}

// The runs of a block get the same prompts, or they would not be pairs.
func TestARunIsACellForEachWorkload(t *testing.T) {
	m := smallMatrix(t, "good")
	m.Repeats = 1
	out, err := Run(t.Context(), m, Options{Adjust: quiet})
	if err != nil {
		t.Fatal(err)
	}
	res, err := suite.ReadResult(filepath.Join(out.Folder, out.Document.Runs[0].Folder))
	if err != nil {
		t.Fatal(err)
	}
	if res.Benchmarks.Scan == nil || len(res.Benchmarks.Scan.Cells) != 2 {
		t.Fatalf("%+v", res.Benchmarks)
	}
	users := res.Benchmarks.Scan.Cells[1]
	if users.Load.Users != 2 || users.Counts.OK != 6 || users.Workload.OutputTokens != 4 {
		t.Errorf("%+v %+v", users.Load, users.Counts)
	}
	a := out.Document.Analysis
	if a.Decode != "decode" || a.Users != "users" || a.Configurations[0].Value("users", analysis.Throughput).Value == nil {
		t.Errorf("%+v", a)
	}
}

// What happens within a run is told, from run to run anew: a run takes minutes.
func TestProgressIsToldWithinEachRun(t *testing.T) {
	m := smallMatrix(t, "good")
	var mu sync.Mutex // protects the following
	var begun, ended int
	kinds := map[string]int{}
	_, err := Run(t.Context(), m, Options{Adjust: quiet, Progress: func() (func(suite.Event), func()) {
		begun++
		return func(e suite.Event) {
			mu.Lock()
			defer mu.Unlock()
			kinds[e.Kind]++
		}, func() { ended++ }
	}})
	if err != nil {
		t.Fatal(err)
	}
	if begun != m.Repeats || ended != begun || kinds["cell"] != 2*begun || kinds["done"] != 2*begun {
		t.Errorf("%d begun, %d ended, events %v", begun, ended, kinds)
	}
}

// A matrix that was stopped is resumed: what is done stays as it is, the run that was
// stopped and those after it are made.
func TestAStoppedMatrixIsResumed(t *testing.T) {
	m := smallMatrix(t, "good", "slow")
	stop, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	out, err := Run(t.Context(), m, Options{Adjust: quiet, Stop: stop, Say: func(s string) {
		if strings.Contains(s, "is ready after") {
			if n++; n == 2 {
				cancel()
			}
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	nothingLeft(t, m.Dir)
	d := out.Document
	if d.Status != result.Interrupted || len(d.Runs) != 2 || d.Runs[0].Status != analysis.Done || d.Runs[1].Status != analysis.Interrupted {
		t.Fatalf("%s %+v", d.Status, d.Runs)
	}
	first := d.Runs[0].Folder
	out, err = Resume(t.Context(), out.Folder, Options{Adjust: quiet})
	if err != nil {
		t.Fatal(err)
	}
	d = out.Document
	if d.Status != result.Complete || len(d.Runs) != 4 || d.Runs[0].Folder != first || d.Runs[1].Folder == "" {
		t.Errorf("%s %+v", d.Status, d.Runs)
	}
	entries, err := os.ReadDir(filepath.Join(out.Folder, "runs"))
	if err != nil || len(entries) < 4 || len(entries) > 5 { // the one that was stopped may have a folder
		t.Errorf("%d runs, %v", len(entries), err)
	}
}

// A run that the document calls done and whose result is cut or gone is made again, and
// no other.
func TestALostResultIsMeasuredAgain(t *testing.T) {
	m := smallMatrix(t, "good", "slow")
	m.Repeats = 1
	out, err := Run(t.Context(), m, Options{Adjust: quiet})
	if err != nil {
		t.Fatal(err)
	}
	before := out.Document.Runs
	if err := os.WriteFile(filepath.Join(out.Folder, before[0].Folder, "result.json"), []byte(`{"schema`), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err = Resume(t.Context(), out.Folder, Options{Adjust: quiet})
	if err != nil {
		t.Fatal(err)
	}
	after := out.Document.Runs
	if out.Document.Status != result.Complete || after[0].Folder == before[0].Folder || after[1].Folder != before[1].Folder {
		t.Errorf("%s %+v", out.Document.Status, after)
	}
}

func TestAFolderThatIsNoMatrixIsRefused(t *testing.T) {
	if _, err := Resume(t.Context(), t.TempDir(), Options{}); err == nil || !strings.Contains(err.Error(), "is not the folder of a matrix") {
		t.Errorf("error %v", err)
	}
}

func TestNoRunBeginsUnderThermalPressure(t *testing.T) {
	for _, c := range []struct {
		name    string
		nominal time.Duration // when the machine has cooled down
		known   bool
		despite bool
		waited  time.Duration
		state   string
		err     string
	}{
		{"nominal after the pause", 0, true, false, 30 * time.Second, "nominal", ""},
		{"cools down", 47 * time.Second, true, false, 50 * time.Second, "nominal", ""},
		{"stays hot", time.Hour, true, false, 90 * time.Second, "", "still heavy after 1m0s"},
		{"despite heat", time.Hour, true, true, 30 * time.Second, "heavy", ""},
		{"cannot be read", time.Hour, false, false, 30 * time.Second, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				r := &runner{design: design.Matrix{CoolDown: 30 * time.Second, CoolLimit: time.Minute}, Options: Options{
					DespiteHeat: c.despite,
					Thermal: func(context.Context) (string, bool, bool) {
						if time.Since(begun) >= c.nominal {
							return "nominal", true, c.known
						}
						return "heavy", false, c.known
					},
				}}
				state, err := r.cool(t.Context(), true)
				if got := time.Since(begun); got != c.waited || state != c.state {
					t.Errorf("waited %s in state %q, want %s, %q", got, state, c.waited, c.state)
				}
				if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
					t.Errorf("error %v, want %q", err, c.err)
				}
			})
		})
	}
}

func TestThePauseEndsWhenTheMatrixIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		r := &runner{design: design.Matrix{CoolDown: time.Hour}, Options: Options{Stop: stop}}
		begun := time.Now()
		if _, err := r.cool(t.Context(), true); err == nil || time.Since(begun) != 3*time.Second {
			t.Errorf("%v after %s", err, time.Since(begun))
		}
	})
}
