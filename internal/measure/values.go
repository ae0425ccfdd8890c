// Package measure turns exchanges into statistics and rates, by the
// definitions of the metric registry. It decides nothing and prints nothing:
// whether a number may be believed is validity's business, and whether it
// proves anything the suite's.
package measure

import (
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/metric"
)

var inf = math.Inf(1)

// latencyTags are the metrics in which a failed request counts as +∞.
var latencyTags = []string{"ttft", "ttfa", "e2e", "ttft_service", "ttfa_service", "e2e_service", "tpot", "tpot_vllm", "stall"}

// Value returns the value of a per-request metric for one exchange, in the
// metric's unit, and whether it is defined. A failed request is +∞ in
// latencies and 0 in user_rate. A cut request's latency is only known to be
// more than Value(so far); see Censored.
func Value(tag string, x *exchange.Exchange) (float64, bool) {
	if x.Failed() || x.Class == exchange.Shed {
		switch {
		case slices.Contains(latencyTags, tag):
			return inf, true
		case tag == "user_rate":
			return 0, true
		}
	}
	switch tag {
	case "ttft":
		return x.FirstToken.Sub(x.Due)
	case "ttfa":
		return x.FirstAnswer.Sub(x.Due)
	case "e2e":
		return x.LastToken.Sub(x.Due)
	case "ttft_service":
		return x.FirstToken.Sub(x.Writing)
	case "ttfa_service":
		return x.FirstAnswer.Sub(x.Writing)
	case "e2e_service":
		return x.LastToken.Sub(x.Writing)
	case "tpot":
		return tpot(x)
	case "tpot_vllm":
		n, src := x.Output()
		if d, ok := x.LastToken.Sub(x.FirstToken); ok && d > 0 && src != exchange.FromFrames && n > 1 {
			return d / float64(n-1), true
		}
	case "user_rate":
		if v, ok := tpot(x); ok && v > 0 {
			return 1000 / v, true
		}
	case "stall":
		if len(x.Frames) < 2 {
			return 0, false
		}
		worst := 0.0
		for i := 1; i < len(x.Frames); i++ {
			worst = max(worst, float64(x.Frames[i].At-x.Frames[i-1].At)/1e6)
		}
		return worst, true
	case "lateness":
		return x.Woken.Sub(x.Due)
	case "queued":
		return x.Started.Sub(x.Woken)
	case "connect":
		if !x.Connected.Happened() {
			return 0, false
		}
		return float64(x.SetUp()) / 1e6, true
	case "client_delay":
		v, ok := x.Writing.Sub(x.Started)
		return v - float64(x.SetUp())/1e6, ok
	case "input_tokens":
		if x.InputTokens != nil && x.Class == exchange.OK {
			return float64(*x.InputTokens), true
		}
	case "output_tokens":
		if n, src := x.Output(); src != exchange.Unknown && x.Class == exchange.OK {
			return float64(n), true
		}
	}
	return 0, false
}

// tpot is (last_token − first_token) ÷ the tokens delivered after the first
// frame. Reasoning tokens that were billed but never streamed do not count. An
// answer that came all at once, in one frame or in one read, has no time
// between its tokens: 0 would meet every limit.
func tpot(x *exchange.Exchange) (float64, bool) {
	n, src := x.Output()
	d, ok := x.LastToken.Sub(x.FirstToken)
	if !ok || d <= 0 || src == exchange.Unknown || len(x.Frames) == 0 {
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

// soFar is the least that a cut request's latency can be, in ms: the time
// until it was cut, or the whole value where that part had been reached.
func soFar(tag string, x *exchange.Exchange) float64 {
	if v, ok := Value(tag, x); ok && (tag == "ttft" || tag == "ttfa" || tag == "ttft_service" || tag == "ttfa_service") {
		return v // it was reached before the cut
	}
	from := x.Due
	switch tag {
	case "ttft_service", "ttfa_service", "e2e_service":
		from = x.Writing
	case "tpot", "tpot_vllm":
		return 0
	case "stall":
		v, _ := Value(tag, x)
		return v
	}
	v, _ := x.Done.Sub(from)
	return max(v, 0)
}

// spread says how the tokens of an answer lie in its frames.
type spread uint8

const (
	spreadUnknown spread = iota
	spreadSingle         // one a frame: there are as many as frames
	spreadCounted        // as the server counted them
)

// spreadOf finds out how the tokens of x lie in its frames. Counts that do not
// add up to the server's own total say nothing; one token more in the total is
// the end of the text, which has no frame.
func spreadOf(x *exchange.Exchange) spread {
	switch {
	case len(x.Frames) == 0:
		return spreadUnknown
	case x.OutputTokens != nil && *x.OutputTokens == len(x.Frames):
		return spreadSingle
	}
	sum := 0
	for i := range x.Frames {
		n := int(x.Frames[i].Tokens)
		if n <= 0 {
			return spreadUnknown
		}
		sum += n
	}
	if n := x.OutputTokens; n != nil && sum != *n && sum != *n-1 {
		return spreadUnknown
	}
	return spreadCounted
}

// Meets reports whether x meets a per-request limit. A metric that is
// undefined for x applies no limit, and defined is false.
func Meets(l metric.Limit, x *exchange.Exchange) (meets, defined bool) {
	v, ok := Value(l.Metric.Tag, x)
	if !ok {
		return true, false
	}
	return l.Holds(v), true
}
