package physics

import (
	"math"
	"time"
)

// Batch is what one step of one group works on. It is a sum, so that a
// scheduler can keep it as it goes: AddPrompt and AddWriter add a sequence,
// and a step later all writers have one token of context more.
type Batch struct {
	Prompts       int     // chunks of prompts
	PromptTokens  int     // new tokens in them
	PromptPairs   float64 // query-key pairs: for each new token those before it and itself
	PromptSlid    float64 // the same within the model's window
	PromptContext int     // tokens already cached that the chunks look at

	Writers       int // sequences that write
	WriterTokens  int // tokens that they put in; 0: one each
	WriterContext int // cached tokens that they look at, summed
	WriterSlid    int // the same within the model's window, summed; 0: as if all were as long

	Rows int // tokens to sample: one a writer, and one a prompt whose last chunk this is
	New  int // requests that are in a step for the first time
	// GroupTokens are the tokens of all DP groups in this step; 0: as many in
	// each as in this one.
	GroupTokens int
}

// AddPrompt adds a chunk of n prompt tokens after context tokens that are
// cached. The last chunk of a prompt samples a token.
func (r *Roofline) AddPrompt(b *Batch, n, context int, last bool) {
	b.Prompts++
	b.PromptTokens += n
	b.PromptContext += context
	b.PromptPairs += pairs(n, context)
	if w := r.d.Model.Window; w > 0 {
		b.PromptSlid += slidPairs(n, context, w)
	}
	if last {
		b.Rows++
	}
}

// AddWriter adds a sequence that writes, with that many tokens cached.
func (r *Roofline) AddWriter(b *Batch, context int) {
	b.Writers++
	b.Rows++
	b.WriterContext += context
	if w := r.d.Model.Window; w > 0 {
		b.WriterSlid += min(context, w)
	}
}

// pairs counts Σ (context+i) for i = 1…n.
func pairs(n, context int) float64 {
	x := float64(n)
	return x*float64(context) + x*(x+1)/2
}

// slidPairs counts Σ min(context+i, w) for i = 1…n.
func slidPairs(n, context, w int) float64 {
	short := min(n, max(0, w-context)) // tokens that see less than the window
	return pairs(short, context) + float64(n-short)*float64(w)
}

// Term is one of the things that a step waits for.
type Term uint8

// Terms of a step's time.
const (
	TermWeights       Term = iota // reading weights
	TermKV                        // reading the cache
	TermCompute                   // matrix units
	TermActivations               // reading and writing what runs between kernels, and sampling
	TermCommunication             // waiting for other ranks
	TermLaunch                    // fixed costs of kernels
	TermHost                      // the engine's own time
	numTerms
)

// Terms returns all terms in their order.
func Terms() []Term {
	return []Term{TermWeights, TermKV, TermCompute, TermActivations, TermCommunication, TermLaunch, TermHost}
}

func (t Term) String() string {
	if t >= numTerms {
		return "none"
	}
	return [numTerms]string{"weights", "kv", "compute", "activations", "communication", "launch", "host"}[t]
}

// StepTime is the time of a step in seconds, and what it is made of. With
// pipeline stages it is the time of one batch through all of them; PP batches
// are under way at once.
type StepTime struct {
	Total float64
	Terms [numTerms]float64 // by Term; they sum to Total
	// Floor is the least that the data sheet allows: bytes that must be read
	// at full bandwidth, or operations at full rate, whichever takes longer.
	Floor float64
}

// Binds returns the largest term.
func (s StepTime) Binds() Term {
	best := TermWeights
	for t, v := range s.Terms {
		if v > s.Terms[best] {
			best = Term(t)
		}
	}
	return best
}

// Duration returns the total, rounded to ns.
func (s StepTime) Duration() time.Duration {
	return time.Duration(math.Round(s.Total * float64(time.Second)))
}

// Step returns the time of one step. A batch without a token takes no time.
// It allocates nothing.
func (r *Roofline) Step(b Batch) StepTime {
	var s StepTime
	writerTokens := max(b.Writers, b.WriterTokens)
	tokens := b.PromptTokens + writerTokens
	if tokens <= 0 {
		return s
	}
	t := float64(tokens)
	var read, ops float64 // at the data sheet's rates, in s

	// Matrix products of all tokens; then those of the experts that any
	// token of any group goes through; then the head's, of sampled rows only.
	s.add(r.linear, t, 1)
	read, ops = r.linear.floorB, r.linear.floorOp*t
	if r.expertCount > 0 {
		all := t * float64(r.d.DP)
		if b.GroupTokens > 0 {
			all = float64(max(b.GroupTokens, tokens))
		}
		hit := 1 - math.Pow(r.missShare, all) // expected share of experts that are read
		s.add(r.experts, all, hit)
		read += r.experts.floorB * hit
		ops += r.experts.floorOp * all
	}
	if rows := float64(b.Rows); rows > 0 {
		s.add(r.head, rows, 1)
		s.Terms[TermActivations] += r.headRow * rows / r.tp
		read += r.head.floorB
		ops += r.head.floorOp * rows
	}

	kvRead, attnOps := r.attention(&s, b, writerTokens)
	read += kvRead
	ops += attnOps

	s.Terms[TermActivations] += r.token * t
	s.Terms[TermCommunication] += r.commLatency + r.commToken*t
	s.Terms[TermLaunch] += r.layers * r.c.Layer
	h := r.c.Host
	if r.graph >= 0 && tokens > r.graph {
		s.Terms[TermLaunch] += r.layers * h.Eager
	}
	s.Terms[TermHost] = h.Step + h.Sequence*float64(b.Writers+b.Prompts) + h.Request*float64(b.New)

	for _, v := range s.Terms {
		s.Total += v
	}
	s.Floor = max(read, ops)
	return s
}

// add puts the time of a product over rows in, split between reading weights
// and computing by their shares of the norm: t = (c^p + m^p)^(1/p) is the sum
// of t·(c/t)^p and t·(m/t)^p. Source of the norm: real knees are softer than
// a maximum.
func (s *StepTime) add(p product, rows, share float64) {
	c, m := p.tRow*rows, p.tMem*share
	big, small := max(c, m), min(c, m)
	if big <= 0 {
		return
	}
	ratio := math.Pow(small/big, p.eff.Knee)
	total := big * math.Pow(1+ratio, 1/p.eff.Knee)
	minor := total * ratio / (1 + ratio)
	if c >= m {
		s.Terms[TermCompute] += total - minor
		s.Terms[TermWeights] += minor
	} else {
		s.Terms[TermWeights] += total - minor
		s.Terms[TermCompute] += minor
	}
}

// attention adds the time of attention, and returns its floors in s: the
// cache that must be read, and the operations.
//
// Reading a prompt: operations at the rate that long prompts reach, and a
// time a token on top, which is why short ones reach less; or the cached
// context, if that takes longer. Writing: the cache, and a time a sequence,
// which partly hide each other (exponent 1.5); kernels that serve both at
// once are slower by Mix. Both forms fit measured kernels to about 10 %.
func (r *Roofline) attention(s *StepTime, b Batch, writerTokens int) (read, ops float64) {
	a := r.c.Attention
	s.Terms[TermLaunch] += r.attnLaunch
	if b.PromptTokens > 0 {
		slid := b.PromptSlid
		if r.pairWindowed > 0 && slid == 0 {
			n := max(1, b.Prompts)
			slid = float64(n) * slidPairs(b.PromptTokens/n, b.PromptContext/n, r.d.Model.Window)
		}
		flops := r.pairGlobal*b.PromptPairs + r.pairWindowed*slid
		ctx := float64(b.PromptContext)
		bytes := r.kvGlobal*ctx + r.kvWindowed*min(ctx, float64(r.d.Model.windowOr(0)*b.Prompts))
		compute, memory := flops/(r.peak*a.Compute)+r.promptToken*float64(b.PromptTokens), bytes/(r.bandwidth*a.KV)
		if compute >= memory {
			s.Terms[TermCompute] += compute
		} else {
			s.Terms[TermKV] += memory
		}
		read += bytes / r.bandwidth
		ops += flops / r.attnPeak
	}
	if b.Writers > 0 {
		ctx, slid := float64(b.WriterContext), float64(b.WriterSlid)
		if r.kvWindowed > 0 && slid == 0 {
			slid = min(ctx, float64(r.d.Model.Window*b.Writers))
		}
		bytes := r.kvGlobal*ctx + r.kvWindowed*slid
		flops := (r.scoreGlobal*ctx + r.scoreWindowed*slid) * float64(writerTokens) / float64(b.Writers)
		memory, compute := bytes/(r.bandwidth*a.KV), flops/(r.peak*a.Compute)
		bound := TermKV
		if compute > memory {
			memory, bound = compute, TermCompute
		}
		fixed := r.attnSequence * float64(b.Writers)
		x, y := fixed*math.Sqrt(fixed), memory*math.Sqrt(memory)
		if sum := x + y; sum > 0 {
			total := math.Cbrt(sum * sum)
			if b.Prompts > 0 {
				total *= a.Mix
			}
			part := total * y / sum
			s.Terms[bound] += part
			s.Terms[TermLaunch] += total - part
		}
		read += bytes / r.bandwidth
		ops += flops / r.attnPeak
	}
	return read, ops
}
