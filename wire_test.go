package inferometer_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inferometer/inferometer"
)

// wireServer speaks the dialects that the simulated server does not.
func wireServer(t *testing.T) string {
	t.Helper()
	stream := func(w http.ResponseWriter, events ...string) {
		w.Header().Set("Content-Type", "text/event-stream")
		for _, e := range events {
			_, _ = fmt.Fprintf(w, "data: %s\n\n", e)
			w.(http.Flusher).Flush()
		}
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		if strings.Contains(string(b), `"min_tokens"`) || strings.Contains(string(b), `"ignore_eos"`) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error":{"message":"unknown field"}}`)
			return
		}
		switch r.URL.Path {
		case "/v1/models":
			_, _ = io.WriteString(w, `{"data":[{"id":"m"}]}`)
		case "/v1/messages":
			stream(w, `{"type":"message_start","message":{"usage":{"input_tokens":20,"output_tokens":1}}}`,
				`{"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"hm"}}`,
				`{"type":"content_block_delta","delta":{"type":"text_delta","text":"a"}}`,
				`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}`, `{"type":"message_stop"}`)
		case "/v1/responses":
			stream(w, `{"type":"response.output_text.delta","delta":"a"}`, `{"type":"response.output_text.delta","delta":"b"}`,
				`{"type":"response.completed","response":{"status":"completed","usage":{"input_tokens":20,"output_tokens":2}}}`)
		case "/v1/embeddings":
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"data":[{"embedding":[0.5]}],"usage":{"prompt_tokens":20,"total_tokens":20}}`)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// Each dialect goes from the plan to the result, its frames are parsed in full
// after the run, and no scratch file is left.
func TestDialectsRun(t *testing.T) {
	url := wireServer(t)
	scratch := t.TempDir()
	t.Setenv("TMPDIR", scratch)
	t.Setenv("TMP", scratch)
	for _, api := range []string{"responses", "messages", "embeddings"} {
		t.Run(api, func(t *testing.T) {
			p := inferometer.DefaultPlan(url)
			p.Dir, p.Candidate.API = t.TempDir(), api
			p.Only = []inferometer.Benchmark{"latency"}
			p.Latency.Iterations, p.Latency.Warmup = 40, 1
			p.Workload.InputTokens = 20 // as many as the server says
			r, err := inferometer.Run(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			c := r.Benchmarks.Latency.Cells[0]
			if c.Counts.OK != 40 {
				t.Fatalf("counts %+v", c.Counts)
			}
			if n := c.Metrics.Stats["ttft"].NOK; (n == 0) != (api == "embeddings") {
				t.Errorf("%d values of ttft", n)
			}
			if e := c.Metrics.Stats["e2e"]; e.NOK != 40 {
				t.Errorf("e2e %+v", e)
			}
			if in := c.Metrics.Stats["input_tokens"]; in.Mean == nil || *in.Mean != 20 {
				t.Errorf("input tokens %+v", in)
			}
			if len(r.Validity.Parser) != 1 || int64(r.Validity.Parser[0].Checked) != r.Validity.Parser[0].Frames || r.Validity.Parser[0].Frames < 40 {
				t.Errorf("parser %+v", r.Validity.Parser)
			}
			for _, check := range r.Validity.Checks {
				if (check.ID == "parser" || check.ID == "token_counts") && check.Status != "pass" {
					t.Errorf("%+v", check)
				}
			}
			if found := r.Targets[0]; found.API != api || found.Streaming == (api == "embeddings") || slices.Contains(found.Fields, "ignore_eos") {
				t.Errorf("target %+v", found)
			}
		})
	}
	if left, _ := filepath.Glob(filepath.Join(scratch, "inferometer-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
