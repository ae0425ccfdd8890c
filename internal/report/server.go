package report

import (
	"strings"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/result"
)

// serverLines says in one line a cell what its server counted; cells whose
// server said nothing have none. name tells cells apart, where there are
// several.
func serverLines(cells []result.Cell, name func(result.Cell) string) []string {
	var out []string
	for _, c := range cells {
		text := serverText(c.Server)
		if text == "" {
			continue
		}
		if len(cells) > 1 {
			text = capital(clean(name(c))) + ": the server says: " + text
		} else {
			text = "The server says: " + text
		}
		out = append(out, text+".")
	}
	return out
}

func ofTarget(c result.Cell) string { return c.Target }

func whole(v float64) string { return amount.Count(v) }

func serverText(s *result.Server) string {
	if s == nil {
		return ""
	}
	var parts []string
	if s.GenerationTokens != nil {
		text := whole(*s.GenerationTokens) + " tokens generated"
		if ours := s.Ours.GenerationTokens; ours != nil {
			text += " (client: " + whole(ours.Lo)
			if ours.Hi > ours.Lo {
				text += " to " + whole(ours.Hi)
			}
			text += ")"
		}
		parts = append(parts, text)
	}
	if s.QueueMS != nil {
		parts = append(parts, number(*s.QueueMS)+" ms in its queue on the mean")
	}
	if n := s.Preemptions; n != nil {
		switch *n {
		case 0:
			parts = append(parts, "no preemption")
		case 1:
			parts = append(parts, "1 preemption")
		default:
			parts = append(parts, whole(*n)+" preemptions")
		}
	}
	var seen []string // the gauges are only looked at now and then
	if s.WaitingMax != nil {
		text := "none waiting"
		if *s.WaitingMax > 0 {
			text = "at most " + whole(*s.WaitingMax) + " waiting"
		}
		seen = append(seen, text)
	}
	if s.KVUsageMax != nil {
		seen = append(seen, "KV cache at most "+percent(*s.KVUsageMax))
	}
	if len(seen) > 0 {
		samples := "1 sample"
		if s.Samples != 1 {
			samples = count(s.Samples) + " samples"
		}
		parts = append(parts, strings.Join(seen, ", ")+" in "+samples)
	}
	return strings.Join(parts, ", ")
}
