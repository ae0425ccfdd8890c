package prompts

import "github.com/inferometer/inferometer/internal/workload"

// Strided is every N-th item of a source.
type Strided struct {
	workload.Source
	First, N int
}

// Item returns the i-th of these items.
func (s Strided) Item(i int) (workload.Item, error) { return s.Source.Item(s.First + i*s.N) }

// Spliced reads the first N items from one source and those after them from another.
type Spliced struct {
	workload.Source
	Rest workload.Source
	N    int
}

// Item returns the i-th item.
func (s Spliced) Item(i int) (workload.Item, error) {
	if i >= s.N {
		return s.Rest.Item(i)
	}
	return s.Source.Item(i)
}
