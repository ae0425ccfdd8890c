package measure

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
)

// bursts counts the answers that came at once, of which nothing can be said
// between the first token and the last (see exchange.NotStreamed).
type bursts struct{ answers, atOnce int }

func (b *bursts) add(x *exchange.Exchange) {
	if x.Class != exchange.OK || len(x.Frames) == 0 {
		return
	}
	b.answers++
	if x.NotStreamed() {
		b.atOnce++
	}
}

// share of the answers with frames that came at once; 0 where there are none.
func (b bursts) share() float64 {
	if b.answers == 0 {
		return 0
	}
	return float64(b.atOnce) / float64(b.answers)
}

// text says how many answers were not streamed; empty where all were.
func (b bursts) text() string {
	if b.atOnce == 0 {
		return ""
	}
	return fmt.Sprintf("not streamed: %d of %d answers came at once, or in a burst after a much longer wait, and have no time between their tokens", b.atOnce, b.answers)
}

// mark notes it with the statistics that need such times, and withholds those that
// have none.
func (b bursts) mark(stats map[string]result.Statistic, units func(tag string) string) {
	text := b.text()
	if text == "" {
		return
	}
	for _, tag := range []string{"tpot", "user_rate", "stall", "gap", "itl"} {
		s, ok := stats[tag]
		if !ok {
			s = withheld(text)
			s.Unit = units(tag)
		} else {
			s.Note = join(s.Note, text)
		}
		stats[tag] = s
	}
}

// NotStreamed returns the share of the successful streams whose answers came at
// once.
func (c *Collector) NotStreamed() float64 { return c.bursts.share() }
