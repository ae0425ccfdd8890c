package serve

import (
	"context"
	"path/filepath"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/runlog/follow"
)

const (
	logName = exchange.LogName
	// lookEvery is how often the folder of runs is looked through for a run that goes on.
	lookEvery = 2 * time.Second
	// mostFollowed runs are followed at the same time.
	mostFollowed = 16
	// retryAfter is how long a log is left alone that could not be read to its end although
	// somebody writes it: each time it is read from its beginning.
	retryAfter = 30 * time.Second
)

// hub follows runs that go on. It is safe for concurrent use.
type hub struct {
	mu    sync.Mutex // protects all following fields
	views map[string]*following
	seen  bool // the folders have been looked through
}

// following is a run that is followed, or was until it ended.
type following struct {
	view   *follow.View
	folder string
	given  bool // somebody else follows it, and it is kept
	ended  time.Time
}

// over reports whether the run is not followed any more.
func (f *following) over() bool {
	if f.given {
		s := f.view.State()
		return s == follow.Ended || s == follow.BrokenOff
	}
	return !f.ended.IsZero()
}

func newHub() *hub { return &hub{views: map[string]*following{}} }

// run follows those of the list that go on, until the context is done.
func (h *hub) run(ctx context.Context, l *list) {
	var wait sync.WaitGroup
	defer wait.Wait()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		h.look(ctx, &wait, l)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// look finds runs that go on, and forgets those that ended a while ago.
func (h *hub) look(ctx context.Context, wait *sync.WaitGroup, l *list) {
	ids, _ := l.ids() // the list says what is wrong with the folder
	for _, id := range ids {
		if folder := filepath.Join(l.dir, id); !h.running(id) && !h.failed(id) && goesOn(folder) {
			h.follow(ctx, wait, id, folder)
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen = true
	for id, f := range h.views {
		if !f.given && f.over() && time.Since(f.ended) > time.Minute {
			delete(h.views, id)
		}
	}
}

// goesOn reports whether somebody writes the log of a run.
func goesOn(folder string) bool {
	return exchange.BeingWritten(filepath.Join(folder, logName), time.Now())
}

func (h *hub) follow(ctx context.Context, wait *sync.WaitGroup, id, folder string) {
	f := &following{view: follow.New(folder), folder: folder}
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, other := range h.views {
		if !other.over() {
			n++
		}
	}
	if n >= mostFollowed {
		return
	}
	h.views[id] = f
	wait.Go(func() {
		_ = follow.Follow(ctx, folder, f.view) // the view says how it ended
		h.mu.Lock()
		defer h.mu.Unlock()
		f.ended = time.Now()
	})
}

// view of a run that is followed, or was until a minute ago; nil: it is not.
func (h *hub) view(id string) *follow.View {
	h.mu.Lock()
	defer h.mu.Unlock()
	if f := h.views[id]; f != nil {
		return f.view
	}
	return nil
}

func (h *hub) running(id string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.views[id]
	return f != nil && !f.over()
}

// failed reports whether the log of a run could not be read to its end just now.
func (h *hub) failed(id string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.views[id]
	return f != nil && f.over() && f.view.State() == follow.BrokenOff && time.Since(f.ended) < retryAfter
}

func (h *hub) looked() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.seen
}

// each calls f for every run that is followed, or was until a minute ago.
func (h *hub) each(f func(id string, v *follow.View)) {
	h.mu.Lock()
	views := map[string]*follow.View{}
	for id, one := range h.views {
		views[id] = one.view
	}
	h.mu.Unlock()
	for id, v := range views {
		f(id, v)
	}
}
