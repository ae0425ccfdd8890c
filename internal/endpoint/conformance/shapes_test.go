package conformance

import (
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/exchange"
)

// chunkCases are about the choices of a frame.
func chunkCases() []oddCase {
	ab := text("a") + text("b")
	cumulative := func(sofar, next string) string {
		return data(fmt.Sprintf(`{"choices":[{"index":0,"message":{"role":"assistant","content":%q},"delta":{"role":"assistant","content":%q}}]}`, sofar, next))
	}
	return []oddCase{
		{id: "finish-without-delta", source: "osaurus-ai/osaurus#2150", wire: "the frame with the reason has no delta (DeepSeek)", say: "the reason is kept",
			replies: []reply{stream(ab, data(`{"choices":[{"index":0,"finish_reason":"stop"}]}`), usage(7, 2), done)}, text: "ab", check: all(frames(2), reason("stop"))},
		{id: "nulls-for-choices", source: "osaurus-ai/osaurus#2150", wire: "`delta: null`, `choices: null`, `choices: [{}]`, `choices: []`", say: "no content, no failure",
			replies: []reply{stream(data(`{"choices":[{"delta":null}]}`), data(`{"choices":null}`), data(`{"choices":[{}]}`), data(`{"choices":[]}`), ab, good(2))}, text: "ab", check: frames(2), split: true},
		{id: "role-frame", source: "api7/aisix#869, vllm-project/vllm#3759", wire: "a role with empty content at 5 ms, the first token at 200 ms", say: "ttft is 200 ms",
			replies: []reply{stream(5*ms, delta(`{"role":"assistant","content":""}`), 195*ms, text("a"), good(1))}, text: "a", check: all(frames(1), at("ttft", 200)), slow: true},
		{id: "role-and-token-in-one-read", source: "ggml-org/llama.cpp#14268", wire: "a role frame with `content: null` and the first token in one write", say: "one token, one stamp",
			replies: []reply{stream(delta(`{"role":"assistant","content":null}`)+text("a")+text("b"), good(2))}, text: "ab", check: all(frames(2), last(func(x *exchange.Exchange) error {
				if x.Frames[0].At != x.Frames[1].At || x.Coalesced != 1 {
					return fmt.Errorf("stamps %d and %d, %d coalesced", x.Frames[0].At, x.Frames[1].At, x.Coalesced)
				}
				return nil
			}))},
		{id: "cumulative-message", source: "perplexityai/api-discussion#209", wire: "each frame repeats the answer so far in `message`, next to its delta; no `[DONE]`", say: "the delta alone is text",
			replies: []reply{stream(cumulative("a", "a"), cumulative("ab", "b"), data(`{"choices":[{"index":0,"finish_reason":"stop","message":{"content":"ab"},"delta":{"content":""}}],"usage":{"prompt_tokens":7,"completion_tokens":2}}`))},
			text:    "ab", check: all(frames(2), reason("stop"), counts(7, 2)), split: true},
		{id: "two-answers", source: "Triton's n>1; all five peers merge", wire: "choices 0 and 1 alternate", say: "refused: merging them would make one answer of two",
			replies: []reply{stream(text("a"), strings.Replace(text("b"), `"index":0`, `"index":1`, 1), good(2))}, class: exchange.Protocol, err: "more than one answer"},
		{id: "two-answers-without-index", source: "streams of November 2026", wire: "two choices in one frame, without an index", say: "refused as with one",
			replies: []reply{stream(data(`{"choices":[{"delta":{"content":"a"}},{"delta":{"content":"b"}}]}`), good(2))}, class: exchange.Protocol, err: "more than one answer"},
		{id: "content-list", source: "Mistral, Cohere", wire: "content is a list of parts", say: "the parts are text",
			replies: []reply{stream(delta(`{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}`), good(1))}, text: "ab", check: frames(1)},
		{id: "refusal", source: "openai/openai-openapi", wire: "the text comes as `refusal`", say: "it is text",
			replies: []reply{stream(delta(`{"refusal":"no"}`), good(1))}, text: "no", check: frames(1)},
		{id: "azure-filter-frames", source: "Azure OpenAI", wire: "a first frame without choices, and offsets between", say: "no content",
			replies: []reply{stream(data(`{"choices":[],"prompt_filter_results":[{"prompt_index":0}]}`), text("a"), data(`{"choices":[{"index":0,"finish_reason":null,"content_filter_offsets":{"check_offset":1}}]}`), text("b"), good(2))}, text: "ab", check: frames(2)},
		{id: "not-streamed", source: "maximhq/bifrost#4542, nicedreamzapp/claude-code-local#39", wire: "64 frames in one write after 2 s", say: "ttft is e2e; tpot, user_rate, stall, gap and itl are withheld: not streamed",
			replies: []reply{stream(2000*ms, strings.Repeat(text(strings.Repeat("x", 600)), 64)+good(64))}, text: strings.Repeat("x", 64*600),
			check: all(frames(64), at("ttft", 2000), undefined("tpot", "user_rate", "stall")), slow: true},
		{id: "burst-over-a-network", source: "streams of November 2026", wire: "the same, spread over 9 ms", say: "the same",
			replies: []reply{stream(append([]any{300 * ms}, spread(64, 7, ms, good(64))...)...)}, text: strings.Repeat("x", 64),
			check: all(frames(64), undefined("tpot", "user_rate", "stall")), slow: true},
		{id: "burst-on-sockets", source: "streams of November 2026", wire: "64 frames of 600 bytes in one write after 100 ms, over a socket", say: "stamps never run backwards; not streamed",
			replies: []reply{stream(100*ms, strings.Repeat(text(strings.Repeat("x", 600)), 64)+good(64))}, text: strings.Repeat("x", 64*600),
			check: all(frames(64), undefined("tpot", "user_rate", "stall")), sockets: true},
		{id: "short-stream-after-a-queue", source: "the counter-example", wire: "16 frames 5 ms apart after 3 s in a queue", say: "tpot is 5 ms: it was streamed",
			replies: []reply{stream(append([]any{3000 * ms}, spread(16, 1, 5*ms, good(16))...)...)}, text: strings.Repeat("x", 16), check: at("tpot", 5), slow: true},
	}
}

// spread is n frames, size at a time with a pause before each further group.
func spread(n, size int, pause any, tail string) (parts []any) {
	group := ""
	for i := range n {
		if i > 0 && i%size == 0 {
			parts = append(parts, group, pause)
			group = ""
		}
		group += text("x")
	}
	return append(parts, group+tail)
}

// finishCases are about reasons of the end.
func finishCases() []oddCase {
	ab := text("a") + text("b")
	of := func(id, source, word, say string, class exchange.Class, want string) oddCase {
		return oddCase{id: id, source: source, wire: fmt.Sprintf("finish_reason %q", word), say: say,
			replies: []reply{stream(ab, finish(word), usage(7, 2), done)}, class: class, text: "ab", check: all(frames(2), reason(want))}
	}
	return []oddCase{
		{id: "empty-finish", source: "adolfousier/opencrabs#1499", wire: "finish_reason \"\" on each frame, \"stop\" on the last", say: "\"\" is no reason",
			replies: []reply{stream(strings.ReplaceAll(ab, `}}]`, `},"finish_reason":""}]`), good(2))}, text: "ab", check: all(frames(2), reason("stop"))},
		of("finish-error", "vllm-project/vllm#57519", "error", "the server gave up", exchange.StreamError, "error"),
		of("finish-abort", "sgl-project/sglang", "abort", "the server gave up", exchange.StreamError, "abort"),
		of("finish-timeout", "NVIDIA/TensorRT-LLM's documents", "timeout", "the server gave up", exchange.StreamError, "timeout"),
		of("finish-cancelled", "NVIDIA/TensorRT-LLM's documents", "cancelled", "the server gave up", exchange.StreamError, "cancelled"),
		of("finish-no-resource", "DeepSeek's documents", "insufficient_system_resource", "the server gave up", exchange.StreamError, "insufficient_system_resource"),
		of("finish-unknown", "streams of November 2026", "banana", "ok; the check finish_reason warns with the word and its count", "", "banana"),
		of("finish-shouted", "Gemini through gateways", "MAX_TOKENS", "it is length", "", "length"),
		of("finish-end-turn", "gateways to Anthropic", "end_turn", "it is stop", "", "stop"),
		{id: "finish-on-every-frame", source: "gateways", wire: "\"stop\" and the usage with every frame, a second apart", say: "content after the end takes it back: all frames are read",
			replies: []reply{stream(spreadEnds(4)...)}, text: "abab", check: frames(4), slow: true},
	}
}

func spreadEnds(n int) (parts []any) {
	for i := range n {
		word := "ab"[i%2 : i%2+1]
		parts = append(parts, data(fmt.Sprintf(`{"choices":[{"index":0,"delta":{"content":%q},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":%d}}`, word, i+1)), 200*ms)
	}
	return append(parts, done)
}

// reasoningCases are about what a model thinks.
func reasoningCases() []oddCase {
	late := func(id, source, wire, frame string) oddCase {
		return oddCase{id: id, source: source, wire: wire, say: "the reasoning is the first token, ttfa is that of the answer",
			replies: []reply{stream(30*ms, frame, 137*ms, text("a"), good(9))}, text: "a", check: all(kinds("rt"), at("ttft", 30), at("ttfa", 167)), slow: true}
	}
	return []oddCase{
		late("reasoning-content", "DeepSeek, vLLM", "reasoning under `reasoning_content`, with `content: null`", delta(`{"content":null,"reasoning_content":"hm"}`)),
		late("reasoning", "OpenRouter, vLLM", "reasoning under `reasoning`", delta(`{"content":"","reasoning":"hm"}`)),
		late("thinking-parts", "BerriAI/litellm#16272", "Mistral's thinking parts in content", delta(`{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}]}`)),
		late("reasoning-details", "OpenRouter", "`reasoning_details` with empty content", delta(`{"content":"","reasoning_details":[{"type":"reasoning.text","text":"hm"}]}`)),
		late("reasoning-summary", "OpenRouter", "`reasoning_details` with a summary", delta(`{"content":"","reasoning_details":[{"type":"reasoning.summary","summary":"hm"}]}`)),
		late("reasoning-encrypted", "OpenRouter", "`reasoning_details` with encrypted data", delta(`{"content":"","reasoning_details":[{"type":"reasoning.encrypted","data":"AAAA"}]}`)),
		late("thinking-blocks", "BerriAI/litellm", "`thinking_blocks`", delta(`{"content":"","thinking_blocks":[{"type":"thinking","thinking":"hm","signature":""}]}`)),
		late("thinking", "ollama/ollama", "reasoning under `thinking`", delta(`{"content":"","thinking":"hm"}`)),
		{id: "reasoning-twice", source: "OpenRouter", wire: "the same reasoning under two names of one frame", say: "one frame of reasoning",
			replies: []reply{stream(delta(`{"reasoning":"hm","reasoning_details":[{"type":"reasoning.text","text":"hm"}]}`), text("a"), good(2))}, text: "a", check: kinds("rt"), split: true},
		{id: "reasoning-alone", source: "HenriGrimm/Minnow#102", wire: "reasoning until the token limit", say: "ok: ttft is there, ttfa is not",
			replies: []reply{stream(delta(`{"reasoning_content":"h"}`), delta(`{"reasoning_content":"m"}`), finish("length"), usage(7, 2), done)}, check: all(kinds("rr"), undefined("ttfa"), reason("length"))},
		{id: "reasoning-hidden", source: "OpenAI's o-series", wire: "usage has reasoning tokens, and no frame has any", say: "ok; the check hidden_reasoning says that the wait contains them",
			replies: []reply{stream(text("a"), finish("stop"), data(`{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":100,"completion_tokens_details":{"reasoning_tokens":80}}}`), done)}, text: "a",
			check: all(kinds("t"), counts(7, 100), last(func(x *exchange.Exchange) error {
				if x.ReasoningTokens == nil || *x.ReasoningTokens != 80 {
					return fmt.Errorf("%v reasoning tokens", x.ReasoningTokens)
				}
				return nil
			}))},
	}
}
