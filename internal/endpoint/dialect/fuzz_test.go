package dialect

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func recorded(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "streams", name+".sse"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

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
	for i, d := range All() {
		if !d.Streams {
			continue
		}
		for _, l := range strings.Split(string(recorded(f, d.Name)), "\n") {
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
	for _, in := range []string{
		`{"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"a"}],"reasoning_details":[{"text":"x"}]},"message":{"content":"all"},"text":"t"}]}`,
		`{"object":"error","message":"m","type":"BadRequestError","code":400}`,
		`{"detail":"Not Found"}`, `{"status":"failed","message":"m"}`, `{"base_resp":{"status_code":1008,"status_msg":"m"}}`, `{"errors":["x"]}`,
	} {
		for api := range len(All()) {
			f.Add([]byte(in), uint8(api))
		}
	}
	f.Add([]byte(`{"choices":[{"message":{"content":[{"text":"a"}],"tool_calls":[{"function":{"name":"n"}}]}}]}`), uint8(0))
	f.Fuzz(func(t *testing.T, b []byte, api uint8) {
		d := All()[int(api)%len(All())]
		var fr Frame
		ok := d.Classify(b, &fr) // at the least: no panic
		if !comparable(b) {
			return
		}
		if what := d.Check(b, &fr, ok); what != "" {
			t.Fatalf("%s: %q: %s: %+v", d.Name, b, what, fr)
		}
	})
}
