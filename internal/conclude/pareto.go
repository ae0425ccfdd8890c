package conclude

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// work are keys whose values are what is asked for: a point with less of it
// beats another without being better.
var work = []string{
	"workload", "workload.input_tokens", "workload.output_tokens", "workload.input_lengths", "workload.output_lengths",
	"workload.prefix.tokens", "workload.prefix.groups", "workload.prefix.share", "workload.dataset",
	"workload.rows.min_tokens", "workload.rows.max_tokens", "workload.rows.sample",
	"load.trace", "load.replay.from", "load.replay.to", "load.replay.context", "load.replay.skip_bad",
}

// pareto puts the points of a sweep at their places, with the median speed that
// a user saw and the output of a machine. Points of which one is counted in
// another way than the rest have no front: what it shows must be one thing.
// words name the points.
func (a *Analysis) pareto(keys []plan.ScanKey, words []string, logs []*cell, v result.Validity) *result.Pareto {
	p := &result.Pareto{
		X: result.ParetoAxis{Metric: "user_rate.p50", Label: "output speed seen by one user, median", Unit: "token/s"},
		Y: result.ParetoAxis{Metric: "output_throughput", Label: "output tokens per second of the endpoint", Unit: "token/s"},
	}
	var placed []*cell
	for i, c := range logs {
		x, y, why := a.place(c)
		if why != "" {
			p.Left = append(p.Left, fmt.Sprintf("%s: %s", words[i], why))
			continue
		}
		placed = append(placed, c)
		point := result.ParetoPoint{Point: i, X: result.Number(x), Y: result.Number(y)}
		if check, spoilt := spoiltPoint(v, c.ID); spoilt {
			point.Spoilt = fmt.Sprintf("%s: %s", check.ID, check.Text)
		}
		p.Points = append(p.Points, point)
	}
	for _, k := range keys {
		if slices.Contains(work, k.Path) {
			p.Refused = fmt.Sprintf("the points ask for different work (%s): a shorter request would beat a longer one without being better", k.Name)
			break
		}
	}
	if p.Refused == "" && len(placed) == 0 {
		p.Refused = "no point has both quantities"
	}
	if p.Refused == "" {
		p.Refused = a.settleTokens(p, placed)
	}
	if p.Refused == "" {
		p.Refused = a.settleMachines(p, placed)
	}
	if p.Refused != "" {
		p.Points = nil
		return p
	}
	var x, y []float64
	var sound []int
	for i, point := range p.Points {
		if point.Spoilt == "" {
			x, y, sound = append(x, float64(point.X)), append(y, float64(point.Y)), append(sound, i)
		}
	}
	for i, dominated := range stats.Dominated(x, y) {
		p.Points[sound[i]].Dominated = dominated
	}
	return p
}

// spoiltPoint returns the check that spoils the place of a point, and whether one
// does.
func spoiltPoint(v result.Validity, cell string) (result.Check, bool) {
	for _, tag := range []string{"user_rate", "output_throughput"} {
		if check, spoilt := v.Spoilt(tag, cell); spoilt {
			return check, true
		}
	}
	return result.Check{}, false
}

// place is where a point lies, or why it has no place.
func (a *Analysis) place(c *cell) (x, y float64, why string) {
	if c == nil {
		return 0, 0, "not measured"
	}
	if c.Window.Reason != "" {
		return 0, 0, "ended early: " + c.Window.Reason
	}
	cell := a.measured[c.ID]
	if n := cell.Counts; n.Failed+n.Shed > n.OK {
		return 0, 0, fmt.Sprintf("%d of %d requests failed", n.Failed+n.Shed, n.OK+n.Failed+n.Shed)
	}
	speed, output := cell.Metrics.Stats["user_rate"].P50, cell.Metrics.Rates["output_throughput"]
	switch {
	case output.Value == nil:
		return 0, 0, "no output throughput: " + output.Withheld
	case speed.Value == nil && speed.Withheld != "":
		return 0, 0, "no median speed: " + speed.Withheld
	case speed.Value == nil:
		return 0, 0, "no answer has a time per token"
	case math.IsInf(float64(*speed.Value), 0):
		return 0, 0, "the tokens of its answers arrived all at once"
	}
	return float64(*speed.Value), float64(*output.Value), ""
}

// settleTokens says what a token is, or why that is not one thing.
func (a *Analysis) settleTokens(p *result.Pareto, placed []*cell) (refused string) {
	byServer, byFrame := 0, 0
	for _, c := range placed {
		switch c.seen.answers.Uncounted {
		case 0:
			byServer++
		case c.seen.answers.OK:
			byFrame++
		}
	}
	switch len(placed) {
	case byServer:
		return ""
	case byFrame:
		p.X.Label += " (one token a frame)"
		p.Y.Label += " (one token a frame)"
		return ""
	}
	return fmt.Sprintf("the server counted the output tokens of %d points, and for %d they are estimated from frames, at least in part: those are different units", byServer, len(placed)-byServer)
}

// settleMachines divides by the number of accelerators where all points have
// the same kind of them, or says why the points do not compare. Without any
// machine the endpoint is what is compared.
func (a *Analysis) settleMachines(p *result.Pareto, placed []*cell) (refused string) {
	var machines []*result.Machine
	var kinds []string
	for _, c := range placed {
		t, _ := a.run.Target(c.Target)
		if t.Machine == nil {
			continue
		}
		machines = append(machines, t.Machine)
		if kind := t.Machine.Accelerator; !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	switch {
	case len(machines) == 0:
		return ""
	case len(machines) < len(placed):
		return fmt.Sprintf("the machine of %d points is known, and that of %d is not: output per accelerator and output per endpoint are different units", len(machines), len(placed)-len(machines))
	case len(kinds) > 1:
		return fmt.Sprintf("the points ran on different accelerators (%s), which cannot share an axis", strings.Join(kinds, ", "))
	}
	for _, m := range machines {
		if m.MinReplicas > 1 {
			return fmt.Sprintf("at least %d replicas shared the load, and how many is unknown", m.MinReplicas)
		}
	}
	p.Y.Label, p.Y.Unit = "output tokens per second of one accelerator", "token/s per accelerator"
	for i, m := range machines {
		p.Points[i].Y = result.Number(float64(p.Points[i].Y) / float64(max(1, m.Count)))
	}
	return ""
}
