package plan

import (
	"cmp"
	"strings"

	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/suggest"
	"github.com/inferometer/inferometer/internal/tokens/length"
	"github.com/inferometer/inferometer/internal/vocab"
)

// Words for the turns of a data set's conversations, besides a number.
const (
	TurnsFlat  = "flat"  // a conversation is one request, up to its last user turn
	TurnsWhole = "whole" // each turn of the user is a request, after the model's own answers
)

// DefaultTurnTokens are those of what a user says after the first turn: a round
// figure of this project.
const DefaultTurnTokens = 64

// maxThinkCV is the most that think times vary.
const maxThinkCV = 10

// Conversing reports whether requests are turns of conversations.
func (w WorkloadPlan) Conversing() bool { return w.Turns != "" && w.Turns != TurnsFlat }

// TurnLengths are how many turns a conversation has, and the tokens of those
// after the first. Of a data set turns is the maximum, and the zero
// Dist where all are.
func (w WorkloadPlan) TurnLengths() (turns, follow length.Dist, err error) {
	if w.Turns != TurnsWhole {
		if turns, err = length.Parse(w.Turns); err != nil {
			return turns, follow, err
		}
	}
	follow = length.Fixed(DefaultTurnTokens)
	if w.TurnTokens != "" {
		follow, err = length.Parse(w.TurnTokens)
	}
	return turns, follow, err
}

// validateTalk looks at conversations.
func (p Plan) validateTalk(out *key.Problems) {
	w := p.Workload
	switch cv := p.Load.ThinkCV; {
	case bad(cv) || cv > maxThinkCV:
		out.Add("load.think_cv", "%v is out of range (0 to %d)", cv, maxThinkCV)
	case cv > 0 && p.Load.ThinkTime == 0:
		out.Add("load.think_cv", "no think time is given that could vary; give --think-time DURATION")
	}
	if !w.Conversing() {
		switch {
		case w.Turns == TurnsFlat && w.Dataset == "":
			out.Add("workload.turns", "only the conversations of a data set can be flat; give --dataset FILE, or a number of turns")
		case w.TurnTokens != "":
			out.Add("workload.turn_tokens", "only conversations have turns after the first; give --turns N")
		case p.Load.Conversations != 0:
			out.Add("load.conversations", "these requests are not conversations; give --turns N, or --turns whole with --dataset FILE")
		}
		return
	}
	words := []string{TurnsWhole, TurnsFlat}
	turns, _, err := w.TurnLengths()
	switch {
	case w.Dataset == "" && w.Turns == TurnsWhole:
		out.Add("workload.turns", "only the conversations of a data set are whole; give --dataset FILE, or a number of turns")
	case err != nil && !strings.ContainsAny(w.Turns, " 0123456789"):
		out.Add("workload.turns", "%q is neither a number of turns nor %s%s", w.Turns, strings.Join(words, " or "), suggest.DidYouMean(w.Turns, words))
	case w.Dataset != "" && turns.Varies():
		out.Add("workload.turns", "a data set has turns of its own; give whole, flat or a maximum, and not %q", w.Turns)
	case err == nil && turns.Largest() > vocab.MaxTurns:
		out.Add("workload.turns", "a conversation has at most %d turns, and %q up to %d", vocab.MaxTurns, w.Turns, turns.Largest())
	case err != nil:
		path := "workload.turns"
		if _, bad := length.Parse(cmp.Or(w.TurnTokens, "1")); bad != nil {
			path = "workload.turn_tokens"
		}
		out.Add(path, "%v", err)
	}
	if w.Dataset != "" && w.TurnTokens != "" {
		out.Add("workload.turn_tokens", "what users say is in the data set; drop --turn-tokens or --dataset")
	}
	if p.Load.Conversations < 0 {
		out.Add("load.conversations", "%d is negative", p.Load.Conversations)
	}
	if len(p.Only) != 1 || p.Only[0] != Load {
		out.Add("workload.turns", "only inferometer load has conversations; leave --turns out here")
	}
	if p.Load.Trace != "" {
		out.Add("workload.turns", "a trace has sessions of its own; drop --turns or --trace")
	}
	if a := p.Workload.Answer; a == AnswerTools || a == AnswerJSON {
		out.Add("workload.answer", "conversations need answers in text, and --answer %s gives none; drop --turns or --answer", a)
	}
	if len(p.Endpoints()) > 1 {
		out.Add("workload.turns", "conversations carry each model's own answers, so that no two targets would get the same prompts; measure one target at a time")
	}
	if p.Candidate.API == vocab.Embeddings {
		out.Add("candidate.api", "embeddings have no answers to carry; drop --turns, or use another dialect")
	}
}
