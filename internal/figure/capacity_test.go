package figure

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
)

// search is a capacity search with trials of each role.
func search() *result.Capacity {
	c := &result.Capacity{Evidence: result.Simulated, In: "rate", Unit: "requests/s", Limits: []string{"ttft.p95<500ms"}}
	for i, role := range []string{"explore", "explore", "confirm", "confirm"} {
		id, load := "capacity/"+string(rune('1'+i)), float64(i+1)
		c.Trials = append(c.Trials, result.Trial{Cell: id, Role: role, Rate: load})
		c.Cells = append(c.Cells, result.Cell{ID: id, Target: "candidate", Metrics: result.Metrics{
			Stats: map[string]result.Statistic{"ttft": {Unit: "ms", N: 100, P95: result.Estimate{Value: result.Num(100 * load)}}},
			Rates: map[string]result.Rate{"throughput": {Value: result.Num(load)}, "goodput": {Value: result.Num(load / 2)}},
		}})
	}
	return c
}

// The baseline's colour is the baseline's, and a search loads the candidate
// alone.
func TestCapacityHasNoBaseline(t *testing.T) {
	figures := capacity(search(), result.Validity{})
	if len(figures) != 2 {
		t.Fatalf("%d figures", len(figures))
	}
	for _, f := range figures {
		if len(f.Series) != 2 || f.Series[0].Role != Faint || f.Series[1].Role != Candidate {
			t.Errorf("%s: %+v", f.ID, f.Series)
		}
	}
}

// A document that another program wrote may lack the cell of a trial.
func TestCapacityWithoutCells(t *testing.T) {
	c := search()
	c.Cells = c.Cells[:3]
	f := capacity(c, result.Validity{})[0]
	if got := len(f.Series[1].Points); got != 1 {
		t.Errorf("%d confirmations are drawn, and 1 has a cell", got)
	}
	c.Cells = nil
	for _, f := range capacity(c, result.Validity{}) {
		if len(f.Series) != 0 {
			t.Errorf("%s is drawn without a cell", f.ID)
		}
	}
}

// The list of figures names benchmarks as the document does, and each once.
func TestFiguresOfBenchmarks(t *testing.T) {
	var known []string
	for _, field := range reflect.VisibleFields(reflect.TypeFor[result.Benchmarks]()) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		known = append(known, name)
	}
	seen := map[string]bool{}
	for _, name := range Benchmarks() {
		if seen[name] || !slices.Contains(known, name) {
			t.Errorf("%q is listed twice, or is none of %q", name, known)
		}
		seen[name] = true
	}
}
