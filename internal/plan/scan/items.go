// Package scan reads the values of a swept key: lists, ranges, and fields of a
// request body. Which keys can be swept is for package plan to say.
package scan

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/plan/key"
)

// MaxValues is the most values that a key may have.
const MaxValues = 1000

// SplitItems separates at semicolons where there are some, so that values may
// hold commas, else at commas.
func SplitItems(text string) ([]string, error) {
	sep := ","
	if strings.Contains(text, ";") {
		sep = ";"
		text = strings.TrimSuffix(strings.TrimSpace(text), sep) // "a,b;" is one value
	}
	var items []string
	for item := range strings.SplitSeq(text, sep) {
		if item = strings.TrimSpace(item); item == "" {
			return nil, fmt.Errorf("%q has an empty value", text)
		}
		items = append(items, item)
	}
	return items, nil
}

// ItemText writes a value of YAML as a flag would have it; lists and mappings,
// which body fields take, as JSON.
func ItemText(v any) (string, error) {
	switch x := v.(type) {
	case string:
		return x, nil
	case float64:
		return key.FormatNumber(x), nil
	case nil:
		return "null", nil
	case bool, int, int64, uint64:
		return fmt.Sprint(x), nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("a value cannot be written down: %w", err)
	}
	return string(b), nil
}

// Values are those of a swept key.
type Values struct {
	Texts   []string
	Numbers []float64 // of the texts, times in seconds; nil where one is none
}

// Expand returns the values of a list of items, each a value or a range.
// Structures, which are fields of a request body, may be anything.
func Expand(items []string, kind key.Kind) (Values, error) {
	var v Values
	if len(items) == 0 {
		return v, errors.New("no value is given; give some, as in users=1..64x2 or model=a,b")
	}
	free := kind == key.StructureKind
	if free {
		kind = key.DecimalKind
	}
	ranges := kind == key.WholeKind || kind == key.DecimalKind || kind == key.DurationKind
	for _, item := range items {
		p, isRange := cutRange(item)
		if free && isRange { // a text with two dots may well be one
			isRange = p.step != "" && decimal().MatchString(p.from) && decimal().MatchString(p.to) && decimal().MatchString(p.step)
		}
		values := []string{item}
		if ranges && isRange {
			var err error
			if values, err = expandRange(item, kind); err != nil {
				return v, err
			}
		}
		v.Texts = append(v.Texts, values...)
		if len(v.Texts) > MaxValues {
			return v, fmt.Errorf("a key has at most %d values, and there are more", MaxValues)
		}
	}
	if ranges {
		v.Numbers = numbers(v.Texts, kind)
	}
	return v, nil
}

// numbers reads values as numbers; nil where one is none: its key refuses it,
// or it is a text of the body.
func numbers(values []string, kind key.Kind) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		var err error
		if kind == key.DurationKind {
			var d time.Duration
			d, err = time.ParseDuration(v)
			out[i] = d.Seconds()
		} else {
			out[i], err = strconv.ParseFloat(key.CleanNumber(v), 64)
		}
		if err != nil {
			return nil
		}
	}
	return out
}

// Unique refuses a value that is listed twice: the second cell would have the
// name of the first.
func (v Values) Unique() error {
	for i, text := range v.Texts {
		before := slices.Contains(v.Texts[:i], text)
		if v.Numbers != nil {
			before = slices.Contains(v.Numbers[:i], v.Numbers[i])
		}
		if before {
			return fmt.Errorf("the value %s is listed twice; to repeat cells sweep the seed as well (--scan seed=1,2,3)", text)
		}
	}
	return nil
}

// CloneFields copies the fields of a request body, nested ones too.
func CloneFields(m map[string]any) map[string]any {
	m = maps.Clone(m)
	for k, v := range m {
		if inner, ok := v.(map[string]any); ok {
			m[k] = CloneFields(inner)
		}
	}
	return m
}

// bodyValue reads a value of the request body: JSON, else a text.
func bodyValue(text string) any {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber() // every digit is sent as it was written
	var v any
	if err := dec.Decode(&v); err != nil || dec.More() {
		return text
	}
	return v
}

// SetField sets a field of a request body, named from the outermost object
// inward, to what a text says.
func SetField(m map[string]any, names []string, text string) error {
	for _, name := range names[:len(names)-1] {
		inner, ok := m[name].(map[string]any)
		if _, there := m[name]; there && !ok {
			return fmt.Errorf("the body's field %s is not an object, so that it cannot have %s", name, names[len(names)-1])
		}
		if !ok {
			inner = map[string]any{}
			m[name] = inner
		}
		m = inner
	}
	m[names[len(names)-1]] = bodyValue(text)
	return nil
}
