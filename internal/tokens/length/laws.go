package length

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// uniform gives every length from lo to hi with the same probability.
type uniform struct{ lo, hi int }

func (u uniform) limits() (lo, hi int)      { return u.lo, u.hi }
func (u uniform) draw(r *rand.Rand) float64 { return float64(u.lo + r.IntN(u.hi-u.lo+1)) }
func (u uniform) below(n int) float64       { return float64(n-u.lo+1) / float64(u.hi-u.lo+1) }
func (u uniform) quantile(p float64) int {
	return u.lo + min(u.hi-u.lo, int(p*float64(u.hi-u.lo+1)))
}
func (u uniform) mean() float64 { return float64(u.lo+u.hi) / 2 }

func parseUniform(text string) (Dist, error) {
	a, b, ok := strings.Cut(text, "..")
	lo, err := number(a)
	hi, err2 := number(b)
	if !ok || err != nil || err2 != nil || hi < lo {
		return Dist{}, errors.New("uniform needs both ends, as in uniform 100..900")
	}
	return Dist{law: uniform{lo, hi}}, nil
}

// bell is a normal or log-normal distribution within limits: what is outside is
// drawn again, so its mean is not exactly the one it was given.
type bell struct {
	lo, hi int
	log    bool
	mu, sd float64 // of the logarithm for a log-normal
}

func (b bell) limits() (lo, hi int) { return b.lo, b.hi }

func (b bell) draw(r *rand.Rand) float64 {
	v := b.mu + float64(b.sd*r.NormFloat64())
	if b.log {
		return math.Exp(v)
	}
	return v
}

// under is the share of draws below v, before the limits.
func (b bell) under(v float64) float64 {
	if b.log {
		v = math.Log(v)
	}
	if b.sd == 0 {
		if v > b.mu {
			return 1
		}
		return 0
	}
	return math.Erfc(-(v-b.mu)/(b.sd*math.Sqrt2)) / 2
}

// span are the shares of draws below the lower and the upper limit. A draw is
// rounded, so length n is every draw from n-0.5 to n+0.5.
func (b bell) span() (from, to float64) {
	return b.under(float64(b.lo) - 0.5), b.under(float64(b.hi) + 0.5)
}

// nowhere is the share within the limits under which drawing again is hopeless:
// At gives the nearer limit then.
const nowhere = 1e-12

func (b bell) below(n int) float64 {
	from, to := b.span()
	switch {
	case to-from >= nowhere:
		return (b.under(float64(n)+0.5) - from) / (to - from)
	case from > 0.5 || n >= b.hi:
		return 1
	}
	return 0
}

func (b bell) quantile(u float64) int {
	from, to := b.span()
	switch {
	case to-from < nowhere && from > 0.5:
		return b.lo
	case to-from < nowhere:
		return b.hi
	}
	v := b.mu
	if b.sd > 0 {
		v += b.sd * math.Sqrt2 * math.Erfinv(2*(from+u*(to-from))-1)
	}
	if b.log {
		v = math.Exp(v)
	}
	return min(max(whole(v), b.lo), b.hi)
}

func (b bell) mean() float64 {
	const n = 2000 // evenly spaced quantiles
	sum := 0.0
	for i := range n {
		sum += float64(b.quantile((float64(i) + 0.5) / n))
	}
	return sum / n
}

func parseBell(kind, text string) (Dist, error) {
	v := map[string]float64{"min": 1, "max": Most}
	for field := range strings.FieldsSeq(text) {
		name, value, ok := strings.Cut(field, "=")
		x, err := strconv.ParseFloat(value, 64)
		if !ok || err != nil || !(x >= 0) || x > Most {
			return Dist{}, fmt.Errorf("invalid parameter %q: must be name=number", field)
		}
		switch name {
		case "mean", "sd", "cv", "min", "max":
			v[name] = x
		default:
			return Dist{}, fmt.Errorf("unknown parameter %q: must be mean, sd, cv, min or max", name)
		}
	}
	mean, sd := v["mean"], v["sd"]
	_, hasSD := v["sd"]
	cv, hasCV := v["cv"]
	if hasSD == hasCV || mean < 1 {
		return Dist{}, fmt.Errorf("%s needs a mean of at least 1 and either sd or cv, as in %s mean=512 cv=0.5", kind, kind)
	}
	if hasCV {
		sd = cv * mean
	}
	b := bell{lo: max(1, int(v["min"])), hi: int(v["max"]), mu: mean, sd: sd}
	if b.hi < b.lo {
		return Dist{}, errors.New("max is below min")
	}
	if kind == "lognormal" {
		// Moments of the log-normal: mean = exp(mu + s²/2), cv² = exp(s²) - 1.
		s2 := math.Log1p(sd / mean * (sd / mean))
		b.log, b.mu, b.sd = true, math.Log(mean)-s2/2, math.Sqrt(s2)
	}
	return Dist{law: b}, nil
}

// LogNormal returns a log-normal distribution by its median and the standard
// deviation of its logarithm, within limits. Its parameters are those of its
// text, which has the mean to four digits and the coefficient of variation to
// three, so that parsing the text gives the same lengths.
func LogNormal(median, sigma float64, lo, hi int) Dist {
	mean := median * math.Exp(sigma*sigma/2)
	cv := math.Sqrt(math.Expm1(sigma * sigma))
	text := fmt.Sprintf("lognormal mean=%.4g cv=%.3g min=%d max=%d", mean, cv, lo, hi)
	d, err := Parse(text)
	if err != nil {
		panic(err) // only for parameters that are written wrongly in the code
	}
	return d
}

// empirical gives each of its lengths with the same probability.
type empirical struct {
	list   []int // in the order given, which decides what a draw is
	sorted []int
}

func (e *empirical) limits() (lo, hi int)      { return e.sorted[0], e.sorted[len(e.sorted)-1] }
func (e *empirical) draw(r *rand.Rand) float64 { return float64(e.list[r.IntN(len(e.list))]) }

func (e *empirical) below(n int) float64 {
	k, _ := slices.BinarySearch(e.sorted, n+1)
	return float64(k) / float64(len(e.sorted))
}

func (e *empirical) quantile(u float64) int {
	return e.sorted[min(len(e.sorted)-1, int(u*float64(len(e.sorted))))]
}

func (e *empirical) mean() float64 {
	sum := 0.0
	for _, n := range e.list {
		sum += float64(n)
	}
	return sum / float64(len(e.list))
}

// parseEmpirical reads lengths that are listed, or the path of a file of them.
func parseEmpirical(text string) (Dist, error) {
	var list []int
	var err error
	fields := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' })
	if len(fields) == 0 {
		return Dist{}, errors.New("empirical needs a file or a list of lengths")
	}
	if _, bad := strconv.Atoi(fields[0]); bad == nil {
		for _, f := range fields {
			n, err := number(f)
			if err != nil {
				return Dist{}, fmt.Errorf("invalid length %q in the list", f)
			}
			list = append(list, n)
		}
	} else if list, err = readLengths(text); err != nil {
		return Dist{}, err
	}
	return Dist{law: &empirical{list, slices.Sorted(slices.Values(list))}}, nil
}

// maxLengths of a file.
const maxLengths = 10_000_000

// readLengths reads the first column of a file with one length per row, with or
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
			return nil, fmt.Errorf("%s, row %d: invalid length %q", path, row, rec[0])
		case len(out) == maxLengths:
			return nil, fmt.Errorf("%s has more than %d lengths", path, maxLengths)
		}
		out = append(out, n)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s has no lengths", path)
	}
	return out, nil
}

// mix draws from several distributions by their weights.
type mix struct {
	parts  []Dist
	ends   []float64 // cumulative weights
	lo, hi int
}

func (m *mix) limits() (lo, hi int) { return m.lo, m.hi }

func (m *mix) sum() float64 { return m.ends[len(m.ends)-1] }

func (m *mix) draw(r *rand.Rand) float64 {
	x := r.Float64() * m.sum()
	for k, end := range m.ends {
		if x < end || k == len(m.ends)-1 {
			return float64(m.parts[k].At(r.Uint64(), 0))
		}
	}
	return 1
}

// weighted is the weighted mean of a property of the parts.
func (m *mix) weighted(of func(d Dist) float64) float64 {
	sum, begin := 0.0, 0.0
	for k, end := range m.ends {
		sum += (end - begin) * of(m.parts[k])
		begin = end
	}
	return sum / m.sum()
}

func (m *mix) below(n int) float64 {
	return m.weighted(func(d Dist) float64 {
		switch lo, hi := d.limits(); {
		case n < lo:
			return 0
		case n >= hi:
			return 1
		}
		return d.law.below(n)
	})
}

func (m *mix) quantile(u float64) int {
	return m.lo + sort.Search(m.hi-m.lo, func(k int) bool { return m.below(m.lo+k) >= u })
}

func (m *mix) mean() float64 { return m.weighted(Dist.Mean) }

// limits are the smallest and largest possible length.
func (d Dist) limits() (lo, hi int) {
	if d.law == nil {
		return max(1, d.fixed), max(1, d.fixed)
	}
	return d.law.limits()
}

// parseMix reads "70% A | 30% B"; weights need not add up to 100.
func parseMix(text string) (Dist, error) {
	m := &mix{lo: Most, hi: 1}
	sum := 0.0
	for item := range strings.SplitSeq(text, "|") {
		weight, rest, ok := strings.Cut(strings.TrimSpace(item), "%")
		w, err := strconv.ParseFloat(strings.TrimSpace(weight), 64)
		if !ok || err != nil || !(w > 0) || w > 1e9 {
			return Dist{}, fmt.Errorf("part %q of the mix has no share, as in 70%% 512", strings.TrimSpace(item))
		}
		p, err := parse(strings.TrimSpace(rest))
		if err != nil {
			return Dist{}, err
		}
		sum += w
		m.parts, m.ends = append(m.parts, p), append(m.ends, sum)
		lo, hi := p.limits()
		m.lo, m.hi = min(m.lo, lo), max(m.hi, hi)
	}
	return Dist{law: m}, nil
}
