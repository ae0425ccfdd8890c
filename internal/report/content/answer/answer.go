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
	if len(out) == 0 {
		add(said("No answer", string(result.Fail), First, unmeasured(r))...)
	}
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

// timesOf are those of the first so many. Where half the requests failed, no median is finite,
// and those of the answered ones are said as such.
func timesOf(c result.Cell, v result.Validity, most int) string {
	var parts []string
	failed := false
	for _, w := range waits[:most] {
		s := c.Metrics.Stats[w.tag]
		if s.N == 0 || c.Counts.OK == 0 {
			continue // what failed is said by itself
		}
		s.Unit = "ms"
		if a := s.Answered; a != nil && infinite(s.P50) {
			failed = true
			text := fmt.Sprintf("%s%s%s (p95 %s)", w.before, format.WithUnit(float64(a.P50), "ms"), w.after, format.Number(float64(a.P95)))
			parts = append(parts, format.Marked(text, v, w.tag, c.ID))
			continue
		}
		text := format.WithoutSize(format.Quantile(s, "p50"))
		if s.P50.Value == nil && s.P50.Sample == nil && s.Mean != nil {
			text = format.WithUnit(float64(*s.Mean), s.Unit) + " on average"
		}
		text = w.before + text + w.after
		if p95 := format.Figure(c.Metrics, w.tag, "p95"); p95 != format.Missing {
			if value, answered, ok := strings.Cut(strings.TrimSuffix(p95, ")"), " (answered: "); ok {
				p95 = value + ", since requests failed; of those answered " + answered
			}
			text += " (p95 " + p95 + ")"
		}
		parts = append(parts, format.Marked(text, v, w.tag, c.ID))
	}
	text := strings.Join(parts, ", ")
	if failed {
		text = "half or more of the requests failed, so that no median is finite; of those answered: " + text
	}
	return text
}

// infinite says that failures reach into a quantile, be it an estimate or the sample's.
func infinite(e result.Estimate) bool {
	n := cmp.Or(e.Value, e.Sample)
	return n != nil && math.IsInf(float64(*n), 1)
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
		rests := ""
		if cell := Proved(c); cell != nil {
			rests = requests(*cell)
		}
		add(plaintext.Line(c.Text), basis(rests, string(c.Evidence)))
	}
	if t := b.Throughput; t != nil {
		if best := Most(t.Cells, v); best != nil {
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

// Proved is the cell of a search in which its answer was confirmed; nil without one.
func Proved(c *result.Capacity) *result.Cell {
	for i := len(c.Trials) - 1; i >= 0; i-- {
		if t := c.Trials[i]; t.Role == "confirm" && t.Verdict == result.Proved {
			for k := range c.Cells {
				if c.Cells[k].ID == t.Cell {
					return &c.Cells[k]
				}
			}
		}
	}
	return nil
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
	best := Most(s.Cells, v)
	if best == nil {
		return nil
	}
	text := fmt.Sprintf("Most output at %s: %s", at(best), delivered(*best, v))
	if first := timesOf(*best, v, 1); first != "" {
		text += ", " + first
	}
	out := []Sentence{{Lead: Setting, Text: text + ".", Basis: basis(requests(*best), string(s.Evidence))}}
	if quick := quickest(s.Cells, v); quick != nil && quick.ID != best.ID {
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
		if names[i] == "users" {
			if names[i] = values[i] + " users"; values[i] == "1" {
				names[i] = "1 user"
			}
			continue
		}
		names[i] += " " + values[i]
	}
	return plaintext.Line(strings.Join(names, ", "))
}

// quickest is the cell with the shortest median of whole answers.
func quickest(cells []result.Cell, v result.Validity) *result.Cell {
	return first(cells, v, "e2e", func(c result.Cell) (float64, bool) {
		n := c.Metrics.Stats["e2e"].P50.Value
		return -float64(*cmp.Or(n, new(result.Number))), n != nil
	})
}

// first is the cell with the greatest value. What a check spoils is taken only where nothing
// else is left.
func first(cells []result.Cell, v result.Validity, tag string, value func(result.Cell) (float64, bool)) *result.Cell {
	var best *result.Cell
	var most float64
	doubtful := false // best is spoilt
	for i, c := range cells {
		n, ok := value(c)
		_, spoilt := v.Spoilt(tag, c.ID)
		if !ok || best != nil && (spoilt && !doubtful || spoilt == doubtful && n <= most) {
			continue
		}
		best, most, doubtful = &cells[i], n, spoilt
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
func Most(cells []result.Cell, v result.Validity) *result.Cell {
	return first(cells, v, "output_throughput", func(c result.Cell) (float64, bool) {
		n := float64(*cmp.Or(c.Metrics.Rates["output_throughput"].Value, new(result.Number)))
		return n, n > 0 && c.Counts.OK > 0
	})
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
