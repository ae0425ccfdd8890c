package endpoint

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/inferometer/inferometer/internal/endpoint/dialect"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plaintext"
)

// slowStream reads a chat stream the obvious way: all of it first, then lines,
// events and full parses. ok is false where the fast reader promises nothing.
func slowStream(b []byte) (o outcome, ok bool) {
	chat := dialect.All()[0]
	o = outcome{input: -1, output: -1, cached: -1}
	text := strings.TrimPrefix(string(b), "\xef\xbb\xbf")
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	var data []string // lines of an event that are not JSON yet
	var name string
	var bad, done, several, failed, odd bool
	lines := bufio.NewReader(strings.NewReader(text))
	for eof := false; !eof && !done && !failed && !several; {
		line, err := lines.ReadString('\n')
		eof = err == io.EOF
		if line = strings.TrimSuffix(line, "\n"); line == "" {
			if !eof {
				failed = failed || name == "error" && len(data) > 0
				bad, data, name = bad || len(data) > 0, nil, ""
			}
			continue
		}
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		if key == "event" {
			name = value
		}
		if key == "error" {
			name = "error"
		} else if key != "data" {
			odd = odd || !slices.Contains([]string{"", "event", "id", "retry"}, key) && o.frames == 0
			continue
		}
		value = string(bytes.TrimSpace([]byte(value)))
		if name == "error" && value != "" && value[0] != '{' && len(data) == 0 {
			failed = true
			break
		}
		if value == "" || value[0] == ':' {
			continue
		}
		if value == "[DONE]" {
			done = true
			break
		}
		data = append(data, value)
		payload := []byte(strings.Join(data, "\n"))
		if bytes.IndexByte(payload, '\\') >= 0 || !utf8.Valid(payload) {
			return o, false
		}
		var f dialect.Frame
		valid := chat.Classify(payload, &f)
		if chat.Check(payload, &f, valid) != "" {
			return o, false // names twice, or not strict JSON that the fast reader lets pass
		}
		if !valid && len(data) == 1 && value[0] != '{' && json.Valid(payload) {
			data = nil
			failed = value[0] == '[' && chat.Classify(payload[1:len(payload)-1], &f) && f.Err != nil
		}
		if !valid {
			continue
		}
		data = nil
		failed = failed || f.Err != nil || name == "error"
		several = several || f.Several
		if several && !failed {
			break
		}
		if f.Content && !failed {
			o.frames++
			o.text += string(f.Text)
			switch f.Kind {
			case exchange.Reasoning:
				o.reasoning++
			case exchange.ToolCall:
				o.tools++
			}
		}
		for _, n := range []struct {
			to   *int
			from int
		}{{&o.input, f.Usage.Input}, {&o.output, f.Usage.Output}, {&o.cached, f.Usage.Cached}} {
			if n.from >= 0 {
				*n.to = n.from
			}
		}
		if len(f.Finish) > 0 {
			o.finish = plaintext.Short(chat.Finish(string(f.Finish), false), 40)
		}
	}
	failed = failed || name == "error" && len(data) > 0
	bad = bad || len(data) > 0
	if odd && o.frames == 0 && o.finish == "" && !failed {
		return o, false // it is named by what it is
	}
	switch {
	case failed:
		o.class = exchange.StreamError
	case several:
		o.class = exchange.Protocol
	case o.finish == "error" || o.finish == "abort":
		o.class = exchange.StreamError
	case bad:
		o.class = exchange.BadFrame
	case len(b) == 0:
		o.class = exchange.Empty
	case o.finish == "" && !(done && o.frames == 0):
		o.class = exchange.Truncated
	case o.frames == 0 && o.finish != "content_filter":
		o.class = exchange.Empty
	}
	return o, true
}

// FuzzStream compares the reader and the classifier with slowStream, whatever
// the reads bring.
func FuzzStream(f *testing.F) {
	f.Add(recorded(f, "chat"), uint16(5))
	f.Add(recorded(f, "completions"), uint16(1000))
	for _, s := range []string{
		": ping\r\n\r\n" + textFrame("a") + finishFrame + usageFrame + doneFrame,
		"data: {\"choices\":[{\"delta\":\rdata: {\"content\":\"ü😀\"}}]}\n\n" + finishFrame,
		textFrame("a ") + "data: {oops\n\n" + textFrame("b"),
		"event: error\ndata: {\"message\":\"m\"}\n\n",
		textFrame("a") + "error: {\"code\":500}\n\n" + doneFrame, "event: error\ndata: boom\n\n", "data: null\n\ndata: [{\"error\":\"m\"}]\n\n",
		"\xef\xbb\xbfdata:{\"error\":\"m\"}\r\r",
		textFrame("a") + strings.Replace(textFrame("b"), `"index":0`, `"index":2`, 1) + "data: : x\ndata\n" + doneFrame,
	} {
		f.Add([]byte(s), uint16(len(s)/3))
	}
	c := offline(f, "chat")
	f.Fuzz(func(t *testing.T, b []byte, size uint16) {
		parts := slices.Collect(slices.Chunk(b, int(size)+1))
		reads := chunks(parts)
		x, text := replay(c, &reads)
		want, ok := slowStream(b)
		if !ok {
			return
		}
		if got := outcomeOf(x, text); got != want {
			t.Fatalf("reads of %d of %q:\n got %+v (%s)\nwant %+v", int(size)+1, b, got, x.Error, want)
		}
	})
}
