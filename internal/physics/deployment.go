package physics

import (
	"fmt"
	"math"
)

// Deployment is one engine: a model on a group of accelerators.
type Deployment struct {
	Model       Model
	Accelerator Accelerator

	TP int // ranks that share each layer; 0: 1
	PP int // stages that share the layers; 0: 1
	// DP is how many groups of TP×PP ranks share the experts, each with the
	// attention, a cache and requests of its own; 0: 1. All times and sizes
	// are those of one group. Groups that share nothing are deployments apart.
	DP int

	// Weights overrides the format of the published weights, of experts as
	// well; KV is that of the cache. "": published, and BF16.
	Weights, KV Format

	Utilization float64 // share of the memory that the engine may take; 0: 0.9
	MaxSeqs     int     // sequences in one step; 0: no limit
	// GraphTokens is the most tokens of a step that is launched as one
	// recorded graph. 0: what vLLM takes, min(2·MaxSeqs, 512); negative: no limit.
	GraphTokens int
}

// blockTokens is the grain of an engine's cache.
const blockTokens = 16

// Roofline is a deployment that was checked, with what its steps share
// computed once. It is immutable and may be used by many goroutines.
type Roofline struct {
	d  Deployment
	c  Coefficients
	tp float64
	pp float64

	bandwidth float64
	graph     int
	weights   float64 // bytes on the fullest rank

	linear, experts, head product
	headRow               float64 // s of sampling one row
	expertCount           float64
	missShare             float64 // share of experts that one token does not go through
	expertActive          float64
	token                 float64 // s of elementwise work a token
	attnLaunch            float64 // s a step
	attnSequence          float64 // s a sequence
	kvGlobal, kvWindowed  float64 // bytes a context token, over all such layers, a rank
	pairGlobal            float64 // operations of a query-key pair while reading a prompt
	pairWindowed          float64
	scoreGlobal           float64 // the same while writing
	scoreWindowed         float64
	promptToken           float64 // s
	peak                  float64 // BF16 operations/s
	attnPeak              float64 // the most that attention could compute with
	commLatency           float64 // s a step
	commToken             float64 // s a token
	layers                float64
}

// product is a group of matrix products over the same rows.
type product struct {
	bytes   float64 // read once a step
	flops   float64 // a row
	peak    float64
	eff     Efficiency
	tMem    float64 // bytes ÷ (bandwidth·eff)
	tRow    float64 // flops ÷ (peak·eff)
	floorB  float64 // bytes ÷ bandwidth
	floorOp float64 // flops ÷ peak
}

func newProduct(bytes, flops, bandwidth, peak float64, e Efficiency) product {
	return product{
		bytes: bytes, flops: flops, peak: peak, eff: e,
		tMem: bytes / (bandwidth * e.Memory), tRow: flops / (peak * e.Compute),
		floorB: bytes / bandwidth, floorOp: flops / peak,
	}
}

// New checks a deployment and makes it ready for Step. What cannot be, or
// does not fit into the memory, is an error that says what would.
func New(d Deployment) (*Roofline, error) {
	if err := d.Model.Validate(); err != nil {
		return nil, err
	}
	for _, n := range []*int{&d.TP, &d.PP, &d.DP} {
		*n = max(*n, 1)
	}
	if d.Utilization == 0 {
		d.Utilization = 0.9
	}
	m, a := d.Model, d.Accelerator
	switch {
	case !(d.Utilization > 0 && d.Utilization <= 1):
		return nil, fmt.Errorf("a memory utilization of %g is not over 0 and at most 1", d.Utilization)
	case m.Heads%d.TP != 0:
		return nil, fmt.Errorf("tensor parallelism %d does not divide the %d attention heads of %s", d.TP, m.Heads, m.Name)
	case m.MLA.KVLoRA == 0 && m.KVHeads%d.TP != 0 && d.TP%m.KVHeads != 0:
		return nil, fmt.Errorf("tensor parallelism %d neither divides the %d KV heads of %s nor is a multiple of them", d.TP, m.KVHeads, m.Name)
	case d.PP > m.Layers:
		return nil, fmt.Errorf("%d stages for the %d layers of %s", d.PP, m.Layers, m.Name)
	case d.DP > 1 && m.MoE.Experts == 0:
		return nil, fmt.Errorf("%s has no experts to share, so that data parallelism makes deployments of their own; model one", m.Name)
	case !(a.Memory > 0) || !(a.Bandwidth > 0):
		return nil, fmt.Errorf("accelerator %q: its memory and its bandwidth must be known", a.Name)
	case !(a.Peak.BF16 > 0):
		return nil, fmt.Errorf("accelerator %q: %w", a.Name, errNoRate)
	}
	for _, f := range []Format{d.Weights, d.KV} {
		if f != "" && f.Bytes() == 0 {
			return nil, f.unknown()
		}
	}
	r := &Roofline{d: d, c: a.or(DefaultCoefficients()), tp: float64(d.TP), pp: float64(d.PP), bandwidth: a.Bandwidth, peak: a.Peak.BF16}
	if err := r.c.Validate(); err != nil {
		return nil, fmt.Errorf("the coefficients of %s: %w", a.Name, err)
	}
	r.prepare()
	if err := r.fits(); err != nil {
		return nil, err
	}
	return r, nil
}

// formats returns those of the layers, the experts and the head.
func (d Deployment) formats() (linear, experts, head Format) {
	linear = d.Weights.or(d.Model.Weights).or(BF16)
	experts = d.Weights.or(d.Model.ExpertWeights).or(linear)
	head = BF16 // what quantizes layers leaves the head and the embedding alone
	if linear.wholeModel() {
		head = linear
	}
	return linear, experts, head
}

func (r *Roofline) prepare() {
	d, m, c, bw := r.d, r.d.Model, r.c, r.bandwidth
	linear, experts, head := d.formats()
	wb, eb, hb := linear.Bytes(), experts.Bytes(), head.Bytes()
	ranks := r.tp * float64(d.DP) // that share the experts
	r.layers = float64(m.Layers)

	peak := d.Accelerator.Peak
	r.attnPeak = peak.of(d.KV.or(BF16))
	r.linear = newProduct(m.dense()*wb/r.tp, 2*m.dense()/r.tp, bw, peak.of(linear), efficiencyOf(c.Linear, linear))
	if m.MoE.Experts > 0 {
		all := float64(m.moeLayers()) * m.expert()
		r.expertCount, r.expertActive = float64(m.MoE.Experts), float64(m.MoE.Active)
		r.missShare = 1 - r.expertActive/r.expertCount
		r.experts = newProduct(all*r.expertCount*eb/ranks, 2*all*r.expertActive/ranks, bw, peak.of(experts), efficiencyOf(c.Experts, experts))
	}
	r.head = newProduct(m.head()*hb/r.tp, 2*m.head()/r.tp, bw, peak.of(head), efficiencyOf(c.Linear, head))
	memory := bw * r.linear.eff.Memory
	r.headRow = 12 * float64(m.Vocab) / memory // logits in 32 bits: written, read, and read sorted

	// Sizes on the fullest rank. With stages the first has the embedding and
	// the last the head, unless they are one.
	ends := m.head()*hb + m.embedding()*hb
	if d.PP > 1 {
		ends = m.head() * hb
	}
	r.weights = (m.dense()*wb/r.tp+float64(m.moeLayers()*m.MoE.Experts)*m.expert()*eb/ranks)/r.pp + ends/r.tp

	width := float64(m.FF)
	if m.MoE.Experts > 0 {
		width = float64((m.MoE.Active+m.MoE.Shared)*m.MoE.FF) + width*float64(m.MoE.DenseLayers)/r.layers
	}
	h, hd := float64(m.Heads), float64(m.HeadDim)
	r.token = r.layers * (16*float64(m.Hidden) + (4*(h+2*float64(m.KVHeads))*hd+6*width)/r.tp) / memory

	full, slid := r.layers-float64(m.WindowLayers), float64(m.WindowLayers)
	kv := r.kvRank()
	r.kvGlobal, r.kvWindowed = full*kv, slid*kv
	r.attnLaunch = r.layers * c.Attention.Launch
	r.attnSequence = r.layers * c.Attention.Sequence * r.kvHeadsRank()
	r.pairGlobal, r.pairWindowed = full*m.scorePair(true)/r.tp, slid*m.scorePair(true)/r.tp
	r.scoreGlobal, r.scoreWindowed = full*m.scorePair(false)/r.tp, slid*m.scorePair(false)/r.tp
	r.promptToken = r.layers * c.Attention.PromptToken * h / r.tp

	r.prepareLinks()
	r.graph = d.GraphTokens
	if r.graph == 0 {
		r.graph = 512
		if d.MaxSeqs > 0 {
			r.graph = min(2*d.MaxSeqs, 512)
		}
	}
}

// prepareLinks sums what a step waits for other ranks: two all-reduces a
// layer among TP ranks; with DP, tokens on their way to the experts' ranks and
// back, each token to each rank once that has one of its experts; a hop
// between stages.
func (r *Roofline) prepareLinks() {
	d, m := r.d, r.d.Model
	row := 2 * float64(m.Hidden) // bytes of one token between layers
	if d.TP > 1 {
		l := r.c.link(d.TP)
		r.commLatency += 2 * r.layers * l.Latency
		r.commToken += 2 * r.layers * row / l.Bandwidth
	}
	if d.DP > 1 {
		ranks := d.DP * d.TP
		l := r.c.link(ranks)
		others := float64(ranks-1) * (1 - math.Pow(1-1/float64(ranks), float64(m.MoE.Active)))
		r.commLatency += 2 * float64(m.moeLayers()) * l.Latency
		r.commToken += 2 * float64(m.moeLayers()) * others * row / l.Bandwidth / r.tp
	}
	if d.PP > 1 {
		l := r.c.link(2)
		r.commLatency += float64(d.PP-1) * 10e-6
		r.commToken += float64(d.PP-1) * row / l.Bandwidth
	}
}

// kvHeadsRank returns the KV heads of one rank, which are copied where there
// are more ranks than heads. Latents are copied to every rank.
func (r *Roofline) kvHeadsRank() float64 {
	if r.d.Model.MLA.KVLoRA > 0 {
		return 1
	}
	return max(1, float64(r.d.Model.KVHeads)/r.tp)
}

// kvRank returns the cache of one token in one layer on one rank, in bytes.
func (r *Roofline) kvRank() float64 {
	per := r.d.Model.kvElements() * r.d.KV.or(BF16).Bytes()
	if r.d.Model.MLA.KVLoRA > 0 {
		return per
	}
	return per / float64(r.d.Model.KVHeads) * r.kvHeadsRank()
}

// free returns the bytes of one rank that are left for the cache.
func (r *Roofline) free() float64 {
	return r.d.Utilization*r.d.Accelerator.Memory - r.weights - r.c.Other
}

// SizeError says that a model does not fit into the memory of its accelerators.
type SizeError struct{ text string }

func (e *SizeError) Error() string { return e.text }

func (r *Roofline) fits() error {
	if r.KVTokens() >= blockTokens {
		return nil
	}
	d := r.d
	hint := "a smaller format of the weights"
	for tp := d.TP * 2; tp <= 64; tp *= 2 {
		larger := d
		larger.TP = tp
		if _, err := New(larger); err == nil {
			hint = fmt.Sprintf("tensor parallelism %d would", tp)
			break
		} else if d.Model.Heads%tp != 0 {
			break
		}
	}
	return &SizeError{fmt.Sprintf("%s does not fit: each of %d × %s needs %.4g GB for weights and %.3g GB for the rest, but has %.4g GB (%.4g × %.4g GB), and no space is left for a cache; %s, or a larger accelerator",
		d.Model.Name, d.TP*d.PP*d.DP, d.Accelerator.Name, r.weights/1e9, r.c.Other/1e9,
		d.Utilization*d.Accelerator.Memory/1e9, d.Utilization, d.Accelerator.Memory/1e9, hint)}
}

// Deployment returns what the roofline was made from, with defaults filled in.
func (r *Roofline) Deployment() Deployment { return r.d }

// Coefficients returns those in use, with the generic ones filled in.
func (r *Roofline) Coefficients() Coefficients { return r.c }

// WeightBytes returns the bytes of the weights on the fullest rank.
func (r *Roofline) WeightBytes() float64 { return r.weights }

// KVTokens returns how many tokens the cache of one group holds, in whole
// blocks of 16, if every layer keeps every token. Engines that give sliding
// layers less hold more: see KVSequences. Source: vLLM's own logs agree to
// 2 % (utilization × memory − weights − other).
func (r *Roofline) KVTokens() int {
	per := r.layers / r.pp * r.kvRank()
	blocks := math.Floor(r.free() / per / blockTokens)
	return max(0, int(blocks)) * blockTokens
}

// KVSequences returns how many sequences of that many tokens the cache holds,
// if sliding layers keep no more than their window.
func (r *Roofline) KVSequences(tokens int) int {
	if tokens <= 0 {
		return 0
	}
	m := r.d.Model
	windowed := min(tokens, m.windowOr(tokens))
	per := (r.kvGlobal*float64(tokens) + r.kvWindowed*float64(windowed)) / r.pp
	return max(0, int(r.free()/per))
}
