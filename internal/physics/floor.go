package physics

import "math"

// DecodeFloor returns the least time of one step in s in which that many
// sequences write a token each, all with that much context: what must be
// read at full bandwidth, or computed at full rate. Of the experts it counts
// only those of one token, since all tokens might take the same. Stages do
// not shorten it: a token goes through all of them.
func (r *Roofline) DecodeFloor(sequences, context int) float64 {
	n := float64(max(0, sequences))
	if n == 0 {
		return 0
	}
	ctx := n * float64(context)
	slid := n * float64(min(context, r.d.Model.windowOr(context)))
	read := r.linear.floorB + r.head.floorB + (r.kvGlobal*ctx+r.kvWindowed*slid)/r.bandwidth
	if r.expertCount > 0 {
		read += r.experts.floorB * (1 - r.missShare)
	}
	ops := (r.linear.floorOp+r.head.floorOp)*n + (r.scoreGlobal*ctx+r.scoreWindowed*slid)/r.attnPeak
	if r.expertCount > 0 {
		ops += r.experts.floorOp * n
	}
	return max(read, ops)
}

// PrefillFloor returns the least time in s until a prompt of n tokens has
// been read, of which cached were in the cache before: all operations at full
// rate, chunks spread over the stages. Source: 2 operations a weight and
// token, and causal attention.
func (r *Roofline) PrefillFloor(n, cached int) float64 {
	n = max(0, n-cached)
	if n == 0 {
		return 0
	}
	m := r.d.Model
	flops := r.pairGlobal * pairs(n, cached)
	if m.Window > 0 {
		flops += r.pairWindowed * slidPairs(n, cached, m.Window)
	}
	t := r.linear.floorOp*float64(n) + r.head.floorOp + flops/r.attnPeak
	if r.expertCount > 0 {
		t += r.experts.floorOp * float64(n) // of this group's share of all ranks
	}
	return t / r.pp
}

// Crossover returns the rows at which reading the weights takes as long as
// computing with them: F·bytes ÷ (2·bandwidth). Under it a batch is free.
func (r *Roofline) Crossover() float64 { return r.linear.floorB / r.linear.floorOp }

// Load is a steady load of equal requests.
type Load struct {
	Input, Output int // tokens of a request
	Cached        int // of the input, found in the cache
	Sequences     int // most at once; 0: the deployment's MaxSeqs, or what the cache holds
	BatchTokens   int // most tokens of a step; 0: no limit
}

// Saturation is the throughput that cannot be passed.
type Saturation struct {
	Requests  float64 // a second
	Tokens    float64 // output tokens a second
	Sequences int     // that write at once
	Step      StepTime
	Binds     Term
	// CacheFull says that the cache limits Sequences, not the limit of the
	// engine or of the load.
	CacheFull bool
}

// MaxThroughput returns the throughput of a deployment that always has work:
// sequences ÷ step time, where each step also reads as many prompt tokens as
// its writers will have to make room for. The mean context is the input and
// half of the output. A closed form: an engine's queue and the ebb and flow
// of its batches are not in it. Zero if nothing fits.
func (r *Roofline) MaxThroughput(l Load) Saturation {
	var s Saturation
	if l.Output <= 0 || l.Input < 0 {
		return s
	}
	mean := l.Input + (l.Output+1)/2
	held := r.KVSequences(mean)
	s.Sequences, s.CacheFull = held, true
	for _, limit := range []int{l.Sequences, r.d.MaxSeqs} {
		if limit > 0 && limit <= s.Sequences {
			s.Sequences, s.CacheFull = limit, false
		}
	}
	if s.Sequences == 0 {
		return s
	}
	// A request needs Output-1 steps as a writer, and its first token comes
	// with its last chunk.
	n := float64(s.Sequences)
	starts := n / float64(max(1, l.Output-1)) // requests a step
	fresh := max(0, l.Input-l.Cached)
	if most := l.BatchTokens; most > 0 && n+starts*float64(fresh) > float64(most) {
		starts *= max(0, float64(most)-n) / (starts * float64(fresh))
		n = starts * float64(max(1, l.Output-1)) // fewer write, since fewer get in
		if s.Sequences = int(n); s.Sequences == 0 {
			return Saturation{} // writers alone fill the budget: no prompt gets in
		}
	}
	// Prompts come one by one: a share of the steps has one, or all have
	// several. The time is that of both kinds of steps, by their share.
	plain := Batch{Writers: s.Sequences, WriterContext: s.Sequences * mean, Rows: s.Sequences}
	if w := r.d.Model.Window; w > 0 {
		plain.WriterSlid = s.Sequences * min(mean, w)
	}
	with := plain
	whole := max(1, int(math.Round(starts)))
	for range whole {
		r.AddPrompt(&with, fresh, l.Cached, true)
	}
	with.New = whole
	share := min(1, starts/float64(whole))
	a, b := r.Step(plain), r.Step(with)
	s.Step.Total = a.Total*(1-share) + b.Total*share
	for t := range s.Step.Terms {
		s.Step.Terms[t] = a.Terms[t]*(1-share) + b.Terms[t]*share
	}
	s.Step.Floor = a.Floor*(1-share) + b.Floor*share
	s.Binds = s.Step.Binds()
	s.Requests = starts / s.Step.Total
	s.Tokens = s.Requests * float64(l.Output)
	return s
}

// Ceiling returns the most output tokens a second that the data sheet
// allows for a load, whatever the engine does: every token of a request, but
// the cached ones, is computed once, and with a limit of sequences each step
// takes its floor.
func (r *Roofline) Ceiling(l Load) float64 {
	if l.Output <= 0 {
		return 0
	}
	row := r.linear.floorOp
	if r.expertCount > 0 {
		row += r.experts.floorOp
	}
	compute := (row*float64(max(0, l.Input-l.Cached)+l.Output-1) + r.head.floorOp*float64(l.Output)) / r.pp
	best := float64(l.Output) / compute
	if l.Sequences > 0 && l.Output > 1 {
		// All but the first token take a step; stages work on a part each.
		step := r.DecodeFloor((l.Sequences+r.d.PP-1)/r.d.PP, l.Input)
		best = min(best, float64(l.Sequences)/step*float64(l.Output)/float64(l.Output-1))
	}
	return best
}
