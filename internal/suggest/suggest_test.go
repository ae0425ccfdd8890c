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

// A name that is far from all is helped by those of its family.
func TestNearNamesTheFamily(t *testing.T) {
	models := []string{"llama-3.1-8b", "llama-3.3-70b", "qwen3-8b", "llama-4-scout"}
	for word, want := range map[string]string{
		"lama-3.1-8b":          ` (did you mean "llama-3.1-8b"?)`,
		"llama-5-behemoth-2tb": `; similar: "llama-3.1-8b", "llama-3.3-70b", "llama-4-scout"`,
		"xyzzy":                "",
		"a-8b":                 "",
	} {
		if got := Near(word, models); got != want {
			t.Errorf("Near(%q) = %q, want %q", word, got, want)
		}
	}
}
