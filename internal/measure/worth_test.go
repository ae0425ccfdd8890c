package measure

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
)

// load is n requests at so many a second, whose latencies of about e2e ms are
// independent.
func load(n int, rate, e2e float64) []*exchange.Exchange {
	rng := rand.New(rand.NewPCG(uint64(n), 1))
	var xs []*exchange.Exchange
	for i := range n {
		ms := e2e * (0.75 + 0.5*rng.Float64())
		xs = append(xs, good(1000*float64(i)/rate, ms/2, ms*0.75, ms))
	}
	return xs
}

func openCell(n int, rate, e2e float64) result.Cell {
	return cellOf(Input{
		ID: "c", Target: "candidate", Load: result.LoadShape{Kind: "open", Rate: rate},
		Start: ms(0), End: ms(1000 * float64(n) / rate),
	}, load(n, rate, e2e))
}

// A window of a few request lengths says little, however many requests it has, and
// the tool says so and which window would do.
func TestAShortWindowHasNoIntervals(t *testing.T) {
	s := openCell(500, 100, 1000).Metrics.Stats["ttft"] // five request lengths
	if s.P50.Value != nil || s.P50.Sample == nil || math.Abs(s.P50.NEff-20) > 0.5 || s.P50.NeededN != 30 || math.Abs(s.P50.NeededWindowS-7.5) > 0.2 {
		t.Errorf("%+v", s.P50)
	}
	for _, why := range []string{s.P50.Withheld, s.MeanWithheld} {
		if !strings.Contains(why, "the window is too short for an interval: it holds 5 request lengths, which count as 20 independent requests") {
			t.Error(why)
		}
	}
	if s.MeanLo != nil || s.Mean == nil {
		t.Errorf("the mean has an interval: %v", s.MeanLo)
	}
	s = openCell(500, 10, 1000).Metrics.Stats["ttft"] // fifty
	if s.P50.Lo == nil || s.P95.Lo == nil || s.MeanLo == nil || s.MeanWithheld != "" || *s.MeanLo > *s.Mean || *s.MeanHi < *s.Mean {
		t.Errorf("%+v", s)
	}
}

// The gaps between a cell's blocks make its window no longer.
func TestLengthsOfAWindowAreThoseOfItsBlocks(t *testing.T) {
	xs := load(400, 10, 1000)
	blocks := exchange.Spans{{Start: ms(0), End: ms(1)}}
	for i, x := range xs {
		if i%100 == 0 {
			blocks = append(blocks, exchange.Span{Start: x.Due, End: x.Due + 5e9})
		}
	}
	c := Collector{}
	for _, x := range xs {
		c.Add(x)
	}
	c.SettleBlocks(blocks[1:])
	if l := c.Series(nil, nil, result.LoadShape{}).Lengths; math.Abs(l-20) > 1 {
		t.Errorf("four blocks of five seconds have %v request lengths", l)
	}
}

// Few independent requests of one user have an interval; under load they have not.
func TestOneUserNeedsNoFloor(t *testing.T) {
	one := cell(t, 1, series(20)...).Metrics.Stats["ttft"]
	if one.P50.Value == nil || one.P50.NEff != 20 || one.MeanLo == nil {
		t.Errorf("%+v", one.P50)
	}
	four := cell(t, 4, series(20)...).Metrics.Stats["ttft"]
	if four.P50.Value != nil || four.P50.NeededN != 30 || four.MeanLo != nil {
		t.Errorf("%+v", four.P50)
	}
}
