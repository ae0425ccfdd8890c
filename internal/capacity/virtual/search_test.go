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

// border is an endpoint with the highest rate at which its limit holds, from 6
// million requests at each of some ten rates (TestBorders).
type border struct {
	name     string
	endpoint Endpoint
	quantile float64
	rate     float64 // requests/s
}

// borders are what the search was tuned on, by seeds below 1000; those marked so it
// was not.
var borders = []border{
	{"ps e2e.p95", Endpoint{Server: Sharing(LogNormal(0.1, 1)), Within: 1, ToLast: true}, 0.95, 6.424},
	{"ps e2e.p99", Endpoint{Server: Sharing(LogNormal(0.1, 1)), Within: 2, ToLast: true}, 0.99, 6.143},
	{"bulk16 e2e.p95", Endpoint{Server: Batches(16, LogNormal(0.1, 0.3)), Within: 0.32, ToLast: true}, 0.95, 136.9},
	{"h2/4 ttft.p95", Endpoint{Server: Slots(4, 0, Hyperexponential(0.1, 9)), Within: 0.25}, 0.95, 21.84},
	{"gamma.25-d8 ttft.p99", Endpoint{Server: Slots(8, 0, Fixed(0.1)), Arrivals: Gamma(0.25), Within: 0.1}, 0.99, 29.11},
	{"mmpp-m8 ttft.p95", Endpoint{Server: Slots(8, 0, Exponential(0.1)), Arrivals: Switching(5, 0.5), Within: 0.2}, 0.95, 47.15},
	{"m1 ttft.p99", Endpoint{Server: Slots(1, 0, Exponential(0.02)), Within: 0.2}, 0.99, 29.58},
	{"ln1.0/32 ttft.p95", Endpoint{Server: Slots(32, 0, LogNormal(0.4, 1)), Within: 0.1}, 0.95, 65.41},
	{"ln1.5/32 ttft.p95", Endpoint{Server: Slots(32, 0, LogNormal(0.4, 1.5)), Within: 0.1}, 0.95, 62.71},
	{"ln2.0/32 ttft.p95", Endpoint{Server: Slots(32, 0, LogNormal(0.4, 2)), Within: 0.1}, 0.95, 60.03},
	{"slow gamma.25-d8 ttft.p99", Endpoint{Server: Slots(8, 0, Fixed(0.4)), Arrivals: Gamma(0.25), Within: 0.4}, 0.99, 7.278},
	// Not tuned on:
	{"pareto2.2/16 ttft.p95", Endpoint{Server: Slots(16, 0, Pareto(0.3, 2.2)), Within: 0.2}, 0.95, 44.21},
	{"gamma.5-ps e2e.p95", Endpoint{Server: Sharing(LogNormal(0.05, 1.2)), Arrivals: Gamma(0.5), Within: 0.6, ToLast: true}, 0.95, 12.04},
}

func borderOf(t *testing.T, name string) border {
	t.Helper()
	for _, b := range borders {
		if strings.HasPrefix(b.name, name) {
			return b
		}
	}
	t.Fatalf("no queue %q", name)
	return border{}
}

// tally is what came of many searches.
type tally struct {
	border
	seconds                     float64
	proved, estimate, used      []float64 // shares of the truth and of the time, sorted
	above, none, refuted, wrong int
}

// searches carries out searches of so many seconds with seeds from seed on.
func (b border) searches(seconds float64, seed, runs int) tally {
	out := tally{border: b, seconds: seconds}
	for i := range runs {
		c := capacity.Config{Limits: []capacity.Limit{{Text: b.name, Quantile: b.quantile}}, Seed: uint64(seed+i) * 7919, MaxSeconds: seconds}
		a, _ := b.endpoint.Search(c)
		out.proved, out.used = append(out.proved, a.Proved/b.rate), append(out.used, a.Spent/seconds)
		if a.Estimate > 0 {
			out.estimate = append(out.estimate, a.Estimate/b.rate)
		}
		switch {
		case a.Proved > b.rate:
			out.above++
		case a.Proved == 0:
			out.none++
		}
		if a.Refuted > 0 {
			out.refuted++
			if a.Refuted < b.rate {
				out.wrong++
			}
		}
	}
	for _, list := range [][]float64{out.proved, out.estimate, out.used} {
		slices.Sort(list)
	}
	return out
}

// at is the value of a sorted list below which a share of it lies.
func at(sorted []float64, share float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}

func (s tally) String() string {
	return fmt.Sprintf("| %s | %.0f | %.3f / %.3f / %.3f | %d of %d | %d | %d of %d | %.3f | %.2f / %.2f |", s.name, s.seconds,
		at(s.proved, 0.05), at(s.proved, 0.5), at(s.proved, 0.95), s.above, len(s.proved), s.none, s.wrong, s.refuted,
		at(s.estimate, 0.5), at(s.used, 0.5), at(s.used, 1))
}

// Where a few requests are very long a server fills for tens of seconds, and a cell
// that has not seen one of them yet shows a lighter load. With a warm-up of twice the
// median time, searches of ten minutes promised a load above the border in 14 % at
// σ 1.5 and in 67 % at σ 2, and took up to 4.7 times their time.
func TestHeavyTailsPromiseNothingAboveTheBorderAndKeepTheTime(t *testing.T) {
	for _, name := range []string{"ln1.5", "ln2.0"} {
		got := borderOf(t, name).searches(600, 1, 16)
		t.Log(got)
		if got.above > 2 {
			t.Errorf("%s: %d of %d answers are above the border", name, got.above, len(got.proved))
		}
		if most := at(got.used, 1); most > 1.1 {
			t.Errorf("%s: a search took %.2f of its time", name, most)
		}
	}
}

// Ten minutes on a quiet server with requests of moderate lengths prove some load: with
// many short cells they proved none in half of the searches, or in all.
func TestAQuietQueueProvesSomethingInTenMinutes(t *testing.T) {
	for _, name := range []string{"h2/4", "gamma.25", "ps e2e.p95"} {
		got := borderOf(t, name).searches(600, 1, 16)
		t.Log(got)
		if got.none > 4 {
			t.Errorf("%s: nothing is proved in %d of %d searches", name, got.none, len(got.proved))
		}
		if got.above > 2 || got.wrong > 2 {
			t.Errorf("%s: %d of %d answers are above the border, and %d refutations below it", name, got.above, len(got.proved), got.wrong)
		}
		if most := at(got.used, 1); most > 1.1 {
			t.Errorf("%s: a search took %.2f of its time", name, most)
		}
	}
}

// A search that is too short to prove anything says so before it has spent its time,
// and says how long one would have to be.
func TestASearchThatIsTooShortSaysSoEarly(t *testing.T) {
	endpoint := Endpoint{Server: Slots(2, 0, Exponential(4)), Within: 10}
	c := capacity.Config{Limits: []capacity.Limit{{Text: "ttft.p99<10s", Quantile: 0.99}}, Seed: 7, MaxSeconds: 600}
	var h []capacity.Observation
	said, spent := math.Inf(1), 0.0
	for {
		s, more := c.Next(h)
		if !more {
			break
		}
		if strings.Contains(s.Why, "too short to prove any load") {
			said = min(said, spent)
		}
		h = append(h, endpoint.Cell(s))
		spent += h[len(h)-1].Seconds
	}
	if said > 300 {
		t.Errorf("it was said after %.0f s of 600", said)
	}
	a := c.Conclude(h)
	if a.Proved != 0 || a.Suffices < 1200 {
		t.Errorf("%+v", a)
	}
	if a.Spent > 660 {
		t.Errorf("it took %.0f s of 600", a.Spent)
	}
}

// TestTable prints a row for each queue, as docs/capacity.md has them:
//
//	INFEROMETER_SEARCH_S=600 INFEROMETER_RUNS=150 INFEROMETER_SEED=300 go test ./internal/capacity/virtual -run TestTable -v
func TestTable(t *testing.T) {
	number := func(name string) int {
		n, _ := strconv.Atoi(os.Getenv(name)) // 0 if it is not set
		return n
	}
	seconds := number("INFEROMETER_SEARCH_S")
	if seconds == 0 {
		t.Skip("it prints the table of docs/capacity.md, and judges nothing: INFEROMETER_SEARCH_S gives the seconds of a search")
	}
	for _, b := range borders {
		if strings.Contains(b.name, os.Getenv("INFEROMETER_QUEUE")) {
			fmt.Println(b.searches(float64(seconds), number("INFEROMETER_SEED"), max(1, number("INFEROMETER_RUNS"))))
		}
	}
}

// over is the share of requests over the limit in the long run at a rate.
func (b border) over(rate float64, n int, seed uint64) float64 {
	server, arrivals := b.endpoint.Server(seed), b.endpoint.Arrivals
	if arrivals == nil {
		arrivals = Poisson
	}
	due := map[int]float64{}
	over, all, sent := 0, 0, 0
	ended := func(id int, first, last float64) {
		if id > n/10 { // those before fill the server
			took := first
			if b.endpoint.ToLast {
				took = last
			}
			all++
			if took-due[id] > b.endpoint.Within {
				over++
			}
		}
		delete(due, id)
	}
	for t := range arrivals(rate, seed) {
		for server.Next() <= t {
			server.Advance(ended)
		}
		due[sent] = t
		server.Arrive(sent, t)
		if sent++; sent == n {
			break
		}
		if len(due) > 20000 {
			return 1 // more than it carries
		}
	}
	return float64(over) / float64(all)
}

// TestBorders finds the borders in the table above, with INFEROMETER_BORDERS requests.
func TestBorders(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("INFEROMETER_BORDERS")) // 0 if it is not set
	if n == 0 {
		t.Skip("it works out the borders that the tests are given, in an hour: INFEROMETER_BORDERS gives the requests")
	}
	for _, b := range borders {
		if !strings.Contains(b.name, os.Getenv("INFEROMETER_QUEUE")) {
			continue
		}
		share := func(rate float64) float64 {
			sum := 0.0
			for seed := range uint64(4) {
				sum += b.over(rate, n/4, 11+seed)
			}
			return sum / 4
		}
		lo, hi := 0.8*b.rate, 1.25*b.rate
		for hi/lo > 1.001 {
			if mid := math.Sqrt(lo * hi); share(mid) > 1-b.quantile {
				hi = mid
			} else {
				lo = mid
			}
		}
		fmt.Printf("%s %.4g\n", b.name, math.Sqrt(lo*hi))
	}
}
