package check

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const (
	maxDepth    = 200 // of nested JSON, and of brackets in code
	maxExponent = 400 // of a number: 1e999999999 would be written out by what compares it
)

// decode reads one JSON value that is not nested too deeply and has no monstrous number.
func decode(text string) (any, error) {
	if depth(text) > maxDepth {
		return nil, fmt.Errorf("nested more than %d deep", maxDepth)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return nil, errors.New("is not JSON")
	}
	if !modest(v) {
		return nil, errors.New("has a number that is too large")
	}
	return v, nil
}

// depth is how deep brackets nest, strings of JSON left out.
func depth(text string) int {
	now, most, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			now++
			most = max(most, now)
		case c == ']' || c == '}':
			now--
		}
	}
	return most
}

func modest(v any) bool {
	switch v := v.(type) {
	case json.Number:
		s := v.String()
		if len(s) > maxDigits {
			return false
		}
		if i := strings.IndexAny(s, "eE"); i >= 0 {
			var exp int
			if _, err := fmt.Sscanf(s[i+1:], "%d", &exp); err != nil || exp > maxExponent || exp < -maxExponent {
				return false
			}
		}
	case []any:
		return !slices.ContainsFunc(v, func(v any) bool { return !modest(v) })
	case map[string]any:
		for _, v := range v {
			if !modest(v) {
				return false
			}
		}
	}
	return true
}

// nowhere loads no schema: what a file of items refers to is not fetched.
type nowhere struct{}

func (nowhere) Load(url string) (any, error) {
	return nil, fmt.Errorf("schemas that refer to others are not loaded (%s)", url)
}

func compileSchema(raw json.RawMessage) (*jsonschema.Schema, error) {
	v, err := decode(string(raw))
	if err != nil {
		return nil, fmt.Errorf("invalid schema: %w", err)
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(nowhere{})
	if err := c.AddResource("schema.json", v); err != nil {
		return nil, fmt.Errorf("invalid schema: %w", err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		return nil, fmt.Errorf("invalid schema: %w", err)
	}
	return s, nil
}

func schemaCompiles(c Check) error {
	if len(c.Schema) == 0 {
		return errors.New(`"schema" is missing`)
	}
	_, err := compileSchema(c.Schema)
	return err
}

// valid says whether a text is JSON under a schema.
func valid(s *jsonschema.Schema, text string) (bool, string) {
	v, err := decode(text)
	if err != nil {
		return false, err.Error()
	}
	if err := s.Validate(v); err != nil {
		var e *jsonschema.ValidationError
		if errors.As(err, &e) {
			for len(e.Causes) > 0 {
				e = e.Causes[0]
			}
			return false, fmt.Sprintf("is not valid at /%s", strings.Join(e.InstanceLocation, "/"))
		}
		return false, "is not valid"
	}
	return true, ""
}

func fitsSchema(c Check, a Answer) Outcome {
	s, err := compileSchema(c.Schema)
	if err != nil {
		return Outcome{Why: err.Error()}
	}
	ok, why := valid(s, strings.TrimSpace(a.Text))
	if ok {
		return Outcome{Right: true, Loose: true}
	}
	o := Outcome{Why: why}
	for _, text := range embedded(a.Text) {
		if ok, _ := valid(s, text); ok {
			o.Loose = true
			break
		}
	}
	return o
}

// embedded returns what may be the JSON of an answer with text around it: its fenced
// blocks, and the text from the first opening bracket to the last closing one.
func embedded(text string) []string {
	all := fenced(text, "json", "")
	for _, pair := range []string{"{}", "[]"} {
		from, to := strings.IndexByte(text, pair[0]), strings.LastIndexByte(text, pair[1])
		if from >= 0 && to > from {
			all = append(all, text[from:to+1])
		}
	}
	return all
}

func callIsValid(c Check) error {
	if len(c.Schema) > 0 {
		return schemaCompiles(c)
	}
	return noEmpty(c)
}

func called(c Check, a Answer) Outcome {
	if len(a.Calls) == 0 {
		return Outcome{Why: "calls no function"}
	}
	var s *jsonschema.Schema
	if len(c.Schema) > 0 {
		var err error
		if s, err = compileSchema(c.Schema); err != nil {
			return Outcome{Why: err.Error()}
		}
	}
	o := Outcome{}
	for _, call := range a.Calls[:min(len(a.Calls), 100)] {
		if len(c.Want) > 0 && !slices.Contains(c.Want, call.Name) {
			o.Why = fmt.Sprintf("calls %.60q", call.Name)
			continue
		}
		arguments := call.Arguments
		if len(bytes.TrimSpace([]byte(arguments))) == 0 {
			arguments = "{}" // a function without parameters
		}
		if len(arguments) > MaxText {
			o.Why = "the arguments are too long"
			continue
		}
		if s == nil {
			if _, err := decode(arguments); err != nil {
				o.Why = "the arguments: " + err.Error()
				continue
			}
		} else if ok, why := valid(s, arguments); !ok {
			o.Why = "the arguments: " + why
			continue
		}
		o.Loose = true
	}
	switch {
	case o.Loose && len(a.Calls) == 1:
		return Outcome{Right: true, Loose: true}
	case o.Loose:
		o.Why = fmt.Sprintf("calls %d functions, not one", len(a.Calls))
	}
	return o
}
