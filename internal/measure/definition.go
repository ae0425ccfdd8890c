package measure

import (
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/exchange"
)

var inf = math.Inf(1)

// definition is the arithmetic of one metric of requests. A new metric needs a
// row here and one in the registry, which has its name and unit.
type definition struct {
	tag string
	// value of a request, in the metric's unit, and whether it is defined.
	value func(*exchange.Exchange) (float64, bool)
	// failed says what a request that failed or was shed counts as.
	failed failure
	// cut bounds the value of a request that the client ended: the least and the
	// most that it can be, of which the most must not depend on the frames. nil:
	// such a request has the value that it has, or none.
	cut func(*exchange.Exchange) (least, most float64)
}

// failure says how a metric counts a request that failed.
type failure uint8

const (
	asMeasured   failure = iota // its value, where it has one
	infinitely                  // +∞: no latency limit is met
	withoutSpeed                // 0
)

// definitions has one row for each PerRequest metric of the registry.
var definitions = []definition{
	{"ttft", between(due, firstToken), infinitely, reached(due, firstToken)},
	{"ttfa", between(due, firstAnswer), infinitely, reached(due, firstAnswer)},
	{"e2e", between(due, lastToken), infinitely, atLeastSince(due)},
	{"ttft_service", between(writing, firstToken), infinitely, reached(writing, firstToken)},
	{"ttfa_service", between(writing, firstAnswer), infinitely, reached(writing, firstAnswer)},
	{"e2e_service", between(writing, lastToken), infinitely, atLeastSince(writing)},
	{"tpot", tpot, infinitely, paceSoFar},
	{"tpot_vllm", tpotVLLM, infinitely, paceSoFar},
	{"user_rate", userRate, withoutSpeed, speedSoFar},
	{"stall", stall, infinitely, stallSoFar},
	{"lateness", between(due, woken), asMeasured, nil},
	{"queued", between(woken, started), asMeasured, nil},
	{"connect", connect, asMeasured, nil},
	{"client_delay", clientDelay, asMeasured, nil},
	{"input_tokens", inputTokens, asMeasured, nil},
	{"output_tokens", outputTokens, asMeasured, nil},
}

// define returns the definition of a metric; nil if it has none here.
func define(tag string) *definition {
	for i := range definitions {
		if definitions[i].tag == tag {
			return &definitions[i]
		}
	}
	return nil
}

// Value returns the value of a per-request metric for one exchange, in the
// metric's unit, and whether it is defined. A failed request is +∞ in
// latencies and 0 in user_rate.
func Value(tag string, x *exchange.Exchange) (float64, bool) {
	if d := define(tag); d != nil {
		return d.of(x)
	}
	return 0, false
}

func (d *definition) of(x *exchange.Exchange) (float64, bool) {
	if x.Failed() || x.Class == exchange.Shed {
		switch d.failed {
		case infinitely:
			return inf, true
		case withoutSpeed:
			return 0, true
		}
	}
	return d.value(x)
}

// stamp reads a time stamp of an exchange.
type stamp func(*exchange.Exchange) exchange.Stamp

func due(x *exchange.Exchange) exchange.Stamp         { return x.Due }
func woken(x *exchange.Exchange) exchange.Stamp       { return x.Woken }
func started(x *exchange.Exchange) exchange.Stamp     { return x.Started }
func writing(x *exchange.Exchange) exchange.Stamp     { return x.Writing }
func firstToken(x *exchange.Exchange) exchange.Stamp  { return x.FirstToken }
func firstAnswer(x *exchange.Exchange) exchange.Stamp { return x.FirstAnswer }
func lastToken(x *exchange.Exchange) exchange.Stamp   { return x.LastToken }

// between is the time from one stamp to another, in ms.
func between(from, to stamp) func(*exchange.Exchange) (float64, bool) {
	return func(x *exchange.Exchange) (float64, bool) { return to(x).Sub(from(x)) }
}

// reached bounds a time that is known for a cut request if it got that far.
func reached(from, to stamp) func(*exchange.Exchange) (least, most float64) {
	return func(x *exchange.Exchange) (float64, float64) {
		if v, ok := to(x).Sub(from(x)); ok {
			return v, v
		}
		return atLeastSince(from)(x)
	}
}

// atLeastSince bounds a time that ends with the whole answer: it is more than
// the time until the request was cut.
func atLeastSince(from stamp) func(*exchange.Exchange) (least, most float64) {
	return func(x *exchange.Exchange) (float64, float64) {
		v, _ := x.Done.Sub(from(x))
		return max(v, 0), inf
	}
}

// paceSoFar bounds the time per token: had all tokens that were asked for come
// at the moment of the cut, it would be the least. Where their number is open, the
// rest of the answer may come at any pace.
func paceSoFar(x *exchange.Exchange) (least, most float64) {
	since, begun := x.Done.Sub(x.FirstToken)
	if !begun || since <= 0 || x.AskedOutput < 2 {
		return 0, inf
	}
	return since / float64(x.AskedOutput-1), inf
}

// speedSoFar is what paceSoFar says of the speed.
func speedSoFar(x *exchange.Exchange) (least, most float64) {
	if pace, _ := paceSoFar(x); pace > 0 {
		return 0, 1000 / pace
	}
	return 0, inf
}

// tpot is (last_token − first_token) ÷ the tokens delivered after the first
// frame. Reasoning tokens that were billed but never streamed do not count. An
// answer that was not streamed has no time between its tokens: what a buffer on
// the way leaves of it would meet every limit.
func tpot(x *exchange.Exchange) (float64, bool) {
	n, src := x.Output()
	d, ok := x.LastToken.Sub(x.FirstToken)
	if !ok || d <= 0 || src == exchange.Unknown || len(x.Frames) == 0 || x.NotStreamed() {
		return 0, false
	}
	if x.ReasoningTokens != nil && !slices.ContainsFunc(x.Frames, func(f exchange.Frame) bool { return f.Kind == exchange.Reasoning }) {
		n -= *x.ReasoningTokens
	}
	n -= max(1, int(x.Frames[0].Tokens))
	if n <= 0 {
		return 0, false
	}
	return d / float64(n), true
}

// tpotVLLM needs the server's own count of tokens, as vLLM's bench does.
func tpotVLLM(x *exchange.Exchange) (float64, bool) {
	n, src := x.Output()
	if d, ok := x.LastToken.Sub(x.FirstToken); ok && d > 0 && src != exchange.FromFrames && n > 1 && !x.NotStreamed() {
		return d / float64(n-1), true
	}
	return 0, false
}

func userRate(x *exchange.Exchange) (float64, bool) {
	if v, ok := tpot(x); ok && v > 0 {
		return 1000 / v, true
	}
	return 0, false
}

// stall is the largest gap between frames. An answer that came all at once has
// none, as it has no tpot.
func stall(x *exchange.Exchange) (float64, bool) {
	if len(x.Frames) < 2 || x.NotStreamed() {
		return 0, false
	}
	worst := 0.0
	for i := 1; i < len(x.Frames); i++ {
		worst = max(worst, float64(x.Frames[i].At-x.Frames[i-1].At)/1e6)
	}
	return worst, worst > 0
}

func stallSoFar(x *exchange.Exchange) (least, most float64) {
	v, _ := stall(x)
	return v, inf
}

func connect(x *exchange.Exchange) (float64, bool) {
	if !x.Connected.Happened() {
		return 0, false
	}
	return float64(x.SetUp()) / 1e6, true
}

func clientDelay(x *exchange.Exchange) (float64, bool) {
	v, ok := x.Writing.Sub(x.Started)
	return v - float64(x.SetUp())/1e6, ok
}

func inputTokens(x *exchange.Exchange) (float64, bool) {
	if x.InputTokens == nil || x.Class != exchange.OK {
		return 0, false
	}
	return float64(*x.InputTokens), true
}

func outputTokens(x *exchange.Exchange) (float64, bool) {
	n, src := x.Output()
	if src == exchange.Unknown || x.Class != exchange.OK {
		return 0, false
	}
	return float64(n), true
}
