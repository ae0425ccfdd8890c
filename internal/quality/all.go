package quality

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/inferometer/inferometer/internal/quality/prose"
)

// Answer is an answer to an item.
type Answer struct {
	Item Item
	Text string
	// Weights of the components; nil: those of the item's kind.
	Weights map[string]float64
}

// AssessAll scores answers on all processors. The i-th score is that of the i-th
// answer, and the same however many processors there are.
func AssessAll(answers []Answer) []Score {
	out := make([]Score, len(answers))
	OnAllProcessors(len(answers), func(next func() (int, bool)) {
		stemmer := &prose.Stemmer{}
		for i, ok := next(); ok; i, ok = next() {
			out[i] = assess(stemmer, answers[i].Item, answers[i].Text, answers[i].Weights)
		}
	})
	return out
}

// OnAllProcessors runs work once on each processor. Together they draw each number
// below n once.
func OnAllProcessors(n int, work func(next func() (i int, ok bool))) {
	var drawn atomic.Int64
	next := func() (int, bool) {
		i := int(drawn.Add(1)) - 1
		return i, i < n
	}
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		wg.Go(func() { work(next) })
	}
	wg.Wait()
}
