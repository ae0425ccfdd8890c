package loads

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// ratesNotes say why rates that are shown have no interval, and which those are. The
// pages alone have all of them.
func ratesNotes(cells []result.Cell) []content.Note {
	var out []content.Note
	for _, group := range []struct {
		kind content.NoteKind
		tags []string
	}{
		{content.Sampled, []string{"throughput", "output_throughput"}},
		{content.Remark, []string{"goodput", "input_throughput"}},
	} {
		for _, c := range cells {
			out = appendNew(out, rateNotes(c, group.kind, group.tags)...)
		}
	}
	return out
}

// rateNotes are those of a cell: one for each reason.
func rateNotes(c result.Cell, kind content.NoteKind, tags []string) []content.Note {
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
	var out []content.Note
	for _, why := range reasons {
		text := fmt.Sprintf("%s (%s): %s.", strings.Join(of[why], ", "), who, plaintext.Line(why))
		if kind == content.Remark {
			text = format.Approximate + " " + text
		}
		out = append(out, content.Note{Kind: kind, Text: text})
	}
	return out
}

func appendNew(list []content.Note, more ...content.Note) []content.Note {
	for _, n := range more {
		if !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	return list
}
