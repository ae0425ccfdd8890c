package workload

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/tokens/length"
)

// Conversation is what a user says in turn. What is answered is not part of
// it: the server's own answers are carried.
type Conversation struct {
	ID     string
	System string // instructions before the first turn
	// SystemTokens are those of System with what a template adds; 0: not known.
	SystemTokens int
	Turns        []Turn // at least one
}

// Turn is one request of a conversation.
type Turn struct {
	User string
	// AskedInput are the tokens that User should have; of the first turn those
	// of the whole request. 0: not known.
	AskedInput int
	MaxTokens  int  // of the answer; 0: no limit
	Fixed      bool // the answer should have exactly MaxTokens
}

// Conversations gives conversations by index. It is safe for concurrent use.
type Conversations interface {
	Conversation(i int) (Conversation, error)
	Text() string // what they are, in words
}

// MaxTurns is the most turns that a conversation has.
const MaxTurns = 1000

// TalkConfig describes synthetic conversations. The prompt of a first turn is
// that of a SyntheticConfig, but for its prefix: that is a system message of
// its own, which conversations of a group share.
type TalkConfig struct {
	SyntheticConfig
	Turns  length.Dist // of a conversation
	Follow length.Dist // tokens of what a user says after the first turn
	// SystemOverhead are tokens that the server's template adds for a system
	// message.
	SystemOverhead int
}

// NewTalks returns an endless source of synthetic conversations. The same
// configuration and index give the same bytes.
func NewTalks(c TalkConfig) Conversations { return talks{c, c.estimates()} }

type talks struct {
	TalkConfig
	fitters map[string]*Fitter // synthetic.estimates
}

func (t talks) Text() string {
	first := t.SyntheticConfig
	first.Prefix = Prefix{}
	turns := "turns"
	if !t.Turns.Varies() && t.Turns.At(0, 0) == 1 {
		turns = "turn"
	}
	text := fmt.Sprintf("conversations of %s %s: first %s", t.Turns, turns, synthetic{first, t.fitters}.Text())
	if t.Prefix.Tokens > 0 {
		text += fmt.Sprintf(", those included of a system message (%s)", t.Prefix)
	}
	return text + fmt.Sprintf("; then %s tokens a turn, behind the model's own answers", t.Follow)
}

func (t talks) Conversation(i int) (Conversation, error) {
	first, follow := synthetic{t.SyntheticConfig, t.fitters}, synthetic{t.SyntheticConfig, t.fitters}
	in, out := t.Lengths(i * MaxTurns)
	// A first prompt keeps room for a line of its own, whatever its system
	// message takes.
	room := max(1, in-t.Overhead)
	system, tokens, err := first.shared(first.groupOf(i), room-t.SystemOverhead)
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
		j := i*MaxTurns + k
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

// turns of conversation i.
func (t talks) turns(i int) int { return min(MaxTurns, t.Turns.At(seeded.Mix(t.Seed+8), i)) }

// Conversation returns the user's turns of row i; after the last row comes the
// first again.
func (d *dataset) Conversation(i int) (Conversation, error) {
	it, raw, err := d.row(i)
	if err != nil {
		return Conversation{}, err
	}
	c := Conversation{ID: it.ID, System: it.System, Turns: []Turn{{User: it.User}}}
	if d.form != plain && d.form != separated {
		columns := d.Columns
		if d.form == columnar {
			columns = nil // its keys are parts already
		}
		if c.System, c.Turns, err = turnsOf(raw, columns); err != nil {
			return Conversation{}, err
		}
	}
	if d.Count != nil && c.System != "" {
		if n, err := d.Count(c.System); err == nil {
			c.SystemTokens = n
		}
	}
	if d.Turns > 0 {
		c.Turns = c.Turns[:min(d.Turns, len(c.Turns))]
	}
	for k := range c.Turns {
		t := &c.Turns[k]
		t.MaxTokens = it.MaxTokens
		if d.Count != nil && (k > 0 || c.System == "") {
			// As in Item: what a template makes of a system message is not known.
			if n, err := d.Count(t.User); err == nil {
				t.AskedInput = n
			}
		}
	}
	return c, nil
}

// turnsOf are the user's turns of a row of JSON. The recorded answers are left
// out, before the first turn too; what a user says twice in a row is one turn.
func turnsOf(raw []byte, columns Columns) (system string, turns []Turn, err error) {
	row, err := parseRow(bytes.TrimSpace(raw), columns)
	if err != nil {
		return "", nil, err
	}
	system = row.System
	if row.Prompt != "" {
		return system, []Turn{{User: row.Prompt}}, nil
	}
	open := false // the last turn has had no answer
	for i, m := range row.Messages {
		text, err := m.text()
		switch {
		case err != nil:
			return "", nil, err
		case m.Role == "tool" || m.Role == "function":
			return "", nil, fmt.Errorf("message %d is the result of a tool: it answers a call that this model may not make, so the conversation cannot be had again (--turns flat sends it as one request, --dataset-skip-bad leaves it out)", i+1)
		case m.Role == "assistant" && text != "":
			open = false
		}
		switch {
		case strings.TrimSpace(text) == "":
		case m.Role == "system" || m.Role == "developer":
			system = strings.TrimSpace(system + "\n" + text)
		case m.Role != "user":
		case open:
			turns[len(turns)-1].User += "\n\n" + text
		default:
			turns, open = append(turns, Turn{User: text}), true
		}
	}
	if len(turns) == 0 {
		return "", nil, errors.New("no turn of the user has text")
	}
	if len(turns) > MaxTurns {
		return "", nil, fmt.Errorf("the conversation has %d turns, of at most %d", len(turns), MaxTurns)
	}
	return system, turns, nil
}
