package paired

import (
	"math"

	"github.com/inferometer/inferometer/internal/stats"
)

// Values are differences of items, first minus second, each between −1 and 1: 1, 0
// or −1 of an item that was asked once, and means of an item that was asked more
// often.
type Values struct {
	Of []float64
	// Group numbers what items share, such as a passage: items of one group depend on
	// each other. Nil: every item stands alone.
	Group []int
}

// Bounds is what Values say about their mean.
type Bounds struct {
	Mean, Lo, Hi float64
	// NEff is the number of independent items, asked once, that say as much.
	NEff   float64
	Groups int // 0: every item stands alone
}

// fewDiscordant is the number of items (or groups) that differ under which their
// scatter says too little about how much they depend on each other.
const fewDiscordant = 10

// Bounds returns the mean of the differences and its bounds, each at the one-sided
// error alpha. They are Tango's score interval at an effective number of items: the variance of
// the mean, by the groups (Clustered), divided by what independent items asked once would
// have. Items asked once and alone have exactly Tango's interval. With groups, Student's
// quantile for their number takes the place of the normal one, and where fewer than ten groups
// have items that differ, each group counts as one item at most. It is not ok
// for no items, and for fewer than two groups.
//
// Note: a t interval of the differences, which is what others use, has no width where no
// item differs, so that five equal answers would prove any margin.
func (v Values) Bounds(alpha float64) (b Bounds, ok bool) {
	n := float64(len(v.Of))
	if n == 0 {
		return b, false
	}
	var t Table
	for _, d := range v.Of {
		t.First, t.Second = t.First+max(0, d), t.Second+max(0, -d)
	}
	t.Both = n - t.First - t.Second // which of those both or neither answered right does not matter
	b.Mean, b.NEff = t.Difference(), n
	groups := v.groups()
	k, differ := float64(len(groups)), 0
	for _, g := range groups {
		if g.differs {
			differ++
		}
	}
	z := stats.NormalQuantile(1 - alpha)
	if v.Group != nil {
		if b.Groups = len(groups); b.Groups < 2 {
			return b, false
		}
		z = stats.StudentQuantile(1-alpha, k-1)
	}
	naive := (t.Discordance() - b.Mean*b.Mean) / n
	if v.Group != nil || !v.Once() {
		if se := v.Clustered(true); naive > 0 && se > 0 {
			b.NEff = n * naive / (se * se)
		}
	}
	if v.Group != nil {
		b.NEff = min(b.NEff, n)
	}
	if differ < fewDiscordant {
		b.NEff = min(b.NEff, k)
	}
	scale := b.NEff / n
	b.Lo, b.Hi = Table{t.Both * scale, t.First * scale, t.Second * scale, 0}.Tango(z)
	return b, true
}

// Once reports whether every difference is that of one answer with another.
func (v Values) Once() bool {
	for _, d := range v.Of {
		if d != 0 && d != 1 && d != -1 {
			return false
		}
	}
	return true
}

// group is what items have together that depend on each other.
type group struct {
	sum, n  float64
	differs bool // one of them is not 0
}

// groups are in the order in which they come: sums must not depend on that of a map.
func (v Values) groups() []group {
	out := make([]group, 0, len(v.Of))
	if v.Group == nil {
		for _, x := range v.Of {
			out = append(out, group{x, 1, x != 0})
		}
		return out
	}
	at := map[int]int{}
	for i, x := range v.Of {
		j, known := at[v.Group[i]]
		if !known {
			j = len(out)
			at[v.Group[i]], out = j, append(out, group{})
		}
		g := &out[j]
		g.sum, g.n, g.differs = g.sum+x, g.n+1, g.differs || x != 0
	}
	return out
}

// Clustered returns the standard error of the mean of values that come in groups:
// √(Σ_c (Σ_i (x_ic − mean))²) ÷ n (Miller, arXiv 2411.00640, 2024), and with finite
// times √(C/(C−1)) for C groups, as Inspect has it. Values without groups have the ordinary standard
// error, with n − 1 if finite. NaN for fewer than two groups.
func (v Values) Clustered(finite bool) float64 {
	mean, groups := stats.Mean(v.Of), v.groups()
	if len(groups) < 2 {
		return math.NaN()
	}
	ss, c := 0.0, float64(len(groups))
	for _, g := range groups {
		d := g.sum - g.n*mean
		ss += d * d
	}
	if finite {
		ss *= c / (c - 1)
	}
	return math.Sqrt(ss) / float64(len(v.Of))
}
