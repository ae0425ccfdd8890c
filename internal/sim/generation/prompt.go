package generation

import (
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/sim/answer"
	"github.com/inferometer/inferometer/internal/sim/kv"
)

// Tokens of a prompt apart from its text, after the shape of Llama 3's chat
// template: one token begins the text; a message has its role in a header of
// four tokens and an end mark; the header of the answer is part of the prompt.
const (
	BeginTokens   = 1
	MessageTokens = 5
	HeaderTokens  = 4
)

// BeginMark is the id of the mark that begins a text. Marks have no text.
const BeginMark = 1

// The other marks of the chat template.
const (
	openMark   = 2 // before a role
	closeMark  = 3 // after it
	breakMark  = 4
	turnMark   = 5  // ends a message
	firstRole  = 16 // and those after it, one per role
	otherRoles = 31
)

var roles = []string{"system", "user", "assistant", "tool", "developer"}

// SetText makes a bare text the prompt.
func (q *Request) SetText(text string) {
	q.Prompt, q.PromptTokens = text, BeginTokens+answer.Count(text)
}

// SetIDs makes token ids the prompt. raw is how the client wrote them: ids of
// another vocabulary have no text, and enter the seed of the answer as they
// are.
func (q *Request) SetIDs(ids []uint64, raw string) {
	q.IDs, q.PromptTokens = ids, len(ids)
	if text, ok := Detokenize(ids); ok {
		q.Prompt = text
	} else {
		q.Before = raw
	}
}

// SetTurns makes a conversation the prompt. The last user message, or the last
// message if there is none, is what the answer is about; it depends on the
// others too.
func (q *Request) SetTurns(turns []Turn) {
	q.Turns = turns
	last := len(turns) - 1
	q.PromptTokens = BeginTokens + HeaderTokens
	for i, t := range turns {
		q.PromptTokens += MessageTokens + answer.Count(t.Text)
		if t.Role == "user" {
			last = i
		}
	}
	var before strings.Builder
	for i, t := range turns {
		if i != last {
			before.WriteString(t.Role)
			before.WriteByte(0)
			before.WriteString(t.Text)
			before.WriteByte(0)
		}
	}
	q.Before, q.Prompt = before.String(), turns[last].Text
}

// HasSystem reports whether the conversation has instructions besides the user's.
func (q *Request) HasSystem() bool {
	return slices.ContainsFunc(q.Turns, func(t Turn) bool { return t.Role == "system" || t.Role == "developer" })
}

// Tokens returns the ids of the prompt, PromptTokens of them.
func (q *Request) Tokens() []uint64 {
	if len(q.IDs) > 0 {
		return q.IDs
	}
	ids := make([]uint64, 0, q.PromptTokens)
	ids = append(ids, BeginMark)
	if !q.Chat {
		return AppendIDs(ids, q.Prompt)
	}
	for _, t := range q.Turns {
		ids = appendHeader(ids, t.Role)
		ids = append(AppendIDs(ids, t.Text), turnMark)
	}
	return appendHeader(ids, "assistant")
}

func appendHeader(ids []uint64, role string) []uint64 {
	mark := uint64(otherRoles)
	for i, r := range roles {
		if r == role {
			mark = firstRole + uint64(i)
		}
	}
	return append(ids, openMark, mark, closeMark, breakMark)
}

// AppendIDs appends the ids of the tokens of a text.
func AppendIDs(ids []uint64, text string) []uint64 {
	for token := range answer.Tokens(text) {
		ids = append(ids, answer.ID(token))
	}
	return ids
}

// Detokenize joins the texts of tokens; it is false if one of them has no text.
func Detokenize(ids []uint64) (string, bool) {
	var b strings.Builder
	for _, id := range ids {
		text, ok := answer.Text(id)
		if !ok {
			return "", false
		}
		b.WriteString(text)
	}
	return b.String(), true
}

// Hashes name the blocks of a prompt and of its answer for the prefix cache.
// The next turn of a conversation begins with the same tokens.
func (q *Request) Hashes(blockSize int, pieces []string) []kv.Hash {
	c := kv.NewChain(blockSize, Hash(q.CacheSalt))
	switch {
	case q.Chat:
		c.AddSpan(1, BeginTokens)
		for _, t := range q.Turns {
			c.AddSpan(Hash(t.Role), HeaderTokens)
			addText(c, t.Text)
			c.AddSpan(2, MessageTokens-HeaderTokens)
		}
		c.AddSpan(Hash("assistant"), HeaderTokens)
	case len(q.IDs) > 0:
		for _, id := range q.IDs {
			c.Add(id)
		}
	default:
		c.AddSpan(1, BeginTokens)
		addText(c, q.Prompt)
	}
	addText(c, strings.Join(pieces, ""))
	return c.Hashes()
}

func addText(c *kv.Chain, text string) {
	for token := range answer.Tokens(text) {
		c.Add(Hash(token))
	}
}

// Hash stands for the text of a token (FNV-1a, which is quick for a few bytes,
// and then mixed).
func Hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return seeded.Mix(h)
}
