package check

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/lazy"
)

// A number as people and models write it: sign, digits with separators between groups
// of three (comma, or a space), a decimal point, an exponent, or a fraction of two whole
// numbers. A sign after a digit or letter is a hyphen.
var (
	grouped  = lazy.Regexp(`^(?:\d{1,3}(?:,\d{3})+|[1-9]\d{0,2}(?:(?: \d{3})+|(?:[\x{202f}\x{a0}\x{2009}]\d{3})+))(?:\.\d+)?`)
	numeral  = lazy.Regexp(`\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3}\b)?|\.\d+`)
	fraction = lazy.Regexp(`^\d{1,9}/\d{1,9}$`)
	boxed    = lazy.Regexp(`\\boxed\{([^{}]*)\}`)
	// moment is a time of day, a date or a version: its parts are no numbers of their own.
	moment = lazy.Regexp(`\b(?:\d{4}-\d{2}-\d{2}(?:T[\d:.]+)?|\d{1,2}:\d{2}(?::\d{2})?|\d+(?:\.\d+){2,})\b`)
	frac   = lazy.Regexp(`\\[dt]?frac\{\s*(\d{1,9})\s*\}\{\s*(\d{1,9})\s*\}`)
	mixed  = lazy.Regexp(`(\d)\s*(\\[dt]?frac\{)`)
	denied = lazy.Regexp(`(?i)(?:\b(?:not|never|neither|nor|rather than|instead of|cannot be)|n['’]t|≠|!=|\\neq?)(?:\s+(?:be|equal|equal to|equals))?[\s*_$€£(]*-?$`)
)

// maxDigits caps a number; a longer run of digits is no number that anyone wants.
const maxDigits = 400

// found is a number in a text, where it stands, and what stands right after it.
type found struct {
	value    *big.Rat
	from, to int
	after    string
}

// tidied returns a text without marks of Markdown and LaTeX that stand within numbers,
// and without times and dates.
func tidied(text string) string {
	text = strings.NewReplacer("{,}", ",", `\,`, "", `\%`, "%", `\$`, "$", "−", "-", "**", "", "`", "", `\text{`, "", `\mathrm{`, "").Replace(text)
	text = frac().ReplaceAllString(mixed().ReplaceAllString(text, "$1 $2"), "$1/$2")
	return moment().ReplaceAllString(text, "…")
}

// numbers returns the numbers of a text that is tidied, in order, but for those that it
// says are not the answer ("not 42").
func numbers(text string) []found {
	var all []found
	list := 0 // where one ends
	for at := 0; at < len(text); {
		m := numeral().FindStringIndex(text[at:])
		if m == nil {
			break
		}
		from, to := at+m[0], at+m[1]
		// 1,234,56 is a list, and so is 1 2345.
		if from >= list {
			if g := grouped().FindStringIndex(text[from:]); g != nil && !digitAt(text, from+g[1]) {
				to = from + g[1]
			} else if g != nil {
				list = from + g[1] // and is not looked at again from its other numbers
			}
		}
		// 1/2/2026 is no fraction.
		if strings.HasPrefix(text[to:], "/") {
			end := to + 1
			for digitAt(text, end) {
				end++
			}
			before := from > 0 && text[from-1] == '/'
			more := end < len(text) && (text[end] == '/' || text[end] == '.' && digitAt(text, end+1))
			if fraction().MatchString(text[from:end]) && !before && !more {
				to = end
			}
		}
		at = to
		v := rational(text[from:to])
		if v == nil || isDenied(text[max(0, from-40):from]) {
			continue
		}
		if negative(text[:from]) {
			v.Neg(v)
		}
		f := found{v, from, to, text[to:min(to+40, len(text))]}
		if n := len(all) - 1; n >= 0 && isMixed(text, all[n], f) {
			if all[n].value.Sign() < 0 {
				v.Neg(v)
			}
			f.value, f.from = v.Add(v, all[n].value), all[n].from
			all = all[:n]
		}
		all = append(all, f)
	}
	return all
}

// isDenied reports whether a text ends with a word like not. Most numbers have nothing
// before them that could be one, and a pattern is slow.
func isDenied(before string) bool {
	return strings.ContainsAny(before, "nN≠=") && denied().MatchString(before)
}

// isMixed reports whether two numbers are one, as 3 1/2 is.
func isMixed(text string, whole, part found) bool {
	return whole.value.IsInt() && text[whole.to:part.from] == " " && part.value.Sign() > 0 && part.value.Cmp(big.NewRat(1, 1)) < 0 &&
		strings.Contains(text[part.from:part.to], "/") && !strings.Contains(text[whole.from:whole.to], "/")
}

func digitAt(text string, i int) bool { return i < len(text) && text[i] >= '0' && text[i] <= '9' }

// negative reports whether a text ends with a minus sign, maybe before a sign of currency.
// A dash within a word or a range is none, nor is one between spaces ("10 - 3", or the
// mark of a list) unless an equals sign or a bracket stands before it.
func negative(before string) bool {
	rest, ok := strings.CutSuffix(strings.TrimRight(before, "$€£ "), "-")
	if !ok {
		return false
	}
	if strings.HasSuffix(before, " ") {
		rest = strings.TrimRight(rest, " ")
		return strings.HasSuffix(rest, "=") || strings.HasSuffix(rest, "(")
	}
	return rest == "" || strings.ContainsRune(" \n\t(=$:{[,", rune(rest[len(rest)-1]))
}

// rational returns the value of a numeral; nil where it is too long or no number.
func rational(s string) *big.Rat {
	if len(s) > maxDigits {
		return nil
	}
	s = strings.NewReplacer(",", "", " ", "", "\u202f", "", "\u00a0", "", "\u2009", "").Replace(s)
	v, ok := new(big.Rat).SetString(s)
	if !ok {
		return nil
	}
	return v
}

func wanted(w string) (found, error) {
	all := numbers(tidied(w))
	if len(all) != 1 {
		return found{}, fmt.Errorf("%q is not a number, or a number with a unit", w)
	}
	return all[0], nil
}

func numbersOnly(c Check) error {
	for _, w := range c.Want {
		if _, err := wanted(w); err != nil {
			return err
		}
	}
	return nil
}

func isNumber(c Check, text string) (bool, string) {
	got, why := final(text)
	if why != "" {
		return false, why
	}
	tolerance := new(big.Rat).SetFloat64(c.Tolerance)
	if tolerance == nil {
		tolerance = new(big.Rat)
	}
	unitIsWrong := false
	ok := slices.ContainsFunc(c.Want, func(s string) bool {
		w, err := wanted(s)
		if err != nil {
			return false
		}
		distance := new(big.Rat).Sub(got.value, w.value)
		if distance.Abs(distance).Cmp(tolerance) > 0 {
			return false
		}
		u := unit(w.after)
		unitIsWrong = u != "" && unit(got.after) != u
		return !unitIsWrong
	})
	switch {
	case ok:
		return true, ""
	case unitIsWrong:
		return false, "has the number and not the unit"
	}
	return false, "ends with " + shown(got.value)
}

// shown writes a number shortly.
func shown(v *big.Rat) string {
	if v.IsInt() && v.Num().BitLen() < 100 {
		return v.Num().String()
	}
	f, _ := v.Float64()
	return fmt.Sprintf("%g", f)
}
