package loads

import (
	"strings"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// serverLines has one line per cell with what its server counted; cells whose
// server reported nothing have none. name tells several cells apart.
func serverLines(cells []result.Cell, name func(result.Cell) string) []string {
	var out []string
	for _, c := range cells {
		text := serverText(c.Server)
		if text == "" {
			continue
		}
		if len(cells) > 1 {
			text = plaintext.Capital(plaintext.Line(name(c))) + ": the server reports: " + text
		} else {
			text = "The server reports: " + text
		}
		out = append(out, text+".")
	}
	return out
}

func ofTarget(c result.Cell) string { return c.Target }

func serverText(s *result.Server) string {
	if s == nil {
		return ""
	}
	var parts []string
	if s.GenerationTokens != nil {
		text := format.Whole(*s.GenerationTokens) + " tokens generated"
		if ours := s.Ours.GenerationTokens; ours != nil {
			text += " (client: " + format.Whole(ours.Lo)
			if ours.Hi > ours.Lo {
				text += " to " + format.Whole(ours.Hi)
			}
			text += ")"
		}
		parts = append(parts, text)
	}
	if s.QueueMS != nil {
		parts = append(parts, format.Number(*s.QueueMS)+" ms in its queue on average")
	}
	if n := s.Preemptions; n != nil {
		switch *n {
		case 0:
			parts = append(parts, "no preemption")
		case 1:
			parts = append(parts, "1 preemption")
		default:
			parts = append(parts, format.Whole(*n)+" preemptions")
		}
	}
	var seen []string // the gauges are only looked at now and then
	if s.WaitingMax != nil {
		text := "none waiting"
		if *s.WaitingMax > 0 {
			text = "at most " + format.Whole(*s.WaitingMax) + " waiting"
		}
		seen = append(seen, text)
	}
	if s.KVUsageMax != nil {
		seen = append(seen, "KV cache at most "+format.Percent(*s.KVUsageMax))
	}
	if len(seen) > 0 {
		samples := "1 sample"
		if s.Samples != 1 {
			samples = format.Count(s.Samples) + " samples"
		}
		parts = append(parts, strings.Join(seen, ", ")+" in "+samples)
	}
	return strings.Join(parts, ", ")
}
