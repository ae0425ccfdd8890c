package target

import (
	"math"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/measure"
)

// E2E is about how long the target takes for an answer of so many tokens when it
// has nothing else to do, from the small requests that it was probed with: time to
// first token + tokens × time per token. 0 where they said nothing.
func (t *Target) E2E(tokens float64) time.Duration {
	return t.first + time.Duration(max(0, tokens-1)*float64(t.each))
}

// learnSpeed notes how fast the target answered two requests of which the second
// has so many more tokens.
func (t *Target) learnSpeed(short, long *exchange.Exchange, more int) {
	ms := func(tag string, x *exchange.Exchange) (time.Duration, bool) {
		v, ok := measure.Value(tag, x)
		return time.Duration(v * float64(time.Millisecond)), ok && v > 0 && !math.IsInf(v, 0)
	}
	for _, x := range []*exchange.Exchange{short, long} {
		// One of them may have waited for the other.
		if v, ok := ms("ttft_service", x); ok && (t.first == 0 || v < t.first) {
			t.first = v
		}
	}
	a, okA := ms("e2e_service", short)
	b, okB := ms("e2e_service", long)
	switch {
	case t.TPOT > 0:
		t.each = t.TPOT
	case okA && okB && b > a: // an answer in one piece
		t.first, t.each = a, (b-a)/time.Duration(more)
	case okA && t.first == 0:
		t.first = a
	}
}
