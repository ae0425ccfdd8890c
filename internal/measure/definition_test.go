package measure

import (
	"math"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/metric"
)

func ms(v float64) exchange.Stamp { return exchange.Stamp(v*1e6) + 1 }

func num(n int) *int { return &n }

// good is a request that was due at t ms and sent 1 ms later, with frames at
// the given times after t.
func good(t float64, frames ...float64) *exchange.Exchange {
	x := &exchange.Exchange{
		Phase: exchange.Measured, Due: ms(t), Woken: ms(t + 0.2), Started: ms(t + 0.5), Writing: ms(t + 1), Sent: ms(t + 1.1),
		Streamed: true, InputTokens: num(100), OutputTokens: num(len(frames)),
	}
	for _, f := range frames {
		x.Frames = append(x.Frames, exchange.Frame{At: ms(t + f)})
	}
	if len(frames) > 0 {
		x.FirstToken, x.FirstAnswer, x.LastToken = ms(t+frames[0]), ms(t+frames[0]), ms(t+frames[len(frames)-1])
		x.Done = x.LastToken
	}
	return x
}

func failed(t float64) *exchange.Exchange {
	x := good(t, 10, 20)
	x.Class, x.Error = exchange.Truncated, "cut off"
	return x
}

func TestValue(t *testing.T) {
	connected := good(0, 10, 20, 40)
	connected.DNS, connected.TCP, connected.Connected = 100*time.Microsecond, 200*time.Microsecond, ms(0.9)
	hidden := good(0, 10, 20, 30) // 5 of 8 tokens were reasoning that was never streamed
	hidden.OutputTokens, hidden.ReasoningTokens = num(8), num(5)
	shown := good(0, 10, 20, 30)
	shown.OutputTokens, shown.ReasoningTokens = num(3), num(1)
	shown.Frames[0].Kind = exchange.Reasoning
	counted := good(0, 10, 20, 30) // the server counted two tokens in the first frame
	counted.OutputTokens = num(4)
	counted.Frames[0].Tokens = 2
	whole := good(0)
	whole.Streamed, whole.LastToken, whole.OutputTokens = false, ms(50), num(7)
	oneFrame := good(0, 10)
	oneFrame.OutputTokens = num(16)
	oneRead := good(0, 10, 10, 10)
	estimated := good(0, 10, 20, 30)
	estimated.OutputTokens = nil

	tests := []struct {
		name, tag string
		x         *exchange.Exchange
		want      float64
		ok        bool
	}{
		{"ttft is from due", "ttft", good(5, 10, 20), 10, true},
		{"ttft_service is from writing", "ttft_service", good(5, 10, 20), 9, true},
		{"e2e", "e2e", good(5, 10, 20), 20, true},
		{"lateness", "lateness", good(5, 10), 0.2, true},
		{"queued", "queued", good(5, 10), 0.3, true},
		{"connect of a kept connection", "connect", good(5, 10), 0, false},
		{"connect", "connect", connected, 0.3, true},
		{"client_delay is without connect", "client_delay", connected, 0.2, true},
		{"tpot", "tpot", good(0, 10, 20, 40), 15, true},
		{"tpot of one token", "tpot", good(0, 10), 0, false},
		{"tpot of a frame with all tokens", "tpot", oneFrame, 0, false},
		{"tpot of frames that came at once", "tpot", oneRead, 0, false},
		{"vllm's tpot of frames that came at once", "tpot_vllm", oneRead, 0, false},
		{"user_rate of frames that came at once", "user_rate", oneRead, 0, false},
		{"stall of frames that came at once", "stall", oneRead, 0, false},
		{"tpot without hidden reasoning", "tpot", hidden, 10, true},
		{"tpot with shown reasoning", "tpot", shown, 10, true},
		{"tpot with a counted first frame", "tpot", counted, 10, true},
		{"tpot by frames", "tpot", estimated, 10, true},
		{"vllm's tpot needs usage", "tpot_vllm", estimated, 0, false},
		{"vllm's tpot", "tpot_vllm", counted, 20.0 / 3, true},
		{"user_rate", "user_rate", good(0, 10, 20, 40), 1000.0 / 15, true},
		{"stall is the largest gap", "stall", good(0, 10, 20, 40), 20, true},
		{"stall of one frame", "stall", good(0, 10), 0, false},
		{"a whole answer has no ttft", "ttft", whole, 0, false},
		{"a whole answer has e2e", "e2e", whole, 50, true},
		{"a failure is infinitely slow", "ttft", failed(0), math.Inf(1), true},
		{"in tpot too", "tpot", failed(0), math.Inf(1), true},
		{"a failure has no speed", "user_rate", failed(0), 0, true},
		{"a failure's tokens are none", "output_tokens", failed(0), 0, false},
		{"its lateness counts", "lateness", failed(0), 0.2, true},
		{"unknown", "poems", good(0, 10), 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := Value(tt.tag, tt.x)
			if ok != tt.ok || ok && !(math.Abs(got-tt.want) < 1e-9 || got == tt.want) {
				t.Errorf("%s = %v, %v; want %v, %v", tt.tag, got, ok, tt.want, tt.ok)
			}
		})
	}
}

// Each metric of requests has its arithmetic here, in the registry's order, and
// a value for a request that has every stamp and count.
func TestEveryMetricOfRequestsIsDefined(t *testing.T) {
	x := good(5, 10, 20, 40)
	x.DNS, x.TCP, x.Connected = 100*time.Microsecond, 200*time.Microsecond, ms(5.9)
	all := metric.OfKind(metric.PerRequest)
	if len(definitions) != len(all) {
		t.Errorf("%d definitions of %d metrics", len(definitions), len(all))
	}
	for i, m := range all {
		d := define(m.Tag)
		if d == nil {
			t.Errorf("%s has a row in the registry and no definition", m.Tag)
			continue
		}
		if i < len(definitions) && definitions[i].tag != m.Tag {
			t.Errorf("%s is defined where %s stands in the registry", definitions[i].tag, m.Tag)
		}
		if v, ok := Value(m.Tag, x); !ok || v <= 0 {
			t.Errorf("%s = %v, %v", m.Tag, v, ok)
		}
		if (d.failed != asMeasured) != (d.cut != nil) {
			t.Errorf("%s: a request that failed counts as the worst (%v) where one that was cut has bounds (%v)", m.Tag, d.failed != asMeasured, d.cut != nil)
		}
		if d.failed == withoutSpeed && m.Direction != metric.HigherIsBetter || d.failed == infinitely && m.Direction != metric.LowerIsBetter {
			t.Errorf("%s: a failure is the best value", m.Tag)
		}
	}
}

func TestBoundsOfCutRequests(t *testing.T) {
	cut := func(frames ...float64) *exchange.Exchange {
		x := good(5, frames...)
		x.Class, x.Done, x.LastToken = exchange.Cut, ms(105), 0
		return x
	}
	early, late := cut(), cut(10, 20, 40)
	asked := cut(10, 20, 40)
	asked.AskedOutput = 31 // 30 more after the first, of which the last comes after the cut at 100
	for _, tt := range []struct {
		tag         string
		x           *exchange.Exchange
		least, most float64
	}{
		{"ttft", early, 100, inf}, {"ttft_service", early, 99, inf}, {"ttfa", early, 100, inf}, {"ttfa_service", early, 99, inf},
		{"ttft", late, 10, 10}, {"ttft_service", late, 9, 9}, {"ttfa", late, 10, 10}, {"ttfa_service", late, 9, 9},
		{"e2e", late, 100, inf}, {"e2e_service", late, 99, inf},
		{"tpot", late, 0, inf}, {"tpot_vllm", late, 0, inf},
		{"tpot", early, 0, inf}, {"tpot", asked, 3, inf}, {"tpot_vllm", asked, 3, inf},
		{"user_rate", early, 0, inf}, {"user_rate", late, 0, inf}, {"user_rate", asked, 0, 1000.0 / 3},
		{"stall", early, 0, inf}, {"stall", late, 20, inf},
	} {
		if least, most := define(tt.tag).cut(tt.x); math.Abs(least-tt.least) > 1e-9 || math.Abs(most-tt.most) > 1e-9 && most != tt.most {
			t.Errorf("%s: %v to %v, want %v to %v", tt.tag, least, most, tt.least, tt.most)
		}
	}
}

// One that was cut stands the same wherever limits are counted.
func TestStandingOfRequests(t *testing.T) {
	cut := func(frames ...float64) *exchange.Exchange {
		x := good(5, frames...)
		x.Class, x.Done, x.LastToken, x.OutputTokens, x.AskedOutput = exchange.Cut, ms(105), 0, nil, 31
		return x
	}
	lone := good(0, 10)
	for _, tt := range []struct {
		limit string
		x     *exchange.Exchange
		want  Standing
	}{
		{"ttft<50ms", good(0, 10, 20), Meets},
		{"ttft<5ms", good(0, 10, 20), Breaks},
		{"ttft<50ms", failed(0), Breaks},
		{"user_rate>1", failed(0), Breaks},
		{"tpot<50ms", lone, Undefined},
		{"ttft<200ms", cut(), Open},
		{"ttft<50ms", cut(), Breaks}, // it had waited 100 ms
		{"ttft>50ms", cut(), Meets},
		{"ttft<50ms", cut(10, 20), Meets},
		{"e2e<200ms", cut(10, 20), Open},
		{"tpot<2ms", cut(10, 20), Breaks},
		{"user_rate>50", cut(10, 20), Open},
		{"user_rate>400", cut(10, 20), Breaks},
		{"output_tokens>=10", cut(10, 20), Open},
		{"lateness<1ms", cut(), Meets},
	} {
		l, err := metric.ParseLimit(tt.limit)
		if err != nil {
			t.Fatal(err)
		}
		if got := Stand(l, tt.x); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.limit, got, tt.want)
		}
		var c Collector
		c.Add(tt.x)
		c.Settle(1, ms(200))
		if got := c.Stand(l, 0); got != tt.want {
			t.Errorf("%s, collected: %v, want %v", tt.limit, got, tt.want)
		}
	}
}
