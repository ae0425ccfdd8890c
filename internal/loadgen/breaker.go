package loadgen

import (
	"cmp"
	"fmt"
	"math"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// breaker ends a cell in which there is nothing to measure any more: of the latest
// requests nearly all have failed. They are at least 20; of an open loop those that
// arrive in breakerSpan, since a server that refuses everything for a moment has a
// bad moment; of a closed loop two for each user, of whom each waits for a second
// after a failure. The failures among them are spread over breakerLeast at least.
type breaker struct {
	share    float64
	latest   []settled // a ring
	failures int       // in it
	n        int       // requests that have gone into it
}

// settled is a request that has ended.
type settled struct {
	at     exchange.Stamp
	failed bool
}

const (
	breakerSpan  = 5 * time.Second
	breakerLeast = time.Second
)

func newBreaker(s Shape, share float64) breaker {
	n := max(20, 2*s.Users)
	if s.Open() {
		n = max(n, s.Most(breakerSpan))
	}
	return breaker{share: cmp.Or(share, 0.9), latest: make([]settled, n)}
}

// Most is the most arrivals of an open loop in any stretch of that length: of a
// trace as they were recorded, of a schedule those of its peak rate.
func (s Shape) Most(d time.Duration) int {
	const most = 1 << 20 // a mebibyte or so of memory is enough to judge by
	if len(s.Times) == 0 {
		return int(min(most, math.Ceil(s.Schedule.Curve.Peak()*d.Seconds())))
	}
	d = time.Duration(float64(d) * cmp.Or(s.Speed, 1))
	worst, first := 0, 0
	for i, t := range s.Times {
		for t-s.Times[first] > d {
			first++
		}
		worst = max(worst, i-first+1)
	}
	return min(most, worst)
}

// hopeless notes how x ended, and reports whether too many of the latest requests
// have failed.
func (b *breaker) hopeless(x *exchange.Exchange, now exchange.Stamp) bool {
	if x.Class == exchange.Cut || x.Class == exchange.Shed {
		return false
	}
	at := &b.latest[b.n%len(b.latest)]
	if at.failed {
		b.failures--
	}
	*at = settled{now, x.Failed()}
	if at.failed {
		b.failures++
	}
	b.n++
	if !at.failed || b.n < len(b.latest) || float64(b.failures) < b.share*float64(len(b.latest)) {
		return false
	}
	for i := range b.latest {
		if first := b.latest[(b.n+i)%len(b.latest)]; first.failed {
			return now-first.at >= exchange.Stamp(breakerLeast)
		}
	}
	return false
}

// text says why a cell ended; x is the last request that failed.
func (b *breaker) text(x *exchange.Exchange) string {
	return fmt.Sprintf("%d of the latest %d requests failed, the last one with: %s", b.failures, len(b.latest), x.Error)
}
