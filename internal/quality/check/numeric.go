package check

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
)

// A number as people and models write it: sign, digits with separators between groups
// of three (comma, or a space that does not break), a decimal point, an exponent, or a
// fraction of two whole numbers. A sign after a digit or letter is a hyphen.
var (
	numeral  = regexp.MustCompile(`\d{1,3}(?:[,\x{202f}\x{a0}\x{2009}]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3}\b)?|\.\d+`)
	fraction = regexp.MustCompile(`^\d{1,9}/\d{1,9}$`)
	boxed    = regexp.MustCompile(`\\boxed\{([^{}]*)\}`)
	unitName = regexp.MustCompile(`^[ \x{a0}\x{202f}\x{2009}]?(%|°[CF]|[µμ\pL$€£²³]+(?:/\pL+)?)`)
)

// maxDigits caps a number; a longer run of digits is no number that anyone wants.
const maxDigits = 400

// found is a number in a text, and what stands right after it.
type found struct {
	value *big.Rat
	after string
}

// numbers returns the numbers of a text in order.
func numbers(text string) []found {
	text = strings.NewReplacer("{,}", ",", `\,`, "", `\%`, "%", `\$`, "$", "−", "-", "**", "", "`", "").Replace(text)
	var all []found
	for at := 0; at < len(text); {
		m := numeral.FindStringIndex(text[at:])
		if m == nil {
			break
		}
		from, to := at+m[0], at+m[1]
		// 1,234,56 is a list, or a date; so is 1/2/2026 no fraction.
		if strings.HasPrefix(text[to:], "/") {
			end := to + 1
			for end < len(text) && text[end] >= '0' && text[end] <= '9' {
				end++
			}
			before := from > 0 && text[from-1] == '/'
			more := end < len(text) && (text[end] == '/' || text[end] == '.' && end+1 < len(text) && text[end+1] >= '0' && text[end+1] <= '9')
			if fraction.MatchString(text[from:end]) && !before && !more {
				to = end
			}
		}
		if v := rational(text[from:to]); v != nil {
			if negative(text[:from]) {
				v.Neg(v)
			}
			all = append(all, found{v, text[to:min(to+40, len(text))]})
		}
		at = to
	}
	return all
}

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
	s = strings.NewReplacer(",", "", "\u202f", "", "\u00a0", "", "\u2009", "").Replace(s)
	v, ok := new(big.Rat).SetString(s)
	if !ok {
		return nil
	}
	return v
}

// final returns the number that an answer ends with.
func final(text string) (found, bool) {
	if i := strings.LastIndex(text, "####"); i >= 0 {
		if all := numbers(text[i+4:]); len(all) > 0 {
			return all[0], true
		}
	}
	if m := boxed.FindAllStringSubmatch(text, -1); m != nil {
		if all := numbers(m[len(m)-1][1]); len(all) > 0 {
			return all[len(all)-1], true
		}
	}
	all := numbers(text)
	if len(all) == 0 {
		return found{}, false
	}
	return all[len(all)-1], true
}

// unit returns the unit that a text begins with.
func unit(after string) string {
	after = strings.TrimLeft(after, "*}")
	m := unitName.FindStringSubmatch(after)
	switch {
	case m == nil:
		return ""
	case strings.HasPrefix(strings.TrimSpace(after), "per cent"):
		return "%"
	case fold(m[1]) == "percent":
		return "%"
	}
	return m[1]
}

func wanted(w string) (found, error) {
	all := numbers(w)
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
	got, ok := final(text)
	if !ok {
		return false, "has no number"
	}
	tolerance := new(big.Rat).SetFloat64(c.Tolerance)
	if tolerance == nil {
		tolerance = new(big.Rat)
	}
	unitIsWrong := false
	ok = slices.ContainsFunc(c.Want, func(s string) bool {
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
