package suite

import (
	"context"
	"fmt"
	"hash"
	"hash/fnv"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/stats"
	"github.com/inferometer/inferometer/internal/tokens/length"
	"github.com/inferometer/inferometer/internal/workload"
)

// talking fills a cell with the conversations of the plan.
func (r *run) talking(c *cell) error {
	w := r.plan.Workload
	turns, follow, err := w.TurnLengths()
	if err != nil {
		return err
	}
	if w.Dataset != "" {
		src, err := r.dataset(w.OutputTokens)
		if err != nil {
			return err
		}
		c.talks = src.(workload.Conversations)
	} else {
		c.talks = workload.NewConversations(workload.ConversationConfig{
			SyntheticConfig: r.syntheticConfig("load", true), Turns: turns, Follow: follow, SystemOverhead: c.target.systemOverhead,
		})
		c.turns, c.alike = turns.Mean(), !turns.Varies()
		c.longest = w.InputTokens + turns.Largest()*follow.Largest()
	}
	c.Workload = r.loadWorkload(c.target, c.talks.Text())
	c.Workload.Name = "conversations"
	c.shape.Conversations = r.plan.Load.Conversations
	return nil
}

// learnSystem finds out what a server's template adds for a system message,
// where the plan has one, from one small request that is part of no statistic.
func (r *run) learnSystem(ctx context.Context, t *target) error {
	w := r.plan.Workload
	if !w.Conversing() || w.Prefix.Tokens == 0 {
		return nil
	}
	const words = 20
	system, user := syntheticWords(r.plan.Seed, t.name+" system", words), syntheticWords(r.plan.Seed, t.name+" user", words)
	call, err := t.client.Encode(endpoint.Prompt{System: system, User: user, MaxTokens: 1, Fixed: t.fixed})
	if err != nil {
		return err
	}
	x := &exchange.Exchange{Phase: exchange.Warmup, Due: r.clock.Now()}
	t.client.Do(ctx, call, x)
	if x.InputTokens == nil {
		return ctx.Err()
	}
	beyond := *x.InputTokens - int(math.Round(t.overhead))
	for _, text := range []string{system, user} {
		n := r.tokensOf(text)
		if r.fit != nil && r.count == nil { // the server's own tokenizer
			ids, err := t.client.Tokenize(ctx, text)
			if err != nil {
				return err
			}
			n = len(ids)
		}
		beyond -= n
	}
	t.systemOverhead = max(0, beyond)
	return nil
}

// tokensOf counts a text, or estimates it where nothing on this machine counts.
func (r *run) tokensOf(text string) int {
	if r.count != nil {
		if n, err := r.count.Count(text); err == nil {
			return n
		}
	}
	return r.estimate(text)
}

// estimate of a text's tokens, by its words: little work.
func (r *run) estimate(text string) int {
	per := r.tokensPerWord()
	if per == 0 {
		per = defaultTokensPerWord
	}
	return int(math.Round(per * float64(len(strings.Fields(text)))))
}

// talker makes a cell's conversations.
type talker struct {
	run  *run
	cell *cell

	mu      sync.Mutex // protects all following fields
	systems map[uint64]int
}

// Talk begins conversation i.
func (t *talker) Talk(i int) (loadgen.Talk, error) {
	c, err := t.cell.talks.Conversation(i)
	if err != nil {
		return nil, err
	}
	return &talk{talker: t, Conversation: c, texts: fnv.New64a()}, nil
}

// system returns the tokens of a conversation's system message if an earlier
// conversation had the same; 0 for the first that has it.
func (t *talker) system(c workload.Conversation) int {
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
			t.systems[h.Sum64()] = t.run.estimate(c.System)
		}
	}
	return 0
}

// maxSystems bounds how many system messages are remembered.
const maxSystems = 10_000

// talk is one conversation under way. What was said lives as long as it does.
type talk struct {
	*talker
	workload.Conversation
	turn    int // turns that were made
	history []endpoint.Message
	answer  string      // to the turn before
	had     *int        // tokens of the turn before and its answer, by usage
	texts   hash.Hash64 // of all texts so far
}

// Turn encodes the next turn, with what the model has answered: its visible
// text, without reasoning. An answer without text ends the conversation.
func (t *talk) Turn(x *exchange.Exchange) (loadgen.Send, error) {
	if t.turn == len(t.Turns) || t.turn > 0 && t.answer == "" {
		return nil, nil
	}
	target, turn := t.cell.target, t.Turns[t.turn]
	if t.turn == 0 {
		t.said(t.System)
		x.AskedInput, x.HistoryTokens = turn.AskedInput, new(t.system(t.Conversation))
	} else {
		t.history = append(t.history, endpoint.Message{Role: endpoint.User, Text: t.Turns[t.turn-1].User}, endpoint.Message{Role: endpoint.Assistant, Text: t.answer})
		t.said(t.answer)
		own := turn.AskedInput
		if own == 0 {
			own = t.run.estimate(turn.User)
		}
		x.AskedInput = own + int(math.Round(target.overhead))
		if t.had != nil {
			x.AskedInput, x.HistoryTokens = x.AskedInput+*t.had, new(*t.had)
		} else {
			x.AskedInput += t.run.estimate(t.System)
			for _, m := range t.history {
				x.AskedInput += t.run.estimate(m.Text)
			}
		}
	}
	t.said(turn.User)
	t.turn++
	fixed := turn.Fixed && target.fixed
	call, err := target.client.Encode(endpoint.Prompt{
		System: t.System, History: t.history, User: turn.User, MaxTokens: turn.MaxTokens, Fixed: fixed,
		Temperature: t.run.plan.Workload.Temperature, Wants: t.run.form.wants,
	})
	if err != nil {
		return nil, err
	}
	x.Cell, x.Target = t.cell.ID, target.name
	x.Prompt, x.PromptHash = fmt.Sprintf("%s/%d", t.ID, t.turn), t.texts.Sum64()
	x.Turn, x.Turns = t.turn, len(t.Turns)
	x.AskedOutput, x.FixedOutput = turn.MaxTokens, fixed
	return func(ctx context.Context, x *exchange.Exchange) {
		t.answer = target.client.Do(ctx, call, x)
		t.had = had(x)
	}, nil
}

// said notes a text of the conversation.
func (t *talk) said(text string) { _, _ = io.WriteString(t.texts, text+"\x00") }

// had are the tokens of a request and of its visible answer, by the server's
// usage; nil where it does not say. Reasoning is not carried.
func had(x *exchange.Exchange) *int {
	if x.InputTokens == nil || x.OutputTokens == nil {
		return nil
	}
	n := *x.InputTokens + *x.OutputTokens
	if x.ReasoningTokens != nil {
		n -= *x.ReasoningTokens
	}
	return &n
}

// datasetTurns is how many turns of a data set's conversations are had at most:
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

// talks estimates the requests of conversations and how long they take, and
// sets the plan's input tokens to the mean of a request: each carries what was
// said before.
func (f *Forecast) talks(p *plan.Plan) (n int, seconds float64) {
	w, l := p.Workload, p.Load
	turns, follow, err := w.TurnLengths()
	if w.Dataset != "" || err != nil {
		f.Notes = append(f.Notes, "how many turns the conversations of the data set have is not counted here; one is assumed")
		turns, follow = length.Fixed(1), length.Fixed(1)
	}
	const draws = 1000
	var all, before float64 // requests, and turns that they carry
	for i := range draws {
		t := float64(min(workload.MaxTurns, turns.At(0, i)))
		all, before = all+t, before+t*(t-1)/2
	}
	each := all / draws
	p.Workload.InputTokens += int(before / all * (float64(w.OutputTokens) + follow.Mean()))
	limit := func(n int) int {
		if l.Conversations > 0 {
			n = min(n, int(math.Ceil(float64(l.Conversations)*each)))
		}
		if l.Requests > 0 {
			n = min(n, l.Requests)
		}
		return n
	}
	s, err := l.Schedule(p.Seed)
	if err == nil && s.Process != "" {
		begun := 0
		if l.Requests > 0 {
			begun = int(math.Ceil(float64(l.Requests) / each))
		}
		if c := l.Conversations; c > 0 && (begun == 0 || c < begun) {
			begun = c
		}
		begun, seconds = openLoop(s, begun, l.Duration.Std().Seconds())
		return limit(int(math.Ceil(float64(begun) * each))), seconds
	}
	cycle := e2eOf(*p, candidate, w.OutputTokens) + l.ThinkTime.Std().Seconds()
	users := float64(max(1, l.Users))
	if n = limit(math.MaxInt); l.Duration > 0 {
		n = min(n, int(users*l.Duration.Std().Seconds()/cycle))
	}
	return n, float64(n) / users * cycle
}

// worthOfTurns is how many independent requests those of a claim are worth,
// since turns of one conversation are alike: the smaller one of the ranks of
// the values and of what is over the limit.
func (c *loggedCell) worthOfTurns(l metric.Limit) float64 {
	var values, over []float64
	var groups []int32
	for i, v := range c.Values(l.Metric.Tag) {
		broke := 0.0
		switch {
		case c.Cut(i):
			v, broke = math.Inf(1), 1
		case math.IsNaN(v):
			continue
		case !l.Holds(v):
			broke = 1
		}
		values, over, groups = append(values, v), append(over, broke), append(groups, c.Session(i))
	}
	return min(stats.ClusterESS(stats.Ranks(values), groups), stats.ClusterESS(over, groups))
}

// pauses are think times of a log-normal distribution with a mean and a
// coefficient of variation, each a function of the seed, the user or
// conversation and the request. None is longer than maxPause.
func pauses(mean time.Duration, cv float64, seed uint64) func(x *exchange.Exchange) time.Duration {
	const maxPause = time.Hour
	sigma := math.Sqrt(math.Log1p(cv * cv))
	mu := math.Log(mean.Seconds()) - sigma*sigma/2
	return func(x *exchange.Exchange) time.Duration {
		who, what := uint64(x.Session), uint64(x.Turn)
		if x.Session == 0 {
			who, what = uint64(x.User), uint64(x.Index)
		}
		r := rand.New(rand.NewPCG(seed^0x7468696e6b, who<<32^what))
		seconds := math.Exp(mu + sigma*r.NormFloat64())
		return time.Duration(min(seconds, maxPause.Seconds()) * float64(time.Second))
	}
}
