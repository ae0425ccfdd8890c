package transport

import (
	"context"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint/http1"
	"github.com/inferometer/inferometer/internal/exchange"
)

// Trip is one exchange as the connection sees it: Begin, perhaps Write, Do, End. It
// notes in the exchange what is known of the connection: the parts of its set-up,
// Connected, Reused, Writing, Sent, FirstByte, KernelStamps, Reading, RTT and
// Retransmits.
type Trip struct {
	t     *Transport
	x     *exchange.Exchange
	to    Taker
	began exchange.Stamp

	conn        *Conn         // that carries it, or did
	link        *link         // the same, where it is one of ours
	retransmits uint32        // of a connection of HTTP/2, before this exchange
	written     int           // bytes of the request that have gone out at once
	idle        time.Duration // how long the connection had been idle
	marks       marks
	reads       int           // that gave bytes
	whole       bool          // the response has ended, and its connection may be used again
	closes      bool          // the request says that its connection is not used again
	done        chan struct{} // where a poller reads: the response is over
	err         error         // with which it was

	mu       sync.Mutex // protects all following fields
	ended    bool       // the exchange belongs to the caller again: nobody may touch it
	why      error      // for which it was ended from outside
	held     *link      // link, as long as abort may close it
	cancel   func()     // ends the dialling of a connection, or the exchange over net/http
	writeErr error      // with which the writing of the request ended
	watchdog watchdog
}

// Begin starts the trip of x over t, whose response goes to to.
func (p *Trip) Begin(t *Transport, x *exchange.Exchange, to Taker) {
	p.t, p.x, p.to, p.began = t, x, to, t.cfg.Clock.Now()
	t.pool.busy.Add(1)
}

// Write sends the request if nothing has to be waited for: if a plain connection stands
// ready and takes it at once. It reports whether it has begun to; Do goes on with it.
func (p *Trip) Write(req *Request, body []byte) bool {
	if req.err != nil || req.byNetHTTP || p.t.streams != nil {
		return false
	}
	l, idle := p.t.pool.take()
	switch {
	case l == nil:
		return false
	case !l.sendsAtOnce():
		p.t.pool.giveBack(l)
		return false
	}
	p.attach(l, idle)
	if p.sendAtOnce(req, body) != nil {
		p.x.Reused, p.x.Reading = false, exchange.PerStream // of the link that it has not
		return false
	}
	return true
}

// Do carries out the exchange. It returns nil when the response has ended as it
// should or the Taker has enough, and else why it has not: ErrTimeout, ErrIdle, ErrLeft,
// the error of ctx, a *ConnectError, io.EOF or io.ErrUnexpectedEOF (the server closed
// the connection before or within the response), a *http1.Error, or one of the system.
//
// Where a connection turns out to be closed before a byte of the request was written,
// another one is taken; that is not a second attempt. Nor is it where a server says over
// HTTP/2 that it has not looked at the request.
func (p *Trip) Do(ctx context.Context, req *Request, body []byte) error {
	var err error
	if p.t.streams != nil {
		err = p.viaStreams(ctx, req, body)
	} else if req.byNetHTTP {
		err = p.viaNetHTTP(ctx, req, body)
	} else {
		err = p.viaLink(ctx, req, body)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil && p.why != nil {
		return p.why
	}
	return err
}

// viaLink carries out the exchange over a link of our own.
func (p *Trip) viaLink(ctx context.Context, req *Request, body []byte) error {
	if req.err != nil {
		return req.err
	}
	if p.link == nil && ctx.Err() != nil { // nothing goes out any more
		return context.Cause(ctx)
	}
	for p.link == nil {
		fresh, err := p.connect(ctx, req)
		if err != nil {
			return err
		}
		if !p.link.sendsAtOnce() {
			break
		}
		if err := p.sendAtOnce(req, body); err != nil && (fresh || ctx.Err() != nil) {
			return err
		}
	}
	p.closes = req.http.Close
	if p.link.poller != nil {
		writing := p.sendRest(req, body)
		select {
		case <-p.done:
		case <-ctx.Done():
			p.abort(context.Cause(ctx))
			<-p.done
		}
		p.release(writing)
		return p.err
	}
	stop := context.AfterFunc(ctx, func() { p.abort(context.Cause(ctx)) })
	defer stop()
	writing := p.sendRest(req, body)
	err := p.link.receive(p)
	p.release(writing)
	return err
}

// connect takes a link that stands ready, or dials one, which is fresh then.
func (p *Trip) connect(ctx context.Context, req *Request) (fresh bool, err error) {
	if l, idle := p.t.pool.take(); l != nil {
		p.attach(l, idle)
		return false, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p.mu.Lock()
	p.cancel = cancel
	p.guardConnecting()
	why := p.why
	p.mu.Unlock()
	if why != nil {
		return true, why
	}
	l, err := p.t.dial(ctx, req.http.URL)
	if err != nil {
		return true, err
	}
	x, c := p.x, l.conn
	x.DNS, x.TCP, x.TLS, x.Connected = c.dns, c.tcp, c.tls, c.connected
	p.attach(l, 0)
	return true, nil
}

// attach gives the exchange a link, which has been idle for so long.
func (p *Trip) attach(l *link, idle time.Duration) {
	p.link, p.conn, p.idle = l, l.conn, idle
	p.x.Reused, p.x.Reading = l.used || l.conn.warmed, exchange.PerStream
	if l.poller != nil {
		p.x.Reading = exchange.Batched
		if p.done == nil {
			p.done = make(chan struct{}, 1)
		}
	}
	l.begin(p) // before abort may look for p there
	p.mu.Lock()
	p.cancel, p.held = nil, l
	gone := p.why != nil
	p.mu.Unlock()
	if gone { // abort came before there was a link to close
		l.abort(p)
	}
}

// sendAtOnce sends what the link takes of the request. With an error no byte of it has
// gone out, and the exchange has no link any more.
func (p *Trip) sendAtOnce(req *Request, body []byte) error {
	n, err := p.link.sendAtOnce(req, body)
	p.mu.Lock()
	if n > 0 {
		p.written = n
		p.connected()
		p.mu.Unlock()
		return nil
	}
	p.held = nil
	p.mu.Unlock() // a poller that has the link may be waiting for it
	p.link.giveUp(p)
	p.link = nil
	return err
}

// sendRest sends what is left of the request. It returns a channel that is closed when
// that is done; nil: it is.
func (p *Trip) sendRest(req *Request, body []byte) <-chan struct{} {
	if p.written > 0 && p.written == req.length(len(body)) {
		return nil
	}
	if p.written == 0 {
		p.mu.Lock()
		p.connected()
		p.mu.Unlock()
	}
	return p.link.sendRest(req.whole(body)[p.written:], p.wroteNot)
}

// The beginning of an answer that was sent before the request could not be written
// further is waited for so long.
const lastWords = time.Second

// wroteNot takes the error with which the writing of the request ended. The server may
// have said why.
func (p *Trip) wroteNot(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	p.writeErr = err
	if p.marks.lastRead.Load() == 0 {
		p.guard(lastWords)
	}
}

// take hands on bytes of the response. It reports whether it is over, and if that is
// by an error, which.
func (p *Trip) take(b []byte) (over bool, err error) {
	p.reads++
	read := Read{N: p.reads, At: p.LastRead()}
	if read.N == 1 {
		p.x.FirstByte = read.At
	}
	r := &p.link.reader
	for {
		event, piece, n, err := r.Next(b)
		b = b[n:]
		switch {
		case err != nil:
			return true, err
		case event == http1.More:
			return false, nil
		case event == http1.Head:
			h := r.Head()
			if !p.to.Head(Head{Status: h.Status, own: h}) {
				return true, nil
			}
		case event == http1.Body:
			if !p.to.Body(piece, read) {
				return true, nil
			}
		case event == http1.End:
			p.whole = r.KeepAlive() && len(b) == 0
			return true, nil
		}
	}
}

// abort ends the exchange from outside.
func (p *Trip) abort(why error) {
	p.mu.Lock()
	if p.ended || p.why != nil {
		p.mu.Unlock()
		return
	}
	p.why = why
	if p.cancel != nil {
		p.cancel()
	}
	l := p.held
	if l != nil && l.poller == nil {
		l.abort(p)
	}
	p.mu.Unlock()
	if l != nil && l.poller != nil { // which may be waiting for p.mu
		l.abort(p)
	}
}

// answered says that the response is over. It is called by the poller of the link.
func (p *Trip) answered(err error) {
	p.err = err
	p.done <- struct{}{}
}

// release gives the link back, or closes it where it cannot carry another exchange.
func (p *Trip) release(writing <-chan struct{}) {
	l := p.link
	if l.poller == nil {
		l.trip = nil
	}
	if l.conn.recv != nil {
		if path, ok := l.conn.recv.path(); ok {
			p.x.RTT, p.x.Retransmits = path.RTT, path.Retransmits-l.retransmits
			l.retransmits = path.Retransmits
		}
	}
	reusable := p.whole && !p.closes && written(writing)
	p.mu.Lock()
	p.held = nil
	reusable = reusable && p.why == nil && p.writeErr == nil
	p.mu.Unlock()
	if reusable {
		p.t.pool.put(l)
	} else {
		l.close()
	}
}

// written waits a moment for the end of the writing of a request whose answer has come.
func written(done <-chan struct{}) bool {
	if done == nil {
		return true
	}
	t := time.NewTimer(writeWait)
	defer t.Stop()
	select {
	case <-done:
		return true
	case <-t.C:
		return false
	}
}

// A server that closes connections that are idle does so after a second at the
// least, and its answer to what was written meanwhile takes a round trip.
const (
	staleIdle = 900 * time.Millisecond
	staleTrip = 300 * time.Millisecond
)

// Stale reports whether err is most likely that of a kept connection that the
// server closed for its idleness as the request went out: it had been idle, and
// was gone within a round trip without a byte of an answer. idle is how long.
func (p *Trip) Stale(err error) (idle time.Duration, stale bool) {
	wrote := p.marks.firstWrite.Load()
	if p.conn == nil || p.idle < staleIdle || wrote == 0 || p.marks.lastRead.Load() != 0 || ClassOf(err) != exchange.Reset {
		return 0, false
	}
	return p.idle, time.Duration(int64(p.t.cfg.Clock.Now())-wrote) < staleTrip
}

// LastRead is the stamp of the newest bytes.
func (p *Trip) LastRead() exchange.Stamp {
	if s := p.marks.lastRead.Load(); s != 0 {
		return exchange.Stamp(s)
	}
	return p.t.cfg.Clock.Now()
}

// End ends the trip: it takes the stamps of what was written and shuts out who comes
// late. It returns the connection, which may carry another exchange by now; nil if
// there was none.
func (p *Trip) End() *Conn {
	p.t.pool.busy.Add(-1)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	if p.watchdog.timer != nil {
		p.watchdog.timer.Stop()
	}
	if p.conn == nil {
		return nil
	}
	p.x.KernelStamps = p.marks.kernel.Load() && !p.marks.late.Load()
	p.x.Writing = exchange.Stamp(p.marks.firstWrite.Load())
	p.x.Sent = exchange.Stamp(p.marks.lastWrite.Load())
	return p.conn
}
