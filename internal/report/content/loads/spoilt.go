package loads

import (
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/result"
)

// spoiltNote says which checks spoil figures of the cells, each with its cells.
func spoiltNote(cells []result.Cell, v result.Validity) string {
	var ids []string
	in := map[string][]string{}
	for _, c := range cells {
		if c.Counts.OnlyWarmup() {
			continue // it has no figures
		}
		seen := map[string]bool{}
		for _, tag := range append([]string{"success", "throughput", "output_throughput", "user_rate"}, latencyTags...) {
			for k := range v.Failing(tag, c.ID) {
				if k.Between || seen[k.ID] {
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
		parts = append(parts, fmt.Sprintf("%s (%s)", plaintext.Line(id), content.Some(in[id], 4)))
	}
	if parts == nil {
		return ""
	}
	return "spoilt by a failed check, and proves nothing: " + strings.Join(parts, ", ") + "."
}
