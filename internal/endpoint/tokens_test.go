package endpoint

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
)

func TestTokensOfFrames(t *testing.T) {
	usage := func(content string, n int) string {
		return fmt.Sprintf(`data: {"choices":[{"index":0,"delta":{"content":%q}}],"usage":{"prompt_tokens":5,"completion_tokens":%d}}`+"\n\n", content, n)
	}
	ids := func(content, ids string) string {
		return fmt.Sprintf(`data: {"choices":[{"index":0,"delta":{"content":%q},"token_ids":%s}],"prompt_token_ids":[1,2,3]}`+"\n\n", content, ids)
	}
	logprobs := func(content, key, list string) string {
		return fmt.Sprintf(`data: {"choices":[{"index":0,"delta":{"content":%q},"logprobs":{%q:%s}}]}`+"\n\n", content, key, list)
	}
	total := func(n int) string {
		return fmt.Sprintf(`data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":%d}}`+"\n\n", n)
	}
	const entry = `{"token":"a","logprob":-1,"top_logprobs":[{"token":"[","logprob":-2}]}`
	tests := []struct {
		name, in string
		source   exchange.TokenSource // of the frames
		tokens   []int32
		output   int
		from     exchange.TokenSource
	}{
		{"continuous usage", usage("", 0) + usage("a", 1) + usage("bc", 3) + usage("d", 4) + finishFrame + total(4), exchange.FromContinuous, []int32{1, 2, 1}, 4, exchange.FromUsage},
		{"continuous usage, first frame of several", usage("abc", 3) + usage("d", 4) + finishFrame + total(4), exchange.FromContinuous, []int32{3, 1}, 4, exchange.FromUsage},
		{"continuous usage, tokens without text", usage("a", 1) + usage("", 2) + usage("", 3) + usage("d", 4) + finishFrame, exchange.FromContinuous, []int32{1, 3}, 4, exchange.FromUsage},
		{"usage with the last content frame alone counts no frames", textFrame("a") + textFrame("b") + usage("c", 7) + finishFrame, "", []int32{0, 0, 0}, 7, exchange.FromUsage},
		{"log probabilities, of frames without text as well", logprobs("a", "content", "["+entry+"]") + logprobs("", "content", "["+entry+"]") + logprobs("ü", "content", "["+entry+"]") + finishFrame, exchange.FromLogprobs, []int32{1, 2}, 3, exchange.FromLogprobs},
		{"token ids", ids("", "null") + ids("a", "[11]") + ids("bc", "[12, 13]") + ids("", "[14]") + ids("d", "[15]") + finishFrame + total(5), exchange.FromTokenIDs, []int32{1, 2, 2}, 5, exchange.FromUsage},
		{"token ids without usage", ids("a", "[11]") + ids("bc", "[12,13]") + finishFrame, exchange.FromTokenIDs, []int32{1, 2}, 3, exchange.FromTokenIDs},
		{"a frame without its ids", ids("a", "[11]") + textFrame("b") + finishFrame, exchange.FromTokenIDs, []int32{1, 0}, 2, exchange.FromFrames},
		{"log probabilities of chat", logprobs("a", "content", "["+entry+"]") + logprobs("bc", "content", "["+entry+","+entry+"]") + finishFrame, exchange.FromLogprobs, []int32{1, 2}, 3, exchange.FromLogprobs},
		{"log probabilities of completions", logprobs("a", "tokens", `["a"]`) + logprobs("bc", "tokens", `["]","c"]`) + finishFrame, exchange.FromLogprobs, []int32{1, 2}, 3, exchange.FromLogprobs},
		{"nothing", textFrame("a") + textFrame("b") + finishFrame, "", []int32{0, 0}, 2, exchange.FromFrames},
	}
	c := offline(t, "chat")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x, _ := replay(c, strings.NewReader(tt.in+doneFrame))
			var got []int32
			for _, f := range x.Frames {
				got = append(got, f.Tokens)
			}
			if x.Class != exchange.OK || x.FrameTokens != tt.source || !slices.Equal(got, tt.tokens) {
				t.Errorf("class %q, frames %v by %q; want %v by %q", x.Class, got, x.FrameTokens, tt.tokens, tt.source)
			}
			if n, from := x.Output(); n != tt.output || from != tt.from || x.TokenSource != tt.from {
				t.Errorf("%d tokens from %q (%q); want %d from %q", n, from, x.TokenSource, tt.output, tt.from)
			}
		})
	}
}

// Probe asks for the way to count that costs the server least, and only for
// what it was told to ask.
func TestProbeFindsCounts(t *testing.T) {
	const entry = `{"token":"a","logprob":-1}`
	tests := []struct {
		name     string
		offers   string // the field that this server takes and answers to
		refuses  bool   // the others with 400, else it ignores them
		logprobs bool
		want     string
	}{
		{"continuous usage", "continuous_usage_stats", false, true, "stream_options.continuous_usage_stats"},
		{"token ids", "return_token_ids", false, true, "return_token_ids"},
		{"token ids, strict", "return_token_ids", true, true, "return_token_ids"},
		{"log probabilities", "logprobs", true, true, "logprobs"},
		{"log probabilities that nobody asked for", "logprobs", true, false, ""},
		{"nothing", "", true, true, ""},
		{"nothing, and silent", "", false, true, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					_, _ = io.WriteString(w, `{"data":[{"id":"m"}]}`)
					return
				}
				b, _ := io.ReadAll(r.Body)
				content := `data: {"choices":[{"index":0,"delta":{"content":"a"}%s}]%s}` + "\n\n"
				choice, top := "", ""
				for _, field := range []string{"continuous_usage_stats", "return_token_ids", "logprobs"} {
					switch has := bytes.Contains(b, []byte(`"`+field+`":true`)); {
					case has && field != tt.offers && tt.refuses:
						w.WriteHeader(400)
						_, _ = fmt.Fprintf(w, `{"error":{"message":"Unrecognized request argument: %s"}}`, field)
						return
					case has && field == tt.offers:
						choice = map[string]string{"return_token_ids": `,"token_ids":[1]`, "logprobs": `,"logprobs":{"content":[` + entry + `]}`}[field]
						top = map[string]string{"continuous_usage_stats": `,"usage":{"completion_tokens":1}`}[field]
					}
				}
				streamOf(fmt.Sprintf(content, choice, top), finishFrame, usageFrame, doneFrame)(w, r)
			}), func(cfg *Config) { cfg.Logprobs, cfg.Body = tt.logprobs, map[string]any{"top_k": 1} })
			found, err := c.Probe(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range found.Fields {
				if strings.Contains(f, "continuous") || strings.Contains(f, "token_ids") || f == "logprobs" {
					got = append(got, f)
				}
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("fields %v, want %q", found.Fields, tt.want)
			}
			if !slices.Contains(found.Fields, "body.top_k") || !slices.Contains(found.Fields, "ignore_eos") {
				t.Errorf("fields %v", found.Fields)
			}
			state := ""
			for _, a := range found.Abilities {
				if a.Name == "frame tokens" {
					state = a.State
				}
			}
			if (state == "yes") != (tt.want != "") {
				t.Errorf("ability %q", state)
			}
		})
	}
}
