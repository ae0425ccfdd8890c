package launch

import (
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// process is what the system's table says of one process.
type process struct {
	id
	parent, group, session int
	memory                 int64 // resident, in bytes
	zombie                 bool
	marked                 bool // it has the engine's mark in its environment
}

// id is a process beyond doubt: the system gives a number again, but not with the
// same start.
type id struct {
	pid   int
	start string
}

// members returns which of all processes belong to an engine: what was known to
// before, what descends from such a process, what shares its group (of the root) or
// a session that only such processes began, and what has the mark. Orphans that this
// process has adopted belong to the engine if they are of another session than its
// own: a child that it starts by itself stays in its session.
func members(all []process, root, self int, known map[id]bool) []process {
	in := map[int]bool{}
	ours := 0 // this process's session
	for _, p := range all {
		if p.pid == self {
			ours = p.session
		}
	}
	belongs := func(p process) bool {
		switch {
		case p.pid == self:
			return false
		case p.pid == root, p.group == root, known[p.id], p.marked, in[p.parent]:
			return true
		case p.session != 0 && p.session != ours && in[p.session]:
			return true
		}
		return p.parent == self && p.session != 0 && ours != 0 && p.session != ours
	}
	for grown := true; grown; {
		grown = false
		for _, p := range all {
			if !in[p.pid] && belongs(p) {
				in[p.pid], grown = true, true
			}
		}
	}
	var out []process
	for _, p := range all {
		if in[p.pid] {
			out = append(out, p)
		}
	}
	return out
}

// watcher follows the processes of an engine.
type watcher struct {
	root int
	mark string
	done chan struct{}
	idle sync.WaitGroup

	mu    sync.Mutex
	known map[id]bool
	peak  int64
}

// watch looks at an engine's processes until endAll.
func watch(root int, mark string) *watcher {
	w := &watcher{root: root, mark: mark, done: make(chan struct{}), known: map[id]bool{}}
	w.look()
	w.idle.Go(func() {
		t := time.NewTicker(watchInterval)
		defer t.Stop()
		for {
			select {
			case <-w.done:
				return
			case <-t.C:
				w.look()
			}
		}
	})
	return w
}

// look returns the engine's processes, and remembers them and their memory.
func (w *watcher) look() []process {
	all := processTable(w.mark)
	w.mu.Lock()
	defer w.mu.Unlock()
	var sum int64
	now := members(all, w.root, os.Getpid(), w.known)
	for _, p := range now {
		w.known[p.id] = true
		sum += p.memory
	}
	w.peak = max(w.peak, sum)
	return now
}

func (w *watcher) peakMemory() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.peak
}

// endAll ends the engine's processes and returns those that it could not end.
// exited is closed when the root has been waited for.
func (w *watcher) endAll(grace time.Duration, exited <-chan struct{}) (left []int) {
	close(w.done)
	w.idle.Wait()
	w.signal(false, exited)
	if w.gone(grace, exited) {
		return nil
	}
	// What forks while it is being killed is killed at the next look.
	for range 20 {
		w.signal(true, exited)
		if w.gone(250*time.Millisecond, exited) {
			return nil
		}
	}
	for _, p := range w.look() {
		left = append(left, p.pid)
	}
	slices.Sort(left)
	return left
}

func (w *watcher) signal(kill bool, exited <-chan struct{}) {
	select {
	case <-exited: // the group's number may be somebody else's by now
	default:
		signalGroup(w.root, kill)
	}
	for _, p := range w.look() {
		if !p.zombie {
			signalProcess(p.pid, kill)
		}
	}
}

// gone waits until no process of the engine is left.
func (w *watcher) gone(within time.Duration, exited <-chan struct{}) bool {
	for deadline := time.Now().Add(within); ; time.Sleep(20 * time.Millisecond) {
		alive := false
		for _, p := range w.look() {
			if p.zombie && p.parent == os.Getpid() && p.pid != w.root {
				reap(p.pid) // an orphan that this process has adopted
				continue
			}
			alive = alive || !p.zombie
		}
		select {
		case <-exited:
			if !alive {
				return true
			}
		default:
		}
		if time.Now().After(deadline) {
			return false
		}
	}
}

// hasMark reports whether an environment, with its variables separated by NUL, has
// the mark.
func hasMark(environ []byte, mark string) bool {
	for v := range strings.SplitSeq(string(environ), "\x00") {
		if v == mark {
			return true
		}
	}
	return false
}
