package scrape

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// Sample is what a server said about itself at a moment.
type Sample struct {
	Asked    exchange.Stamp       `json:"asked"`    // when the request was sent
	Answered exchange.Stamp       `json:"answered"` // when the response was complete
	Values   map[Quantity]float64 `json:"values,omitempty"`
	// Fallen are counters that were higher before: the server has been restarted
	// since.
	Fallen []Quantity `json:"fallen,omitempty"`
	Failed string     `json:"failed,omitempty"` // why there are no values
}

// Scraper polls the metrics of a server. Fields must not be changed after Start.
type Scraper struct {
	// Fetch returns the metrics as text; it is called by one goroutine at a time.
	Fetch func(ctx context.Context) ([]byte, error)
	Clock *exchange.Clock
	Every time.Duration // 0: 1 s
	// Emit gets each sample, from one goroutine at a time.
	Emit func(Sample)

	mu     sync.Mutex // guards a scrape
	before series

	cancel context.CancelFunc
	done   chan struct{}
}

// Start scrapes once before it returns, so that everything the server counts
// later is known, and then at each interval until Finish or Stop.
func (s *Scraper) Start(ctx context.Context) {
	s.now(ctx)
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
			select {
			case <-tick.C:
				s.now(ctx)
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

// A server accounts for a request shortly after its last byte. It gets some time
// for it; less if it does not answer.
const (
	lastLooks  = 6
	lastWait   = 100 * time.Millisecond
	lastFailed = 2
)

// Finish ends the scraping, once no request is running any more, with a last
// sample, and with some more while the server still reports running requests.
func (s *Scraper) Finish(ctx context.Context) {
	s.Stop()
	failed := 0
	for range lastLooks {
		sample, ok := s.now(ctx)
		if sample.Failed != "" {
			failed++
		}
		if !ok || failed == lastFailed || sample.Failed == "" && sample.Values[Running] <= 0 {
			return
		}
		select {
		case <-time.After(lastWait):
		case <-ctx.Done():
		}
	}
}

// now scrapes once. ok is false if ctx is done, and there is no sample then.
func (s *Scraper) now(ctx context.Context) (sample Sample, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		return sample, false
	}
	sample.Asked = s.Clock.Now()
	text, err := s.Fetch(ctx)
	sample.Answered = s.Clock.Now()
	var read series
	if err == nil {
		read, err = parse(bytes.NewReader(text))
	}
	switch {
	case ctx.Err() != nil:
		return sample, false
	case err != nil:
		sample.Failed = err.Error()
	default:
		sample.Values, sample.Fallen = read.total(), read.fallen(s.before)
		s.before = read
	}
	s.Emit(sample)
	return sample, true
}
