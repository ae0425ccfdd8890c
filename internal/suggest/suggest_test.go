package suggest

import "testing"

func TestDidYouMean(t *testing.T) {
	for _, tc := range []struct {
		word       string
		candidates []string
		want       string
	}{
		{"itl", []string{"tpot", "itl"}, ` (did you mean "itl"?)`},
		{"ttf", []string{"tpot", "ttft"}, ` (did you mean "ttft"?)`},
		{"thruput", []string{"throughput", "ttft"}, ` (did you mean "throughput"?)`},
		{"elephant", []string{"tpot", "ttft"}, ""},
		{"", nil, ""},
		{"ab", []string{"ax", "ay"}, ` (did you mean "ax"?)`}, // the first of several that are as near
	} {
		if got := DidYouMean(tc.word, tc.candidates); got != tc.want {
			t.Errorf("DidYouMean(%q, %q) = %q, want %q", tc.word, tc.candidates, got, tc.want)
		}
	}
}
