package workload

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/tokens/length"
	"github.com/inferometer/inferometer/internal/vocab"
	"github.com/inferometer/inferometer/internal/workload/textgen"
)

// Conversation is what a user says, turn by turn. The answers are not part of it:
// later turns carry those that the server gave.
type Conversation struct {
	ID     string
	System string // instructions before the first turn
	// SystemTokens are the tokens of System with what a template adds; 0: not known.
	SystemTokens int
	Turns        []Turn // at least one
}

// Turn is one request of a conversation.
type Turn struct {
	User string
	// AskedInput is how many tokens User should have; for the first turn, the
	// whole request. 0: not known.
	AskedInput int
	MaxTokens  int  // of the answer; 0: no limit
	Fixed      bool // the answer should have exactly MaxTokens
}

// Conversations gives conversations by index. It is safe for concurrent use.
type Conversations interface {
	Conversation(i int) (Conversation, error)
	Text() string // what they are, in words
}

// ConversationConfig describes synthetic conversations. The prompt of the first turn
// is that of a SyntheticConfig, apart from its prefix: that is a system message,
// which the conversations of a group share.
type ConversationConfig struct {
	SyntheticConfig
	Turns  length.Dist // of a conversation
	Follow length.Dist // tokens of what a user says after the first turn
	// SystemOverhead is how many tokens the server's template adds for a system
	// message.
	SystemOverhead int
}

// NewConversations returns an endless source of synthetic conversations. The same
// configuration and index give the same bytes.
func NewConversations(c ConversationConfig) Conversations {
	return syntheticConversations{c, c.estimates()}
}

type syntheticConversations struct {
	ConversationConfig
	fitters map[string]*textgen.Fitter // synthetic.estimates
}

func (t syntheticConversations) Text() string {
	first := t.SyntheticConfig
	first.Prefix = Prefix{}
	turns := "turns"
	if !t.Turns.Varies() && t.Turns.At(0, 0) == 1 {
		turns = "turn"
	}
	text := fmt.Sprintf("conversations of %s %s: first %s", t.Turns, turns, synthetic{first, t.fitters}.Text())
	if t.Prefix.any() {
		text += fmt.Sprintf(", including a system message (%s)", t.Prefix)
	}
	return text + fmt.Sprintf("; then %s tokens per turn, after the model's own answers", t.Follow)
}

func (t syntheticConversations) Conversation(i int) (Conversation, error) {
	first, follow := synthetic{t.SyntheticConfig, t.fitters}, synthetic{t.SyntheticConfig, t.fitters}
	in, out := t.Lengths(i * vocab.MaxTurns)
	// A first prompt keeps room for its own first line, however long its system
	// message is.
	room := max(1, in-t.Overhead)
	system, tokens, err := first.prefix(first.groupOf(i), room-t.SystemOverhead)
	if err != nil {
		return Conversation{}, err
	}
	if system != "" {
		tokens += t.SystemOverhead
	}
	first.Prefix = Prefix{}
	it, err := first.item(i, max(1, in-tokens), out)
	if err != nil {
		return Conversation{}, err
	}
	c := Conversation{ID: it.ID, System: system, Turns: []Turn{{User: it.User, AskedInput: in, MaxTokens: out, Fixed: t.Fixed}}}
	if system != "" {
		c.SystemTokens = tokens + t.Overhead
	}
	follow.Prefix, follow.Overhead, follow.Stream = Prefix{}, 0, t.Stream+"/turns"
	for k := 1; k < t.turns(i); k++ {
		j := i*vocab.MaxTurns + k
		_, out := t.Lengths(j)
		n := t.Follow.At(seeded.Mix(t.Seed+7), j)
		it, err := follow.item(j, n, out)
		if err != nil {
			return Conversation{}, err
		}
		c.Turns = append(c.Turns, Turn{User: it.User, AskedInput: n, MaxTokens: out, Fixed: t.Fixed})
	}
	return c, nil
}

// turns returns how many turns conversation i has.
func (t syntheticConversations) turns(i int) int {
	return min(vocab.MaxTurns, t.Turns.At(seeded.Mix(t.Seed+8), i))
}
