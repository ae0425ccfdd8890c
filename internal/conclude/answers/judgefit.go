package answers

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/quality/judge"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// ordered is one judge's verdicts on one pair, by place, and what is known of the pair.
type ordered struct {
	runlog.JudgementRecord
	ab, ba string // the candidate is read first, and second
}

// outcome is that of the pair, for the candidate.
func (t ordered) outcome() (float64, bool) { return judge.Both(t.ab, t.ba) }

// pairsOf joins the two orders of the pairs of one judge, in the order of the log.
func pairsOf(records []runlog.JudgementRecord, name string) []*ordered {
	var out []*ordered
	known := map[string]*ordered{}
	for _, r := range records {
		if r.Judge != name {
			continue
		}
		id := r.Canary + "\x00" + r.Item
		t := known[id]
		if t == nil {
			t = &ordered{JudgementRecord: r}
			known[id], out = t, append(out, t)
		}
		if r.First == runlog.ForCandidate {
			t.ab = place(r)
		} else {
			t.ba = place(r)
		}
	}
	return out
}

// place is a verdict by the place of the answer that it is for.
func place(r runlog.JudgementRecord) string {
	switch r.Verdict {
	case "":
		return ""
	case runlog.Tie:
		return judge.Tie
	case r.First:
		return judge.First
	}
	return judge.Second
}

// Fitness is what each judge's verdicts are worth. contestants are the models whose
// answers are compared.
func Fitness(records []runlog.JudgementRecord, contestants ...string) []result.JudgeFitness {
	var names []string
	for _, r := range records {
		if !slices.Contains(names, r.Judge) {
			names = append(names, r.Judge)
		}
	}
	var out []result.JudgeFitness
	for _, n := range names {
		out = append(out, fitness(n, pairsOf(records, n), contestants))
	}
	return out
}

func fitness(name string, pairs []*ordered, contestants []string) result.JudgeFitness {
	f := result.JudgeFitness{Judge: name}
	var tests []judge.Tested
	var opinions []judge.Opinion
	var outcomes []float64
	var delta []int
	first, decided := 0, 0
	for _, t := range pairs {
		for _, v := range []string{t.ab, t.ba} {
			switch v {
			case judge.First:
				first++
				decided++
			case judge.Second:
				decided++
			case "":
				if t.Canary == "" {
					f.Unread++
				}
			}
		}
		switch o, ok := t.outcome(); {
		case t.Canary == runlog.CanaryLabel:
			if people, is := map[string]float64{runlog.ForCandidate: judge.Win, runlog.ForBaseline: judge.Loss, runlog.Tie: judge.Half}[t.Want]; ok && is {
				opinions = append(opinions, judge.Opinion{Judge: o, People: people})
			}
		case t.Canary != "":
			tests = append(tests, judge.Tested{Kind: t.Canary, GoodFirst: t.ab, BadFirst: t.ba})
		case ok:
			outcomes, delta = append(outcomes, o), append(delta, t.CandidateRunes-t.BaselineRunes)
		}
	}
	fit := judge.Test(tests)
	f.Canaries, f.Right, f.Failed = fit.Tests, fit.Right, fit.Failed
	if decided > 0 {
		f.FirstShare = result.Num(100 * float64(first) / float64(decided))
	}
	switch {
	case fit.Tests == 0:
		f.Unfit = "it was not tested with pairs that are known"
	case fit.Position:
		f.Unfit = fmt.Sprintf("it goes by position: it chose the answer that it read first in %.0f %% of its verdicts on pairs that are known", 100*fit.FirstShare)
	case len(fit.Failed) > 0:
		f.Unfit = fmt.Sprintf("it failed pairs that are known (%s): %d of %d right", strings.Join(fit.Failed, ", "), fit.Right, fit.Tests)
	}
	if rate, ok := judge.LengthControlled(outcomes, delta); ok {
		f.LengthControlled = result.Num(100 * rate)
	}
	if len(opinions) > 0 {
		a := judge.Agree(opinions)
		f.Labels, f.Same = a.Pairs, a.Same
		if !math.IsNaN(a.Kappa) {
			f.Kappa = result.Num(a.Kappa)
		}
		if sum, n := total(outcomes), float64(len(outcomes)); n > 0 {
			if rate, ok := judge.Corrected(sum/n, a); ok {
				f.Corrected = result.Num(100 * rate)
			}
		}
	}
	for _, c := range contestants {
		if r := judge.Related(name, c); r != "" {
			f.Related = r
		}
	}
	return f
}

func total(x []float64) (sum float64) {
	for _, v := range x {
		sum += v
	}
	return sum
}
