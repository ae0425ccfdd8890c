package suite

import (
	"reflect"
	"slices"
	"testing"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
)

// Every benchmark that a plan can name is in the table, once, and every part of
// a result has a row that concludes it.
func TestEveryBenchmarkIsInTheTable(t *testing.T) {
	var names []plan.Benchmark
	for _, b := range Benchmarks() {
		if slices.Contains(names, b.Name) {
			t.Errorf("%s is there twice", b.Name)
		}
		names = append(names, b.Name)
		if b.Conclude == nil && b.Judged == nil {
			t.Errorf("%s concludes nothing", b.Name)
		}
		if b.Estimate == nil {
			t.Errorf("a dry run does not know what %s sends", b.Name)
		}
		if b.Program == nil && b.Name != plan.Hardware {
			t.Errorf("%s measures nothing", b.Name)
		}
	}
	all := append(plan.All(), plan.Load, plan.Capacity, plan.Scan)
	for _, name := range all {
		if !slices.Contains(names, name) {
			t.Errorf("%s is not in the table", name)
		}
	}
	if len(all) != len(names) {
		t.Errorf("the table has %v, and a plan knows %v", names, all)
	}
	fields := reflect.TypeFor[result.Benchmarks]()
	inRuns := 0
	for i := range fields.NumField() {
		if name := fields.Field(i).Name; name != "Forecast" && name != "Power" { // the one has no run, the other goes with each benchmark
			inRuns++
		}
	}
	if inRuns != len(names) {
		t.Errorf("a result has %d parts that a run concludes, and the table %d rows", inRuns, len(names))
	}
}
