package conformance

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
)

// What must hold in each way to read whatever goes wrong, and when: an exchange ends, it
// is no success with a part of its answer, no text is that of another answer, and nothing
// is left behind.

// faulty is a server whose answers say which request they are for.
type faulty struct {
	oddCase
	texts []string // of each reply, whole
}

// newFaulty makes replies, each of which may break off, pause, or close its connection
// some time after its end.
func newFaulty(r random, n int, breaks bool) *faulty {
	f := &faulty{oddCase: oddCase{id: "faulty"}}
	for i := range n {
		var body, whole strings.Builder
		for k := range 1 + r.IntN(12) {
			word := fmt.Sprintf("<%d.%d>", i, k)
			whole.WriteString(word)
			body.WriteString(text(word))
		}
		body.WriteString(good(3))
		wire := r.framed("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n", body.String())
		last := proper
		if !strings.Contains(wire, "Content-Length") && !strings.Contains(wire, "chunked") {
			last = fin
		}
		if breaks && r.one(4) {
			wire, last = wire[:r.IntN(len(wire))], pick(r, fin, rst, hang)
		}
		answer := r.cut(wire, last)
		if breaks && last == proper && r.one(3) { // closed as the next request goes out, or a little before or after
			answer = append(answer[:len(answer)-1], time.Duration(r.IntN(2000))*time.Microsecond, pick(r, fin, rst))
		}
		f.replies, f.texts = append(f.replies, answer), append(f.texts, whole.String())
	}
	return f
}

// judge says what is wrong with an exchange; empty: nothing.
func (f *faulty) judge(x *exchange.Exchange, text string) string {
	if wrong := wrongTimes(x); wrong != "" {
		return wrong
	}
	switch x.Class {
	case exchange.OK, exchange.Cut, exchange.Reset, exchange.Stale, exchange.Truncated, exchange.Timeout, exchange.Empty, exchange.Protocol, exchange.BadFrame:
	default:
		return fmt.Sprintf("class %q: %s", x.Class, x.Error)
	}
	whole, part := false, text == ""
	for _, t := range f.texts {
		whole = whole || t == text
		part = part || strings.HasPrefix(t, text)
	}
	switch {
	case !part:
		return fmt.Sprintf("the text %q is of no answer", text)
	case x.Class == exchange.OK && !whole:
		return fmt.Sprintf("a success with the text %q", text)
	case x.Class == exchange.Protocol && !strings.Contains(x.Error, "malformed") && x.Status != 0:
		return x.Error
	case !x.Done.Happened():
		return "it has no end"
	}
	return ""
}

// load sends n requests, so many at once, each with a context of its own.
func (f *faulty) load(t *testing.T, client *endpoint.Client, clock *exchange.Clock, n, atOnce int, life func(context.Context) (context.Context, context.CancelFunc)) map[exchange.Class]int {
	t.Helper()
	classes := map[exchange.Class]int{}
	var mu sync.Mutex
	var wait sync.WaitGroup
	places := make(chan struct{}, atOnce)
	for range n {
		places <- struct{}{}
		wait.Go(func() {
			defer func() { <-places }()
			ctx, cancel := life(t.Context())
			defer cancel()
			x, text, err := one(ctx, client, clock)
			if err != nil {
				t.Error(err)
				return
			}
			if wrong := f.judge(x, text); wrong != "" {
				t.Errorf("%s (%+v)", wrong, x)
			}
			mu.Lock()
			defer mu.Unlock()
			classes[x.Class]++
		})
	}
	wait.Wait()
	return classes
}

func forever(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}

// each runs a test in each way with a server and a client of its own, after which
// nothing may be left.
func (f *faulty) each(t *testing.T, test func(t *testing.T, client *endpoint.Client, clock *exchange.Clock)) {
	log.SetOutput(io.Discard)
	defer log.SetOutput(os.Stderr)
	for _, w := range ways() {
		t.Run(w.name, func(t *testing.T) {
			before := left(t)
			l := listen(t)
			over := make(chan struct{})
			go func() { defer close(over); newServer([]oddCase{f.oddCase}).serve(l) }()
			client, clock, err := f.client(l.Addr().String(), w, nil)
			if err != nil {
				t.Fatal(err)
			}
			test(t, client, clock)
			client.Close()
			_ = l.Close()
			<-over // or the test runs into its timeout: a connection is open
			for before.less(left(t)) {
				time.Sleep(ms) // or the test runs into its timeout: something is left
			}
		})
	}
}

// remains are what a client may leave behind.
type remains struct{ files, goroutines int }

func (r remains) less(s remains) bool { return r.files < s.files || r.goroutines < s.goroutines }

// left counts open files and the goroutines of this module.
func left(t *testing.T) remains {
	t.Helper()
	r := remains{}
	if files, err := os.ReadDir("/proc/self/fd"); err == nil {
		r.files = len(files)
	}
	stacks := make([]byte, 16<<20)
	for stack := range bytes.SplitSeq(stacks[:runtime.Stack(stacks, true)], []byte("\n\n")) {
		if bytes.Contains(stack, []byte("internal/endpoint/transport.")) || bytes.Contains(stack, []byte("net/http.(*persistConn)")) {
			r.goroutines++
		}
	}
	return r
}

// Many at once, of which none fails: each gets an answer of the server.
func TestManyAtOnce(t *testing.T) {
	s := rand.Uint64()
	t.Logf("seed %d", s)
	f := newFaulty(newRandom(s), 64, false)
	f.each(t, func(t *testing.T, client *endpoint.Client, clock *exchange.Clock) {
		for _, warm := range []int{0, 200} {
			if err := client.Warm(t.Context(), warm, false); err != nil {
				t.Fatal(err)
			}
			if c := f.load(t, client, clock, 400, 200, forever); c[exchange.OK] != 400 {
				t.Errorf("%d connections dialled ahead: %v", warm, c)
			}
		}
	})
}

// Connections that are used again and again, and are gone with the client.
func TestManyRequestsLeaveNothing(t *testing.T) {
	f := newFaulty(newRandom(3), 64, false)
	f.each(t, func(t *testing.T, client *endpoint.Client, clock *exchange.Clock) {
		if err := client.Warm(t.Context(), 200, false); err != nil {
			t.Fatal(err)
		}
		if c := f.load(t, client, clock, 2000, 200, forever); c[exchange.OK] != 2000 {
			t.Error(c)
		}
	})
}

// Servers that break off, hang, and close as a request goes out; users who leave at any
// time, also while connecting.
func TestFaultsAtAnyTime(t *testing.T) {
	s := rand.Uint64()
	t.Logf("seed %d", s)
	f := newFaulty(newRandom(s), 64, true)
	f.change = func(cfg *endpoint.Config) { cfg.Timeout, cfg.IdleTimeout = 300*ms, 150*ms }
	f.each(t, func(t *testing.T, client *endpoint.Client, clock *exchange.Clock) {
		c := f.load(t, client, clock, 1500, 200, func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			switch rand.IntN(4) {
			case 0:
				time.AfterFunc(time.Duration(rand.IntN(int(30*ms))), cancel)
			case 1:
				time.AfterFunc(time.Duration(rand.IntN(int(ms))), cancel)
			}
			return ctx, cancel
		})
		if c[exchange.OK] == 0 || c[exchange.Cut] == 0 || c[exchange.Reset] == 0 {
			t.Errorf("this has tested little: %v", c)
		}
	})
}

// Close in the middle of exchanges: they go on, and nothing is left after them.
func TestCloseInTheMiddle(t *testing.T) {
	f := newFaulty(newRandom(5), 64, false)
	for i := range f.replies { // a pause after the head, in which Close comes
		f.replies[i] = append(reply{20 * ms}, f.replies[i]...)
	}
	f.each(t, func(t *testing.T, client *endpoint.Client, clock *exchange.Clock) {
		if err := client.Warm(t.Context(), 100, false); err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		wait.Go(func() {
			if c := f.load(t, client, clock, 100, 100, forever); c[exchange.OK] != 100 {
				t.Error(c)
			}
		})
		time.Sleep(10 * ms)
		client.Close()
		wait.Wait()
		if c := f.load(t, client, clock, 10, 5, forever); c[exchange.OK] != 10 { // who comes later is served as well
			t.Error(c)
		}
	})
}
