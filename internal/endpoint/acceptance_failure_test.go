package endpoint_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/sim/script"
)

func ok(ms int) script.Reply {
	return script.Reply{Steps: append([]script.Step{{After: after(ms), Text: "a"}, {After: after(20), Text: "b"}}, tail(2)...)}
}

// An error within a stream that began with 200 is a failure, and keeps its
// text (vllm#57519; vLLM's client counts it as a success).
func TestErrorFrameUnder200IsAFailure(t *testing.T) {
	x, _ := once(t, script.Step{After: after(10), Text: "a"}, script.Step{After: after(10), Error: "CUDA out of memory"}, script.Step{Done: true})
	if x.Class != exchange.StreamError || !strings.Contains(x.Error, "CUDA out of memory") || x.Status != http.StatusOK {
		t.Errorf("class %q, error %q, status %d", x.Class, x.Error, x.Status)
	}
	x, _ = once(t, append([]script.Step{{After: after(10), Text: "a"}, {Finish: "error"}}, tail(1)[1:]...)...)
	if x.Class != exchange.StreamError {
		t.Errorf("finish_reason error is %q (%s)", x.Class, x.Error)
	}
	against(t, []script.Reply{{Body: `{"error":{"message":"the model is loading"}}`}}, nil, func(t *testing.T, s *scripted) {
		if x, _ := s.do(); x.Class != exchange.StreamError || !strings.Contains(x.Error, "the model is loading") {
			t.Errorf("a JSON error in place of a stream is %q (%s)", x.Class, x.Error)
		}
	})
}

// A stream that breaks off is no success, however it breaks off
// (opencode#40061).
func TestTruncatedStreamIsNoSuccess(t *testing.T) {
	for name, end := range map[string][]script.Step{
		"an end without a finish_reason": nil,
		"a close in the middle":          {{End: script.Close}},
		"usage and no finish_reason":     {{Usage: &script.Usage{Prompt: 7, Completion: 9}}},
	} {
		x, text := once(t, append([]script.Step{{After: after(10), Text: "a"}, {After: after(10), Text: "b"}}, end...)...)
		if x.Class != exchange.Truncated || x.Error == "" || text != "ab" {
			t.Errorf("%s: class %q (%s), text %q", name, x.Class, x.Error, text)
		}
	}
}

// What a server says with a refusal is kept, up to 2 KiB, and so is how long
// it asks us to wait (vLLM's serve.py drops the body).
func TestARefusalKeepsWhatTheServerSaid(t *testing.T) {
	long := strings.Repeat("why ", 450) + "end"
	for _, body := range []string{`{"error":{"message":"` + long + `","code":"overloaded"}}`, long} {
		against(t, []script.Reply{{Status: 503, Body: body, Headers: map[string]string{"Retry-After": "7"}}}, nil, func(t *testing.T, s *scripted) {
			x, _ := s.do()
			if x.Class != exchange.HTTP5xx || x.Status != 503 || x.RetryAfter != 7 || !strings.Contains(x.Error, long) || !strings.HasPrefix(x.Error, "HTTP 503") {
				t.Errorf("class %q, status %d, retry after %v s, %d bytes of error", x.Class, x.Status, x.RetryAfter, len(x.Error))
			}
		})
	}
	against(t, []script.Reply{{Status: 500, Body: strings.Repeat("x", 1<<20)}}, nil, func(t *testing.T, s *scripted) {
		if x, _ := s.do(); len(x.Error) > 2048 || len(x.Error) < 1024 {
			t.Errorf("%d bytes are kept of an error of a megabyte", len(x.Error))
		}
	})
}

// A reset is one failed attempt, with the time that it took. Nothing is sent
// again in hiding, which would restart the clock (vllm-bench).
func TestAResetIsAnAttemptAndNoHiddenRetry(t *testing.T) {
	broken := script.Reply{HeadersAfter: after(300), Steps: []script.Step{{After: after(400), End: script.Close}}}
	against(t, []script.Reply{ok(100), broken, ok(100)}, nil, func(t *testing.T, s *scripted) {
		first, _ := s.do() // the connection is kept, which invites a retry
		second, _ := s.do()
		if first.Class != exchange.OK || !second.Failed() || !second.Reused {
			t.Fatalf("classes %q and %q, reused %v; want a success and a failure on the same connection", first.Class, second.Class, second.Reused)
		}
		if d, _ := second.Done.Sub(second.Due); d != 400 {
			t.Errorf("the failure took %v ms, want 400", d)
		}
		// Had it been sent again, the third reply would be the first again.
		third, _ := s.do()
		if third.Class != exchange.OK || !strings.HasSuffix(third.ServerID, "-2") {
			t.Errorf("class %q, and the server has %q as its third request", third.Class, third.ServerID)
		}
	})
}

// Setting a connection up is a part of its own, and is not paid again
// (vllm#21981; sglang and InferenceX open one for each request).
func TestConnectingIsShownApart(t *testing.T) {
	against(t, []script.Reply{ok(100)}, nil, func(t *testing.T, s *scripted) {
		s.dialFor = 50 * time.Millisecond
		x, _ := s.do()
		want(t, x, "connect", 50)
		want(t, x, "ttft_service", 100)
		want(t, x, "ttft", 150)
		want(t, x, "client_delay", 0)
		for range 3 {
			x, _ = s.do()
			undefined(t, x, "connect")
			want(t, x, "ttft", 100)
		}
		if s.dials != 1 {
			t.Errorf("%d connections for requests one after the other", s.dials)
		}
	})
	against(t, []script.Reply{ok(100)}, nil, func(t *testing.T, s *scripted) {
		s.dialFor = 50 * time.Millisecond
		if err := s.client.Warm(t.Context(), 2, false); err != nil {
			t.Fatal(err)
		}
		x, _ := s.do()
		undefined(t, x, "connect")
		want(t, x, "ttft", 100)
	})
}

// No pool caps what is in flight: aiohttp's stops at 100 connections
// (vllm#14513), and further requests then wait unseen.
func TestTwoThousandStreamsAtOnce(t *testing.T) {
	const streams = 2000
	against(t, []script.Reply{ok(1000)}, nil, func(t *testing.T, s *scripted) {
		call, err := s.client.Encode(endpoint.Prompt{User: "hi", MaxTokens: 2})
		if err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		xs := make([]*exchange.Exchange, streams)
		for i := range xs {
			xs[i] = &exchange.Exchange{Due: s.clock.Now()}
			wait.Go(func() { s.client.Do(t.Context(), call, xs[i]) })
		}
		wait.Wait()
		for i, x := range xs {
			if d, _ := x.FirstToken.Sub(x.Due); x.Class != exchange.OK || d != 1000 {
				t.Fatalf("stream %d: class %q (%s), first token after %v ms, want 1000", i, x.Class, x.Error, d)
			}
		}
		if s.dials != streams {
			t.Errorf("%d connections for %d streams at once", s.dials, streams)
		}
	})
}

// What Probe asks stays out of the requests that follow: they take as long as
// they take, on connections that Probe has left behind or new ones
// (vllm#49611: the readiness probe shares the pool, and the run waits for it).
func TestProbingIsNoPartOfARequest(t *testing.T) {
	against(t, []script.Reply{ok(100)}, nil, func(t *testing.T, s *scripted) {
		if _, err := s.client.Probe(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.client.Warm(t.Context(), 4, false); err != nil {
			t.Fatal(err)
		}
		call, err := s.client.Encode(endpoint.Prompt{User: "hi", MaxTokens: 2})
		if err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				x := &exchange.Exchange{Due: s.clock.Now(), Started: s.clock.Now()}
				s.client.Do(t.Context(), call, x)
				want(t, x, "ttft", 100)
				undefined(t, x, "connect")
			})
		}
		wait.Wait()
	})
}

// slowWriter takes a while for each 32 KiB of what it is given.
type slowWriter struct {
	net.Conn
	each time.Duration
}

func (w slowWriter) Write(p []byte) (n int, err error) {
	for part := range slices.Chunk(p, 32<<10) {
		time.Sleep(w.each)
		m, err := w.Conn.Write(part)
		if n += m; err != nil {
			return n, err
		}
	}
	return n, nil
}

// A body of megabytes is encoded before its request is due, and how long it
// took to write has a stamp (vLLM encodes images inside the ttft).
func TestTheBodyIsEncodedBeforeAndWrittenInStampedTime(t *testing.T) {
	const size = 4 << 20
	against(t, []script.Reply{ok(100)}, func(c *endpoint.Config) {
		dial := c.Dial
		c.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := dial(ctx, network, addr)
			return slowWriter{conn, time.Millisecond}, err
		}
	}, func(t *testing.T, s *scripted) {
		call, err := s.client.Encode(endpoint.Prompt{User: strings.Repeat("x", size), MaxTokens: 2})
		if err != nil || len(call.Body()) < size {
			t.Fatalf("%d bytes encoded, %v", len(call.Body()), err)
		}
		x := &exchange.Exchange{Due: s.clock.Now(), Started: s.clock.Now()}
		s.client.Do(t.Context(), call, x)
		wrote, known := x.Sent.Sub(x.Writing)
		if x.Class != exchange.OK || !known || wrote < 100 {
			t.Fatalf("class %q (%s); writing took %v ms, known %v", x.Class, x.Error, wrote, known)
		}
		if answered, _ := x.FirstToken.Sub(x.Sent); answered != 100 {
			t.Errorf("the first token came %v ms after the last byte was written, want 100", answered)
		}
		want(t, x, "client_delay", 0)
	})
}

// Frames that came in one read have one stamp, that of the read: it is taken
// before they are parsed. Stamps after parsing would differ, by the time that
// the frames before took (vLLM's completions handler).
func TestStampsAreTakenBeforeParsing(t *testing.T) {
	logprobs := `{"choices":[{"delta":{"content":"a"},"logprobs":{"content":[` + strings.Repeat(`{"token":"a","logprob":-0.25,"top_logprobs":[]},`, 8) + `{}]}}]}`
	all := strings.Repeat("data: "+logprobs+"\n\n", 7) + "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n" + "data: [DONE]\n\n"
	if len(all) > 4096 {
		t.Fatalf("%d bytes do not come in one read", len(all))
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Content-Length", strconv.Itoa(len(all)))
		w.(http.Flusher).Flush()
		_, _ = io.WriteString(w, all)
	}))
	defer server.Close()
	c, err := endpoint.New(endpoint.Config{URL: server.URL, Model: "m", Stream: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	call, err := c.Encode(endpoint.Prompt{User: "hi"})
	if err != nil {
		t.Fatal(err)
	}
	x := &exchange.Exchange{}
	c.Do(t.Context(), call, x)
	if x.Class != exchange.OK || len(x.Frames) != 7 {
		t.Fatalf("class %q (%s), %d frames", x.Class, x.Error, len(x.Frames))
	}
	different := 0
	for i := 1; i < len(x.Frames); i++ {
		if x.Frames[i].At != x.Frames[i-1].At {
			different++
		}
	}
	if different > len(x.Frames)-1-x.Coalesced {
		t.Errorf("%d frames shared a read with the one before, and %d have a time of their own", x.Coalesced, different)
	}
	if x.Coalesced == 0 {
		t.Error("no frames came together: nothing was tested")
	}
}
