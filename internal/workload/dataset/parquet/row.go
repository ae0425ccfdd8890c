package parquet

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	pq "github.com/parquet-go/parquet-go"
)

// node is a column of the schema, or a group of them. Levels are those of Dremel
// (Melnik et al. 2010): def is the definition level from which the node is present,
// rep the repetition level of its elements if it repeats.
type node struct {
	name               string
	optional, repeated bool
	def, rep           int
	list               bool // a group that is a list: its one child repeats
	inner              bool // a group that only wraps the element of a list
	children           []*node

	kind   pq.Kind // of a leaf
	other  string  // a type that is neither text nor a number
	column int     // of a leaf
	cursor *cursor
}

func newNode(c *pq.Column, def, rep int) *node {
	n := &node{name: c.Name(), optional: c.Optional(), repeated: c.Repeated(), column: c.Index()}
	if n.optional || n.repeated {
		def++
	}
	if n.repeated {
		rep++
	}
	n.def, n.rep = def, rep
	if c.Leaf() {
		n.kind = c.Type().Kind()
		switch text := strings.ToLower(c.Type().String()); {
		case n.kind == pq.Int96, n.kind == pq.FixedLenByteArray:
			n.other = text
		case strings.HasPrefix(text, "decimal"), strings.HasPrefix(text, "timestamp"), strings.HasPrefix(text, "date"), strings.HasPrefix(text, "time"), strings.HasPrefix(text, "bson"), strings.HasPrefix(text, "variant"):
			n.other = text
		}
		return n
	}
	for _, child := range c.Columns() {
		n.children = append(n.children, newNode(child, def, rep))
	}
	if len(n.children) != 1 || !n.children[0].repeated {
		return n
	}
	// By LogicalTypes.md of the format: an annotated group with one repeated
	// child is a list; the child's one member is the element, unless its name
	// says that the child itself is.
	if l := c.Type().LogicalType(); l != nil && strings.HasPrefix(strings.ToUpper(l.String()), "LIST") {
		n.list = true
		e := n.children[0]
		e.inner = len(e.children) == 1 && e.name != "array" && e.name != n.name+"_tuple"
	}
	return n
}

func (n *node) leaves(out []*node) []*node {
	if len(n.children) == 0 {
		return append(out, n)
	}
	for _, c := range n.children {
		out = c.leaves(out)
	}
	return out
}

// describe says a type in words.
func describe(n *node) string {
	var text string
	switch {
	case n.list && n.children[0].inner:
		return "list of " + describe(n.children[0].children[0])
	case n.list:
		return describe(n.children[0])
	case len(n.children) > 0:
		var names []string
		for _, c := range n.children {
			names = append(names, c.name)
		}
		text = "group of " + strings.Join(names, " and ")
	case n.other != "":
		text = n.other
	case n.kind == pq.Boolean:
		text = "boolean"
	case n.kind == pq.ByteArray:
		text = "text"
	default:
		text = "number"
	}
	if n.repeated {
		return "list of " + text
	}
	return text
}

// cursor walks the values of one leaf.
type cursor struct {
	values pq.ColumnChunkValueReader
	buf    [32]pq.Value
	at, n  int
	err    error
}

// peek returns the next value; its bytes are valid until the next peek.
func (c *cursor) peek() (*pq.Value, error) {
	for c.at == c.n {
		if c.err != nil {
			return nil, c.err
		}
		c.at, c.n = 0, 0
		c.n, c.err = c.values.ReadValues(c.buf[:])
		if c.n == 0 && c.err == nil {
			c.err = io.ErrNoProgress
		}
	}
	return &c.buf[c.at], nil
}

func (c *cursor) next() { c.at++ }

// appendObject appends the next row of the fields. bad says why it cannot be JSON; the
// row has been read to its end then too.
func appendObject(b []byte, fields []field) (out []byte, bad, err error) {
	b = append(b, '{')
	for i, f := range fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendText(b, []byte(f.key)), ':')
		w := writer{column: f.node.name}
		if b, err = w.node(b, f.node); err != nil {
			return b, nil, fmt.Errorf("column %q: %w", f.node.name, damaged(err))
		}
		if w.bad != nil && bad == nil {
			bad = w.bad
		}
	}
	return append(b, '}'), bad, nil
}

func damaged(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("the file is damaged: the column has fewer values than the file says")
	}
	return fmt.Errorf("the file is damaged: %w", err)
}

// writer makes JSON from the values of one row's column.
type writer struct {
	column string
	bad    error
}

// node appends a node: a list where it repeats, else its value.
func (w *writer) node(b []byte, n *node) ([]byte, error) {
	if !n.repeated {
		return w.value(b, n)
	}
	first := n.leaves(nil)[0].cursor
	v, err := first.peek()
	if err != nil {
		return b, err
	}
	if v.DefinitionLevel() < n.def {
		return append(b, "[]"...), w.drop(n)
	}
	b = append(b, '[')
	for i := 0; ; i++ {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = w.value(b, n); err != nil {
			return b, err
		}
		v, err := first.peek()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return b, err
		}
		if v.RepetitionLevel() < n.rep {
			break
		}
		if v.RepetitionLevel() > n.rep {
			return b, errors.New("its levels do not match its type")
		}
	}
	return append(b, ']'), nil
}

// drop skips the one value that each leaf has for a node that is absent.
func (w *writer) drop(n *node) error {
	for _, l := range n.leaves(nil) {
		if _, err := l.cursor.peek(); err != nil {
			return err
		}
		l.cursor.next()
	}
	return nil
}

// value appends one value of a node, or one element of it.
func (w *writer) value(b []byte, n *node) ([]byte, error) {
	v, err := n.leaves(nil)[0].cursor.peek()
	if err != nil {
		return b, err
	}
	if n.optional && v.DefinitionLevel() < n.def {
		return append(b, "null"...), w.drop(n)
	}
	switch {
	case n.inner:
		return w.node(b, n.children[0])
	case n.list:
		return w.node(b, n.children[0])
	case len(n.children) > 0:
		b = append(b, '{')
		for i, c := range n.children {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendText(b, []byte(strings.ToValidUTF8(c.name, "?"))), ':')
			if b, err = w.node(b, c); err != nil {
				return b, err
			}
		}
		return append(b, '}'), nil
	}
	b = w.leaf(b, n, *v)
	n.cursor.next()
	return b, nil
}

func (w *writer) refuse(b []byte, format string, args ...any) []byte {
	if w.bad == nil {
		w.bad = fmt.Errorf("column %q holds "+format, append([]any{w.column}, args...)...)
	}
	return append(b, "null"...)
}

func (w *writer) leaf(b []byte, n *node, v pq.Value) []byte {
	switch {
	case v.IsNull():
		return append(b, "null"...)
	case n.other != "":
		return w.refuse(b, "a %s, which is neither text nor a number", n.other)
	}
	switch v.Kind() {
	case pq.Boolean:
		return strconv.AppendBool(b, v.Boolean())
	case pq.Int32:
		return strconv.AppendInt(b, int64(v.Int32()), 10)
	case pq.Int64:
		return strconv.AppendInt(b, v.Int64(), 10)
	case pq.Float:
		return w.float(b, float64(v.Float()))
	case pq.Double:
		return w.float(b, v.Double())
	case pq.ByteArray:
		text := v.ByteArray()
		if !utf8.Valid(text) {
			return w.refuse(b, "bytes that are not UTF-8 text")
		}
		return appendText(b, text)
	}
	return w.refuse(b, "a value of type %s", v.Kind())
}

// float appends whole numbers without a point: the tools that write these files store
// whole numbers with gaps as floats, and a gap as NaN.
func (w *writer) float(b []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, "null"...)
	case math.IsInf(f, 0):
		return w.refuse(b, "an infinite number")
	case f == math.Trunc(f) && math.Abs(f) < 1<<53:
		return strconv.AppendInt(b, int64(f), 10)
	}
	return strconv.AppendFloat(b, f, 'g', -1, 64)
}

func appendText(b, text []byte) []byte {
	q, err := json.Marshal(string(text))
	if err != nil { // cannot happen: a string can be marshaled
		return append(b, `""`...)
	}
	return append(b, q...)
}
