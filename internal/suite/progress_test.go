package suite

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/runlog"
)

// The records that say how far a run has come change nothing of its result: that of a
// log without them is the same, byte for byte.
func TestProgressIsNoPartOfTheResult(t *testing.T) {
	s := httptest.NewServer(&moody{model: "m"})
	defer s.Close()
	p := plan.Default()
	p.Candidate.URL, p.Dir, p.Only = s.URL, t.TempDir(), []plan.Benchmark{plan.Load}
	p.Client.Calibrate, p.Workload.InputTokens, p.Workload.OutputTokens = false, 30, 6
	p.Load.Users, p.Load.Requests, p.Load.Duration = 2, 0, plan.Duration(1200*time.Millisecond)
	out, err := Run(t.Context(), p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := folder{out.Folder}
	with, err := os.ReadFile(filepath.Join(f.path, "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(t.TempDir(), "old")
	if err := os.Rename(f.log(), old); err != nil {
		t.Fatal(err)
	}
	log, err := exchange.Create(f.log())
	if err != nil {
		t.Fatal(err)
	}
	dropped := 0
	_, err = exchange.Read(old, func(kind string, rec json.RawMessage) error {
		if kind == runlog.KindProgress {
			dropped++
			return nil
		}
		return log.Append(kind, append(json.RawMessage(nil), rec...))
	})
	if err := errors.Join(err, log.Close()); err != nil {
		t.Fatal(err)
	}
	if dropped == 0 {
		t.Fatal("the run said nothing of its progress")
	}
	if _, err := Recompute(f.path); err != nil {
		t.Fatal(err)
	}
	without, err := os.ReadFile(filepath.Join(f.path, "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(with), string(without)); diff != "" {
		t.Errorf("the result depends on %d records of progress: %s", dropped, diff)
	}
}

// Whoever is told of a run's folder finds its plan there: a history that read it sooner left the
// run out.
func TestAFolderIsToldWithItsPlan(t *testing.T) {
	s := httptest.NewServer(&moody{model: "m"})
	defer s.Close()
	p := plan.Default()
	p.Candidate.URL, p.Dir, p.Only = s.URL, t.TempDir(), []plan.Benchmark{plan.Load}
	p.Client.Calibrate, p.Workload.InputTokens, p.Workload.OutputTokens = false, 30, 6
	p.Load.Users, p.Load.Requests = 1, 2
	told := errors.New("no folder was told")
	if _, err := Run(t.Context(), p, Options{Progress: func(e Event) {
		if e.Kind == "folder" {
			_, told = os.Stat(folder{e.Text}.plan())
		}
	}}); err != nil {
		t.Fatal(err)
	}
	if told != nil {
		t.Error(told)
	}
}
