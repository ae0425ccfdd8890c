package workload

import (
	"math"
	"strings"
	"testing"
)

func TestScenariosAreWhatTheySay(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Scenarios() {
		if seen[s.Name] || s.What == "" || s.Source == "" {
			t.Errorf("%+v: not whole, or twice", s)
		}
		seen[s.Name] = true
		if got, err := LookupScenario(strings.ToUpper(s.Name)); err != nil || got != s {
			t.Errorf("%s: %+v, %v", s.Name, got, err)
		}
		for _, l := range []Lengths{s.In, s.Out} {
			last := 0
			for u := 0.001; u < 1; u += 0.001 {
				n := l.At(u)
				if n < max(1, l.Min) || n > l.Max || n < last {
					t.Fatalf("%s: length %d at %.3f, after %d, of %+v", s.Name, n, u, last, l)
				}
				last = n
			}
			if got := l.At(0.5); float64(got) != l.Median {
				t.Errorf("%s: median %d, want %v", s.Name, got, l.Median)
			}
		}
		if s.Shared >= s.In.Min && s.Shared > 0 {
			t.Errorf("%s: a prompt may be shorter than what all share", s.Name)
		}
	}
}

// The mean of a log-normal distribution is median·exp(σ²/2), where nothing is cut.
func TestMeanOfLengths(t *testing.T) {
	if got, want := (Lengths{Median: 1e5, Sigma: 0.5}).Mean(), 1e5*math.Exp(0.125); math.Abs(got/want-1) > 0.002 {
		t.Errorf("mean %.1f, want %.1f", got, want)
	}
	if got := FixedLengths(128).Mean(); got != 128 {
		t.Errorf("mean of fixed lengths is %v", got)
	}
}

func TestLengthsOfOnesOwn(t *testing.T) {
	s, err := LookupScenario("in=512, out=128")
	if err != nil || s.In.At(0.99) != 512 || s.Out.At(0.01) != 128 {
		t.Errorf("%+v, %v", s, err)
	}
	for text, want := range map[string]string{
		"chatt": `did you mean "chat"?`, "in=512": "both", "in=0,out=1": "no number", "in=5,out=x": "no number", "inn=5,out=1": "neither in nor out", "in=99999999999,out=1": "no number",
	} {
		if _, err := LookupScenario(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
