package quality_test

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/quality"
)

// several are answers to n shipped prompts of all kinds.
func several(tb testing.TB, n int) []quality.Answer {
	tb.Helper()
	items, err := quality.Prompts(nil, nil, n, 1)
	if err != nil {
		tb.Fatal(err)
	}
	out := make([]quality.Answer, n)
	for i, it := range items {
		text := it.Prompt + " It does so in steps: first one thing happens, and then the other, because the first one asks for it."
		if len(it.References) > 0 {
			text = strings.Join(it.References, " ") + fmt.Sprintf(" For example, case %d takes %d ms.\n\n- one\n- two\n\n```go\nfunc f() int { return %d }\n```\n", i, i, i)
		}
		out[i] = quality.Answer{Item: it, Text: strings.Repeat(text, 1+i%3)}
	}
	return out
}

func TestAllProcessorsGiveTheSameScores(t *testing.T) {
	answers := several(t, 60)
	first := quality.AssessAll(answers)
	for _, n := range []int{1, 3, 8} {
		before := runtime.GOMAXPROCS(n)
		again := quality.AssessAll(answers)
		runtime.GOMAXPROCS(before)
		if !reflect.DeepEqual(first, again) {
			t.Fatalf("other scores with %d processors", n)
		}
	}
	for i, s := range first {
		if one := quality.Assess(answers[i].Item, answers[i].Text, nil); !reflect.DeepEqual(s, one) {
			t.Fatalf("answer %d: %+v alone, %+v among others", i, one, s)
		}
	}
	if len(quality.AssessAll(nil)) != 0 {
		t.Error("scores of nothing")
	}
}

// BenchmarkAssessAll scores 10,000 answers of about 100 words.
func BenchmarkAssessAll(b *testing.B) {
	answers := several(b, 10_000)
	for b.Loop() {
		quality.AssessAll(answers)
	}
}
