package physics

import (
	"math"
	"strings"
	"testing"
)

// Parts of a step that whole results do not show, each worked by hand.
func TestPartsOfAStep(t *testing.T) {
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got/want-1) > 1e-6 {
			t.Errorf("%s is %g, want %g", what, got, want)
		}
	}
	on := func(d Deployment) *Roofline {
		d.Accelerator = ideal(h100)
		if d.Model.Name == "" {
			d.Model = llama8B
		}
		return make1(t, d)
	}
	one := on(Deployment{})
	two := on(Deployment{TP: 2})
	near("a prompt on two", two.PrefillFloor(8000, 0), one.PrefillFloor(8000, 0)/2)

	// Of 8 KV heads each of 16 ranks has one, and two have the same.
	blocks := math.Floor((0.9*85.5e9 - on(Deployment{TP: 16}).WeightBytes() - 1) / (32 * 2 * 128 * 2) / 16)
	near("tokens of sixteen", float64(on(Deployment{TP: 16}).KVTokens()), 16*blocks)

	// The last of two stages has half the layers and the head, not the embedding.
	near("weights of a stage", on(Deployment{PP: 2}).WeightBytes(), (llama8B.dense()/2+llama8B.head())*2)

	// With a knee of 1 a product takes the sum of both, and each is its term.
	sum := h100
	sum.Linear = map[Format]Efficiency{BF16: {Memory: 0.5, Compute: 0.25, Knee: 1}}
	s := make1(t, Deployment{Model: llama8B, Accelerator: sum}).Step(Batch{Writers: 100})
	near("reading weights", s.Terms[TermWeights], llama8B.dense()*2/(0.5*3350e9))
	near("multiplying", s.Terms[TermCompute], 100*llama8B.dense()*2/(0.25*989e12))

	// Sampling reads and writes 12 bytes for each word, shared by the ranks.
	a, b := two.Step(Batch{Writers: 1, Rows: 1}), two.Step(Batch{Writers: 1, Rows: 11})
	near("sampling ten rows", b.Terms[TermActivations]-a.Terms[TermActivations], 10*12*128256/3350e9/2)

	// Sliding layers look at their window; equal contexts need no count of it.
	slid := llama8B
	slid.Window, slid.WindowLayers = 1000, 8
	r := on(Deployment{Model: slid})
	var counted Batch
	for range 5 {
		r.AddWriter(&counted, 3000)
	}
	plain := counted
	plain.WriterSlid = 0
	if r.Step(counted) != r.Step(plain) {
		t.Errorf("%+v and %+v differ", counted, plain)
	}
	near("reading their cache", r.Step(counted).Terms[TermKV], 5*(24*3000+8*1000)*4096/3350e9)
	var chunk Batch
	r.AddPrompt(&chunk, 500, 3000, false)
	known := r.Step(chunk)
	if chunk.PromptSlid = 0; r.Step(chunk) != known {
		t.Error("one chunk needs no count of its window")
	}

	// Latent attention of 128 heads computes longer than it reads.
	mla := Model{Name: "mla", Layers: 2, Hidden: 1024, Heads: 128, KVHeads: 128, HeadDim: 128, FF: 1024, Vocab: 1000, MLA: MLA{QLoRA: 1536, KVLoRA: 512, Rope: 64, Nope: 128, V: 128}}
	slow := ideal(h100)
	slow.Peak.BF16 = 100e12
	r = make1(t, Deployment{Model: mla, Accelerator: slow})
	short, long := r.Step(Batch{Writers: 1}), r.Step(Batch{Writers: 1, WriterContext: 1e6})
	near("latent attention", long.Terms[TermCompute]-short.Terms[TermCompute], 2*2*128*(2*512+64)*1e6/100e12)

	// Formats of llama.cpp hold for the head as well, others leave it alone.
	near("all of 8 bits", on(Deployment{Weights: Q8}).WeightBytes(), llama8B.Parameters()*1.0625)
	near("layers of 4 bits", on(Deployment{Weights: INT4}).WeightBytes(), llama8B.dense()*0.53125+2*llama8B.head()*2)

	// Formats without units of their own compute at 16 bits.
	p := Peak{BF16: 1, FP8: 2, FP4: 4}
	for f, want := range map[Format]float64{BF16: 1, INT4: 1, MXFP4: 1, INT8: 1, FP8: 2, FP8Block: 2, NVFP4: 4, Q4KM: 1} {
		if got := p.of(f); got != want {
			t.Errorf("%s computes at %g, want %g", f, got, want)
		}
	}
	if got := (Peak{BF16: 1, FP8: 2}).of(NVFP4); got != 2 {
		t.Errorf("without units of 4 bits, %g", got)
	}

	c := Coefficients{Links: []Link{{Ranks: 4}, {Ranks: 2}, {Ranks: 8}}}
	for ranks, want := range map[int]int{2: 2, 3: 2, 4: 4, 7: 4, 8: 8, 64: 8} {
		if got := c.link(ranks).Ranks; got != want {
			t.Errorf("%d ranks use the link of %d, want %d", ranks, got, want)
		}
	}
	if got := (Coefficients{Links: []Link{{Ranks: 8}, {Ranks: 4}}}).link(2).Ranks; got != 4 {
		t.Errorf("two ranks use the link of %d, want the smallest", got)
	}
}

func TestParseFormat(t *testing.T) {
	for name, want := range map[string]Format{"F16": BF16, "bfloat16": BF16, "half": BF16, "Q8_0": Q8, "q4-k-m": Q4KM, "float32": FP32, " fp8 ": FP8, "q6_K": Q6K} {
		if got, err := ParseFormat(name); err != nil || got != want {
			t.Errorf("%q is %q, %v", name, got, err)
		}
	}
	if _, err := ParseFormat("q9_0"); err == nil || !strings.Contains(err.Error(), "q8_0, q6_k") {
		t.Errorf("error %v does not name the formats", err)
	}
	for _, f := range formats {
		if f.Bytes() == 0 {
			t.Errorf("%s has no size", f)
		}
	}
}
