package report

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/content/run"
	"github.com/inferometer/inferometer/internal/result"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// fixtures are results as result.json holds them: a whole run against the
// built-in simulator (of an older version, without samples), a run of nothing but
// a URL on a busy machine, one target with three requests, a run that was
// interrupted after its first benchmark, one in which nothing succeeded, and
// sweeps over one and two keys, which sweeps makes, and the whole run with costs as
// they are worked out now, and items with checks as conclude finds them.
var fixtures = []string{"full", "default", "minimal", "interrupted", "failed", "sweep", "sweep-grid", "priced", "graded"}

func fixture(t *testing.T, name string) *result.Result {
	t.Helper()
	if r := sweeps()[name]; r != nil {
		return r
	}
	if name == "graded" {
		return gradedResult(t)
	}
	if name == "priced" {
		return priced(t)
	}
	b, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var r result.Result
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return &r
}

// golden compares with a file, or writes it.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s differs (go test ./internal/report -update rewrites it; -want +got):\n%s", file, d)
	}
}

// sectionOf is a part of the report of a result.
func sectionOf(t *testing.T, r *result.Result, id string) content.Section {
	t.Helper()
	for _, s := range run.Of(r).Sections {
		if s.ID == id {
			return s
		}
	}
	t.Fatalf("the report has no section %s", id)
	return content.Section{}
}
