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

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plaintext"
)

// duplicateKeys reports whether an object names a member twice: encoding/json
// keeps the last, the classifiers add what both say.
func duplicateKeys(b []byte) bool {
	d := json.NewDecoder(bytes.NewReader(b))
	var levels []map[string]bool // nil for arrays
	key := false                 // the next string is a name
	for {
		tok, err := d.Token()
		if err != nil {
			return false
		}
		switch tok {
		case json.Delim('{'):
			levels, key = append(levels, map[string]bool{}), true
			continue
		case json.Delim('['):
			levels, key = append(levels, nil), false
			continue
		case json.Delim('}'), json.Delim(']'):
			levels = levels[:len(levels)-1]
			key = len(levels) > 0 && levels[len(levels)-1] != nil
			continue
		}
		if len(levels) == 0 || levels[len(levels)-1] == nil {
			continue
		}
		if name, ok := tok.(string); key && ok {
			if levels[len(levels)-1][name] {
				return true
			}
			levels[len(levels)-1][name] = true
		}
		key = !key
	}
}

// comparable reports whether a classifier promises to read b as encoding/json
// does: no names twice or in two spellings, no escapes in names (escapes in
// texts are compared by the tables), no great depth.
func comparable(b []byte) bool {
	if !json.Valid(b) || bytes.IndexByte(b, '\\') >= 0 || bytes.Count(b, []byte("["))+bytes.Count(b, []byte("{")) >= 200 {
		return false
	}
	for _, two := range [][2]string{{"prompt_tokens", "input_tokens"}, {"completion_tokens", "output_tokens"}, {"\"message\"", "\"delta\""}, {"\"message\"", "\"usage\""}} {
		if bytes.Contains(b, []byte(two[0])) && bytes.Contains(b, []byte(two[1])) {
			return false
		}
	}
	return !duplicateKeys(b)
}

func FuzzClassify(f *testing.F) {
	for i, api := range APIs() {
		if api == "embeddings" {
			continue
		}
		for _, l := range strings.Split(string(recorded(f, api)), "\n") {
			if payload, ok := strings.CutPrefix(l, "data: "); ok {
				f.Add([]byte(payload), uint8(i))
			}
		}
	}
	for i, in := range []string{
		`{"choices":[{"delta":{"content":"x"},"finish_reason":"stop","index":1,"token_ids":[1,2],"logprobs":{"content":[{}]}}],"usage":{"prompt_tokens":1}}`,
		`{"choices":[{"text":"x","logprobs":{"tokens":["a"]}}],"error":{"message":"m"}}`,
		`{"object":"response","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[{"type":"function_call","name":"f"}],"error":null}`,
		`{"choices":[{"delta":{"content":"x"}}],"error":false}`,
		`{"response":{"error":{ }},"error":[0]}`,
		`{"type":"message","content":[{"type":"tool_use","name":"n"},{"thinking":"t"}],"stop_reason":"tool_use","usage":{"input_tokens":3,"cache_read_input_tokens":2}}`,
		`{"data":[{"embedding":[0.5,1]}],"usage":{"prompt_tokens":3}}`,
	} {
		f.Add([]byte(in), uint8(i))
	}
	f.Add([]byte(`{"choices":[{"message":{"content":[{"text":"a"}],"tool_calls":[{"function":{"name":"n"}}]}}]}`), uint8(0))
	f.Fuzz(func(t *testing.T, b []byte, api uint8) {
		d, err := dialectOf(APIs()[int(api)%len(APIs())])
		if err != nil {
			t.Fatal(err)
		}
		var fr frame
		ok := d.classify(b, &fr) // at the least: no panic
		if !comparable(b) {
			return
		}
		s, want := d.parse(b)
		if ok != want {
			t.Fatalf("%s: %q: %v, want %v", d.name, b, ok, want)
		}
		if what := s.differs(fr.asSeen()); ok && what != "" {
			t.Fatalf("%s: %q: %s: got %+v, want %+v", d.name, b, what, fr.asSeen(), s)
		}
	})
}

// slowStream reads a chat stream the obvious way: all of it first, then lines,
// events and full parses. ok is false where the fast reader promises nothing.
func slowStream(b []byte) (o outcome, ok bool) {
	o = outcome{input: -1, output: -1, cached: -1}
	text := strings.TrimPrefix(string(b), "\xef\xbb\xbf")
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	var data []string // lines of an event that are no JSON yet
	var name string
	var bad, done, several, failed bool
	lines := bufio.NewReader(strings.NewReader(text))
	for eof := false; !eof && !done; {
		line, err := lines.ReadString('\n')
		eof = err == io.EOF
		if line = strings.TrimSuffix(line, "\n"); line == "" {
			if !eof {
				bad, data, name = bad || len(data) > 0, nil, ""
			}
			continue
		}
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		if key == "event" {
			name = value
		}
		if key != "data" {
			continue
		}
		value = string(bytes.TrimSpace([]byte(value)))
		if value == "" || value[0] == ':' {
			continue
		}
		if value == "[DONE]" {
			done = true
			break
		}
		data = append(data, value)
		payload := []byte(strings.Join(data, "\n"))
		s, valid := parseChoices(payload)
		if valid && (!comparable(payload) || s.mixed || !utf8.Valid(payload)) {
			return o, false
		}
		var f frame
		if classify(payload, &f) != valid {
			return o, false // not strict JSON that the fast reader lets pass
		}
		if !valid {
			continue
		}
		data = nil
		failed = failed || s.failed || name == "error"
		several = several || s.several
		if s.content {
			o.frames++
			o.text += s.text
			switch s.kind {
			case exchange.Reasoning:
				o.reasoning++
			case exchange.ToolCall:
				o.tools++
			}
		}
		for _, n := range []struct {
			to   *int
			from int
		}{{&o.input, s.usage.input}, {&o.output, s.usage.output}, {&o.cached, s.usage.cached}} {
			if n.from >= 0 {
				*n.to = n.from
			}
		}
		if s.finish != "" {
			o.finish = plaintext.Short(finishChoices(s.finish, false), 40)
		}
	}
	bad = bad || len(data) > 0
	switch {
	case failed:
		o.class = exchange.StreamError
	case several:
		o.class = exchange.Protocol
	case o.finish == "error" || o.finish == "abort":
		o.class = exchange.StreamError
	case bad:
		o.class = exchange.BadFrame
	case o.finish == "" && !done:
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
