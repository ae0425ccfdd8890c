package plan

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// kind is what the values of a key are.
type kind int

const (
	texts kind = iota
	switches
	wholes
	decimals
	durations // in ns
	lists
	structures // of further keys, which a file has in a form of their own
)

// binding is the typed access to the field of S that a key sets.
type binding[S any] struct {
	kind kind
	// set parses a text: a flag's, a variable's, a scalar of a file. Nil: the key
	// cannot be set by a text.
	set func(*S, string) error
	// items sets the items of a file's list; nil: the key takes none.
	items func(*S, []string) error
	// node reads what a file has, where that is neither a scalar nor a list of
	// them; nil: by set and items.
	node func(*fileReader, *S, ast.Node, string) error
	// text is the value as set takes it; "" if there is none.
	text func(*S) string
	// zero reports whether the value is the number 0; nil: it is no number.
	zero func(*S) bool
	// reset empties a list to which set adds; nil: set replaces.
	reset func(*S)
	// touch makes the part of S that holds the field.
	touch func(*S)
}

// scalar binds a field by how a text becomes its value and the other way round.
func scalar[S any, T comparable](k kind, at func(*S) *T, parse func(string) (T, error), text func(T) string) binding[S] {
	var none T
	b := binding[S]{
		kind: k,
		set: func(s *S, text string) error {
			v, err := parse(text)
			if err == nil {
				*at(s) = v
			}
			return err
		},
		text:  func(s *S) string { return text(*at(s)) },
		touch: func(s *S) { at(s) },
	}
	if k == wholes || k == decimals || k == durations {
		b.zero = func(s *S) bool { return *at(s) == none }
	}
	return b
}

// optional binds a field whose zero is a value: nil is "not set".
func optional[S any, T comparable](k kind, at func(*S) **T, parse func(string) (T, error), text func(T) string) binding[S] {
	var none T
	return binding[S]{
		kind: k,
		set: func(s *S, text string) error {
			v, err := parse(text)
			if err == nil {
				*at(s) = &v
			}
			return err
		},
		text: func(s *S) string {
			if v := *at(s); v != nil {
				return text(*v)
			}
			return ""
		},
		zero:  func(s *S) bool { return *at(s) != nil && **at(s) == none },
		touch: func(s *S) { at(s) },
	}
}

func textOf[S any](at func(*S) *string) binding[S] {
	same := func(s string) string { return s }
	return scalar(texts, at, func(s string) (string, error) { return s, nil }, same)
}

func switchOf[S any](at func(*S) *bool) binding[S] {
	return scalar(switches, at, parseBool, strconv.FormatBool)
}

func wholeOf[S any](at func(*S) *int) binding[S] {
	return scalar(wholes, at, parseInt, strconv.Itoa)
}

func wholeOrUnset[S any](at func(*S) **int) binding[S] {
	return optional(wholes, at, parseInt, strconv.Itoa)
}

func unsignedOf[S any](at func(*S) *uint64) binding[S] {
	return scalar(wholes, at, parseUint, func(n uint64) string { return strconv.FormatUint(n, 10) })
}

func decimalOf[S any](at func(*S) *float64) binding[S] {
	return scalar(decimals, at, parseFloat, formatNumber)
}

func decimalOrUnset[S any](at func(*S) **float64) binding[S] {
	return optional(decimals, at, parseFloat, formatNumber)
}

func durationOf[S any](at func(*S) *Duration) binding[S] {
	return scalar(durations, at, parseDuration, Duration.String)
}

// wordOf binds a text of a type of its own.
func wordOf[S any, T ~string](at func(*S) *T) binding[S] {
	return scalar(texts, at, func(s string) (T, error) { return T(s), nil }, func(v T) string { return string(v) })
}

// listOf binds a list that a text separates by commas.
func listOf[S, T any](at func(*S) *[]T, parse func(string) (T, error), text func(T) string) binding[S] {
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
	return binding[S]{
		kind:  lists,
		items: items,
		set: func(s *S, text string) error {
			var parts []string
			for part := range strings.SplitSeq(text, ",") {
				if part = strings.TrimSpace(part); part != "" {
					parts = append(parts, part)
				}
			}
			return items(s, parts)
		},
		text: func(s *S) string {
			var parts []string
			for _, v := range *at(s) {
				parts = append(parts, text(v))
			}
			return strings.Join(parts, ",")
		},
		touch: func(s *S) { at(s) },
	}
}

func textsOf[S any, T ~string](at func(*S) *[]T) binding[S] {
	return listOf(at, func(s string) (T, error) { return T(s), nil }, func(v T) string { return string(v) })
}

// lift makes a binding of a part of S one of S.
func lift[S, P any](b binding[P], part func(*S) *P) binding[S] {
	out := binding[S]{
		kind:  b.kind,
		text:  func(s *S) string { return b.text(part(s)) },
		touch: func(s *S) { b.touch(part(s)) },
	}
	if b.set != nil {
		out.set = func(s *S, text string) error { return b.set(part(s), text) }
	}
	if b.items != nil {
		out.items = func(s *S, items []string) error { return b.items(part(s), items) }
	}
	if b.node != nil {
		out.node = func(r *fileReader, s *S, n ast.Node, path string) error { return b.node(r, part(s), n, path) }
	}
	if b.zero != nil {
		out.zero = func(s *S) bool { return b.zero(part(s)) }
	}
	return out
}

var errFileOnly = errors.New("this key can only be set in a plan file")

func errNoKey(path string) error { return fmt.Errorf("there is no key %q", path) }

// invalid says of a value what it must be: "must be greater than 0".
func invalid(value, must string) error { return fmt.Errorf("invalid value %s: %s", value, must) }

func parseBool(text string) (bool, error) {
	b, err := strconv.ParseBool(strings.TrimSpace(text))
	if err != nil {
		return false, fmt.Errorf("%q is not true or false", text)
	}
	return b, nil
}

func parseInt(text string) (int, error) {
	n, err := strconv.Atoi(cleanNumber(text))
	if err != nil {
		return 0, notNumber(text, "a whole number", err)
	}
	return n, nil
}

func parseUint(text string) (uint64, error) {
	n, err := strconv.ParseUint(cleanNumber(text), 10, 64)
	if err != nil {
		return 0, notNumber(text, "a whole number that is not negative", err)
	}
	return n, nil
}

func parseFloat(text string) (float64, error) {
	x, err := strconv.ParseFloat(cleanNumber(text), 64)
	if err != nil {
		return 0, notNumber(text, "a number", err)
	}
	return x, nil
}

func parseDuration(text string) (Duration, error) {
	d, err := time.ParseDuration(strings.TrimSpace(text))
	if err != nil {
		return 0, fmt.Errorf("%q is not a duration like 250ms, 10s or 5m", text)
	}
	return Duration(d), nil
}

// cleanNumber allows 3_000_000; 3,000,000 is left to fail: it could be a list.
func cleanNumber(s string) string { return strings.ReplaceAll(strings.TrimSpace(s), "_", "") }

func notNumber(text, want string, err error) error {
	if errors.Is(err, strconv.ErrRange) {
		return fmt.Errorf("%q is too large", text)
	}
	return fmt.Errorf("%q is not %s", text, want)
}
