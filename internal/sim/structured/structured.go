// Package structured writes JSON that is valid under a JSON schema, without a
// model: an instance chosen by a seed. It reads the part of JSON Schema that
// people use for tools and structured output, and refuses the rest by name,
// since an instance that breaks a rule it has not read would be wrong in
// silence. It does not validate.
package structured

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/plaintext"
)

// Schema is one that has been read. The zero Schema is any object; it has
// one member, which holds a sentence.
type Schema struct{ root *node }

// node is a schema within a schema. One of the fields is set; none is any value.
type node struct {
	fixed  []json.RawMessage // const and enum
	object *object
	array  *array
	text   *text
	number *number
	other  string // boolean or null
}

type object struct {
	names []string // in the order in which they stand
	of    map[string]*node
}

type array struct {
	item        *node
	least, most int
}

type text struct {
	least, most int // characters
	format      string
}

type number struct {
	least, most float64 // both inclusive
	whole       bool
}

const (
	maxDepth = 16
	maxItems = 64

	// Of an array that says nothing else.
	mostItems = 3

	maxText  = 4096
	maxNodes = 2000
	maxBytes = 64 << 10 // of a schema
	maxSize  = 1 << 20  // bytes of an instance, about
)

// Parse reads a schema. An error names what it cannot do.
func Parse(raw []byte) (*Schema, error) {
	if len(bytes.TrimSpace(raw)) == 0 || string(bytes.TrimSpace(raw)) == "null" {
		return &Schema{}, nil
	}
	if len(raw) > maxBytes {
		return nil, fmt.Errorf("it has %d bytes; this server takes %d", len(raw), maxBytes)
	}
	r := reader{}
	var top struct {
		Defs        map[string]json.RawMessage `json:"$defs"`
		Definitions map[string]json.RawMessage `json:"definitions"`
	}
	// What is no object has no definitions, and is refused by node.
	_ = json.Unmarshal(raw, &top)
	r.defs = map[string]json.RawMessage{}
	for name, d := range top.Definitions {
		r.defs["#/definitions/"+name] = d
	}
	for name, d := range top.Defs {
		r.defs["#/$defs/"+name] = d
	}
	n, err := r.node(raw, "schema", 0)
	if err != nil {
		return nil, err
	}
	if n.size() > maxSize {
		return nil, fmt.Errorf("its instances can have more than %d bytes", maxSize)
	}
	return &Schema{n}, nil
}

// size is about how many bytes an instance can have. It is a float, since
// arrays of arrays grow out of every integer.
func (n *node) size() float64 {
	total := 40.0 // a number, a few words, a format
	switch {
	case n.fixed != nil:
		for _, v := range n.fixed {
			total = max(total, float64(len(v)))
		}
	case n.object != nil:
		for name, m := range n.object.of {
			total += float64(len(name)) + m.size()
		}
	case n.array != nil:
		total += float64(max(n.array.least, mostItems)) * n.array.item.size()
	case n.text != nil:
		total += float64(n.text.least)
	}
	return total
}

type reader struct {
	defs  map[string]json.RawMessage
	nodes int
}

// Keywords that say nothing of what is valid, or nothing that an instance made
// here could break.
var harmless = []string{
	"$schema", "$id", "$comment", "$defs", "definitions", "title", "description", "default", "examples", "example",
	"deprecated", "readOnly", "writeOnly", "strict", "additionalProperties", "required", "nullable", "type", "properties",
	"items", "enum", "const", "anyOf", "oneOf", "$ref", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
	"minItems", "maxItems", "minLength", "maxLength", "format",
}

type keywords struct {
	Ref        string                     `json:"$ref"`
	Type       json.RawMessage            `json:"type"`
	Enum       []json.RawMessage          `json:"enum"`
	Const      json.RawMessage            `json:"const"`
	AnyOf      []json.RawMessage          `json:"anyOf"`
	OneOf      []json.RawMessage          `json:"oneOf"`
	Properties json.RawMessage            `json:"properties"`
	Required   []string                   `json:"required"`
	Additional json.RawMessage            `json:"additionalProperties"`
	Items      json.RawMessage            `json:"items"`
	MinItems   *int                       `json:"minItems"`
	MaxItems   *int                       `json:"maxItems"`
	MinLength  *int                       `json:"minLength"`
	MaxLength  *int                       `json:"maxLength"`
	Format     string                     `json:"format"`
	Minimum    *float64                   `json:"minimum"`
	Maximum    *float64                   `json:"maximum"`
	Above      *float64                   `json:"exclusiveMinimum"`
	Below      *float64                   `json:"exclusiveMaximum"`
	all        map[string]json.RawMessage // as they came
}

func (r *reader) node(raw json.RawMessage, at string, depth int) (*node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%s: it is nested, or refers to itself, deeper than %d", at, maxDepth)
	}
	if r.nodes++; r.nodes > maxNodes {
		return nil, fmt.Errorf("it has more than %d parts", maxNodes)
	}
	if string(bytes.TrimSpace(raw)) == "true" {
		return &node{}, nil
	}
	var k keywords
	if err := json.Unmarshal(raw, &k.all); err != nil || k.all == nil {
		return nil, fmt.Errorf("%s is no JSON schema", at)
	}
	for name := range k.all {
		if !slices.Contains(harmless, name) {
			return nil, fmt.Errorf("%s: the keyword %q is not offered by this server", at, clip(name))
		}
	}
	if err := json.Unmarshal(raw, &k); err != nil {
		return nil, fmt.Errorf("%s: %s", at, clip(err.Error()))
	}
	if k.Ref != "" {
		def, ok := r.defs[k.Ref]
		if !ok {
			return nil, fmt.Errorf("%s: the reference %q leads nowhere in $defs", at, clip(k.Ref))
		}
		return r.node(def, at, depth+1)
	}
	if k.Const != nil {
		return &node{fixed: []json.RawMessage{compact(k.Const)}}, nil
	}
	if _, ok := k.all["enum"]; ok {
		if len(k.Enum) == 0 {
			return nil, fmt.Errorf("%s: enum is empty", at)
		}
		n := &node{}
		for _, v := range k.Enum {
			n.fixed = append(n.fixed, compact(v))
		}
		return n, nil
	}
	if len(k.AnyOf) > 0 || len(k.OneOf) > 0 {
		return r.first(&k, at, depth)
	}
	return r.typed(&k, at, depth)
}

// first takes the first alternative that is not null. Under oneOf it must be
// of a type that no other alternative has.
func (r *reader) first(k *keywords, at string, depth int) (*node, error) {
	for name := range k.all {
		if slices.Contains([]string{"properties", "required", "items", "type"}, name) {
			return nil, fmt.Errorf("%s: anyOf or oneOf beside %q is not offered by this server", at, name)
		}
	}
	all := append(slices.Clone(k.AnyOf), k.OneOf...)
	types := map[string]bool{}
	for _, a := range all {
		var t struct {
			Type string `json:"type"`
		}
		err := json.Unmarshal(a, &t)
		if len(k.OneOf) > 0 && (err != nil || t.Type == "" || types[t.Type]) {
			return nil, fmt.Errorf("%s: oneOf of alternatives that are not of different types is not offered by this server", at)
		}
		types[t.Type] = true
	}
	if types["integer"] && types["number"] && len(k.OneOf) > 0 {
		return nil, fmt.Errorf("%s: oneOf of integer and number is not offered by this server", at)
	}
	var chosen *node
	for _, a := range all {
		n, err := r.node(a, at, depth+1)
		if err != nil {
			return nil, err
		}
		if chosen == nil || chosen.other == "null" {
			chosen = n
		}
	}
	return chosen, nil
}

func (r *reader) typed(k *keywords, at string, depth int) (*node, error) {
	var types []string
	if k.Type != nil {
		var one string
		if json.Unmarshal(k.Type, &one) == nil {
			types = []string{one}
		} else if json.Unmarshal(k.Type, &types) != nil || len(types) == 0 {
			return nil, fmt.Errorf("%s: type is neither a name nor a list of names", at)
		}
	}
	kind := ""
	for _, t := range types {
		if kind == "" || kind == "null" {
			kind = t
		}
	}
	if kind == "" {
		switch {
		case k.Properties != nil || k.Required != nil:
			kind = "object"
		case k.Items != nil:
			kind = "array"
		}
	}
	switch kind {
	case "object":
		return r.object(k, at, depth)
	case "array":
		return r.array(k, at, depth)
	case "string":
		return newText(k, at)
	case "integer", "number":
		return newNumber(k, at, kind == "integer")
	case "boolean", "null":
		return &node{other: kind}, nil
	case "":
		for _, name := range []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems", "minLength", "maxLength", "format"} {
			if k.all[name] != nil {
				return nil, fmt.Errorf("%s: %q without a type is not offered by this server", at, name)
			}
		}
		return &node{}, nil
	}
	return nil, fmt.Errorf("%s: unknown type %q", at, clip(kind))
}

func (r *reader) object(k *keywords, at string, depth int) (*node, error) {
	o := &object{of: map[string]*node{}}
	if k.Properties != nil {
		dec := json.NewDecoder(bytes.NewReader(k.Properties))
		if t, err := dec.Token(); err != nil || t != json.Delim('{') {
			return nil, fmt.Errorf("%s: properties is no object", at)
		}
		for dec.More() {
			name, err := dec.Token()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", at, err)
			}
			var raw json.RawMessage
			if err := dec.Decode(&raw); err != nil {
				return nil, fmt.Errorf("%s: %w", at, err)
			}
			key, _ := name.(string)
			n, err := r.node(raw, at+"."+clip(key), depth+1)
			if err != nil {
				return nil, err
			}
			if o.of[key] == nil {
				o.names = append(o.names, key)
			}
			o.of[key] = n
		}
	}
	for _, name := range k.Required {
		if o.of[name] != nil {
			continue
		}
		n := &node{} // any value, unless the others are restricted
		if k.Additional != nil {
			if string(k.Additional) == "false" {
				return nil, fmt.Errorf("%s: %q is required and not allowed", at, clip(name))
			}
			var err error
			if n, err = r.node(k.Additional, at+"."+clip(name), depth+1); err != nil {
				return nil, err
			}
		}
		o.names, o.of[name] = append(o.names, name), n
	}
	return &node{object: o}, nil
}

func (r *reader) array(k *keywords, at string, depth int) (*node, error) {
	a := &array{item: &node{}, least: value(k.MinItems, 0), most: value(k.MaxItems, maxItems)}
	if a.least < 0 || a.most < a.least || a.least > maxItems {
		return nil, fmt.Errorf("%s: an array of %d to %d items is not offered by this server", at, a.least, a.most)
	}
	if k.Items != nil {
		var err error
		if a.item, err = r.node(k.Items, at+"[]", depth+1); err != nil {
			return nil, err
		}
	}
	return &node{array: a}, nil
}

var formats = map[string]string{
	"": "", "date": "2024-02-29", "time": "12:34:56Z", "date-time": "2024-02-29T12:34:56Z", "email": "ada@example.com",
	"uuid": "123e4567-e89b-42d3-a456-426614174000", "uri": "https://example.com/a", "hostname": "example.com", "ipv4": "192.0.2.1",
	"ipv6": "2001:db8::1", "duration": "P1D",
}

func newText(k *keywords, at string) (*node, error) {
	t := &text{least: value(k.MinLength, 0), most: value(k.MaxLength, maxText), format: k.Format}
	sample, known := formats[k.Format]
	switch {
	case t.least < 0 || t.most < t.least || t.least > maxText:
		return nil, fmt.Errorf("%s: a string of %d to %d characters is not offered by this server", at, t.least, t.most)
	case !known:
		return nil, fmt.Errorf("%s: the format %q is not offered by this server", at, clip(k.Format))
	case sample != "" && (len(sample) < t.least || len(sample) > t.most):
		return nil, fmt.Errorf("%s: the format %q within %d to %d characters is not offered by this server", at, k.Format, t.least, t.most)
	}
	return &node{text: t}, nil
}

func newNumber(k *keywords, at string, whole bool) (*node, error) {
	n := &number{least: math.Inf(-1), most: math.Inf(1), whole: whole}
	if k.Minimum != nil {
		n.least = *k.Minimum
	}
	if k.Maximum != nil {
		n.most = *k.Maximum
	}
	if whole {
		n.least, n.most = math.Ceil(n.least), math.Floor(n.most)
	}
	if k.Above != nil {
		n.least = max(n.least, above(*k.Above, whole))
	}
	if k.Below != nil {
		n.most = min(n.most, -above(-*k.Below, whole))
	}
	if n.least > n.most || whole && math.Max(math.Abs(finite(n.least)), math.Abs(finite(n.most))) > 1<<53 {
		return nil, fmt.Errorf("%s: no number of this server is within its limits", at)
	}
	return &node{number: n}, nil
}

func finite(x float64) float64 {
	if math.IsInf(x, 0) {
		return 0
	}
	return x
}

// above is the first number after x.
func above(x float64, whole bool) float64 {
	if whole {
		return math.Floor(x) + 1
	}
	return math.Nextafter(x, math.Inf(1))
}

func value(p *int, otherwise int) int {
	if p == nil {
		return otherwise
	}
	return *p
}

func compact(raw json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return raw
	}
	return b.Bytes()
}

func clip(s string) string { return plaintext.Clip(s, 100) }
