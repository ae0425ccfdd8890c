package content

import (
	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/result"
)

// Of returns the report of a run: claims first, then each benchmark, what it
// means in money, what ran where, and the run's judgement of itself.
func Of(r *result.Result) Document {
	d := Document{
		Title: plaintext.Line(r.Run.Name), Headline: headline(r), Evidence: r.Evidence, Warning: warning(r), Status: status(r),
		Version: plaintext.Line(r.Run.Version),
	}
	b := r.Benchmarks
	for _, s := range []*Section{
		claims(r),
		latency(b.Latency), load(b.Load), capacity(b.Capacity), scan(b.Scan, r.Validity.Checks), forecast(b.Forecast), assumed(b.Forecast),
		throughput(b.Throughput), cost(b.Cost), quality(b.Quality), hardware(b.Hardware),
		impact(r), specification(r), validity(r), reproduce(r),
	} {
		if s != nil {
			d.Sections = append(d.Sections, *s)
		}
	}
	d.place(figure.All(r))
	return d
}

// place gives each figure to the section of its benchmark. A sweep shows its
// first two, which sum it up, before its tables.
func (d *Document) place(figures []figure.Figure) {
	for i := range d.Sections {
		s := &d.Sections[i]
		for _, f := range figures {
			if f.Benchmark == s.ID {
				s.Figures = append(s.Figures, f)
			}
		}
		if s.ID == "scan" && len(s.Figures) > 1 {
			s.Lead, s.Figures = s.Figures[:2], s.Figures[2:]
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
	return s + ". The figures cover what was measured until then."
}
