package detect

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/inferometer/inferometer/internal/quality/item"
)

// wantsJSON reports whether an item's answer is JSON as a whole.
func wantsJSON(it item.Item) bool {
	for _, c := range it.Checks {
		if !c.Not && (c.Type == "json_schema" || c.Type == "parses" && strings.EqualFold(c.Language, "json") || strings.HasSuffix(c.Instruction, ":json_format")) {
			return true
		}
	}
	return false
}

// SystemMarks are the words of an item that only its system prompt demands: what its
// contains checks want, where the system prompt has it and the prompt does not. An
// answer without any of them was made without the system prompt.
func SystemMarks(it item.Item) []string {
	var out []string
	system, prompt := strings.ToLower(it.System), strings.ToLower(it.Prompt)
	for _, c := range it.Checks {
		if c.Not || c.Type != "contains" {
			continue
		}
		for _, w := range c.Want {
			if l := strings.ToLower(w); l != "" && strings.Contains(system, l) && !strings.Contains(prompt, l) {
				out = append(out, w)
			}
		}
	}
	return out
}

// Set knows by which words the items of a set can be told apart.
type Set struct {
	items map[string]item.Item
	marks map[string][]string // of each item: words that no other item has
}

// NewSet reads the items that are asked together.
func NewSet(items []item.Item) *Set {
	s := &Set{items: map[string]item.Item{}, marks: map[string][]string{}}
	const several = "\x00" // in the place of an id
	owner := map[string]string{}
	for _, it := range items {
		s.items[it.ID] = it
		for w := range distinctive(it.System + " " + it.Prompt + " " + it.Answer) {
			if old, ok := owner[w]; ok && old != it.ID {
				owner[w] = several
			} else {
				owner[w] = it.ID
			}
		}
	}
	for w, id := range owner {
		if id != several {
			s.marks[id] = append(s.marks[id], w)
		}
	}
	return s
}

// distinctive are the words of a text that are long enough not to occur by chance:
// from four signs on with a digit, else from five.
func distinctive(text string) map[string]bool {
	out := map[string]bool{}
	for _, w := range tokens(strings.ToLower(text)) {
		n := utf8.RuneCountInString(w)
		if n >= 5 || n >= 4 && strings.ContainsFunc(w, unicode.IsDigit) {
			out[w] = true
		}
	}
	return out
}

// CrossTalk names the item that an answer really belongs to: it fails the checks of
// its own item, and either passes those of another one that was in flight and has one
// of that item's own words, or has three of them. passes says whether the answer
// passes an item's checks. A bare number or letter that fits another item by chance
// names none. "": the answer belongs to no other.
func (s *Set) CrossTalk(own, text string, inFlight []string, passes func(item.Item) bool) string {
	me, ok := s.items[own]
	if !ok || strings.TrimSpace(text) == "" || len(me.Checks) > 0 && passes(me) {
		return ""
	}
	words := distinctive(ends(text, mostText))
	best, most := "", 0
	for _, id := range inFlight {
		other, known := s.items[id]
		if id == own || !known {
			continue
		}
		n := 0
		for _, w := range s.marks[id] {
			if words[w] {
				n++
			}
		}
		if n > most && (n >= 3 || len(other.Checks) > 0 && passes(other)) {
			best, most = id, n
		}
	}
	if best == "" {
		return ""
	}
	for _, w := range s.marks[own] {
		if words[w] { // it speaks of its own subject: wrong, but not mixed up
			return ""
		}
	}
	return best
}
