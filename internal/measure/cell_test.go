package measure

import (
	"math"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
)

// series is n requests, one each 100 ms, with first tokens after 10 to 29 ms, neighbours
// unlike.
func series(n int) []*exchange.Exchange {
	var xs []*exchange.Exchange
	for i := range n {
		ttft := 10 + float64(7*i%20)
		xs = append(xs, good(float64(100*i), ttft, ttft+5, ttft+10))
	}
	return xs
}

func cell(t *testing.T, users int, xs ...*exchange.Exchange) result.Cell {
	t.Helper()
	end := ms(0)
	for _, x := range xs {
		end = max(end, x.Due+exchange.Stamp(100e6))
	}
	limit, err := metric.ParseLimit("ttft<20ms")
	if err != nil {
		t.Fatal(err)
	}
	return cellOf(Input{
		ID: "c", Target: "candidate", Load: result.LoadShape{Kind: "closed", Users: users},
		Start: ms(0), End: end,
	}, xs, limit)
}

// cellOf computes a cell from exchanges in memory.
func cellOf(in Input, xs []*exchange.Exchange, good ...metric.Limit) result.Cell {
	c := Collector{KeepTurns: in.Load.Of == result.OfConversations, GoodLimits: good}
	for _, x := range xs {
		c.Add(x)
	}
	c.SettleBlocks(in.window())
	for _, x := range xs {
		c.AddFrames(x)
	}
	return c.Cell(in)
}

func TestCountsAndRates(t *testing.T) {
	xs := series(100)
	xs[10].Class, xs[20].Class, xs[30].Class = exchange.HTTP5xx, exchange.Cut, exchange.Shed
	xs = append(xs, &exchange.Exchange{Phase: exchange.Warmup, Due: ms(-5)})
	c := cell(t, 4, xs...)
	n := c.Counts
	if n.Scheduled != 100 || n.Attempted != 99 || n.OK != 97 || n.Failed != 1 || n.Cut != 1 || n.Shed != 1 || n.Warmup != 1 || n.ByClass["http_5xx"] != 1 {
		t.Errorf("%+v", n)
	}
	if n.Scheduled != n.Shed+n.Attempted || n.Attempted != n.OK+n.Failed+n.Cut {
		t.Errorf("counts do not add up: %+v", n)
	}
	near := func(tag string, want float64) {
		t.Helper()
		r := c.Metrics.Rates[tag]
		if r.Value == nil || math.Abs(float64(*r.Value)-want) > 1e-9 {
			t.Errorf("%s = %v, want %v", tag, r.Value, want)
		}
	}
	near("success", 97.0/99) // a cut request is not a failure, a shed one is
	near("throughput", 97.0/10)
	near("output_throughput", 97*3/10.0)
	near("input_throughput", 97*100/10.0)
	if r := c.Metrics.Rates["wasted_throughput"]; r.Value == nil || float64(*r.Value) <= 0 {
		t.Errorf("tokens of the failed and cut requests are not shown: %+v", r)
	}
	if r := c.Metrics.Rates["goodput"]; r.Value == nil || float64(*r.Value) <= 0 || float64(*r.Value) >= 9.7 {
		t.Errorf("goodput %v of a limit that half of the requests meet", r.Value)
	}
}

// An answer that is not streamed counts its tokens where it ended.
func TestWholeAnswersCountInRates(t *testing.T) {
	xs := series(60)
	for _, x := range xs {
		x.Streamed, x.Frames, x.FirstToken, x.FirstAnswer = false, nil, 0, 0
	}
	c := cell(t, 4, xs...)
	if r := c.Metrics.Rates["output_throughput"]; r.Value == nil || math.Abs(float64(*r.Value)-30) > 1e-9 {
		t.Errorf("output_throughput %v, want 30", r.Value)
	}
	if s, ok := c.Metrics.Stats["ttft"]; ok {
		t.Errorf("a ttft where none can be seen: %+v", s)
	}
}

func TestQuantilesAndFailures(t *testing.T) {
	c := cell(t, 1, series(100)...)
	s := c.Metrics.Stats["ttft"]
	if s.N != 100 || s.NOK != 100 || s.P50.Value == nil || s.P95.Value == nil || s.P99.Value != nil || s.P99.NeededN != 368 || s.P99.AtLeast == nil {
		t.Errorf("%+v", s)
	}
	if float64(*s.P50.Value) != 19.5 || s.P50.Lo == nil || s.P50.Hi == nil {
		t.Errorf("p50 %+v", s.P50)
	}

	// With 8 % failures the p95 is infinite and the p50 is not; the mean is
	// over ok requests and says so.
	xs := series(100)
	for i := range 8 {
		xs[12*i].Class = exchange.Reset
	}
	s = cell(t, 1, xs...).Metrics.Stats["ttft"]
	if s.NOK != 92 || s.P95.Value == nil || !math.IsInf(float64(*s.P95.Value), 1) || math.IsInf(float64(*s.P50.Value), 1) || math.IsInf(float64(*s.Mean), 1) {
		t.Errorf("%+v", s)
	}

	// A cut request may be slower than all: what it could reach is withheld.
	xs = series(100)
	for i := range 8 {
		x := xs[12*i]
		x.Class, x.FirstToken, x.LastToken, x.Frames, x.Done = exchange.Cut, 0, 0, nil, x.Due+exchange.Stamp(30e6)
	}
	s = cell(t, 1, xs...).Metrics.Stats["ttft"]
	if s.P95.Value != nil || s.P95.AtLeast == nil || !strings.Contains(s.P95.Withheld, "cut") || s.P50.Value == nil {
		t.Errorf("p95 %+v, p50 %+v", s.P95, s.P50)
	}

	// Below the n that an interval needs nothing is made up.
	s = cell(t, 1, series(4)...).Metrics.Stats["ttft"]
	if s.P50.Value != nil || s.P50.NeededN != 6 || s.Mean == nil {
		t.Errorf("%+v", s)
	}
}

func TestSteady(t *testing.T) {
	if c := cell(t, 4, series(30)...); c.Steady != nil || !strings.Contains(c.SteadyNote, "needs 50") {
		t.Errorf("%v, %q", c.Steady, c.SteadyNote)
	}
	xs := series(200)
	for i := range 40 { // a slow beginning
		for k := range xs[i].Frames {
			xs[i].Frames[k].At += exchange.Stamp(80e6)
		}
		xs[i].LastToken += exchange.Stamp(80e6)
	}
	xs[3].Class = exchange.Reset
	c := cell(t, 4, xs...)
	if c.Steady == nil || c.Steady.Stats["e2e"].N > 165 || c.Counts.Failed != 1 || float64(*c.Metrics.Rates["success"].Value) == 1 {
		t.Errorf("%q, %+v", c.SteadyNote, c.Counts)
	}
}

// pooled runs both passes over xs and returns gap and itl of the whole.
func pooled(xs []*exchange.Exchange) (gap, itl result.Statistic, ok bool) {
	var c Collector
	for _, x := range xs {
		c.Add(x)
	}
	c.Settle(xs[0].Due, xs[len(xs)-1].Done)
	for _, x := range xs {
		c.AddFrames(x)
	}
	return c.whole.pooled()
}

func TestPooled(t *testing.T) {
	// 15 s of frames: enough stretches for an interval of the median.
	gap, itl, ok := pooled(series(150))
	if !ok || gap.P50.Value == nil || math.Abs(float64(*gap.P50.Value)-5) > 0.05 || gap.N < 10 {
		t.Errorf("%+v, %v", gap, ok)
	}
	if itl.P50.Value == nil {
		t.Errorf("as many tokens as frames, and no itl: %+v", itl)
	}
	if gap, _, ok := pooled(series(10)); ok && gap.P50.Value != nil && gap.P50.Lo != nil {
		t.Errorf("an interval from under twelve stretches: %+v", gap.P50)
	}
	bundled := series(150)
	for _, x := range bundled {
		x.OutputTokens = num(9)
	}
	gap, itl, _ = pooled(bundled)
	if itl.P50.Value != nil || !strings.Contains(itl.Note+itl.P50.Withheld, "bundled") || gap.P50.Value == nil {
		t.Errorf("itl of frames with unknown tokens: %+v", itl)
	}
}

func TestArrivals(t *testing.T) {
	xs := series(100)
	c := cellOf(Input{ID: "c", Load: result.LoadShape{Kind: "open", Rate: 10}, Start: ms(0), End: ms(10000)}, xs)
	a := c.Arrivals
	if a == nil || math.Abs(a.IntendedRate-10) > 0.2 || math.Abs(a.Deficit) > 1e-6 || math.Abs(a.ErrorP50MS-1) > 1e-6 {
		t.Errorf("%+v", a)
	}
}

// A connection that the server refuses is a failure of the server, and no arrival
// that the client has lost: else a limit on success would be invalid by what
// refutes it. What was shed, and what found no local port, was not sent.
func TestRefusedConnectionsAreArrivals(t *testing.T) {
	for _, tt := range []struct {
		class   exchange.Class
		started bool
		lost    bool
	}{{exchange.Connect, true, false}, {exchange.TLS, true, false}, {exchange.Cut, true, false}, {exchange.Local, true, true}, {exchange.Shed, false, true}} {
		xs := series(100)
		for i, x := range xs {
			if i%10 != 5 {
				continue
			}
			*x = exchange.Exchange{Phase: x.Phase, Cell: x.Cell, Index: x.Index, Due: x.Due, Woken: x.Woken, Class: tt.class, Done: x.Due + 2e6}
			if tt.started {
				x.Started = x.Due + 1e6
			}
		}
		a := cellOf(Input{ID: "c", Load: result.LoadShape{Kind: "open", Rate: 10}, Start: ms(0), End: ms(10000)}, xs).Arrivals
		if a == nil || tt.lost != (a.Deficit > 0.05) || !tt.lost && math.Abs(a.Deficit) > 0.001 {
			t.Errorf("%s: %+v", tt.class, a)
		}
	}
}

// A server whose counts in the frames do not add up to its own total is taken
// by its total: throughput and tokens would otherwise contradict each other.
func TestCountsThatDoNotAddUp(t *testing.T) {
	for name, counts := range map[string][]int32{"more frames' worth": {7, 0, 9}, "all counted": {7, 8, 9}} {
		for _, total := range []int{3, 5} {
			xs := series(150)
			for _, x := range xs {
				x.OutputTokens, x.FrameTokens = num(total), exchange.FromContinuous
				x.Frames = x.Frames[:0]
				for k, n := range counts {
					x.Frames = append(x.Frames, exchange.Frame{At: x.FirstToken + exchange.Stamp(5e6*k), Tokens: n})
				}
				x.LastToken = x.Frames[2].At
				x.Done = x.LastToken
			}
			c := cell(t, 4, xs...)
			requests, tokens := float64(*c.Metrics.Rates["throughput"].Value), float64(*c.Metrics.Rates["output_throughput"].Value)
			if want := requests * float64(total); math.Abs(tokens-want) > want/50 {
				t.Errorf("%s: %v token/s at %v requests/s of %d tokens each", name, tokens, requests, total)
			}
			_, itl, _ := pooled(xs)
			if known := itl.P50.Value != nil; known != (total == 3) {
				t.Errorf("%s, %d tokens: itl %+v", name, total, itl.P50)
			}
		}
	}
	// The end of the text is counted in the total and has no frame.
	x := good(0, 10, 20, 30)
	x.Frames[0].Tokens, x.Frames[1].Tokens, x.Frames[2].Tokens, x.OutputTokens = 2, 1, 2, num(6)
	if got := spreadOf(x); got != spreadCounted {
		t.Errorf("counts that lack the end of the text: %v", got)
	}
}
