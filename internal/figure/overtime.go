package figure

import (
	"fmt"
	"slices"

	"github.com/inferometer/inferometer/internal/result"
)

// stretch is a cell that a figure over time shows, and what it is called there.
type stretch struct {
	result.Cell
	name string
}

// mostStretches of one figure over time can be told apart.
const mostStretches = 4

// stretches are the cells of a benchmark that have a course: of levels the heaviest of each
// target, of a search the last one that decided, and of others all of them.
func stretches(r *result.Result, benchmark string) []stretch {
	var out []stretch
	add := func(c result.Cell, name string) {
		if c.Course != nil && len(out) < mostStretches {
			out = append(out, stretch{c, name})
		}
	}
	b := r.Benchmarks
	switch {
	case benchmark == "latency" && b.Latency != nil:
		for _, c := range b.Latency.Cells {
			add(c, c.Target)
		}
	case benchmark == "load" && b.Load != nil:
		for _, c := range b.Load.Cells {
			add(c, c.Target)
		}
	case benchmark == "throughput" && b.Throughput != nil:
		for _, target := range targets(b.Throughput.Cells) {
			heaviest := -1
			for i, c := range b.Throughput.Cells {
				if c.Target == target && c.Course != nil && (heaviest < 0 || c.Load.Users > b.Throughput.Cells[heaviest].Load.Users) {
					heaviest = i
				}
			}
			if heaviest >= 0 {
				c := b.Throughput.Cells[heaviest]
				add(c, fmt.Sprintf("%s, %s", target, users(c.Load.Users)))
			}
		}
	case benchmark == "capacity" && b.Capacity != nil:
		last := result.Cell{}
		name := ""
		for t, c := range trials(b.Capacity) {
			if t.Role == "confirm" && c.Course != nil {
				last, name = c, "confirmation of "+offered(b.Capacity, t)
			}
		}
		add(last, name)
	}
	return out
}

// offered is the load of a trial in words.
func offered(c *result.Capacity, t result.Trial) string {
	if c.In == "users" {
		return users(t.Users)
	}
	return fmt.Sprintf("%.4g/s", t.Rate)
}

// overTime are the figures of a benchmark over the time of its cells.
func overTime(r *result.Result, benchmark string, ev result.Evidence) []*Figure {
	all := stretches(r, benchmark)
	if len(all) == 0 {
		return nil
	}
	busy := slices.DeleteFunc(slices.Clone(all), func(c stretch) bool { return c.Load.Serial() })
	out := []*Figure{ttftOverTime(r, benchmark, ev, all)}
	for _, of := range []struct {
		id, title string
		y         Axis
		values    func(*result.Course) []*result.Number
	}{
		{"in-flight", "Requests in flight over time", Axis{Label: "requests in flight, mean"}, func(c *result.Course) []*result.Number { return present(c.InFlight) }},
		{"tokens", "Output tokens over time", Axis{Label: "output tokens", Unit: "token/s", Metric: "output_throughput"}, func(c *result.Course) []*result.Number { return present(c.Tokens) }},
		{"completed", "Requests completed over time", Axis{Label: "requests completed", Unit: "1/s", Metric: "throughput"}, perSecond},
	} {
		f := timeFigure(benchmark, of.id, of.title, ev, busy, of.y)
		for _, c := range busy {
			addCourse(f, c, c.name, false, of.values(c.Course))
		}
		f.Note = notes(provesNothing(r, of.y.Metric, busy))
		out = append(out, f)
	}
	out = append(out, failuresOverTime(benchmark, ev, all))
	out = append(out, serverOverTime(benchmark, ev, busy)...)
	for i, c := range all {
		id := benchmark + "-lanes"
		if i > 0 {
			id = fmt.Sprintf("%s-%d", id, i+1)
		}
		out = append(out, laneFigure(id, benchmark, ev, c, len(all) > 1))
	}
	return out
}

// present are values of which none is missing.
func present(values []float64) []*result.Number {
	var out []*result.Number
	for _, v := range values {
		out = append(out, result.Num(v))
	}
	return out
}

func perSecond(c *result.Course) []*result.Number {
	var out []*result.Number
	for _, n := range c.Ended {
		out = append(out, result.Num(float64(n)/c.StepS))
	}
	return out
}

// timeFigure is a figure over the time of cells, each from the beginning of its window on:
// cells ran after each other. All of a benchmark share the axis.
func timeFigure(benchmark, id, title string, ev result.Evidence, cells []stretch, y Axis) *Figure {
	f := &Figure{
		ID: benchmark + "-" + id + "-over-time", Title: title, Evidence: ev, Sync: benchmark + "-time",
		X: Axis{Label: "time since the measured window began", Unit: "s", Measured: true}, Y: y,
	}
	f.Subtitle = "slices of " + inSeconds(cells)
	if len(cells) == 1 {
		f.Subtitle = cells[0].name + "; " + f.Subtitle
	}
	if slices.ContainsFunc(cells, func(c stretch) bool { return c.Course.Folded }) {
		f.X.Label = "time in the measured blocks"
		f.Subtitle += "; the time between blocks is left out"
	}
	return f
}

func inSeconds(cells []stretch) string {
	var lo, hi float64
	for i, c := range cells {
		if i == 0 {
			lo, hi = c.Course.StepS, c.Course.StepS
		}
		lo, hi = min(lo, c.Course.StepS), max(hi, c.Course.StepS)
	}
	if a, b := fmt.Sprintf("%.2g", lo), fmt.Sprintf("%.2g", hi); a != b {
		return a + " to " + b + " s"
	}
	return fmt.Sprintf("%.2g s", lo)
}

// addCourse adds the values of slices, in their middles, and says how many have none.
func addCourse(f *Figure, c stretch, name string, dashed bool, values []*result.Number) (missing int) {
	s := Series{Name: name, Role: role(c.Target), Kind: Rule, Dashed: dashed}
	for i, v := range values {
		if y, ok := finite(v); ok {
			s.Points = append(s.Points, Point{X: (float64(i) + 0.5) * c.Course.StepS, Y: y})
		} else {
			missing++
		}
	}
	if len(s.Points) > 1 {
		f.Series = append(f.Series, s)
	}
	return missing
}

func ttftOverTime(r *result.Result, benchmark string, ev result.Evidence, cells []stretch) *Figure {
	f := timeFigure(benchmark, "ttft", "Time to first token over time", ev, cells, Axis{Label: "time to first token", Unit: "ms", Metric: "ttft"})
	f.Subtitle += "; quantiles of the requests that ended in each, without an interval"
	var left []string
	for _, c := range cells {
		p50, p95 := c.name+", p50", c.name+", p95"
		if len(cells) == 1 {
			p50, p95 = "p50", "p95"
		}
		few := addCourse(f, c, p50, false, c.Course.TTFTP50)
		if len(cells) < mostStretches {
			addCourse(f, c, p95, true, c.Course.TTFTP95)
		}
		if few > 0 {
			have := "have"
			if few == 1 {
				have = "has"
			}
			left = append(left, fmt.Sprintf("%s: %d of %d slices %s fewer than %d requests", c.name, few, len(c.Course.Started), have, result.CourseMedianN))
		}
	}
	left = append(left, provesNothing(r, "ttft", cells)...)
	for _, lim := range setOn(r, benchmark, "ttft") {
		f.Limits = append(f.Limits, Limit{Value: lim.Value, Label: lim.label})
	}
	f.Note = notes(left)
	return f
}

// provesNothing names the cells in which a check spoils a metric.
func provesNothing(r *result.Result, tag string, cells []stretch) []string {
	var out []string
	for _, c := range cells {
		if check, spoilt := r.Validity.Spoilt(tag, c.ID); spoilt && tag != "" {
			out = append(out, fmt.Sprintf("%s proves nothing: the check %s failed", c.name, check.ID))
		}
	}
	return out
}

// failuresOverTime shows when requests failed; nothing where none did.
func failuresOverTime(benchmark string, ev result.Evidence, cells []stretch) *Figure {
	f := timeFigure(benchmark, "failures", "Failed requests over time", ev, cells, Axis{Label: "requests that failed", Count: true})
	for _, c := range cells {
		s := Series{Name: c.name, Role: role(c.Target), Kind: Bins}
		for i, n := range c.Course.Failed {
			from := float64(i) * c.Course.StepS
			s.Points = append(s.Points, Point{X: from + c.Course.StepS/2, Y: float64(n), Lo: result.Num(from), Hi: result.Num(from + c.Course.StepS)})
		}
		if len(s.Points) > 0 {
			f.Series = append(f.Series, s)
		}
	}
	return f
}

// serverOverTime is what the server said of itself, on the same axis as its requests.
func serverOverTime(benchmark string, ev result.Evidence, cells []stretch) []*Figure {
	cells = slices.DeleteFunc(slices.Clone(cells), func(c stretch) bool { return c.Course.Server == nil })
	if len(cells) == 0 {
		return nil
	}
	queue := timeFigure(benchmark, "server-requests", "Requests in the server over time", ev, cells, Axis{Label: "requests"})
	cache := timeFigure(benchmark, "server-kv-cache", "KV cache in use over time", ev, cells, Axis{Label: "share of the KV cache", Share: true})
	evicted := timeFigure(benchmark, "server-preemptions", "Preemptions over time", ev, cells, Axis{Label: "requests put back for lack of KV cache", Count: true})
	for _, f := range []*Figure{queue, cache, evicted} {
		f.Subtitle += "; the server's own metrics"
	}
	for _, c := range cells {
		s := c.Course.Server
		prefix := ""
		if len(cells) > 1 {
			prefix = c.name + ", "
		}
		addCourse(queue, c, prefix+"running", false, s.Running)
		addCourse(queue, c, prefix+"waiting", true, s.Waiting)
		addCourse(cache, c, c.name, false, s.KVUsage)
		bins := Series{Name: c.name, Role: role(c.Target), Kind: Bins}
		for i, v := range s.Preemptions {
			if n, ok := finite(v); ok && n > 0 {
				from := float64(i) * c.Course.StepS
				bins.Points = append(bins.Points, Point{X: from + c.Course.StepS/2, Y: n, Lo: result.Num(from), Hi: result.Num(from + c.Course.StepS)})
			}
		}
		if len(bins.Points) > 0 {
			evicted.Series = append(evicted.Series, bins)
		}
	}
	return []*Figure{queue, cache, evicted}
}
