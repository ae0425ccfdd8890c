package result

import "iter"

// Cells yields every cell of every benchmark that was run, each with the name
// of its benchmark in result.json, in the order of a report. It is the one list
// of the benchmarks that have cells. The cells are the document's own: what is
// changed through the pointer is changed in it.
func (b *Benchmarks) Cells() iter.Seq2[string, *Cell] {
	return func(yield func(string, *Cell) bool) {
		each := func(name string, cells []Cell) bool {
			for i := range cells {
				if !yield(name, &cells[i]) {
					return false
				}
			}
			return true
		}
		switch {
		case b.Latency != nil && !each("latency", b.Latency.Cells):
			return
		case b.Throughput != nil && !each("throughput", b.Throughput.Cells):
			return
		case b.Load != nil && !each("load", b.Load.Cells):
			return
		case b.Capacity != nil && !each("capacity", b.Capacity.Cells):
			return
		case b.Scan != nil && !each("scan", b.Scan.Cells):
			return
		}
	}
}

// Cells yields every cell of the run with the name of its benchmark.
func (r *Result) Cells() iter.Seq2[string, *Cell] { return r.Benchmarks.Cells() }
