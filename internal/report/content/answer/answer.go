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

	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// Sentence is one answer, or a part of one.
type Sentence struct {
	Lead  string // the question, or what it is about; empty for more about the same
	Text  string
	Basis string // what it rests on: how many of what, and the evidence
	State string // the verdict, or the status of a check, that it is about
	Place Place
}

// Place is where a page says a sentence. A terminal says all of them.
type Place string

// The places.
const (
	First      Place = ""           // among the answers
	Elsewhere  Place = "elsewhere"  // where claims and checks are
	Conditions Place = "conditions" // with what the answers hold under
)

// The questions that runs answer.
const (
	Faster   = "Faster?"
	HowFast  = "How fast?"
	HowMuch  = "How much load?"
	Setting  = "Which setting?"
	Cheaper  = "Cheaper?"
	WhatCost = "At what cost?"
	AsGood   = "As good?"
	HowGood  = "How good?"
	Expected = "What to expect?"
)

// Of returns the answers of a result, in the order of a report.
func Of(r *result.Result) []Sentence {
	b, v := r.Benchmarks, r.Validity
	var out []Sentence
	add := func(list ...Sentence) { out = append(out, list...) }
	var versus []result.Comparison
	var compared []result.Cell
	var evidence []result.Evidence
	if l := b.Latency; l != nil {
		versus, compared, evidence = append(versus, l.Versus...), append(compared, l.Cells...), append(evidence, l.Evidence)
	}
	if l := b.Load; l != nil {
		versus, compared, evidence = append(versus, l.Versus...), append(compared, l.Cells...), append(evidence, l.Evidence)
	}
	add(said("Overload", string(result.Warn), First, overloads(b)...)...)
	if speed := speeds(versus, compared, result.Weakest(evidence...)); len(speed) > 0 {
		add(speed...)
	} else {
		add(serves(compared, v, result.Weakest(evidence...))...)
	}
	add(carries(b, v)...)
	add(settings(b.Scan, v)...)
	add(Forecast(b.Forecast, Expected)...)
	add(costs(b.Cost)...)
	add(qualities(r)...)
	add(said("Reused", "", First, reused(r)...)...)
	add(said("Failures", string(result.Fail), First, failed(r))...)
	for _, v := range []result.Verdict{result.Proved, result.Refuted, result.Undecided, result.Invalid} {
		add(said("Claims", string(v), Elsewhere, verdicts(r.Claims, v))...)
	}
	if v.Status == result.Fail {
		add(said("Validity", string(result.Fail), Elsewhere, failedChecks(v))...)
	}
	if len(out) > 0 {
		add(said("When", "", Conditions, Hours(r))...)
		add(said("Spent", "", Conditions, spent(r.Run.Spend))...)
	}
	return out
}

// said makes sentences of texts, those that are empty left out.
func said(lead, state string, where Place, texts ...string) []Sentence {
	var out []Sentence
	for _, t := range texts {
		if t != "" {
			out = append(out, Sentence{Lead: lead, Text: t, State: state, Place: where})
			lead = ""
		}
	}
	return out
}

// basis joins what an answer rests on.
func basis(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
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
func speeds(versus []result.Comparison, cells []result.Cell, evidence result.Evidence) []Sentence {
	var out []Sentence
	var others []string
	for _, c := range versus {
		if other := cmp.Or(c.Against, "baseline"); !slices.Contains(others, other) {
			others = append(others, other)
		}
	}
	where := ""
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
	for _, other := range others {
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
				if text := effect(c.Estimate, e.less, e.more); text != "" {
					if c.Spoilt != "" {
						text += " " + format.Spoilt
					}
					found.add(c, e.metric == "user_rate")
					parts = append(parts, e.name+" "+text)
					pairs = max(pairs, c.Pairs)
				} else {
					why = c.Estimate.Withheld
					if text := side(c, e.less, e.more); text != "" {
						found.add(c, e.metric == "user_rate")
						sides = append(sides, e.name+" "+text)
					}
				}
			}
		}
		switch {
		case len(parts) > 0:
			add(fmt.Sprintf("%s: %s than %s.", found.verdict(), strings.Join(parts, ", "), the(other)), basis(format.Count(pairs)+" pairs", where, string(evidence)))
			add(network(cells, other), "")
		case len(sides) > 0:
			add(fmt.Sprintf("%s: %s than %s; by how much cannot be told: %s", found.verdict(), strings.Join(sides, ", "), the(other), format.Sentence(why)), basis("", where, string(evidence)))
		case why != "":
			add(fmt.Sprintf("Not compared with %s: %s", the(other), format.Sentence(why)), "")
		}
	}
	return out
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

// Effect says for a tile how a metric of the candidate compares with the baseline, and
// whether that is better; "" where nothing compares them.
func Effect(versus []result.Comparison, tag string) (text string, better, clear bool) {
	for _, e := range effects {
		for _, c := range versus {
			if e.metric != tag || c.Metric != tag || c.Stat != result.StatGeometricMean || c.Against != versus[0].Against {
				continue
			}
			var d directions
			d.add(c, tag == "user_rate")
			text = effect(c.Estimate, e.less, e.more)
			if strings.HasPrefix(text, "not clearly") {
				text = "no clear difference"
			}
			if text == "" {
				return side(c, e.less, e.more), d.better == 1, d.better+d.worse == 1
			}
			if c.Spoilt != "" {
				text += " " + format.Spoilt
			}
			return text, d.better == 1, d.better+d.worse == 1
		}
	}
	return "", false, false
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
func serves(cells []result.Cell, v result.Validity, evidence result.Evidence) []Sentence {
	var out []Sentence
	lead := HowFast
	for _, c := range cells {
		text := times(c, v)
		if text == "" {
			continue
		}
		where := UnderLoad(c)
		if len(cells) > 1 {
			where = plaintext.Line(c.Target) + ", " + where
		}
		out = append(out, Sentence{Lead: lead, Text: plaintext.Capital(where) + ": " + text + ".", Basis: basis(requests(c), string(evidence))})
		lead = ""
	}
	return out
}

// UnderLoad says in a few words how a cell was loaded.
func UnderLoad(c result.Cell) string {
	switch {
	case c.Conversations != nil && c.Load.Users > 0:
		return format.Users(c.Load.Users) + " in conversations"
	case c.Conversations != nil:
		return "in conversations, " + plaintext.Line(c.Load.Text)
	case c.Load.Kind == "open" && (c.Load.Of != "" || c.Load.Rate == 0):
		return plaintext.Line(c.Load.Text)
	case c.Load.Kind == "open":
		return format.Number(c.Load.Rate) + " requests/s"
	case c.Load.Users > 1:
		return format.Users(c.Load.Users) + " at once"
	}
	return "one request at a time"
}

// requests counts those that a cell's figures rest on.
func requests(c result.Cell) string {
	if c.Counts.OK == 1 {
		return "1 request"
	}
	return format.Count(c.Counts.OK) + " requests"
}

// waits are what a user waits for, with the words around its value.
var waits = []struct{ tag, before, after string }{{"ttft", "first token after ", ""}, {"tpot", "", " per further token"}, {"e2e", "whole answer after ", ""}}

// times are the median and p95 of what a user waits for.
func times(c result.Cell, v result.Validity) string { return timesOf(c, v, len(waits)) }

// timesOf are those of the first so many.
func timesOf(c result.Cell, v result.Validity, most int) string {
	var parts []string
	for _, w := range waits[:most] {
		s := c.Metrics.Stats[w.tag]
		if s.N == 0 || c.Counts.OK == 0 {
			continue // what failed is said by itself
		}
		s.Unit = "ms"
		text := format.WithoutSize(format.Quantile(s, "p50"))
		if s.P50.Value == nil && s.P50.Sample == nil && s.Mean != nil {
			text = format.WithUnit(float64(*s.Mean), s.Unit) + " on average"
		}
		text = w.before + text + w.after
		if p95 := format.Figure(c.Metrics, w.tag, "p95"); p95 != format.Missing {
			text += " (p95 " + p95 + ")"
		}
		parts = append(parts, format.Marked(text, v, w.tag, c.ID))
	}
	return strings.Join(parts, ", ")
}

// carries says how much load there was, or how much is proved.
func carries(b result.Benchmarks, v result.Validity) []Sentence {
	var out []Sentence
	lead := HowMuch
	add := func(text, basis string) {
		if text != "" {
			out = append(out, Sentence{Lead: lead, Text: text, Basis: basis})
			lead = ""
		}
	}
	if c := b.Capacity; c != nil {
		add(plaintext.Line(c.Text), string(c.Evidence))
	}
	if t := b.Throughput; t != nil {
		if best := Most(t.Cells); best != nil {
			where := format.Users(best.Load.Users) + " at once"
			if len(targetsOf(t.Cells)) > 1 {
				where += " of the " + plaintext.Line(best.Target)
			}
			text := fmt.Sprintf("Up to %s, with %s", delivered(*best, v), where)
			if first := timesOf(*best, v, 1); first != "" {
				text += ", " + first
			}
			add(text+".", basis(requests(*best), string(t.Evidence)))
		}
	}
	if l := b.Load; l != nil {
		var parts []string
		n := 0
		for _, c := range l.Cells {
			text := delivered(c, v)
			if c.Counts.OnlyWarmup() {
				text = "nothing was measured, since it ended in the warm-up"
			}
			if text != "" {
				n += c.Counts.OK
				if name := delivering(c, l.Cells); name != "" {
					text = name + " " + text
				}
				parts = append(parts, text)
			}
		}
		if parts != nil {
			text := strings.Join(parts, "; ") + "."
			if n > 0 {
				add("Delivered: "+text, basis(format.Count(n)+" requests", string(l.Evidence)))
			} else {
				add(plaintext.Capital(text), "")
			}
		}
	}
	return out
}

// settings names the points of a sweep that are best at something.
func settings(s *result.Scan, v result.Validity) []Sentence {
	if s == nil {
		return nil
	}
	keys, labels := figure.ScanLabels(s)
	at := func(c *result.Cell) string {
		for i, p := range s.Points {
			if p.Cell == c.ID && i < len(labels) {
				return setting(keys, labels[i])
			}
		}
		return plaintext.Line(c.Load.Text)
	}
	best := Most(s.Cells)
	if best == nil {
		return nil
	}
	text := fmt.Sprintf("Most output at %s: %s", at(best), delivered(*best, v))
	if first := timesOf(*best, v, 1); first != "" {
		text += ", " + first
	}
	out := []Sentence{{Lead: Setting, Text: text + ".", Basis: basis(requests(*best), string(s.Evidence))}}
	if quick := quickest(s.Cells); quick != nil && quick.ID != best.ID {
		out = append(out, Sentence{
			Text:  fmt.Sprintf("Shortest answers at %s: %s, %s.", at(quick), delivered(*quick, v), times(*quick, v)),
			Basis: basis(requests(*quick), string(s.Evidence)),
		})
	}
	return out
}

// setting is a point of a sweep in words: each key with its value.
func setting(keys, label string) string {
	names, values := strings.Split(keys, " · "), strings.Split(label, " · ")
	if len(names) != len(values) {
		return plaintext.Line(keys + " " + label)
	}
	for i := range names {
		names[i] += " " + values[i]
	}
	return plaintext.Line(strings.Join(names, ", "))
}

// quickest is the cell with the shortest median of whole answers.
func quickest(cells []result.Cell) *result.Cell {
	var best *result.Cell
	for i, c := range cells {
		v := c.Metrics.Stats["e2e"].P50.Value
		if v != nil && (best == nil || *v < *best.Metrics.Stats["e2e"].P50.Value) {
			best = &cells[i]
		}
	}
	return best
}

func targetsOf(cells []result.Cell) map[string]bool {
	out := map[string]bool{}
	for _, c := range cells {
		out[c.Target] = true
	}
	return out
}

// Most is the cell with the highest output; nil without any.
func Most(cells []result.Cell) *result.Cell {
	var best *result.Cell
	for i, c := range cells {
		v := c.Metrics.Rates["output_throughput"].Value
		if v != nil && *v > 0 && c.Counts.OK > 0 && (best == nil || *v > *best.Metrics.Rates["output_throughput"].Value) {
			best = &cells[i]
		}
	}
	return best
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
	return strings.Join(parts, " and ")
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
