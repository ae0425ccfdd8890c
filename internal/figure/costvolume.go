package figure

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/result"
)

// ByVolume is the id of the figure that decides a comparison of costs.
const ByVolume = "cost-by-volume"

// byVolume is what a month costs against its requests: machines are a staircase, an
// API is a straight line, and where they cross decides.
func byVolume(c *result.Cost) *Figure {
	if len(c.Curve) < 2 {
		return nil
	}
	f := &Figure{
		ID: ByVolume, Title: "Cost of a month by volume", Subtitle: "shaded: the candidate is cheaper",
		Evidence: result.Weakest(c.Evidence, result.Modelled),
		X:        Axis{Label: "requests per month", Count: true, Measured: true}, Y: Axis{Label: "cost per month", Unit: "USD"},
	}
	candidate, baseline := Series{Name: "candidate", Role: Candidate, Kind: Rule}, Series{Name: "baseline", Role: Baseline, Kind: Rule}
	end := 0.0
	for _, p := range c.Curve {
		candidate.Points = append(candidate.Points, Point{X: p.MonthlyRequests, Y: p.Candidate})
		baseline.Points = append(baseline.Points, Point{X: p.MonthlyRequests, Y: p.Baseline})
		end = max(end, p.MonthlyRequests)
	}
	f.Series = []Series{candidate, baseline}
	planned := 0.0
	for i, v := range c.Volumes {
		if v.MonthlyRequests > end {
			continue
		}
		label := "planned: "
		if i > 0 {
			label = "also: "
		} else {
			planned = v.MonthlyRequests
		}
		f.Limits = append(f.Limits, Limit{Value: v.MonthlyRequests, Label: label + counted(v.MonthlyRequests), Vertical: true})
	}
	if c.BreakEven == nil {
		return f
	}
	for _, w := range c.BreakEven.Wins {
		if from := float64(w.From); from <= end {
			f.Areas = append(f.Areas, Area{From: from, To: w.To, Role: Candidate})
		}
	}
	if len(f.Areas) == 0 {
		f.Subtitle = "the candidate is cheaper at none of these volumes"
	}
	if x, text, ok := crossing(c.BreakEven.Wins); ok && x <= end && x != planned {
		f.Limits = append(f.Limits, Limit{Value: x, Label: text, Vertical: true})
	}
	return f
}

// crossing is the volume at which the cheaper one first changes, and what that means.
func crossing(wins []result.VolumeRange) (volume float64, text string, ok bool) {
	if len(wins) == 0 {
		return 0, "", false
	}
	from, to := float64(wins[0].From), float64(wins[0].To)
	switch {
	case from > 1:
		return from, "cheaper from " + counted(from), true
	case !math.IsInf(to, 1):
		return to, "cheaper up to " + counted(to), true
	}
	return 0, "", false
}

// counted writes a number of requests in little space: 250k, 6.16M.
func counted(v float64) string {
	switch {
	case v >= 1e6:
		return amount.Significant(v/1e6, 3) + "M"
	case v >= 1e4:
		return amount.Significant(v/1e3, 3) + "k"
	}
	return amount.Count(v)
}

// tornado is how far the savings move when one input moves alone, the largest
// effect on top.
func tornado(c *result.Cost) *Figure {
	if len(c.Sensitivity) == 0 || len(c.Volumes) == 0 {
		return nil
	}
	base, ok := finite(c.Volumes[0].SavingsPercent.Value)
	if !ok {
		return nil
	}
	f := &Figure{
		ID: "cost-sensitivity", Title: "What the savings depend on", Subtitle: "savings at the planned volume when one input moves and the others stay",
		Evidence: result.Weakest(c.Evidence, result.Modelled), X: Axis{Label: "savings", Unit: "percent", Base: base, Metric: "savings"},
		Limits: []Limit{{Value: base, Label: "as planned: " + inPercent(base), Vertical: true}},
	}
	low, high := Series{Name: "at the lower value", Role: Part, Kind: Bar}, Series{Name: "at the higher value", Role: Part, Kind: Bar}
	var still []string
	for _, s := range c.Sensitivity {
		if s.SavingsLow == s.SavingsHigh {
			still = append(still, s.Name)
			continue
		}
		i := len(f.Y.Categories)
		f.Y.Categories = append(f.Y.Categories, s.Name)
		for _, end := range []struct {
			of    *Series
			v     result.Number
			label string
		}{{&low, s.SavingsLow, s.Low}, {&high, s.SavingsHigh, s.High}} {
			if v, ok := finite(&end.v); ok {
				end.of.Points = append(end.of.Points, Point{X: v, Y: float64(i), Label: end.label})
			}
		}
	}
	f.Series = []Series{low, high}
	if len(f.Y.Categories) == 0 {
		return nil
	}
	if len(still) > 0 {
		f.Note = "no effect within its range: " + strings.Join(still, ", ")
	}
	return f
}

func inPercent(v float64) string {
	if math.Abs(v) >= 100 {
		return amount.Count(v) + " %"
	}
	return amount.Significant(v, 3) + " %"
}

// againstLatency sets what a million tokens cost at each load against how long its
// requests wait: more users at once are cheaper and slower.
func againstLatency(r *result.Result) *Figure {
	const tag, stat = "ttft", "p50"
	f := &Figure{
		ID: "cost-against-latency", Title: "Cost against latency", Subtitle: "a machine that is always at that load; cheaper and faster is down and left",
		Evidence: result.Weakest(r.Benchmarks.Cost.Evidence, result.Modelled),
		X:        Axis{Label: "median time to first token", Unit: "ms", Log: true, Measured: true, Metric: "ttft"}, Y: Axis{Label: "cost per million tokens", Unit: "USD", Log: true, Metric: "cost_per_mtok"},
	}
	var without absences
	add := func(s *Series, cell result.Cell, usd float64, label string) {
		st := cell.Metrics.Stats[tag]
		e, _ := st.Quantile(stat)
		x, ok := finite(e.Value)
		if !ok || x <= 0 || !(usd > 0) {
			n := size{st.N, cmp.Or(e.NEff, st.NEff)}
			without.add("the "+cell.Target, label, absence(e, n.n, n.eff), n, e.NeededN)
			return
		}
		s.Points = append(s.Points, Point{X: x, Y: usd, Label: label})
	}
	for _, t := range r.Targets {
		if t.Name != "candidate" && t.Name != "baseline" {
			continue
		}
		s := Series{Name: t.Name, Role: role(t.Name), Kind: Dot}
		switch {
		case t.Machine != nil && r.Benchmarks.Throughput != nil:
			for _, cell := range r.Benchmarks.Throughput.Cells {
				if tokens := tokensPerSecond(cell); cell.Target == t.Name && tokens > 0 {
					add(&s, cell, hourly(t.Machine)/(3600*tokens)*1e6, users(cell.Load.Users))
				}
			}
		case t.Price != nil && r.Benchmarks.Latency != nil:
			usd := 0.0
			for _, tc := range costs(r.Benchmarks.Cost) {
				if v, ok := finite(tc.PerMTok.Value); ok && tc.Target == t.Name {
					usd = v
				}
			}
			for _, cell := range r.Benchmarks.Latency.Cells {
				if cell.Target == t.Name && usd > 0 {
					add(&s, cell, usd, users(cell.Load.Users))
				}
			}
		}
		if len(s.Points) > 0 {
			f.Series = append(f.Series, s)
		}
	}
	if len(f.Series) < 2 {
		return nil // a trade-off needs something to be set against
	}
	f.Note = notes(without.told())
	return f
}

func users(n int) string {
	if n == 1 {
		return "1 user"
	}
	return fmt.Sprintf("%d users", n)
}

// tokensPerSecond of a cell, input and output together; 0 where one is not known.
func tokensPerSecond(c result.Cell) float64 {
	in, ok := finite(c.Metrics.Rates["input_throughput"].Value)
	out, ok2 := finite(c.Metrics.Rates["output_throughput"].Value)
	if !ok || !ok2 {
		return 0
	}
	return in + out
}

// hourly is what one replica costs per hour in whole nodes.
func hourly(m *result.Machine) float64 {
	replicas := max(1, m.Node) / max(1, m.Count) // that share a node
	return float64(m.Nodes(1)) * m.NodeUSDPerHour() / float64(max(1, replicas))
}
