package main

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/inferometer/inferometer/internal/result"
)

// request is one simulated request. Times are in seconds.
type request struct {
	due, done float64
	first     float64 // of its tokens; 0: at done
	length    int     // tokens, where that is known and tokens is not
	failed    bool
	cut       bool      // by the client, at done
	tokens    []float64 // when each came; nil: one, at done
}

// latency in ms.
func (r request) latency() float64 { return 1e3 * (r.done - r.due) }

// process makes requests whose latency is the time from due to done, which is
// ttft and e2e in one: an answer of one token.
type process struct {
	figures     []figure // nil: latencies
	name, about string
	users       int     // of a closed loop; 0: an open one
	rate        float64 // requests/s that are due, of an open loop
	burn        int     // requests before the measured ones, until the state is stationary
	// simulate returns at least n requests in due order, from the start on.
	simulate func(r *rand.Rand, n int) []request
	// truth by formula: of a figure, or not ok where only a long simulation knows it.
	truth func(figure string) (float64, bool)
	sizes []int
}

var (
	openSizes = []int{100, 500, 2000, 10000}
	userSizes = []int{100, 500, 2000}
)

// latencies are the figures of a process that has no others.
var latencies = []figure{
	{name: "p50", claim: "ttft.p50<1ms"},
	{name: "p95", claim: "ttft.p95<1ms"},
	{name: "p99", claim: "ttft.p99<1ms"},
	{name: "mean", claim: "ttft.mean<1ms"},
	{name: "throughput", claim: "throughput>1"},
}

func (p process) queue() queue {
	q := queue{
		unknown: p.unknown(), long: p.long,
		name: p.name, about: p.about, sizes: p.sizes, least: 20, runs: 200,
		measure: func(n int, r *rand.Rand, limit float64) ([]outcome, error) {
			c := cell{load: p.load(n)}
			all := p.simulate(r, p.burn+n+1)
			c.take(all, p.burn, n, all[p.burn+n].due)
			return c.outcomes(p.shown(), p.truthOf, limit)
		},
	}
	if p.figures == nil {
		q.series = p.series
	}
	return q
}

// unknown are the figures whose truth no formula gives.
func (p process) unknown() []string {
	var out []string
	for _, f := range p.shown() {
		if p.truth != nil {
			if _, ok := p.truth(f.name); ok {
				continue
			}
		}
		out = append(out, f.name)
	}
	return out
}

// long is a simulation of a million requests.
func (p process) long(r *rand.Rand, scale float64) (sample, error) {
	n := int(scale * (1 << 20))
	all := p.simulate(r, p.burn+n+1)[p.burn:]
	values := make([]float64, n)
	for i := range values {
		values[i] = all[i].latency()
	}
	return sample{values: map[string][]float64{"": values}, rate: float64(n) / (all[n].due - all[0].due)}, nil
}

// shown are its figures.
func (p process) shown() []figure {
	if p.figures != nil {
		return p.figures
	}
	return latencies
}

func (p process) load(n int) result.LoadShape {
	if p.users > 0 {
		return result.LoadShape{Kind: "closed", Users: p.users, Requests: n, Text: fmt.Sprintf("%d users", p.users)}
	}
	return result.LoadShape{Kind: "open", Rate: p.rate, Arrival: "poisson", Requests: n, Text: fmt.Sprintf("%.4g requests/s", p.rate)}
}

// service is the mean time of service, in seconds.
const service = 0.1

// processes are those of the file on statistics, by the names that it has.
func processes() []process {
	var all []process
	add := func(p process) { all = append(all, p) }
	add(process{
		name: "iid", about: "independent log-normal times (σ .5), 10 requests/s", rate: 10, sizes: openSizes,
		simulate: correlated(10, 0), truth: logNormal(10),
	})
	for _, rho := range []float64{.5, .8, .9} {
		rate := rho / service
		add(process{
			name: "mm1/" + short(rho), about: "one server, exponential service", rate: rate, burn: burnIn(rho), sizes: openSizes,
			simulate: servers{1, exponential, rate, 0}.open, truth: mm1(rate),
		})
	}
	for _, rho := range []float64{.5, .8, .9} {
		rate := 8 * rho / service
		add(process{
			name: "md8/" + short(rho), about: "8 servers, constant service, noise of a thousandth of it", rate: rate, burn: burnIn(rho), sizes: openSizes,
			simulate: servers{8, constant, rate, service / 1000}.open, truth: rateOnly(rate),
		})
	}
	add(process{
		name: "ar1/.9", about: "log-normal times (σ .5) that are AR(1), 10 requests/s", rate: 10, sizes: openSizes,
		simulate: correlated(10, .9), truth: logNormal(10),
	})
	add(process{
		name: "closed8", about: "8 users of 4 servers, exponential service", users: 8, burn: 500, sizes: openSizes,
		simulate: closed{8, 4, 0}.run, truth: rateOnly(4 / service),
	})
	add(process{
		name: "batch8", about: "8 users in lock-step, one log-normal time (σ .5) for each eight", users: 8, burn: 8, sizes: openSizes,
		simulate: lockstep, truth: logNormal(8 / (service * math.Exp(.125))),
	})
	add(process{
		name: "bulk8/.8", about: "one server takes up to 8 waiting at once, log-normal time (σ .3)", rate: .8 * 8 / service, burn: burnIn(.8), sizes: openSizes,
		simulate: bulk{8, .8 * 8 / service, scaled(.3)}.open, truth: rateOnly(.8 * 8 / service),
	})
	add(process{
		name: "ps/.7", about: "processor sharing, log-normal service (σ 1)", rate: .7 / service, burn: burnIn(.8), sizes: openSizes,
		simulate: sharing{rate: .7 / service, sigma: 1}.open, truth: rateOnly(.7 / service),
	})
	add(process{
		name: "closedps16", about: "16 users of a shared processor, log-normal service (σ 1.5)", users: 16, burn: 2000, sizes: openSizes,
		simulate: sharing{users: 16, sigma: 1.5}.closed, truth: rateOnly(1 / service),
	})
	add(process{
		name: "closedar", about: "8 users of 4 servers whose speed is AR(1) (.99, σ .5)", users: 8, burn: 2000, sizes: openSizes,
		simulate: closed{8, 4, .99}.run,
	})
	for _, phi := range []float64{.3, .5, .9} {
		add(process{
			name: "user1-ar1/" + short(phi), about: "one user, log-normal times (σ .5) that are AR(1)", users: 1, sizes: userSizes,
			simulate: alone(phi), truth: logNormal(1 / (service * math.Exp(.125))),
		})
	}
	for _, rho := range []float64{.8, .9} {
		add(process{
			name: "user1-busy8/" + short(rho), about: "one user of 8 servers that are busy with other tenants, exponential service", users: 1, burn: 500, sizes: userSizes,
			simulate: tenants{8, rho}.run,
		})
	}
	for _, mean := range []int{1, 5, 20, 50} {
		add(process{
			name: fmt.Sprintf("outage/%d", mean), about: "98 % succeed, failures in outages of so many requests", rate: 10, sizes: outageSizes,
			simulate: outages{mean: mean}.run, figures: successes, truth: formulas(map[string]float64{"success": .98}),
		})
	}
	for _, mean := range []int{5, 20} {
		add(process{
			name: fmt.Sprintf("outage-cut/%d", mean), about: "the same, where requests hang in outages until the client cuts them", rate: 10, sizes: outageSizes,
			simulate: outages{mean: mean, hang: true}.run, figures: successes, truth: formulas(map[string]float64{"success": .98}),
		})
	}
	return all
}

var (
	outageSizes = []int{500, 2000, 10000}
	successes   = []figure{{name: "success", claim: "success>=0.5"}}
)

// burnIn is enough requests for a queue at a utilization to forget its start.
func burnIn(rho float64) int { return int(100 / ((1 - rho) * (1 - rho))) }

func short(v float64) string { return fmt.Sprintf("%g", v)[1:] }

// logNormal are the truths of log-normal times of median 100 ms and σ .5.
func logNormal(rate float64) func(string) (float64, bool) {
	const ms = 1e3 * service
	return formulas(map[string]float64{
		"p50": ms, "p95": ms * math.Exp(.5*1.6448536269514722), "p99": ms * math.Exp(.5*2.3263478740408408),
		"mean": ms * math.Exp(.125), "throughput": rate,
	})
}

// mm1 are those of exponential times in the system.
func mm1(rate float64) func(string) (float64, bool) {
	ms := 1e3 / (1/service - rate)
	return formulas(map[string]float64{"p50": ms * math.Ln2, "p95": ms * math.Log(20), "p99": ms * math.Log(100), "mean": ms, "throughput": rate})
}

func rateOnly(rate float64) func(string) (float64, bool) {
	return formulas(map[string]float64{"throughput": rate})
}

func formulas(m map[string]float64) func(string) (float64, bool) {
	return func(figure string) (float64, bool) { v, ok := m[figure]; return v, ok }
}
