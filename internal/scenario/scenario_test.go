package scenario

import (
	"math"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/tokens/length"
)

func TestNamedScenarios(t *testing.T) {
	medians := map[string][2]float64{"chat": {256, 256}, "rag": {4096, 256}, "summarize": {4096, 512}, "code": {1500, 40}, "agent": {8192, 200}}
	seen := map[string]bool{}
	for _, s := range All() {
		if seen[s.Name] || s.What == "" || s.Source == "" {
			t.Errorf("%+v: incomplete, or listed twice", s)
		}
		seen[s.Name] = true
		if got, err := Lookup(" " + strings.ToUpper(s.Name)); err != nil || got.Name != s.Name || got.Text() != s.Text() {
			t.Errorf("%s: %+v, %v", s.Name, got, err)
		}
		for i, d := range []length.Dist{s.In, s.Out} {
			last := 0
			for u := 0.001; u < 1; u += 0.001 {
				n := d.Quantile(u)
				if n < last {
					t.Fatalf("%s: length %d at %.3f, after %d, of %s", s.Name, n, u, last, d)
				}
				last = n
			}
			// The limits cut a little of the tails, which moves the median.
			if got, want := float64(d.Quantile(0.5)), medians[s.Name][i]; math.Abs(got/want-1) > 0.01 {
				t.Errorf("%s: median %v, want %v", s.Name, got, want)
			}
			if again, err := length.Parse(d.String()); err != nil || again != d {
				t.Errorf("%s: %q gives another distribution (%v)", s.Name, d, err)
			}
		}
		if s.Shared > 0 && s.Shared >= s.In.Quantile(1e-9) {
			t.Errorf("%s: a prompt may be shorter than what all share", s.Name)
		}
	}
}

func TestLengthsWrittenOut(t *testing.T) {
	for text, want := range map[string][4]int{ // 1 % and 99 % of in, of out
		"in=512, out=128":             {512, 512, 128, 128},
		"out=1_000,in=5":              {5, 5, 1000, 1000},
		"in=uniform 1..100,out=7":     {2, 100, 7, 7},
		"in=empirical 5, 9,out=1":     {5, 9, 1, 1},
		"in=50% 3 | 50% 6,out=10":     {3, 6, 10, 10},
		"in=9,out=empirical 1,2, 300": {9, 9, 1, 300},
	} {
		s, err := Lookup(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := [4]int{s.In.Quantile(0.011), s.In.Quantile(0.995), s.Out.Quantile(0.011), s.Out.Quantile(0.995)}; got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"chatt": `did you mean "chat"?`, "in=512": "both", "in=0,out=1": "out of range", "in=5,out=x": "unknown distribution", "inn=5,out=1": "must be lengths", "in=99999999999,out=1": "out of range",
		"in=5,out=2,x": "must be lengths", "": "unknown workload", "5,in=2": "must be lengths",
	} {
		if _, err := Lookup(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if in, out, err := ParseLengths("out=5"); in != nil || out == nil || err != nil {
		t.Errorf("%v %v %v", in, out, err)
	}
}
