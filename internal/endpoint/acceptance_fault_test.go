package endpoint_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/sim"
	"github.com/inferometer/inferometer/internal/sim/fault"
)

// Each fault of the simulated server is seen by the client as what it is, in
// every dialect and from both of its engines.

// faulted is what a client saw of one request that has the faults.
func faulted(t *testing.T, api, profile string, stream bool, faults string) (x *exchange.Exchange, text string) {
	t.Helper()
	p, err := sim.LookupProfile(profile)
	if err != nil {
		t.Fatal(err)
	}
	p.TTFT, p.ITL, p.Jitter, p.Plain = 0, 0, 0, false
	c := sim.Config{Profile: p, Seed: 1}
	if c.Faults, err = fault.ParseList(faults); err != nil {
		t.Fatal(err)
	}
	// A reset is made by a socket; nothing here depends on how long it takes.
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error)
	go func() { served <- sim.New(c).Serve(ctx, l) }()
	defer func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("the server: %v", err)
		}
	}()
	client, err := endpoint.New(endpoint.Config{URL: "http://" + l.Addr().String(), Model: p.Model, API: api, Stream: stream})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	call, err := client.Encode(endpoint.Prompt{User: "Explain caching", MaxTokens: 16, Fixed: true})
	if err != nil {
		t.Fatal(err)
	}
	x = &exchange.Exchange{Phase: exchange.Measured, AskedOutput: 16}
	text = client.Do(t.Context(), call, x)
	return x, text
}

func TestFaultsAreSeenAsWhatTheyAre(t *testing.T) {
	for _, tc := range []struct {
		faults string
		stream exchange.Class
		whole  exchange.Class
		says   string // of the stream
	}{
		{"status=400", exchange.HTTP4xx, exchange.HTTP4xx, "HTTP 400: Bad Request (simulated)"},
		{"status=429/3s", exchange.HTTP429, exchange.HTTP429, "HTTP 429"},
		{"status=503/3s", exchange.HTTP5xx, exchange.HTTP5xx, "HTTP 503"},
		{"refuse", exchange.Reset, exchange.Reset, "closed by the server"},
		{"reset", exchange.Reset, exchange.Reset, "closed by the server"},
		{"reset@5", exchange.Reset, exchange.Reset, "reset"},
		{"close@5", exchange.Truncated, exchange.Reset, "in the middle"},
		{"truncate@5", exchange.Truncated, exchange.Protocol, "ended without"},
		{"malformed@5", exchange.BadFrame, exchange.Protocol, "not JSON"},
		{"error@5=out of memory", exchange.StreamError, exchange.StreamError, "out of memory"},
		{"error", exchange.StreamError, exchange.StreamError, "the engine has died"},
		{"split-utf8@5", exchange.OK, exchange.OK, ""},
		{"coalesce=4", exchange.OK, exchange.OK, ""},
		{"buffer=700", exchange.OK, exchange.OK, ""},
		{"duplicate@5", exchange.OK, exchange.OK, ""},
		{"no-usage", exchange.OK, exchange.OK, ""},
		{"wrong-usage=7", exchange.OK, exchange.OK, ""},
	} {
		for _, profile := range []string{"vllm", "fitted"} {
			for _, api := range []string{"chat", "completions", "responses", "messages"} {
				t.Run(tc.faults+"/"+profile+"/"+api, func(t *testing.T) {
					x, _ := faulted(t, api, profile, true, tc.faults)
					if x.Class != tc.stream || !strings.Contains(x.Error, tc.says) {
						t.Errorf("a stream is %q (%s), want %q and %q", x.Class, x.Error, tc.stream, tc.says)
					}
					if strings.HasSuffix(tc.faults, "/3s") && x.RetryAfter != 3 {
						t.Errorf("retry after %v s, want 3", x.RetryAfter)
					}
					if x, _ := faulted(t, api, profile, false, tc.faults); x.Class != tc.whole {
						t.Errorf("a whole answer is %q (%s), want %q", x.Class, x.Error, tc.whole)
					}
				})
			}
		}
	}
}

// What a fault leaves whole stays whole, and what it changes is seen.
func TestWhatFaultsDoToAStream(t *testing.T) {
	for _, profile := range []string{"vllm", "fitted"} {
		right, text := faulted(t, "chat", profile, true, "delay-end=1ms")
		if right.Class != exchange.OK || len(right.Frames) != 16 || right.OutputTokens == nil || *right.OutputTokens != 16 {
			t.Fatalf("%s: without a fault class %q, %d frames", profile, right.Class, len(right.Frames))
		}
		for _, faults := range []string{"coalesce=4", "buffer=64", "buffer=4096"} {
			x, got := faulted(t, "chat", profile, true, faults)
			if got != text || len(x.Frames) != 16 {
				t.Errorf("%s, %s: %d frames say %q, want %q", profile, faults, len(x.Frames), got, text)
			}
		}
		if x, _ := faulted(t, "chat", profile, true, "buffer=100000"); x.Coalesced == 0 || len(x.Frames) != 16 {
			t.Errorf("%s: all frames come at once, and %d of %d are noticed", profile, x.Coalesced, len(x.Frames))
		}
		if x, got := faulted(t, "chat", profile, true, "split-utf8@5"); !strings.Contains(got, "🙂") || len(x.Frames) != 16 {
			t.Errorf("%s: a character that came in two writes is %q", profile, got)
		}
		if x, got := faulted(t, "chat", profile, true, "duplicate@5"); len(x.Frames) != 17 || len(got) <= len(text) {
			t.Errorf("%s: a frame twice: %d frames, %q", profile, len(x.Frames), got)
		}
		if x, _ := faulted(t, "chat", profile, true, "no-usage"); x.OutputTokens != nil || x.InputTokens != nil {
			t.Errorf("%s: counts that nobody gave: %v and %v", profile, x.InputTokens, x.OutputTokens)
		}
		if x, _ := faulted(t, "chat", profile, true, "wrong-usage=7"); x.OutputTokens == nil || *x.OutputTokens != 23 {
			t.Errorf("%s: wrong counts are not handed on: %v", profile, x.OutputTokens)
		}
		for _, faults := range []string{"reset@5", "close@5", "truncate@5", "error@5"} {
			if x, _ := faulted(t, "chat", profile, true, faults); len(x.Frames) != 5 {
				t.Errorf("%s, %s: %d frames came before it, want 5", profile, faults, len(x.Frames))
			}
		}
	}
}

// Times of faults are exact, on the fake clock.
func TestTimesOfFaults(t *testing.T) {
	for _, tc := range []struct {
		faults                    string
		first, last, stall, after float64 // ms
	}{
		{"coalesce=1", 50, 200, 10, 0},
		{"slow-headers=300ms", 300, 300, 0, 0},
		{"stall@12=2s", 50, 2200, 2010, 0},
		{"stall@0=1s", 1050, 1200, 10, 0},
		{"delay-end=700ms", 50, 200, 10, 700},
		{"coalesce=4", 80, 200, 40, 0},
		{"buffer=1000000", 200, 200, 0, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			all, err := fault.ParseList(tc.faults)
			if err != nil {
				t.Fatal(err)
			}
			l := &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
			server := sim.New(sim.Config{
				Profile: sim.Profile{Name: "exact", Model: "m", TTFT: 50 * time.Millisecond, ITL: 10 * time.Millisecond, Slots: 9, MaxModelLen: 4096},
				Faults:  all, PlainTimer: true,
			})
			ctx, cancel := context.WithCancel(context.Background())
			served := make(chan error)
			go func() { served <- server.Serve(ctx, l) }()
			s := &scripted{t: t, clock: exchange.NewClock()}
			if s.client, err = endpoint.New(endpoint.Config{URL: "http://s", Model: "m", Stream: true, Clock: s.clock, Dial: s.dialer(l)}); err != nil {
				t.Fatal(err)
			}
			defer func() {
				s.client.Close()
				cancel()
				if err := <-served; err != nil {
					t.Errorf("the server: %v", err)
				}
			}()
			call, err := s.client.Encode(endpoint.Prompt{User: "hi", MaxTokens: 16, Fixed: true})
			if err != nil {
				t.Fatal(err)
			}
			x := &exchange.Exchange{Phase: exchange.Measured, Due: s.clock.Now(), AskedOutput: 16}
			begun := time.Now()
			s.client.Do(t.Context(), call, x)
			took := float64(time.Since(begun)) / 1e6
			if x.Class != exchange.OK || len(x.Frames) != 16 {
				t.Fatalf("%s: class %q (%s), %d frames", tc.faults, x.Class, x.Error, len(x.Frames))
			}
			first, _ := x.FirstToken.Sub(x.Due)
			last, _ := x.LastToken.Sub(x.Due)
			largest := 0.0
			for i := 1; i < len(x.Frames); i++ {
				d, _ := x.Frames[i].At.Sub(x.Frames[i-1].At)
				largest = max(largest, d)
			}
			if first != tc.first || last != tc.last || largest != tc.stall {
				t.Errorf("%s: first token after %v ms, last after %v, largest gap %v; want %v, %v, %v", tc.faults, first, last, largest, tc.first, tc.last, tc.stall)
			}
			// The client waits a little for the end of a response, so that it can
			// use the connection again, and not longer.
			if took < tc.last || tc.after > 0 && took >= tc.last+tc.after {
				t.Errorf("%s: the client came back after %v ms", tc.faults, took)
			}
		})
	}
}
