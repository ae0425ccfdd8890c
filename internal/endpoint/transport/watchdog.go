package transport

import (
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
	// With the trip's mutex.
	timer   *time.Timer    // nil before anything has been waited for
	from    exchange.Stamp // both limits count from here; 0 while connecting
	leaving bool           // the answer is complete; what else comes is not waited for
}

// guard sets the watchdog's timer. p.mu is held.
func (p *Trip) guard(d time.Duration) {
	if w := &p.watchdog; w.timer == nil {
		w.timer = time.AfterFunc(d, p.onTimer)
	} else {
		w.timer.Reset(d)
	}
}

// guardConnecting starts the watchdog where there is no connection yet: only
// connecting takes time then, which has a limit of its own. p.mu is held.
func (p *Trip) guardConnecting() {
	cfg := &p.t.cfg
	p.guard(2*cfg.ConnectTimeout + min(cfg.Timeout, cfg.IdleTimeout))
}

// connected lets both limits count. p.mu is held.
func (p *Trip) connected() {
	cfg := &p.t.cfg
	p.watchdog.from = cfg.Clock.Now()
	p.guard(min(cfg.Timeout, cfg.IdleTimeout))
}

// Leave gives the server the time d to end its answer.
func (p *Trip) Leave(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	p.watchdog.leaving = true
	p.guard(d)
}

// Stay takes Leave back: the answer was not complete.
func (p *Trip) Stay() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watchdog.leaving = false
	p.guard(min(p.t.cfg.Timeout, p.t.cfg.IdleTimeout))
}

// onTimer ends the exchange if a limit has passed, and else waits for the next.
func (p *Trip) onTimer() {
	if why := p.limit(); why != nil {
		p.abort(why)
	}
}

// limit returns the limit that has passed, or nil and sets the timer for the next.
func (p *Trip) limit() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return nil
	}
	w, cfg, now := &p.watchdog, &p.t.cfg, p.t.cfg.Clock.Now()
	switch {
	case w.leaving:
		return ErrLeft
	case p.writeErr != nil && p.marks.lastRead.Load() == 0:
		return p.writeErr
	case w.from == 0 && cfg.Timeout < cfg.IdleTimeout:
		return ErrTimeout
	case w.from == 0:
		return ErrIdle
	}
	over := w.from.Add(cfg.Timeout)
	silent := max(w.from, exchange.Stamp(p.marks.lastRead.Load())).Add(cfg.IdleTimeout)
	switch {
	case now >= over:
		return ErrTimeout
	case now >= silent:
		return ErrIdle
	}
	w.timer.Reset(time.Duration(min(over, silent) - now))
	return nil
}
