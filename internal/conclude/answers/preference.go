package answers

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/conclude/claim"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/stats/paired"
)

// Preferences is what judges said of pairs of answers: per item 1 for the candidate, −1 for the
// baseline and 0 for a tie, averaged over judges.
type Preferences struct {
	items  []preference
	judges []string
	splits int // items of a judge of whom it preferred another answer in each order
	// fitness is what the verdicts of each judge are worth.
	fitness []result.JudgeFitness
}

type preference struct {
	item, kind, group string
	value             float64
}

// PreferencesOf joins both orders of each pair. A judge prefers an answer that it prefers
// in both; verdicts that differ are a tie, and so is one that is missing. contestants are
// the models whose answers are compared.
func PreferencesOf(records []runlog.JudgementRecord, contestants ...string) *Preferences {
	type orders struct{ candidateFirst, baselineFirst string }
	type key struct{ judge, item string }
	p := &Preferences{fitness: Fitness(records, contestants...)}
	said := map[key]*orders{}
	first := map[string]runlog.JudgementRecord{}
	var order []string
	for _, j := range records {
		if j.Canary != "" {
			continue
		}
		k := key{j.Judge, j.Item}
		if said[k] == nil {
			said[k] = &orders{}
		}
		if _, known := first[j.Item]; !known {
			first[j.Item], order = j, append(order, j.Item)
		}
		if !slices.Contains(p.judges, j.Judge) {
			p.judges = append(p.judges, j.Judge)
		}
		if j.First == runlog.ForCandidate {
			said[k].candidateFirst = j.Verdict
		} else {
			said[k].baselineFirst = j.Verdict
		}
	}
	for _, item := range order {
		sum, n := 0.0, 0.0
		for _, judge := range p.judges {
			o := said[key{judge, item}]
			if o == nil {
				continue
			}
			n++
			switch {
			case o.candidateFirst == "" || o.baselineFirst == "":
			case o.candidateFirst != o.baselineFirst:
				p.splits++
			case o.candidateFirst == runlog.ForCandidate:
				sum++
			case o.candidateFirst == runlog.ForBaseline:
				sum--
			}
		}
		j := first[item]
		p.items = append(p.items, preference{item, j.Kind, j.Group, sum / n})
	}
	return p
}

// values are the preferences with their groups.
func (p *Preferences) values() paired.Values {
	var pairing Pairing
	for _, x := range p.items {
		pairing.pairs = append(pairing.pairs, pair{&Item{ID: x.item, Group: x.group, Value: x.value}, &Item{}})
	}
	return pairing.values()
}

// Result is what a result says of the judges' verdicts; nil where none was asked. One
// that failed the pairs that are known may have been asked nothing else.
func (p *Preferences) Result() *result.Judged {
	if len(p.items) == 0 && len(p.fitness) == 0 {
		return nil
	}
	out := &result.Judged{Judges: slices.Clone(p.judges), Items: len(p.items), Splits: p.splits, Fitness: p.fitness}
	for _, f := range p.fitness {
		if !slices.Contains(out.Judges, f.Judge) {
			out.Judges = append(out.Judges, f.Judge)
		}
	}
	kinds := map[string]*result.PairKind{}
	for _, x := range p.items {
		k := kinds[x.kind]
		if k == nil {
			k = &result.PairKind{Kind: x.kind}
			kinds[x.kind] = k
		}
		switch {
		case x.value > 0:
			out.Wins++
			k.Won++
		case x.value < 0:
			out.Losses++
			k.Lost++
		default:
			out.Ties++
			k.Tied++
		}
	}
	for name, k := range kinds {
		if name != "" {
			out.Kinds = append(out.Kinds, *k)
		}
	}
	slices.SortFunc(out.Kinds, func(a, b result.PairKind) int { return cmp.Compare(a.Kind, b.Kind) })
	out.SignTest, _ = paired.McNemar(out.Wins, out.Losses)
	if b, ok := p.values().Bounds(shown); ok {
		out.Rate = result.Estimate{Value: rate(b.Mean), Lo: rate(b.Lo), Hi: rate(b.Hi), NEff: b.NEff}
	} else {
		out.Rate = result.Estimate{Withheld: "too few prompts were judged", NeededN: 2}
	}
	return out
}

// rate is the win rate, in percent, of a mean preference between −1 and 1.
func rate(mean float64) *result.Number { return result.Num(50 + 50*mean) }

// Decide decides a limit on the win rate, in percent. Prompts are what counts, and not
// verdicts; a tie counts half. The bounds are Tango's of wins and losses, with ties as
// pairs that agree.
func (p *Preferences) Decide(c *result.Claim, l metric.Limit) {
	defer p.void(c)
	c.N = len(p.items)
	v := p.values()
	b, ok := v.Bounds(c.Alpha)
	if !ok {
		c.Reason, c.NeededN = "no judge was asked, or too few prompts were judged", 2
		return
	}
	seen, _ := v.Bounds(shown)
	c.Estimate, c.Lo, c.Hi, c.NEff = rate(b.Mean), rate(seen.Lo), rate(seen.Hi), b.NEff
	c.Rule = "Tango's score interval of wins and losses; ties count half"
	claim.Bounds(c, l, 50+50*b.Lo, 50+50*b.Hi)
	switch margin := 1 - l.Value/50; {
	case c.Verdict == result.Proved && seen.Hi < 0 && l.Value < 50:
		c.Reason += "; it loses more than it wins, but within the margin"
	case c.Verdict == result.Undecided:
		n := float64(paired.Needed(discordance(v), b.Mean, margin, c.Alpha)) * float64(c.N) / b.NEff
		if n > float64(c.N) && n < mostNeeded {
			c.NeededN = int(math.Ceil(n))
			c.Reason += fmt.Sprintf("; needs about %d prompts", c.NeededN)
		}
	}
}

// void takes the verdict of a claim back where a judge decides nothing.
func (p *Preferences) void(c *result.Claim) {
	for _, f := range p.fitness {
		if f.Unfit != "" {
			c.Verdict, c.Reason = result.Invalid, fmt.Sprintf("the judge %s decides nothing: %s", f.Judge, f.Unfit)
		}
	}
}

// Tracking is how well differences of heuristic scores go with the judges' verdicts on the
// same pairs; nil where too few have both.
func (p *Preferences) Tracking(r *Run, candidate, baseline string) *result.Tracking {
	totals := map[string]float64{}
	for _, s := range r.scores {
		totals[s.Target+"\x00"+s.Prompt] = s.Total
	}
	var scores, verdicts []float64
	for _, x := range p.items {
		a, okA := totals[candidate+"\x00"+x.item]
		b, okB := totals[baseline+"\x00"+x.item]
		if okA && okB {
			scores, verdicts = append(scores, a-b), append(verdicts, x.value)
		}
	}
	return tracking(scores, verdicts, "the judge's verdicts on the same pairs")
}
