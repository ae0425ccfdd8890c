// Package answer says in a sentence each what a run was made for: how fast, at what
// cost, how good, how much load, and what became of the claims. Each sentence
// follows from the result alone, so that a page and a terminal say the same. The
// only figures that are computed here are those of two targets without the network
// between them and the client.
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

// Sentence is one answer, or a part of one.
type Sentence struct {
	Lead  string // what it is about, in a word; empty for more about the same
	Text  string
	State string // the verdict, or the status of a check, that it is about
}

// Of returns the answers of a result, in the order of a report.
func Of(r *result.Result) []Sentence {
	b, v := r.Benchmarks, r.Validity
	var out []Sentence
	say := func(lead, state string, texts ...string) {
		for _, t := range texts {
			if t != "" {
				out = append(out, Sentence{Lead: lead, Text: t, State: state})
				lead = ""
			}
		}
	}
	var versus []result.Comparison
	var compared []result.Cell
	if l := b.Latency; l != nil {
		versus, compared = append(versus, l.Versus...), append(compared, l.Cells...)
	}
	if l := b.Load; l != nil {
		versus, compared = append(versus, l.Versus...), append(compared, l.Cells...)
	}
	say("Overload", string(result.Warn), overloads(b)...)
	speed := speeds(versus, compared)
	if len(speed) == 0 {
		speed = serves(compared, v)
	}
	say("Speed", "", speed...)
	say("Load", "", carries(b, len(versus) == 0, v)...)
	out = append(out, Forecast(b.Forecast, "Forecast")...)
	say("Cost", "", costs(b.Cost)...)
	for i, s := range qualities(r) {
		if i == 0 {
			s.Lead = "Quality"
		}
		out = append(out, s)
	}
	say("Reused", "", reused(r)...)
	say("Failures", string(result.Fail), failed(r))
	for _, v := range []result.Verdict{result.Proved, result.Refuted, result.Undecided, result.Invalid} {
		say("Claims", string(v), verdicts(r.Claims, v))
	}
	if v.Status == result.Fail {
		say("Validity", string(result.Fail), failedChecks(v))
	}
	if len(out) > 0 {
		say("When", "", Hours(r))
		say("Spent", "", spent(r.Run.Spend))
	}
	return out
}

// Forecast returns the answers of a forecast; lead is the first one's.
func Forecast(f *result.Forecast, lead string) []Sentence {
	if f == nil {
		return nil
	}
	var out []Sentence
	for _, t := range f.Text {
		out = append(out, Sentence{Lead: lead, Text: plaintext.Line(t)})
		lead = ""
	}
	return out
}

func failedChecks(v result.Validity) string {
	n := 0
	for _, c := range v.Checks {
		if c.Status == result.Fail {
			n++
		}
	}
	return fmt.Sprintf("%d of %d checks failed: what is marked %s proves nothing.", n, len(v.Checks), format.Spoilt)
}

// effects are the comparisons that an answer names, in the words for a ratio
// below and above 1.
var effects = []struct{ metric, name, less, more string }{
	{"ttft", "first token", "sooner", "later"},
	{"e2e", "whole answer", "sooner", "later"},
	{"tpot", "time per further token", "shorter", "longer"}, // half the time is twice as fast, and not half as fast again
	{"user_rate", "output speed", "slower", "faster"},       // the same again, where tpot is not compared
}

// speeds compares the candidate with each other target in a sentence.
func speeds(versus []result.Comparison, cells []result.Cell) []string {
	var out, others []string
	for _, c := range versus {
		if other := cmp.Or(c.Against, "baseline"); !slices.Contains(others, other) {
			others = append(others, other)
		}
	}
	for _, other := range others {
		var parts []string
		pairs, why := 0, ""
		for _, e := range effects {
			if e.metric == "user_rate" && slices.ContainsFunc(versus, func(c result.Comparison) bool { return c.Metric == "tpot" }) {
				continue
			}
			for _, c := range versus {
				if c.Metric != e.metric || c.Stat != result.StatGeometricMean || cmp.Or(c.Against, "baseline") != other {
					continue
				}
				if text := effect(c.Estimate, e.less, e.more); text != "" {
					if c.Spoilt != "" {
						text += " " + format.Spoilt
					}
					parts = append(parts, e.name+" "+text)
					pairs = max(pairs, c.Pairs)
				} else {
					why = c.Estimate.Withheld
				}
			}
		}
		switch {
		case len(parts) > 0:
			text := fmt.Sprintf("%s than %s (%s pairs).", plaintext.Capital(strings.Join(parts, ", ")), the(other), format.Count(pairs))
			out = append(out, text)
			if text := network(cells, other); text != "" {
				out = append(out, text)
			}
		case why != "":
			out = append(out, fmt.Sprintf("Not compared with %s: %s", the(other), format.Sentence(why)))
		}
	}
	return out
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

// serves says what a server without anything to compare it with does.
func serves(cells []result.Cell, v result.Validity) []string {
	var out []string
	for _, c := range cells {
		text := times(c, v)
		if text == "" {
			continue
		}
		where := "one request at a time"
		switch {
		case c.Load.Kind == "open":
			where = format.Number(c.Load.Rate) + " requests/s"
			if c.Load.Of != "" || c.Load.Rate == 0 {
				where = plaintext.Line(c.Load.Text)
			}
		case c.Load.Users > 1:
			where = format.Users(c.Load.Users) + " at once"
		}
		if len(cells) > 1 {
			where = plaintext.Line(c.Target) + ", " + where
		}
		out = append(out, plaintext.Capital(where)+": "+text+".")
	}
	return out
}

// times are the median and p95 of what a user waits for.
func times(c result.Cell, v result.Validity) string {
	var parts []string
	for _, tag := range []string{"ttft", "tpot", "e2e"} {
		s := c.Metrics.Stats[tag]
		if s.N == 0 || c.Counts.OK == 0 {
			continue // what failed is said by itself
		}
		text := strings.ToUpper(tag) + " " + format.Figure(c.Metrics, tag, "p50")
		if s.P50.Value == nil && s.P50.Sample == nil && s.Mean != nil {
			text = strings.ToUpper(tag) + " " + format.Number(float64(*s.Mean)) + " on average"
		}
		if p95 := format.Figure(c.Metrics, tag, "p95"); p95 != format.Missing {
			text += " (p95 " + p95 + ")"
		}
		parts = append(parts, format.Marked(text, v, tag, c.ID))
	}
	if parts == nil {
		return ""
	}
	return strings.Join(parts, ", ") + " ms"
}

// carries says how much load there was, or how much is proved. each asks for a
// sentence for each level.
func carries(b result.Benchmarks, each bool, v result.Validity) []string {
	var out []string
	if c := b.Capacity; c != nil {
		out = append(out, plaintext.Line(c.Text))
	}
	if t := b.Throughput; t != nil {
		for _, c := range t.Cells {
			if text := times(c, v); text != "" && each {
				where := format.Users(c.Load.Users)
				if len(targetsOf(t.Cells)) > 1 {
					where += " of the " + plaintext.Line(c.Target)
				}
				out = append(out, plaintext.Capital(where)+": "+text+".")
			}
		}
		out = append(out, most(t.Cells, v, func(c result.Cell) string { return format.Users(c.Load.Users) }))
	}
	if l := b.Load; l != nil {
		var parts []string
		for _, c := range l.Cells {
			text := delivered(c, v)
			if c.Counts.OnlyWarmup() {
				text = "nothing was measured, since it ended in the warm-up"
			}
			if text != "" {
				if len(l.Cells) > 1 {
					text = plaintext.Line(c.Target) + " " + text
				}
				parts = append(parts, text)
			}
		}
		if parts != nil {
			out = append(out, plaintext.Capital(strings.Join(parts, "; "))+".")
		}
	}
	if s := b.Scan; s != nil {
		out = append(out, most(s.Cells, v, func(c result.Cell) string { return plaintext.Line(c.Load.Text) }))
	}
	return out
}

func targetsOf(cells []result.Cell) map[string]bool {
	out := map[string]bool{}
	for _, c := range cells {
		out[c.Target] = true
	}
	return out
}

// most names the cell with the highest output.
func most(cells []result.Cell, v result.Validity, name func(result.Cell) string) string {
	var best *result.Cell
	for i, c := range cells {
		v := c.Metrics.Rates["output_throughput"].Value
		if v != nil && (best == nil || *v > *best.Metrics.Rates["output_throughput"].Value) {
			best = &cells[i]
		}
	}
	if best == nil || *best.Metrics.Rates["output_throughput"].Value == 0 {
		return ""
	}
	return fmt.Sprintf("Most output: %s (%s).", delivered(*best, v), name(*best))
}

// delivered are the rates of a cell.
func delivered(c result.Cell, v result.Validity) string {
	var parts []string
	for _, tag := range []string{"output_throughput", "throughput"} {
		r := c.Metrics.Rates[tag]
		if tag == "throughput" {
			r.Unit = "requests/s"
		}
		if r.Value != nil && c.Counts.OK > 0 {
			parts = append(parts, format.Marked(format.Rate(r), v, tag, c.ID))
		}
	}
	return strings.Join(parts, ", ")
}

// goodness says whether answers differ.
func goodness(q *result.Quality) string {
	const about, warning = "Scores of the text (heuristic): ", "; they prove no accuracy."
	if d := q.Delta; d != nil {
		e := d.Estimate
		if e.Value == nil {
			return about + plaintext.Line(cmp.Or(e.Withheld, "the difference is unknown")) + warning
		}
		found := "no difference found"
		switch {
		case e.Lo == nil || e.Hi == nil:
			found = "no interval"
		case *e.Hi < 0:
			found = "the candidate scores lower"
		case *e.Lo > 0:
			found = "the candidate scores higher"
		}
		if d.Spoilt != "" {
			found += " " + format.Spoilt
		}
		sign := ""
		if *e.Value > 0 {
			sign = "+"
		}
		var scores []string
		for _, t := range q.Targets {
			if t.Score.Value != nil {
				scores = append(scores, format.Number(float64(*t.Score.Value)))
			}
		}
		of := ""
		if len(scores) == 2 {
			of = scores[0] + " against " + scores[1] + " of 100, "
		}
		return fmt.Sprintf("%s%sdifference %s%s on the same %s prompts: %s%s", about, of, sign, format.Estimate(e, "points", 0), format.Count(max(d.Pairs, d.N)), found, warning)
	}
	for _, t := range q.Targets {
		if t.N == 0 {
			return "No answer was scored."
		}
		if t.Score.Value != nil || t.Score.NeededN > 0 {
			return fmt.Sprintf("%s%s of 100 over %s answers%s", about, format.Estimate(t.Score, "", t.N), format.Count(t.N), warning)
		}
	}
	return ""
}

// failed counts the requests that did not succeed, by class.
func failed(r *result.Result) string {
	sum, all := 0, 0
	by := map[string]int{}
	for _, c := range r.Cells() {
		all += c.Counts.Scheduled
		for class, n := range c.Counts.ByClass {
			if class != "ok" && class != "cut" {
				by[class] += n
				sum += n
			}
		}
	}
	if sum == 0 {
		return ""
	}
	return fmt.Sprintf("%s of %s requests: %s.", format.Count(sum), format.Count(all), format.Failures(by))
}

// verdicts names the user's claims that ended in a way.
func verdicts(claims []result.Claim, v result.Verdict) string {
	var names []string
	for _, c := range claims {
		if !c.Set || c.Verdict != v {
			continue
		}
		name := plaintext.Line(c.Limit)
		if v == result.Undecided && c.NeededN > c.N {
			name += fmt.Sprintf(" (n=%s of %s)", format.Count(c.N), format.Count(c.NeededN))
		}
		names = append(names, name)
	}
	if names == nil {
		return ""
	}
	return string(v) + ": " + strings.Join(names, ", ") + "."
}
