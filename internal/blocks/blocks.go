// Package blocks cuts a load into blocks, so that several targets can take turns.
//
// Several targets get the same load interleaved: it is cut into blocks, and in each
// round every target runs its block of the same prompts, in an order drawn by
// the seed. That is a randomized complete block design (Fisher, The Design of
// Experiments, 1935), as "randomized multiple interleaved trials" recommended
// for machines whose speed changes (Abedi and Brecht, ICPE 2017). Targets never
// run at once, so that none disturbs another; a slow drift reaches all of them
// alike, and what is left of it is in the scatter of the rounds.
package blocks

import (
	"cmp"
	"time"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/seeded"
)

const (
	// usualRounds is as many as there are without --blocks, if they are long
	// enough. Each costs a warm-up and a drain; with ten Student's quantile is
	// 2.3, and no number of them brings it under 2.
	usualRounds = 10
	// A block of fewer requests, fewer per user, or less time is mostly edge.
	blockRequests, blockPerUser = 20, 4
	blockTime                   = 5 * time.Second
	// leadTime is how much of a trace runs before a block and is not measured, so
	// that the block finds the server as the rows before it leave it, and leadOut
	// how much of a schedule may follow it while its requests end.
	leadTime, leadOut = 5 * time.Second, time.Minute
)

// Rounds is in how many blocks a load is cut: what the plan says, else as many
// as are not too short. A rate that changes and turns of sessions are not cut:
// a block from their middle lacks what went before it, the queue that a burst
// has left and the conversation.
func Rounds(l plan.LoadPlan, s loadgen.Shape) int {
	if l.RateCurve != "" || s.Turn != nil {
		return 1
	}
	requests, span := s.Requests, s.Duration
	switch {
	case len(s.Times) > 0:
		requests, span = len(s.Times), time.Duration(float64(s.Times[len(s.Times)-1])/cmp.Or(s.Speed, 1))
	case s.Open():
		dues := schedule(s)
		requests, span = len(dues), dues[len(dues)-1]
	}
	n := l.Blocks
	if n == 0 {
		n = usualRounds
		if requests > 0 {
			n = min(n, requests/max(blockRequests, blockPerUser*s.Users))
		}
		if span > 0 {
			n = min(n, int(span/blockTime))
		}
		n = max(n, cells.MinRounds)
	}
	if requests > 0 {
		n = min(n, requests)
	}
	return n
}

// schedule is the due times of an open loop by its rate, as far as it is
// measured.
func schedule(s loadgen.Shape) []time.Duration {
	var out []time.Duration
	for t := range s.Schedule.Times() {
		if s.Requests > 0 && len(out) == s.Requests || s.Duration > 0 && t >= s.Duration {
			break
		}
		out = append(out, t)
	}
	return out
}

// Part is one block of a load.
type Part struct {
	Shape loadgen.Shape
	From  int // of a trace: its first measured row
}

// Cut divides a load into n parts that are the whole of it together.
//
// A closed loop is cut by requests, by time or both, like the whole is; each
// block starts its users from scratch, warms them up with a request each, and keeps
// them going until its last measured request has ended. An open loop and a trace
// are cut between two arrivals: the window of a block is that of its arrivals
// up to the first one of the next, so that all windows together are the
// schedule that one target alone would get. The rate continues after it, and
// the usual warm-up comes before it, since each block begins with an empty server;
// before rows of a trace come the rows that precede them.
func Cut(s loadgen.Shape, n int) []Part {
	if n == 1 {
		return []Part{{Shape: s}}
	}
	share := func(all, i int) int { return all*(i+1)/n - all*i/n }
	parts := make([]Part, n)
	if !s.Open() {
		for i := range parts {
			p := s
			p.Requests, p.Duration = share(s.Requests, i), s.Duration/time.Duration(n)
			if most := &p.Settle.Requests; *most > 0 && p.Requests > 0 {
				*most = max(p.Users, min(*most, p.Requests))
			}
			parts[i].Shape = p
		}
		return parts
	}
	var dues []time.Duration
	if len(s.Times) > 0 {
		for _, t := range s.Times {
			dues = append(dues, time.Duration(float64(t)/cmp.Or(s.Speed, 1)))
		}
		return cutAt(s, dues, len(dues), n)
	}
	measured := schedule(s)
	for t := range s.Schedule.Times() {
		if dues = append(dues, t); t > measured[len(measured)-1]+leadOut {
			break
		}
	}
	return cutAt(s, dues, len(measured), n)
}

// cutAt cuts due times, of which the first measured ones count.
func cutAt(s loadgen.Shape, dues []time.Duration, measured, n int) []Part {
	recorded := len(s.Times) > 0
	parts := make([]Part, n)
	for i := range parts {
		from, to := measured*i/n, measured*(i+1)/n
		p := s
		p.Times, p.Speed, p.Duration, p.Requests = nil, 0, 0, to-from
		begin := dues[from]
		first := from
		if recorded {
			for first > 0 && dues[first-1] >= begin-leadTime {
				first--
			}
			p.Warmup, begin = from-first, dues[first]
		} else { // its warm-up comes by the schedule, and not as that of another block
			p.Schedule.Seed = seeded.Mix(s.Schedule.Seed ^ uint64(i+1))
		}
		for k := first; k < len(dues) && (k < to || dues[k] <= dues[to-1]+leadOut); k++ {
			p.Times = append(p.Times, dues[k]-begin)
		}
		parts[i] = Part{p, from}
	}
	return parts
}
