package endpoint

import (
	"fmt"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
)

// What real servers and gateways were seen to send (see docs/real-servers.md),
// each cut at every byte.
func TestStreamsAtEveryByte(t *testing.T) {
	const usage = `data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2}}` + "\n\n"
	tail := finishFrame + doneFrame
	good := func(text string, frames int) outcome {
		return outcome{text: text, frames: frames, finish: "stop", input: -1, output: -1, cached: -1}
	}
	failed := func(class exchange.Class, text string, frames int, finish string) outcome {
		o := good(text, frames)
		o.class, o.finish = class, finish
		return o
	}
	counted := good("ab", 2)
	counted.input, counted.output = 7, 2
	reasoned := good("b", 3)
	reasoned.reasoning = 2
	tools := good("", 2)
	tools.tools, tools.finish = 2, "tool_calls"
	tests := []struct {
		name, in string
		want     outcome
	}{
		{"comment of a gateway before and between frames", ": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n" + textFrame("a") + ": OPENROUTER PROCESSING\n\n" + textFrame("b") + tail, good("ab", 2)},
		{"pings and bare colons", ": ping\n\n:\n\n" + textFrame("a") + ":\n:\n\n: ping - 2026\n\n" + textFrame("b") + tail, good("ab", 2)},
		{"comment right before data", ": ping\n" + textFrame("a") + ":\n" + textFrame("b") + tail, good("ab", 2)},
		{"data that is a comment", "data: : keepalive\n\n" + textFrame("a") + "data: : keepalive\n\n" + textFrame("b") + tail, good("ab", 2)},
		{"empty data", "data:\n\ndata: \n\n" + textFrame("a") + "data\n\n" + textFrame("b") + tail, good("ab", 2)},
		{"event and data", "event: completion\nid: 7\nretry: 10\n" + textFrame("a") + "event:completion\n" + textFrame("b") + tail, good("ab", 2)},
		{"data over several lines", "data: {\"choices\":[{\"delta\":\ndata: {\"content\":\ndata: \"ab\"}}]}\n\n" + tail, good("ab", 1)},
		{"data without the space", strings.ReplaceAll(textFrame("a")+textFrame("b")+tail, "data: ", "data:"), good("ab", 2)},
		{"CRLF", strings.ReplaceAll(textFrame("a")+textFrame("b")+tail, "\n", "\r\n"), good("ab", 2)},
		{"CR", strings.ReplaceAll(textFrame("a")+textFrame("b")+tail, "\n", "\r"), good("ab", 2)},
		{"LF, CRLF and CR mixed", strings.ReplaceAll(textFrame("a"), "\n", "\r\n") + textFrame("b") + strings.ReplaceAll(tail, "\n", "\r"), good("ab", 2)},
		{"byte order mark", "\xef\xbb\xbf" + textFrame("a") + textFrame("b") + tail, good("ab", 2)},
		{"UTF-8", textFrame("ü€") + `data: {"choices":[{"delta":{"content":"😀"}}]}` + "\n\n" + tail, good("ü€😀", 2)},
		{"surrogates in two frames", `data: {"choices":[{"delta":{"content":"\ud83d"}}]}` + "\n\n" + `data: {"choices":[{"delta":{"content":"\ude00"}}]}` + "\n\n" + tail, good("😀", 2)},
		{"spaces at the borders of texts", textFrame(" a ") + textFrame("  ") + textFrame(" b\n") + tail, good(" a    b\n", 3)},
		{"spaces around the JSON", "data:  {\"choices\":[{\"delta\":{\"content\":\" ab \"}}]} \t\n\n" + tail, good(" ab ", 1)},
		{"no blank lines", strings.ReplaceAll(textFrame("a")+textFrame("b")+tail, "\n\n", "\n"), good("ab", 2)},
		{"no last blank line", textFrame("a") + textFrame("b") + finishFrame + "data: [DONE]", good("ab", 2)},
		{"no [DONE]", textFrame("a") + textFrame("b") + finishFrame, good("ab", 2)},
		{"neither [DONE] nor a line end", textFrame("a") + textFrame("b") + strings.TrimSpace(finishFrame), good("ab", 2)},
		{"nothing is read after [DONE]", textFrame("a") + textFrame("b") + tail + textFrame("c"), good("ab", 2)},
		{"no reason of the end", textFrame("a") + textFrame("b"), failed(exchange.Truncated, "ab", 2, "")},
		{"[DONE] without a reason of the end", textFrame("a") + textFrame("b") + doneFrame, failed(exchange.Truncated, "ab", 2, "")},
		{"error frame under 200", textFrame("a") + `data: {"error":{"message":"out of memory","code":500}}` + "\n\n" + doneFrame, failed(exchange.StreamError, "a", 1, "")},
		{"error event", textFrame("a") + "event: error\ndata: {\"message\":\"boom\"}\n\n", failed(exchange.StreamError, "a", 1, "")},
		{"finish reason error", textFrame("a") + strings.Replace(finishFrame, "stop", "error", 1) + doneFrame, failed(exchange.StreamError, "a", 1, "error")},
		{"first frame of Azure", `data: {"choices":[],"prompt_filter_results":[{"prompt_index":0}]}` + "\n\n" + textFrame("a") + `data: {"choices":[{"index":0,"finish_reason":null,"content_filter_offsets":{"check_offset":1}}]}` + "\n\n" + textFrame("b") + tail, good("ab", 2)},
		{"choice without anything", `data: {"choices":[{}]}` + "\n\n" + textFrame("a") + textFrame("b") + tail, good("ab", 2)},
		{"role frame is no content", roleFrame + textFrame("a") + textFrame("b") + tail, good("ab", 2)},
		{"usage with choices", textFrame("a") + textFrame("b") + `data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":2}}` + "\n\n" + doneFrame, counted},
		{"usage null, then twice", strings.ReplaceAll(textFrame("a"), `]}`, `],"usage":null}`) + textFrame("b") + finishFrame + usage + usage + doneFrame, counted},
		{"padding against side channels", strings.ReplaceAll(textFrame("a"), `]}`, `],"obfuscation":"x}]{\"y"}`) + textFrame("b") + tail, good("ab", 2)},
		{"reasoning under both names", `data: {"choices":[{"delta":{"reasoning_content":"hm"}}]}` + "\n\n" + `data: {"choices":[{"delta":{"reasoning":"hm","reasoning_details":[{"text":"hm"}]}}]}` + "\n\n" + textFrame("b") + tail, reasoned},
		{"tool call", `data: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":""}}]}}]}` + "\n\n" + `data: {"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]}}]}` + "\n\n" + strings.Replace(finishFrame, "stop", "tool_calls", 1) + doneFrame, tools},
		{"bad frame", textFrame("a") + "data: {oops\n\n" + textFrame("b") + tail, failed(exchange.BadFrame, "ab", 2, "stop")},
		{"bad frame at the end", textFrame("a") + textFrame("b") + finishFrame + "data: {\"choices\":", failed(exchange.BadFrame, "ab", 2, "stop")},
		{"two answers", textFrame("a") + strings.Replace(textFrame("b"), `"index":0`, `"index":1`, 1) + tail, failed(exchange.Protocol, "a", 1, "")},
	}
	c := offline(t, "chat")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { everySplit(t, c, []byte(tt.in), tt.want) })
	}
}

// A single line of 8 MiB is one frame like any other.
func TestHugeFrame(t *testing.T) {
	c := offline(t, "chat")
	text := strings.Repeat("0123456789abcdef", 8<<20/16)
	in := fmt.Sprintf("data: {\"choices\":[{\"delta\":{\"content\":%q}}]}\r\n\r\n", text) + finishFrame + doneFrame
	for _, size := range []int{1 << 12, 1<<16 + 1, 1 << 20, len(in)} {
		var parts chunks
		for rest := []byte(in); len(rest) > 0; {
			n := min(size, len(rest))
			parts, rest = append(parts, rest[:n]), rest[n:]
		}
		x, got := replay(c, &parts)
		if x.Class != exchange.OK || got != text || len(x.Frames) != 1 {
			t.Fatalf("reads of %d: class %q (%s), %d frames, %d bytes of text", size, x.Class, x.Error, len(x.Frames), len(got))
		}
	}
}
