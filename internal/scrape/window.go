package scrape

import (
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
)

// Between says what a server counted from the moment before until the moment
// after: from the last sample that was complete at the first of them, to the
// first one that was asked for at the second. It says how its gauges stood
// between start and end, the measured window. nil where there is no sample on
// both sides.
func Between(samples []Sample, before, after, start, end exchange.Stamp) *result.Server {
	var first, last *Sample
	s := &result.Server{}
	for i := range samples {
		x := &samples[i]
		switch {
		case x.Failed != "":
			if x.Asked >= before && x.Asked <= after {
				s.Failed++
			}
		case x.Answered <= before:
			first = x
		case x.Asked >= after && last == nil:
			last = x
		}
	}
	if first == nil || last == nil {
		return nil
	}
	s.SpanS = float64(last.Asked-first.Answered) / 1e9
	s.RunningMean, s.RunningMax = levels(samples, Running, start, end)
	s.WaitingMean, s.WaitingMax = levels(samples, Waiting, start, end)
	s.KVUsageMean, s.KVUsageMax = levels(samples, KVUsage, start, end)
	for i := range samples {
		if x := &samples[i]; x.Asked > first.Asked && x.Asked <= last.Asked && len(x.Fallen) > 0 {
			s.Restarted = true
			return s // what is left of the counters is no difference of anything
		}
	}
	delta := func(q Quantity) *float64 {
		a, okA := first.Values[q]
		b, okB := last.Values[q]
		if !okA || !okB {
			return nil
		}
		return new(b - a)
	}
	mean := func(q Quantity) *float64 {
		sum, n := delta(q), delta(counted(q))
		if sum == nil || n == nil || *n <= 0 {
			return nil
		}
		return new(1e3 * *sum / *n)
	}
	s.PromptTokens, s.GenerationTokens = delta(PromptTokens), delta(GenerationTokens)
	s.CachedTokens, s.PrefixQueries = delta(CachedTokens), delta(PrefixQueries)
	s.Preemptions, s.Requests = delta(Preemptions), delta(Requests)
	s.QueueMS, s.TTFTMS, s.E2EMS, s.ITLMS = mean(Queue), mean(TTFT), mean(E2E), mean(ITL)
	return s
}

// levels are the mean and the maximum of a gauge over the samples that were
// asked for in [start, end); nil for none.
func levels(samples []Sample, q Quantity, start, end exchange.Stamp) (mean, most *float64) {
	sum, n := 0.0, 0
	for _, x := range samples {
		v, ok := x.Values[q]
		if !ok || x.Asked < start || x.Asked >= end {
			continue
		}
		if sum, n = sum+v, n+1; most == nil || v > *most {
			most = new(v)
		}
	}
	if n == 0 {
		return nil, nil
	}
	return new(sum / float64(n)), most
}
