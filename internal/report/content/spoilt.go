package content

import (
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// spoiltMark is next to a figure that a failed check spoils.
const spoiltMark = "†"

// spoilt returns the failed checks that spoil a metric of a cell, by itself.
func spoilt(checks []result.Check, metric, cell string) []result.Check {
	var out []result.Check
	for c := range (result.Validity{Checks: checks}).Failing(metric, cell) {
		if !c.Between {
			out = append(out, c)
		}
	}
	return out
}

// marked adds the mark to the text of a figure that is spoilt.
func marked(text string, checks []result.Check, metric string, c result.Cell) string {
	if text == format.Missing || len(spoilt(checks, metric, c.ID)) == 0 {
		return text
	}
	return text + " " + spoiltMark
}

// spoiltNote says which checks spoil figures of the cells, each with its cells.
func spoiltNote(cells []result.Cell, checks []result.Check) string {
	var ids []string
	in := map[string][]string{}
	for _, c := range cells {
		seen := map[string]bool{}
		for _, tag := range append([]string{"success", "throughput", "output_throughput", "user_rate"}, latencyTags...) {
			for _, k := range spoilt(checks, tag, c.ID) {
				if seen[k.ID] {
					continue
				}
				seen[k.ID] = true
				if in[k.ID] == nil {
					ids = append(ids, k.ID)
				}
				in[k.ID] = append(in[k.ID], plaintext.Line(c.ID))
			}
		}
	}
	var parts []string
	for _, id := range ids {
		parts = append(parts, fmt.Sprintf("%s (%s)", plaintext.Line(id), some(in[id], 4)))
	}
	if parts == nil {
		return ""
	}
	return "spoilt by a failed check, and proves nothing: " + strings.Join(parts, ", ") + "."
}
