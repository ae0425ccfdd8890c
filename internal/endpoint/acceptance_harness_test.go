package endpoint_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/sim"
	"github.com/inferometer/inferometer/internal/sim/script"
)

// The acceptance tests of this package drive the client against a server that
// does word for word what a script says, over pipes and on a fake clock: a
// time is then either exact or wrong. Each test is named after what it
// protects and says whose mistake it would be.

// scripted is a client and its server, in one bubble of time.
type scripted struct {
	t      *testing.T
	client *endpoint.Client
	clock  *exchange.Clock

	mu      sync.Mutex
	dials   int           // connections so far
	dialFor time.Duration // how long one takes
}

type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

func (s *scripted) dialer(l *pipeListener) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		s.mu.Lock()
		s.dials++
		s.mu.Unlock()
		time.Sleep(s.dialFor)
		near, far := net.Pipe()
		select {
		case l.conns <- far:
			return near, nil
		case <-l.done:
			return nil, net.ErrClosed
		}
	}
}

// against serves the replies, one after the other, and lets f send requests.
func against(t *testing.T, replies []script.Reply, change func(*endpoint.Config), f func(*testing.T, *scripted)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
		server := sim.New(sim.Config{
			Profile:    sim.Profile{Name: "scripted", Model: "m", Slots: 1 << 20, MaxModelLen: 1 << 20},
			Script:     script.Script{Replies: replies},
			PlainTimer: true,
		})
		ctx, cancel := context.WithCancel(context.Background())
		served := make(chan error)
		go func() { served <- server.Serve(ctx, l) }()
		s := &scripted{t: t, clock: exchange.NewClock()}
		cfg := endpoint.Config{URL: "http://scripted", Model: "m", Stream: true, Clock: s.clock, Dial: s.dialer(l)}
		if change != nil {
			change(&cfg)
		}
		var err error
		if s.client, err = endpoint.New(cfg); err != nil {
			t.Fatal(err)
		}
		defer func() { // also where f has given up: the bubble must be empty
			s.client.Close()
			cancel()
			if err := <-served; err != nil {
				t.Errorf("the server: %v", err)
			}
		}()
		f(t, s)
	})
}

// once serves one reply made of the steps, and returns what the client saw.
func once(t *testing.T, steps ...script.Step) (x *exchange.Exchange, text string) {
	t.Helper()
	against(t, []script.Reply{{Steps: steps}}, nil, func(_ *testing.T, s *scripted) { x, text = s.do() })
	return x, text
}

// do sends a request that is due now.
func (s *scripted) do() (*exchange.Exchange, string) {
	s.t.Helper()
	call, err := s.client.Encode(endpoint.Prompt{User: "hi", MaxTokens: 64})
	if err != nil {
		s.t.Fatal(err)
	}
	x := &exchange.Exchange{Phase: exchange.Measured, Due: s.clock.Now(), Woken: s.clock.Now(), Started: s.clock.Now(), AskedOutput: 64}
	text := s.client.Do(s.t.Context(), call, x)
	return x, text
}

// after is a step's time since the one before, in ms.
func after(ms int) script.Duration { return script.Duration(ms) * script.Duration(time.Millisecond) }

// tail ends an answer as vLLM does, with the given usage, in one write with
// the last token.
func tail(completion int) []script.Step {
	return []script.Step{{Finish: "stop"}, {Usage: &script.Usage{Prompt: 7, Completion: completion}}, {Done: true}}
}
