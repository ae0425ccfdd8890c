// Package length says how many tokens prompts and answers have: one number, or
// a distribution to draw from. A drawn length is a function of a seed and an
// index, so that it is the same on every machine and in every share of a run.
// Lengths are drawn each for itself; that input and output belong together is
// for traces to say.
package length

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
)

// Most is the largest length.
const Most = 10_000_000

// Forms shows how a distribution is written.
const Forms = "512, uniform 100..900, normal mean=512 sd=100, lognormal mean=512 cv=1 (both with min= and max=), empirical FILE or a list of lengths, or a mix such as 70% 512 | 30% uniform 1000..4000"

// Dist is a distribution of lengths. The zero Dist always gives 1.
type Dist struct {
	text  string
	draw  func(r *rand.Rand) float64
	fixed int
	lo    int // draws outside are drawn again
	hi    int
}

// Parse reads one of Forms. A file is read at once.
func Parse(text string) (Dist, error) {
	text = strings.TrimSpace(text)
	d, err := parse(text)
	if err != nil {
		return Dist{}, fmt.Errorf("%q is no length: %w; write one of: %s", text, err, Forms)
	}
	d.text = text
	return d, nil
}

// Fixed is one length for all.
func Fixed(n int) Dist {
	n = min(max(n, 1), Most)
	return Dist{text: strconv.Itoa(n), fixed: n}
}

// String returns the text that the distribution was read from.
func (d Dist) String() string {
	if d.text == "" {
		return "1"
	}
	return d.text
}

// Varies reports whether lengths differ.
func (d Dist) Varies() bool { return d.draw != nil }

// At returns length i of a seed's sequence.
func (d Dist) At(seed uint64, i int) int {
	if d.draw == nil {
		return max(1, d.fixed)
	}
	r := rand.New(rand.NewPCG(seed, uint64(i)*0x9e3779b97f4a7c15+1))
	v := 0
	for range 64 {
		v = whole(d.draw(r))
		if v >= d.lo && v <= d.hi {
			return v
		}
	}
	return min(max(v, d.lo), d.hi) // the limits hold next to nothing of the distribution
}

// Mean of the lengths: of 4,096 draws where they vary.
func (d Dist) Mean() float64 {
	if d.draw == nil {
		return float64(max(1, d.fixed))
	}
	const n = 4096
	sum := 0.0
	for i := range n {
		sum += float64(d.At(1, i))
	}
	return sum / n
}

// Largest length that can come: the limit, or the largest of 4,096 draws where
// that is less.
func (d Dist) Largest() int {
	most := 0
	for i := range 4096 {
		most = max(most, d.At(1, i))
		if d.draw == nil {
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
		return mix(text)
	}
	if n, err := number(text); err == nil {
		return Fixed(n), nil
	}
	word, rest, _ := strings.Cut(text, " ")
	rest = strings.TrimSpace(rest)
	switch word {
	case "uniform":
		return uniform(rest)
	case "normal", "lognormal":
		return bell(word, rest)
	case "empirical":
		return empirical(rest)
	}
	if _, err := strconv.Atoi(strings.TrimSpace(text)); err == nil {
		return Dist{}, fmt.Errorf("a length is between 1 and %d", Most)
	}
	return Dist{}, fmt.Errorf("%q is no distribution", word)
}

func number(s string) (int, error) {
	n, err := strconv.Atoi(strings.ReplaceAll(strings.TrimSpace(s), "_", ""))
	if err == nil && (n < 1 || n > Most) {
		err = fmt.Errorf("%d is not between 1 and %d", n, Most)
	}
	return n, err
}

func uniform(text string) (Dist, error) {
	a, b, ok := strings.Cut(text, "..")
	lo, err := number(a)
	hi, err2 := number(b)
	if !ok || err != nil || err2 != nil || hi < lo {
		return Dist{}, errors.New("a uniform one needs its ends, as in uniform 100..900")
	}
	return Dist{lo: lo, hi: hi, draw: func(r *rand.Rand) float64 { return float64(lo + r.IntN(hi-lo+1)) }}, nil
}

// bell is a normal or log-normal distribution by its mean and spread. With
// limits it is the distribution within them, whose mean is another.
func bell(kind, text string) (Dist, error) {
	v := map[string]float64{"min": 1, "max": Most}
	for field := range strings.FieldsSeq(text) {
		name, value, ok := strings.Cut(field, "=")
		x, err := strconv.ParseFloat(value, 64)
		if !ok || err != nil || !(x >= 0) || x > Most {
			return Dist{}, fmt.Errorf("%q is not name=number", field)
		}
		switch name {
		case "mean", "sd", "cv", "min", "max":
			v[name] = x
		default:
			return Dist{}, fmt.Errorf("%q is not known; use mean, sd or cv, min and max", name)
		}
	}
	mean, sd := v["mean"], v["sd"]
	_, hasSD := v["sd"]
	cv, hasCV := v["cv"]
	if hasSD == hasCV || mean < 1 {
		return Dist{}, fmt.Errorf("a %s one needs a mean of at least 1 and either sd or cv, as in %s mean=512 cv=0.5", kind, kind)
	}
	if hasCV {
		sd = cv * mean
	}
	d := Dist{lo: max(1, int(v["min"])), hi: int(v["max"])}
	if d.hi < d.lo {
		return Dist{}, errors.New("max is below min")
	}
	if kind == "normal" {
		d.draw = func(r *rand.Rand) float64 { return mean + float64(sd*r.NormFloat64()) }
		return d, nil
	}
	// Moments of the log-normal: mean = exp(mu + s²/2), cv² = exp(s²) - 1.
	s2 := math.Log1p(sd / mean * (sd / mean))
	mu, s := math.Log(mean)-s2/2, math.Sqrt(s2)
	d.draw = func(r *rand.Rand) float64 { return math.Exp(mu + float64(s*r.NormFloat64())) }
	return d, nil
}

// empirical draws from lengths that are written out or stand in a file, each
// with the same chance.
func empirical(text string) (Dist, error) {
	var list []int
	var err error
	fields := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' })
	if len(fields) == 0 {
		return Dist{}, errors.New("an empirical one needs a file or lengths")
	}
	if _, bad := strconv.Atoi(fields[0]); bad == nil {
		for _, f := range fields {
			n, err := number(f)
			if err != nil {
				return Dist{}, fmt.Errorf("%q is no length", f)
			}
			list = append(list, n)
		}
	} else if list, err = readLengths(text); err != nil {
		return Dist{}, err
	}
	return Dist{lo: 1, hi: Most, draw: func(r *rand.Rand) float64 { return float64(list[r.IntN(len(list))]) }}, nil
}

// maxLengths of a file.
const maxLengths = 10_000_000

// readLengths reads the first column of a file of lengths, a row each, with or
// without a header.
func readLengths(path string) ([]int, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("failed to read the lengths: %w", err)
	}
	defer func() { _ = f.Close() }()
	in := csv.NewReader(f)
	in.FieldsPerRecord, in.ReuseRecord = -1, true
	var out []int
	for row := 1; ; row++ {
		rec, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		n, err := number(rec[0])
		switch {
		case err != nil && row == 1:
			continue // a header
		case err != nil:
			return nil, fmt.Errorf("%s, row %d: %q is no length", path, row, rec[0])
		case len(out) == maxLengths:
			return nil, fmt.Errorf("%s has more than %d lengths", path, maxLengths)
		}
		out = append(out, n)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s holds no length", path)
	}
	return out, nil
}

// mix reads "70% A | 30% B"; weights need not add up to 100.
func mix(text string) (Dist, error) {
	var parts []Dist
	var ends []float64
	sum := 0.0
	d := Dist{lo: Most, hi: 1}
	for item := range strings.SplitSeq(text, "|") {
		weight, rest, ok := strings.Cut(strings.TrimSpace(item), "%")
		w, err := strconv.ParseFloat(strings.TrimSpace(weight), 64)
		if !ok || err != nil || !(w > 0) || w > 1e9 {
			return Dist{}, fmt.Errorf("the part %q of a mix has no share, as in 70%% 512", strings.TrimSpace(item))
		}
		p, err := parse(strings.TrimSpace(rest))
		if err != nil {
			return Dist{}, err
		}
		sum += w
		parts, ends = append(parts, p), append(ends, sum)
		if p.draw == nil {
			p.lo, p.hi = p.fixed, p.fixed
		}
		d.lo, d.hi = min(d.lo, p.lo), max(d.hi, p.hi)
	}
	d.draw = func(r *rand.Rand) float64 {
		x := r.Float64() * sum
		for k, end := range ends {
			if x < end || k == len(ends)-1 {
				return float64(parts[k].At(r.Uint64(), 0))
			}
		}
		return 1
	}
	return d, nil
}
