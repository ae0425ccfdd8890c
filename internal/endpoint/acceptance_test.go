package endpoint_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/sim/script"
)

// value is a metric of x, which must be defined.
func value(t *testing.T, tag string, x *exchange.Exchange) float64 {
	t.Helper()
	v, ok := measure.Value(tag, x)
	if !ok {
		t.Errorf("%s is not defined (%s %s)", tag, x.Class, x.Error)
	}
	return v
}

func want(t *testing.T, x *exchange.Exchange, tag string, ms float64) {
	t.Helper()
	if v := value(t, tag, x); math.Abs(v-ms) > 1e-9 {
		t.Errorf("%s is %v, want %v", tag, v, ms)
	}
}

func undefined(t *testing.T, x *exchange.Exchange, tag string) {
	t.Helper()
	if v, ok := measure.Value(tag, x); ok {
		t.Errorf("%s is %v, and nothing says what it is", tag, v)
	}
}

// A role-only or empty frame is no token (vllm-project/vllm#3759, #15106).
func TestRoleFrameIsNoToken(t *testing.T) {
	empty := `{"choices":[{"index":0,"delta":{"content":""}}]}`
	x, _ := once(t, append([]script.Step{{After: after(5), Role: true}, {After: after(20), Data: &empty}, {After: after(175), Text: "a"}}, tail(1)...)...)
	want(t, x, "ttft", 200)
	want(t, x, "ttfa", 200)
	if len(x.Frames) != 1 {
		t.Errorf("%d content frames, want 1", len(x.Frames))
	}
}

// Reasoning is generated content; the answer has a first moment of its own
// (sgl-project/sglang#23949, genai-bench#81).
func TestReasoningIsTheFirstTokenAndNotTheAnswer(t *testing.T) {
	x, text := once(t, append([]script.Step{{After: after(100), Reasoning: "hm"}, {After: after(800), Text: "yes"}}, tail(2)...)...)
	want(t, x, "ttft", 100)
	want(t, x, "ttfa", 900)
	if text != "yes" {
		t.Errorf("the answer is %q; reasoning is none of it", text)
	}
	// An answer that never comes leaves ttfa undefined, and ttft as it is.
	x, _ = once(t, append([]script.Step{{After: after(100), Reasoning: "hm"}, {After: after(50), Reasoning: "hm"}}, tail(2)...)...)
	want(t, x, "ttft", 100)
	undefined(t, x, "ttfa")
}

// A stream of tool calls alone has tokens like any other (vllm#27485).
func TestToolCallsAreTokens(t *testing.T) {
	tool := func(ms int, name, args string) script.Step {
		return script.Step{After: after(ms), Tool: &script.Tool{Name: name, Arguments: args}}
	}
	x, _ := once(t, append([]script.Step{{Role: true}, tool(100, "weather", ""), tool(20, "", `{"at":`), tool(30, "", `"Oslo"}`)}, tail(3)...)...)
	want(t, x, "ttft", 100)
	want(t, x, "ttfa", 100)
	want(t, x, "e2e", 150)
	want(t, x, "tpot", 25)
	want(t, x, "stall", 30)
	want(t, x, "output_tokens", 3)
}

// Chunks of several tokens: the time between chunks and the time of a token
// are two metrics (vllm#45678, sglang#12064).
func TestAChunkIsNotAToken(t *testing.T) {
	counted := script.RunningCount(3)
	steps := []script.Step{{After: after(30), Repeat: 5, Text: "a b c", Tokens: &counted}}
	x, _ := once(t, append(steps, tail(15)...)...)
	gap, itl, ok := pooled(x)
	if !ok || gap.Mean == nil || itl.Mean == nil {
		t.Fatalf("gap %+v, itl %+v", gap, itl)
	}
	if g, i := float64(*gap.Mean), float64(*itl.Mean); math.Abs(g-30) > 1e-9 || math.Abs(i-10) > 1e-9 {
		t.Errorf("gap %v ms and itl %v ms/token, want 30 and 10", g, i)
	}
	want(t, x, "tpot", 10)
	// Where the server does not say what a frame holds, there is no itl, and
	// the gap is no substitute.
	steps[0].Tokens = nil
	x, _ = once(t, append(steps, tail(15)...)...)
	gap, itl, _ = pooled(x)
	if itl.Mean != nil || !strings.Contains(itl.Note, "bundled") || gap.Mean == nil || math.Abs(float64(*gap.Mean)-30) > 1e-9 {
		t.Errorf("gap %+v, itl %+v", gap, itl)
	}
}

// A gap spread evenly over the tokens of its chunk hides that nothing came for
// half a second (sglang's bench; GuideLLM's mean itl moves by 10 ms).
func TestAStallStaysVisible(t *testing.T) {
	counted := script.RunningCount(10)
	x, _ := once(t, append([]script.Step{
		{After: after(50), Text: "a", Tokens: &counted},
		{After: after(100), Text: "b"}, {After: after(500), Text: "c"}, {After: after(100), Text: "d"},
	}, tail(40)...)...)
	want(t, x, "stall", 500)
}

// The frame with the usage comes after the answer, and is none of it
// (vllm#55508).
func TestUsageFrameDoesNotLengthenTheAnswer(t *testing.T) {
	x, _ := once(t, script.Step{After: after(100), Text: "a"}, script.Step{After: after(20), Text: "b"}, script.Step{Finish: "stop"},
		script.Step{After: after(300), Usage: &script.Usage{Prompt: 7, Completion: 2}}, script.Step{After: after(50), Done: true})
	want(t, x, "e2e", 120)
	want(t, x, "tpot", 20)
	want(t, x, "stall", 20)
	if late, _ := x.Usage.Sub(x.LastToken); late != 300 {
		t.Errorf("usage came %v ms after the last token, want 300", late)
	}
	if late, _ := x.Done.Sub(x.LastToken); late != 350 {
		t.Errorf("the stream ended %v ms after the last token, want 350", late)
	}
}

// No gap is lost and none is made up (vllm#5926, #7242, #7372).
func TestGapsAddUpToTheLatency(t *testing.T) {
	var steps []script.Step
	for _, ms := range []int{131, 17, 3, 250, 1, 1, 42, 9} {
		steps = append(steps, script.Step{After: after(ms), Text: "x"})
	}
	x, _ := once(t, append(steps, tail(8)...)...)
	sum := x.FirstToken - x.Due
	for i := 1; i < len(x.Frames); i++ {
		sum += x.Frames[i].At - x.Frames[i-1].At
	}
	if len(x.Frames) != 8 || sum != x.LastToken-x.Due || x.LastToken != x.Frames[7].At {
		t.Errorf("ttft and %d gaps are %d ns, the latency %d ns", len(x.Frames)-1, sum, x.LastToken-x.Due)
	}
}

// An answer that ends early is as long as it is, not as long as was asked
// (sglang#10746, vllm#24254), and the server's count goes before ours
// (vllm#1760).
func TestOutputTokensAreThoseOfTheServer(t *testing.T) {
	x, _ := once(t, append([]script.Step{{After: after(10), Repeat: 3, Text: "two words"}}, tail(5)...)...)
	want(t, x, "output_tokens", 5)
	if x.TokenSource != exchange.FromUsage || *x.InputTokens != 7 {
		t.Errorf("the count is from %q", x.TokenSource)
	}
	x, _ = once(t, script.Step{After: after(10), Repeat: 3, Text: "two words"}, script.Step{Finish: "stop"}, script.Step{Done: true})
	if n, src := x.Output(); src != exchange.FromFrames || n != 3 || x.OutputTokens != nil || x.InputTokens != nil {
		t.Errorf("without usage there are %d tokens from %q, %v and %v", n, src, x.OutputTokens, x.InputTokens)
	}
	undefined(t, x, "input_tokens")
}

// An empty success is no success with a ttft of 0 (vllm#5895).
func TestAnEmptyAnswerIsAFailure(t *testing.T) {
	for name, steps := range map[string][]script.Step{
		"role alone":   append([]script.Step{{After: after(10), Role: true}}, tail(0)...),
		"done at once": {{Done: true}},
		"no choices":   {{Usage: &script.Usage{Prompt: 7}}, {Done: true}},
	} {
		x, _ := once(t, steps...)
		if x.Class != exchange.Empty || x.Error == "" || x.FirstToken.Happened() {
			t.Errorf("%s: class %q (%s), first token %v", name, x.Class, x.Error, x.FirstToken)
		}
		if v := value(t, "ttft", x); !math.IsInf(v, 1) {
			t.Errorf("%s: ttft %v ms", name, v)
		}
	}
}

// One token has no time per token, least of all 0, which would meet every
// limit (vLLM's serve.py); and it has a ttft (inference-perf drops it).
func TestOneTokenHasNoTimePerToken(t *testing.T) {
	x, _ := once(t, append([]script.Step{{After: after(40), Text: "yes"}}, tail(1)...)...)
	want(t, x, "ttft", 40)
	want(t, x, "output_tokens", 1)
	for _, tag := range []string{"tpot", "tpot_vllm", "user_rate", "stall"} {
		undefined(t, x, tag)
	}
	if _, _, ok := pooled(x); ok {
		t.Error("one token has gaps")
	}
}

// Many frames in one read of a proxy's 16 KB have no times of their own: the
// gaps between them say nothing (dstack#4269, litellm#29557). What is counted
// from the first token to the last stays right.
func TestABufferingProxyMakesNoInterTokenLatency(t *testing.T) {
	const frames = 160 // of about 110 bytes
	steps := []script.Step{{After: after(100), Text: "a"}}
	for range 3 {
		steps = append(steps, script.Step{After: after(900), Text: "b"}, script.Step{Repeat: frames - 1, Text: "b"})
	}
	n := 1 + 3*frames
	x, _ := once(t, append(steps, tail(n)...)...)
	if len(x.Frames) != n || float64(x.Coalesced) < 0.9*float64(n) {
		t.Fatalf("%d frames, %d of them together with the one before", len(x.Frames), x.Coalesced)
	}
	gap, itl, ok := pooled(x)
	if !ok || itl.Mean != nil || itl.P50.Value != nil || !strings.Contains(itl.Note, "bundled") {
		t.Errorf("itl of bundled frames: %+v", itl)
	}
	if gap.Mean == nil {
		t.Errorf("the gaps are not shown: %+v", gap)
	}
	want(t, x, "tpot", 2700.0/float64(n-1))
	want(t, x, "stall", 900)
}

// Nothing is timed out in hiding: aiohttp's default cuts after 5 minutes. Our
// default is 10, is the plan's to change, and says its name.
func TestTimeoutsAreNotHidden(t *testing.T) {
	minutes := func(n int) []script.Step {
		return append([]script.Step{{After: after(60_000), Repeat: n, Text: "slow"}}, tail(n)...)
	}
	x, _ := once(t, minutes(9)...)
	if x.Class != exchange.OK {
		t.Errorf("an answer of 9 minutes is %q (%s)", x.Class, x.Error)
	}
	x, _ = once(t, minutes(11)...)
	if x.Class != exchange.Timeout || !strings.Contains(x.Error, "--timeout") {
		t.Errorf("an answer of 11 minutes is %q (%s)", x.Class, x.Error)
	}
	if d, _ := x.Done.Sub(x.Writing); d != 600_000 {
		t.Errorf("it was ended after %v ms, want 10 minutes", d)
	}
	// Whoever sets a longer one gets it.
	against(t, []script.Reply{{Steps: minutes(11)}}, func(c *endpoint.Config) { c.Timeout = time.Hour }, func(t *testing.T, s *scripted) {
		if x, _ := s.do(); x.Class != exchange.OK {
			t.Errorf("with --timeout 1h it is %q (%s)", x.Class, x.Error)
		}
	})
}

// Eight megabytes in one line, whole (sglang#6737; bufio.Scanner stops at
// 64 KiB), and its stamp is that of its last byte.
func TestBigFramesAreReadWhole(t *testing.T) {
	const size = 8 << 20
	x, text := once(t, append([]script.Step{{After: after(100), Bytes: size}, {After: after(10), Text: "y"}}, tail(2)...)...)
	if x.Class != exchange.OK || len(text) != size+1 || strings.Trim(text, "x") != "y" {
		t.Fatalf("class %q (%s), %d bytes of text", x.Class, x.Error, len(text))
	}
	want(t, x, "ttft", 100)
	want(t, x, "e2e", 110)
	if !slices.IsSortedFunc(x.Frames, func(a, b exchange.Frame) int { return int(a.At - b.At) }) {
		t.Errorf("frames out of order: %v", x.Frames)
	}
}

// pooled is what a cell of one exchange says of gap and itl.
func pooled(x *exchange.Exchange) (gap, itl result.Statistic, ok bool) {
	var c measure.Collector
	x.Phase = exchange.Measured
	c.Add(x)
	c.Settle(x.Due, x.Done)
	c.AddFrames(x)
	m := c.Cell(measure.Input{Start: x.Due, End: x.Done}).Metrics.Stats
	gap, ok = m["gap"]
	return gap, m["itl"], ok
}
