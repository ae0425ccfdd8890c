// Package reader makes readings of power of the bytes that programs and systems write:
// small functions without build tags, which run on every system. Which of them were
// tried on real hardware is in docs/energy.md.
package reader

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// plist reads one property list in XML: dictionaries as maps, where a later value of
// a key that comes twice wins, arrays as slices, numbers as float64, all else as text.
func plist(b []byte) (any, error) {
	d := xml.NewDecoder(bytes.NewReader(b))
	for {
		t, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("not a property list: %w", err)
		}
		if s, ok := t.(xml.StartElement); ok && s.Name.Local != "plist" {
			return value(d, s, 0)
		}
	}
}

// maxDepth is far above what powermetrics nests.
const maxDepth = 64

func value(d *xml.Decoder, start xml.StartElement, depth int) (any, error) {
	if depth > maxDepth {
		return nil, errors.New("a property list that is nested too deeply")
	}
	switch start.Name.Local {
	case "dict":
		out, key := map[string]any{}, ""
		for {
			t, err := d.Token()
			if err != nil {
				return nil, cut(err)
			}
			switch t := t.(type) {
			case xml.EndElement:
				return out, nil
			case xml.StartElement:
				if t.Name.Local == "key" {
					if err := d.DecodeElement(&key, &t); err != nil {
						return nil, cut(err)
					}
					continue
				}
				v, err := value(d, t, depth+1)
				if err != nil {
					return nil, err
				}
				out[key] = v
			}
		}
	case "array":
		var out []any
		for {
			t, err := d.Token()
			if err != nil {
				return nil, cut(err)
			}
			switch t := t.(type) {
			case xml.EndElement:
				return out, nil
			case xml.StartElement:
				v, err := value(d, t, depth+1)
				if err != nil {
					return nil, err
				}
				out = append(out, v)
			}
		}
	}
	var text string
	if err := d.DecodeElement(&text, &start); err != nil {
		return nil, cut(err)
	}
	switch start.Name.Local {
	case "integer", "real":
		return strconv.ParseFloat(text, 64)
	case "true", "false":
		return start.Name.Local == "true", nil
	}
	return text, nil
}

// cut says that a document ends too early.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
