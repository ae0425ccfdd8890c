package answers

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/conclude/claim"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats/paired"
)

// shown is the one-sided error of each bound of an interval that is shown.
const shown = 0.025

// mostFlips is how many items that changed a result lists.
const mostFlips = 200

// method says how the interval of a comparison was made.
func method(b paired.Bounds, once bool) string {
	text := "candidate − other on the same items; Tango's score interval"
	switch {
	case b.Groups > 0:
		return text + fmt.Sprintf(" at the effective number of items of %d groups", b.Groups)
	case !once:
		return text + " at the effective number of items, repeated answers averaged"
	}
	return text
}

// Compared is what a result says of the pairs of right and wrong answers.
func (p Pairing) Compared() result.AnswerPairs {
	out := result.AnswerPairs{Items: p.Len(), Unpaired: len(p.OnlyFirst) + len(p.OnlySecond) - len(p.Missing), Notes: p.notes()}
	out.Both, out.Gained, out.Lost, out.Neither = p.table()
	out.McNemar, _ = paired.McNemar(out.Gained, out.Lost)
	v := p.values()
	b, ok := v.Bounds(shown)
	out.Groups = b.Groups
	if !ok {
		out.Difference = result.Estimate{Withheld: tooFew(p, b), NeededN: 2}
	} else {
		out.Difference = result.Estimate{Value: result.Num(100 * b.Mean), Lo: result.Num(100 * b.Lo), Hi: result.Num(100 * b.Hi), NEff: b.NEff}
		if psi := discordance(v); psi > 0 {
			out.Provable = result.Num(100 * paired.SmallestMargin(b.NEff, psi, alpha, paired.Power))
		}
	}
	out.Method = method(b, v.Once())
	out.Kinds = p.kinds()
	out.Flips = p.flips()
	if n := len(out.Flips); n > mostFlips {
		out.Flips, out.FlipsCut = out.Flips[:mostFlips], n-mostFlips
	}
	return out
}

// alpha is the one-sided error of a claim that does not say.
const alpha = 0.05

// discordance is the share of the items that differ, or the same of repeated answers.
func discordance(v paired.Values) float64 {
	sum := 0.0
	for _, d := range v.Of {
		sum += math.Abs(d)
	}
	return sum / float64(len(v.Of))
}

func tooFew(p Pairing, b paired.Bounds) string {
	switch {
	case p.Len() == 0 && len(p.Unanswered) > 0:
		return "every answer to compare with was lost"
	case p.Len() == 0:
		return "no item was asked on both sides"
	case b.Groups == 1:
		return "all items are of one group, which says nothing of others"
	}
	return "too few items"
}

// kinds counts by kind of content which side answered right.
func (p Pairing) kinds() []result.PairKind {
	var out []result.PairKind
	at := map[string]int{}
	for _, x := range p.pairs {
		kind := cmp.Or(x.first.Kind, x.second.Kind)
		if kind == "" {
			continue
		}
		i, known := at[kind]
		if !known {
			i = len(out)
			at[kind], out = i, append(out, result.PairKind{Kind: kind})
		}
		switch {
		case x.first.First == x.second.First:
			out[i].Tied++
		case x.first.First:
			out[i].Won++
		default:
			out[i].Lost++
		}
	}
	slices.SortFunc(out, func(a, b result.PairKind) int { return cmp.Compare(a.Kind, b.Kind) })
	return out
}

// flips are the items that changed, the lost ones first.
func (p Pairing) flips() []result.AnswerFlip {
	var lost, gained []result.AnswerFlip
	for _, x := range p.pairs {
		f := result.AnswerFlip{Item: x.first.ID, Kind: cmp.Or(x.first.Kind, x.second.Kind)}
		switch {
		case x.first.First == x.second.First:
		case x.first.First:
			f.Gained, f.Failed, f.Faults = true, x.second.Failed, x.second.Faults
			gained = append(gained, f)
		default:
			f.Failed, f.Faults = x.first.Failed, x.first.Faults
			lost = append(lost, f)
		}
	}
	return append(lost, gained...)
}

// Decide decides a limit on the difference of the shares that are right, in percentage
// points: by the bounds at the claim's own error, one-sided.
//
// Its reason and its text say what the pairs do not show.
func (p Pairing) Decide(c *result.Claim, l metric.Limit) {
	defer func() {
		c.Reason = strings.Join(append([]string{c.Reason}, p.notes()...), "; ")
		c.Text = strings.Join(append([]string{c.Text}, p.conditions()...), "; ")
	}()
	c.N = p.Len()
	v := p.values()
	b, ok := v.Bounds(c.Alpha)
	if !ok {
		c.Reason, c.NeededN = tooFew(p, b), 2
		return
	}
	seen, _ := v.Bounds(shown)
	c.Estimate, c.Lo, c.Hi, c.NEff = result.Num(100*b.Mean), result.Num(100*seen.Lo), result.Num(100*seen.Hi), b.NEff
	c.Rule = method(b, v.Once())
	claim.Bounds(c, l, 100*b.Lo, 100*b.Hi)
	if atLeast := l.Op == metric.Greater || l.Op == metric.GreaterEqual; !atLeast {
		return // of no use but to show that something is worse
	}
	switch {
	case c.Verdict == result.Proved && seen.Hi < 0 && l.Value < 0:
		c.Reason += "; it is worse, but within the margin"
	case c.Verdict == result.Undecided:
		p.lacking(c, l, v, b)
	}
}

// lacking says what would decide an undecided claim.
func (p Pairing) lacking(c *result.Claim, l metric.Limit, v paired.Values, b paired.Bounds) {
	psi := discordance(v)
	perItem := float64(c.N) / b.NEff
	n := float64(paired.Needed(psi, b.Mean, -l.Value/100, c.Alpha)) * perItem
	if n <= float64(c.N) && l.Value < 0 { // by chance; a true difference of 0 needs so many
		n = float64(paired.Needed(psi, 0, -l.Value/100, c.Alpha)) * perItem
	}
	if n > float64(c.N) && n < mostNeeded {
		c.NeededN = int(math.Ceil(n))
		c.Reason += fmt.Sprintf("; needs about %s items", amount.Count(float64(c.NeededN)))
		if psi == 0 { // so few say little of how many differ
			c.Reason += fmt.Sprintf(" if none of them differs, and %s if 10 %% do", amount.Count(math.Ceil(float64(paired.Needed(0.1, 0, -l.Value/100, c.Alpha))*perItem)))
		}
	}
	if least := 100 * paired.SmallestMargin(b.NEff, psi, c.Alpha, paired.Power); psi > 0 && l.Value < 0 && least > -l.Value {
		c.Reason += fmt.Sprintf("; %d items of which %.3g %% differ can hardly prove a margin under %.2g pp", c.N, 100*psi, min(least, 99))
	}
}

// mostNeeded is the number of items from which on saying so helps nobody.
const mostNeeded = 1e7
