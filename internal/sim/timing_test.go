package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const fixedEight = `{"messages":[{"role":"user","content":"Explain caching"}],"max_tokens":8,"ignore_eos":true,"stream":true}`

func grid(from time.Duration, itl time.Duration, n int) []time.Duration {
	at := make([]time.Duration, n)
	for k := range at {
		at[k] = from + time.Duration(k)*itl
	}
	return at
}

func TestTokensComeExactlyWhenDue(t *testing.T) {
	for _, tc := range []struct{ path, body string }{
		{"/v1/chat/completions", fixedEight},
		{"/v1/completions", `{"prompt":"Explain caching","max_tokens":8,"ignore_eos":true,"stream":true}`},
	} {
		synctest.Test(t, func(t *testing.T) {
			client, stop := start(t, Config{Profile: exact()})
			defer stop()
			_, at := content(t, streamed(t, client, tc.path, tc.body))
			if diff := cmp.Diff(grid(50*time.Millisecond, 10*time.Millisecond, 8), at); diff != "" {
				t.Errorf("%s: tokens (-want +got):\n%s", tc.path, diff)
			}
		})
	}
}

func TestWithoutStreamTheAnswerComesWithItsLastToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, stop := start(t, Config{Profile: exact()})
		defer stop()
		begun := time.Now()
		res := post(t.Context(), t, client, "/v1/chat/completions", strings.Replace(fixedEight, `,"stream":true`, "", 1))
		defer func() { _ = res.Body.Close() }()
		if _, err := io.ReadAll(res.Body); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun); took != 120*time.Millisecond {
			t.Errorf("the answer took %v, want 50 + 7 × 10 ms", took)
		}
	})
}

// A client that reads late must not move the tokens after: deadlines are
// absolute. Over a pipe a write lasts until it is read, so that a pause of
// the reader delays the writer; the truth log shows what was intended.
func TestLatenessDoesNotMoveLaterTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		client, stop := start(t, Config{Profile: exact(), TruthLog: &log})
		res := post(t.Context(), t, client, "/v1/chat/completions", strings.Replace(fixedEight, `"max_tokens":8`, `"max_tokens":100`, 1))
		time.Sleep(365 * time.Millisecond) // tokens 0 to 31 are due, none is read
		if _, err := io.ReadAll(res.Body); err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		stop()
		tokens, late := 0, 0
		for line := range strings.Lines(log.String()) {
			var w Truth
			if err := json.Unmarshal([]byte(line), &w); err != nil {
				t.Fatalf("line %q: %v", line, err)
			}
			if w.Kind != "token" {
				continue
			}
			want := 50*time.Millisecond + time.Duration(tokens)*10*time.Millisecond
			if time.Duration(w.Intended) != want {
				t.Errorf("token %d was intended at %v, want %v", tokens, time.Duration(w.Intended), want)
			}
			if w.Actual > w.Intended {
				late++
			}
			if w.Actual < w.Intended || tokens > 40 && w.Actual != w.Intended {
				t.Errorf("token %d was written %v after it was due", tokens, time.Duration(w.Actual-w.Intended))
			}
			tokens++
		}
		if tokens != 100 || late == 0 {
			t.Errorf("%d tokens of which %d late; want 100, some of them late", tokens, late)
		}
	})
}

// Five requests at once on two slots: they run two by two, each batch exactly
// one service time (50 + 7 × 10 ms) after the one before.
func TestRequestsBeyondTheSlotsQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, stop := start(t, Config{Profile: exact()})
		defer stop()
		var wg sync.WaitGroup
		first := make([]time.Duration, 5)
		for i := range first {
			wg.Go(func() {
				_, at := content(t, streamed(t, client, "/v1/chat/completions", fixedEight))
				first[i] = at[0]
			})
			synctest.Wait() // so that they arrive in order, at the same instant
		}
		if page := get(t, client, "/metrics"); !strings.Contains(page, `vllm:num_requests_running{engine="0",model_name="m"} 2`) ||
			!strings.Contains(page, `vllm:num_requests_waiting{engine="0",model_name="m"} 3`) {
			t.Errorf("with 5 requests on 2 slots the metrics say:\n%s", page)
		}
		wg.Wait()
		ms := time.Millisecond
		if diff := cmp.Diff([]time.Duration{50 * ms, 50 * ms, 170 * ms, 170 * ms, 290 * ms}, first); diff != "" {
			t.Errorf("first tokens (-want +got):\n%s", diff)
		}
		const want = "vllm:request_queue_time_seconds_sum{engine=\"0\",model_name=\"m\"} 0.48"
		if page := get(t, client, "/metrics"); !strings.Contains(page, want) {
			t.Errorf("the metrics lack %q", want)
		}
	})
}

func TestACancelledRequestFreesItsSlotAtOnce(t *testing.T) {
	for _, stream := range []bool{true, false} {
		for _, waiting := range []bool{false, true} {
			t.Run(fmt.Sprintf("stream=%v,waiting=%v", stream, waiting), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := exact()
					p.Slots = 1
					client, stop := start(t, Config{Profile: p})
					defer stop()
					long := fmt.Sprintf(`{"messages":[{"role":"user","content":"x"}],"max_tokens":4000,"ignore_eos":true,"stream":%v}`, stream)
					begin := func(ctx context.Context) {
						go func() {
							req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://sim/v1/chat/completions", strings.NewReader(long))
							if err != nil {
								t.Error(err)
								return
							}
							res, err := client.Do(req)
							if err != nil {
								return // cancelled before the answer began
							}
							_, _ = io.Copy(io.Discard, res.Body)
							_ = res.Body.Close()
						}()
						synctest.Wait()
					}
					runs, cancelRunning := context.WithCancel(t.Context())
					waits, cancelWaiting := context.WithCancel(t.Context())
					begin(runs)
					if waiting {
						begin(waits)
					}
					time.Sleep(85 * time.Millisecond)
					cancelWaiting()
					synctest.Wait()
					cancelRunning()
					synctest.Wait()
					_, at := content(t, streamed(t, client, "/v1/chat/completions", fixedEight))
					if at[0] != 50*time.Millisecond {
						t.Errorf("the next request waited: first token after %v", at[0])
					}
					page := get(t, client, "/metrics")
					n := 1
					if waiting {
						n = 2
					}
					if want := fmt.Sprintf(`vllm:request_success_total{engine="0",finished_reason="abort",model_name="m"} %d`, n); !strings.Contains(page, want) {
						t.Errorf("the metrics lack %q", want)
					}
				})
			})
		}
	}
}

func TestEarlyRoleIsNoToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := exact()
		p.EarlyRole, p.FinishFrame = true, true
		client, stop := start(t, Config{Profile: p})
		defer stop()
		events := streamed(t, client, "/v1/chat/completions", fixedEight)
		if c := decode(t, events[0].data); events[0].at != 0 || c.Choices[0].Delta.Role != "assistant" || *c.Choices[0].Delta.Content != "" {
			t.Errorf("first frame at %v: %s", events[0].at, events[0].data)
		}
		if _, at := content(t, events); len(at) != 8 || at[0] != 50*time.Millisecond {
			t.Errorf("tokens at %v", at)
		}
		last := decode(t, events[len(events)-2].data)
		if last.Choices[0].Delta.Content != nil || *last.Choices[0].FinishReason != "length" {
			t.Errorf("the frame before the end is %s", events[len(events)-2].data)
		}
	})
}

func TestStoppingLetsAStreamEndAndThenCuts(t *testing.T) {
	for _, tc := range []struct {
		tokens int
		whole  bool
	}{{100, true}, {4000, false}} {
		synctest.Test(t, func(t *testing.T) {
			client, stop := start(t, Config{Profile: exact()})
			body := fmt.Sprintf(`{"messages":[{"role":"user","content":"x"}],"max_tokens":%d,"ignore_eos":true,"stream":true}`, tc.tokens)
			res := post(t.Context(), t, client, "/v1/chat/completions", body)
			done := make(chan bool)
			go func() {
				raw, err := io.ReadAll(res.Body)
				done <- err == nil && bytes.HasSuffix(raw, []byte("data: [DONE]\n\n"))
			}()
			time.Sleep(100 * time.Millisecond)
			begun := time.Now()
			stopped := make(chan struct{})
			go func() { stop(); close(stopped) }()
			if whole := <-done; whole != tc.whole {
				t.Errorf("%d tokens: whole = %v, want %v", tc.tokens, whole, tc.whole)
			}
			_ = res.Body.Close()
			<-stopped
			if took := time.Since(begun); took > drainTime+lastBytes {
				t.Errorf("stopping took %v", took)
			}
		})
	}
}
