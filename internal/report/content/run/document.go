// Package run decides what the report of a run says: the answers first, then claims, each
// benchmark, what ran where, and the run's judgement of itself. It computes no statistic.
package run

import (
	"strings"

	costs "github.com/inferometer/inferometer/internal/cost"
	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/content/answer"
	"github.com/inferometer/inferometer/internal/report/content/graded"
	"github.com/inferometer/inferometer/internal/report/content/loads"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// Of returns the report of a run: the answers first, then claims, each benchmark,
// what it means in money, what ran where, and the run's judgement of itself.
func Of(r *result.Result) content.Document { return With(r, nil) }

// With is Of with the texts of answers, where they were kept.
func With(r *result.Result, kept graded.Answer) content.Document {
	said := answer.Of(r)
	d := content.Document{
		Title: title(r), Name: name(r), Headline: headline(r), Evidence: r.Evidence, Warning: warning(r), Status: status(r),
		Answers: answered(said), Tiles: tiles(r), Conditions: conditions(r, said), Version: plaintext.Line(r.Run.Version),
	}
	if at := r.Run.Started; !at.IsZero() {
		d.Started = at.UTC().Format("2006-01-02 15:04")
	}
	b, v := r.Benchmarks, r.Validity
	if b.Cost != nil && b.Cost.Withheld == "" && b.Cost.Scenario != nil {
		d.WhatIf = costs.QuestionOf(r)
	}
	for _, s := range []*content.Section{
		claims(r), doubts(r),
		loads.Latency(b.Latency, v), loads.Load(b.Load, v), loads.Capacity(b.Capacity), loads.Scan(b.Scan, v), forecast(b.Forecast), assumed(b.Forecast),
		loads.Throughput(b.Throughput, v), cost(r), quality(b, kept), energy(r), hardware(b),
		validity(r), specification(r), reproduce(r),
	} {
		if s != nil {
			d.Sections = append(d.Sections, *s)
		}
	}
	place(&d, figure.All(r))
	return d
}

// answered are answers as a document has them.
func answered(list []answer.Sentence) []content.Paragraph {
	var out []content.Paragraph
	for _, s := range list {
		out = append(out, content.Paragraph{Lead: s.Lead, Text: s.Text, Basis: s.Basis, State: content.State(s.State), TerminalOnly: s.Place != answer.First})
	}
	return out
}

// unnamed is what a plan without a name is called.
const unnamed = "run"

// name is the run's own or, if it has none, the command that made it.
func name(r *result.Result) string {
	if n := plaintext.Line(r.Run.Name); n != "" && n != unnamed {
		return n
	}
	b := r.Benchmarks
	switch {
	case b.Load != nil:
		return "load"
	case b.Capacity != nil:
		return "capacity"
	case b.Scan != nil:
		return "sweep"
	case b.Forecast != nil:
		return "forecast"
	case b.Latency != nil || b.Throughput != nil:
		return unnamed
	case b.Cost != nil:
		return "cost"
	case b.Quality != nil:
		return "quality"
	case b.Hardware != nil:
		return "hardware"
	}
	return unnamed
}

// place gives each figure to the section of its benchmark. A sweep shows its
// first two, which sum it up, before its tables, costs the one that decides, and quality those of
// answers with checks.
func place(d *content.Document, figures []figure.Figure) {
	for i := range d.Sections {
		s := &d.Sections[i]
		for _, f := range figures {
			if f.Benchmark == s.ID {
				s.Figures = append(s.Figures, f)
			}
		}
		switch {
		case s.ID == "scan" && len(s.Figures) > 1:
			s.Lead, s.Figures = s.Figures[:2], s.Figures[2:]
		case s.ID == "quality":
			n := 0
			for n < len(s.Figures) && strings.HasPrefix(s.Figures[n].ID, figure.OfAnswers) {
				n++
			}
			s.Lead, s.Figures = s.Figures[:n], s.Figures[n:]
		case s.ID == "cost" && len(s.Figures) > 0 && s.Figures[0].ID == figure.ByVolume:
			s.Lead, s.Figures = s.Figures[:1], s.Figures[1:]
		}
	}
}

// headline says in one line what was measured.
func headline(r *result.Result) string {
	name := func(t result.Target) string {
		s := t.Model + " at " + t.URL
		if t.Server != "" {
			s += " (" + t.Server + ")"
		}
		return plaintext.Line(s)
	}
	switch len(r.Targets) {
	case 0:
		return ""
	case 1:
		return name(r.Targets[0])
	}
	others := name(r.Targets[1])
	for _, t := range r.Targets[2:] {
		others += " and " + name(t)
	}
	return name(r.Targets[0]) + " against " + others
}

// warning says what a reader must know of a result's evidence first.
func warning(r *result.Result) string {
	switch r.Evidence {
	case result.Simulated:
		return "SIMULATED: measured from the built-in simulator. These figures say nothing about a real server."
	case result.Modelled:
		return "MODELLED: some of these figures are computed from others rather than measured; each says which."
	}
	return ""
}

// status says how a run ended, if not as planned.
func status(r *result.Result) string {
	if r.Run.Status == result.Complete {
		return ""
	}
	s := "The run is " + string(r.Run.Status)
	if r.Run.Reason != "" {
		s += ": " + plaintext.Line(r.Run.Reason)
	}
	return format.Sentence(s) + " The figures cover what was measured until then."
}
