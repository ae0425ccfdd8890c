package report

import (
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/result"
)

// interleaved says how targets took turns, and compares the candidate with each
// other one: a table for each.
func (s *section) interleaved(l *result.Load) {
	if l.Interleaving == nil {
		return
	}
	s.told = append([]string{capital(clean(l.Interleaving.Text)) + "."}, s.told...)
	var against []string
	of := map[string][]result.Comparison{}
	for _, c := range l.Versus {
		if _, ok := of[c.Against]; !ok {
			against = append(against, c.Against)
		}
		of[c.Against] = append(of[c.Against], c)
	}
	for _, name := range against {
		t := table{title: "Candidate against " + clean(name), head: []string{"", "candidate ÷ " + clean(name), "pairs", "which is"}}
		short := table{head: t.head}
		for _, c := range of[name] {
			row, brief := comparisonRow(c)
			t.rows = append(t.rows, row)
			if brief {
				short.rows = append(short.rows, row)
			}
			if c.Metric == "success" {
				s.told = append(s.told, capital(clean(c.Text))+".")
				if c.Alone > 0 {
					s.told = append(s.told, fmt.Sprintf("%s prompts are in no pair of candidate and %s: only one was sent them, or their round was cut short.", count(c.Alone), clean(name)))
				}
			}
		}
		if l.Interleaving.Rounds > 1 {
			s.tables, s.short = append(s.tables, t), append(s.short, short)
		}
	}
	if len(against) > 0 && l.Interleaving.Rounds > 1 {
		s.told = append(s.told, fmt.Sprintf("Ratios are of pairs in which both answered; their 95 %% intervals come from the scatter of the rounds, so that a drift widens them and does not shift them. %s comparisons stand side by side: of twenty, one interval misses the truth by chance.", count(len(l.Versus))))
	}
	if n := l.Interleaving.Rounds; n > 1 {
		t := table{title: "Blocks", head: []string{"target", "round", "place", "begins", "window", "ok", "TTFT p50", "E2E p50"}}
		for _, c := range l.Cells {
			for _, b := range c.Blocks {
				t.rows = append(t.rows, []string{
					clean(c.Target), count(b.Round), count(b.Place), withUnit(b.StartS, "s"), withUnit(b.WindowS, "s"),
					fmt.Sprintf("%s of %s", count(b.OK), count(b.Scheduled)), span(b.TTFT, nil, nil, "ms"), span(b.E2E, nil, nil, "ms"),
				})
			}
		}
		const most = 60 // rows; the drawing shows the rest
		if len(t.rows) <= most {
			s.tables = append(s.tables, t)
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
	pairs := count(c.Pairs)
	if c.Lost > 0 {
		pairs += fmt.Sprintf(" (%s lost)", count(c.Lost))
	}
	return []string{clean(name), estimate(c.Estimate, unit, c.Pairs), pairs, verdict(c)}, brief || c.Stat == "p95" || c.Metric == "success"
}

// verdict says in a word what the interval of a comparison says.
func verdict(c result.Comparison) string {
	e := c.Estimate
	if e.Value == nil || e.Lo == nil || e.Hi == nil {
		return missing
	}
	equal, words := 1.0, [2]string{"shorter", "longer"}
	switch c.Metric {
	case "success":
		equal, words = 0, [2]string{"less often", "more often"}
	case "user_rate":
		words = [2]string{"slower", "faster"}
	}
	switch {
	case float64(*e.Hi) < equal:
		return words[0]
	case float64(*e.Lo) > equal:
		return words[1]
	}
	return "no difference that can be told"
}
