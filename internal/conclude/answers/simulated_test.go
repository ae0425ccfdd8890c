package answers

import (
	"fmt"
	"math"
	"strconv"
	"testing"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/seeded"
)

// replay is a comparison whose truth is known: items of which a share differs, with a
// true difference of the shares that are right.
type replay struct {
	items       int
	discordance float64
	truth       float64
	group       int     // items of a group; 0: they stand alone
	icc         float64 // correlation of the differences within a group
}

// draw makes the two sides of a replay.
func (r replay) draw(seed uint64) Pairing {
	state := seeded.Mix(seed)
	uniform := func() float64 {
		state = seeded.Mix(state)
		return seeded.Uniform(state)
	}
	outcome := func() int { // 1: only the first is right
		switch u := uniform(); {
		case u < (r.discordance+r.truth)/2:
			return 1
		case u < r.discordance:
			return -1
		}
		return 0
	}
	items := make([]Item, 2*r.items)
	p := Pairing{pairs: make([]pair, r.items)}
	shared := 0
	for i := range r.items {
		d, group := outcome(), ""
		if r.group > 0 {
			group = strconv.Itoa(i / r.group)
			if i%r.group == 0 {
				shared = outcome()
			}
			if uniform() < math.Sqrt(r.icc) {
				d = shared
			}
		}
		right := [2]bool{d == 1, d == -1}
		if d == 0 && uniform() < 0.8 {
			right = [2]bool{true, true}
		}
		p.pairs[i] = pair{&items[2*i], &items[2*i+1]}
		for side := range right {
			it := &items[2*i+side]
			it.Group, it.First = group, right[side]
			if it.First {
				it.Value = 1
			}
		}
	}
	return p
}

// verdicts decides the replays of some seeds at a margin, in points.
func (r replay) verdicts(t *testing.T, margin float64, from, n int) map[result.Verdict]float64 {
	t.Helper()
	l, err := metric.ParseLimit(fmt.Sprintf("quality_delta>=-%gpp", margin))
	if err != nil {
		t.Fatal(err)
	}
	out := map[result.Verdict]float64{}
	for seed := from; seed < from+n; seed++ {
		c := result.Claim{Alpha: 0.05, Verdict: result.Undecided}
		r.draw(uint64(seed)).Decide(&c, l)
		out[c.Verdict] += 1 / float64(n)
	}
	return out
}

// What "as good as, within 2 points" is worth: it is seldom proved where it does not
// hold, and mostly where both are equal.
func TestClaimOfQualityIsRightAsOftenAsItSays(t *testing.T) {
	if testing.Short() {
		t.Skip("a thousand replays for each truth: left out with -short")
	}
	for _, tt := range []struct {
		name           string
		r              replay
		most, least    float64 // share that is proved
		mostRefuted    float64
		refutedAtLeast float64
	}{
		{"2 points worse", replay{items: 1546, discordance: 0.1, truth: -0.02}, 0.07, 0, 0.07, 0},
		{"equal", replay{items: 1546, discordance: 0.1}, 1, 0.75, 0.001, 0},
		{"5 points worse", replay{items: 1546, discordance: 0.1, truth: -0.05}, 0, 0, 1, 0.9},
		{"2 points worse in groups", replay{items: 1550, discordance: 0.1, truth: -0.02, group: 10, icc: 0.3}, 0.07, 0, 0.07, 0},
		{"equal in groups", replay{items: 6000, discordance: 0.1, group: 10, icc: 0.3}, 1, 0.75, 0.001, 0},
		{"few differ", replay{items: 1546, discordance: 0.022, truth: -0.02}, 0.07, 0, 0.07, 0},
		{"200 items", replay{items: 200, discordance: 0.1}, 0.3, 0, 0.01, 0},
	} {
		v := tt.r.verdicts(t, 2, 1000, 1000)
		t.Logf("%s: %v", tt.name, v)
		if v[result.Proved] > tt.most+1e-9 || v[result.Proved] < tt.least || v[result.Refuted] > tt.mostRefuted+1e-9 || v[result.Refuted] < tt.refutedAtLeast {
			t.Errorf("%s: %v", tt.name, v)
		}
	}
}
