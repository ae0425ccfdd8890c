package estimate

import (
	"errors"
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/blocks"
	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/tokens/length"
	"github.com/inferometer/inferometer/internal/vocab"
	"github.com/inferometer/inferometer/internal/workload"
)

// talks says how long each turn of conversation i is.
type talks func(i int) ([]size, error)

// conversationsOf are the conversations of a plan as a run would send them. done
// closes their data set.
func conversationsOf(p plan.Plan, t plan.Target) (_ talks, done func(), err error) {
	done = func() {}
	var src workload.Conversations
	w := p.Workload
	turns, follow, err := w.TurnLengths()
	if err != nil {
		return nil, done, err
	}
	if w.Dataset != "" {
		most := -1
		if w.Turns != plan.TurnsWhole {
			most = turns.At(0, 0)
		}
		d, exact, err := openDataset(p, w.OutputTokens, most)
		if err != nil {
			return nil, done, err
		}
		done = func() { _ = d.Close() } // it was only read
		if !exact {
			return nil, done, errors.New("which conversations are within the limits on tokens is known when the target has been asked; name the tokenizer with --tokenizer")
		}
		src = d
	} else {
		in, out, err := w.Lengths()
		if err != nil {
			return nil, done, err
		}
		src = workload.NewConversations(workload.ConversationConfig{
			SyntheticConfig: workload.SyntheticConfig{Seed: p.Seed, InputTokens: w.InputTokens, OutputTokens: w.OutputTokens, Input: in, Output: out},
			Turns:           turns, Follow: follow,
		})
	}
	extra := wanted(p)
	return func(i int) ([]size, error) {
		c, err := src.Conversation(i)
		if err != nil {
			return nil, err
		}
		return turnsOf(c, t, extra, w.Prefix.Tokens), nil
	}, done, nil
}

// turnsOf is how long each turn of a conversation is. It carries the turns before it
// and their answers, which are as long as their limit at most; as input an answer
// may have other tokens than it had as output, so that half as many again are
// allowed for.
func turnsOf(c workload.Conversation, t plan.Target, extra, prefix int) []size {
	var out []size
	before := text(t, 0, c.System) // what a turn carries
	if c.Turns[0].AskedInput > 0 { // which counts the system message
		before = size{most: float64(envelope(t))}
	}
	before.most += float64(extra + prefix)
	for _, turn := range c.Turns {
		own := text(t, turn.MaxTokens, turn.User)
		own.most -= float64(envelope(t)) // which the body has once
		if turn.AskedInput > 0 {
			own = sized(turn.AskedInput, turn.AskedInput, turn.MaxTokens)
		}
		out = append(out, size{before.about + own.about, before.most + own.most, own.out})
		before.about += own.about + own.out
		before.most += own.most + 1.5*own.out
	}
	return out
}

// mostOfConversations is the most that a load of conversations sends.
func mostOfConversations(p plan.Plan, of talks, rpm int) (n int, all size, err error) {
	l := p.Load
	shape := loadgen.Shape{Users: l.Users, Requests: l.Requests, Duration: l.Duration.Std()}
	s, err := l.Schedule(p.Seed)
	if err != nil {
		return 0, all, err
	}
	begun, limit := l.Conversations, math.MaxInt // conversations, and requests of all of them
	if s.Process != "" {
		if shape.Schedule = s; l.RateCurve != "" && l.Requests == 0 && l.Duration == 0 {
			shape.Duration = s.Curve.Length()
		}
		if shape.Requests > 0 || shape.Duration > 0 {
			c, err := most(shape, p.Client.Grace.Std(), rpm)
			if err != nil {
				return 0, all, err
			}
			if begun == 0 || c.all() < begun {
				begun = c.all()
			}
		}
	} else if shape.Requests > 0 || begun == 0 {
		c, err := most(shape, p.Client.Grace.Std(), rpm)
		if err != nil {
			return 0, all, err
		}
		limit = c.all()
		if begun == 0 {
			begun = limit
		}
	}
	if begun > maxArrivals/vocab.MaxTurns {
		return 0, all, fmt.Errorf("the plan has up to %d conversations, which are too many to look at", begun)
	}
	var largest size
	for i := range begun {
		turns, err := of(i)
		if err != nil {
			return 0, all, err
		}
		for _, turn := range turns {
			n++
			all.add(turn)
			largest.widen(turn)
		}
	}
	if n > limit { // whichever turns those are
		n = limit
		all.most, all.out = min(all.most, float64(n)*largest.most), min(all.out, float64(n)*largest.out)
	}
	return n, all, nil
}

// aboutConversations is about how many requests conversations send, how long that
// takes and how many tokens each carries on the mean: each carries what was said
// before.
func aboutConversations(p plan.Plan) (n int, seconds, input float64) {
	w, l := p.Workload, p.Load
	turns, follow, err := w.TurnLengths()
	if w.Dataset != "" || err != nil {
		turns, follow = length.Fixed(1), length.Fixed(1)
	}
	const draws = 1000
	var all, before float64 // requests, and turns that they carry
	for i := range draws {
		t := float64(min(vocab.MaxTurns, turns.At(0, i)))
		all, before = all+t, before+t*(t-1)/2
	}
	each := all / draws
	input = float64(w.InputTokens + int(before/all*(float64(w.OutputTokens)+follow.Mean())))
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
		return limit(int(math.Ceil(float64(begun) * each))), seconds, input
	}
	cycle := e2eOf(p, cells.Candidate, w.OutputTokens) + l.ThinkTime.Std().Seconds()
	users := float64(max(1, l.Users))
	if n = limit(math.MaxInt); l.Duration > 0 {
		n = min(n, int(users*l.Duration.Std().Seconds()/cycle))
	}
	return n, float64(n) / users * cycle, input
}

// before is how many requests of warm-up come before a trace or conversations, as a
// load of its own; see conduct.
func before(l plan.LoadPlan, conversing bool) (int, error) {
	s := blocks.Before(l, conversing)
	if s.Duration > 0 {
		return 0, fmt.Errorf("how many requests come in a warm-up of %v depends on how fast the server is; --warmup N ends it by a number", s.Duration)
	}
	return s.Requests + s.MostCooldown(s.Requests), nil
}

// mostTalk is the most that the conversations of a plan send, warm-up included.
func mostTalk(p plan.Plan, t plan.Target, rpm int) (n int, all size, err error) {
	of, done, err := conversationsOf(p, t)
	defer done()
	if err != nil {
		return 0, all, err
	}
	n, all, err = mostOfConversations(p, of, rpm)
	if err != nil {
		return 0, all, err
	}
	first, err := before(p.Load, true)
	if err != nil {
		return 0, all, err
	}
	warm, _, err := synthetic(p).sum(0, first)
	all.most, all.out = all.most+warm.most, all.out+warm.out
	return n + first, all, err
}
