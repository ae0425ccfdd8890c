package history

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
)

// Deleting a run takes its folder and its row, and nothing that a link leads to.
func TestRemoveDeletesTheRunAndNothingElse(t *testing.T) {
	dir, h := t.TempDir(), fresh(t)
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.MkdirAll(outside, 0o755); err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(outside, "kept")
	if err := os.WriteFile(kept, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	folder, other := made{}.write(t, dir), made{at: noon.Add(time.Hour)}.write(t, dir)
	for _, name := range []string{"figures", "against-main"} {
		if err := os.MkdirAll(filepath.Join(folder, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(folder, "figures", "link.svg")); err != nil {
		t.Fatal(err)
	}
	add(t, h, folder, other)
	if what, err := CheckRemovable(folder); err != nil || what.Files != 4 || what.Bytes < 1000 {
		t.Errorf("%+v, %v", what, err)
	}
	if err := h.Remove(folder); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 || left[0].Name() != filepath.Base(other) {
		t.Errorf("%v, %v", left, err)
	}
	if _, err := os.Stat(kept); err != nil {
		t.Errorf("a link was followed: %v", err)
	}
	if runs, err := h.List(Filter{}); err != nil || len(runs) != 1 {
		t.Errorf("%v, %v", runs, err)
	}
}

// What is not a run, or not only one, is not deleted.
func TestRemoveRefusesWhatIsNotARun(t *testing.T) {
	dir, h := t.TempDir(), fresh(t)
	plain := filepath.Join(dir, "plain")
	if err := os.MkdirAll(plain, 0o755); err != nil {
		t.Fatal(err)
	}
	folder := made{}.write(t, dir)
	link := filepath.Join(dir, "link")
	if err := os.Symlink(folder, link); err != nil {
		t.Fatal(err)
	}
	mixed := made{at: noon.Add(time.Hour), name: "mixed"}.write(t, dir)
	if err := os.WriteFile(filepath.Join(mixed, "thesis.tex"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	deep := made{at: noon.Add(90 * time.Minute), name: "deep"}.write(t, dir)
	if err := os.MkdirAll(filepath.Join(deep, "figures", "mine"), 0o755); err != nil {
		t.Fatal(err)
	}
	noted := made{at: noon.Add(100 * time.Minute), name: "noted"}.write(t, dir)
	if err := os.MkdirAll(filepath.Join(noted, "against-main"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(noted, "against-main", "thesis.tex"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	running := made{at: noon.Add(2 * time.Hour), name: "running", status: Running}.write(t, dir)
	if err := os.Remove(filepath.Join(running, exchange.LogName)); err != nil {
		t.Fatal(err)
	}
	log, err := exchange.Create(filepath.Join(running, exchange.LogName))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	for folder, want := range map[string]string{plain: "does not look like", link: "links are not followed", mixed: "thesis.tex", deep: "figures/mine", noted: "against-main/thesis.tex", running: "still running"} {
		if err := h.Remove(folder); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", folder, err)
		}
		if _, err := os.Lstat(folder); err != nil {
			t.Error(err)
		}
	}
	// A run whose folder somebody deleted is forgotten.
	add(t, h, folder)
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	if err := h.Remove(folder); err != nil {
		t.Error(err)
	}
	if runs, err := h.List(Filter{}); err != nil || len(runs) != 0 {
		t.Errorf("%v, %v", runs, err)
	}
}

// What another tool measured is kept like a run, with its source, and is marked as such.
func TestAnotherToolsResultIsKeptAsListed(t *testing.T) {
	dir, h := t.TempDir(), fresh(t)
	r := made{at: noon, model: "llama", ttft: 40}.result("")
	r.Inputs = []result.Input{{Name: "result", Evidence: result.Listed, Source: "vLLM bench 0.11, serve.json"}}
	r.Evidence = result.Listed
	folder, err := h.Keep(dir, "/x/serve.json", []byte(`{"from":"vllm"}`), r, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	got, err := h.Find("latest")
	if err != nil || got.Evidence != result.Listed || got.Source != "vLLM bench 0.11, serve.json" || !got.Started.Equal(noon) || len(got.Specification) != 12 || got.Status != result.Complete {
		t.Errorf("%+v, %v", got, err)
	}
	if b, err := os.ReadFile(filepath.Join(folder, sourceName)); err != nil || string(b) != `{"from":"vllm"}` {
		t.Errorf("%s, %v", b, err)
	}
	if _, err := os.Stat(filepath.Join(folder, "report.html")); err != nil {
		t.Error(err)
	}
	if ms, err := h.Metrics(got.Folder, "ttft", "p50"); err != nil || len(ms) != 1 || ms[0].Value != 40 {
		t.Errorf("%+v, %v", ms, err)
	}
	another := fresh(t)
	if _, err := another.Rebuild(dir); err != nil {
		t.Fatal(err)
	}
	if a, b := dump(t, h), dump(t, another); a != b {
		t.Errorf("the index was\n%s\nand is\n%s", a, b)
	}
	// The same load by the same tool is one series, and is not mixed with ours.
	r = made{at: noon.Add(time.Hour), model: "llama", ttft: 41}.result("")
	if _, err := h.Keep(dir, "again.json", []byte(`{}`), r, time.Now()); err != nil {
		t.Fatal(err)
	}
	ours := made{at: noon.Add(2 * time.Hour), model: "llama", ttft: 41}.write(t, dir)
	add(t, h, ours)
	runs, err := h.List(Filter{})
	if err != nil || len(runs) != 3 || runs[1].Specification != runs[2].Specification || runs[0].Specification == runs[1].Specification {
		t.Errorf("%+v, %v", runs, err)
	}
	if err := h.Remove(folder); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// Where a file does not say when it was measured, it still says how long that took.
func TestAnImportWithoutATimeTookWhatItTook(t *testing.T) {
	h := fresh(t)
	for _, at := range []time.Time{{}, noon.Add(8 * time.Hour)} { // the second is in another zone, and would be "latest" until then
		r := made{at: noon, model: "llama", ttft: 40}.result("")
		r.Run.Started, r.Run.Ended = at, at.Add(25*time.Second)
		folder, err := h.Keep(t.TempDir(), "x.json", []byte("{}"), r, noon)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := h.Find(folder); err != nil || !got.Started.Equal(noon) || got.Ended == nil || got.Ended.Sub(got.Started) != 25*time.Second {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

// Prompts of another length, or another tool with its own definitions, are no change of a series.
func TestImportedRunsOfOtherWorkAreNotOneSeries(t *testing.T) {
	dir, h := t.TempDir(), fresh(t)
	keep := func(version string, input, output float64) string {
		r := made{at: noon, model: "llama", ttft: 40}.result("")
		r.Run.Version, r.Evidence = version, result.Listed
		c := &r.Benchmarks.Load.Cells[0]
		c.Metrics.Stats["input_tokens"], c.Metrics.Stats["output_tokens"] = result.Statistic{Mean: result.Num(input)}, result.Statistic{Mean: result.Num(output)}
		folder, err := h.Keep(dir, "x.json", []byte("{}"), r, noon)
		if err != nil {
			t.Fatal(err)
		}
		got, err := h.Find(folder)
		if err != nil {
			t.Fatal(err)
		}
		return got.Specification
	}
	one := keep("GuideLLM 0.8.1", 1024, 128)
	if same := keep("GuideLLM 0.9.0", 1031.5, 126); same != one {
		t.Error("a later version, or lengths that differ by chance, are another series")
	}
	for name, other := range map[string]string{"prompts": keep("GuideLLM 0.8.1", 256, 128), "answers": keep("GuideLLM 0.8.1", 1024, 512), "tool": keep("vllm bench serve", 1024, 128)} {
		if other == one {
			t.Errorf("other %s are in one series", name)
		}
	}
}
