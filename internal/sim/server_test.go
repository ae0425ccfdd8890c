package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// The metrics must say exactly what was answered: sums are checked against
// the answers' own usage and the grid of the profile.
func TestMetricsComeFromTheSameEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, stop := start(t, Config{Profile: exact()})
		defer stop()
		prompt, generated := 0, 0
		limits := 3*8 + 300
		for range 3 {
			events := streamed(t, client, "/v1/chat/completions", strings.Replace(fixedEight, `"stream":true`, `"stream":true,"stream_options":{"include_usage":true}`, 1))
			u := decode(t, events[len(events)-2].data).Usage
			prompt, generated = prompt+u.PromptTokens, generated+u.CompletionTokens
		}
		res := post(t.Context(), t, client, "/v1/completions", `{"prompt":"Explain caching","max_tokens":300}`)
		var whole chunk
		if err := json.NewDecoder(res.Body).Decode(&whole); err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		prompt, generated = prompt+whole.Usage.PromptTokens, generated+whole.Usage.CompletionTokens
		last := 50 + 10*(whole.Usage.CompletionTokens-1) // ms, of the fourth request

		page := get(t, client, "/metrics")
		parser := expfmt.NewTextParser(model.UTF8Validation)
		families, err := parser.TextToMetricFamilies(strings.NewReader(page))
		if err != nil {
			t.Fatalf("the metrics are not Prometheus text: %v\n%s", err, page)
		}
		got := map[string]string{}
		for name, f := range families {
			for _, m := range f.GetMetric() {
				for _, l := range m.GetLabel() {
					switch l.GetName() {
					case "finished_reason", "source":
						name += "/" + l.GetValue()
					case "model_name":
						if l.GetValue() != "m" {
							t.Errorf("%s has the model %q", name, l.GetValue())
						}
					}
				}
				switch {
				case m.GetCounter() != nil:
					got[name] = fmt.Sprintf("%.0f", m.GetCounter().GetValue())
				case m.GetGauge() != nil:
					got[name] = fmt.Sprintf("%.0f", m.GetGauge().GetValue())
				default:
					got[name] = fmt.Sprintf("n %d sum %.3f", m.GetHistogram().GetSampleCount(), m.GetHistogram().GetSampleSum())
				}
				name = f.GetName()
			}
		}
		want := map[string]string{
			"vllm:num_requests_running":                               "0",
			"vllm:num_requests_waiting":                               "0",
			"vllm:prompt_tokens_total":                                fmt.Sprint(prompt),
			"vllm:generation_tokens_total":                            fmt.Sprint(generated),
			"vllm:prefix_cache_queries_total":                         fmt.Sprint(prompt),
			"vllm:prefix_cache_hits_total":                            "0",
			"vllm:request_success_total/stop":                         "1",
			"vllm:request_success_total/length":                       "3",
			"vllm:request_success_total/abort":                        "0",
			"vllm:request_success_total/error":                        "0",
			"vllm:request_success_total/repetition":                   "0",
			"vllm:time_to_first_token_seconds":                        "n 4 sum 0.200",
			"vllm:inter_token_latency_seconds":                        fmt.Sprintf("n %d sum %.3f", generated-4, float64(3*70+last-50)/1000),
			"vllm:e2e_request_latency_seconds":                        fmt.Sprintf("n 4 sum %.3f", float64(3*120+last)/1000),
			"vllm:request_queue_time_seconds":                         "n 4 sum 0.000",
			"vllm:request_prefill_time_seconds":                       "n 4 sum 0.200",
			"vllm:request_decode_time_seconds":                        fmt.Sprintf("n 4 sum %.3f", float64(3*70+last-50)/1000),
			"vllm:request_inference_time_seconds":                     fmt.Sprintf("n 4 sum %.3f", float64(3*120+last)/1000),
			"vllm:request_time_per_output_token_seconds":              "n 4 sum 0.040",
			"vllm:request_prompt_tokens":                              fmt.Sprintf("n 4 sum %d.000", prompt),
			"vllm:request_generation_tokens":                          fmt.Sprintf("n 4 sum %d.000", generated),
			"vllm:request_max_num_generation_tokens":                  fmt.Sprintf("n 4 sum %d.000", generated),
			"vllm:request_prefill_kv_computed_tokens":                 fmt.Sprintf("n 4 sum %d.000", prompt),
			"vllm:request_params_max_tokens":                          fmt.Sprintf("n 4 sum %d.000", limits),
			"vllm:request_params_n":                                   "n 4 sum 4.000",
			"vllm:prompt_tokens_cached_total":                         "0",
			"vllm:prompt_tokens_by_source_total/local_compute":        fmt.Sprint(prompt),
			"vllm:prompt_tokens_by_source_total/local_cache_hit":      "0",
			"vllm:prompt_tokens_by_source_total/external_kv_transfer": "0",
			"inferometer_sim_write_lateness_seconds":                  fmt.Sprintf("n %d sum 0.000", generated),
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("metrics (-want +got):\n%s", diff)
		}
	})
}

func TestTruthLogHasOneLineForEachFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		client, stop := start(t, Config{Profile: exact(), TruthLog: &log})
		begun := time.Now()
		time.Sleep(time.Second)
		events := streamed(t, client, "/v1/chat/completions", strings.Replace(fixedEight, `"stream":true`, `"stream":true,"stream_options":{"include_usage":true}`, 1))
		id := decode(t, events[0].data).ID
		stop()

		// Role and first token are one write, and so are the last token and what
		// ends the stream. The
		// intended times are exact; over a pipe on a fake clock so are the actual.
		ms := int64(time.Millisecond)
		line := func(frame int, kind string, at int64) Truth {
			return Truth{Request: id, Frame: frame, Kind: kind, Intended: at, Actual: at, ActualUnix: begun.UnixNano() + at}
		}
		want := []Truth{line(0, "headers", 1000*ms), line(1, "role", 1050*ms)}
		for k := range 8 {
			want = append(want, line(1+k, "token", int64(1050+10*k)*ms))
		}
		want = append(want, line(8, "usage", 1120*ms), line(8, "done", 1120*ms))
		var got []Truth
		for text := range strings.Lines(log.String()) {
			var w Truth
			if err := json.Unmarshal([]byte(text), &w); err != nil {
				t.Fatalf("line %q: %v", text, err)
			}
			got = append(got, w)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("truth (-want +got):\n%s", diff)
		}
		if len(events) != len(got)-1 {
			t.Errorf("%d events and %d writes", len(events), len(got))
		}
	})
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestATruthLogThatCannotBeWrittenIsAnError(t *testing.T) {
	s := New(Config{Profile: instant(), TruthLog: fullDisk{}})
	if w := ask(s, http.MethodPost, "/v1/completions", `{"prompt":"x"}`); w.Code != http.StatusOK {
		t.Errorf("status %d", w.Code)
	}
	for range 2 {
		if err := s.Close(); err == nil || !strings.Contains(err.Error(), "--truth-log") {
			t.Errorf("Close: %v", err)
		}
	}
	if w := ask(s, http.MethodPost, "/v1/completions", `{"prompt":"x"}`); w.Code != http.StatusServiceUnavailable {
		t.Errorf("a closed server answers with status %d", w.Code)
	}
}

func TestServeReturnsTheListenersError(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := New(Config{Profile: instant()}).Serve(t.Context(), l); err == nil || !strings.Contains(err.Error(), l.Addr().String()) {
		t.Errorf("Serve on a closed listener: %v", err)
	}
}

// Over real sockets and with the fine pacer: many at once, all whole, never
// early. (How late they are is a benchmark's business.)
func TestManyStreamsOverSockets(t *testing.T) {
	p := exact()
	p.TTFT, p.ITL, p.Slots, p.Jitter = 5*time.Millisecond, time.Millisecond, 16, 0.1
	var log bytes.Buffer
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error)
	go func() { served <- New(Config{Profile: p, TruthLog: &log}).Serve(ctx, l) }()

	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	client := &http.Client{Transport: transport}
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			body := fmt.Sprintf(`{"prompt":"Explain topic %d","max_tokens":20,"ignore_eos":true,"stream":true}`, i)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+l.Addr().String()+"/v1/completions", strings.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			res, err := client.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = res.Body.Close() }()
			if i%4 == 0 {
				cancel() // some go away
				return
			}
			raw, err := io.ReadAll(res.Body)
			if err != nil || bytes.Count(raw, []byte("data: ")) != 21 {
				t.Errorf("stream %d: %v, %d frames, want 20 and the end", i, err, bytes.Count(raw, []byte("data: ")))
			}
		})
	}
	wg.Wait()
	transport.CloseIdleConnections()
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
	tokens := 0
	for text := range strings.Lines(log.String()) {
		var w Truth
		if err := json.Unmarshal([]byte(text), &w); err != nil {
			t.Fatalf("line %q: %v", text, err)
		}
		if w.Kind == "token" {
			tokens++
			if w.Actual < w.Intended {
				t.Errorf("%+v was written early", w)
			}
		}
	}
	if tokens < 48*20 {
		t.Errorf("the truth log has %d tokens, want at least %d", tokens, 48*20)
	}
}
