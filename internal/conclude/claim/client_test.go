package claim

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// request is one that was due at the i-th tenth of a second, to whose latency of
// ms the client added late.
func request(i int, ms, late float64) *exchange.Exchange {
	at := func(v float64) exchange.Stamp { return exchange.Stamp(1 + i*100e6 + int(v*1e6)) }
	return &exchange.Exchange{
		Phase: exchange.Measured, Index: i, Streamed: true, KernelStamps: true,
		Due: at(0), Woken: at(late), Started: at(late), Writing: at(late),
		FirstToken: at(ms), FirstAnswer: at(ms), LastToken: at(ms), Done: at(ms),
	}
}

func collect(load result.LoadShape, xs ...*exchange.Exchange) Cell {
	c := &measure.Collector{}
	for _, x := range xs {
		c.Add(x)
	}
	window := exchange.Stamp(len(xs) * 100e6)
	c.Settle(1, window)
	for _, x := range xs {
		c.AddFrames(x)
	}
	done := c.Cell(measure.Input{Load: load, Start: 1, End: window})
	return Cell{Cell: done, Requests: c, Dependence: map[string]stats.Dependence{}}
}

func requests(n int, f func(i int) *exchange.Exchange) []*exchange.Exchange {
	xs := make([]*exchange.Exchange, n)
	for i := range xs {
		xs[i] = f(i)
	}
	return xs
}

var (
	open   = result.LoadShape{Kind: "open", Rate: 10, Arrival: "constant"}
	serial = result.LoadShape{Kind: "closed", Users: 1}
)

// jitter varies a little, so that requests do not look dependent.
func jitter(i int) float64 { return float64(i*7919%101) / 100 }

func decided(t *testing.T, limit string, cell Cell) result.Claim {
	t.Helper()
	c := undecided()
	Decide(&c, limitOf(t, limit), "", cell)
	return c
}

// Below the n that a proof takes a limit can be refuted.
func TestAllOverTheLimitIsRefuted(t *testing.T) {
	slow := func(n int) []*exchange.Exchange {
		return requests(n, func(i int) *exchange.Exchange { return request(i, 425+jitter(i), 0) })
	}
	for _, tt := range []struct {
		limit string
		n     int
		load  result.LoadShape
	}{
		{"e2e.p95<10ms", 40, serial}, {"e2e.p95<10ms", 40, open}, {"ttft.p99<1ms", 150, open}, {"e2e.p95<10ms", 3, serial},
		{"e2e.p50<10ms", 40, serial},
	} {
		if c := decided(t, tt.limit, collect(tt.load, slow(tt.n)...)); c.Verdict != result.Refuted || c.NeededN != 0 {
			t.Errorf("%s, all of %d: %s: %s", tt.limit, tt.n, c.Verdict, c.Reason)
		}
	}
	// All in step, as the users of a closed loop are: the ranks say that few of
	// them are independent, but none at all is within the limit.
	steps := requests(200, func(i int) *exchange.Exchange { return request(i, 400+float64(i/8), 0) })
	if c := decided(t, "e2e.p95<10ms", collect(result.LoadShape{Kind: "closed", Users: 8}, steps...)); c.Verdict != result.Refuted || c.NEff > 50 {
		t.Errorf("effective %v: %s: %s", c.NEff, c.Verdict, c.Reason)
	}
	few := requests(20, func(i int) *exchange.Exchange { return request(i, 5+jitter(i), 0) })
	if c := decided(t, "e2e.p95<10ms", collect(serial, few...)); c.Verdict != result.Undecided || c.NeededN != 59 || !strings.Contains(c.Reason, "59 requests like these would prove it") {
		t.Errorf("%s: %s", c.Verdict, c.Reason)
	}
	some := requests(16, func(i int) *exchange.Exchange { return request(i, 5+10*float64((i+1)/16), 0) })
	if c := decided(t, "e2e.p95<10ms", collect(serial, some...)); c.Verdict != result.Undecided || !strings.Contains(c.Reason, "would refute it") {
		t.Errorf("%s: %s", c.Verdict, c.Reason)
	}
}

// A latency claim is decided on the latencies as measured, and again without what
// the client added. Where that makes a difference, nobody knows.
func TestClientDelayNeverDecidesAClaim(t *testing.T) {
	const n = 200
	for _, tt := range []struct {
		name   string
		limit  string
		ms     float64
		late   func(i int) float64
		want   result.Verdict
		reason string
	}{
		{"a quiet client", "ttft.p95<50ms", 20, func(int) float64 { return 0 }, result.Proved, "0 of 200"},
		{"late by far less than the limit is away", "ttft.p95<50ms", 20, func(int) float64 { return 10 }, result.Proved, "0 of 200"},
		{"far over the limit either way", "ttft.p95<50ms", 100, func(int) float64 { return 10 }, result.Refuted, "200 of 200"},
		{"over the limit by the client's part", "ttft.p95<50ms", 55, func(int) float64 { return 10 }, result.Undecided, "the client decides this: as measured the p95 is 55.95 ms (refuted"},
		{"of which the other value is said", "ttft.p95<50ms", 55, func(int) float64 { return 10 }, result.Undecided, "10 ms on average) it is 45.95 ms (proved"},
		{"one late request of twenty decides nothing", "ttft.p95<50ms", 20, func(i int) float64 { return 2.5 * float64(i%20/19) }, result.Proved, "0 of 200"},
		{"a lower limit that only the client kept", "e2e.p5>50ms", 55, func(int) float64 { return 10 }, result.Undecided, "the client decides this"},
		{"a lower limit that is broken in any case", "e2e.p5>50ms", 40, func(int) float64 { return 10 }, result.Refuted, "200 of 200"},
		{"a mean by the client's part", "e2e.mean<50ms", 55, func(int) float64 { return 10 }, result.Undecided, "the client decides this: as measured the mean is 55.5 ms"},
		{"a mean far away", "e2e.mean<50ms", 20, func(int) float64 { return 10 }, result.Proved, "meets the limit"},
		// From the first byte written the client adds nothing.
		{"service time", "ttft_service.p95<50ms", 65, func(int) float64 { return 10 }, result.Refuted, "200 of 200"},
	} {
		cell := collect(open, requests(n, func(i int) *exchange.Exchange { return request(i, tt.ms+jitter(i), tt.late(i)) })...)
		if c := decided(t, tt.limit, cell); c.Verdict != tt.want || !strings.Contains(c.Reason, tt.reason) {
			t.Errorf("%s: %s: %s", tt.name, c.Verdict, c.Reason)
		}
	}
}

// A closed loop with a slow client makes less load: a limit is proved at that.
func TestProofInAClosedLoopSaysTheLoadThatASlowClientMade(t *testing.T) {
	eight := result.LoadShape{Kind: "closed", Users: 8}
	late := func(ms float64) Cell {
		return collect(eight, requests(400, func(i int) *exchange.Exchange { return request(i, 700+jitter(i), ms) })...)
	}
	// 8 users and 10 requests/s: 800 ms a cycle, of which the client takes 80.
	c := decided(t, "e2e.p95<1s", late(80))
	if c.Verdict != result.Proved || !strings.Contains(c.Reason, "10 requests/s that were achieved") || !strings.Contains(c.Reason, "11.11 requests/s") {
		t.Errorf("%s: %s", c.Verdict, c.Reason)
	}
	if c := decided(t, "e2e.p95<1s", late(1)); c.Verdict != result.Proved || strings.Contains(c.Reason, "achieved") {
		t.Errorf("a client that hardly adds anything: %s", c.Reason)
	}
}

// A closed loop with a slow client makes less load, and so has a lower rate: that
// refutes no least rate, and proves no greatest.
func TestASlowClientDecidesNoRateOfAClosedLoop(t *testing.T) {
	// 8 users and 10 requests/s: 800 ms a cycle. Without a client's 80 ms it is 11.1.
	late := func(load result.LoadShape, ms float64) Cell {
		return collect(load, requests(400, func(i int) *exchange.Exchange { return request(i, 700+jitter(i), ms) })...)
	}
	eight := result.LoadShape{Kind: "closed", Users: 8}
	for _, tt := range []struct {
		limit string
		load  result.LoadShape
		ms    float64
		want  result.Verdict
	}{
		{"throughput>=10.8", eight, 0, result.Refuted},
		{"throughput>=10.8", eight, 80, result.Undecided},
		{"throughput>=10.8", open, 80, result.Refuted}, // whose arrivals do not wait
		{"throughput>=20", eight, 80, result.Refuted},
		{"throughput>=9", eight, 80, result.Proved},
		{"throughput<10.8", eight, 0, result.Proved},
		{"throughput<10.8", eight, 80, result.Undecided},
		{"throughput<9", eight, 80, result.Refuted},
	} {
		c := decided(t, tt.limit, late(tt.load, tt.ms))
		if c.Verdict != tt.want || (c.Verdict == result.Undecided) != strings.Contains(c.Reason, "the client decides this") {
			t.Errorf("%s with %v ms: %s: %s", tt.limit, tt.ms, c.Verdict, c.Reason)
		}
	}
}

// Frames that were stamped when they were read may have come earlier.
func TestStampLagNeverDecidesAClaim(t *testing.T) {
	streamed := func(kernel bool, gap float64) *measure.Collector {
		c := &measure.Collector{}
		for i := range 200 {
			x := request(i, 10, 0)
			x.KernelStamps = kernel
			for k := range 11 {
				x.Frames = append(x.Frames, exchange.Frame{At: x.FirstToken + exchange.Stamp(float64(k)*(gap+jitter(i)/100)*1e6)})
			}
			x.LastToken = x.Frames[10].At
			x.Done, x.OutputTokens = x.LastToken, new(11)
			c.Add(x)
		}
		c.Settle(1, 20e9)
		return c
	}
	for _, tt := range []struct {
		limit  string
		kernel bool
		lag    float64
		want   result.Verdict
	}{
		// 5 ms a token over 50 ms.
		// 10 ms, of which an unknown part is the read's wait, whenever it began.
		{"ttft.p95<8ms", true, 20, result.Refuted},
		{"ttft.p95<8ms", false, 1, result.Refuted},
		{"ttft.p95<8ms", false, 4, result.Undecided},
		{"ttft.p95<11ms", false, 4, result.Proved},
		{"ttft_service.p95<8ms", true, 20, result.Refuted},
		{"ttft_service.p95<8ms", false, 4, result.Undecided},
		{"e2e_service.p95<50ms", false, 1, result.Refuted},
		{"e2e_service.p95<50ms", false, 30, result.Undecided},
		{"e2e.p5>50ms", false, 30, result.Undecided},
		{"tpot.p95<6ms", true, 20, result.Proved},
		{"tpot.p95<6ms", false, 1, result.Proved},
		{"tpot.p95<6ms", false, 20, result.Undecided},
		{"tpot.p95<4ms", false, 1, result.Refuted},
		{"tpot.p95<4ms", false, 20, result.Undecided},
		{"user_rate.p5>180", false, 1, result.Proved},
		{"user_rate.p5>180", false, 20, result.Undecided},
		{"stall.p95<10ms", false, 1, result.Proved},
		{"stall.p95<10ms", false, 6, result.Undecided},
	} {
		cell := Cell{
			Cell:     result.Cell{Load: open, WindowS: 20, Client: &result.Client{SchedP99: new(tt.lag)}},
			Requests: streamed(tt.kernel, 5), Dependence: map[string]stats.Dependence{},
		}
		if c := decided(t, tt.limit, cell); c.Verdict != tt.want || tt.want == result.Undecided && !strings.Contains(c.Reason, "the client decides this") {
			t.Errorf("%+v: %s: %s", tt, c.Verdict, c.Reason)
		}
	}
}

// What was cut, and what could not be measured of an answer, is open.
func TestOpenOutcomesHelpNoVerdict(t *testing.T) {
	cut := func(i int, after float64) *exchange.Exchange {
		x := request(i, after, 0)
		x.Class, x.FirstToken, x.FirstAnswer, x.LastToken = exchange.Cut, 0, 0, 0
		return x
	}
	reasoning := func(i int) *exchange.Exchange {
		x := request(i, 20+jitter(i), 0)
		x.FirstAnswer = 0
		return x
	}
	burst := func(i int) *exchange.Exchange {
		x := request(i, 20+jitter(i), 0)
		x.Frames, x.OutputTokens = []exchange.Frame{{At: x.FirstToken}}, new(40)
		return x
	}
	for _, tt := range []struct {
		name  string
		limit string
		odd   func(i int) *exchange.Exchange
		every int // one in so many is odd
		want  result.Verdict
		text  string
	}{
		{"cut early", "e2e.p95<50ms", func(i int) *exchange.Exchange { return cut(i, 10) }, 5, result.Undecided, "40 were cut before that was known"},
		{"cut when it had broken the limit", "e2e.p95<50ms", func(i int) *exchange.Exchange { return cut(i, 90) }, 5, result.Refuted, "40 of 200 requests broke"},
		{"cut early, few", "e2e.p90<50ms", func(i int) *exchange.Exchange { return cut(i, 10) }, 100, result.Proved, "2 were cut"},
		{"reasoning alone", "ttfa.p95<50ms", reasoning, 1, result.Undecided, "200 of 200 were answered with reasoning alone"},
		{"reasoning alone now and then", "ttfa.p95<50ms", reasoning, 5, result.Undecided, "reasoning alone"},
		{"all at once", "tpot.p95<50ms", burst, 1, result.Undecided, "not token by token"},
		{"all at once, which is no short stall", "stall.p95<50ms", burst, 1, result.Undecided, "not token by token"},
		{"first tokens all the same", "ttft.p95<50ms", reasoning, 1, result.Proved, ""},
	} {
		cell := collect(open, requests(200, func(i int) *exchange.Exchange {
			if i%tt.every == tt.every-1 {
				return tt.odd(i)
			}
			return request(i, 20+jitter(i), 0)
		})...)
		if c := decided(t, tt.limit, cell); c.Verdict != tt.want || !strings.Contains(c.Reason, tt.text) {
			t.Errorf("%s: %s: %s", tt.name, c.Verdict, c.Reason)
		}
	}
}

// A mean of what every answer has is decided: only answers without a value are
// left out of it.
func TestMeansOfWhatEveryAnswerHasAreDecided(t *testing.T) {
	streamed := func(i int) *exchange.Exchange {
		x := request(i, 20+jitter(i), 0)
		x.Frames = []exchange.Frame{{At: x.FirstToken, Tokens: 1}, {At: x.FirstToken + 10e6, Tokens: 1}, {At: x.FirstToken + 20e6, Tokens: 1}}
		x.LastToken, x.Done, x.OutputTokens = x.Frames[2].At, x.Frames[2].At, new(3)
		return x
	}
	cell := collect(serial, requests(200, streamed)...)
	for _, limit := range []string{"ttfa.mean<50ms", "tpot.mean<50ms", "stall.mean<50ms", "user_rate.mean>50"} {
		if c := decided(t, limit, cell); c.Verdict != result.Proved {
			t.Errorf("%s: %s: %s", limit, c.Verdict, c.Reason)
		}
	}
}
