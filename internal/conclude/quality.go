package conclude

import (
	"fmt"
	"slices"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/conclude/answers"
	"github.com/inferometer/inferometer/internal/conclude/claim"
	"github.com/inferometer/inferometer/internal/conclude/spent"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/quality"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// qualityCaveat is part of every quality result.
const qualityCaveat = "scores are heuristic: they show drift between two targets on the same prompts and do not prove accuracy"

// Quality concludes the answers to items with checks, and the scores of answers.
func (a *Analysis) Quality(res *result.Result) error {
	scored := cells.Selected(a.plan, plan.Quality) && len(a.run.Scores) > 0
	found := a.answers().Result(a.answerTargets(), a.served)
	judged := a.preferences().Result()
	if !scored && found == nil && judged == nil {
		return nil
	}
	q := &result.Quality{Evidence: evidenceOf(a.results(plan.Latency)), Targets: []result.QualityScore{}, Answers: found, Judged: judged}
	res.Benchmarks.Quality = q
	q.Notes = append(q.Notes, judged.Notes()...)
	if q.Evidence == "" || !scored {
		q.Evidence = a.answersEvidence()
	}
	if !scored {
		return nil
	}
	q.Notes = append(q.Notes, qualityCaveat)
	for _, t := range a.run.Targets {
		if s, ok := a.targetScore(t.Name); ok {
			q.Targets = append(q.Targets, s)
		}
	}
	for _, kind := range a.plan.Quality.KindNames() {
		if k, ok := a.kindScore(kind); ok {
			q.Kinds = append(q.Kinds, k)
		}
	}
	q.Delta = answers.Drift(a.deltas(""))
	if q.Tracking = a.answers().Tracking(); q.Tracking == nil {
		q.Tracking = a.preferences().Tracking(a.answers(), cells.Candidate, cells.Baseline)
	}
	if q.Tracking != nil {
		q.Notes = append(q.Notes, q.Tracking.Text)
	}
	if short := a.truncated(); short > 0 {
		q.Notes = append(q.Notes, fmt.Sprintf("the token limit cut off %s; raise quality.output_tokens to score in full", amount.Things(short, "answer")))
	}
	return nil
}

// answers are the records of answers and scores.
func (a *Analysis) answers() *answers.Run { return answers.Of(a.run.Answers, a.run.Scores) }

// preferences are what judges said.
func (a *Analysis) preferences() *answers.Preferences {
	var models []string
	for _, t := range a.run.Targets {
		models = append(models, t.Model)
	}
	return answers.PreferencesOf(a.run.Judgements, models...)
}

// answerTargets are the targets, as package answers compares them.
func (a *Analysis) answerTargets() answers.Targets {
	t := answers.Targets{Candidate: cells.Candidate, Baseline: cells.Baseline}
	for _, target := range a.run.Targets {
		t.All = append(t.All, target.Name)
	}
	return t
}

// answersEvidence is the weakest evidence of the targets that were asked items; of all, where
// only a judge was asked.
func (a *Analysis) answersEvidence() result.Evidence {
	var words []result.Evidence
	for _, t := range a.run.Targets {
		if len(a.answers().Passes(t.Name)) > 0 {
			words = append(words, t.Evidence)
		}
	}
	if len(words) == 0 {
		for _, t := range a.run.Targets {
			words = append(words, t.Evidence)
		}
	}
	return result.Weakest(words...)
}

// served is the rate at which the load of a pass over items was served: that of the
// throughput level with as many users, or of the cell whose load the pass was under.
func (a *Analysis) served(p answers.Pass) (stats.Bounded, bool) {
	for _, c := range a.cells {
		level := c.Benchmark == plan.Throughput && c.Level == p.Users && p.Cell == cells.ItemsID(p.Target, p.Users)
		if c.Target != p.Target || !level && cells.ItemsUnder(c.ID) != p.Cell {
			continue
		}
		if r := a.measured[c.ID].Metrics.Rates["throughput"]; r.Value != nil && r.Lo != nil && r.Hi != nil {
			return stats.Bounded{Value: float64(*r.Value), Lo: float64(*r.Lo), Hi: float64(*r.Hi)}, true
		}
	}
	return stats.Bounded{}, false
}

// scoreEstimate is the mean of scores, whose interval cannot leave 0 to 100.
func scoreEstimate(v []float64) result.Estimate {
	e := answers.Mean(v)
	if e.Value != nil {
		e.Lo, e.Hi = result.Num(max(0, float64(*e.Lo))), result.Num(min(100, float64(*e.Hi)))
	}
	return e
}

func (a *Analysis) targetScore(name string) (result.QualityScore, bool) {
	s := result.QualityScore{Target: name, Components: map[string]result.Estimate{}, Counted: map[string]int{}}
	var totals []float64
	parts := map[string][]float64{}
	for _, r := range a.run.Scores {
		if r.Target != name {
			continue
		}
		totals = append(totals, r.Total)
		for k, v := range r.Components {
			parts[k] = append(parts[k], v)
		}
		if r.Truncated {
			s.Truncated++
		}
		if r.Empty {
			s.Empty++
		}
	}
	s.N = len(totals)
	s.Score = scoreEstimate(totals)
	for k, v := range parts {
		s.Components[k], s.Counted[k] = scoreEstimate(v), len(v)
	}
	return s, s.N > 0
}

func (a *Analysis) kindScore(kind string) (result.QualityKind, bool) {
	k := result.QualityKind{Kind: kind, Weights: a.plan.Quality.WeightsOf(kind)}
	if k.Weights == nil {
		rules := kind
		if t, ok := a.plan.Quality.Types[kind]; ok {
			rules = t.Rules()
		}
		k.Weights = quality.DefaultWeights(rules)
	}
	of := map[string][]float64{}
	for _, r := range a.run.Scores {
		if r.Kind == kind {
			of[r.Target] = append(of[r.Target], r.Total)
		}
	}
	k.N = len(of[cells.Candidate])
	k.Candidate = scoreEstimate(of[cells.Candidate])
	if b := of[cells.Baseline]; len(b) > 0 {
		e := scoreEstimate(b)
		k.Baseline = &e
		d := answers.Mean(a.deltas(kind))
		k.Delta = &d
	}
	return k, k.N > 0
}

// deltas are the differences of scores of one kind or ("") all.
func (a *Analysis) deltas(kind string) []float64 {
	return a.answers().ScoreDifferences(cells.Candidate, cells.Baseline, kind)
}

func (a *Analysis) truncated() int {
	n := 0
	for _, r := range a.run.Scores {
		if r.Truncated {
			n++
		}
	}
	return n
}

// DecideQuality decides a claim on answers or on the drift of scores.
func (a *Analysis) DecideQuality(c *result.Claim, l metric.Limit, pc plan.Claim, res *result.Result) {
	run := a.answers()
	c.Text = claim.Phrase(l) + ": " + a.model(cells.Candidate)
	if l.Stat != "" && l.Stat != "mean" {
		c.Reason = "quality claims are decided on means; leave the statistic out"
		return
	}
	switch l.Metric.Tag {
	case "quality":
		c.Reason = "heuristic scores prove nothing about quality: claim drift<=5, or accuracy of items with checks"
		return
	case "drift":
		c.Text += fmt.Sprintf(", heuristic scores against those of %s on the same prompts, one at a time, answers of at most %d tokens", a.model(cells.Baseline), a.plan.Quality.OutputTokens) + spent.ReuseCondition(res.Run, cells.Baseline)
		c.Inputs = append(c.Inputs, cells.Baseline)
		if len(a.run.Scores) == 0 {
			c.Heuristic, c.Reason = true, "the quality benchmark was not run, or no answer was scored"
			return
		}
		answers.DecideDrift(c, l, a.deltas(""))
		return
	}
	if l.Metric.Tag == "win_rate" {
		c.Text += fmt.Sprintf(" against %s, by a judge", a.model(cells.Baseline))
		c.Inputs = append(c.Inputs, cells.Baseline)
		a.preferences().Decide(c, l)
		return
	}
	if !run.Checked() {
		c.Reason = a.unasked()
		return
	}
	c.Text += ", items with checks"
	switch l.Metric.Tag {
	case "quality_delta":
		c.Text += fmt.Sprintf(" against %s on the same ones, one at a time", a.model(cells.Baseline))
		if a.plan.Baseline == nil {
			c.Reason = "there is no baseline to compare with; set --baseline"
			return
		}
		c.Inputs = append(c.Inputs, cells.Baseline)
		run.Versus(a.answerTargets()).Decide(c, l)
	case "load_delta":
		p, asked := run.Highest(cells.Candidate, pc.Level)
		if !asked {
			c.Reason = "no item was asked under that load; quality.levels names the levels, and --canary asks items in load, sweeps and capacity"
			return
		}
		c.Text += fmt.Sprintf(" %s against one at a time", under(p))
		if !run.Asked(answers.Alone(cells.Candidate)) {
			c.Reason = "no item was asked one at a time, which a load is compared with; run the quality benchmark to its end (--only quality, or all)"
			return
		}
		run.UnderLoad(p).Decide(c, l)
	case "accuracy":
		p := answers.Alone(cells.Candidate)
		if under, asked := run.Highest(cells.Candidate, pc.Level); pc.Level > 0 && asked {
			p = under
		} else if pc.Level > 0 {
			c.Reason = fmt.Sprintf("no item was asked with %d users at once; quality.levels names the levels", pc.Level)
			return
		}
		c.Text += " " + under(p)
		run.DecideAccuracy(c, l, p)
	}
}

// unasked says why there are no answers to items with checks.
func (a *Analysis) unasked() string {
	switch {
	case cells.Selected(a.plan, plan.Quality):
		return "no item with checks was asked; quality.items names some, and drift<=5 is the claim on heuristic scores"
	case slices.Contains(a.plan.Only, plan.Load) || slices.Contains(a.plan.Only, plan.Capacity):
		return "no item with checks was asked; --canary N asks some"
	}
	return "the quality benchmark was not run; add it to --only"
}

// under says in words how many users asked items at once.
func under(p answers.Pass) string {
	switch p.Users {
	case 0:
		return "under the load of " + p.Cell
	case 1:
		return "one at a time"
	}
	return fmt.Sprintf("with %d users at once", p.Users)
}
