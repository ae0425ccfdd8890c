package claim

import (
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/metric"
)

// lacks reports whether the i-th request succeeded without what a limit is
// about, though it had the chance: an answer of reasoning alone has no time to
// first answer, and one that came at once has no time per token. What it would
// have been is open, so that such requests help no verdict.
func (cell Cell) lacks(l metric.Limit, i int) bool {
	r := cell.Requests
	has := func(tag string) bool { return !math.IsNaN(r.Values(tag)[i]) }
	switch l.Metric.Tag {
	case "ttfa":
		return r.OK(i) && has("ttft")
	case "ttfa_service":
		return r.OK(i) && has("ttft_service")
	case "tpot", "tpot_vllm", "user_rate", "stall":
		return r.OK(i) && r.Values("output_tokens")[i] > 1
	}
	return false
}

// lacking says in words what such requests are.
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
		if cell.lacks(l, i) {
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
