// Package follow watches a run while another process makes it. It reads the log in the
// run's folder as it grows and keeps sums: requests, tokens, latencies of the last half
// minute, of the cell under way and of the whole run.
//
// Nothing asks the measuring process, and nothing here is a result: figures of a live
// view are points without intervals, of requests that have ended so far, and the report
// is made from the log when the run is over. Memory does not grow with the
// run.
package follow

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/stats"
)

const (
	// WindowLength is how far back the figures of the moment go, at most.
	WindowLength = 30 * time.Second
	// history is how far back the courses go, in slices of a second.
	history = 5 * 60
	// mostNames bounds the classes of failure and the targets that are told apart.
	mostNames = 64
)

// View is what is known of a run. It is safe for concurrent use.
type View struct {
	id string

	mu      sync.Mutex // protects all following fields
	head    runlog.RunRecord
	targets []result.Target
	state   State
	end     runlog.EndRecord
	err     error
	last    exchange.Stamp         // latest of anything
	now     *runlog.ProgressRecord // the latest; nil: nothing is under way, or nobody says
	lanes   []*lane                // cells under way, in the order in which they began
	silent  []*lane                // of the same step, of which nothing is heard any more
	over    []CellOver             // the latest cells that are over
	overs   int                    // how many there were
	blocks  int                    // that have begun
	totals  []*Total               // by target, in the order of the log
	slices  []slice                // the latest history, oldest first
}

// State is whether a run goes on.
type State string

// States of a run.
const (
	Starting  State = "starting" // its log says nothing yet
	Running   State = "running"
	Ended     State = "ended"      // as its log says
	BrokenOff State = "broken off" // the writer is gone, and the log has no end
)

// New makes the view of the run in a folder.
func New(folder string) *View {
	return &View{id: filepath.Base(filepath.Clean(folder)), state: Starting}
}

// Follow reads the run's log until the run has ended or the context is done. The folder may
// be there before the log is.
func Follow(ctx context.Context, folder string, v *View) (err error) {
	defer func() { v.gone(err) }()
	path := filepath.Join(folder, exchange.LogName)
	for {
		_, err := os.Stat(path)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if _, err := os.Stat(folder); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(100 * time.Millisecond):
		}
	}
	_, err = exchange.Follow(ctx, path, v.Add, func() bool { return v.State() != Ended })
	return err
}

// State of the run.
func (v *View) State() State {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.state
}

// gone notes that the log is not written any more.
func (v *View) gone(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.leave()
	v.err = err
	if v.state != Ended {
		v.state = BrokenOff
	}
}

// Add takes the next record of the log. Kinds that it does not know are left out.
func (v *View) Add(rec exchange.Record) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch rec.Kind {
	case runlog.KindRun:
		v.state = Running
		return json.Unmarshal(rec.Raw, &v.head)
	case runlog.KindTarget:
		var t result.Target
		if err := json.Unmarshal(rec.Raw, &t); err != nil {
			return err
		}
		v.targets = append(v.targets, t)
	case runlog.KindProgress:
		p := &runlog.ProgressRecord{}
		if err := json.Unmarshal(rec.Raw, p); err != nil {
			return err
		}
		v.progress(p)
	case runlog.KindResume:
		v.leave()
		v.over = nil // they are news no more
		v.state, v.end = Running, runlog.EndRecord{}
	case runlog.KindEnd:
		v.state = Ended
		v.leave()
		return json.Unmarshal(rec.Raw, &v.end)
	case exchange.KindExchange:
		v.exchange(rec.Exchange)
	}
	return nil
}

func (v *View) progress(p *runlog.ProgressRecord) {
	if v.now != nil && (v.now.Step != p.Step || p.Cell == "") {
		v.leave()
	}
	v.now, v.last = p, max(v.last, p.At)
	if p.Cell != "" {
		l := v.begin(p.Cell, p.At)
		l.now, l.heard = p, max(l.heard, p.At)
		v.slice(p.At, l, func(s *slice) { s.inFlight = new(p.InFlight) })
	}
	v.hush(p.At)
}

func (v *View) exchange(x *exchange.Exchange) {
	at := max(x.Due, x.Done, x.LastToken)
	v.last = max(v.last, at)
	l := v.find(x.Cell)
	if l == nil && (v.now == nil || v.now.Cell == "" || x.Due >= v.now.At) { // its records of progress follow, or the log has none
		l = v.begin(x.Cell, x.Due)
	}
	took := timesOf(x)
	if l == nil { // a straggler of a cell that is over
		l = &lane{cell: x.Cell}
	} else {
		l.heard = max(l.heard, at)
		if x.Due.Happened() {
			l.began = min(l.began, x.Due)
		}
		if x.Phase == exchange.Measured {
			l.tally.add(x, &took)
		}
	}
	v.slice(at, l, func(s *slice) { s.add(x, &took) })
	v.total(x.Target).add(x, &took)
}

// total is what a target has done so far. Targets beyond the bound share one.
func (v *View) total(target string) *Total {
	for _, t := range v.totals {
		if t.Target == target {
			return t
		}
	}
	if len(v.totals) == mostNames {
		return v.totals[mostNames-1]
	}
	t := &Total{Target: target, Ended: map[Outcome]int{}}
	v.totals = append(v.totals, t)
	return t
}

// slice calls f with the second of a moment in a cell, unless that is too long ago.
func (v *View) slice(at exchange.Stamp, l *lane, f func(*slice)) {
	second := int(time.Duration(at) / time.Second)
	i := len(v.slices)
	for ; i > 0 && v.slices[i-1].second >= second; i-- {
		if s := &v.slices[i-1]; s.second == second && s.cell == l.cell && s.block == l.block {
			f(s)
			return
		}
	}
	if n := len(v.slices); n > 0 && second <= v.slices[n-1].second-history {
		return
	}
	v.slices = slices.Insert(v.slices, i, slice{second: second, cell: l.cell, block: l.block})
	f(&v.slices[i])
	for v.slices[0].second <= v.slices[len(v.slices)-1].second-history {
		v.slices = v.slices[1:]
	}
}

// slice is a second of a cell.
type slice struct {
	tally
	second   int
	cell     string
	block    int
	inFlight *int
}

// tally counts requests that have ended.
type tally struct {
	ok, failed, cut int
	output          int // tokens of requests that succeeded
	errors          map[exchange.Class]int
	ttft, gap, e2e  stats.Histogram // ms, of requests that succeeded
}

// times of a request, in ms.
type times struct {
	ttft, e2e         float64
	hasTTFT, streamed bool
	hasE2E            bool
}

func timesOf(x *exchange.Exchange) (t times) {
	if x.Class != exchange.OK {
		return t
	}
	t.ttft, t.hasTTFT = measure.Value("ttft", x)
	t.e2e, t.hasE2E = measure.Value("e2e", x)
	t.streamed = !x.NotStreamed() // or the times between its tokens say nothing
	return t
}

func (c *tally) add(x *exchange.Exchange, t *times) {
	switch {
	case x.Failed():
		c.failed++
		if c.errors == nil {
			c.errors = map[exchange.Class]int{}
		}
		class := x.Class
		if len(c.errors) >= mostNames {
			class = "other"
		}
		c.errors[class]++
		return
	case x.Class != exchange.OK:
		c.cut++
		return
	}
	c.ok++
	output, _ := x.Output()
	c.output += output
	if t.hasTTFT {
		c.ttft.Add(t.ttft, 1)
	}
	if t.hasE2E {
		c.e2e.Add(t.e2e, 1)
	}
	if t.streamed {
		eachGap(x, func(ms float64) { c.gap.Add(ms, 1) })
	}
}

func eachGap(x *exchange.Exchange, f func(ms float64)) {
	for i := 1; i < len(x.Frames); i++ {
		f(float64(x.Frames[i].At-x.Frames[i-1].At) / 1e6)
	}
}

func (c *tally) merge(o *tally) {
	c.ok, c.failed, c.cut, c.output = c.ok+o.ok, c.failed+o.failed, c.cut+o.cut, c.output+o.output
	for class, n := range o.errors {
		if c.errors == nil {
			c.errors = map[exchange.Class]int{}
		}
		c.errors[class] += n
	}
	c.ttft.Merge(&o.ttft)
	c.gap.Merge(&o.gap)
	c.e2e.Merge(&o.e2e)
}
