package prompts

import (
	"context"
	"fmt"
	"hash"
	"hash/fnv"
	"io"
	"math"
	"sync"

	"github.com/inferometer/inferometer/internal/conduct/target"
	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/pricing"
	"github.com/inferometer/inferometer/internal/workload"
)

// Conversations are those of a plan.
type Conversations struct {
	workload.Conversations
	// Mean is how many turns each has on the mean, and Alike says that all have
	// that many; 0 if that is not known.
	Mean  float64
	Alike bool
	// Longest is the longest prompt in tokens; 0 if that is not known.
	Longest int
}

// Conversations makes those of the plan. systemOverhead is what the target's
// template adds for a system message, in tokens.
func (m *Maker) Conversations(systemOverhead int) (Conversations, error) {
	w := m.Plan.Workload
	turns, follow, err := w.TurnLengths()
	if err != nil {
		return Conversations{}, err
	}
	if w.Dataset != "" {
		src, err := m.Dataset(w.OutputTokens)
		if err != nil {
			return Conversations{}, err
		}
		return Conversations{Conversations: src.(workload.Conversations)}, nil
	}
	return Conversations{
		Conversations: workload.NewConversations(workload.ConversationConfig{
			SyntheticConfig: m.Config("load", true), Turns: turns, Follow: follow, SystemOverhead: systemOverhead,
		}),
		Mean: turns.Mean(), Alike: !turns.Varies(), Longest: w.InputTokens + turns.Largest()*follow.Largest(),
	}, nil
}

// Talker encodes the turns of a cell's conversations; it is a loadgen.Talker.
type Talker struct {
	Maker  *Maker
	Target *target.Target // that they are sent to
	Cell   string         // its id
	Source workload.Conversations

	mu      sync.Mutex // protects all following fields
	systems map[uint64]int
}

// Begin starts conversation i.
func (t *Talker) Begin(i int) (loadgen.Conversation, error) {
	c, err := t.Source.Conversation(i)
	if err != nil {
		return nil, err
	}
	return &conversation{Talker: t, Conversation: c, texts: fnv.New64a()}, nil
}

// system returns the tokens of a conversation's system message if an earlier
// conversation had the same; 0 for the first that has it.
func (t *Talker) system(c workload.Conversation) int {
	if c.System == "" {
		return 0
	}
	h := fnv.New64a()
	_, _ = io.WriteString(h, c.System) // a hash takes everything
	t.mu.Lock()
	defer t.mu.Unlock()
	if n, before := t.systems[h.Sum64()]; before {
		return n
	}
	if t.systems == nil {
		t.systems = map[uint64]int{}
	}
	if len(t.systems) < maxSystems {
		if t.systems[h.Sum64()] = c.SystemTokens; c.SystemTokens == 0 {
			t.systems[h.Sum64()] = t.Maker.Target.Estimate(c.System)
		}
	}
	return 0
}

// maxSystems bounds how many system messages are remembered.
const maxSystems = 10_000

// conversation is one conversation in progress. Its history lives as long as it does.
type conversation struct {
	*Talker
	workload.Conversation
	turn    int // turns that were made
	history []endpoint.Message
	answer  string      // to the previous turn
	carried *int        // tokens of the previous turn and its answer, by usage
	texts   hash.Hash64 // of all texts so far
}

// Turn encodes the next turn, with what the model has answered: its visible
// text, without reasoning. An answer without text ends the conversation.
func (t *conversation) Turn(x *exchange.Exchange) (loadgen.Request, error) {
	if t.turn == len(t.Turns) || t.turn > 0 && t.answer == "" {
		return nil, nil
	}
	to, turn := t.Target, t.Turns[t.turn]
	known := turn.AskedInput > 0 && (t.turn == 0 || t.carried != nil) && !t.Maker.Form.Wants.Any()
	if t.turn == 0 {
		t.hash(t.System)
		x.AskedInput, x.HistoryTokens = turn.AskedInput, new(t.system(t.Conversation))
	} else {
		t.history = append(t.history, endpoint.Message{Role: endpoint.User, Text: t.Turns[t.turn-1].User}, endpoint.Message{Role: endpoint.Assistant, Text: t.answer})
		t.hash(t.answer)
		own := turn.AskedInput
		if own == 0 {
			own = t.Maker.Target.Estimate(turn.User)
		}
		x.AskedInput = own + int(math.Round(to.Overhead))
		if t.carried != nil {
			x.AskedInput, x.HistoryTokens = x.AskedInput+*t.carried, new(*t.carried)
		} else {
			x.AskedInput += t.Maker.Target.Estimate(t.System)
			for _, m := range t.history {
				x.AskedInput += t.Maker.Target.Estimate(m.Text)
			}
		}
	}
	t.hash(turn.User)
	t.turn++
	fixed := turn.Fixed && to.Fixed
	call, err := to.Client.Encode(endpoint.Prompt{
		System: t.System, History: t.history, User: turn.User, MaxTokens: turn.MaxTokens, Fixed: fixed,
		Temperature: t.Maker.Plan.Workload.Temperature, Wants: t.Maker.Form.Wants,
	})
	if err != nil {
		return nil, err
	}
	x.Cell, x.Target = t.Cell, to.Name
	x.Prompt, x.PromptHash = fmt.Sprintf("%s/%d", t.ID, t.turn), t.texts.Sum64()
	x.Turn, x.Turns = t.turn, len(t.Turns)
	x.AskedOutput, x.FixedOutput = turn.MaxTokens, fixed
	if x.InputBound = len(call.Body()); known { // and no estimate by words
		texts := len(t.System) + len(turn.User)
		for _, m := range t.history {
			texts += len(m.Text)
		}
		x.InputBound = pricing.MostInput(x.AskedInput, len(call.Body()), texts)
	}
	return loadgen.SendFunc(func(ctx context.Context, x *exchange.Exchange) {
		t.answer = to.Client.Do(ctx, call, x)
		t.carried = carried(x)
	}), nil
}

// hash adds a text of the conversation to its hash.
func (t *conversation) hash(text string) { _, _ = io.WriteString(t.texts, text+"\x00") }

// carried is the tokens of a request and of its visible answer, by the server's
// usage; nil where it does not say. Reasoning is not carried over.
func carried(x *exchange.Exchange) *int {
	if x.InputTokens == nil || x.OutputTokens == nil {
		return nil
	}
	n := *x.InputTokens + *x.OutputTokens
	if x.ReasoningTokens != nil {
		n -= *x.ReasoningTokens
	}
	return &n
}

// datasetTurns is the most turns that are sent of a data set's conversations:
// 0 where they are one request each, below 0 all.
func datasetTurns(w plan.WorkloadPlan) int {
	switch {
	case !w.Conversing():
		return 0
	case w.Turns == plan.TurnsWhole:
		return -1
	}
	turns, _, err := w.TurnLengths()
	if err != nil { // the plan was validated
		return -1
	}
	return turns.At(0, 0)
}
