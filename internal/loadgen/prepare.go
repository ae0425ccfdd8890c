package loadgen

import (
	"cmp"
	"math"
	"sync"

	"github.com/inferometer/inferometer/internal/exchange"
)

// planned is how many requests, or conversations, a cell is known to send after its
// warm-up; of a closed loop that ends by time just the first of its users.
func (s Shape) planned() int {
	n := s.Requests
	if s.Conversations > 0 && (n == 0 || s.Conversations < n) {
		n = s.Conversations
	}
	if s.Open() && s.Duration > 0 && len(s.Times) == 0 {
		if due := s.Schedule.Curve.Expected(s.Duration.Seconds()); n == 0 || due < float64(n) {
			n = int(math.Ceil(due))
		}
	}
	if len(s.Times) > 0 {
		return len(s.Times)
	}
	return max(n, s.Users)
}

// spare is how many requests beyond those that are planned are kept ready: one for
// each user, or a tenth of a second of arrivals.
func (s Shape) spare() int {
	if !s.Open() {
		return s.Users
	}
	return 2 + int(math.Ceil(s.Schedule.Curve.Peak()/10))
}

// warmupsReady is how many warm-up requests are kept ready: as many as there are, or
// as are spare.
func (s Shape) warmupsReady() int {
	if !s.warm() {
		return 0
	}
	n := min(s.Warmup, cmp.Or(s.Ahead, 1024))
	if s.Settle.Time > 0 || s.Settle.Cap > 0 || !s.Open() {
		n = max(n, s.spare())
	}
	return n
}

// prepareWarmup prepares requests of the warm-up until it is over.
func (r *runner) prepareWarmup() {
	defer close(r.warmups)
	if !r.shape.warm() {
		close(r.warm)
		return
	}
	ready := sync.OnceFunc(func() { close(r.warm) })
	defer ready()
	most, known := r.shape.MostWarmup()
	for n := 0; r.starts.Err() == nil && !(known && n == most); n++ {
		if n == cap(r.warmups) {
			ready()
		}
		x := &exchange.Exchange{Phase: exchange.Warmup, Index: n}
		r.making <- struct{}{}
		request, err := r.req.Prepare(x.Phase, n, x)
		<-r.making
		if err != nil {
			r.prepareFailed(err)
			return
		}
		select {
		case r.warmups <- preparedRequest{x: x, request: request}:
		case <-r.warming.done:
			return
		case <-r.starts.Done():
			return
		}
	}
}

// nextWarmup returns the next request of the warm-up, or false when the cell has
// ended.
func (r *runner) nextWarmup() (preparedRequest, bool) {
	select {
	case p, ok := <-r.warmups:
		return p, ok
	case <-r.starts.Done():
		return preparedRequest{}, false
	}
}

// prepareAll prepares requests, those of the warm-up aside, until the cell ends: the
// ones that are planned ahead of time, as many as fit, and those after them, which
// keep the load up until the last answer has come, only as they are needed. No
// prompt is made in the measured part that is not going to be sent, but for a few.
func (r *runner) prepareAll() {
	defer close(r.prepared)
	full := sync.OnceFunc(func() { close(r.filled) })
	defer full()
	planned, spare := r.shape.planned(), r.shape.spare()
	for n := 0; r.starts.Err() == nil; n++ {
		if n == cap(r.prepared) || n == planned+spare {
			full()
		}
		for n >= planned && len(r.prepared) >= spare {
			full()
			select {
			case <-r.taken:
			case <-r.starts.Done():
				return
			}
		}
		p, err := r.prepare(n)
		if err != nil {
			r.prepareFailed(err)
			return
		}
		select {
		case r.prepared <- p:
		case <-r.starts.Done():
			return
		}
		if n+1 == len(r.shape.Times) || n+1 == r.shape.Conversations {
			return // there are no more
		}
	}
}

// prepare makes request n, or conversation n.
func (r *runner) prepare(n int) (preparedRequest, error) {
	if r.source != nil {
		return r.prepareFirstTurn(n)
	}
	x := &exchange.Exchange{Phase: exchange.Measured, Index: n}
	if lead := r.shape.Warmup; r.shape.recorded() {
		if x.Index -= lead; n < lead {
			x.Phase, x.Index = exchange.Warmup, n
		}
	}
	r.making <- struct{}{}
	defer func() { <-r.making }()
	request, err := r.req.Prepare(x.Phase, x.Index, x)
	return preparedRequest{x: x, request: request}, err
}

// prepareFailed ends the cell because of a request that could not be made.
func (r *runner) prepareFailed(err error) {
	r.mu.Lock()
	if r.err == nil && r.starts.Err() == nil {
		r.err = err
	}
	r.mu.Unlock()
	r.end("a request could not be prepared", false)
}

// next returns the next prepared request, or false when the cell has ended.
func (r *runner) next() (preparedRequest, bool) {
	select {
	case <-r.starts.Done():
		return preparedRequest{}, false
	default:
	}
	select {
	case p, ok := <-r.prepared:
		select {
		case r.taken <- struct{}{}:
		default: // prepareAll knows already
		}
		return p, ok
	case <-r.starts.Done():
		return preparedRequest{}, false
	}
}
