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
	differ := map[int]bool{}
	groups := map[int]bool{}
	for i, d := range v.Of {
		t.First, t.Second = t.First+max(0, d), t.Second+max(0, -d)
		g := v.group(i)
		groups[g] = true
		if d != 0 {
			differ[g] = true
		}
	}
	t.Both = n - t.First - t.Second // which of those both or neither answered right does not matter
	b.Mean, b.NEff = t.Difference(), n
	z := stats.NormalQuantile(1 - alpha)
	k := float64(len(groups))
	if v.Group != nil {
		if b.Groups = len(groups); b.Groups < 2 {
			return b, false
		}
		z = stats.StudentQuantile(1-alpha, k-1)
	}
	naive := (t.Discordance() - b.Mean*b.Mean) / n
	if se := v.Clustered(true); naive > 0 && se > 0 {
		b.NEff = n * naive / (se * se)
	}
	if v.Group == nil && v.Once() {
		b.NEff = n
	}
	if v.Group != nil {
		b.NEff = min(b.NEff, n)
	}
	if len(differ) < fewDiscordant {
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

func (v Values) group(i int) int {
	if v.Group == nil {
		return i
	}
	return v.Group[i]
}

// Mean returns the mean of the values.
func (v Values) Mean() float64 { return stats.Mean(v.Of) }

// Clustered returns the standard error of the mean of values that come in groups:
// √(Σ_c (Σ_i (x_ic − mean))²) ÷ n (Miller, arXiv 2411.00640, 2024), and with finite
// times √(C/(C−1)) for C groups, as Inspect has it. Values without groups have the ordinary standard
// error, with n − 1 if finite. NaN for fewer than two groups.
func (v Values) Clustered(finite bool) float64 {
	mean := v.Mean()
	var order []int // sums must not depend on the order of a map
	sums := map[int]float64{}
	for i, x := range v.Of {
		g := v.group(i)
		if _, known := sums[g]; !known {
			order = append(order, g)
		}
		sums[g] += x - mean
	}
	if len(order) < 2 {
		return math.NaN()
	}
	ss, c := 0.0, float64(len(order))
	for _, g := range order {
		ss += sums[g] * sums[g]
	}
	if finite {
		ss *= c / (c - 1)
	}
	return math.Sqrt(ss) / float64(len(v.Of))
}
