package content

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// ratesNotes say why rates that are shown have no interval, and which those are. The
// pages alone have all of them.
func ratesNotes(cells []result.Cell) []Note {
	var out []Note
	for _, group := range []struct {
		kind NoteKind
		tags []string
	}{
		{Sampled, []string{"throughput", "output_throughput"}},
		{Remark, []string{"goodput", "input_throughput"}},
	} {
		for _, c := range cells {
			out = appendNew(out, rateNotes(c, group.kind, group.tags)...)
		}
	}
	return out
}

// rateNotes are those of a cell: one for each reason.
func rateNotes(c result.Cell, kind NoteKind, tags []string) []Note {
	var reasons []string
	of := map[string][]string{}
	for _, tag := range tags {
		r := c.Metrics.Rates[tag]
		if !format.Weak(format.Rate(r)) {
			continue
		}
		if of[r.Withheld] == nil {
			reasons = append(reasons, r.Withheld)
		}
		of[r.Withheld] = append(of[r.Withheld], metricName(tag))
	}
	who := plaintext.Line(c.Target)
	if c.Load.Users > 1 {
		who += ", " + format.Users(c.Load.Users)
	}
	var out []Note
	for _, why := range reasons {
		text := fmt.Sprintf("%s (%s): %s.", strings.Join(of[why], ", "), who, plaintext.Line(why))
		if kind == Remark {
			text = format.Approximate + " " + text
		}
		out = append(out, Note{kind, text})
	}
	return out
}

func appendNew(list []Note, more ...Note) []Note {
	for _, n := range more {
		if !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	return list
}
