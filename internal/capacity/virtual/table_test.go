package virtual

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/capacity"
)

// known is an endpoint whose border is known.
type known struct {
	name     string
	endpoint Endpoint
	quantile float64
	border   float64 // requests/s
}

var queues = []known{
	{"ps-e2e.p95", Endpoint{Server: Sharing(LogNormal(0.1, 1)), Within: 1, ToLast: true}, 0.95, 6.424},
	{"ps-e2e.p99", Endpoint{Server: Sharing(LogNormal(0.1, 1)), Within: 2, ToLast: true}, 0.99, 6.143},
	{"bulk16-e2e.p95", Endpoint{Server: Batches(16, LogNormal(0.1, 0.3)), Within: 0.32, ToLast: true}, 0.95, 136.9},
	{"h2/4-ttft.p95", Endpoint{Server: Slots(4, 0, Hyperexponential(0.1, 9)), Within: 0.25}, 0.95, 21.84},
	{"gamma.25-d8-ttft.p99", Endpoint{Server: Slots(8, 0, Fixed(0.1)), Arrivals: Gamma(0.25), Within: 0.1}, 0.99, 29.11},
	{"mmpp-m8-ttft.p95", Endpoint{Server: Slots(8, 0, Exponential(0.1)), Arrivals: Switching(5, 0.5), Within: 0.2}, 0.95, 47.15},
	{"m1-ttft.p99", Endpoint{Server: Slots(1, 0, Exponential(0.02)), Within: 0.2}, 0.99, 29.58},
	{"ln1.0/32-ttft.p95", Endpoint{Server: Slots(32, 0, LogNormal(0.4, 1)), Within: 0.1}, 0.95, 65.41},
	{"ln1.5/32-ttft.p95", Endpoint{Server: Slots(32, 0, LogNormal(0.4, 1.5)), Within: 0.1}, 0.95, 62.71},
	{"ln2.0/32-ttft.p95", Endpoint{Server: Slots(32, 0, LogNormal(0.4, 2)), Within: 0.1}, 0.95, 60.03},
	// Not tuned on.
	{"pareto2.2/16-ttft.p95", Endpoint{Server: Slots(16, 0, Pareto(0.3, 2.2)), Within: 0.2}, 0.95, 44.21},
	{"slow gamma.25-d8-ttft.p99", Endpoint{Server: Slots(8, 0, Fixed(0.4)), Arrivals: Gamma(0.25), Within: 0.4}, 0.99, 7.278},
	{"gamma.5-ps-e2e.p95", Endpoint{Server: Sharing(LogNormal(0.05, 1.2)), Arrivals: Gamma(0.5), Within: 0.6, ToLast: true}, 0.95, 12.04},
}

// share is the share over the limit in a steady state at a load.
func (k known) share(rate float64, n int, seed uint64) float64 {
	s := k.endpoint.Server(seed)
	arrivals := k.endpoint.Arrivals
	if arrivals == nil {
		arrivals = Poisson
	}
	due := map[int]float64{}
	over, all, id := 0, 0, 0
	ended := func(i int, first, last float64) {
		if i > n/10 {
			t := first
			if k.endpoint.ToLast {
				t = last
			}
			all++
			if t-due[i] > k.endpoint.Within {
				over++
			}
		}
		delete(due, i)
	}
	for t := range arrivals(rate, seed) {
		for s.Next() <= t {
			s.Advance(ended)
		}
		due[id] = t
		s.Arrive(id, t)
		if id++; id == n {
			break
		}
		if len(due) > 20000 {
			return 1
		}
	}
	return float64(over) / float64(all)
}

// TestBorders finds the borders, which are written into the table.
func TestBorders(t *testing.T) {
	if os.Getenv("BORDERS") == "" {
		t.Skip("BORDERS=n finds the borders of the queues from n requests")
	}
	n, _ := strconv.Atoi(os.Getenv("BORDERS"))
	for _, k := range queues {
		if !strings.Contains(k.name, os.Getenv("QUEUE")) {
			continue
		}
		lo, hi := 0.1, 1000.0
		for hi/lo > 1.01 {
			mid := math.Sqrt(lo * hi)
			if k.share(mid, n/40, 1) > 1-k.quantile {
				hi = mid
			} else {
				lo = mid
			}
		}
		lo, hi = lo*0.97, hi*1.03
		for hi/lo > 1.001 {
			mid := math.Sqrt(lo * hi)
			s := 0.0
			for seed := range uint64(4) {
				s += k.share(mid, n/4, 11+seed) / 4
			}
			if s > 1-k.quantile {
				hi = mid
			} else {
				lo = mid
			}
		}
		fmt.Printf("%s %.4g\n", k.name, math.Sqrt(lo*hi))
	}
}

// TestTable prints the table of docs: TABLE=seconds, RUNS, SEED, QUEUE (a part of a name).
func TestTable(t *testing.T) {
	seconds, _ := strconv.ParseFloat(os.Getenv("TABLE"), 64)
	if seconds == 0 {
		t.Skip("TABLE=seconds prints a table")
	}
	runs, _ := strconv.Atoi(os.Getenv("RUNS"))
	seed, _ := strconv.Atoi(os.Getenv("SEED"))
	for _, k := range queues {
		if !strings.Contains(k.name, os.Getenv("QUEUE")) {
			continue
		}
		var got, est, used []float64
		above, none, refuted, wrong, first := 0, 0, 0, 0, 0
		for i := range runs {
			c := capacity.Config{Limits: []capacity.Limit{{Text: k.name, Quantile: k.quantile}}, Seed: uint64(seed+i) * 7919, MaxSeconds: seconds}
			a, h := k.endpoint.Search(c)
			if os.Getenv("VERBOSE") != "" {
				fmt.Printf("run %d: proved %.3f est %.3f refuted %.3f spent %.2f\n", i, a.Proved/k.border, a.Estimate/k.border, a.Refuted/k.border, a.Spent/seconds)
				for j := range h {
					o := &h[j]
					js := o.Judge(c.Limits, max(o.Alpha, 0.05))
					fmt.Printf("  %-10s %.3f u%-4d n=%-6d got %-6d neff %-6.0f over %-5d win %-6.1f sec %-6.1f over=%v proved=%v refuted=%v a=%.4f\n", o.Role, o.Rate/k.border, o.Users, o.Load.Requests, len(o.Requests), js[0].NEff, js[0].Over, o.Window, o.Seconds, o.Overloaded, js[0].Proved, js[0].Refuted, o.Alpha)
				}
			}
			for j := range h {
				if o := &h[j]; o.Role == capacity.Confirm {
					if o.Judge(c.Limits, o.Alpha)[0].Proved {
						first++
					}
					break
				}
			}
			got, used = append(got, a.Proved/k.border), append(used, a.Spent/seconds)
			if a.Estimate > 0 {
				est = append(est, a.Estimate/k.border)
			}
			if a.Proved > k.border {
				above++
			}
			if a.Proved == 0 {
				none++
			}
			if a.Refuted > 0 {
				refuted++
				if a.Refuted < k.border {
					wrong++
				}
			}
		}
		slices.Sort(got)
		slices.Sort(est)
		slices.Sort(used)
		est = append(est, 0)
		fmt.Printf("| %s | %.0f | %.3f / %.3f / %.3f | %.1f %% | %d | %d of %d | %.3f | %.2f / %.2f | %d\n", k.name, seconds, got[runs/20], got[runs/2], got[runs-1-runs/20],
			100*float64(above)/float64(runs), none, wrong, refuted, est[len(est)/2], used[runs/2], used[runs-1], first)
	}
}
