// Package length describes how many tokens prompts and answers have: one number,
// or a distribution to draw from. A drawn length is a function of a seed and an
// index, so it is the same on every machine and in every part of a run. Lengths
// are drawn independently of each other; traces are the place for input and
// output lengths that belong together.
package length

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Most is the largest length.
const Most = 10_000_000

// Forms shows how a distribution is written.
const Forms = "512, uniform 100..900, normal mean=512 sd=100, lognormal mean=512 cv=1 (both with min= and max=), empirical FILE or a list of lengths, or a mix such as 70% 512 | 30% uniform 1000..4000"

// Dist is a distribution of lengths. The zero Dist always gives 1.
type Dist struct {
	text string
	// law is nil where all lengths are fixed; fixed is at least 1 then, or 0 in
	// the zero Dist.
	law   law
	fixed int
}

// law is a distribution that varies.
type law interface {
	// limits are the smallest and largest possible length; draws outside them
	// are drawn again.
	limits() (lo, hi int)
	draw(r *rand.Rand) float64
	// below is the share of lengths that are at most n, for n within the limits.
	below(n int) float64
	// quantile is the inverse of below, for 0 < u < 1.
	quantile(u float64) int
	mean() float64
}

// Parse reads one of Forms. A file is read immediately.
func Parse(text string) (Dist, error) {
	text = strings.TrimSpace(text)
	d, err := parse(text)
	if err != nil {
		return Dist{}, fmt.Errorf("invalid length %q: %w; must be one of: %s", text, err, Forms)
	}
	d.text = text
	return d, nil
}

// Fixed returns a distribution that always gives n, limited to 1..Most.
func Fixed(n int) Dist {
	n = min(max(n, 1), Most)
	return Dist{text: strconv.Itoa(n), fixed: n}
}

// String returns the text that the distribution was parsed from.
func (d Dist) String() string {
	if d.text == "" {
		return "1"
	}
	return d.text
}

// Varies reports whether lengths differ.
func (d Dist) Varies() bool { return d.law != nil }

// At returns length i of a seed's sequence.
func (d Dist) At(seed uint64, i int) int {
	if d.law == nil {
		return max(1, d.fixed)
	}
	r := rand.New(rand.NewPCG(seed, uint64(i)*0x9e3779b97f4a7c15+1))
	lo, hi := d.law.limits()
	v := 0
	for range 64 {
		v = whole(d.law.draw(r))
		if v >= lo && v <= hi {
			return v
		}
	}
	return min(max(v, lo), hi) // hardly any of the distribution is within the limits
}

// Quantile returns the length at a share u of the distribution, 0 < u < 1: the
// smallest one that at least the share u of all lengths does not exceed. With u
// drawn evenly it is a draw.
func (d Dist) Quantile(u float64) int {
	if d.law == nil {
		return max(1, d.fixed)
	}
	return d.law.quantile(u)
}

// Mean returns the mean length.
func (d Dist) Mean() float64 {
	if d.law == nil {
		return float64(max(1, d.fixed))
	}
	return d.law.mean()
}

// Largest returns the largest length to expect: the limit, or the largest of
// 4,096 draws if that is less.
func (d Dist) Largest() int {
	most := 0
	for i := range 4096 {
		most = max(most, d.At(1, i))
		if d.law == nil {
			break
		}
	}
	return most
}

// whole rounds to a length that is possible at all.
func whole(v float64) int {
	if !(v > -Most) {
		return -Most
	}
	return int(math.Round(min(v, 2*Most)))
}

func parse(text string) (Dist, error) {
	if strings.Contains(text, "|") {
		return parseMix(text)
	}
	if n, err := number(text); err == nil {
		return Fixed(n), nil
	}
	word, rest, _ := strings.Cut(text, " ")
	rest = strings.TrimSpace(rest)
	switch word {
	case "uniform":
		return parseUniform(rest)
	case "normal", "lognormal":
		return parseBell(word, rest)
	case "empirical":
		return parseEmpirical(rest)
	}
	if _, err := strconv.Atoi(strings.TrimSpace(text)); err == nil {
		return Dist{}, fmt.Errorf("out of range (1 to %d)", Most)
	}
	return Dist{}, fmt.Errorf("unknown distribution %q", word)
}

func number(s string) (int, error) {
	n, err := strconv.Atoi(strings.ReplaceAll(strings.TrimSpace(s), "_", ""))
	if err == nil && (n < 1 || n > Most) {
		err = fmt.Errorf("%d is out of range (1 to %d)", n, Most)
	}
	return n, err
}
