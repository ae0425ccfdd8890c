package same

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestTrailsTellWhereTextsPart(t *testing.T) {
	base := strings.Repeat("Grüße aus Köln, 缓存. ", 5)
	r := func(s string) int { return len([]rune(s)) }
	for _, c := range []struct {
		name, a, b string
		runes      int
		equal      bool
	}{
		{"equal", base, base, r(base), true},
		{"both empty", "", "", 0, true},
		{"one empty", base, "", 0, false},
		{"another beginning", base, "x" + base, 0, false},
		{"part in the third block", base, string([]rune(base)[:40]) + "#" + string([]rune(base)[41:]), 32, false},
		{"one is the beginning of the other", base, string([]rune(base)[:48]), 48, false},
		{"another last rune", base + "a", base + "b", r(base) / 16 * 16, false},
	} {
		a, b := Trail(c.a), Trail(c.b)
		runes, share := Diverged(a, b, r(c.a), r(c.b))
		if runes != c.runes || Equal(a, b, r(c.a), r(c.b)) != c.equal || share < 0 || share > 1 {
			t.Errorf("%s: part at %d (%.2f), want %d", c.name, runes, share, c.runes)
		}
		if exact := Common(c.a, c.b); exact < runes || exact >= runes+Step && runes < min(r(c.a), r(c.b)) {
			t.Errorf("%s: exactly %d, by trails %d", c.name, exact, runes)
		}
	}
	if n := len(Trail(strings.Repeat("a", 1<<20))); n != longest {
		t.Errorf("a trail of %d hashes", n)
	}
}

func FuzzTrail(f *testing.F) {
	f.Add("abc", "abd")
	f.Add("\xff\x00", "")
	f.Fuzz(func(t *testing.T, a, b string) {
		ra, rb := len([]rune(a)), len([]rune(b))
		if len(Trail(a)) < longest && len(Trail(b)) < longest && Equal(Trail(a), Trail(b), ra, rb) != (a == b) {
			t.Errorf("%q and %q", a, b)
		}
		if runes, _ := Diverged(Trail(a), Trail(b), ra, rb); runes > Common(a, b) {
			t.Errorf("%q and %q part at %d, by trails at %d", a, b, Common(a, b), runes)
		}
	})
}

// The figures of the shared vector kl_top_logprobs.
var (
	vectorP = map[string]float64{"the": -0.4780358009429998, "a": -1.5606477482646683, "an": -2.5257286443082556, "this": -3.2188758248682006, "one": -4.605170185988091}
	vectorQ = map[string]float64{"the": -0.5621189181535413, "a": -1.3862943611198906, "an": -2.659260036932778, "that": -2.995732273553991, "this": -3.506557897319982}
)

func TestDivergenceIsThatOfTheVector(t *testing.T) {
	b, ok := Divergence(vectorP, vectorQ)
	near := func(x, y float64) bool { return math.Abs(x-y) < 1e-9 }
	if !ok || !near(b.KL, 0.014206934215878646) || !near(b.TV, 0.07) || !near(b.ResidualP, 0.05) || !near(b.ResidualQ, 0.08) || b.Common != 4 || !b.SameTop {
		t.Errorf("%+v", b)
	}
	if !near(b.DeltaOfTop, math.Exp(-0.5621189181535413)-math.Exp(-0.4780358009429998)) {
		t.Errorf("delta of the likeliest %v", b.DeltaOfTop)
	}
}

func TestDivergenceStaysFinite(t *testing.T) {
	ln := math.Log
	if b, ok := Divergence(vectorP, vectorP); !ok || b.KL != 0 || b.TV > 1e-12 {
		t.Errorf("from itself: %+v", b)
	}
	// The second gives all to one token, and rounding makes it a bit more than all.
	b, ok := Divergence(map[string]float64{"a": ln(0.6), "b": ln(0.4)}, map[string]float64{"a": 1e-12})
	if !ok || math.IsInf(b.KL, 0) || math.IsNaN(b.KL) || b.KL <= 0 {
		t.Errorf("%+v", b)
	}
	if _, ok := Divergence(map[string]float64{"a": 0}, map[string]float64{"b": 0}); ok {
		t.Error("nothing in common, and yet compared")
	}
	if _, ok := Divergence(nil, nil); ok {
		t.Error("no probabilities, and yet compared")
	}
}

func tokens(tops ...map[string]float64) (out []Token) {
	for _, top := range tops {
		best := likeliest(top)
		out = append(out, Token{Text: best, Logprob: top[best], Top: top})
	}
	return out
}

func TestOnlyPlacesWithOneContextAreCompared(t *testing.T) {
	x, y := map[string]float64{"a": math.Log(0.9), "b": math.Log(0.1)}, map[string]float64{"a": math.Log(0.1), "b": math.Log(0.9)}
	d, ok := Compare([][2]Reply{{{Tokens: tokens(x, x, x)}, {Tokens: tokens(x, y, x)}}})
	if !ok || d.Places != 2 {
		t.Fatalf("%+v: the third place follows different texts", d)
	}
	if math.Abs(d.SameTop-50) > 1e-9 || d.Mean <= 0 || math.Abs(d.RMSDelta-100*0.8/math.Sqrt2) > 1e-9 {
		t.Errorf("%+v", d)
	}
	if _, ok := Compare([][2]Reply{{{Text: "a"}, {Text: "a"}}}); ok {
		t.Error("no probabilities, and yet a distance")
	}
}

func TestNearestCaseOfTheLegend(t *testing.T) {
	for kl, want := range map[float64]string{0: "the same weights and precision", 0.001: "q8_0", 0.04: "q4_K_M", 1: "q2_K"} {
		if got := Nearest(kl).Name; got != want {
			t.Errorf("%v: %q, want %q", kl, got, want)
		}
	}
}

func TestAgreement(t *testing.T) {
	a := Agree([][2]Reply{
		{{Text: "the same"}, {Text: "the same"}},
		{{Text: "abcdef", Tokens: []Token{{Text: "ab"}, {Text: "cd"}}}, {Text: "abXdef", Tokens: []Token{{Text: "ab"}, {Text: "Xd"}}}},
	})
	if a.Pairs != 2 || a.Same != 1 || a.Share != 50 || a.Low <= 0 || a.High >= 100 || *a.Median != 2 || *a.TokenShare != 50 {
		t.Errorf("%+v", a)
	}
	if a := Agree([][2]Reply{{{Text: "x"}, {Text: "x"}}}); a.Median != nil || a.TokenShare != nil || a.Share != 100 {
		t.Errorf("%+v", a)
	}
	if a := Agree(nil); a.Pairs != 0 || a.High != 0 {
		t.Errorf("%+v", a)
	}
}

func TestDeterminismCountsDifferentAnswers(t *testing.T) {
	d := Repeated([][]string{{"a", "a", "a"}, {"a", "b", "c"}, {"a", "a", "b"}, {"alone"}})
	if d.Prompts != 3 || d.Repeats != 3 || d.Stable != 1 || d.Distinct != 2 || d.Most != 3 {
		t.Errorf("%+v", d)
	}
	if !slices.Equal([]bool{d.Low > 0, d.High < 100}, []bool{true, true}) {
		t.Errorf("%+v", d)
	}
}
