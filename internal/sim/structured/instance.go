package structured

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/seeded"
)

// Instance is a JSON text that is valid under the schema, the same for the same
// seed. The nil Schema allows any object too.
func (s *Schema) Instance(seed uint64) string {
	w := writer{rng: rand.New(rand.NewPCG(seeded.Mix(seed), 0x50c4))}
	if s == nil || s.root == nil {
		return `{"answer": ` + quoted(w.words(8)) + `}`
	}
	w.node(s.root)
	return w.b.String()
}

type writer struct {
	rng *rand.Rand
	b   strings.Builder
}

func (w *writer) node(n *node) {
	switch {
	case n.fixed != nil:
		w.b.Write(n.fixed[w.rng.IntN(len(n.fixed))])
	case n.object != nil:
		w.b.WriteByte('{')
		for i, name := range n.object.names {
			if i > 0 {
				w.b.WriteString(", ")
			}
			w.b.WriteString(quoted(name))
			w.b.WriteString(": ")
			w.node(n.object.of[name])
		}
		w.b.WriteByte('}')
	case n.array != nil:
		w.b.WriteByte('[')
		for i := range min(max(n.array.least, 1+w.rng.IntN(mostItems)), n.array.most) {
			if i > 0 {
				w.b.WriteString(", ")
			}
			w.node(n.array.item)
		}
		w.b.WriteByte(']')
	case n.number != nil:
		w.number(n.number)
	case n.other == "boolean":
		w.b.WriteString(strconv.FormatBool(w.rng.IntN(2) == 0))
	case n.other == "null":
		w.b.WriteString("null")
	default:
		t := n.text
		if t == nil {
			t = &text{most: maxText}
		}
		w.b.WriteString(quoted(w.text(t)))
	}
}

func (w *writer) text(t *text) string {
	if t.format != "" {
		return formats[t.format]
	}
	s := w.words(1 + w.rng.IntN(4))
	for len(s) < t.least {
		s += " " + w.words(1)
	}
	if t.most < len(s) {
		s = s[:t.most]
	}
	return s
}

var vocabulary = strings.Fields("north river amber cloud seven table quiet engine paper silver market garden stone winter letter bridge")

func (w *writer) words(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = vocabulary[w.rng.IntN(len(vocabulary))]
	}
	return strings.Join(all, " ")
}

func (w *writer) number(n *number) {
	low, high := n.least, n.most
	switch {
	case math.IsInf(low, 0) && math.IsInf(high, 0):
		low, high = 0, 100
	case math.IsInf(low, 0):
		low = high - 100
	case math.IsInf(high, 0):
		high = low + 100
	}
	if n.whole {
		span := math.Min(high-low, 1000)
		w.b.WriteString(strconv.FormatFloat(low+float64(w.rng.IntN(int(span)+1)), 'f', -1, 64))
		return
	}
	// Rounded for the eye, where that stays within the limits. Each limit is
	// scaled before they are added, for their difference may be out of range.
	u := w.rng.Float64()
	v := math.Min(math.Max(low*(1-u)+high*u, low), high)
	if r := math.Round(v*100) / 100; r >= low && r <= high {
		v = r
	}
	b, _ := json.Marshal(v) // it is finite
	w.b.Write(b)
}

// quoted is s as a JSON string.
func quoted(s string) string {
	b, _ := json.Marshal(s) // a string always encodes
	return string(b)
}
