package claim

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/metric"
)

// lacking says in words what requests are that lack what a limit is about
// (measure.Lacks).
func lacking(l metric.Limit) string {
	switch l.Metric.Tag {
	case "ttfa", "ttfa_service":
		return "were answered with reasoning alone"
	}
	return "got their answer at once and not token by token"
}

// lacking counts them.
func (cell Cell) lacking(l metric.Limit) int {
	n := 0
	for i := range cell.Requests.Len() {
		if cell.Requests.Lacks(l.Metric.Tag, i) {
			n++
		}
	}
	return n
}

// without says why a cell has no value of a limit's metric.
func (cell Cell) without(l metric.Limit) string {
	text := fmt.Sprintf("%s was not measured for any request", l.Metric.Name)
	if n := cell.lacking(l); n > 0 {
		text += fmt.Sprintf(": %d of %d %s", n, cell.Requests.Len(), lacking(l))
	}
	return text
}
