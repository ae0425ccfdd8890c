package answer

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// effects are the comparisons that an answer names, in the words for a ratio
// below and above 1.
var effects = []struct{ metric, name, less, more string }{
	{"ttft", "first token", "sooner", "later"},
	{"e2e", "whole answer", "sooner", "later"},
	{"tpot", "time per further token", "shorter", "longer"}, // half the time is twice as fast, and not half as fast again
	{"user_rate", "output speed", "slower", "faster"},       // the same again, where tpot is not compared
}

// speeds compares the candidate with each other target in a sentence.
func speeds(versus []result.Comparison, cells []result.Cell, evidence result.Evidence) []Sentence {
	var out []Sentence
	where, said := "", map[string]bool{}
	if len(cells) > 0 {
		where = UnderLoad(cells[0])
	}
	lead := Faster
	add := func(text, basis string) {
		if text != "" {
			out = append(out, Sentence{Lead: lead, Text: text, Basis: basis})
			lead = ""
		}
	}
	for _, other := range othersOf(versus) {
		var parts, sides []string // with the size of the difference, and without
		var found directions
		pairs, why := 0, ""
		for _, e := range effects {
			if e.metric == "user_rate" && slices.ContainsFunc(versus, func(c result.Comparison) bool { return c.Metric == "tpot" }) {
				continue
			}
			for _, c := range versus {
				if c.Metric != e.metric || c.Stat != result.StatGeometricMean || cmp.Or(c.Against, "baseline") != other {
					continue
				}
				pairs = max(pairs, c.Pairs)
				if text := effect(c.Estimate, e.less, e.more); text != "" {
					if c.Spoilt != "" {
						text += " " + format.Spoilt
					}
					found.add(c, e.metric == "user_rate")
					parts = append(parts, e.name+" "+text)
				} else {
					why = c.Estimate.Withheld
					if text := side(c, e.less, e.more); text != "" {
						found.add(c, e.metric == "user_rate")
						sides = append(sides, e.name+" "+text)
					}
				}
			}
		}
		on := basis(format.Count(pairs)+" pairs", where, string(evidence))
		because := ": " + ended(why)
		if said[why] {
			because = ", for the same reason."
		}
		switch {
		case len(parts) > 0:
			add(fmt.Sprintf("%s: %s than %s.", found.verdict(), strings.Join(parts, ", "), the(other)), on)
			add(network(cells, other), "")
		case len(sides) > 0:
			add(fmt.Sprintf("%s: %s than %s; by how much cannot be told%s", found.verdict(), strings.Join(sides, ", "), the(other), because), on)
			said[why] = true
		case why != "":
			add(fmt.Sprintf("Not compared with %s%s", the(other), because), "")
			said[why] = true
		}
	}
	return out
}

// othersOf are the targets that the candidate is compared with.
func othersOf(versus []result.Comparison) []string {
	var out []string
	for _, c := range versus {
		if other := cmp.Or(c.Against, "baseline"); !slices.Contains(out, other) {
			out = append(out, other)
		}
	}
	return out
}

// ended is a reason in the middle of a sentence, to its full stop.
func ended(why string) string {
	return strings.TrimSuffix(strings.TrimSpace(plaintext.Line(why)), ".") + "."
}

// directions counts which way intervals of ratios lie.
type directions struct{ better, worse, unclear, spoilt int }

// add counts a comparison; up says that more is better.
func (d *directions) add(c result.Comparison, up bool) {
	switch e := c.Estimate; {
	case c.Spoilt != "":
		d.spoilt++
	case c.Direction != "":
		if (c.Direction == result.DirectionHigher) == up {
			d.better++
		} else {
			d.worse++
		}
	case e.Lo == nil || e.Hi == nil || *e.Lo <= 1 && *e.Hi >= 1:
		d.unclear++
	case (*e.Lo > 1) == up:
		d.better++
	default:
		d.worse++
	}
}

// side says on which side the candidate is where the size of a difference is withheld.
func side(c result.Comparison, less, more string) string {
	text := map[string]string{result.DirectionLower: less, result.DirectionHigher: more}[c.Direction]
	if text != "" && c.Spoilt != "" {
		text += " " + format.Spoilt
	}
	return text
}

// verdict is the answer in a word or two. It says yes or no only where every interval
// lies on that side.
func (d *directions) verdict() string {
	switch {
	case d.better+d.worse+d.unclear == 0:
		return "Not to be said " + format.Spoilt
	case d.better+d.worse == 0:
		return "No clear difference"
	case d.worse+d.unclear+d.spoilt == 0:
		return "Yes"
	case d.better == 0 && d.unclear+d.spoilt == 0:
		return "No"
	case d.better == 0:
		return "No, as far as it is clear"
	}
	return "In part"
}

// Effect says for a tile how a metric of the candidate compares with each other target, and
// whether that is better; "" where nothing compares them. clear says that all agree on it.
func Effect(versus []result.Comparison, tag string) (text string, better, clear bool) {
	var parts []string
	var found directions
	others := othersOf(versus)
	for _, other := range others {
		for _, e := range effects {
			for _, c := range versus {
				if e.metric != tag || c.Metric != tag || c.Stat != result.StatGeometricMean || cmp.Or(c.Against, "baseline") != other {
					continue
				}
				one, than := effectOf(c, e.less, e.more)
				if one == "" {
					continue
				}
				if len(others) > 1 { // else there is but one to compare with
					one += " " + than + " " + the(other)
				}
				found.add(c, tag == "user_rate")
				parts = append(parts, one)
			}
		}
	}
	return strings.Join(parts, "; "), found.better > 0, found.unclear+found.spoilt == 0 && (found.better > 0) != (found.worse > 0)
}

// effectOf is a comparison in a few words, with the word before what it is compared with; ""
// where neither size nor side is known.
func effectOf(c result.Comparison, less, more string) (text, than string) {
	text, than = effect(c.Estimate, less, more), "than"
	switch {
	case text == "":
		return side(c, less, more), than
	case strings.HasPrefix(text, "not clearly"):
		text, than = "no clear difference", "from"
	}
	if c.Spoilt != "" {
		text += " " + format.Spoilt
	}
	return text, than
}

// effect says a ratio of times in words: "8.1× sooner [7.9, 8.2]", "9 % later
// [3, 15]"; "" without an estimate.
func effect(e result.Estimate, less, more string) string {
	if e.Value == nil || *e.Value <= 0 || math.IsInf(float64(*e.Value), 0) {
		return ""
	}
	v := float64(*e.Value)
	if e.Lo == nil || e.Hi == nil || *e.Lo <= 0 {
		return change(v) + " " + word(v, less, more) + " (no interval)"
	}
	lo, hi := float64(*e.Lo), float64(*e.Hi)
	if lo <= 1 && hi >= 1 {
		return fmt.Sprintf("not clearly different (%s %s to %s %s)", change(lo), word(lo, less, more), change(hi), word(hi, less, more))
	}
	if v < 1 { // so that the larger effect comes second
		lo, hi = hi, lo
	}
	text := change(v) + " " + word(v, less, more)
	if end(lo, v) == end(v, v) && end(hi, v) == end(v, v) {
		return text // as narrow as the rounding
	}
	return fmt.Sprintf("%s [%s, %s]", text, end(lo, v), end(hi, v))
}

func word(ratio float64, less, more string) string {
	if ratio < 1 {
		return less
	}
	return more
}

// change is a ratio as a factor of 2 and more, or else in percent.
func change(ratio float64) string {
	if inFactors(ratio) {
		return end(ratio, ratio) + "×"
	}
	return end(ratio, ratio) + " %"
}

func inFactors(ratio float64) bool { return max(ratio, 1/ratio) >= 2 }

// end is a ratio in the unit that change has for another one.
func end(ratio, of float64) string {
	if inFactors(of) {
		return format.Number(max(ratio, 1/ratio))
	}
	percent := 100 * math.Abs(ratio-1)
	if percent >= 10 {
		return format.Whole(percent)
	}
	return fmt.Sprintf("%.2g", percent)
}

// the is the name of a target in a sentence.
func the(target string) string {
	if target == "baseline" || target == "candidate" {
		return "the " + target
	}
	return plaintext.Line(target)
}
