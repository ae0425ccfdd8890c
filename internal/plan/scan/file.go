package scan

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/inferometer/inferometer/internal/plan/key"
)

// Read hands the swept keys of a plan file to add, in their order. The value of a
// key is a list, whose items are taken as they are, or a text as the flag takes it.
func Read(r *key.Reader, n ast.Node, path string, add func(name string, items []string)) error {
	fields, ok := key.Pairs(n)
	if !ok {
		return r.At(n, "%s: must be a mapping of keys to values, such as users: 1..64x2", path)
	}
	for _, field := range fields {
		name := field.Key.GetToken().Value
		full := key.Join(path, name)
		r.Note(field.Key, full)
		var value any
		if err := yaml.NodeToValue(r.Resolve(field.Value), &value); err != nil {
			return r.At(field.Value, "%s: cannot be read", full)
		}
		items, err := itemsOf(value)
		if err != nil {
			return r.At(field.Value, "%s: %w", full, err)
		}
		add(name, items)
	}
	return nil
}

// itemsOf are those of a value of YAML.
func itemsOf(value any) ([]string, error) {
	list, isList := value.([]any)
	if !isList {
		text, err := ItemText(value)
		if err != nil {
			return nil, err
		}
		return SplitItems(text)
	}
	var items []string
	for _, v := range list {
		text, err := ItemText(v)
		if err != nil {
			return nil, err
		}
		items = append(items, text)
	}
	return items, nil
}

// Parse reads the flag's form: users=1,2,4.
func Parse(text string) (name string, items []string, err error) {
	name, values, ok := strings.Cut(text, "=")
	if name = strings.TrimSpace(name); !ok || name == "" {
		return "", nil, fmt.Errorf("invalid sweep %q: give a key and its values, as in users=1..64x2 or model=a,b", text)
	}
	if items, err = SplitItems(values); err != nil {
		return "", nil, fmt.Errorf("%s: %w", name, err)
	}
	return name, items, nil
}
