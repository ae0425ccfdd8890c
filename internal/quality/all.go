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
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(answers)) {
		wg.Go(func() {
			stemmer := &prose.Stemmer{}
			for i := int(next.Add(1)) - 1; i < len(answers); i = int(next.Add(1)) - 1 {
				out[i] = assess(stemmer, answers[i].Item, answers[i].Text, answers[i].Weights)
			}
		})
	}
	wg.Wait()
	return out
}
