package scrape

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// Sample is what a server said of itself at a moment.
type Sample struct {
	Asked    exchange.Stamp       `json:"asked"`    // when the question went
	Answered exchange.Stamp       `json:"answered"` // and when its answer was there
	Values   map[Quantity]float64 `json:"values,omitempty"`
	// Fallen are counters that had been higher before: the server has been
	// restarted since.
	Fallen []Quantity `json:"fallen,omitempty"`
	Failed string     `json:"failed,omitempty"` // why there are no values
}

// Scraper asks a server for its metrics again and again. Fields must not be
// changed after Start.
type Scraper struct {
	// Fetch returns the metrics as text; it is called from one goroutine at a
	// time.
	Fetch func(ctx context.Context) ([]byte, error)
	Clock *exchange.Clock
	Every time.Duration // 0: 1 s
	// Emit takes each sample, from one goroutine at a time.
	Emit func(Sample)

	mu     sync.Mutex // guards a scrape
	before series

	cancel context.CancelFunc
	done   chan struct{}
}

// Start begins to scrape, at once and then at each interval, until Stop.
func (s *Scraper) Start(ctx context.Context) {
	ctx, s.cancel = context.WithCancel(ctx)
	s.done = make(chan struct{})
	every := s.Every
	if every <= 0 {
		every = time.Second
	}
	go func() {
		defer close(s.done)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			s.Now(ctx)
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}()
}

// Stop ends the scraping and waits for it.
func (s *Scraper) Stop() {
	s.cancel()
	<-s.done
}

// Now scrapes once, beside the interval: before and after a cell, so that what
// the server counted meanwhile is known exactly.
func (s *Scraper) Now(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	sample := Sample{Asked: s.Clock.Now()}
	text, err := s.Fetch(ctx)
	sample.Answered = s.Clock.Now()
	var now series
	if err == nil {
		now, err = parse(bytes.NewReader(text))
	}
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		sample.Failed = err.Error()
	default:
		sample.Values, sample.Fallen = now.total(), now.fallen(s.before)
		s.before = now
	}
	s.Emit(sample)
}
