package physics

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

var llama8B = Model{Name: "llama-8b", Layers: 32, Hidden: 4096, Heads: 32, KVHeads: 8, HeadDim: 128, FF: 14336, Vocab: 128256}

// h100 is a data sheet with generic efficiencies.
var h100 = Accelerator{Name: "H100", Memory: 85.5e9, Bandwidth: 3350e9, Peak: Peak{BF16: 989e12, FP8: 1979e12}}

// ideal reaches its data sheet, and nothing but the roofline costs time.
func ideal(a Accelerator) Accelerator {
	const none = 1e-15
	perfect := Efficiency{Memory: 1, Compute: 1, Knee: 100}
	by := map[Format]Efficiency{BF16: perfect, FP8: perfect, FP8Block: perfect, MXFP4: perfect}
	a.Coefficients = Coefficients{
		Basis: Calibrated, Linear: by, Experts: by, Layer: none, Other: 1,
		Attention: Attention{Launch: none, Sequence: none, KV: 1, Mix: 1, Compute: 1, PromptToken: none},
		Host:      Host{Step: none, Sequence: none, Request: none, Eager: none, Client: none},
	}
	return a
}

func make1(t testing.TB, d Deployment) *Roofline {
	t.Helper()
	r, err := New(d)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Worked by hand for Llama 8B on an accelerator that reaches its data sheet.
func TestClosedForms(t *testing.T) {
	r := make1(t, Deployment{Model: llama8B, Accelerator: ideal(h100)})
	read := (8.0302e9 - 128256*4096) * 2 // the embedding is only looked up
	flops := read / 2 * 2
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got/want-1) > 1e-3 {
			t.Errorf("%s is %g, want %g", what, got, want)
		}
	}
	near("one token", r.DecodeFloor(1, 0), read/3350e9)
	near("one token after 8000", r.DecodeFloor(1, 8000), (read+8000*131072)/3350e9)
	near("64 tokens after 1000", r.DecodeFloor(64, 1000), (read+64*1000*131072)/3350e9)
	near("2000 tokens at once", r.DecodeFloor(2000, 0), flops*2000/989e12)
	n := 8000.0
	near("a prompt", r.PrefillFloor(8000, 0), ((flops-2*128256*4096)*n+2*128256*4096+4*32*32*128*n*(n+1)/2)/989e12)
	near("a prompt that was cached", r.PrefillFloor(8000, 7999), ((flops-2*128256*4096)+2*128256*4096+4*32*32*128*n)/989e12)
	near("the crossover", r.Crossover(), 989e12/3350e9)
	if got := r.PrefillFloor(100, 100) + r.DecodeFloor(0, 100); got != 0 {
		t.Errorf("nothing to do takes %g s", got)
	}
	s := r.Step(Batch{Writers: 1, Rows: 1, WriterContext: 8000})
	near("a step at the data sheet", s.Total, r.DecodeFloor(1, 8000)+12*128256/3350e9+8000*0+32*(16*4096+4*48*128+6*14336)/3350e9)
	near("its floor", s.Floor, r.DecodeFloor(1, 8000))
	// Half the weights on each of two, a cached token's bytes too.
	two := make1(t, Deployment{Model: llama8B, Accelerator: ideal(h100), TP: 2})
	near("one token on two", two.DecodeFloor(1, 8000), r.DecodeFloor(1, 8000)/2)
	near("weights on two", two.WeightBytes(), r.WeightBytes()/2)
	near("tokens of two", float64(two.KVTokens()), (0.9*85.5e9-8.0302e9)/65536)
	// Weights of 8 bits are half as long to read but for the head, and twice as fast.
	fp8 := make1(t, Deployment{Model: llama8B, Accelerator: ideal(h100), Weights: FP8})
	near("one token of 8 bits", fp8.DecodeFloor(1, 0), (read/2+128256*4096)/3350e9)
	near("rows of 8 bits", fp8.Crossover(), 1979e12/3350e9/2)
	stages := make1(t, Deployment{Model: llama8B, Accelerator: ideal(h100), PP: 2})
	near("one token through two stages", stages.DecodeFloor(1, 0), r.DecodeFloor(1, 0))
	near("a prompt through two stages", stages.PrefillFloor(8000, 0), r.PrefillFloor(8000, 0)/2)
}

func TestBatchesAreSums(t *testing.T) {
	m := llama8B
	m.Window, m.WindowLayers = 100, 16
	r := make1(t, Deployment{Model: m, Accelerator: h100})
	var whole, chunks Batch
	r.AddPrompt(&whole, 300, 0, true)
	r.AddPrompt(&chunks, 130, 0, false)
	r.AddPrompt(&chunks, 170, 130, true)
	if whole.PromptPairs != 300*301/2 || chunks.PromptPairs != whole.PromptPairs || whole.PromptSlid != 100*101/2+200*100 || chunks.PromptSlid != whole.PromptSlid {
		t.Errorf("one chunk %+v, two %+v", whole, chunks)
	}
	if whole.Rows != 1 || chunks.Rows != 1 || chunks.PromptContext != 130 {
		t.Errorf("one chunk %+v, two %+v", whole, chunks)
	}
	var b Batch
	r.AddWriter(&b, 50)
	r.AddWriter(&b, 5000)
	if b != (Batch{Writers: 2, WriterContext: 5050, WriterSlid: 150, Rows: 2}) {
		t.Errorf("%+v", b)
	}
	if s := r.Step(Batch{}); s != (StepTime{}) {
		t.Errorf("an empty step takes %+v", s)
	}
}

// random draws a deployment that fits, of any kind.
func random(rng *rand.Rand) (Deployment, bool) {
	pick := func(of ...int) int { return of[rng.IntN(len(of))] }
	heads := pick(8, 16, 32, 64)
	m := Model{
		Name: "random", Layers: 1 + rng.IntN(100), Hidden: 128 * (1 + rng.IntN(64)), Heads: heads, KVHeads: heads / pick(1, 2, 4, 8),
		HeadDim: pick(64, 128, 256), FF: 256 * (1 + rng.IntN(100)), Vocab: 1000 * (1 + rng.IntN(250)), MLPMatrices: pick(0, 2, 3), Tied: rng.IntN(2) == 0,
	}
	if rng.IntN(2) == 0 {
		e := pick(4, 8, 64, 256)
		m.MoE = MoE{Experts: e, Active: 1 + rng.IntN(4), Shared: rng.IntN(2), FF: 256 * (1 + rng.IntN(20)), DenseLayers: rng.IntN(min(3, m.Layers))}
	}
	if rng.IntN(4) == 0 {
		m.MLA = MLA{QLoRA: pick(0, 1536), KVLoRA: 512, Rope: 64, Nope: 128, V: 128}
	}
	if rng.IntN(3) == 0 {
		m.Window, m.WindowLayers = pick(128, 1024, 4096), 1+rng.IntN(m.Layers)
	}
	a := Accelerator{Name: "random", Memory: 1e9 * (8 + 280*rng.Float64()), Bandwidth: 1e9 * (50 + 8000*rng.Float64())}
	a.Peak.BF16 = 1e12 * (1 + 2500*rng.Float64())
	if rng.IntN(2) == 0 {
		a.Peak.FP8 = 2 * a.Peak.BF16
	}
	share := func() float64 { return 0.02 + 0.98*rng.Float64() }
	a.Linear = map[Format]Efficiency{BF16: {share(), share(), 1 + 7*rng.Float64()}, FP8: {share(), share(), 1 + 7*rng.Float64()}}
	a.Attention = Attention{KV: share(), Compute: share(), Mix: 1 + 2*rng.Float64()}
	d := Deployment{Model: m, Accelerator: a, TP: pick(1, 1, 2, 4, 8), PP: pick(1, 1, 2), MaxSeqs: pick(0, 64, 256)}
	if m.MoE.Experts > 0 {
		d.DP = pick(1, 2, 4)
	}
	d.Weights = []Format{"", BF16, FP8, FP8Block, INT8, INT4, MXFP4, NVFP4, Q8, Q4, Q4KM}[rng.IntN(11)]
	d.KV = []Format{"", FP8}[rng.IntN(2)]
	_, err := New(d)
	return d, err == nil
}

// What must hold for any deployment and any batch.
func check(t *testing.T, seed uint64) bool {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 3))
	d, ok := random(rng)
	if !ok {
		return false
	}
	r := make1(t, d)
	var b Batch
	for range rng.IntN(4) {
		r.AddPrompt(&b, 1+rng.IntN(3000), rng.IntN(20000), rng.IntN(2) == 0)
	}
	for range rng.IntN(300) {
		r.AddWriter(&b, rng.IntN(20000))
	}
	if b.PromptTokens+b.Writers == 0 {
		r.AddWriter(&b, 0)
	}
	b.New = rng.IntN(b.Prompts + 1)
	s := r.Step(b)
	sum := 0.0
	for _, term := range Terms() {
		v := s.Terms[term]
		if sum += v; !(v >= 0) || math.IsInf(v, 0) {
			t.Errorf("seed %d: %v is %g of %+v", seed, term, v, b)
		}
		if v > s.Terms[s.Binds()] {
			t.Errorf("seed %d: %v binds, and %v is more", seed, s.Binds(), term)
		}
	}
	if math.Abs(sum-s.Total) > 1e-9*sum {
		t.Errorf("seed %d: terms sum to %g, of %g", seed, sum, s.Total)
	}
	if !(s.Floor > 0) || s.Total < s.Floor*(1-1e-9) {
		t.Errorf("seed %d: %g s is under the floor of %g", seed, s.Total, s.Floor)
	}
	if f := r.DecodeFloor(b.Writers, b.WriterContext/max(1, b.Writers)); b.Prompts == 0 && d.Model.Window == 0 && s.Total < f*(1-1e-9) {
		t.Errorf("seed %d: %g s is under the floor of writing, %g", seed, s.Total, f)
	}

	// More to do never takes less time.
	for name, more := range map[string]func(*Batch){
		"a prompt":      func(b *Batch) { r.AddPrompt(b, 1+rng.IntN(500), rng.IntN(500), true) },
		"a writer":      func(b *Batch) { r.AddWriter(b, rng.IntN(5000)) },
		"context":       func(b *Batch) { b.WriterContext += 1000 * b.Writers },
		"a prompt's":    func(b *Batch) { b.PromptPairs += 1e5; b.PromptContext += 100 },
		"a new request": func(b *Batch) { b.New++ },
	} {
		larger := b
		more(&larger)
		if l := r.Step(larger); l.Total < s.Total*(1-1e-9) || l.Floor < s.Floor*(1-1e-9) {
			t.Errorf("seed %d: %s more takes %g s (floor %g), not %g (%g)", seed, name, l.Total, l.Floor, s.Total, s.Floor)
		}
	}
	if twice := d; d.Model.Heads%(2*max(1, d.TP)) == 0 {
		twice.TP = 2 * max(1, d.TP)
		if r2, err := New(twice); err == nil {
			if r2.WeightBytes() > r.WeightBytes() || r2.KVTokens() < r.KVTokens() || r2.Step(b).Floor > s.Floor*(1+1e-9) {
				t.Errorf("seed %d: twice the ranks do worse", seed)
			}
		}
	}

	// Throughput stays under its ceilings.
	l := Load{Input: rng.IntN(4000), Output: 1 + rng.IntN(2000), Sequences: 1 + rng.IntN(300), BatchTokens: 256 * rng.IntN(40)}
	l.Cached = rng.IntN(l.Input + 1)
	if m := r.MaxThroughput(l); m.Tokens > r.Ceiling(l)*(1+1e-6)*float64(d.PP) || m.Tokens < 0 || m.Sequences > l.Sequences || m.Step.Total < m.Step.Floor {
		t.Errorf("seed %d: %+v passes the ceiling of %g for %+v", seed, m, r.Ceiling(l), l)
	}
	return true
}

func TestRandomDeployments(t *testing.T) {
	fit := 0
	for seed := range uint64(4000) {
		if check(t, seed) {
			fit++
		}
		if t.Failed() {
			break
		}
	}
	if fit < 1000 {
		t.Errorf("only %d of 4000 deployments fit", fit)
	}
}

func TestWhatBinds(t *testing.T) {
	r := make1(t, Deployment{Model: llama8B, Accelerator: h100})
	var prompt Batch
	r.AddPrompt(&prompt, 8192, 0, true)
	for want, b := range map[Term]Batch{
		TermWeights: {Writers: 1, Rows: 1, WriterContext: 100},
		TermKV:      {Writers: 64, Rows: 64, WriterContext: 64 * 6000},
		TermCompute: prompt,
		TermHost:    {Writers: 1, Rows: 1, New: 100},
	} {
		if s := r.Step(b); s.Binds() != want || s.Duration() != time.Duration(math.Round(s.Total*1e9)) {
			t.Errorf("%+v: %v binds %+v, want %v", b, s.Binds(), s, want)
		}
	}
	eight := make1(t, Deployment{Model: llama8B, Accelerator: Accelerator{Name: "slow links", Memory: 24e9, Bandwidth: 1e12, Peak: Peak{BF16: 300e12},
		Coefficients: Coefficients{Links: []Link{{2, 20e-6, 1e9}}}}, TP: 8})
	if s := eight.Step(prompt); s.Binds() != TermCommunication || s.Binds().String() != "communication" {
		t.Errorf("%v binds %+v", s.Binds(), s)
	}
}

// With experts shared by two groups each rank reads half of them, and those
// that both groups' tokens go through are read once.
func TestExpertsAreShared(t *testing.T) {
	m := Model{Name: "moe", Layers: 48, Hidden: 2048, Heads: 32, KVHeads: 4, HeadDim: 128, Vocab: 151936, MoE: MoE{Experts: 128, Active: 8, FF: 768}}
	one := make1(t, Deployment{Model: m, Accelerator: ideal(h100)})
	two := make1(t, Deployment{Model: m, Accelerator: ideal(h100), DP: 2})
	all := 48 * 128 * 3 * 2048 * 768 * 2.0 / 3350e9
	dense := one.DecodeFloor(1, 0) - all*8/128
	if got, want := one.Step(Batch{Writers: 1}).Floor, dense+all/16-151936*2048*2/3350e9; math.Abs(got/want-1) > 1e-6 {
		t.Errorf("one token reads for %g s, want %g: 8 experts", got, want)
	}
	hit := func(tokens float64) float64 { return 1 - math.Pow(1-8.0/128, tokens) }
	if got, want := two.Step(Batch{Writers: 10, GroupTokens: 20}).Floor-two.Step(Batch{Writers: 10, GroupTokens: 10}).Floor, all/2*(hit(20)-hit(10)); math.Abs(got/want-1) > 1e-6 {
		t.Errorf("10 tokens of the other group read for %g s, want %g", got, want)
	}
	if one.Step(Batch{Writers: 10}).Floor <= two.Step(Batch{Writers: 10}).Floor {
		t.Error("half the experts take no less time to read")
	}
	if a, b := two.Step(Batch{Writers: 10}), two.Step(Batch{Writers: 10, GroupTokens: 20}); a != b {
		t.Errorf("groups with as many tokens: %+v and %+v", a, b)
	}
}

func TestErrorsSayWhatHelps(t *testing.T) {
	big := llama8B
	big.Name, big.Layers = "llama-big", 300
	for _, c := range []struct {
		edit func(*Deployment)
		want string
	}{
		{func(d *Deployment) { d.Model = big }, "tensor parallelism 2 would"},
		{func(d *Deployment) { d.Accelerator.Memory = 1e8 }, "a smaller format"},
		{func(d *Deployment) { d.TP = 3 }, "does not divide the 32 attention heads"},
		{func(d *Deployment) { d.Model.KVHeads, d.TP = 6, 4 }, "neither divides the 6 KV heads"},
		{func(d *Deployment) { d.PP = 33 }, "33 stages for the 32 layers"},
		{func(d *Deployment) { d.DP = 2 }, "has no experts to share"},
		{func(d *Deployment) { d.Weights = "fp7" }, `"fp7" is not one of`},
		{func(d *Deployment) { d.Model.Weights = "fp7" }, `"fp7" is not one of`},
		{func(d *Deployment) { d.Utilization = 1.5 }, "utilization of 1.5"},
		{func(d *Deployment) { d.Accelerator.Peak.BF16 = 0 }, "compute rate is not known"},
		{func(d *Deployment) { d.Accelerator.Bandwidth = math.NaN() }, "must be known"},
		{func(d *Deployment) { d.Model.Vocab = 0 }, "Vocab is 0"},
		{func(d *Deployment) { d.Model.FF = 0 }, "neither an MLP nor experts"},
		{func(d *Deployment) { d.Model.WindowLayers = 3 }, "window of no size"},
		{func(d *Deployment) { d.Model.MoE = MoE{Experts: 4, Active: 5, FF: 1} }, "contradict"},
		{func(d *Deployment) { d.Accelerator.Linear = map[Format]Efficiency{BF16: {Memory: 1.2}} }, "linear.bf16.memory 1.2"},
		{func(d *Deployment) { d.Accelerator.Linear = map[Format]Efficiency{FP8: {Knee: 0.5}} }, "linear.fp8.knee 0.5"},
		{func(d *Deployment) { d.Accelerator.Attention.Mix = 0.5 }, "mix 0.5"},
		{func(d *Deployment) { d.Accelerator.Host.Step = -1 }, "not negative"},
		{func(d *Deployment) { d.Accelerator.Links = []Link{{1, 0, 1}} }, "at least 2 ranks"},
	} {
		d := Deployment{Model: llama8B, Accelerator: h100}
		c.edit(&d)
		if _, err := New(d); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

func TestMaxThroughput(t *testing.T) {
	r := make1(t, Deployment{Model: llama8B, Accelerator: h100, MaxSeqs: 256})
	s := r.MaxThroughput(Load{Input: 512, Output: 128})
	if s.Sequences != 256 || s.CacheFull || s.Tokens < 3000 || s.Tokens > 30000 || math.Abs(s.Tokens/s.Requests-128) > 1e-9 {
		t.Errorf("%+v", s)
	}
	long := r.MaxThroughput(Load{Input: 30000, Output: 128})
	if !long.CacheFull || long.Sequences != r.KVSequences(30064) || long.Requests >= s.Requests {
		t.Errorf("%+v", long)
	}
	if hit := r.MaxThroughput(Load{Input: 30000, Output: 128, Cached: 29000}); hit.Requests <= 2*long.Requests {
		t.Errorf("a cached prompt brings %g requests/s, and a new one %g", hit.Requests, long.Requests)
	}
	if none := r.MaxThroughput(Load{Input: 1e7, Output: 1}); none.Requests != 0 || none.Sequences != 0 {
		t.Errorf("%+v", none)
	}
	// One that they fill lets none in, which is nothing, and not 0 ÷ 0.
	if full := r.MaxThroughput(Load{Input: 2000, Output: 128, BatchTokens: 100}); full != (Saturation{}) {
		t.Errorf("%+v", full)
	}
	// A budget of tokens that the writers alone nearly fill lets few prompts in.
	if tight := r.MaxThroughput(Load{Input: 2000, Output: 10, BatchTokens: 512}); tight.Sequences >= 256 || tight.Requests <= 0 {
		t.Errorf("%+v", tight)
	}
}

func TestStepAllocatesNothing(t *testing.T) {
	r := make1(t, Deployment{Model: llama8B, Accelerator: h100})
	if n := testing.AllocsPerRun(100, func() {
		var b Batch
		r.AddPrompt(&b, 512, 0, true)
		r.AddWriter(&b, 100)
		_ = r.Step(b)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkStep(b *testing.B) {
	m := llama8B
	m.MoE = MoE{Experts: 64, Active: 8, FF: 1024}
	r := make1(b, Deployment{Model: m, Accelerator: h100})
	var batch Batch
	r.AddPrompt(&batch, 512, 0, true)
	for range 100 {
		r.AddWriter(&batch, 600)
	}
	b.ReportAllocs()
	for b.Loop() {
		if s := r.Step(batch); s.Total == 0 {
			b.Fatal("no time")
		}
	}
}
