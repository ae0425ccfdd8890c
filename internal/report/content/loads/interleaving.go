package loads

import (
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// interleaved says how targets took turns, and compares the candidate with each
// other one: a table for each.
func interleaved(s *content.Section, l *result.Load) {
	if l.Interleaving == nil {
		return
	}
	var against []string
	of := map[string][]result.Comparison{}
	for _, c := range l.Versus {
		if _, ok := of[c.Against]; !ok {
			against = append(against, c.Against)
		}
		of[c.Against] = append(of[c.Against], c)
	}
	for _, name := range against {
		t := content.Table{Title: "Candidate against " + plaintext.Line(name), Head: content.Columns("", "candidate ÷ "+plaintext.Line(name), "pairs", "the candidate is")}
		short := content.Table{Head: t.Head}
		for _, c := range of[name] {
			row, brief := comparisonRow(c)
			t.Rows = append(t.Rows, row)
			if brief {
				short.Rows = append(short.Rows, row)
			}
			if c.Metric == "success" {
				s.Say(format.Sentence(c.Text))
				if c.Alone > 0 {
					s.Say(fmt.Sprintf("%s prompts are in no pair of candidate and %s: only one target received them, or their round was cut short.", format.Count(c.Alone), plaintext.Line(name)))
				}
			}
		}
		if l.Interleaving.Rounds > 1 {
			s.Table(t, short)
		}
	}
	if len(against) > 0 && l.Interleaving.Rounds > 1 {
		s.Say(fmt.Sprintf("Ratios are over pairs that both targets answered; their 95 %% intervals come from the variation between rounds, so drift widens them without shifting them. There are %s comparisons: expect about one in twenty 95 %% intervals to miss the true value.", format.Count(len(l.Versus))))
	}
	if n := l.Interleaving.Rounds; n > 1 {
		t := content.Table{Title: "Blocks", Head: content.Columns("target", "round", "place", "begins", "window", "ok", "TTFT p50", "E2E p50")}
		for _, c := range l.Cells {
			for _, b := range c.Blocks {
				t.Rows = append(t.Rows, []string{
					plaintext.Line(c.Target), format.Count(b.Round), format.Count(b.Place), format.WithUnit(b.StartS, "s"), format.WithUnit(b.WindowS, "s"),
					fmt.Sprintf("%s of %s", format.Count(b.OK), format.Count(b.Scheduled)), format.Span(b.TTFT, nil, nil, "ms"), format.Span(b.E2E, nil, nil, "ms"),
				})
			}
		}
		const most = 60 // rows; the drawing shows the rest
		if len(t.Rows) <= most {
			s.Pages(t)
		}
	}
}

// comparisonRow is a row of a comparison; brief says that a terminal shows it.
func comparisonRow(c result.Comparison) (row []string, brief bool) {
	name, unit := strings.ToUpper(c.Metric), ""
	if c.Metric == "user_rate" {
		name = "output speed"
	}
	stat := c.Stat
	switch {
	case c.Metric == "success":
		name, unit = "success, difference", "points"
	case c.Stat == result.StatGeometricMean:
		stat, brief = "mean of ratios", true
		name += ", " + stat
	default:
		name += ", " + stat
	}
	pairs := format.Count(c.Pairs)
	if c.Lost > 0 {
		pairs += fmt.Sprintf(" (%s lost)", format.Count(c.Lost))
	}
	return []string{plaintext.Line(name), format.Doubted(format.Estimate(c.Estimate, unit, c.Pairs), c.Spoilt), pairs, format.Doubted(verdict(c), c.Spoilt)}, brief || c.Stat == "p95" || c.Metric == "success"
}

// verdict says in a word what the interval of a comparison says.
func verdict(c result.Comparison) string {
	e := c.Estimate
	equal, words := 1.0, [2]string{"shorter", "longer"}
	switch c.Metric {
	case "success":
		equal, words = 0, [2]string{"less often", "more often"}
	case "user_rate":
		words = [2]string{"slower", "faster"}
	}
	switch {
	case c.Direction == result.DirectionLower:
		return words[0]
	case c.Direction == result.DirectionHigher:
		return words[1]
	case e.Value == nil || e.Lo == nil || e.Hi == nil:
		return format.Missing
	case float64(*e.Hi) < equal:
		return words[0]
	case float64(*e.Lo) > equal:
		return words[1]
	}
	return "no clear difference"
}
