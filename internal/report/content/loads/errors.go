package loads

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// errorsOf says of each class of failure how many there were, where, and what
// the server said in one of them.
func errorsOf(cells []result.Cell) []content.Note {
	type class struct {
		n    int
		in   []string
		said string
	}
	classes := map[string]*class{}
	of := func(name string) *class {
		if classes[name] == nil {
			classes[name] = &class{}
		}
		return classes[name]
	}
	for _, c := range cells {
		for name, n := range c.Counts.ByClass {
			if name != "ok" && name != "cut" && n > 0 {
				k := of(name)
				k.n += n
				k.in = append(k.in, plaintext.Line(c.ID))
			}
		}
		for _, e := range c.Errors {
			_, e, _ = cutCount(e)
			name, said, ok := strings.Cut(e, ": ")
			if _, counted := c.Counts.ByClass[name]; !ok || !counted {
				name, said = "", e
			}
			if k := of(name); k.said == "" {
				k.said = format.Brief(said, 200)
			}
		}
	}
	var out []content.Note
	for _, name := range slices.Sorted(maps.Keys(classes)) {
		k := classes[name]
		text := k.said
		if name != "" {
			text = fmt.Sprintf("%s × %s in %s", format.Count(k.n), plaintext.Line(name), content.Some(k.in, 4))
			if k.said != "" {
				text += ", for example: " + k.said
			}
		}
		out = append(out, content.Note{Kind: content.Errors, Text: text})
	}
	return out
}

// cutCount takes the count off a message, as in "12 × http_429: slow down".
func cutCount(message string) (n int, rest string, ok bool) {
	before, after, ok := strings.Cut(message, " × ")
	if !ok {
		return 0, message, false
	}
	n, err := strconv.Atoi(before)
	if err != nil {
		return 0, message, false
	}
	return n, after, true
}
