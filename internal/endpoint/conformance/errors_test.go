package conformance

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
)

// errorCases are errors in the place of an answer, or within one.
func errorCases() []oddCase {
	const boom = `{"error":{"message":"boom","type":"server_error","code":500}}`
	within := func(id, source, wire, frame string, rest ...any) oddCase {
		return oddCase{id: id, source: source, wire: wire, say: "the server's words; no later end overwrites them",
			replies: []reply{stream(append([]any{text("a"), frame}, rest...)...)}, class: exchange.StreamError, err: "boom", check: frames(1)}
	}
	silence := within("error-then-silence", "streams of November 2026", "an error frame, and the stream stays open", data(boom), hang)
	silence.slow, silence.check = true, all(frames(1), over(100*ms))
	reset := within("error-then-reset", "streams of November 2026", "an error frame, and the connection is reset", data(boom), 20*ms, rst)
	reset.sockets = true
	closed := within("error-then-close", "streams of November 2026", "an error frame, and the connection is closed", data(boom), fin)
	closed.sockets = true
	field := within("error-field", "ggml-org/llama.cpp#16109", "llama.cpp before September 2025: a field `error:`, then `[DONE]`", "error: {\"code\":500,\"message\":\"boom\"}\n\n", done)
	field.split = true
	return []oddCase{
		within("error-frame", "vllm-project/vllm#57519", "an error frame under HTTP 200, then `[DONE]`", data(boom), done),
		within("error-then-content", "gateways", "an error frame, and content after it", data(boom), text("b"), good(2)),
		silence, reset, closed, field,
		within("error-object", "LMDeploy, vLLM before 0.10", `{"object":"error","message":…}`, data(`{"object":"error","message":"boom","type":"BadRequestError","code":400}`), done),
		within("error-detail", "FastAPI", `{"detail":…}`, data(`{"detail":"boom"}`), done),
		within("error-detail-list", "FastAPI's validation", `{"detail":[{"msg":…}]}`, data(`{"detail":[{"loc":["body"],"msg":"boom"}]}`), done),
		within("error-text", "gateways", `{"error":"…"}`, data(`{"error":"boom"}`), done),
		within("error-message", "gateways", `{"code":500,"message":…}`, data(`{"code":500,"message":"boom"}`), done),
		within("error-list", "Google", `[{"error":…}]`, data(`[`+boom+`]`), done),
		within("error-errors", "Cloudflare", `{"errors":[{"message":…}]}`, data(`{"errors":[{"code":3040,"message":"boom"}],"success":false}`), done),
		within("error-base-resp", "MiniMax", `{"base_resp":{"status_code":1002,…}}`, data(`{"base_resp":{"status_code":1002,"status_msg":"boom"}}`), done),
		within("error-event", "farzaa/clicky#132, karthink/gptel#1512", "`event: error`", "event: error\n"+data(`{"message":"boom"}`)),
		within("error-event-text", "sse-starlette", "`event: error` with text and no JSON", "event: error\n"+data("boom")),
		within("error-next-to-choices", "OpenRouter", "an error next to choices", data(`{"error":{"message":"boom"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}`), done),
		{id: "error-null", source: "vllm-project/vllm", wire: "`error: null` with every frame", say: "no error",
			replies: []reply{stream(strings.ReplaceAll(text("a")+text("b"), `"choices"`, `"error":null,"choices"`), good(2))}, text: "ab", check: frames(2)},
		{id: "message-next-to-choices", source: "GLM, MiniMax", wire: "`code: 0, message: success` next to choices", say: "no error",
			replies: []reply{stream(strings.ReplaceAll(text("a")+text("b"), `"choices"`, `"code":0,"message":"success","base_resp":{"status_code":0},"choices"`), good(2))}, text: "ab", check: frames(2)},
		{id: "error-json-under-200", source: "kubernetes-sigs/inference-perf#713, decolua/9router#3051", wire: "a JSON error under HTTP 200", say: "the server's words",
			replies: []reply{whole(200, "Content-Type: application/json\r\n", boom)}, class: exchange.StreamError, err: "boom"},
		{id: "nothing-under-200", source: "decolua/9router#3051", wire: "HTTP 200 with a length of 0", say: "the server sent nothing",
			replies: []reply{whole(200, "Content-Type: text/event-stream\r\n", "")}, class: exchange.Empty, err: "sent nothing"},
		{id: "anthropic-error-event", source: "farzaa/clicky#132, karthink/gptel#1512", wire: "Anthropic: two deltas, an error event, the end without message_stop", say: "the server's words; its tokens are wasted", api: "messages",
			replies: []reply{stream(event("message_start", `"message":{}`), block("a"), block("b"), event("error", `"error":{"type":"overloaded_error","message":"Overloaded"}`), fin)},
			class:   exchange.StreamError, err: "Overloaded", check: frames(2), sockets: true},
		{id: "anthropic-empty", source: "BerriAI/litellm#32475", wire: "Anthropic: a well-formed stream without content", say: "no generated content: in no statistic of latency", api: "messages",
			replies: []reply{stream(event("message_start", `"message":{}`), event("message_delta", `"delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":0}`), event("message_stop", ""))},
			class:   exchange.Empty},
		{id: "response-incomplete", source: "openclaw/openclaw#108989", wire: "Responses: response.incomplete by max_output_tokens", say: "ok: length", api: "responses",
			replies: []reply{stream(event("response.output_text.delta", `"delta":"a"`), event("response.incomplete", `"response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"usage":{"input_tokens":7,"output_tokens":1}}`))},
			text:    "a", check: all(reason("length"), counts(7, 1))},
		{id: "response-failed", source: "finch-xu/cc-router#38", wire: "Responses: response.failed", say: "the server's words", api: "responses",
			replies: []reply{stream(event("response.output_text.delta", `"delta":"a"`), event("response.failed", `"response":{"status":"failed","error":{"code":"server_error","message":"boom"}}`))},
			class:   exchange.StreamError, err: "boom"},
		{id: "nothing-but-done", source: "vLLM after an abort", wire: "`[DONE]` alone", say: "no generated content", replies: []reply{stream(done)}, class: exchange.Empty},
		{id: "no-content", source: "vllm-project/vllm", wire: "a role, a reason and nothing else", say: "no generated content",
			replies: []reply{stream(delta(`{"role":"assistant","content":""}`), good(0))}, class: exchange.Empty},
		{id: "filtered", source: "Azure OpenAI", wire: "nothing, by the content filter", say: "ok: the check filtered counts it",
			replies: []reply{stream(delta(`{"role":"assistant"}`), finish("content_filter"), done)}, check: reason("content_filter")},
	}
}

// refusalCases are statuses other than 200.
func refusalCases() []oddCase {
	refused := func(id, source, wire, headers, body string, wait float64) oddCase {
		return oddCase{id: id, source: source, wire: wire, say: "a refusal, with the wait that it asks for", replies: []reply{whole(429, headers, body)},
			class: exchange.HTTP429, err: "HTTP 429", check: retryAfter(wait)}
	}
	slow := `{"error":{"message":"slow down"}}`
	days := refused("retry-after-days", "earendil-works/pi#4991", "Retry-After of 16 days", "Retry-After: 1382400\r\n", slow, 1382400)
	days.say = "a wait is followed for a minute; where all users are to wait, the cell ends with the reason"
	quota := func(id, source, wire string, status int, body string) oddCase {
		return oddCase{id: id, source: source, wire: wire, say: "no throttling: the run ends at once", replies: []reply{whole(status, "", body)}, class: exchange.Quota}
	}
	ok := stream(text("a"), good(1))
	limited := whole(429, "Retry-After: 1\r\n", slow)
	return []oddCase{
		refused("retry-after", "any", "Retry-After: 7", "Retry-After: 7\r\n", slow, 7),
		days,
		refused("retry-after-date", "earendil-works/pi#4991", "Retry-After is a date, an hour ahead", "Retry-After: "+time.Now().Add(time.Hour).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")+"\r\n", slow, 3600),
		refused("retry-after-zero", "earendil-works/pi#4991", "Retry-After: 0", "Retry-After: 0\r\n", slow, 0),
		refused("retry-after-nonsense", "earendil-works/pi#4991", "Retry-After: abc", "Retry-After: abc\r\n", slow, 0),
		refused("retry-after-ms", "Azure OpenAI", "retry-after-ms: 1500", "retry-after-ms: 1500\r\n", slow, 1.5),
		refused("retry-in-body", "letterstory/lettertrace#34", "Google's RetryInfo in the body: 38s", "", `[{"error":{"code":429,"message":"Quota exceeded for requests per minute","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"38s"}]}}]`, 38),
		refused("retry-in-words", "OpenAI", "\"Please try again in 7.66s\"", "", `{"error":{"message":"Rate limit reached for m: Limit 10000. Please try again in 7.66s.","type":"tokens","code":"rate_limit_exceeded"}}`, 7.66),
		refused("retry-in-minutes", "Groq", "\"Please try again in 1m12.5s\"", "", `{"error":{"message":"Please try again in 1m12.5s. Visit us"}}`, 72.5),
		refused("retry-in-seconds", "Azure OpenAI", "\"Please retry after 20 seconds\"", "", `{"error":{"message":"Please retry after 20 seconds."}}`, 20),
		quota("no-quota", "jin-bo/agentao#283", "429 with the code insufficient_quota", 429, `{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}`),
		quota("no-credits", "OpenRouter", "402", 402, `{"error":{"message":"Insufficient credits","code":402}}`),
		quota("no-balance", "Anthropic", "400 \"credit balance is too low\"", 400, `{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API"}}`),
		{id: "no-quota-under-200", source: "gateways", wire: "a JSON error under HTTP 200 with the code insufficient_quota", say: "no throttling: the run ends at once",
			replies: []reply{whole(200, "Content-Type: application/json\r\n", `{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}`)}, class: exchange.Quota},
		{id: "retry-under-200", source: "gateways", wire: "a JSON error under HTTP 200: \"Please try again in 7.66s\"", say: "the server's words, with the wait that it asks for",
			replies: []reply{whole(200, "Content-Type: application/json\r\n", `{"error":{"message":"Please try again in 7.66s."}}`)}, class: exchange.StreamError, err: "try again", check: retryAfter(7.66)},
		{id: "refused-then-answered", source: "Azure/azure-openai-benchmark#34", wire: "429 three times, then 200", say: "four requests: nothing is retried in hiding", replies: []reply{limited, limited, limited, ok},
			pauses: []time.Duration{0, 0, 0}, text: "a", check: classes(exchange.HTTP429, exchange.HTTP429, exchange.HTTP429, exchange.OK)},
		{id: "error-503", source: "any", wire: "503 with words", say: "its words", replies: []reply{whole(503, "", `{"detail":"loading the model"}`)}, class: exchange.HTTP5xx, err: "HTTP 503: loading the model"},
		{id: "redirect", source: "any", wire: "307 to another host", say: "not followed: a key could go astray", replies: []reply{whole(307, "Location: http://elsewhere/v1\r\n", "")}, class: exchange.Protocol, err: "redirects to"},
	}
}

// endCases are about streams that do not end as they should.
func endCases() []oddCase {
	ab := text("a") + text("b")
	return []oddCase{
		{id: "left-open", source: "maximhq/bifrost#6784, musistudio/claude-code-router#1271", wire: "the reason and the usage came, and the stream stays open", say: "ok after half a second, noted as left open; the check stream_end counts it",
			replies: []reply{stream(ab, finish("stop"), usage(7, 2), hang)}, text: "ab", check: all(ended(exchange.LeftOpen), counts(7, 2), over(500*ms)), slow: true},
		{id: "left-open-with-comments", source: "maximhq/bifrost#6784", wire: "the same, with comments every 100 ms", say: "the same",
			replies: []reply{stream(append(append([]any{ab, finish("stop"), usage(7, 2)}, pings(50)...), hang)...)}, text: "ab", check: all(ended(exchange.LeftOpen), over(500*ms)), slow: true},
		{id: "left-open-after-done", source: "gateways", wire: "the stream stays open after `[DONE]`", say: "ok after 50 ms, noted as left open",
			replies: []reply{stream(ab, good(2), hang)}, text: "ab", check: all(ended(exchange.LeftOpen), over(50*ms)), slow: true},
		{id: "left-open-without-usage", source: "gateways", wire: "the reason came, the usage that was asked for did not", say: "ok after two seconds, noted as left open; tokens are estimated",
			replies: []reply{stream(ab, finish("stop"), hang)}, text: "ab", check: all(ended(exchange.LeftOpen), counts(-1, -1), over(2000*ms)), slow: true},
		{id: "late-usage", source: "vllm-project/vllm#55508", wire: "the usage comes 300 ms after the reason, `[DONE]` 50 ms after that", say: "ok; e2e ends with the last token",
			replies: []reply{stream(100*ms, text("a"), 20*ms, text("b"), finish("stop"), 300*ms, usage(7, 2), 50*ms, done)}, text: "ab", check: all(ended(""), counts(7, 2), at("e2e", 120)), slow: true},
		{id: "anthropic-left-open", source: "musistudio/claude-code-router#1271", wire: "Anthropic: message_delta with the reason, and no message_stop", say: "did not send its last event, after two seconds", api: "messages",
			replies: []reply{stream(event("message_start", `"message":{}`), block("a"), event("message_delta", `"delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}`), hang)},
			class:   exchange.Truncated, err: "left the stream open", check: over(2000 * ms), slow: true},
		{id: "silence", source: "any", wire: "two tokens, and the stream stays open", say: "the idle timeout, in words",
			replies: []reply{stream(ab, hang)}, class: exchange.Timeout, err: "--idle-timeout", check: over(120 * time.Second), slow: true},
		{id: "endless-comments", source: "any", wire: "comments for ever, and no token", say: "the timeout, in words", change: func(c *endpoint.Config) { c.Timeout = 10 * time.Second },
			replies: []reply{stream(append(pings(200), hang)...)}, class: exchange.Timeout, err: "--timeout", slow: true},
		{id: "no-answer", source: "any", wire: "the request is taken and never answered", say: "the idle timeout, in words and not \"context deadline exceeded\"",
			replies: []reply{{hang}}, class: exchange.Timeout, err: "sent nothing for longer", slow: true},
	}
}

func pings(n int) (parts []any) {
	for range n {
		parts = append(parts, 100*ms, ": ping\n\n")
	}
	return parts
}

// socketCases are about connections.
func socketCases() []oddCase {
	ok := stream(text("a"), good(1))
	dial := func(err error) func(*endpoint.Config) {
		return func(c *endpoint.Config) {
			c.Dial = func(context.Context, string, string) (net.Conn, error) {
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", err)}
			}
		}
	}
	failed := func(class exchange.Class) look { return classes(exchange.OK, class) }
	return []oddCase{
		{id: "reset-after-headers", source: "lemonade-sdk/lemonade#1340", wire: "200, headers, and a reset before the first byte", say: "a reset, and no failure to connect",
			replies: []reply{stream(20*ms, rst)}, class: exchange.Reset, err: "closed by the server", sockets: true},
		{id: "closed-after-headers", source: "lemonade-sdk/lemonade#1340", wire: "200, headers, and a close before the first byte", say: "closed in the middle",
			replies: []reply{stream(fin)}, class: exchange.Truncated, sockets: true},
		{id: "idle-closed", source: "vllm-project/vllm-omni#1374, duolahypercho/codex-router#165", wire: "requests 4.9, 5.1 and 30 s apart to a server that closes idle connections after 5 s", say: "ok: a connection is kept for less",
			replies: []reply{ok}, pauses: []time.Duration{4900 * ms, 5100 * ms, 30 * time.Second}, text: "a", check: classes("", "", "", ""), slow: true},
		{id: "stale-connection", source: "vllm-project/vllm-omni#1841", wire: "an idle connection is closed as the second request, 2 s later, is on its way", say: "the client's side; it is not sent again in hiding",
			replies: []reply{ok, {fin}}, pauses: []time.Duration{2 * time.Second}, class: exchange.Stale, err: "idle for 2.0 s", check: failed(exchange.Stale), slow: true},
		{id: "hung-up-at-once", source: "any", wire: "a busy connection is closed without an answer", say: "the server's reset",
			replies: []reply{ok, {fin}}, pauses: []time.Duration{0}, class: exchange.Reset, check: failed(exchange.Reset), slow: true},
		{id: "refused-connections", source: "NVIDIA/TensorRT-LLM#14562", wire: "the connection is refused", say: "nothing listens there", direct: true, change: dial(syscall.ECONNREFUSED),
			class: exchange.Connect, err: "nothing listens at"},
		{id: "no-ports", source: "ollama/ollama#18397", wire: "the client has no local port left", say: "the client's side: named, and no failure of the server", change: dial(syscall.EADDRNOTAVAIL),
			class: exchange.Local, err: "ran out of local ports"},
		{id: "no-files", source: "any", wire: "the client has no file left", say: "the client's side", change: dial(syscall.EMFILE),
			class: exchange.Local, err: "ulimit -n"},
		{id: "dead-proxy", source: "streams of November 2026", wire: "the proxy refuses connections", say: "names the proxy, and not the server", change: func(c *endpoint.Config) {
			c.Proxy = "http://127.0.0.1:9"
			dial(syscall.ECONNREFUSED)(c)
		}, class: exchange.Connect, err: "the proxy http://127.0.0.1:9 cannot be reached"},
		{id: "no-keep-alive", source: "llama.cpp", wire: "each connection is closed after its answer, as it says", say: "ok, on a new connection",
			replies: []reply{{strings.Replace(streamHead, "Content-Type", "Connection: close\r\nContent-Type", 1), fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(text("a")+good(1)), text("a")+good(1)), fin}}, pauses: []time.Duration{0, 0}, text: "a", check: classes("", "", "")},
		{id: "close-delimited", source: "HTTP/1.0 gateways", wire: "neither a length nor chunks: the close ends the stream", say: "ok",
			replies: []reply{{"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n", text("a"), good(1), fin}}, text: "a", check: ended("")},
		{id: "not-http", source: "any", wire: "another protocol answers", say: "does not speak HTTP", replies: []reply{{"SSH-2.0-OpenSSH_9.6\r\n", fin}}, class: exchange.Protocol, err: "does not speak HTTP", sockets: true},
	}
}
