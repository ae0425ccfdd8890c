package scrape

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
)

// Account computes what the server counted during a cell from its samples, which
// are added one by one in their order. It keeps none of them.
type Account struct {
	// Before and After bound the requests: the first one began at Before, the last
	// one ended at After.
	Before, After exchange.Stamp
	// Window is the measured window, for the gauges.
	Window exchange.Spans
	// Blocks bound the requests of each block, if the cell runs in blocks and
	// others use its server in the pauses: what it counts there does not belong to
	// the cell. Nil: the cell is not divided, or has the server to itself.
	Blocks exchange.Spans

	first, last           map[Quantity]float64
	away                  map[Quantity]float64 // what was counted in the pauses
	latest                map[Quantity]float64
	over                  map[Quantity]float64 // the latest sample after the requests of the block
	block                 int                  // the block, from 0
	resumed               bool                 // no sample of the block has been seen yet
	blind                 bool                 // there is a pause that was not observed
	began, ended          exchange.Stamp       // of the difference
	falls, fell           int                  // up to now, and up to last
	failed                int
	why                   string // the latest failure
	running, waiting, kvs level
}

// level is a gauge over its samples.
type level struct {
	sum, most float64
	n         int
}

func (l *level) add(x Sample, q Quantity) {
	if v, ok := x.Values[q]; ok {
		if l.n == 0 || v > l.most {
			l.most = v
		}
		l.sum, l.n = l.sum+v, l.n+1
	}
}

func (l level) mean() *float64 {
	if l.n == 0 {
		return nil
	}
	return new(l.sum / float64(l.n))
}

func (l level) max() *float64 {
	if l.n == 0 {
		return nil
	}
	return new(l.most)
}

// Block says to which block of the cell, from 0, the next samples belong.
func (a *Account) Block(i int) {
	if i == a.block {
		return
	}
	// A block without samples cannot be distinguished from the pauses.
	a.blind = a.blind || len(a.Blocks) > 0 && (a.resumed || i != a.block+1)
	a.block, a.resumed = i, true
}

// pause excludes what was counted between the last sample of a block and the first
// of the next, which must lie in the pause.
func (a *Account) pause(x Sample) {
	if a.block < len(a.Blocks) && (a.over == nil || x.Answered > a.Blocks[a.block].Start) {
		a.blind = true
	}
	if a.away == nil {
		a.away = map[Quantity]float64{}
	}
	fell := false
	for q, v := range x.Values {
		if before, ok := a.over[q]; ok {
			a.away[q] += v - before
		}
		if before, ok := a.latest[q]; ok && !gauges[q] && v < before && !fell {
			a.falls, fell = a.falls+1, true // the server was restarted meanwhile
		}
	}
	a.over, a.resumed = nil, false
}

// Add takes the next sample.
func (a *Account) Add(x Sample) {
	if x.Failed != "" {
		a.failed, a.why = a.failed+1, x.Failed
		return
	}
	if len(x.Fallen) > 0 {
		a.falls++
	}
	if a.resumed {
		a.pause(x)
	}
	a.latest = x.Values
	if a.block < len(a.Blocks) && x.Asked >= a.Blocks[a.block].End {
		a.over = x.Values
	}
	if x.Answered <= a.Before && !a.began.Happened() {
		a.first, a.began = x.Values, x.Answered
	}
	if x.Asked >= a.After {
		a.last, a.ended, a.fell = x.Values, x.Asked, a.falls
	}
	if _, in := a.Window.Fold(x.Asked); in {
		a.running.add(x, Running)
		a.waiting.add(x, Waiting)
		a.kvs.add(x, KVUsage)
	}
}

// Server is what the server counted: differences between the first sample, which
// was complete before the first request began, and the last one, which was
// requested after all had ended. Withheld says why there are none.
func (a *Account) Server() *result.Server {
	s := &result.Server{
		Failed: a.failed, Samples: max(a.running.n, a.waiting.n, a.kvs.n),
		RunningMean: a.running.mean(), RunningMax: a.running.max(),
		WaitingMean: a.waiting.mean(), WaitingMax: a.waiting.max(),
		KVUsageMean: a.kvs.mean(), KVUsageMax: a.kvs.max(),
	}
	whole := a.began.Happened() && a.ended.Happened()
	switch {
	case !whole && a.why != "":
		s.Withheld = fmt.Sprintf("its metrics could not be read before and after the cell: %s", a.why)
	case !whole:
		s.Withheld = "its metrics were not read before and after the cell"
	case a.blind:
		s.Withheld = "its metrics were not read between two of the cell's blocks, while others used the server"
	case len(a.first) == 0 && len(a.last) == 0:
		s.Withheld = "none of its metrics has a known name; those of vLLM, SGLang, llama.cpp and text-generation-inference are known"
	}
	if s.Withheld != "" {
		return s
	}
	s.SpanS = float64(a.ended-a.began) / 1e9
	if s.Falls = a.fell; s.Falls > 0 {
		s.Withheld = "a counter fell"
		return s // the differences of the counters mean nothing
	}
	s.PromptTokens, s.GenerationTokens = a.delta(PromptTokens), a.delta(GenerationTokens)
	s.CachedTokens, s.PrefixQueries = a.delta(CachedTokens), a.delta(PrefixQueries)
	s.Preemptions, s.Requests = a.delta(Preemptions), a.delta(Requests)
	s.QueueMS, s.TTFTMS, s.E2EMS, s.ITLMS = a.mean(Queue), a.mean(TTFT), a.mean(E2E), a.mean(ITL)
	s.PrefillS, s.DecodeS = a.delta(Prefill), a.delta(Decode)
	return s
}

func (a *Account) delta(q Quantity) *float64 {
	from, okFrom := a.first[q]
	to, okTo := a.last[q]
	if !okFrom || !okTo {
		return nil
	}
	return new(to - from - a.away[q])
}

// mean is the mean of a distribution, in ms.
func (a *Account) mean(q Quantity) *float64 {
	sum, n := a.delta(q), a.delta(countOf(q))
	if sum == nil || n == nil || *n < 1 {
		return nil
	}
	return new(1e3 * *sum / *n)
}
