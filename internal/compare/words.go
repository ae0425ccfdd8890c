package compare

import (
	"fmt"
	"math"
	"strings"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
)

// wordless stands where nothing is called.
const wordless = "~"

// word is the direction of a change.
func word(m metric.Metric, above bool) string {
	time := m.Unit == "ms" || m.Unit == "ms/token"
	switch {
	case time && above:
		return "slower"
	case time:
		return "faster"
	case above:
		return "higher"
	}
	return "lower"
}

func join(parts []string, sep string) string { return strings.Join(parts, sep) }

// number is a figure for people.
func number(v float64) string { return amount.Significant(v, 4) }

// Name is the figure of an effect: "ttft p95", "success".
func (e Effect) Name() string {
	if e.Stat == "" {
		return e.Metric
	}
	return e.Metric + " " + e.Stat
}

// Change is an effect in words with its interval: "+7.1 % [+5.2 %, +9.0 %]". Empty where
// it is withheld.
func (e Effect) Change() string {
	if e.Unit == "ratio" {
		return e.Difference.text(func(v float64) string { return signed(v) + " pp" }, "-∞")
	}
	return e.Ratio.Percent()
}

// Percent writes a ratio as a change in percent.
func (i Interval) Percent() string {
	if i.Hi != nil && *i.Hi == 0 {
		return fromInfinite
	}
	return i.text(func(v float64) string { return signed(100*(v-1)) + " %" }, "-100 %")
}

// What stands for a change where failed requests reach into one of the two.
const toInfinite, fromInfinite = "to ∞ (failed requests)", "from ∞ (failed requests)"

// text writes an interval; least stands for a lower end that does not exist.
func (i Interval) text(of func(float64) string, least string) string {
	switch {
	case i.Withheld != "":
		return ""
	case i.Lo != nil && math.IsInf(float64(*i.Lo), 1):
		return toInfinite
	case i.Hi != nil && math.IsInf(float64(*i.Hi), -1):
		return fromInfinite
	}
	end := func(n *result.Number, none string) string {
		if n == nil {
			return none
		}
		if math.IsInf(float64(*n), 1) {
			return "∞"
		}
		return of(float64(*n))
	}
	value := "" // one of the two is infinite
	if i.Value != nil {
		value = of(float64(*i.Value)) + " "
	}
	return value + "[" + end(i.Lo, least) + ", " + end(i.Hi, "∞") + "]"
}

// signed has the sign and about three digits: +7.1, −12, +250.
func signed(v float64) string {
	if math.IsInf(v, 0) {
		return map[bool]string{true: "∞", false: "-∞"}[v > 0]
	}
	digits := 1
	if math.Abs(v) >= 99.95 {
		digits = 0
	} else if math.Abs(v) < 0.095 {
		digits = 2
	}
	s := fmt.Sprintf("%+.*f", digits, v)
	if strings.Trim(s, "+-0.") == "" {
		return "0"
	}
	return s
}

// DetectableText is the smallest difference that such runs show, in words.
func (e Effect) DetectableText() string {
	if e.Detectable == nil {
		return ""
	}
	v := float64(*e.Detectable)
	if e.Unit == "ratio" {
		return amount.Significant(v, 2) + " pp"
	}
	return amount.Significant(100*v, 2) + " %"
}

// answer says in a sentence for each run what the comparison shows.
func answer(d *Document) string {
	var out []string
	for i := range d.Comparisons {
		out = append(out, sentence(d, &d.Comparisons[i]))
	}
	if least := detected(d); least != nil {
		out = append(out, fmt.Sprintf("The smallest change of ttft p50 that such runs call in 4 of 5 cases is %s.", least.DetectableText()))
	}
	return strings.Join(out, " ")
}

// detected is the effect that stands for what such runs find.
func detected(d *Document) *Effect {
	for i := range d.Comparisons {
		for _, c := range d.Comparisons[i].Cells {
			for k := range c.Effects {
				if e := &c.Effects[k]; e.Detectable != nil && e.Metric == "ttft" && e.Stat == "p50" {
					return e
				}
			}
		}
	}
	return nil
}

// sentence says what one run shows against the first.
func sentence(d *Document, c *Comparison) string {
	of := map[Verdict][]string{}
	tested := 0
	for k := range c.Cells {
		for _, e := range c.Cells[k].Effects {
			text := e.Name() + " " + e.Word
			if change := e.Change(); change != "" {
				text = e.Name() + " " + change
			}
			if len(c.Cells) > 1 {
				text += " (" + c.Cells[k].ID + ")"
			}
			if e.P != nil {
				tested++
			}
			of[e.Verdict] = append(of[e.Verdict], text)
		}
	}
	worse, better, hints, spoilt := of[Worse], of[Better], of[Hint], of[Spoilt]
	var text string
	switch {
	case len(worse) > 0 && len(better) > 0:
		text = fmt.Sprintf("%s and %s differ both ways: worse in %s; better in %s.", c.Run, c.Base, brief(worse), brief(better))
	case len(worse) > 0:
		text = fmt.Sprintf("%s is worse than %s: %s.", c.Run, c.Base, brief(worse))
	case len(better) > 0:
		text = fmt.Sprintf("%s is better than %s: %s.", c.Run, c.Base, brief(better))
	case len(c.Cells) == 0:
		return fmt.Sprintf("%s and %s have no load in common.", c.Run, c.Base)
	case tested == 0 && len(spoilt) > 0:
		return fmt.Sprintf("Nothing can be said of %s against %s: validity checks spoil every figure, or they are of different work.", c.Run, c.Base)
	case tested == 0:
		return fmt.Sprintf("Nothing can be said of %s against %s: these runs are too short for any interval.", c.Run, c.Base)
	case len(hints) > 0:
		text = fmt.Sprintf("No difference between %s and %s can be called in %s at once. Hints, which may be chance: %s.", c.Run, c.Base, amount.Things(d.Tests, "figure"), brief(hints))
	default:
		text = fmt.Sprintf("No evidence of a difference between %s and %s in %s.", c.Run, c.Base, amount.Things(tested, "figure"))
	}
	if len(spoilt) > 0 {
		text += fmt.Sprintf(" %s cannot be compared: validity checks spoil them, or they are of different work.", amount.Things(len(spoilt), "further figure"))
	}
	return text
}

// brief names the first few.
func brief(all []string) string {
	const most = 4
	if len(all) <= most {
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(all[:most], ", "), len(all)-most)
}

// notes say what a reader must know of the comparison as a whole.
func notes(d *Document, runs []*Run) []string {
	var out []string
	for _, r := range runs {
		if r.NoRequests != "" {
			out = append(out, fmt.Sprintf("%s: %s; its figures and intervals are those of result.json", r.Name, r.NoRequests))
		}
		if r.Result.Run.Status != result.Complete {
			out = append(out, fmt.Sprintf("%s is %s: %s", r.Name, r.Result.Run.Status, r.Result.Run.Reason))
		}
	}
	for _, x := range d.Differences {
		if x.Rule == "lengths" && strings.HasPrefix(x.What, "mean output tokens") {
			out = append(out, "the answers differ in length, so that end-to-end latencies compare different work; ttft and tpot do not depend on it as much")
			break
		}
	}
	if d.Tests > 0 {
		out = append(out, fmt.Sprintf("a difference is called (better, worse) where it holds for all %d figures at once, with an error probability of %.2g (Holm); intervals are at 95 %% each", d.Tests, d.Alpha))
	}
	return append(out, "intervals hold for these runs as they were: a restart of the server or another hour may change more than they say; targets that take turns (load --baseline) or repeats tell such changes apart")
}
