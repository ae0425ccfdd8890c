package prompts

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/inferometer/inferometer/internal/conduct/target"
	"github.com/inferometer/inferometer/internal/plan"
)

// The prompts of a run are salted with the moment of its start, so that two
// runs of one seed share none.
func TestRunsOfOneSeedSendOtherPrompts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		prompt := func(m *Maker) string {
			it, err := m.Synthetic("load", true).Item(0)
			if err != nil {
				t.Fatal(err)
			}
			return it.User
		}
		p := plan.Default()
		begin := func() *Maker {
			m, err := New(p, Salt(p, time.Now()))
			if err != nil {
				t.Fatal(err)
			}
			m.Target = &target.Target{}
			return m
		}
		first := begin()
		time.Sleep(2 * time.Millisecond) // the salt is a time in milliseconds
		second := begin()
		if prompt(first) != prompt(first) {
			t.Error("a run does not keep to its own prompts")
		}
		a, b := prompt(first), prompt(second)
		if a == b {
			t.Errorf("two runs of seed %d send the same prompt", p.Seed)
		}
		// The first block of a prefix cache is 16 tokens or more.
		shared := 0
		for shared < min(len(a), len(b)) && a[shared] == b[shared] {
			shared++
		}
		if shared > 64 {
			t.Errorf("two runs share their first %d bytes: %q", shared, a[:shared])
		}
	})
}

// A share of 0 is taken at its word, and without one all prompts have the prefix.
func TestSharedPrefix(t *testing.T) {
	for _, tt := range []struct {
		share *float64
		want  float64
	}{{nil, 1}, {new(0.0), 0}, {new(0.5), 0.5}, {new(1.0), 1}} {
		if got := sharedPrefix(plan.PrefixPlan{Tokens: 100, Share: tt.share}); got.Tokens != 100 || got.Share != tt.want {
			t.Errorf("%+v, want a share of %v", got, tt.want)
		}
	}
}
