package endpoint

import (
	"context"
	"io"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// watchdog ends an exchange that takes too long, or whose server is silent
// for too long. One timer does both: when it goes off it looks when bytes last
// came, so that reading them sets none.
type watchdog struct {
	timer  *time.Timer
	cancel context.CancelCauseFunc

	// With the attempt's mutex.
	from    exchange.Stamp // both limits count from here; 0 while connecting
	leaving bool           // the answer is complete; what else comes is not waited for
}

// guard starts the watchdog. Until there is a connection only connecting
// takes time, which has a limit of its own.
func (e *attempt) guard(cancel context.CancelCauseFunc) {
	cfg := &e.client.cfg
	e.mu.Lock()
	defer e.mu.Unlock()
	e.watchdog.cancel = cancel
	e.watchdog.timer = time.AfterFunc(2*cfg.ConnectTimeout+min(cfg.Timeout, cfg.IdleTimeout), e.look)
}

// connected lets both limits count. e.mu is held.
func (e *attempt) connected() {
	cfg := &e.client.cfg
	e.watchdog.from = e.client.clock.Now()
	e.watchdog.timer.Reset(min(cfg.Timeout, cfg.IdleTimeout))
}

// leave gives the server the time d to end its answer.
func (e *attempt) leave(d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.watchdog.leaving = true
	e.watchdog.timer.Reset(d)
}

// look is called by the timer.
func (e *attempt) look() {
	e.mu.Lock()
	defer e.mu.Unlock()
	w, cfg, now := &e.watchdog, &e.client.cfg, e.client.clock.Now()
	if w.from == 0 || w.leaving {
		why := errIdle
		if w.from == 0 && cfg.Timeout < cfg.IdleTimeout {
			why = errTimeout
		}
		w.cancel(why)
		return
	}
	over := w.from.Add(cfg.Timeout)
	silent := max(w.from, exchange.Stamp(e.marks.lastRead.Load())).Add(cfg.IdleTimeout)
	switch {
	case now >= over:
		w.cancel(errTimeout)
	case now >= silent:
		w.cancel(errIdle)
	default:
		w.timer.Reset(time.Duration(min(over, silent) - now))
	}
}

// noted notes when bytes came where the connection does not: one that is not
// ours, as over some proxies.
type noted struct {
	*attempt
	r io.Reader
}

func (n noted) Read(p []byte) (int, error) {
	k, err := n.r.Read(p)
	if k > 0 {
		n.marks.lastRead.Store(int64(n.client.clock.Now()))
	}
	return k, err
}
