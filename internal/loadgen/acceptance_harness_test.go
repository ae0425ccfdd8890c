package loadgen_test

import (
	"cmp"
	"context"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/sim"
	"github.com/inferometer/inferometer/internal/sim/script"
)

// The acceptance tests of this package run the whole path, from the schedule
// over the wire to the statistics, on a fake clock: driver, client, scripted
// server and cell are those of a real run, and only the sockets are pipes.

type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (l pipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l pipes) Close() error { close(l.done); return nil } // net/http calls it once

func (l pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

func (l pipes) dial(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	l.conns <- far
	return near, nil
}

// bench is a driver, a client and a scripted server in one bubble of time.
type bench struct {
	driver  loadgen.Driver
	clock   *exchange.Clock
	client  *endpoint.Client
	prepare time.Duration // how long it takes to encode a request
	linger  time.Duration // what the caller does with an answer, after it has ended

	mu sync.Mutex
	xs []*exchange.Exchange // of all phases, as they ended
}

// measured runs a cell of the shape, and calls f with its statistics and its
// measured exchanges in the order in which they were due.
func measured(t *testing.T, s script.Script, shape loadgen.Shape, change func(*bench), f func(*testing.T, *bench, result.Cell, []*exchange.Exchange)) {
	t.Helper()
	measuredOn(t, sim.Config{Script: s}, 0, shape, change, f)
}

// measuredOn is measured, of a server of which some is set, paced to rpm.
func measuredOn(t *testing.T, server sim.Config, rpm int, shape loadgen.Shape, change func(*bench), f func(*testing.T, *bench, result.Cell, []*exchange.Exchange)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		shape.Limit = loadgen.NewLimit(rpm, 0) // which belongs to the bubble
		l := pipes{conns: make(chan net.Conn), done: make(chan struct{})}
		b := &bench{clock: exchange.NewClock()}
		server.Profile, server.PlainTimer = sim.Profile{Name: "scripted", Model: "m", Slots: 1 << 20, MaxModelLen: 1 << 20}, true
		scripted := sim.New(server)
		ctx, cancel := context.WithCancel(context.Background())
		served := make(chan error)
		go func() { served <- scripted.Serve(ctx, l) }()
		var err error
		if b.client, err = endpoint.New(endpoint.Config{URL: "http://scripted", Model: "m", Stream: true, Clock: b.clock, Dial: l.dial}); err != nil {
			t.Fatal(err)
		}
		defer func() {
			b.client.Close()
			cancel()
			if err := <-served; err != nil {
				t.Errorf("the server: %v", err)
			}
		}()
		b.driver = loadgen.Driver{Clock: b.clock, PortableTimer: true, Emit: b.emit}
		if change != nil {
			change(b)
		}
		shape.Grace = cmp.Or(shape.Grace, time.Hour)
		w, err := b.driver.Run(t.Context(), t.Context(), shape, b)
		if err != nil {
			t.Fatal(err)
		}
		var c measure.Collector
		for _, x := range b.xs {
			c.Add(x)
		}
		c.Settle(w.Start, w.End)
		for _, x := range b.xs {
			c.AddFrames(x)
		}
		cell := c.Cell(measure.Input{ID: "cell", Load: describe(shape), Start: w.Start, End: w.End})
		xs := slices.DeleteFunc(slices.Clone(b.xs), func(x *exchange.Exchange) bool { return x.Phase != exchange.Measured })
		f(t, b, cell, xs)
	})
}

func describe(s loadgen.Shape) result.LoadShape {
	out := result.LoadShape{Kind: "closed", Users: s.Users, MaxInflight: s.MaxInflight}
	if s.Open() {
		out.Kind, out.Arrival = "open", string(s.Schedule.Process)
		if len(s.Times) == 0 {
			out.Rate, out.RateCurve = s.Schedule.Curve.Rate(0), s.Schedule.Curve.String()
		}
	}
	return out
}

func (b *bench) emit(x *exchange.Exchange) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.xs = append(b.xs, x)
}

// Prepare implements loadgen.Requester.
func (b *bench) Prepare(exchange.Phase, int, *exchange.Exchange) (loadgen.Request, error) {
	time.Sleep(b.prepare)
	call, err := b.client.Encode(endpoint.Prompt{User: "hi", MaxTokens: 8})
	return loadgen.SendFunc(func(ctx context.Context, x *exchange.Exchange) {
		b.client.Do(ctx, call, x)
		time.Sleep(b.linger)
	}), err
}

// answers is a server whose every answer has its first token after ttft and
// one more after rest.
func answers(ttft, rest time.Duration) script.Script {
	return script.Script{Replies: []script.Reply{answer(ttft, rest)}}
}

func answer(ttft, rest time.Duration) script.Reply {
	return script.Reply{Steps: []script.Step{
		{After: script.Duration(ttft), Text: "a"}, {After: script.Duration(rest), Text: "b"},
		{Finish: "stop"}, {Usage: &script.Usage{Prompt: 5, Completion: 2}}, {Done: true},
	}}
}

func evenly(rate float64) arrival.Schedule {
	return arrival.Schedule{Process: arrival.Constant, Curve: arrival.Flat(rate)}
}

// inFlight is the most requests that were on the wire at once, by a sweep over
// their beginnings and ends: what ends and what begins at one moment do not
// overlap.
func inFlight(xs []*exchange.Exchange) int {
	type edge struct {
		at exchange.Stamp
		d  int
	}
	var edges []edge
	for _, x := range xs {
		if x.Writing.Happened() {
			edges = append(edges, edge{x.Writing, 1}, edge{x.Done, -1})
		}
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.d, b.d)) })
	most, now := 0, 0
	for _, e := range edges {
		now += e.d
		most = max(most, now)
	}
	return most
}
