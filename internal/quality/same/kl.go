package same

import (
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/stats"
)

// Token is a token of an answer, as the server tells it.
type Token struct {
	Text    string
	Logprob float64 // natural logarithm of its probability
	// Top has the likeliest tokens at that place with their log probabilities.
	Top map[string]float64
}

// Buckets is how two distributions over the next token differ, as far as their
// likeliest tokens show it: each token that both lists have is a bucket, and all else
// is one more.
type Buckets struct {
	KL         float64 // nats, of the first from the second: a lower bound of the full one
	TV         float64 // total variation, 0 to 1
	ResidualP  float64 // what no common token has, of the first
	ResidualQ  float64
	Common     int
	SameTop    bool
	DeltaOfTop float64 // probability of the second's for the first's likeliest token, minus the first's
}

// Divergence compares the likeliest tokens of two endpoints at one place. Merging
// tokens into buckets can only shrink a KL divergence (data processing inequality), so
// this is a lower bound. ok is false where there is no common token.
func Divergence(p, q map[string]float64) (b Buckets, ok bool) {
	b.ResidualP, b.ResidualQ = 1, 1
	names := make([]string, 0, len(p))
	for t := range p {
		if _, both := q[t]; both {
			names = append(names, t)
		}
	}
	slices.Sort(names) // sums must not depend on the order of a map
	add := func(x, y float64) {
		if x > 0 {
			b.KL += x * math.Log(x/y)
		}
		b.TV += math.Abs(x-y) / 2
	}
	for _, t := range names {
		x, y := math.Exp(p[t]), math.Exp(q[t])
		add(x, y)
		b.ResidualP -= x
		b.ResidualQ -= y
		b.Common++
	}
	if b.Common == 0 {
		return b, false
	}
	// Logarithms are rounded: what should be nothing may be slightly below it. The
	// second's rest is at least something, or one rounded figure would be infinite.
	const least = 1e-9
	b.ResidualP, b.ResidualQ = max(0, b.ResidualP), max(0, b.ResidualQ)
	if b.ResidualP > least {
		add(b.ResidualP, max(b.ResidualQ, least))
	} else {
		b.TV += math.Abs(b.ResidualP-b.ResidualQ) / 2
	}
	b.KL = max(0, b.KL)
	top := likeliest(p)
	b.SameTop = top == likeliest(q)
	if y, has := q[top]; has {
		b.DeltaOfTop = math.Exp(y) - math.Exp(p[top])
	} else {
		b.DeltaOfTop = -math.Exp(p[top])
	}
	return b, true
}

// likeliest is the token with the highest probability; of equals the first by name.
func likeliest(p map[string]float64) string {
	best, at := "", math.Inf(-1)
	for t, l := range p {
		if l > at || l == at && t < best {
			best, at = t, l
		}
	}
	return best
}

// Distance sums up the divergences of two endpoints over the places that can be
// compared: those before their answers part, and the one at which they do.
type Distance struct {
	Places   int     `json:"places"`
	Mean     float64 `json:"kl_mean"` // nats
	Median   float64 `json:"kl_p50"`
	P99      float64 `json:"kl_p99"`
	SameTop  float64 `json:"same_top_pct"`
	RMSDelta float64 `json:"rms_delta_p_pct"` // of the likeliest token's probability
	// Like is the row of Legend that comes nearest.
	Like string `json:"like"`
}

// Compare goes along two answers to each prompt while their context is the same. ok is
// false where no place can be compared: a server gives no probabilities, or the two
// have other tokens.
func Compare(pairs [][2]Reply) (d Distance, ok bool) {
	var kl []float64
	same, squares := 0, 0.0
	for _, p := range pairs {
		for i := range min(len(p[0].Tokens), len(p[1].Tokens)) {
			x, y := p[0].Tokens[i], p[1].Tokens[i]
			if b, ok := Divergence(x.Top, y.Top); ok {
				kl = append(kl, b.KL)
				squares += b.DeltaOfTop * b.DeltaOfTop
				if b.SameTop {
					same++
				}
			}
			if x.Text != y.Text {
				break // from here on they continue different texts
			}
		}
	}
	if len(kl) == 0 {
		return d, false
	}
	d = Distance{Places: len(kl), Mean: stats.Mean(kl), SameTop: 100 * float64(same) / float64(len(kl)), RMSDelta: 100 * math.Sqrt(squares/float64(len(kl)))}
	slices.Sort(kl)
	d.Median, d.P99 = stats.Quantile(kl, 0.5), stats.Quantile(kl, 0.99)
	d.Like = Nearest(d.Mean).Name
	return d, true
}

// Severity is a known case to compare a distance with.
type Severity struct {
	Name    string
	KL      float64 // nats, mean
	SameTop float64 // %
}

// LegendSource is where the figures of Legend are from; they are listed, not measured
// here.
const LegendSource = "llama.cpp, tools/perplexity, Llama 3 8B against its 16-bit weights, read 2026-11"

// Legend is what quantisation does to one model, for scale.
func Legend() []Severity {
	return []Severity{{"q8_0", 0.0014, 97.7}, {"q4_K_M", 0.031, 91.9}, {"q2_K", 0.445, 71.1}}
}

// Nearest is the case of Legend whose divergence is nearest on a logarithmic scale; one
// without a name stands for distances far below all of them.
func Nearest(kl float64) Severity {
	legend := Legend()
	if kl < legend[0].KL/10 {
		return Severity{Name: "the same weights and precision"}
	}
	best := legend[0]
	for _, s := range legend {
		if math.Abs(math.Log(kl/s.KL)) < math.Abs(math.Log(kl/best.KL)) {
			best = s
		}
	}
	return best
}
