package loads

import (
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/result"
)

// latenciesOf are the metrics of a table of latencies of these cells. Another tool's are from
// the time a request was sent, and are shown under their own names.
func latenciesOf(cells []result.Cell) []string {
	if !listed(cells) {
		return latencyTags
	}
	return []string{"ttft", "ttft_service", "tpot", "tpot_vllm", "itl", "gap", "e2e", "e2e_service"}
}

// notedOf are the metrics whose notes are shown.
func notedOf(cells []result.Cell) []string {
	tags := []string{"ttft", "tpot", "e2e", "user_rate", "output_tokens"}
	if listed(cells) {
		tags = append(tags, "ttft_service", "tpot_vllm", "gap", "e2e_service")
	}
	return tags
}

func listed(cells []result.Cell) bool {
	return slices.ContainsFunc(cells, func(c result.Cell) bool { return c.Evidence == result.Listed })
}

// columnOf names the column of a cell: its target, or more of its id where another cell has
// that target, as in the file of another tool with several benchmarks.
func columnOf(c result.Cell, cells []result.Cell) string {
	if n := len(slices.DeleteFunc(slices.Clone(cells), func(o result.Cell) bool { return o.Target != c.Target })); n > 1 {
		return plaintext.Line(strings.TrimPrefix(c.ID, "load/"))
	}
	return plaintext.Line(c.Target)
}
