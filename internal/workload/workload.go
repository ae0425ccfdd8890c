// Package workload makes what is sent: synthetic prompts of a wanted length,
// conversations, prompts with the lengths of a trace, and the quality prompts. Its
// sub-package dataset reads the prompts of a file, and textgen writes the text of
// synthetic ones.
//
// A source is a pure function of its seed and an index, so that a run can be
// repeated and any part of it computed alone. Synthetic prompts do not repeat and
// differ from their first line, so that no prefix cache can make a server look
// better than it is. The package sends nothing and has no notion of time.
package workload

import (
	"fmt"
	"hash/fnv"

	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/quality"
)

// Item is one prompt.
type Item struct {
	ID           string
	Kind         string // "synthetic", "dataset", or the kind of a quality prompt
	System, User string
	AskedInput   int             // tokens that it should have; 0: not known
	MaxTokens    int             // of the answer; 0: no limit
	Fixed        bool            // the answer should have exactly MaxTokens
	Hash         uint64          // of the text, to find repeats
	Quality      *quality.Item   // nil unless the answer is scored
	Wants        *endpoint.Wants // what it asks for in addition to text; nil: nothing
}

// Source gives prompts by index. It is safe for concurrent use.
type Source interface {
	Item(i int) (Item, error)
	Text() string // what it is, in words
	Len() int     // how many different items it has; 0: endless
}

// Hash returns FNV-1a of a prompt's text, the same on every machine and in every
// version.
func Hash(system, user string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(system))
	h.Write([]byte{0})
	h.Write([]byte(user))
	return h.Sum64()
}

// Wrap returns the index of item i of n that are repeated in order. An error says
// that there is no such item; what names the items.
func Wrap(i, n int, what string) (int, error) {
	switch {
	case n == 0:
		return 0, fmt.Errorf("there are no %s", what)
	case i < 0:
		return 0, fmt.Errorf("there is no prompt %d", i)
	}
	return i % n, nil
}

// NewQuality returns the quality prompts, repeated in order.
func NewQuality(items []quality.Item, outputTokens int) Source {
	return qualityPrompts{items, outputTokens}
}

type qualityPrompts struct {
	items []quality.Item
	out   int
}

func (q qualityPrompts) Len() int { return len(q.items) }

func (q qualityPrompts) Text() string { return fmt.Sprintf("%d quality prompts", len(q.items)) }

func (q qualityPrompts) Item(i int) (Item, error) {
	n, err := Wrap(i, len(q.items), "quality prompts")
	if err != nil {
		return Item{}, err
	}
	it := &q.items[n]
	return Item{ID: it.ID, Kind: it.Kind, User: it.Prompt, MaxTokens: q.out, Hash: Hash("", it.Prompt), Quality: it}, nil
}
