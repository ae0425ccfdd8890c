package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/sim/scheduler"
)

// batches is a profile whose steps take 10 ms, and 100 µs a prompt token.
func batches(c scheduler.Config) Profile {
	p := exact()
	p.Batch = &Batching{Config: c, Timer: scheduler.StepTimerFunc(func(b scheduler.Batch) (time.Duration, string) {
		return 10*time.Millisecond + time.Duration(b.PrefillTokens)*100*time.Microsecond, "test"
	})}
	return p
}

func small() scheduler.Config {
	return scheduler.Config{MaxNumSeqs: 4, MaxNumBatchedTokens: 32, BlockSize: 4, Blocks: 100, NoPrefixCaching: true}
}

// metric reads one number of the metrics page; without it, it is missing.
func metric(t *testing.T, page, series string) float64 {
	t.Helper()
	m := regexp.MustCompile("(?m)^" + regexp.QuoteMeta(series) + ` (\S+)$`).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("the metrics lack %s:\n%s", series, page)
	}
	v, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// What comes over HTTP comes at the very moments that the forecast says.
func TestHTTPKeepsTheForecast(t *testing.T) {
	type got struct{ At []time.Duration }
	c := small()
	c.Blocks = 25 // of 100 tokens: some are preempted
	served := make([]got, 24)
	rs := make([]*scheduler.Request, len(served))
	var preempted float64
	synctest.Test(t, func(t *testing.T) {
		client, stop := start(t, Config{Profile: batches(c)})
		defer stop()
		begun := time.Now()
		var wg sync.WaitGroup
		for i := range served {
			arrival := time.Duration(i)*17*time.Millisecond + time.Duration(i*i)*time.Microsecond + 1
			out := 5 + i*7%23
			wg.Go(func() {
				time.Sleep(arrival)
				body := fmt.Sprintf(`{"prompt":%q,"max_tokens":%d,"ignore_eos":true,"stream":true,"stream_options":{"include_usage":true}}`, strings.Repeat("word ", 1+i*5%30), out)
				events := streamed(t, client, "/v1/completions", body)
				for _, e := range events[:len(events)-2] {
					served[i].At = append(served[i].At, arrival+e.at)
				}
				u := decode(t, events[len(events)-2].data).Usage
				rs[i] = &scheduler.Request{Index: uint64(i), Arrival: arrival, Prompt: u.PromptTokens, Output: u.CompletionTokens}
			})
		}
		wg.Wait()
		if time.Since(begun) == 0 {
			t.Error("the clock stood still")
		}
		preempted = metric(t, get(t, client, "/metrics"), `vllm:num_preemptions_total{engine="0",model_name="m"}`)
	})
	p := batches(c)
	f := p.Batch.fleet()
	forecast := make([]got, len(rs))
	i := 0
	if err := f.Run(func() *scheduler.Request {
		if i == len(rs) {
			return nil
		}
		i++
		return rs[i-1]
	}, func(_ int, at time.Duration, o *scheduler.Outcome) {
		for _, e := range o.Emitted {
			forecast[e.Request.Index].At = append(forecast[e.Request.Index].At, at)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(forecast, served); diff != "" {
		t.Errorf("times of tokens, forecast (-) and served (+):\n%s", diff)
	}
	if preempted == 0 || preempted != float64(f.Engines()[0].Stats().Preemptions) {
		t.Errorf("%v preemptions, %d in the forecast", preempted, f.Engines()[0].Stats().Preemptions)
	}
}

func TestBatchesOverHTTPCountWhatTheyDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := small()
		c.NoPrefixCaching, c.MaxNumBatchedTokens, c.MaxNumSeqs, c.FrontEnd = false, 200, 2, 5*time.Millisecond
		client, stop := start(t, Config{Profile: batches(c)})
		defer stop()
		const text = "The first question is about how a cache may keep what was asked before"
		ask := func(salt string, turns ...string) (text string, u usage) {
			var messages []map[string]string
			for i, content := range turns {
				messages = append(messages, map[string]string{"role": []string{"user", "assistant"}[i%2], "content": content})
			}
			raw, err := json.Marshal(map[string]any{
				"messages": messages, "max_tokens": 20, "ignore_eos": true, "stream": true, "cache_salt": salt,
				"stream_options": map[string]any{"include_usage": true},
			})
			if err != nil {
				t.Fatal(err)
			}
			events := streamed(t, client, "/v1/chat/completions", string(raw))
			text, _ = content(t, events)
			if err := json.Unmarshal([]byte(events[len(events)-2].data), &struct{ Usage *usage }{&u}); err != nil {
				t.Fatal(err)
			}
			return text, u
		}
		answer, first := ask("", text)
		if first.Details.Cached != 0 {
			t.Errorf("the first request found %d tokens", first.Details.Cached)
		}
		_, again := ask("", text)
		if want := (first.Prompt - 1) / 4 * 4; again.Details.Cached != want {
			t.Errorf("the same prompt again found %d of %d tokens, want %d", again.Details.Cached, again.Prompt, want)
		}
		// The conversation continues: the answer is in the cache as well, except for
		// its last token, which nothing came after.
		_, next := ask("", text, answer, "And then?")
		if want := (first.Prompt + 20 - 1) / 4 * 4; next.Details.Cached != want {
			t.Errorf("the next turn found %d tokens of %d, want %d", next.Details.Cached, next.Prompt, want)
		}
		_, salted := ask("pepper", text)
		if salted.Details.Cached != 0 {
			t.Errorf("another cache_salt found %d tokens", salted.Details.Cached)
		}
		page := get(t, client, "/metrics")
		label := `{engine="0",model_name="m"}`
		prompts, cached := first.Prompt+again.Prompt+next.Prompt+salted.Prompt, again.Details.Cached+next.Details.Cached
		for series, want := range map[string]float64{
			"vllm:prompt_tokens_total" + label:                                                       float64(prompts),
			"vllm:prompt_tokens_cached_total" + label:                                                float64(cached),
			"vllm:prefix_cache_queries_total" + label:                                                float64(prompts),
			"vllm:prefix_cache_hits_total" + label:                                                   float64(cached),
			"vllm:request_prefill_kv_computed_tokens_sum" + label:                                    float64(prompts - cached),
			"vllm:generation_tokens_total" + label:                                                   80,
			"vllm:inter_token_latency_seconds_count" + label:                                         76,
			"vllm:iteration_tokens_total_sum" + label:                                                float64(prompts + 80),
			"vllm:iteration_tokens_total_count" + label:                                              80,
			"vllm:time_to_first_token_seconds_count" + label:                                         4,
			"vllm:request_queue_time_seconds_sum" + label:                                            0,
			"vllm:time_to_first_token_seconds_sum" + label:                                           4*0.015 + float64(prompts-cached)*1e-4,
			"vllm:request_prefill_time_seconds_sum" + label:                                          4*0.010 + float64(prompts-cached)*1e-4,
			"vllm:e2e_request_latency_seconds_sum" + label:                                           4*0.205 + float64(prompts-cached)*1e-4,
			"vllm:request_decode_time_seconds_sum" + label:                                           4 * 0.19,
			"vllm:kv_cache_usage_perc" + label:                                                       0,
			"vllm:num_preemptions_total" + label:                                                     0,
			`vllm:num_requests_waiting_by_reason{engine="0",model_name="m",reason="capacity"}`:       0,
			`vllm:request_success_total{engine="0",finished_reason="length",model_name="m"}`:         4,
			`vllm:prompt_tokens_by_source_total{engine="0",model_name="m",source="local_cache_hit"}`: float64(cached),
			`vllm:cache_config_info{block_size="4",cache_dtype="auto",enable_prefix_caching="True",engine="0",num_gpu_blocks="100"}`: 1,
		} {
			if v := metric(t, page, series); v-want > 1e-9 || want-v > 1e-9 {
				t.Errorf("%s is %v, want %v", series, v, want)
			}
		}
	})
}

type usage struct {
	Prompt  int `json:"prompt_tokens"`
	Details struct {
		Cached int `json:"cached_tokens"`
	} `json:"prompt_tokens_details"`
}

// More than the memory holds waits, or is preempted, and is answered in the
// end. What could never fit is refused at once.
func TestPressureIsNoError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := small()
		c.Blocks, c.MaxNumSeqs = 20, 16
		client, stop := start(t, Config{Profile: batches(c)})
		defer stop()
		var wg sync.WaitGroup
		for i := range 30 {
			wg.Go(func() {
				whole := ""
				if i%2 == 0 {
					whole = `,"stream":true`
				}
				body := fmt.Sprintf(`{"prompt":"Explain topic %d","max_tokens":40,"ignore_eos":true%s}`, i, whole)
				res := post(t.Context(), t, client, "/v1/completions", body)
				defer func() { _ = res.Body.Close() }()
				raw, err := io.ReadAll(res.Body)
				if res.StatusCode != http.StatusOK || err != nil || !bytes.Contains(raw, []byte(`"finish_reason":"length"`)) {
					t.Errorf("request %d: status %d, %v: %s", i, res.StatusCode, err, raw)
				}
			})
		}
		wg.Wait()
		page := get(t, client, "/metrics")
		if n := metric(t, page, `vllm:num_preemptions_total{engine="0",model_name="m"}`); n == 0 {
			t.Error("nothing was preempted; there was no pressure")
		}
		if n := metric(t, page, `vllm:generation_tokens_total{engine="0",model_name="m"}`); n != 30*40 {
			t.Errorf("%v tokens were counted, want %d", n, 30*40)
		}
		res := post(t.Context(), t, client, "/v1/completions", `{"prompt":"word","max_tokens":80}`)
		raw, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusBadRequest || !bytes.Contains(raw, []byte("80 tokens in all")) {
			t.Errorf("82 tokens in a cache of 80: status %d: %s", res.StatusCode, raw)
		}
	})
}

// A client that goes away gives its place back within a step, and counts as an
// abort, whether it ran or waited, streamed or not.
func TestACancelledRequestLeavesTheBatch(t *testing.T) {
	for _, stream := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			c := small()
			c.MaxNumSeqs = 1
			client, stop := start(t, Config{Profile: batches(c)})
			defer stop()
			cancels := make([]context.CancelFunc, 2) // one runs, one waits
			for i := range cancels {
				var ctx context.Context
				ctx, cancels[i] = context.WithCancel(t.Context())
				go func() {
					body := fmt.Sprintf(`{"prompt":"word","max_tokens":300,"ignore_eos":true,"stream":%v}`, stream)
					req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://sim/v1/completions", strings.NewReader(body))
					if err != nil {
						t.Error(err)
						return
					}
					if res, err := client.Do(req); err == nil {
						_, _ = io.Copy(io.Discard, res.Body)
						_ = res.Body.Close()
					}
				}()
				synctest.Wait()
			}
			time.Sleep(85 * time.Millisecond)
			for _, cancel := range cancels {
				cancel()
				synctest.Wait()
			}
			page := get(t, client, "/metrics")
			label := `{engine="0",model_name="m"}`
			if r, w, u := metric(t, page, "vllm:num_requests_running"+label), metric(t, page, "vllm:num_requests_waiting"+label), metric(t, page, "vllm:kv_cache_usage_perc"+label); r != 0 || w != 0 || u != 0 {
				t.Errorf("stream %v: %v run, %v wait, %v of the cache is in use", stream, r, w, u)
			}
			if n := metric(t, page, `vllm:request_success_total{engine="0",finished_reason="abort",model_name="m"}`); n != 2 {
				t.Errorf("stream %v: %v aborts, want 2", stream, n)
			}
			_, at := content(t, streamed(t, client, "/v1/completions", `{"prompt":"word","max_tokens":1,"stream":true}`))
			// The step under way ends 5.2 ms later. The one that is planned continues
			// in vain; then comes its own.
			if want := 25400 * time.Microsecond; at[0] != want {
				t.Errorf("stream %v: the next request had its token after %v, want %v", stream, at[0], want)
			}
		})
	}
}

// socket serves a profile on a loopback socket, and returns a client of it.
func socket(t *testing.T, p Profile, log io.Writer) (client *http.Client, stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error)
	go func() { served <- New(Config{Profile: p, TruthLog: log}).Serve(ctx, l) }()
	transport := &http.Transport{
		MaxIdleConnsPerHost: 64, DisableCompression: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", l.Addr().String())
		},
	}
	return &http.Client{Transport: transport}, func() {
		transport.CloseIdleConnections()
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}
}

// Over real sockets the lanes write: all of it arrives, none of it early, with
// clients that go away meanwhile.
func TestManyBatchedStreamsOverSockets(t *testing.T) {
	p := batches(scheduler.Config{MaxNumSeqs: 16, MaxNumBatchedTokens: 64, BlockSize: 4, Blocks: 60, Speculation: scheduler.Speculation{Tokens: 2, Length: 1.6}})
	p.Batch.Timer = scheduler.StepTimerFunc(func(scheduler.Batch) (time.Duration, string) { return 500 * time.Microsecond, "" })
	p.Batch.Instances = 2
	var log bytes.Buffer
	client, stop := socket(t, p, &log)
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			body := fmt.Sprintf(`{"prompt":"Explain topic %d","max_tokens":30,"ignore_eos":true,"stream":true,"stream_options":{"include_usage":true}}`, i)
			res := post(ctx, t, client, "/v1/completions", body)
			defer func() { _ = res.Body.Close() }()
			if i%4 == 0 {
				cancel() // some go away
				return
			}
			raw, err := io.ReadAll(res.Body)
			if err != nil || !bytes.HasSuffix(raw, []byte("data: [DONE]\n\n")) || !bytes.Contains(raw, []byte(`"completion_tokens":30`)) {
				t.Errorf("stream %d: %v: %s", i, err, raw)
			}
		})
	}
	wg.Wait()
	page := get(t, client, "/metrics")
	for _, i := range []string{"0", "1"} {
		// Those who went away may be aborted or have been answered before.
		label := `{engine="` + i + `",finished_reason="length",model_name="m"}`
		if n := metric(t, page, "vllm:request_success_total"+label); n < 16 || n > 32 {
			t.Errorf("engine %s has answered %v of 32 requests", i, n)
		}
		if n := metric(t, page, `vllm:spec_decode_num_accepted_tokens_total{engine="`+i+`",model_name="m"}`); n == 0 {
			t.Errorf("engine %s has accepted no draft", i)
		}
	}
	stop()
	frames := 0
	for text := range strings.Lines(log.String()) {
		var w Truth
		if err := json.Unmarshal([]byte(text), &w); err != nil {
			t.Fatalf("line %q: %v", text, err)
		}
		if w.Kind == "token" {
			frames++
			if w.Actual < w.Intended {
				t.Errorf("%+v was written early", w)
			}
		}
	}
	if frames < 48*10 || frames > 64*30 {
		t.Errorf("%d frames with tokens", frames)
	}
}

// A client that reads nothing holds up nobody else, and gets all of it once it
// reads.
func TestASlowClientHoldsUpNobody(t *testing.T) {
	p := batches(scheduler.Config{MaxNumSeqs: 4, MaxNumBatchedTokens: 64, BlockSize: 16, Blocks: 10_000})
	p.Batch.Timer = scheduler.StepTimerFunc(func(scheduler.Batch) (time.Duration, string) { return time.Microsecond, "" })
	p.MaxModelLen = 100_000
	client, stop := socket(t, p, nil)
	defer stop()
	const tokens = 60_000 // some 10 MB, which is more than sockets take
	slow := post(t.Context(), t, client, "/v1/completions", fmt.Sprintf(`{"prompt":"x","max_tokens":%d,"ignore_eos":true,"stream":true}`, tokens))
	defer func() { _ = slow.Body.Close() }()
	for range 3 {
		res := post(t.Context(), t, client, "/v1/completions", `{"prompt":"x","max_tokens":2000,"ignore_eos":true,"stream":true}`)
		raw, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || bytes.Count(raw, []byte("data: ")) != 2001 {
			t.Fatalf("next to a slow client: %v, %d frames", err, bytes.Count(raw, []byte("data: ")))
		}
	}
	raw, err := io.ReadAll(slow.Body)
	if err != nil || bytes.Count(raw, []byte("data: ")) != tokens+1 {
		t.Errorf("the slow client: %v, %d frames, want %d", err, bytes.Count(raw, []byte("data: ")), tokens+1)
	}
}
