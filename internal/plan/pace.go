package plan

import (
	"slices"
	"time"

	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/plan/terms"
)

// validatePace refuses what goes faster than the limits of a target: an open loop
// keeps its schedule whatever a limit says, so that the server would refuse requests
// for the user's own limit.
func (p Plan) validatePace(out *key.Problems) {
	for _, t := range p.Endpoints() {
		if !t.Limits.Any() {
			continue
		}
		if slices.Contains(p.Only, Capacity) {
			out.Add("capacity", "a search looks for the highest load that %s carries, and with --rpm or --tpm that is the limit; leave them out", t.Name)
			return
		}
		in, answer := p.Workload.InputTokens, p.Workload.OutputTokens
		if p.Workload.Dataset != "" || p.Load.Trace != "" {
			in, answer = 0, 0 // not known here
		}
		if text := t.Limits.TooLong(t.Name, in, answer); text != "" {
			out.Add("workload.input_tokens", "%s", text)
			return
		}
		l := p.Load
		if !slices.Contains(p.Only, Load) || l.Rate == 0 && l.RateCurve == "" {
			continue
		}
		path := "load.rate"
		if l.RateCurve != "" {
			path = "load.rate_curve"
		}
		n := p.busiestMinute()
		if turns, _, err := p.Workload.TurnLengths(); err == nil && p.Workload.Conversing() && p.Workload.Dataset == "" {
			n = int(float64(n) * turns.Mean())
		}
		if text := t.Limits.TooFast(t.Name, n, n*(in+answer)); text != "" {
			out.Add(path, "the schedule sends %s; lower it, or give --users N, who wait for the limit", text)
			return
		}
	}
}

// busiestMinute is the most arrivals of the open loop in 60 seconds.
func (p Plan) busiestMinute() int {
	s, err := p.Load.Schedule(p.Seed)
	if err != nil {
		return 0 // validateLoad says so
	}
	length := p.Load.Duration.Std()
	if length == 0 {
		length = s.Curve.Length()
	}
	return terms.BusiestMinute(func(yield func(time.Duration) bool) {
		n := 0
		for t := range s.Times() {
			if length > 0 && t >= length || p.Load.Requests > 0 && n == p.Load.Requests || n == 10_000_000 || !yield(t) {
				return
			}
			n++
		}
	})
}
