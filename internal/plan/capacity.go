package plan

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/suggest"
	"github.com/inferometer/inferometer/internal/vocab"
)

// Limits returns the limits of the list, named sets spelled out.
func (s SLO) Limits() ([]metric.Limit, error) {
	var out []metric.Limit
	for _, text := range s {
		texts := []string{text}
		if strings.HasPrefix(text, "mlperf/") {
			set, ok := vocab.MLPerf()[text]
			if !ok {
				var names []string
				for name := range vocab.MLPerf() {
					names = append(names, name)
				}
				slices.Sort(names)
				return nil, fmt.Errorf("unknown set of limits %q%s; there are %s", text, suggest.DidYouMean(text, names), strings.Join(names, ", "))
			}
			texts = []string{fmt.Sprintf("ttft.p99<=%gms", set[0]), fmt.Sprintf("tpot.p99<=%gms", set[1])}
		}
		for _, t := range texts {
			l, err := metric.ParseLimit(t)
			if err != nil {
				return nil, err
			}
			_, quantile := l.Quantile()
			switch {
			case l.Metric.Tag == "success" && (l.Op == metric.GreaterEqual || l.Op == metric.Greater):
				if l.Value >= 1 {
					return nil, fmt.Errorf("%q can never be proved from a sample; say 99.9%% or so", t)
				}
			case !quantile || l.Metric.Kind != metric.PerRequest || strings.HasPrefix(l.Metric.Tag, "quality"):
				return nil, fmt.Errorf("%q cannot be a limit of a load: name a quantile of a metric of requests, such as ttft.p99<500ms, or success>=99.9%%", t)
			}
			out = append(out, l)
		}
	}
	return out, nil
}

// Process is the process of the search's open loops.
func (c CapacityPlan) Process(rate float64, seed uint64) arrival.Schedule {
	return arrival.Schedule{Process: arrival.Process(c.Arrival), Shape: c.Burstiness, Curve: arrival.Flat(rate), Seed: seed}
}

func (p Plan) validateCapacity(out *key.Problems) {
	if !slices.Contains(p.Only, Capacity) {
		return
	}
	if len(p.Only) > 1 {
		out.Add("only", "capacity is a search of its own; it is not run together with other benchmarks")
	}
	c := p.Capacity
	if _, err := c.SLO.Limits(); err != nil {
		out.Add("capacity.slo", "%v", err)
	}
	if c.In != "rate" && c.In != "users" {
		out.Add("capacity.in", "unknown value %q; use rate or users", c.In)
	}
	if c.In == "users" && len(c.SLO) == 0 {
		out.Add("capacity.slo", "users alone have no highest number: say what must hold, as in --slo 'ttft.p99<500ms'")
	}
	if c.MaxTime.Std().Seconds() < 10 {
		out.Add("capacity.max_time", "%v is too short for a search; give a minute or more", c.MaxTime)
	}
	if !(c.Precision >= 0.01 && c.Precision <= 0.5) || math.IsNaN(c.Precision) {
		out.Add("capacity.precision", "%v is not between 0.01 and 0.5", c.Precision)
	}
	if err := c.Process(1, 0).Validate(); err != nil {
		out.Add("capacity.arrival", "%v", err)
	}
	if len(p.Claims) > 0 {
		out.Add("claims", "a search decides its own limits: give them with --slo")
	}
	if p.Baseline != nil {
		out.Add("baseline.url", "a search loads one endpoint; search the other one in a run of its own")
	}
}
