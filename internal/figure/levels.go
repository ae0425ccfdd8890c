package figure

import (
	"cmp"

	"github.com/inferometer/inferometer/internal/result"
)

// levelFigure is a figure whose x axis is the number of users.
func levelFigure(id, title string, t *result.Throughput, y Axis) *Figure {
	return &Figure{
		ID: id, Title: title, Subtitle: "closed loop", Evidence: t.Evidence,
		X: Axis{Label: "users at once"}, Y: y,
	}
}

// size is the number of requests that a value comes from, and the effective
// sample size; 0 where that is not known.
type size struct {
	n   int
	eff float64
}

// addLevels adds a line for each target, named with the suffix, and returns
// what is left out.
func addLevels(f *Figure, r *result.Result, what, suffix string, dashed bool, v view) []string {
	var without absences
	t := r.Benchmarks.Throughput
	for _, target := range targets(t.Cells) {
		what := what
		if len(targets(t.Cells)) > 1 {
			what = target + ", " + what
		}
		s := Series{Name: target + suffix, Role: role(target), Kind: Line, Dashed: dashed}
		for _, c := range t.Cells {
			if c.Target != target {
				continue
			}
			e, n := v.of()(c)
			p, ok := point(float64(c.Load.Users), e)
			if ok {
				s.Points = append(s.Points, spoil(p, r.Validity, v.tag, c.ID))
			}
			if bare(v, e) {
				without.add(what, users(c.Load.Users), bareRate, size{}, 0)
			}
			if !ok || p.AtLeast {
				without.add(what, users(c.Load.Users), absence(e, n.n, n.eff), n, e.NeededN)
			}
		}
		if len(s.Points) > 0 {
			f.Series = append(f.Series, s)
		}
	}
	return without.told()
}

// intervals says in the subtitle whether there are any.
func intervals(f *Figure, kind string) {
	for _, s := range f.Series {
		for _, p := range s.Points {
			if p.Lo != nil || p.Hi != nil {
				f.Subtitle = "closed loop, with 95 % " + kind
				return
			}
		}
	}
	f.Subtitle = "closed loop; too few requests for intervals"
}

func rate(tag string) func(result.Cell) (result.Estimate, size) {
	return func(c result.Cell) (result.Estimate, size) {
		r := c.Metrics.Rates[tag]
		return result.Estimate{Value: r.Value, Lo: r.Lo, Hi: r.Hi, Withheld: r.Withheld}, size{n: r.N}
	}
}

func quantile(tag, stat string) func(result.Cell) (result.Estimate, size) {
	return func(c result.Cell) (result.Estimate, size) {
		st := c.Metrics.Stats[tag]
		e, _ := st.Quantile(stat)
		return e, size{st.N, cmp.Or(e.NEff, st.NEff)}
	}
}

func throughput(r *result.Result) *Figure {
	t := r.Benchmarks.Throughput
	f := levelFigure("throughput", "Throughput by concurrency", t, Axis{Label: "requests completed", Unit: "1/s", Metric: "throughput"})
	left := addLevels(f, r, "requests completed", "", false, view{tag: "throughput"})
	for _, c := range t.Cells { // where there is a limit to keep
		if _, ok := finite(c.Metrics.Rates["goodput"].Value); ok {
			f.Title = "Throughput and goodput by concurrency"
			left = append(left, addLevels(f, r, "goodput", ", inside all limits", true, view{tag: "goodput"})...)
			break
		}
	}
	intervals(f, "intervals")
	f.Note = notes(append(left, spoiltNote(f)...))
	return f
}

func outputThroughput(r *result.Result) *Figure {
	f := levelFigure("output-throughput", "Output tokens by concurrency", r.Benchmarks.Throughput, Axis{Label: "output tokens", Unit: "token/s", Metric: "output_throughput"})
	left := addLevels(f, r, "output tokens", "", false, view{tag: "output_throughput"})
	intervals(f, "intervals")
	f.Note = notes(append(left, spoiltNote(f)...))
	return f
}

func latencyByLevel(r *result.Result) *Figure {
	t := r.Benchmarks.Throughput
	f := levelFigure("latency-by-level", "Time to first token by concurrency", t, Axis{Label: "time to first token", Unit: "ms", Log: true, Metric: "ttft"})
	f.Subtitle = "closed loop, p50 and p95 with 95 % intervals; with an arrow: lower bound"
	left := addLevels(f, r, "p50", " p50", false, view{tag: "ttft", stat: "p50"})
	left = append(left, addLevels(f, r, "p95", " p95", true, view{tag: "ttft", stat: "p95"})...)
	for _, benchmark := range []string{"throughput", "latency"} {
		for _, lim := range setOn(r, benchmark, "ttft") {
			if len(f.Limits) == 0 {
				f.Limits = append(f.Limits, Limit{Value: lim.Value, Label: lim.label})
			}
		}
	}
	f.Note = notes(append(left, spoiltNote(f)...))
	return f
}

func success(r *result.Result) *Figure {
	t := r.Benchmarks.Throughput
	f := levelFigure("success", "Success by concurrency", t, Axis{Label: "share of requests that succeeded", Share: true, Metric: "success"})
	left := addLevels(f, r, "success", "", false, view{tag: "success"})
	intervals(f, "Wilson intervals at the effective size")
	for _, lim := range limitsOn(r, "throughput", "success") {
		f.Limits = append(f.Limits, Limit{Value: lim.Value, Label: lim.label})
	}
	f.Note = notes(append(left, spoiltNote(f)...))
	return f
}
