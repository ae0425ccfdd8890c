package key

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/inferometer/inferometer/internal/suggest"
)

// Reader reads a plan file by the declarations of its keys, and notes
// where each value is.
type Reader struct {
	// Places of the values that the file has, by path, as in plan.yaml:3.
	Places  map[string]string
	name    string
	anchors map[string]ast.Node
	keys    []Key // of a plan, for errors that suggest one
}

// Read reads a file into s by the declarations of its keys. name is how errors
// call the file, keys are those of the flags, which errors may suggest. It returns
// the places of the values.
func Read[S any](s *S, rows []Declaration[S], keys []Key, name string, b []byte) (places map[string]string, err error) {
	defer func() {
		// The library panics on a few malformed inputs (a tag on the wrong kind of
		// value); that is a bad file, not a crash.
		if r := recover(); r != nil {
			err = fmt.Errorf("%s cannot be read as YAML; look for tags (!) and anchors (&), which plans do not need", name)
		}
	}()
	if b, err = utf8Text(name, b); err != nil {
		return nil, err
	}
	file, err := parser.ParseBytes(b, 0)
	if err != nil {
		return nil, yamlError(name, err)
	}
	if len(file.Docs) > 1 {
		return nil, fmt.Errorf("%s: a plan is one YAML document, and this file has %d", name, len(file.Docs))
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return nil, fmt.Errorf("%s has no plan in it", name)
	}
	r := &Reader{name: name, Places: map[string]string{}, anchors: map[string]ast.Node{}, keys: keys}
	err = ReadMapping(r, s, rows, file.Docs[0].Body, "", "")
	return r.Places, err
}

// At is an error at the place of a node.
func (r *Reader) At(n ast.Node, format string, args ...any) error {
	pos := n.GetToken().Position
	return fmt.Errorf("%s:%d:%d: %w", r.name, pos.Line, pos.Column, fmt.Errorf(format, args...))
}

// Note records where the value at path is.
func (r *Reader) Note(n ast.Node, path string) {
	pos := n.GetToken().Position
	r.Places[path] = fmt.Sprintf("%s:%d:%d", r.name, pos.Line, pos.Column)
}

// Resolve follows anchors, aliases and tags.
func (r *Reader) Resolve(n ast.Node) ast.Node {
	for range 100 {
		switch x := n.(type) {
		case *ast.AnchorNode:
			r.anchors[x.Name.GetToken().Value] = x.Value
			n = x.Value
		case *ast.AliasNode:
			to, ok := r.anchors[x.Value.GetToken().Value]
			if !ok {
				return n
			}
			n = to
		case *ast.TagNode:
			n = x.Value
		default:
			return n
		}
	}
	return n
}

// Pairs returns the fields of a mapping.
func Pairs(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

// Join makes the path of a key below another.
func Join(path, key string) string { return strings.TrimPrefix(path+"."+key, ".") }

// childNames are the keys that may be under a prefix.
func childNames[S any](rows []Declaration[S], prefix string) []string {
	var out []string
	for _, d := range rows {
		rest, ok := strings.CutPrefix("."+d.Path, strings.TrimSuffix("."+prefix, ".")+".")
		if name, _, _ := strings.Cut(rest, "."); ok && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// ReadMapping reads the keys under prefix into s. path is what messages call
// the place.
func ReadMapping[S any](r *Reader, s *S, rows []Declaration[S], n ast.Node, prefix, path string) error {
	n = r.Resolve(n)
	if _, null := n.(*ast.NullNode); null && path != "" {
		return nil // "baseline:" and nothing more
	}
	fields, ok := Pairs(n)
	switch {
	case !ok && path == "":
		return r.At(n, "a plan is a mapping of keys to values, such as \"candidate:\", and this is %s", nodeKind(n))
	case !ok:
		return r.At(n, "%s: must be a mapping of keys to values and is %s; %s", path, nodeKind(n), example(n, childNames(rows, prefix), path))
	}
	if len(fields) == 0 && prefix != "" {
		for _, d := range rows {
			if strings.HasPrefix(d.Path, prefix+".") {
				d.Bind.Touch(s) // "baseline: {}" is a baseline
				break
			}
		}
	}
	seen := map[string]bool{}
	for _, field := range fields {
		key := field.Key.GetToken().Value
		inner, full := Join(prefix, key), Join(path, key)
		if seen[key] {
			return r.At(field.Key, "the key %q is listed twice", full)
		}
		seen[key] = true
		value := r.Resolve(field.Value)
		_, isMapping := Pairs(value)
		i := slices.IndexFunc(rows, func(d Declaration[S]) bool { return d.Path == inner })
		section := len(childNames(rows, inner)) > 0
		switch {
		case i >= 0 && !(section && isMapping):
			if err := readValue(r, s, rows[i], value, full); err != nil {
				return err
			}
			if _, null := value.(*ast.NullNode); !null {
				r.Note(field.Key, full)
			}
		case section:
			if err := ReadMapping(r, s, rows, value, inner, full); err != nil {
				return err
			}
		default:
			names := childNames(rows, prefix)
			where := path
			if where == "" {
				where = "a plan"
			}
			return r.At(field.Key, "unknown key %q in %s%s", key, where, Suggest(key, names, r.keys, "; its keys are "+strings.Join(names, ", ")))
		}
	}
	return nil
}

// readValue reads the value of one key. A value that is left out is not set.
func readValue[S any](r *Reader, s *S, d Declaration[S], n ast.Node, path string) error {
	if _, null := n.(*ast.NullNode); null {
		return nil
	}
	if d.Bind.Reset != nil {
		d.Bind.Reset(s)
	}
	list, isList := n.(*ast.SequenceNode)
	_, isMapping := Pairs(n)
	var err error
	switch {
	case d.Bind.Node != nil && (isList || isMapping || d.Bind.Set == nil):
		return d.Bind.Node(r, s, n, path)
	case isMapping, isList && d.Bind.Items == nil:
		return r.At(n, "%s: must be %s and is %s", path, d.Bind.Kind.words(), nodeKind(n))
	case isList:
		var items []string
		for _, item := range list.Values {
			text, err := r.Scalar(item, path)
			if err != nil {
				return err
			}
			items = append(items, text)
		}
		err = d.Bind.Items(s, items)
	default:
		var text string
		if text, err = r.Scalar(n, path); err != nil {
			return err
		}
		err = d.Set(s, text)
	}
	if err != nil {
		return r.At(n, "%s: %w", path, err)
	}
	return nil
}

// Scalar returns the text of a value that is neither a list nor a mapping.
func (r *Reader) Scalar(n ast.Node, path string) (string, error) {
	switch n := r.Resolve(n).(type) {
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return n.Value.Value, nil
	case *ast.NanNode:
		return "NaN", nil
	case *ast.InfinityNode:
		return strings.Replace(n.GetToken().Value, ".", "", 1), nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, nil
	default:
		return "", r.At(n, "%s: must be one value and is %s", path, nodeKind(n))
	}
}

// Each calls f for each item of a list.
func (r *Reader) Each(n ast.Node, path string, f func(n ast.Node, path string) error) error {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		return r.At(n, "%s: must be a list and is %s", path, nodeKind(n))
	}
	for i, item := range list.Values {
		at := fmt.Sprintf("%s[%d]", path, i)
		r.Note(item, at)
		if err := f(r.Resolve(item), at); err != nil {
			return err
		}
	}
	return nil
}

// Decode reads a value whose keys are free, and notes where its fields are.
func (r *Reader) Decode(n ast.Node, path string, to any) error {
	if fields, ok := Pairs(n); ok {
		for _, field := range fields {
			r.Note(field.Key, Join(path, field.Key.GetToken().Value))
		}
	}
	if err := yaml.NodeToValue(n, to, yaml.Strict()); err != nil {
		var e yaml.Error
		if errors.As(err, &e) && e.GetToken() != nil {
			pos := e.GetToken().Position
			return fmt.Errorf("%s:%d:%d: %s: %s", r.name, pos.Line, pos.Column, path, plainType(e.GetMessage()))
		}
		return r.At(n, "%s: cannot be read", path)
	}
	return nil
}

// Suggest names the nearest key here, else the place where a key of that
// name belongs, else says otherwise.
func Suggest(key string, names []string, all []Key, otherwise string) string {
	if s := suggest.DidYouMean(key, names); s != "" {
		return s
	}
	flag := strings.ReplaceAll(key, "_", "-")
	for _, k := range all {
		if k.Flag == flag || strings.HasSuffix(k.Path, "."+key) {
			return fmt.Sprintf(" (did you mean %s?)", k.Path)
		}
	}
	return otherwise
}
