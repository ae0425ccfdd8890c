package conformance

import (
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/exchange"
)

// usageCases are about counts of tokens.
func usageCases() []oddCase {
	running := func(n int) string {
		return data(fmt.Sprintf(`{"choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"prompt_tokens":7,"completion_tokens":%d}}`, n))
	}
	fell := last(func(x *exchange.Exchange) error {
		if !x.UsageFell {
			return fmt.Errorf("nothing is noted of counts that fell")
		}
		return nil
	})
	steady := last(func(x *exchange.Exchange) error {
		if x.UsageFell {
			return fmt.Errorf("counts are said to have fallen")
		}
		return nil
	})
	start := event("message_start", `"message":{"content":[],"usage":{"input_tokens":5,"cache_read_input_tokens":20,"output_tokens":1}}`)
	stop := event("message_stop", "")
	return []oddCase{
		{id: "usage-cumulative", source: "open-webui/open-webui#29064, InsForge/InsForge#2015", wire: "usage with each frame: 10, 50, 100", say: "100: it is not summed",
			replies: []reply{stream(running(10), running(50), running(100), finish("stop"), done)}, text: "aaa", check: all(counts(7, 100), steady, last(func(x *exchange.Exchange) error {
				if n, ok := x.Counted(); !ok || n != 100 {
					return fmt.Errorf("the frames have %d tokens (%v)", n, ok)
				}
				return nil
			}))},
		{id: "usage-of-two-events", source: "brainlid/langchain#625, tensorzero/tensorzero#5481", wire: "Anthropic: message_start has 25 and 1, message_delta 15", say: "25 in, 15 out; cache fields once", api: "messages",
			replies: []reply{stream(start, block("a"), event("message_delta", `"delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":15}`), stop)}, text: "a", check: all(counts(25, 15), steady), split: true},
		{id: "usage-repeated-without-cache", source: "gateways to Anthropic", wire: "message_delta repeats the input tokens without the cached ones", say: "the count with the cached ones stands", api: "messages",
			replies: []reply{stream(start, block("a"), event("message_delta", `"delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":5,"output_tokens":15}`), stop)}, text: "a", check: all(counts(25, 15), steady)},
		{id: "usage-with-reasoning", source: "tugot17/tokenomics#16", wire: "100 completion tokens, of which 80 are reasoning", say: "100: they are not added",
			replies: []reply{stream(delta(`{"reasoning_content":"h"}`), text("a"), finish("stop"), data(`{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":100,"completion_tokens_details":{"reasoning_tokens":80}}}`), done)}, text: "a", check: counts(7, 100)},
		{id: "no-usage", source: "tashfeenahmed/freellmapi#845", wire: "no usage, though it was asked for", say: "estimated as one token a frame, and said so; never 0",
			replies: []reply{stream(text("a"), text("b"), finish("stop"), done)}, text: "ab", check: all(counts(-1, -1), last(func(x *exchange.Exchange) error {
				if n, src := x.Output(); n != 2 || src != exchange.FromFrames {
					return fmt.Errorf("%d tokens by %q", n, src)
				}
				return nil
			}))},
		{id: "usage-below-frames", source: "eugr/llama-benchy#26", wire: "60 frames of reasoning, usage of 2", say: "ok; the check token_counts warns that frames exceed the usage",
			replies: []reply{stream(strings.Repeat(delta(`{"reasoning_content":"h"}`), 60), text("a"), good(2))}, text: "a", check: all(frames(61), counts(7, 2))},
		{id: "usage-falls", source: "streams of November 2026", wire: "usage of 50, then of 2", say: "50 stands, and the check usage_fell warns",
			replies: []reply{stream(running(50), finish("stop"), usage(7, 2), done)}, text: "a", check: all(counts(7, 50), fell)},
		{id: "usage-zeroed", source: "streams of November 2026", wire: "usage of 7 and 2, then of zeros", say: "7 and 2 stand, and the check usage_fell warns",
			replies: []reply{stream(text("a"), text("b"), finish("stop"), usage(7, 2), usage(0, 0), done)}, text: "ab", check: all(counts(7, 2), fell)},
		{id: "usage-null", source: "vllm-project/vllm", wire: "`usage: null` with each frame, and the usage twice", say: "7 and 2",
			replies: []reply{stream(strings.ReplaceAll(text("a")+text("b"), `]}`, `],"usage":null}`), finish("stop"), usage(7, 2), usage(7, 2), done)}, text: "ab", check: all(counts(7, 2), steady), split: true},
		{id: "usage-with-finish", source: "gateways", wire: "the usage in the frame with the reason", say: "7 and 2",
			replies: []reply{stream(text("a"), text("b"), data(`{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":2}}`), done)}, text: "ab", check: counts(7, 2), split: true},
	}
}

// toolCases are about calls of functions.
func toolCases() []oddCase {
	call := func(members string) string { return delta(`{"tool_calls":[` + members + `]}`) }
	end := finish("tool_calls") + usage(7, 9) + done
	return []oddCase{
		{id: "calls-without-index", source: "ollama/ollama#7881, openai/openai-python#2806", wire: "two calls without an index", say: "tool output",
			replies: []reply{stream(call(`{"id":"a","function":{"name":"f","arguments":"{}"}}`), call(`{"id":"b","function":{"name":"g","arguments":"{}"}}`), end)}, check: all(kinds("cc"), reason("tool_calls")), split: true},
		{id: "calls-mixed", source: "SamSaffron/term-llm#314, jin-bo/agentao#117", wire: "one call with an index, one without", say: "tool output",
			replies: []reply{stream(call(`{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}`), call(`{"id":"b","function":{"name":"g","arguments":"{}"}}`), end)}, check: kinds("cc")},
		{id: "call-without-id", source: "continuedev/continue#13225", wire: "an index and no id on the first part", say: "tool output",
			replies: []reply{stream(call(`{"index":0,"function":{"name":"f","arguments":""}}`), call(`{"index":0,"function":{"arguments":"{}"}}`), end)}, check: kinds("cc"), split: true},
		{id: "call-in-one-frame", source: "vllm-project/vllm#47907", wire: "a whole call in one frame, then the end", say: "ttft is that frame; tpot is undefined and not 0",
			replies: []reply{stream(call(`{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}`), end)}, check: all(kinds("c"), undefined("tpot", "stall"))},
		{id: "function-null", source: "GuideLLM, AIPerf", wire: "`function: null`, then arguments", say: "tool output",
			replies: []reply{stream(call(`{"index":0,"id":"a","type":"function","function":null}`), call(`{"index":0,"function":{"name":"f","arguments":"{}"}}`), end)}, check: kinds("c")},
		{id: "arguments-object", source: "ollama/ollama", wire: "arguments are an object and not its text", say: "tool output",
			replies: []reply{stream(call(`{"index":0,"function":{"name":"f","arguments":{"x":1}}}`), end)}, check: kinds("c")},
		{id: "function-call", source: "OpenAI before tool_calls", wire: "`function_call` and that finish reason", say: "tool output; tool_calls",
			replies: []reply{stream(delta(`{"function_call":{"name":"f","arguments":"{}"}}`), finish("function_call"), done)}, check: all(kinds("c"), reason("tool_calls"))},
		{id: "call-id-alone", source: "vllm-project/vllm", wire: "a part with an id and a type alone", say: "no content yet",
			replies: []reply{stream(call(`{"index":0,"id":"a","type":"function"}`), call(`{"index":0,"function":{"name":"f"}}`), end)}, check: kinds("c")},
	}
}
