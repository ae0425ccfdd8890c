package conduct

import (
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/observe"
	"github.com/inferometer/inferometer/internal/validity"
)

// lookEvery is how often a cell is looked at for trouble while it runs.
const lookEvery = 3 * time.Second

// ends sums what is needed to see trouble coming, of measured requests.
type ends struct {
	ok, failed  int
	added, ttft float64 // ms, over the requests that succeeded
}

func (e *ends) add(x *exchange.Exchange) {
	switch {
	case x.Failed():
		e.failed++
		return
	case x.Class != exchange.OK:
		return
	}
	e.ok++
	late, _ := measure.Value("lateness", x)
	delay, _ := measure.Value("client_delay", x)
	ttft, _ := measure.Value("ttft", x)
	e.added, e.ttft = e.added+late+delay, e.ttft+ttft
}

// soFar is what is seen of a cell until now.
func (p *progress) soFar(self *observe.Watch) validity.SoFar {
	seen := self.End() // takes a moment, for which no request waits
	p.mu.Lock()
	defer p.mu.Unlock()
	s := validity.SoFar{OK: p.ends.ok, Failed: p.ends.failed, Client: seen}
	if n := float64(s.OK); n > 0 {
		s.Added, s.TTFT = p.ends.added/n, p.ends.ttft/n
	}
	return s
}

// lookOut looks for trouble every few seconds, for progress to tell, until the
// returned function is called.
func (p *progress) lookOut(self *observe.Watch) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				p.notice(p.soFar(self))
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

// notice keeps the trouble that is told with progress.
func (p *progress) notice(seen validity.SoFar) {
	trouble, failing := seen.Trouble(), seen.Failing()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trouble, p.failing = trouble, failing
}
