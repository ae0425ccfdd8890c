package scoring

import (
	"slices"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/plan/key"
)

func TestLevelsOfPasses(t *testing.T) {
	throughput := []int{8, 16}
	for _, tt := range []struct {
		items, levels string
		want          []int
	}{
		{Canary, "all", []int{8, 16}}, {Canary, "none", nil}, {Canary, "4,32", []int{4, 32}}, {NoItems, "all", nil},
	} {
		q := defaultPasses()
		q.Items, q.Levels = tt.items, strings.Split(tt.levels, ",")
		if got := q.At(throughput); !slices.Equal(got, tt.want) {
			t.Errorf("%s at %s: %v, want %v", tt.items, tt.levels, got, tt.want)
		}
	}
}

func TestPassesThatAreRefused(t *testing.T) {
	for want, edit := range map[string]func(*Passes){
		"":                               func(*Passes) {},
		"no items are named":             func(q *Passes) { q.Items = "" },
		"2 to 100000":                    func(q *Passes) { q.Levels = []string{"1"} },
		"use all, none, or users":        func(q *Passes) { q.Levels = []string{"many"} },
		"all stands alone":               func(q *Passes) { q.Levels = []string{"all", "4"} },
		"4 is listed twice":              func(q *Passes) { q.Levels = []string{"4", "4"} },
		"at most 100 percentage points":  func(q *Passes) { q.Margin = 101 },
		"there are no items to ask":      func(q *Passes) { q.Items, q.Canary = NoItems, 20 },
		"-1 is out of range (0 to 1000":  func(q *Passes) { q.Count = -1 },
		"-2 is out of range (0 to 100)":  func(q *Passes) { q.Repeat = -2 },
		"0 is out of range (1 to 100000": func(q *Passes) { q.LevelItems = 0 },
	} {
		q := defaultPasses()
		edit(&q)
		var out key.Problems
		q.validate(&out)
		if got := out.Error(); (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
