package conduct

import (
	"sync"

	"github.com/inferometer/inferometer/internal/conduct/target"
	"github.com/inferometer/inferometer/internal/warmup"
)

// latencies are what each target took for requests of loads that settled. A load
// that grew says how long its queue was, and not how long requests are.
type latencies struct {
	mu sync.Mutex // protects by
	by map[*target.Target]warmup.Latencies
}

func (l *latencies) of(t *target.Target) warmup.Latencies {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.by[t]
}

func (l *latencies) add(t *target.Target, more warmup.Latencies) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.by == nil {
		l.by = map[*target.Target]warmup.Latencies{}
	}
	l.by[t] = l.by[t].Plus(more)
}

// latencies of the measured requests that succeeded.
func (p *progress) latencies() warmup.Latencies {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.took
}
