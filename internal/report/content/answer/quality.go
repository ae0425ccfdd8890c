package answer

import (
	"cmp"
	"fmt"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/content/graded"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// qualities says whether answers are as good as others: by claims, else by the
// differences that were found, which claims of nobody decide.
func qualities(r *result.Result) []Sentence {
	q := r.Benchmarks.Quality
	if q == nil {
		return nil
	}
	var out []Sentence
	add := func(state, text, n string) {
		if text != "" {
			out = append(out, Sentence{Text: text, State: state, Basis: basis(n, string(q.Evidence))})
		}
	}
	lead := HowGood
	said := map[string]bool{}
	for _, c := range r.Claims {
		l, err := metric.ParseLimit(c.Limit)
		if err != nil || !c.Set || l.Metric.Kind != metric.Scored || c.Estimate == nil {
			continue
		}
		if c.Unit == "points" && l.Metric.Tag != "drift" {
			continue // of an earlier version, on heuristic scores: nothing is as good by them
		}
		said[l.Metric.Tag] = true
		if l.Metric.Tag == "quality_delta" || l.Metric.Tag == "load_delta" {
			lead = AsGood
		}
		text, n := asGood(r, c, l)
		if l.Metric.Tag == "quality_delta" && q.Answers != nil {
			text += neither(q.Answers.Versus)
		}
		add(string(c.Verdict), text, n)
	}
	if a := q.Answers; a != nil {
		if v := a.Versus; v != nil && !said["quality_delta"] {
			lead = AsGood
			add("", fmt.Sprintf("%s %s; whether that is good enough is for a claim to say (--claim 'quality_delta>=-2pp').%s", rightOf(r, v), difference(v.Difference), neither(v)), "the same "+format.Count(v.Items)+" items")
		}
		for _, p := range a.Load {
			if !said["load_delta"] && p.Difference.Value != nil && p.Difference.Hi != nil && *p.Difference.Hi < 0 {
				add(string(result.Warn), fmt.Sprintf("Worse under load (%s) than alone: %s.", graded.Load(p.Users, false, p.Cell), difference(p.Difference)), "the same "+format.Count(p.Items)+" items")
			}
		}
		for _, f := range a.LoadFaults {
			add(string(result.Warn), fmt.Sprintf("Only under load (%s): %s in %s of %s answers (%s).", graded.Load(f.Users, false, f.Cell), graded.Fault(f.Fault), format.Count(f.Under), format.Count(f.N), graded.Items(f.Items, 3)), "")
		}
		if a.Versus == nil && len(a.Passes) > 0 && !said["accuracy"] {
			p := a.Passes[0]
			add("", fmt.Sprintf("%s of items right, asked one at a time.", format.Estimate(p.Right, "percent", p.Items)), format.Count(p.Items)+" items")
		}
	}
	if j := q.Judged; j != nil && !said["win_rate"] {
		unfit := ""
		for _, f := range j.Fitness {
			if f.Unfit != "" {
				unfit = fmt.Sprintf("The judge %s decides nothing: %s.", plaintext.Line(f.Judge), plaintext.Line(f.Unfit))
				add(string(result.Warn), unfit, "")
			}
		}
		if unfit == "" && j.Items > 0 {
			add("", preferred(j), format.Count(j.Items)+" prompts")
		}
	}
	if text := goodness(q); len(out) == 0 && text != "" { // scores of the text prove nothing: where answers were checked, the report has them below
		if q.Delta != nil {
			lead = AsGood
		}
		add("", "Not tested: no items with checks were asked. "+text, "")
	}
	if len(out) > 0 {
		out[0].Lead = lead
	}
	return out
}

// rightOf says how many answers of each side were right, where that is known.
func rightOf(r *result.Result, v *result.AnswerPairs) string {
	n := v.Both + v.Gained + v.Lost + v.Neither
	if n == 0 {
		return fmt.Sprintf("Right answers against %s:", named(r, v.Against))
	}
	return fmt.Sprintf("%s of %s right, against %s of %s:", format.Count(v.Both+v.Gained), format.Count(n), format.Count(v.Both+v.Lost), named(r, v.Against))
}

// neither says that a difference is one between two sides that both got nothing right: that is
// no answer to how good they are.
func neither(v *result.AnswerPairs) string {
	if v == nil || v.Neither == 0 || v.Both+v.Gained+v.Lost > 0 {
		return ""
	}
	return " Neither got any item right, so this does not say that either is good."
}

// preferred says how often a judge prefers the candidate.
func preferred(j *result.Judged) string {
	return fmt.Sprintf("A judge prefers the candidate in %s of prompts (%d won, %d tied, %d lost).", format.Estimate(j.Rate, "percent", j.Items), j.Wins, j.Ties, j.Losses)
}

func difference(e result.Estimate) string {
	return "difference " + format.Estimate(e, "points", 0)
}

// named is a target by its model.
func named(r *result.Result, target string) string {
	for _, t := range r.Targets {
		if t.Name == target {
			return plaintext.Line(cmp.Or(t.Model, t.Name))
		}
	}
	return plaintext.Line(target)
}

// asGood is a claim on answers as people ask it, and what it rests on.
func asGood(r *result.Result, c result.Claim, l metric.Limit) (text, n string) {
	unit := c.Unit
	if unit == "pp" {
		unit = "points"
	}
	span := format.Span(c.Estimate, c.Lo, c.Hi, unit)
	items := "items"
	if l.Metric.Tag == "drift" || l.Metric.Tag == "win_rate" {
		items = "prompts"
	}
	n = "the same " + format.Count(c.N) + " " + items
	if c.Verdict == result.Undecided && c.NeededN > c.N {
		n = fmt.Sprintf("%s of about %s %s", format.Count(c.N), format.Count(c.NeededN), items)
	}
	margin := ""
	if l.Op == metric.GreaterEqual || l.Op == metric.Greater {
		margin = fmt.Sprintf("%.4g", -l.Value)
	}
	word := map[result.Verdict]string{result.Proved: "Yes", result.Refuted: "No", result.Undecided: "Undecided", result.Invalid: "Not to be said"}[c.Verdict]
	verdict := string(c.Verdict)
	if c.Verdict == result.Proved && c.Hi != nil && *c.Hi < 0 && l.Value < 0 {
		verdict += ", worse but within the margin"
	}
	switch tag := l.Metric.Tag; {
	case tag == "quality_delta" && margin != "" && l.Value < 0:
		return fmt.Sprintf("%s, within %s points of %s (%s): difference %s.", word, margin, named(r, "baseline"), verdict, span), n
	case tag == "load_delta" && margin != "" && l.Value < 0:
		return fmt.Sprintf("Under load as good as alone, within %s points: %s, difference %s.", margin, verdict, span), n
	case tag == "drift":
		return fmt.Sprintf("%s, no drift beyond %.4g points (heuristic, %s): %s.", word, l.Value, verdict, span), n
	}
	return fmt.Sprintf("%s %s (%s): %s.", plaintext.Capital(l.Metric.Name), plaintext.Line(c.Limit), verdict, span), n
}
