package estimate

import (
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/stats"
)

// Claims names the claims of a plan that its requests are too few to prove, each
// with the number that a proof takes at least. How many requests a load of so
// much time sends is known of an open loop alone: nothing is said of a timed
// closed loop or of a trace. A plan whose claims cannot be read has none.
func Claims(p plan.Plan) []string {
	var out []string
	for _, c := range p.Claims {
		l, err := metric.ParseLimit(c.Limit)
		if err != nil {
			continue
		}
		n, known := planned(p, c, plan.BenchmarkOf(c, l))
		if text := short(p, c, l, n); known && text != "" {
			out = append(out, fmt.Sprintf("claim %s cannot be proved: %s", l, text))
		}
	}
	return out
}

// planned is how many measured requests the cell will send that decides a claim.
func planned(p plan.Plan, c plan.Claim, b plan.Benchmark) (n int, known bool) {
	switch {
	case b == plan.Load && (p.Scan.On() || p.Load.Trace != "" || p.Workload.Conversing()):
		return 0, false
	case b == plan.Load:
		l := p.Load
		if s, err := l.Schedule(p.Seed); err == nil && s.Process != "" {
			n, _ = openLoop(s, l.Requests, l.Duration.Std().Seconds())
			return n, true
		}
		return l.Requests, l.Requests > 0
	}
	for _, step := range cells.Suite(p, []string{cells.Candidate}, 0) {
		for _, cell := range step {
			if cell.Benchmark == b && (b != plan.Throughput || cell.Level == plan.LevelOf(c, p)) {
				return cell.Requests, true
			}
		}
	}
	return 0, false
}

// short says why n requests cannot prove a limit; "" where they may.
func short(p plan.Plan, c plan.Claim, l metric.Limit, n int) string {
	alpha := c.ErrorProbability()
	least, what := 0, "requests"
	switch q, isQuantile := l.Quantile(); {
	case isQuantile && c.Decision == plan.MLPerf:
		least = stats.EarlyStopping(0, q, 0, stats.MLPerfConfidence)
	case isQuantile && (l.Op == metric.Less || l.Op == metric.LessEqual):
		least = stats.ProofMinN(q, alpha)
	case isQuantile:
		least = stats.ProofMinN(1-q, alpha)
	case l.Metric.Tag == "success":
		share := l.Value
		if l.Op == metric.Less || l.Op == metric.LessEqual {
			share = 1 - share
		}
		if share >= 1 {
			return "no number of requests proves that none will fail; say 99.9% or so"
		}
		least = stats.ProofMinN(share, alpha)
	case l.Metric.Kind == metric.Rate && plan.BenchmarkOf(c, l) != plan.Cost:
		least, what = max(measure.RateMinN, measure.RateLengths*usersOf(p, c, plan.BenchmarkOf(c, l))), "completions"
	case l.Metric.Kind == metric.PerRequest:
		least = 2
	}
	if n >= least {
		return ""
	}
	text := fmt.Sprintf("%d requests are planned, and a proof takes at least %d %s", n, least, what)
	if _, isQuantile := l.Quantile(); isQuantile || l.Metric.Tag == "success" {
		text += fmt.Sprintf(" (error probability %v); fewer can only refute it", alpha)
	}
	return text
}

// usersOf is how many users send the requests that decide a claim; 0: an open loop.
func usersOf(p plan.Plan, c plan.Claim, b plan.Benchmark) int {
	switch b {
	case plan.Throughput:
		return plan.LevelOf(c, p)
	case plan.Load:
		return p.Load.Users
	}
	return 0
}

// levels names the throughput levels that send too few requests for intervals of
// their rates; "": none does.
func levels(p plan.Plan) string {
	var short []string
	for _, level := range p.Throughput.Levels {
		if n := p.Throughput.Requests; n > 0 && n < max(measure.RateMinN, measure.RateLengths*level) {
			short = append(short, fmt.Sprint(level))
		}
	}
	if len(short) == 0 || !cells.Selected(p, plan.Throughput) {
		return ""
	}
	return fmt.Sprintf("%d requests are too few for an interval of requests/s and tokens/s at %s users: it takes %d per user, and at least %d", p.Throughput.Requests, strings.Join(short, ", "), measure.RateLengths, measure.RateMinN)
}
