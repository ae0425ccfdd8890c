package conformance

import (
	"strings"

	"github.com/inferometer/inferometer/internal/exchange"
)

// framingCases are about lines, events and chunks.
func framingCases() []oddCase {
	ab := text("a") + text("b")
	tool := `data: {"choices":[{"delta":{"tool_calls":[{"fun`
	return []oddCase{
		{id: "plain", source: "vllm-project/vllm", wire: "a stream as vLLM sends it", say: "two tokens, 7 and 2 counted",
			replies: []reply{stream(text("a"), text("b"), good(2))}, text: "ab", check: all(frames(2), counts(7, 2), ended("")), split: true},
		{id: "bom", source: "openai/openai-python#3819, rossoctl/cortex#1034", wire: "a byte order mark before the first event", say: "it is no part of the first field's name",
			replies: []reply{stream("\xef\xbb\xbf"+ab, good(2))}, text: "ab", check: frames(2), split: true},
		{id: "bom-in-three-writes", source: "openai/openai-python#3819", wire: "its three bytes in three writes", say: "the same",
			replies: []reply{stream("\xef", 5*ms, "\xbb", 5*ms, "\xbf"+ab, good(2))}, text: "ab", check: frames(2)},
		{id: "bom-in-text", source: "openai/openai-python#3819", wire: "a byte order mark in mid-stream, in a text", say: "it is text",
			replies: []reply{stream(text("a"), text("\ufeffb"), good(2))}, text: "a\ufeffb", check: frames(2), split: true},
		{id: "unicode-line-ends", source: "langgenius/dify#39008, florimondmanca/httpx-sse#34, modelscope/evalscope#1642", wire: "U+2028, U+2029 and U+0085 unescaped in a text", say: "only LF, CR and CRLF end a line; the text is exact",
			replies: []reply{stream(`data: {"choices":[{"delta":{"content":"a`+"\u2028\u2029\u0085"+`b"}}]}`+"\n\n", good(1))}, text: "a\u2028\u2029\u0085b", check: frames(1), split: true},
		{id: "event-then-data", source: "brainlid/langchain#540", wire: "`event:` and `data:` of one event, 50 ms apart", say: "one event, with the time of its data",
			replies: []reply{stream("event: message\n", 50*ms, text("a"), good(1))}, text: "a", check: all(frames(1), at("ttft", 50)), slow: true},
		{id: "split-in-string", source: "vllm-project/vllm#51172", wire: "writes that end after `data:` and before a space within a text", say: "the text keeps its spaces",
			replies: []reply{stream("data:", 2*ms, ` {"choices":[{"delta":{"content":"a`, 2*ms, ` b"}}]}`+"\n\n", good(1))}, text: "a b", check: frames(1), split: true},
		{id: "line-ends-in-json", source: "triton-inference-server/triton_distributed#264", wire: "a frame with two unescaped LF within a string", say: "the frame is quoted; reading goes on at the next event",
			replies: []reply{stream(text("a"), "data: {\"choices\":[{\"delta\":{\"content\":\"x\n\ny\"}}]}\n\n", text("b"), good(2))}, class: exchange.BadFrame, err: "is not JSON", check: frames(2), split: true},
		{id: "no-blank-line-at-end", source: "lathe-cli/lathe#131", wire: "the last event, whole and with a reason, has no line end", say: "ok, noted as unterminated",
			replies: []reply{stream(ab, strings.TrimSpace(finish("stop")))}, text: "ab", check: all(frames(2), reason("stop"), ended(exchange.Unterminated)), split: true},
		{id: "cut-in-last-event", source: "lathe-cli/lathe#131", wire: "the last event is half a frame", say: "the half is quoted",
			replies: []reply{stream(ab, `data: {"choices":[{"del`)}, class: exchange.BadFrame, check: frames(2)},
		{id: "done-without-last-chunk", source: "DevDock-AI/claude-unlimited#1", wire: "`[DONE]`, and the connection is closed without the last chunk", say: "ok, noted as unterminated; e2e ends with the last token",
			replies: []reply{stream(ab, good(2), fin)}, text: "ab", check: ended(exchange.Unterminated), sockets: true},
		{id: "cut-in-chunk", source: "5uck1ess/cicero#69, pocoproject/poco#5032", wire: "a chunk of 7 bytes has 3", say: "closed in the middle",
			replies: []reply{stream(ab, raw("7\r\nabc"), fin)}, class: exchange.Truncated, err: "in the middle", check: frames(2), sockets: true},
		{id: "cut-after-chunk-size", source: "pocoproject/poco#5032", wire: "the size of the last chunk without its end, after the last frame", say: "ok: all had come",
			replies: []reply{stream(ab, finish("stop"), usage(7, 2), raw("0\r\n"), fin)}, text: "ab", check: ended(exchange.Unterminated), sockets: true},
		{id: "clean-end-without-reason", source: "NVIDIA/TensorRT-LLM#18289, TriliumNext/Trilium#11124", wire: "two tokens and a clean end", say: "ended without a finish_reason; its tokens are wasted",
			replies: []reply{stream(ab)}, class: exchange.Truncated, err: "without a finish_reason", check: frames(2), split: true},
		{id: "done-without-reason", source: "gateways that append `[DONE]` after an upstream died", wire: "two tokens and `[DONE]`", say: "ended without a finish_reason, unless the probe has shown that this server never gives one",
			replies: []reply{stream(ab, done)}, class: exchange.Truncated, err: "without a finish_reason", check: frames(2)},
		{id: "cut-in-tool-call", source: "SamSaffron/term-llm#448", wire: "the last frame is half a tool call", say: "the half is quoted",
			replies: []reply{stream(text("a"), tool)}, class: exchange.BadFrame, err: "tool_calls"},
		{id: "comments", source: "OpenRouter, sse-starlette", wire: "comments before, between and after frames", say: "heartbeats, counted",
			replies: []reply{stream(": OPENROUTER PROCESSING\n\n", text("a"), ":\n:\n\n: ping\n", text("b"), good(2))}, text: "ab", check: all(frames(2), heartbeats(4)), split: true},
		{id: "empty-data", source: "gateways", wire: "`data:` without anything, and `data: : keepalive`", say: "heartbeats, counted",
			replies: []reply{stream("data:\n\ndata: : keepalive\n\n", text("a"), "data\n\n", text("b"), good(2))}, text: "ab", check: all(frames(2), heartbeats(3)), split: true},
		{id: "data-null", source: "streams of November 2026", wire: "`data: null` between frames", say: "JSON that is no object is a heartbeat, counted",
			replies: []reply{stream(data("null"), text("a"), data("null"), text("b"), good(2))}, text: "ab", check: all(frames(2), heartbeats(2)), split: true},
		{id: "data-number", source: "streams of November 2026", wire: "`data: 1`, `data: []` and `data: \"ping\"`", say: "heartbeats, counted",
			replies: []reply{stream(data("1"), data("[]"), data(`"ping"`), ab, good(2))}, text: "ab", check: all(frames(2), heartbeats(3))},
		{id: "crlf", source: "WHATWG HTML 9.2", wire: "lines end with CRLF", say: "two tokens",
			replies: []reply{stream(crlf(ab), crlf(good(2)))}, text: "ab", check: frames(2), split: true},
		{id: "cr", source: "WHATWG HTML 9.2", wire: "lines end with CR", say: "two tokens",
			replies: []reply{stream(strings.ReplaceAll(ab+good(2), "\n", "\r"))}, text: "ab", check: frames(2), split: true},
		{id: "several-data-lines", source: "WHATWG HTML 9.2", wire: "one frame over three `data:` lines", say: "one token",
			replies: []reply{stream("data: {\"choices\":[{\"delta\":\ndata: {\"content\":\ndata: \"ab\"}}]}\n\n", good(1))}, text: "ab", check: frames(1), split: true},
		{id: "no-space-after-colon", source: "WHATWG HTML 9.2", wire: "`data:` without the space", say: "two tokens",
			replies: []reply{stream(strings.ReplaceAll(ab+good(2), "data: ", "data:"))}, text: "ab", check: frames(2), split: true},
		{id: "surrogates-in-two-frames", source: "vLLM's detokenizer", wire: "the halves of a surrogate pair in two frames", say: "the text is whole",
			replies: []reply{stream(delta(`{"content":"\ud83d"}`), delta(`{"content":"\ude00"}`), good(2))}, text: "😀", check: frames(2), split: true},
		{id: "endless-line", source: "streams of November 2026", wire: "a line of 17 MiB without an end", say: "refused at 16 MiB",
			replies: []reply{stream(text("a"), "data: {\"x\":\"", strings.Repeat("x", 17<<20), fin)}, class: exchange.Protocol, err: "longer than 16 MiB", sockets: true},
		{id: "frames-after-done", source: "gateways", wire: "a frame after `[DONE]`", say: "nothing is read after it",
			replies: []reply{stream(ab, good(2), text("c"))}, text: "ab", check: frames(2), split: true},
	}
}

// raw are bytes of the wire that are no chunk.
type rawBytes string

func raw(s string) rawBytes { return rawBytes(s) }

// insteadCases send something else where an event stream was asked for.
func insteadCases() []oddCase {
	const stream = "text/event-stream"
	return []oddCase{
		{id: "json-as-stream", source: "streams of November 2026", wire: "one JSON object, called an event stream", say: "names what came: JSON",
			replies: []reply{typed(stream, `{"id":"x","choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}`)}, class: exchange.Protocol, err: "sent JSON where an event stream was asked for"},
		{id: "error-as-stream", source: "kubernetes-sigs/inference-perf#713", wire: "a JSON error over several lines, called an event stream", say: "the server's words",
			replies: []reply{typed(stream, "{\n \"error\": {\n  \"message\": \"no such model\"\n }\n}\n")}, class: exchange.StreamError, err: "no such model"},
		{id: "ndjson", source: "ollama/ollama's own API", wire: "lines of JSON", say: "names what came: NDJSON",
			replies: []reply{typed("application/x-ndjson", `{"message":{"content":"a"},"done":false}`+"\n", `{"message":{"content":"b"},"done":true}`+"\n")}, class: exchange.Protocol, err: "lines of JSON (NDJSON)"},
		{id: "html-as-stream", source: "captive portals", wire: "a web page, called an event stream", say: "names what came: a web page",
			replies: []reply{typed(stream, "<!doctype html>\n<title>Sign in</title>")}, class: exchange.Protocol, err: "sent a web page where"},
		{id: "html", source: "captive portals", wire: "a web page", say: "names what came: a web page; check the URL",
			replies: []reply{typed("text/html; charset=utf-8", "<!doctype html>\n<title>Sign in</title>")}, class: exchange.Protocol, err: "a web page"},
		{id: "text-as-stream", source: "gateways", wire: "plain text", say: "quotes it",
			replies: []reply{typed("text/plain", "upstream connect error\n")}, class: exchange.Protocol, err: "upstream connect error"},
		{id: "gzip-unsaid", source: "proxies", wire: "gzip without a header that says so", say: "names what came: gzip",
			replies: []reply{typed(stream, "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03abc")}, class: exchange.Protocol, err: "gzip"},
		{id: "gzip", source: "editor-code-assistant/eca#479, vllm-project/vllm#41765", wire: "Content-Encoding: gzip, though identity was asked for", say: "refused: a compressor holds frames back",
			replies: []reply{{strings.Replace(streamHead, "Content-Type", "Content-Encoding: gzip\r\nContent-Type", 1), "3\r\nabc\r\n0\r\n\r\n"}}, class: exchange.Protocol, err: "compressed its answer (gzip)"},
		{id: "json-instead-of-stream", source: "servers without streams", wire: "a whole JSON answer where a stream was asked for", say: "ok, without a time to first token",
			replies: []reply{whole(200, "Content-Type: application/json\r\n", `{"choices":[{"message":{"content":"ab"},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":2}}`)},
			text:    "ab", check: all(undefined("ttft", "tpot"), counts(7, 2))},
	}
}
