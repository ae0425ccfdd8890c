package exchange

import "time"

const (
	// together is the gap below which two frames came in one burst. Nothing
	// generates over 4,000 frames a second for one user, and packets of one burst
	// follow each other within it, also over a network of 50 Mbit/s.
	together = Stamp(250 * time.Microsecond)
	// farUnder is how many times shorter than the wait for the first frame the
	// rest of an answer is, where it was ready when the first frame was sent.
	farUnder = 10
	// atLeast is the time a frame takes to generate: no answer is faster.
	atLeast = Stamp(10 * time.Microsecond)
)

// NotStreamed reports whether an answer of several tokens came at once, so that
// nothing can be said of the time between its tokens: in one frame or at one
// moment; or most frames right after each other, and all of them in a time that
// is far under the wait for the first, as when a server or proxy holds an answer
// back and the network spreads it over a few milliseconds. An answer that waited
// in a queue and was then streamed has gaps between its frames.
func (x *Exchange) NotStreamed() bool {
	n := len(x.Frames)
	if n == 0 {
		return false
	}
	first := x.Frames[0].At
	took := x.Frames[n-1].At - first
	if took <= 0 {
		tokens := n
		if x.OutputTokens != nil {
			tokens = *x.OutputTokens
			if x.ReasoningTokens != nil && *x.ReasoningTokens < tokens {
				tokens -= *x.ReasoningTokens // billed, and mostly not sent
			}
		}
		return tokens > 1
	}
	from := x.Writing
	if !from.Happened() {
		from = x.Due
	}
	if wait := first - from; took*farUnder > wait && took > Stamp(n)*atLeast {
		return false
	}
	close := 0
	for i := 1; i < n; i++ {
		if x.Frames[i].At-x.Frames[i-1].At < together {
			close++
		}
	}
	return 2*close > n-1
}
