package result

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// Each benchmark whose type holds cells is in Cells, under its name in
// result.json: a new one that is left out fails here.
func TestCellsHasEveryBenchmark(t *testing.T) {
	var b Benchmarks
	var want []string
	v := reflect.ValueOf(&b).Elem()
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		v.Field(i).Set(reflect.New(v.Field(i).Type().Elem()))
		want = append(want, fill(v.Field(i).Elem(), name)...)
	}
	var got []string
	for name, c := range b.Cells() {
		got = append(got, name+" "+c.ID)
	}
	slices.Sort(got)
	slices.Sort(want)
	if len(want) < 5 || !slices.Equal(got, want) {
		t.Errorf("Cells yields %q; the benchmarks hold %q", got, want)
	}
}

// fill puts two cells into each list of cells that a benchmark holds and
// returns what Cells should yield of them.
func fill(v reflect.Value, benchmark string) []string {
	var ids []string
	for i := range v.NumField() {
		if v.Field(i).Type() != reflect.TypeFor[[]Cell]() {
			continue
		}
		field := v.Type().Field(i).Name
		for _, id := range []string{field + "/1", field + "/2"} {
			v.Field(i).Set(reflect.Append(v.Field(i), reflect.ValueOf(Cell{ID: id})))
			ids = append(ids, benchmark+" "+id)
		}
	}
	return ids
}

func TestCellsStops(t *testing.T) {
	r := &Result{Benchmarks: Benchmarks{
		Latency: &Latency{Cells: []Cell{{ID: "a"}, {ID: "b"}}},
		Scan:    &Scan{Cells: []Cell{{ID: "c"}}},
	}}
	for stop := 1; stop <= 3; stop++ {
		var seen []string
		for _, c := range r.Cells() {
			if seen = append(seen, c.ID); len(seen) == stop {
				break
			}
		}
		if want := []string{"a", "b", "c"}[:stop]; !slices.Equal(seen, want) {
			t.Errorf("stopped after %d cells: %q", stop, seen)
		}
	}
	if n := len(maps.Collect(new(Result).Cells())); n != 0 {
		t.Errorf("a result without benchmarks yields %d cells", n)
	}
}
