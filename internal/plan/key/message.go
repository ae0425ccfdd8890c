package key

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// utf8Text removes a byte order mark, which some editors write, and refuses other
// encodings.
func utf8Text(name string, b []byte) ([]byte, error) {
	if bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) || bytes.IndexByte(b[:min(len(b), 64)], 0) >= 0 {
		return nil, fmt.Errorf("%s is UTF-16 or no text; a plan is UTF-8, so save it as that", name)
	}
	return bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")), nil
}

// words say what a key's value is.
func (k Kind) words() string {
	switch k {
	case SwitchKind:
		return "true or false"
	case WholeKind:
		return "a whole number"
	case DecimalKind:
		return "a number"
	case DurationKind:
		return "a duration like 250ms, 10s or 5m"
	case ListKind:
		return "a list"
	}
	return "one value"
}

// nodeKind says what a file has in place of what it should have.
func nodeKind(n ast.Node) string {
	switch n := n.(type) {
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.IntegerNode, *ast.FloatNode, *ast.NanNode, *ast.InfinityNode:
		return "the number " + n.GetToken().Value
	case *ast.BoolNode:
		return n.GetToken().Value
	case *ast.NullNode:
		return "empty"
	case *ast.StringNode:
		return fmt.Sprintf("the text %.60q", n.Value)
	}
	return "something else"
}

// example says how a mapping is written, where a file has n instead. What looks like a
// URL or a number is put where it belongs.
func example(n ast.Node, names []string, path string) string {
	name := path[strings.LastIndexByte(path, '.')+1:]
	if text, ok := n.(*ast.StringNode); ok && slices.Contains(names, "url") {
		return fmt.Sprintf("write %s: {url: %.60q}", name, text.Value)
	}
	return "its keys are " + strings.Join(names, ", ")
}

// yamlError gives an error of the YAML library a file, line and column, and words
// for what is common and hard to guess.
func yamlError(name string, err error) error {
	var e yaml.Error
	if !errors.As(err, &e) || e.GetToken() == nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return fmt.Errorf("%s: %s", name, first)
	}
	text := e.GetMessage()
	switch {
	case strings.Contains(text, "character '\t'"):
		text = "the line is indented with a tab; YAML wants spaces"
	case strings.Contains(text, "not allowed in this context"):
		text += "; is the line's indentation that of its neighbours?"
	}
	pos := e.GetToken().Position
	return fmt.Errorf("%s:%d:%d: %s", name, pos.Line, pos.Column, text)
}

// plainType rewrites what the YAML library says of a wrong type without the words
// of Go: "cannot unmarshal string into Go value of type float64", "int was used where
// mapping is expected".
func plainType(msg string) string {
	names := map[string]string{
		"float64": "a number", "int": "a number", "uint64": "a number", "int64": "a number", "string": "text", "bool": "true or false",
		"mapping": "a mapping of names to values", "sequence": "a list",
	}
	word := func(s string) string {
		s = strings.TrimSpace(s)
		if n, ok := names[s]; ok {
			return n
		}
		if strings.HasPrefix(s, "map[") {
			return names["mapping"]
		}
		return s
	}
	if got, want, ok := strings.Cut(msg, " was used where "); ok {
		want, _, _ = strings.Cut(want, " is expected")
		return fmt.Sprintf("must be %s and is %s", word(want), word(got))
	}
	from, rest, ok := strings.Cut(msg, "cannot unmarshal ")
	if !ok {
		return msg
	}
	got, _, _ := strings.Cut(rest, " into")
	_, want, ok := strings.Cut(rest, "of type ")
	if !ok {
		return msg
	}
	return fmt.Sprintf("%smust be %s and is %s", from, word(want), word(got))
}
