package course

import "github.com/inferometer/inferometer/internal/exchange"

// Bounds of what is kept of a run.
const (
	mostCourses = 24
	mostSampled = 12 // cells with lanes
)

// Cell is what Begin must know of a cell.
type Cell struct {
	ID       string
	Window   exchange.Spans
	Requests int
	// Many says that it is one of many, as in a sweep or a search.
	Many bool
}

// Begin begins the courses of a run's cells, nil for those that have none: of a run with many
// cells, the cells of sweeps and searches stand back, and those that have a course are
// spread evenly over them, the first and the last among them.
func Begin(cells []Cell, seed uint64) []*Course {
	var order []int
	var many []int
	for i, c := range cells {
		switch {
		case c.Requests < leastRequests:
		case c.Many:
			many = append(many, i)
		default:
			order = append(order, i)
		}
	}
	order = append(order, evenly(many, mostCourses-len(order))...)
	out := make([]*Course, len(cells))
	for n, i := range order[:min(len(order), mostCourses)] {
		lanes := MostLanes
		if n >= mostSampled {
			lanes = 0
		}
		out[i] = New(cells[i].Window, cells[i].Requests, lanes, seed, cells[i].ID)
	}
	return out
}

// evenly picks n of a list, the last one first: that of a search decides.
func evenly(list []int, n int) []int {
	switch {
	case n <= 0 || len(list) == 0:
		return nil
	case n == 1:
		return list[len(list)-1:]
	}
	n = min(n, len(list))
	var out []int
	for i := n - 1; i >= 0; i-- {
		out = append(out, list[i*(len(list)-1)/max(1, n-1)])
	}
	return out
}
