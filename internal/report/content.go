package report

import (
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/result"
)

// section is one part of a report, the same for terminal, Markdown and HTML.
type section struct {
	id, title string
	evidence  result.Evidence
	text      []string // paragraphs
	told      []string // those of them that a terminal shows
	tables    []table
	short     []table  // in their stead on a terminal, if any
	lead      []string // ids of figures before the tables
	figures   []string // ids of those after them
	notes     []string
}

// table has a head; all columns but the first hold figures. One that is folded
// is not looked at by most readers.
type table struct {
	title  string
	folded bool
	head   []string
	rows   [][]string
}

// headline says in one line what was measured.
func headline(r *result.Result) string {
	name := func(t result.Target) string {
		s := t.Model + " at " + t.URL
		if t.Server != "" {
			s += " (" + t.Server + ")"
		}
		return clean(s)
	}
	switch len(r.Targets) {
	case 0:
		return clean(r.Run.Name)
	case 1:
		return name(r.Targets[0])
	}
	others := name(r.Targets[1])
	for _, t := range r.Targets[2:] {
		others += " and " + name(t)
	}
	return name(r.Targets[0]) + " against " + others
}

// warning says first what a reader must know of a result's evidence.
func warning(r *result.Result) string {
	switch r.Evidence {
	case result.Simulated:
		return "SIMULATED: measured from the built-in simulator. These figures say nothing about a real server."
	case result.Modelled:
		return "MODELLED: part of these figures is computed from others and not measured; each says which."
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
		s += ": " + clean(r.Run.Reason)
	}
	return s + ". The figures cover what was measured until then."
}

func sections(r *result.Result) []section {
	drawn := map[string]bool{}
	var ofScan []string
	for _, f := range figure.All(r) {
		drawn[f.ID] = true
		if strings.HasPrefix(f.ID, "scan-") {
			ofScan = append(ofScan, f.ID)
		}
	}
	var out []section
	add := func(s *section) {
		if s == nil {
			return
		}
		s.figures = slices.DeleteFunc(s.figures, func(id string) bool { return !drawn[id] })
		out = append(out, *s)
	}
	b := r.Benchmarks
	add(latency(b.Latency))
	add(load(b.Load))
	add(capacity(b.Capacity))
	add(scan(b.Scan, r.Validity.Checks, ofScan))
	add(forecast(b.Forecast))
	add(throughput(b.Throughput))
	add(cost(b.Cost))
	add(quality(b.Quality))
	add(hardware(b.Hardware))
	return out
}
