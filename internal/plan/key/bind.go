package key

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Kind is what the values of a key are.
type Kind int

// The kinds.
const (
	TextKind Kind = iota
	SwitchKind
	WholeKind
	DecimalKind
	DurationKind // in ns
	ListKind
	StructureKind // of further keys, which a file has in a form of their own
)

// Binding is the typed access to the field of S that a key sets.
type Binding[S any] struct {
	Kind Kind
	// Set parses a text: a flag's, a variable's, a scalar of a file. Nil: the key
	// cannot be set by a text.
	Set func(*S, string) error
	// Items sets the items of a file's list; nil: the key takes none.
	Items func(*S, []string) error
	// Node reads what a file has, where that is neither a scalar nor a list of
	// them; nil: by set and items.
	Node func(*Reader, *S, ast.Node, string) error
	// Text is the value as set takes it; "" if there is none.
	Text func(*S) string
	// Zero reports whether the value is the number 0; nil: it is not a number.
	Zero func(*S) bool
	// Reset empties a list to which set adds; nil: set replaces.
	Reset func(*S)
	// Touch makes the part of S that holds the field.
	Touch func(*S)
}

// scalar binds a field by how a text becomes its value and the other way round.
func scalar[S any, T comparable](k Kind, at func(*S) *T, parse func(string) (T, error), text func(T) string) Binding[S] {
	var none T
	b := Binding[S]{
		Kind: k,
		Set: func(s *S, text string) error {
			v, err := parse(text)
			if err == nil {
				*at(s) = v
			}
			return err
		},
		Text:  func(s *S) string { return text(*at(s)) },
		Touch: func(s *S) { at(s) },
	}
	if k == WholeKind || k == DecimalKind || k == DurationKind {
		b.Zero = func(s *S) bool { return *at(s) == none }
	}
	return b
}

// optional binds a field whose zero is a value: nil is "not set".
func optional[S any, T comparable](k Kind, at func(*S) **T, parse func(string) (T, error), text func(T) string) Binding[S] {
	var none T
	return Binding[S]{
		Kind: k,
		Set: func(s *S, text string) error {
			v, err := parse(text)
			if err == nil {
				*at(s) = &v
			}
			return err
		},
		Text: func(s *S) string {
			if v := *at(s); v != nil {
				return text(*v)
			}
			return ""
		},
		Zero:  func(s *S) bool { return *at(s) != nil && **at(s) == none },
		Touch: func(s *S) { at(s) },
	}
}

// Text binds a text.
func Text[S any](at func(*S) *string) Binding[S] {
	same := func(s string) string { return s }
	return scalar(TextKind, at, func(s string) (string, error) { return s, nil }, same)
}

// Switch binds a bool.
func Switch[S any](at func(*S) *bool) Binding[S] {
	return scalar(SwitchKind, at, parseBool, strconv.FormatBool)
}

// Whole binds a whole number.
func Whole[S any](at func(*S) *int) Binding[S] {
	return scalar(WholeKind, at, ParseInt, strconv.Itoa)
}

// ParsedOrUnset binds a value that has a text of its own, and that nobody may have
// set: nil. Its zero value is the number 0.
func ParsedOrUnset[S any, T comparable](at func(*S) **T, parse func(string) (T, error), text func(T) string) Binding[S] {
	return optional(TextKind, at, parse, text)
}

// Unsigned binds a whole number that is not negative.
func Unsigned[S any](at func(*S) *uint64) Binding[S] {
	return scalar(WholeKind, at, parseUint, func(n uint64) string { return strconv.FormatUint(n, 10) })
}

// Decimal binds a number.
func Decimal[S any](at func(*S) *float64) Binding[S] {
	return scalar(DecimalKind, at, ParseFloat, FormatNumber)
}

// DecimalOrUnset binds a number that nobody may have set: nil.
func DecimalOrUnset[S any](at func(*S) **float64) Binding[S] {
	return optional(DecimalKind, at, ParseFloat, FormatNumber)
}

// Duration binds a time.Duration, or a type of it.
func Duration[S any, T ~int64](at func(*S) *T) Binding[S] {
	return scalar(DurationKind, at, func(text string) (T, error) {
		d, err := ParseDuration(text)
		return T(d), err
	}, func(v T) string { return time.Duration(v).String() })
}

// Word binds a text of a type of its own.
func Word[S any, T ~string](at func(*S) *T) Binding[S] {
	return scalar(TextKind, at, func(s string) (T, error) { return T(s), nil }, func(v T) string { return string(v) })
}

// List binds a list that a text separates by commas.
func List[S, T any](at func(*S) *[]T, parse func(string) (T, error), text func(T) string) Binding[S] {
	items := func(s *S, items []string) error {
		list := make([]T, 0, len(items))
		for _, item := range items {
			v, err := parse(item)
			if err != nil {
				return err
			}
			list = append(list, v)
		}
		*at(s) = list
		return nil
	}
	return Binding[S]{
		Kind:  ListKind,
		Items: items,
		Set: func(s *S, text string) error {
			var parts []string
			for part := range strings.SplitSeq(text, ",") {
				if part = strings.TrimSpace(part); part != "" {
					parts = append(parts, part)
				}
			}
			return items(s, parts)
		},
		Text: func(s *S) string {
			var parts []string
			for _, v := range *at(s) {
				parts = append(parts, text(v))
			}
			return strings.Join(parts, ",")
		},
		Touch: func(s *S) { at(s) },
	}
}

// Decimals binds a list of numbers.
func Decimals[S any](at func(*S) *[]float64) Binding[S] { return List(at, ParseFloat, FormatNumber) }

// Texts binds a list of texts.
func Texts[S any, T ~string](at func(*S) *[]T) Binding[S] {
	return List(at, func(s string) (T, error) { return T(s), nil }, func(v T) string { return string(v) })
}

// Added binds a list of texts to which each text adds one, as a flag that may be repeated.
func Added[S any](at func(*S) *[]string) Binding[S] {
	b := Texts(at)
	b.Set = func(s *S, text string) error {
		*at(s) = append(*at(s), strings.TrimSpace(text))
		return nil
	}
	b.Reset = func(s *S) { *at(s) = nil }
	return b
}

// LiftAll makes declarations of a part of S ones of S.
func LiftAll[S, P any](rows []Declaration[P], part func(*S) *P) []Declaration[S] {
	var out []Declaration[S]
	for _, d := range rows {
		out = append(out, Declaration[S]{Key: d.Key, Bind: Lift(d.Bind, part)})
	}
	return out
}

// Lift makes a binding of a part of S one of S.
func Lift[S, P any](b Binding[P], part func(*S) *P) Binding[S] {
	out := Binding[S]{
		Kind:  b.Kind,
		Text:  func(s *S) string { return b.Text(part(s)) },
		Touch: func(s *S) { b.Touch(part(s)) },
	}
	if b.Set != nil {
		out.Set = func(s *S, text string) error { return b.Set(part(s), text) }
	}
	if b.Items != nil {
		out.Items = func(s *S, items []string) error { return b.Items(part(s), items) }
	}
	if b.Node != nil {
		out.Node = func(r *Reader, s *S, n ast.Node, path string) error { return b.Node(r, part(s), n, path) }
	}
	if b.Zero != nil {
		out.Zero = func(s *S) bool { return b.Zero(part(s)) }
	}
	if b.Reset != nil {
		out.Reset = func(s *S) { b.Reset(part(s)) }
	}
	return out
}

var errFileOnly = errors.New("this key can only be set in a plan file")

// Invalid says of a value what it must be: "must be greater than 0".
func Invalid(value, must string) error { return fmt.Errorf("invalid value %s: %s", value, must) }

func parseBool(text string) (bool, error) {
	b, err := strconv.ParseBool(strings.TrimSpace(text))
	if err != nil {
		return false, fmt.Errorf("%q is not true or false", text)
	}
	return b, nil
}

// ParseInt reads a whole number.
func ParseInt(text string) (int, error) {
	n, err := strconv.Atoi(CleanNumber(text))
	if err != nil {
		return 0, notNumber(text, "a whole number", err)
	}
	return n, nil
}

func parseUint(text string) (uint64, error) {
	n, err := strconv.ParseUint(CleanNumber(text), 10, 64)
	if err != nil {
		return 0, notNumber(text, "a whole number that is not negative", err)
	}
	return n, nil
}

// ParseFloat reads a number, which may end in k, M or B for thousands, millions and
// billions: 0.4, 3e6, 3_000_000 and 3M.
func ParseFloat(text string) (float64, error) {
	digits, factor := CleanNumber(text), 1.0
	if n := len(digits); n > 1 && digits[n-2] >= '0' && digits[n-2] <= '9' {
		if f, ok := map[byte]float64{'k': 1e3, 'M': 1e6, 'B': 1e9}[digits[n-1]]; ok {
			digits, factor = digits[:n-1], f
		}
	}
	x, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return 0, notNumber(text, "a number", err)
	}
	return x * factor, nil
}

// ParseDuration reads a text like 250ms.
func ParseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(strings.TrimSpace(text))
	if err != nil {
		return 0, fmt.Errorf("%q is not a duration like 250ms, 10s or 5m", text)
	}
	return d, nil
}

// CleanNumber allows 3_000_000; 3,000,000 is left to fail: it could be a list.
func CleanNumber(s string) string { return strings.ReplaceAll(strings.TrimSpace(s), "_", "") }

// FormatNumber writes a number in the shortest form that reads as the same one.
func FormatNumber(x float64) string {
	if x != 0 && (x < 1e-6 || x >= 1e15) {
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

func notNumber(text, want string, err error) error {
	if errors.Is(err, strconv.ErrRange) {
		return fmt.Errorf("%q is too large", text)
	}
	return fmt.Errorf("%q is not %s", text, want)
}
