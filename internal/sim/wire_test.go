package sim

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func checkGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got; -update rewrites it):\n%s", path, diff)
	}
}

// dump writes a response as it came: status, headers, body. The clock of a
// synctest bubble starts at a fixed moment, so that all of it is the same
// each time.
func dump(t *testing.T, res *http.Response) []byte {
	t.Helper()
	defer func() { _ = res.Body.Close() }()
	var b bytes.Buffer
	fmt.Fprintln(&b, res.Proto, res.Status)
	var names []string
	for name := range res.Header {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(res.Header[name], ", "))
	}
	fmt.Fprintln(&b)
	if _, err := b.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWireFormat(t *testing.T) {
	finish := exact()
	finish.EarlyRole, finish.FinishFrame = true, true
	for _, tc := range []struct {
		golden, path, body string
		profile            Profile
	}{
		{"chat_stream.golden", "/v1/chat/completions", `{"model":"m","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Explain \"caching\""}],"max_tokens":6,"stream":true,"stream_options":{"include_usage":true}}`, exact()},
		{"chat_stream_finish_frame.golden", "/v1/chat/completions", `{"model":"m","messages":[{"role":"user","content":"Explain caching"}],"max_completion_tokens":4,"max_tokens":9,"stream":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true}}`, finish},
		{"chat.golden", "/v1/chat/completions", `{"messages":[{"role":"user","content":[{"type":"text","text":"Write a Python function that reverses a string"}]}]}`, exact()},
		{"completion_stream.golden", "/v1/completions", `{"model":"m","prompt":"Explain caching","max_tokens":4,"min_tokens":4,"stream":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true}}`, exact()},
		{"completion.golden", "/v1/completions", `{"prompt":["Write a viral hook about sourdough bread"],"max_tokens":200}`, exact()},
	} {
		t.Run(tc.golden, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, stop := start(t, Config{Profile: tc.profile, Seed: 1})
				defer stop()
				checkGolden(t, tc.golden, dump(t, post(t.Context(), t, client, tc.path, tc.body)))
			})
		})
	}
}

func TestPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, stop := start(t, Config{Profile: exact(), Seed: 1})
		defer stop()
		var b strings.Builder
		for _, path := range []string{"/v1/models", "/v1/models/m", "/health", "/ping", "/version"} {
			fmt.Fprintf(&b, "GET %s\n%s\n", path, get(t, client, path))
		}
		checkGolden(t, "pages.golden", []byte(b.String()))
	})
}

func TestEveryFrameIsMarkedAndCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, stop := start(t, Config{Profile: exact()})
		defer stop()
		body := `{"messages":[{"role":"user","content":"Explain caching"}],"stream":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true}}`
		res := post(t.Context(), t, client, "/v1/chat/completions", body)
		if res.Header.Get(evidenceHeader) != "simulated" || res.Header.Get("Server") != "inferometer-sim/exact" {
			t.Errorf("headers do not say that this is simulated: %v", res.Header)
		}
		_ = res.Body.Close()
		events := streamed(t, client, "/v1/chat/completions", body)
		if events[len(events)-1].data != "[DONE]" {
			t.Errorf("the stream ends with %q", events[len(events)-1].data)
		}
		tokens := 0
		for i, e := range events[:len(events)-1] {
			c := decode(t, e.data)
			if len(c.Choices) > 0 && c.Choices[0].Delta.Role == "" {
				tokens++
			}
			if c.Usage == nil || c.Usage.CompletionTokens != tokens || c.Usage.TotalTokens != tokens+c.Usage.PromptTokens || c.Usage.PromptTokensDetails.CachedTokens == nil {
				t.Errorf("frame %d after %d tokens: usage in %s", i, tokens, e.data)
			}
			// 1 + 5 + 4 of the template, and "Explai", "n", " cachin", "g".
			if c.Usage.PromptTokens != 14 {
				t.Errorf("prompt_tokens %d, want 14", c.Usage.PromptTokens)
			}
		}
		last := decode(t, events[len(events)-3].data)
		if len(last.Choices) != 1 || last.Choices[0].FinishReason == nil || *last.Choices[0].FinishReason != "stop" {
			t.Errorf("the last token's frame is %s", events[len(events)-3].data)
		}
	})
}

func TestLengthsAreKept(t *testing.T) {
	for _, tc := range []struct {
		fields   string
		min, max int
		reason   string
	}{
		{`"max_tokens":5`, 5, 5, "length"},
		{`"max_tokens":64,"ignore_eos":true`, 64, 64, "length"},
		{`"max_tokens":700,"ignore_eos":true`, 700, 700, "length"},
		{`"max_tokens":1`, 1, 1, "length"},
		{`"max_tokens":1000,"min_tokens":300`, 300, 400, "stop"},
		{`"max_tokens":1000`, 40, 130, "stop"},
		{`"max_tokens":null,"n":1,"seed":null,"stop":null,"logprobs":false,"unknown_field":{"a":[1]}`, 40, 130, "stop"},
	} {
		synctest.Test(t, func(t *testing.T) {
			client, stop := start(t, Config{Profile: exact()})
			defer stop()
			events := streamed(t, client, "/v1/chat/completions",
				`{"messages":[{"role":"user","content":"Explain caching"}],"stream":true,"stream_options":{"include_usage":true},`+tc.fields+`}`)
			_, at := content(t, events)
			usage := decode(t, events[len(events)-2].data).Usage
			if usage.CompletionTokens != len(at) || len(at) < tc.min || len(at) > tc.max {
				t.Errorf("%s: %d tokens and %d frames, want %d to %d", tc.fields, usage.CompletionTokens, len(at), tc.min, tc.max)
			}
			if got := *decode(t, events[len(events)-3].data).Choices[0].FinishReason; got != tc.reason {
				t.Errorf("%s: finish reason %q, want %q", tc.fields, got, tc.reason)
			}
		})
	}
}

func TestSameSeedSamePromptSameBytes(t *testing.T) {
	answers := map[string]string{}
	ask := func(t *testing.T, seed uint64, body string) string {
		var text string
		synctest.Test(t, func(t *testing.T) {
			client, stop := start(t, Config{Profile: exact(), Seed: seed})
			defer stop()
			// What was asked before must not matter.
			streamed(t, client, "/v1/completions", fmt.Sprintf(`{"prompt":"warm %d","stream":true}`, len(answers)))
			text, _ = content(t, streamed(t, client, "/v1/chat/completions", body))
		})
		return text
	}
	const question = `{"messages":[{"role":"user","content":"Explain vector databases"}],"stream":true%s}`
	for _, fields := range []string{"", `,"seed":7`, `,"seed":-7`, `,"temperature":1.5`} {
		body := fmt.Sprintf(question, fields)
		a := ask(t, 1, body)
		answers[fields] = a
		if b := ask(t, 1, body); a != b {
			t.Errorf("%s: two answers:\n%s\n%s", fields, a, b)
		}
	}
	if answers[""] != answers[`,"temperature":1.5`] {
		t.Error("the temperature changed the answer")
	}
	if answers[""] == answers[`,"seed":7`] && answers[""] == answers[`,"seed":-7`] {
		t.Error("the seed of the request changed nothing")
	}
	other := 0
	for seed := uint64(2); seed < 8; seed++ {
		if ask(t, seed, fmt.Sprintf(question, "")) != answers[""] {
			other++
		}
	}
	if other == 0 {
		t.Error("the seed of the server changed nothing")
	}
}

func TestStoppedStreamCountsWhatItSwallowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, stop := start(t, Config{Profile: exact()})
		defer stop()
		ask := func(stops string) (string, *usageOf) {
			events := streamed(t, client, "/v1/chat/completions",
				`{"messages":[{"role":"user","content":"Explain caching"}],"stream":true,"stream_options":{"include_usage":true},"stop":`+stops+`}`)
			text, _ := content(t, events)
			return text, decode(t, events[len(events)-2].data).Usage
		}
		whole, _ := ask("null")
		word := strings.Fields(whole)[5]
		quoted, err := json.Marshal([]string{word})
		if err != nil {
			t.Fatal(err)
		}
		cut, usage := ask(string(quoted))
		if want := whole[:strings.Index(whole, word)]; cut != want || usage.CompletionTokens < len(strings.Fields(want)) {
			t.Errorf("stopped before %q: %q with %d tokens, want %q", word, cut, usage.CompletionTokens, want)
		}
	})
}
