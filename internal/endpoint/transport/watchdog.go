package transport

import (
	"context"
	"errors"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// Reasons for which the watchdog ends an exchange.
var (
	ErrTimeout = errors.New("the exchange took longer than --timeout")
	ErrIdle    = errors.New("the server sent nothing for longer than --idle-timeout")
	// ErrLeft: the answer was complete, and Leave's time has passed.
	ErrLeft = errors.New("the server left the response open after the end of its answer")
)

// watchdog ends an exchange that takes too long, or whose server is silent
// for too long. One timer does both: when it fires it looks when bytes last
// came, so that reading them sets none.
type watchdog struct {
	timer  *time.Timer
	cancel context.CancelCauseFunc

	// With the trip's mutex.
	from    exchange.Stamp // both limits count from here; 0 while connecting
	leaving bool           // the answer is complete; what else comes is not waited for
}

// guard starts the watchdog. Until there is a connection only connecting
// takes time, which has a limit of its own.
func (p *Trip) guard(cancel context.CancelCauseFunc) {
	cfg := &p.t.cfg
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watchdog.cancel = cancel
	p.watchdog.timer = time.AfterFunc(2*cfg.ConnectTimeout+min(cfg.Timeout, cfg.IdleTimeout), p.onTimer)
}

// connected lets both limits count. p.mu is held.
func (p *Trip) connected() {
	cfg := &p.t.cfg
	p.watchdog.from = cfg.Clock.Now()
	p.watchdog.timer.Reset(min(cfg.Timeout, cfg.IdleTimeout))
}

// Leave gives the server the time d to end its answer.
func (p *Trip) Leave(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watchdog.leaving = true
	p.watchdog.timer.Reset(d)
}

// Stay takes Leave back: the answer was not complete.
func (p *Trip) Stay() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watchdog.leaving = false
	p.watchdog.timer.Reset(min(p.t.cfg.Timeout, p.t.cfg.IdleTimeout))
}

// onTimer ends the exchange if a limit has passed, and else waits for the next.
func (p *Trip) onTimer() {
	p.mu.Lock()
	defer p.mu.Unlock()
	w, cfg, now := &p.watchdog, &p.t.cfg, p.t.cfg.Clock.Now()
	if w.leaving {
		w.cancel(ErrLeft)
		return
	}
	if w.from == 0 {
		why := ErrIdle
		if cfg.Timeout < cfg.IdleTimeout {
			why = ErrTimeout
		}
		w.cancel(why)
		return
	}
	over := w.from.Add(cfg.Timeout)
	silent := max(w.from, exchange.Stamp(p.marks.lastRead.Load())).Add(cfg.IdleTimeout)
	switch {
	case now >= over:
		w.cancel(ErrTimeout)
	case now >= silent:
		w.cancel(ErrIdle)
	default:
		w.timer.Reset(time.Duration(min(over, silent) - now))
	}
}
