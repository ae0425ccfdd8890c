package compare

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// Decide decides the conditions of a run's plan, all of them as one gate. find returns the
// kept run that a tag stands for, or says why there is none yet, which leaves its conditions
// undecided; with an error they are invalid. A tag that is the name of another target of the
// run stands for that, and is decided by its pairs. It also returns the comparison with each kept run, by its tag.
func Decide(run *Run, changes []metric.Change, version string, find func(tag string) (run *Run, none string, err error)) (*Gate, map[string]*Document) {
	var tags []string
	of := map[string][]metric.Change{}
	for _, c := range changes {
		if of[c.Against] == nil {
			tags = append(tags, c.Against)
		}
		of[c.Against] = append(of[c.Against], c)
	}
	var conditions []Condition
	docs := map[string]*Document{}
	for _, tag := range tags {
		if tag != candidate && run.hasTarget(tag) {
			for _, c := range of[tag] {
				conditions = append(conditions, run.own(c, tag)...)
			}
			continue
		}
		base, none, err := find(tag)
		if none != "" {
			for _, c := range of[tag] {
				conditions = append(conditions, without(c, tag, Undecided, none))
			}
			continue
		}
		var doc *Document
		if err == nil {
			doc, err = Compare([]*Run{base, run}, Options{Version: version})
		}
		if err != nil {
			why := err.Error()
			if refused := new(Refused); errors.As(err, &refused) {
				why = "it measured something else: " + refused.Differences[0].String()
			}
			why, _, _ = strings.Cut(why, "\n")
			for _, c := range of[tag] {
				conditions = append(conditions, without(c, tag, Invalid, why))
			}
			continue
		}
		docs[tag] = doc
		conditions = append(conditions, conditionsOf(of[tag], doc.Comparisons[0])...)
	}
	return newGate(conditions), docs
}

// hasTarget reports whether the run itself measured a target of that name.
func (r *Run) hasTarget(name string) bool {
	return slices.ContainsFunc(r.Result.Targets, func(t result.Target) bool { return t.Name == name })
}

// own are the conditions of a change against another target of the run, as its baseline: by pairs where the load
// compared that statistic and every request of the pairs counts, else by the cells of both
// targets, where failures are slower than anything.
func (r *Run) own(change metric.Change, against string) []Condition {
	if c, ok := r.paired(change, against); ok {
		return []Condition{c}
	}
	var out []Condition
	for benchmark, c := range r.Result.Cells() {
		if benchmark == "capacity" || benchmark == "scan" || c.Target != candidate {
			continue
		}
		for other, b := range r.Result.Cells() {
			if other != benchmark || b.Target != against || strings.Replace(c.ID, candidate, against, 1) != b.ID {
				continue
			}
			cell := Cell{ID: c.ID, Benchmark: benchmark, Target: candidate, Load: c.Load.Text, Evidence: result.Weakest(b.Evidence, c.Evidence), base: newSide(r, b), other: newSide(r, c)}
			if !cell.has(change.Metric) {
				continue
			}
			condition := cell.condition(change, against)
			if why := r.unsettled(change, against); condition.Outcome == "" && why != "" {
				condition.Outcome, condition.Reason = Undecided, why
			}
			if check, is := r.Result.Validity.SpoiltBetween(change.Metric.Tag, c.ID, b.ID); is {
				condition.Outcome, condition.Reason = Invalid, check.ID+": "+check.Text
			}
			out = append(out, condition)
		}
	}
	if len(out) == 0 {
		return []Condition{without(change, against, Invalid, fmt.Sprintf("no load on both targets measured %s", change.Metric.Tag))}
	}
	return out
}

// unsettled says that latencies of blocks which began with an empty server say nothing of a
// long run, in whatever statistic or unit; "" where that is not so.
func (r *Run) unsettled(change metric.Change, against string) string {
	l := r.Result.Benchmarks.Load
	if l == nil || change.Metric.Kind == metric.Rate {
		return ""
	}
	for _, v := range l.Versus {
		if v.Against == against && strings.HasPrefix(v.Estimate.Withheld, result.Unsettled) {
			return v.Estimate.Withheld
		}
	}
	return ""
}

// paired is a condition decided by the pairs of a load whose targets took turns. It is not ok
// where the load has no such comparison, the change is not in its unit, or requests failed or
// were cut: pairs leave those out, so that a target which fails its slowest requests would
// pass for a faster one.
func (r *Run) paired(change metric.Change, against string) (Condition, bool) {
	l := r.Result.Benchmarks.Load
	if l == nil {
		return Condition{}, false
	}
	stat := change.Stat
	if stat == "mean" {
		stat = result.StatGeometricMean
	}
	share := change.Metric.Unit == "ratio"
	if share {
		stat = result.StatDifference
	}
	for _, v := range l.Versus {
		if v.Metric != change.Metric.Tag || v.Stat != stat || v.Against != against || share == change.Relative || !share && v.Lost > 0 && failed(l, against) {
			continue
		}
		c := Condition{
			Condition: written(change), Against: against, Cell: "load/" + candidate, Evidence: l.Evidence, Unit: unitOf(change), Method: v.Method,
			change: change, n: v.Pairs, Base: Side{N: v.Pairs}, Run: Side{N: v.Pairs},
			Change: Interval{Value: v.Estimate.Value, Lo: v.Estimate.Lo, Hi: v.Estimate.Hi, Withheld: v.Estimate.Withheld},
		}
		for i := range l.Cells {
			if l.Cells[i].ID == c.Cell {
				c.Load = l.Cells[i].Load.Text
			}
		}
		switch e := v.Estimate; {
		case v.Spoilt != "":
			c.Outcome, c.Reason = Invalid, v.Spoilt
		case e.Value == nil || e.Lo == nil || e.Hi == nil:
			c.Outcome, c.Reason, c.NeededN = Undecided, e.Withheld, e.NeededN
		default:
			c.test = pairs(float64(*e.Value), float64(*e.Lo), float64(*e.Hi), v.Rounds-1, share)
		}
		return c, true
	}
	return Condition{}, false
}

// failed reports whether requests of the candidate or of another target failed or were cut.
func failed(l *result.Load, against string) bool {
	for _, c := range l.Cells {
		if n := c.Counts; (c.Target == candidate || c.Target == against) && n.Failed+n.Shed+n.Cut > 0 {
			return true
		}
	}
	return false
}

// pairs is the contrast of an effect that was found by pairs, with its interval at 95 %:
// Student's over rounds, of logarithms but for a share.
func pairs(v, lo, hi float64, df int, share bool) contrast {
	percent := 1.0
	if share {
		percent = 100
		v, lo, hi = v/percent, lo/percent, hi/percent
	} else {
		v, lo, hi = math.Log(v), math.Log(lo), math.Log(hi)
	}
	half := func(alpha float64) float64 {
		t := func(alpha float64) float64 { return stats.StudentQuantile(1-alpha, float64(max(1, df))) }
		return t(alpha) / t(shownAlpha)
	}
	return contrast{
		base: stats.Uncertain{Bound: func(float64, bool) (float64, bool) { return 0, true }},
		run: stats.Uncertain{Value: v, Bound: func(alpha float64, upper bool) (float64, bool) {
			if upper {
				return v + (hi-v)*half(alpha), true
			}
			return v - (v-lo)*half(alpha), true
		}},
		log: !share, percent: percent, ok: true,
	}
}
