package item

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/suggest"
)

const (
	maxLine  = 4 << 20 // bytes
	maxItems = 1_000_000
)

// Read reads items, a line each, as JSON; MMLU also as CSV. Files that benchmarks publish
// are recognized by their fields, line by line. Errors name the file and the line. Blank
// lines are passed over; a file without an item is an error.
func Read(r io.Reader, name string) ([]Item, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	if head, _ := in.Peek(3); bytes.Equal(head, []byte("\xef\xbb\xbf")) {
		_, _ = in.Discard(3) // they are there
	}
	head, _ := in.Peek(1 << 12)
	if first := bytes.TrimSpace(head); len(first) > 0 && first[0] != '{' {
		if first[0] == '[' {
			return nil, fmt.Errorf("%s:1: is a JSON list; write one object a line", name)
		}
		return readMMLU(in, name)
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 1<<16), maxLine)
	var items []Item
	seen := map[string]int{}
	n := 0
	for lines.Scan() {
		n++
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		if len(items) == maxItems {
			return nil, fmt.Errorf("%s:%d: more than %d items", name, n, maxItems)
		}
		it, err := parse(line, n)
		if err == nil {
			err = it.Validate()
		}
		if first := seen[it.ID]; err == nil && first > 0 {
			err = fmt.Errorf("the id %.80q stands in line %d already", it.ID, first)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		seen[it.ID] = n
		items = append(items, it)
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return nil, fmt.Errorf("%s:%d: the line is longer than %d bytes", name, n+1, maxLine)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("failed to read %s: %w", name, err)
	}
	if len(items) == 0 {
		return nil, fmt.Errorf("%s has no items; see docs/items.md for the format", name)
	}
	return items, nil
}

// parse reads a line, whatever benchmark it is of. Line numbers become ids where a
// benchmark has none.
func parse(line []byte, n int) (Item, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(line, &fields); err != nil {
		return Item{}, fmt.Errorf("invalid JSON: %w", err)
	}
	has := func(names ...string) bool {
		return !slices.ContainsFunc(names, func(f string) bool { _, ok := fields[f]; return !ok })
	}
	for _, f := range published {
		if has(f.fields...) {
			it, err := f.read(line, n)
			if err != nil {
				return Item{}, fmt.Errorf("as a line of %s: %w", f.name, err)
			}
			return it, nil
		}
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	var it Item
	if err := d.Decode(&it); err != nil {
		if field, ok := strings.CutPrefix(err.Error(), `json: unknown field "`); ok {
			field = strings.TrimSuffix(field, `"`)
			return Item{}, fmt.Errorf("unknown field %q%s", field, suggest.DidYouMean(field, fieldNames))
		}
		return Item{}, fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return it, nil
}

var fieldNames = []string{
	"id", "kind", "family", "group", "system", "prompt", "answer", "wrong", "references", "checks", "max_tokens", "tools",
	"type", "want", "any", "options", "schema", "instruction", "params", "tolerance", "language", "not",
}

// Load returns n items of a source: "canary" for those that are shipped, the name of a
// family, "families" for all of them in turns, or the path of a file. n = 0 takes all of
// the set or file; of families it must be at least 1. The seed draws which items of a set or file
// are taken, and makes those of families; the same seed gives the same items in the same
// order. It is an error where a source has fewer than n.
func Load(source string, n int, seed uint64) ([]Item, error) {
	if n < 0 {
		return nil, fmt.Errorf("invalid number of items %d: must not be negative", n)
	}
	var items []Item
	switch {
	case source == "canary":
		items = Shipped()
	case source == "families" || slices.Contains(Families(), source):
		if n == 0 {
			return nil, fmt.Errorf("say how many items of %q to make", source)
		}
		if source == "families" {
			return mixed(n, seed)
		}
		return Make(source, n, seed)
	default:
		f, err := os.Open(source)
		if err != nil {
			return nil, fmt.Errorf("no set or family is called %q%s; there are canary, families, %s; and as a file it cannot be read: %w",
				source, suggest.DidYouMean(source, append(Families(), "canary", "families")), strings.Join(Families(), ", "), err)
		}
		items, err = Read(f, source)
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
	}
	if n > len(items) {
		return nil, fmt.Errorf("%s has %d items; %d are asked for. Families make any number", source, len(items), n)
	}
	if n > 0 && n < len(items) {
		items = draw(items, n, seed)
	}
	return items, nil
}
