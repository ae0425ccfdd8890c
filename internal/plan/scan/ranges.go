package scan

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/lazy"
	"github.com/inferometer/inferometer/internal/plan/key"
)

// Ranges says how a range of values is written.
const Ranges = "1..64x2 (each twice the one before) or 0.5..4+0.5 (in steps of 0.5)"

// decimal is a number of a range: without sign and exponent, so that it stays
// small when it is worked with exactly.
var decimal = lazy.Regexp(`^(\d+\.?\d*|\.\d+)$`)

// parts of a range, as texts.
type parts struct {
	from, to, step string
	geometric      bool
}

// cutRange takes a range apart; ok is false for a text that is none.
func cutRange(text string) (p parts, ok bool) {
	from, rest, ok := strings.Cut(text, "..")
	if !ok {
		return p, false
	}
	at := strings.LastIndexAny(rest, "x+")
	if at < 0 {
		return parts{from: from, to: rest}, true
	}
	return parts{from, rest[:at], rest[at+1:], rest[at] == 'x'}, true
}

// expandRange returns the values of a range, smallest first, in the texts that
// the key takes. The end belongs to it if a step meets it. Steps that are added
// are exact, so that 0.1..0.5+0.1 has 0.3; values of a geometric range have at
// most six significant digits, and whole numbers are rounded, and left out
// where that makes them the one before.
func expandRange(text string, k key.Kind) ([]string, error) {
	p, ok := cutRange(text)
	if !ok {
		return nil, fmt.Errorf("%q is not a range", text)
	}
	if p.step == "" {
		return nil, fmt.Errorf("the range %q has no step; ranges are written as %s", text, Ranges)
	}
	from, err := rangeNumber(p.from, text, k)
	to, err2 := rangeNumber(p.to, text, k)
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	if from.Cmp(to) > 0 {
		return nil, fmt.Errorf("range %q is descending: its start must not exceed its end (--scan-order random changes the order)", text)
	}
	if p.geometric {
		factor, err := rangeNumber(p.step, text, key.DecimalKind)
		if err != nil {
			return nil, err
		}
		return multiplied(text, inexact(from), inexact(to), inexact(factor), k)
	}
	step, err := rangeNumber(p.step, text, k)
	if err != nil {
		return nil, err
	}
	if step.Sign() <= 0 {
		return nil, fmt.Errorf("invalid range %q: the step must be greater than 0", text)
	}
	var out []string
	for v := from; v.Cmp(to) <= 0; v = new(big.Rat).Add(v, step) {
		switch {
		case len(out) == MaxValues:
			return nil, tooLong(text)
		case k != key.DecimalKind && !v.IsInt():
			return nil, fmt.Errorf("%s of the range %q is not a whole number, which this key takes", key.FormatNumber(inexact(v)), text)
		case k == key.DurationKind:
			out = append(out, time.Duration(v.Num().Int64()).String())
		case k == key.WholeKind:
			out = append(out, v.Num().String())
		default:
			out = append(out, key.FormatNumber(inexact(v)))
		}
	}
	return out, nil
}

func tooLong(text string) error {
	return fmt.Errorf("a range has at most %d values, and %q has more; take larger steps", MaxValues, text)
}

// multiplied returns the values of a geometric range.
func multiplied(text string, from, to, factor float64, k key.Kind) ([]string, error) {
	switch {
	case from <= 0:
		return nil, fmt.Errorf("invalid range %q: it begins at 0, and every multiple of 0 is 0; begin above it", text)
	case factor < 1.001:
		return nil, fmt.Errorf("invalid range %q: the factor must be at least 1.001", text)
	}
	const tiny = 1e-9 // what multiplying may do to an end that is met
	var out []string
	for i := 0; ; i++ {
		v := from * math.Pow(factor, float64(i))
		if v > to*(1+tiny) {
			return out, nil
		}
		v = min(v, to)
		s := ""
		switch k {
		case key.DurationKind:
			d := time.Duration(math.Round(v))
			if d > time.Millisecond {
				d = d.Round(time.Microsecond)
			}
			s = d.String()
		case key.WholeKind:
			s = strconv.FormatFloat(math.Round(v), 'f', 0, 64)
		default:
			short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
			if err != nil {
				return nil, fmt.Errorf("the range %q: %w", text, err)
			}
			s = key.FormatNumber(short)
		}
		if len(out) == 0 || out[len(out)-1] != s {
			out = append(out, s)
		}
		if len(out) > MaxValues {
			return nil, tooLong(text)
		}
	}
}

func inexact(r *big.Rat) float64 {
	x, _ := r.Float64()
	return x
}

// rangeNumber reads one number of a range: a duration in ns.
func rangeNumber(s, text string, k key.Kind) (*big.Rat, error) {
	if k == key.DurationKind {
		d, err := time.ParseDuration(s)
		if err != nil || d < 0 {
			return nil, fmt.Errorf("%q in the range %q is not a duration like 250ms or 10s", s, text)
		}
		return new(big.Rat).SetInt64(int64(d)), nil
	}
	s = key.CleanNumber(s)
	if !decimal().MatchString(s) || len(s) > 18 {
		return nil, fmt.Errorf("%q in the range %q is not a number like 4 or 0.5; ranges are written as %s", s, text, Ranges)
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return nil, fmt.Errorf("%q in the range %q is not a number", s, text)
	}
	return r, nil
}
