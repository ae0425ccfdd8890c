package history

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
)

// What a run's folder says is in the index, and what it withholds is not.
func TestARunIsIndexedWithItsFigures(t *testing.T) {
	dir, h := t.TempDir(), fresh(t)
	folder := made{model: "llama", server: "vLLM 0.11", ttft: 50, labels: []string{"gpu=h100"}, tags: `{"tags":["main","v1"]}`, fail: "tpot",
		claims: []result.Claim{{Limit: "ttft.p95<200ms", Verdict: result.Proved, Set: true}, {Limit: "e2e.p95<1s", Verdict: result.Reference}}}.write(t, dir)
	add(t, h, folder)
	runs, err := h.List(Filter{})
	if err != nil || len(runs) != 1 {
		t.Fatalf("%v, %v", runs, err)
	}
	r := runs[0]
	info := func(ok bool, what string) {
		if !ok {
			t.Errorf("%s: %+v", what, r)
		}
	}
	info(r.ID == "20261101T120000Z-run" && filepath.Base(r.Folder) == r.ID && r.Started.Equal(noon) && r.Ended.Equal(noon.Add(time.Minute)), "id and times")
	info(r.Status == result.Complete && r.Exit != nil && *r.Exit == 0 && r.Valid() && r.Validity == result.Fail, "ending")
	info(slices.Equal(r.Models, []string{"llama"}) && slices.Equal(r.Servers, []string{"vLLM 0.11"}) && r.Evidence == result.Measured, "targets")
	info(slices.Equal(r.Benchmarks, []string{"load"}) && slices.Equal(r.Limits, []string{"ttft.p95<200ms"}) && r.Verdicts["proved"] == 1 && len(r.Verdicts) == 1, "claims")
	info(r.Labels["gpu"] == "h100" && slices.Equal(r.Tags, []string{"main", "v1"}) && len(r.Specification) == 12 && r.Size > 1000, "labels, tags, size")
	p95, err := h.Metrics(r.Folder, "ttft", "p95")
	if err != nil || len(p95) != 1 || p95[0].Value != 100 || *p95[0].Lo != 97 || p95[0].N != 500 || p95[0].NEff != 200 || p95[0].Spoilt != "" || p95[0].Unit != "ms" {
		t.Errorf("%+v, %v", p95, err)
	}
	if ms, err := h.Metrics(r.Folder, "ttft", "p99.9"); err != nil || len(ms) != 0 {
		t.Errorf("what is withheld is in the index: %+v, %v", ms, err)
	}
	if ms, err := h.Metrics(r.Folder, "goodput", ""); err != nil || len(ms) != 0 {
		t.Errorf("a rate that is withheld is in the index: %+v, %v", ms, err)
	}
	if ms, err := h.Metrics(r.Folder, "tpot", "p50"); err != nil || len(ms) != 1 || ms[0].Spoilt != "client" {
		t.Errorf("a spoilt figure is not marked: %+v, %v", ms, err)
	}
	// Adding it again changes nothing.
	was := dump(t, h)
	add(t, h, folder)
	if got := dump(t, h); got != was {
		t.Errorf("%s\nand then\n%s", was, got)
	}
}

// A run is in the history from its beginning; what became of it is found out later.
func TestARunWithoutAResultIsRunningInterruptedOrReadAgain(t *testing.T) {
	dir, h := t.TempDir(), fresh(t)
	m := made{at: noon, status: Running, name: "load"}
	folder := m.write(t, dir)
	log := filepath.Join(folder, exchange.LogName)
	if err := os.Remove(log); err != nil {
		t.Fatal(err)
	}
	w, err := exchange.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	add(t, h, folder)
	status := func() Run {
		t.Helper()
		runs, err := h.List(Filter{})
		if err != nil || len(runs) != 1 {
			t.Fatalf("%v, %v", runs, err)
		}
		return runs[0]
	}
	if r := status(); r.Status != Running || r.Name != "load" || !r.Started.Equal(noon) || r.Exit != nil || r.Valid() {
		t.Errorf("%+v", r)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if r := status(); r.Status != result.Interrupted || r.Reason == "" || r.Valid() {
		t.Errorf("%+v", r)
	}
	m.status = ""
	m.write(t, dir) // its result came, and nobody told the index
	if r := status(); r.Status != result.Complete || !r.Valid() {
		t.Errorf("%+v", r)
	}
}

func TestFiltersLeaveOutWhatDoesNotFit(t *testing.T) {
	dir, h := t.TempDir(), fresh(t)
	a := made{at: noon, name: "alpha", model: "llama-8b", tags: `{"tags":["main"]}`, labels: []string{"gpu=h100"}}.write(t, dir)
	b := made{at: noon.Add(time.Hour), name: "beta", model: "qwen", status: result.Partial}.write(t, dir)
	c := made{at: noon.Add(2 * time.Hour), name: "gamma", model: "llama-70b", users: 4}.write(t, dir)
	add(t, h, a, b, c)
	spec := func() string {
		r, err := h.Find(c)
		if err != nil {
			t.Fatal(err)
		}
		return r.Specification
	}()
	for name, x := range map[string]struct {
		f    Filter
		want string
	}{
		"nothing":       {Filter{}, "gamma beta alpha"},
		"name":          {Filter{Name: "ALP"}, "alpha"},
		"model":         {Filter{Model: "llama"}, "gamma alpha"},
		"tag":           {Filter{Tag: "main"}, "alpha"},
		"status":        {Filter{Status: result.Partial}, "beta"},
		"valid":         {Filter{Valid: true}, "gamma alpha"},
		"since":         {Filter{Since: noon.Add(time.Hour)}, "gamma beta"},
		"evidence":      {Filter{Evidence: result.Simulated}, ""},
		"label":         {Filter{Labels: map[string]string{"gpu": "h100"}}, "alpha"},
		"another label": {Filter{Labels: map[string]string{"gpu": "a100"}}, ""},
		"specification": {Filter{Specification: spec[:6]}, "gamma"},
	} {
		runs, err := h.List(x.f)
		var got []string
		for _, r := range runs {
			got = append(got, r.Name)
		}
		if err != nil || strings.Join(got, " ") != x.want {
			t.Errorf("%s: %v, %v, want %s", name, got, err, x.want)
		}
	}
}

// Every way to name a run; what fits several is an error that lists them.
func TestFindsARunByFolderIDTagAndBeginning(t *testing.T) {
	dir, h := t.TempDir(), fresh(t)
	old := made{at: noon, name: "old", tags: `{"tags":["main","feature/x"]}`}.write(t, dir)
	newer := made{at: noon.Add(time.Hour), name: "new", tags: `{"tags":["main"]}`}.write(t, dir)
	other := made{at: noon.Add(24 * time.Hour), name: "other"}.write(t, dir)
	add(t, h, old, newer, other)
	outside := made{at: noon, name: "outside"}.write(t, t.TempDir())
	for selector, want := range map[string]string{
		old: "old", outside: "outside", "latest": "other", "@main": "new", "main": "new", "@feature/x": "old", "feature/x": "old",
		"20261101T120000Z-old": "old", "20261102": "other", "20261101T13": "new",
	} {
		r, err := h.Find(selector)
		if err != nil || r.Name != want {
			t.Errorf("%s: %q, %v, want %s", selector, r.Name, err, want)
		}
	}
	var several *AmbiguousError
	if _, err := h.Find("20261101"); !errors.As(err, &several) || len(several.Candidates) != 2 || !strings.Contains(err.Error(), "20261101T120000Z-old") || !strings.Contains(err.Error(), "20261101T130000Z-new") {
		t.Errorf("%v", err)
	}
	again := made{at: noon, name: "old"}.write(t, t.TempDir()) // a copy of a run has its id
	add(t, h, again)
	if _, err := h.Find("20261101T120000Z-old"); !errors.As(err, &several) || len(several.Candidates) != 2 {
		t.Errorf("%v", err)
	}
	for selector, want := range map[string]string{"": "name a run", "@mian": `did you mean "main"`, "1999": "inferometer runs ls", "./nowhere": "no such folder"} {
		if _, err := h.Find(selector); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", selector, err)
		}
	}
}

// The latest run of a tag is a baseline only if it is valid and measured the same.
func TestLatestIsValidAndOfTheSameSpecification(t *testing.T) {
	dir, h := t.TempDir(), fresh(t)
	const main = `{"tags":["main"]}`
	hour := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	want := made{at: hour(0), name: "want", model: "llama", tags: main, url: "http://10.0.0.1"}.write(t, dir)
	add(t, h, want,
		made{at: hour(1), name: "partial", model: "llama", tags: main, status: result.Partial}.write(t, dir),
		made{at: hour(2), name: "invalid", model: "llama", tags: main, fail: "ttft", claims: []result.Claim{{Limit: "ttft.p50<1s", Set: true, Verdict: result.Invalid}}}.write(t, dir),
		made{at: hour(3), name: "users", model: "llama", tags: main, users: 8}.write(t, dir),
		made{at: hour(4), name: "model", model: "qwen", tags: main}.write(t, dir),
		made{at: hour(5), name: "untagged", model: "llama"}.write(t, dir))
	like := made{at: hour(6), name: "like", model: "llama", tags: main}.write(t, dir)
	add(t, h, like)
	for _, tag := range []string{"main", "@main"} {
		if got, err := h.Latest(tag, like); err != nil || filepath.Base(got) != filepath.Base(want) {
			t.Errorf("%s: %q, %v", tag, got, err)
		}
	}
	if _, err := h.Latest("man", like); err == nil || !strings.Contains(err.Error(), `did you mean "main"`) {
		t.Errorf("%v", err)
	}
	alone := made{at: hour(7), name: "alone", model: "mistral"}.write(t, dir)
	if _, err := h.Latest("main", alone); err == nil || !strings.Contains(err.Error(), "candidate.model: llama, not mistral") {
		t.Errorf("%v", err)
	}
}

// Tags are in the folder, so that the index can be lost.
func TestTagsLieInTheFolder(t *testing.T) {
	dir, h := t.TempDir(), fresh(t)
	folder := made{}.write(t, dir)
	add(t, h, folder)
	if tags, err := h.Tag(folder, []string{"prod", "main"}, nil); err != nil || !slices.Equal(tags, []string{"main", "prod"}) {
		t.Fatalf("%v, %v", tags, err)
	}
	if tags, err := h.Tag(folder, []string{"main"}, []string{"prod"}); err != nil || !slices.Equal(tags, []string{"main"}) {
		t.Fatalf("%v, %v", tags, err)
	}
	another := fresh(t)
	if _, err := another.Rebuild(dir); err != nil {
		t.Fatal(err)
	}
	if r, err := another.Find("@main"); err != nil || r.ID != filepath.Base(folder) {
		t.Errorf("%+v, %v", r, err)
	}
	if tags, err := h.Tag(folder, nil, []string{"main"}); err != nil || len(tags) != 0 {
		t.Fatalf("%v, %v", tags, err)
	}
	if _, err := os.Stat(filepath.Join(folder, TagsName)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file of no tags is left: %v", err)
	}
	for _, bad := range []string{"", "latest", "-x", "a b", "@x", strings.Repeat("a", 65), "a\n"} {
		if _, err := h.Tag(folder, []string{bad}, nil); err == nil {
			t.Errorf("the tag %q was taken", bad)
		}
	}
}

// Processes that tag one run at the same time, while it is indexed again, lose no tag.
func TestTagsOfSeveralProcessesAreAllKept(t *testing.T) {
	db := filepath.Join(t.TempDir(), "history.db")
	h := open(t, db)
	folder := made{}.write(t, t.TempDir())
	add(t, h, folder)
	const each = 5
	var all sync.WaitGroup
	for i := range 6 {
		own := open(t, db)
		all.Go(func() {
			for k := range each {
				if _, err := own.Tag(folder, []string{fmt.Sprintf("t%d-%d", i, k)}, nil); err != nil {
					t.Error(err)
				}
				if err := own.Add(folder); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	indexed, err := h.List(Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if kept, err := readTags(folder); err != nil || len(kept) != 6*each || !slices.Equal(kept, indexed[0].Tags) {
		t.Errorf("the folder has %d tags, and the index %d, of %d (%v)", len(kept), len(indexed[0].Tags), 6*each, err)
	}
}

// A file of tags that somebody else wrote gives no tag that could not have been given here.
func TestHostileTagsAreDropped(t *testing.T) {
	h := fresh(t)
	folder := made{tags: `{"tags":["ok","\u001b[31mred","latest","a b",""]}`}.write(t, t.TempDir())
	add(t, h, folder)
	if r, err := h.Find("ok"); err != nil || !slices.Equal(r.Tags, []string{"ok"}) {
		t.Errorf("%v, %v", r.Tags, err)
	}
}

// Deleting the index loses nothing.
func TestRebuildFromTheFoldersGivesTheSameIndex(t *testing.T) {
	dir, h := t.TempDir(), fresh(t)
	for i := range 20 {
		m := made{at: noon.Add(time.Duration(i) * time.Hour), model: "llama", ttft: float64(50 + i), users: 1 + i%3}
		switch i % 5 {
		case 1:
			m.tags = `{"tags":["main"]}`
		case 2:
			m.status = result.Partial
		case 3:
			m.labels = []string{"gpu=h100"}
		case 4:
			m.status = Running
		}
		add(t, h, m.write(t, filepath.Join(dir, "runs", "matrix")))
	}
	another := fresh(t)
	got, err := another.Rebuild(dir)
	if err != nil || len(got.Added) != 20 || len(got.Failed) != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	if a, b := dump(t, h), dump(t, another); a != b {
		t.Errorf("the index was\n%s\nand is\n%s", a, b)
	}
	// Folders that are gone are dropped; the others stay.
	runs, err := h.List(Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(runs[0].Folder); err != nil {
		t.Fatal(err)
	}
	if got, err := h.Rebuild(); err != nil || len(got.Dropped) != 1 || len(got.Added) != 19 {
		t.Errorf("%+v, %v", got, err)
	}
}

// An index of a later version may hold what this one would destroy.
func TestANewerSchemaIsRefusedAndLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	h, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.db.Exec("PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	was, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var newer *NewerError
	if _, err := Open(path); !errors.As(err, &newer) || newer.Version != 99 || !strings.Contains(err.Error(), "INFEROMETER_HISTORY") {
		t.Errorf("%v", err)
	}
	is, err := os.ReadFile(path)
	if err != nil || string(is) != string(was) {
		t.Errorf("it was written to (%v)", err)
	}
	left, err := filepath.Glob(path + "-*")
	if err != nil || len(left) > 0 {
		t.Errorf("%v lie beside it, %v", left, err)
	}
}

// Whatever else lies where the history should be is left alone, and the error says what to do.
func TestAFileThatIsNoHistoryIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(path, []byte(strings.Repeat("notes ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "runs rebuild") {
		t.Errorf("%v", err)
	}
	damaged := filepath.Join(t.TempDir(), "history.db")
	h := open(t, damaged)
	add(t, h, made{}.write(t, t.TempDir()))
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(damaged)
	if err != nil {
		t.Fatal(err)
	}
	for i := 100; i < len(b); i++ {
		b[i] ^= 0x5a
	}
	if err := os.WriteFile(damaged, b, 0o600); err != nil {
		t.Fatal(err)
	}
	h, err = Open(damaged)
	if err == nil {
		_, err = h.List(Filter{})
		_ = h.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "runs rebuild") {
		t.Errorf("%v", err)
	}
}

func TestLocationFollowsTheSystem(t *testing.T) {
	for _, x := range []struct {
		goos, env, want string
	}{
		{"linux", "HOME=/h", "/h/.local/share/inferometer/history.db"},
		{"linux", "HOME=/h XDG_DATA_HOME=/d", "/d/inferometer/history.db"},
		{"linux", "HOME=/h XDG_DATA_HOME=relative", "/h/.local/share/inferometer/history.db"},
		{"darwin", "HOME=/h XDG_DATA_HOME=/d", "/h/Library/Application Support/inferometer/history.db"},
		{"windows", "LocalAppData=/l HOME=/h", "/l/inferometer/history.db"},
		{"linux", "HOME=/h INFEROMETER_HISTORY=/x.db", "/x.db"},
		{"linux", "INFEROMETER_HISTORY=off HOME=/h", ""},
		{"linux", "", ""}, {"windows", "HOME=/h", ""},
	} {
		getenv := func(name string) string {
			for kv := range strings.FieldsSeq(x.env) {
				if v, ok := strings.CutPrefix(kv, name+"="); ok {
					return v
				}
			}
			return ""
		}
		got, err := Location(x.goos, getenv)
		if filepath.ToSlash(got) != x.want || (err == nil) != (x.want != "") {
			t.Errorf("%s %s: %q, %v, want %q", x.goos, x.env, got, err, x.want)
		}
	}
}

// A run is shown with the same figures whether or not the index knows it.
func TestFiguresOfARunThatIsNotIndexed(t *testing.T) {
	known, other := fresh(t), fresh(t)
	folder := made{ttft: 40}.write(t, t.TempDir())
	add(t, known, folder)
	want, err := known.Metrics(folder, "", "")
	if err != nil || len(want) == 0 {
		t.Fatalf("%v, %v", want, err)
	}
	if got, err := other.Metrics(folder, "", ""); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	if got, err := other.Metrics(folder, "ttft", "p50"); err != nil || len(got) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}
