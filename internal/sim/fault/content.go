package fault

import (
	"slices"

	"github.com/inferometer/inferometer/internal/seeded"
)

// The kinds of faults of what an answer says. They are those of a model that is too
// small or quantized too far, of a chat template that does not fit, and of an engine
// that mixes up what it serves at once.
const (
	Wrong         Kind = "wrong"          // the wrong answer to an item of the answer key
	Flip          Kind = "flip"           // right becomes wrong and wrong right, anew for each time it is asked
	Cut           Kind = "cut"            // the answer ends in the middle
	Loop          Kind = "loop"           // it repeats itself
	Leak          Kind = "leak"           // the marks of a chat template are in the text
	IgnoreSystem  Kind = "ignore-system"  // as if there were no system prompt
	Length        Kind = "length"         // it has this many percent of its length
	CrossTalk     Kind = "cross-talk"     // two requests in flight get each other's answers
	Language      Kind = "language"       // it continues in another language
	Decline       Kind = "decline"        // the model refuses
	BadJSON       Kind = "bad-json"       // JSON lacks its last bracket
	LeakReasoning Kind = "leak-reasoning" // reasoning is part of the answer
	EatAnswer     Kind = "eat-answer"     // reasoning takes all tokens, and no answer comes
	Empty         Kind = "empty"          // the answer has no text
	Lose          Kind = "lose"           // every token of this number is generated and not sent
	Diverge       Kind = "diverge"        // other words from a token on, anew for each time it is asked
)

// Languages are those of the fault language; without one it is the first.
var Languages = []string{"zh", "de", "fr", "ru"}

var contents = []grammar{
	{Wrong, false, none, true, "wrong@12%, or wrong@20/200: wrong answers to items of --answers"},
	{Flip, false, none, true, "flip@2%: right and wrong change places, by chance each time"},
	{Cut, true, ending, true, "cut@12: the answer ends early; cut=length says that the limit was reached"},
	{Loop, true, none, true, "loop: it repeats itself"},
	{Leak, true, none, true, "leak: marks of the chat template are in the text"},
	{IgnoreSystem, false, none, true, "ignore-system: as if there were no system prompt"},
	{Length, false, number, true, "length=130: 130 % of the length"},
	{CrossTalk, false, none, true, "cross-talk: two requests in flight get each other's answers"},
	{Language, true, language, true, "language=zh: it continues in another language (zh, de, fr, ru)"},
	{Decline, false, none, true, "decline: the model refuses"},
	{BadJSON, false, none, true, "bad-json: JSON lacks its last bracket"},
	{LeakReasoning, false, none, true, "leak-reasoning: reasoning is part of the answer"},
	{EatAnswer, false, none, true, "eat-answer: reasoning takes all tokens, and no answer comes"},
	{Empty, false, none, true, "empty: an answer without text"},
	{Lose, false, optionalNumber, true, "lose=7: every seventh token is missing"},
	{Diverge, true, none, true, "diverge@30%@>1: other words from a token on, by chance each time"},
}

// IsContent reports whether a fault is about what an answer says.
func (f Fault) IsContent() bool {
	return slices.ContainsFunc(contents, func(g grammar) bool { return g.kind == f.Kind })
}

// Subject is what is asked, as far as the choice of a fault depends on it.
type Subject struct {
	Item   uint64 // stands for what is asked
	Ask    uint64 // how often that was asked before
	AtOnce int    // requests that are being answered, this one among them
}

// alike is the share of items that are as hard for one simulated server as for every
// other. The rest is each server's own. With 12 % and 10 % of wrong answers, two
// servers then disagree about 9 % of the items; without it about 20 %, which no two
// models of that quality do.
const alike = 0.6

// Draw is a number in [0, 1) for a kind and a subject; the fault happens where it is below
// its rate. So whoever has a fault at one rate has it at every higher one. Kinds that
// happen by chance each time have another number each time; the others depend on
// nothing but seed and item, so that asking again gives the same answer.
func Draw(k Kind, seed uint64, s Subject) float64 {
	item := seeded.Mix(s.Item ^ hash(k))
	if k == Wrong && seeded.Uniform(seeded.Mix(item+1)) < alike {
		return seeded.Uniform(seeded.Mix(item + 2))
	}
	bits := seeded.Mix(item ^ seeded.Mix(seed))
	if k == Flip || k == Diverge {
		bits = seeded.Mix(bits + s.Ask)
	}
	return seeded.Uniform(bits)
}

func hash(k Kind) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(k) {
		h = (h ^ uint64(k[i])) * 1099511628211
	}
	return h
}

// ChooseContent returns the faults of the content of an answer, at most one of a kind. The
// seed is that of the server and its model.
func ChooseContent(all []Fault, seed uint64, s Subject) []Fault {
	var out []Fault
	for _, f := range all {
		if !f.IsContent() || f.Above > 0 && s.AtOnce <= f.Above || Draw(f.Kind, seed, s) >= f.Rate {
			continue
		}
		if !slices.ContainsFunc(out, func(o Fault) bool { return o.Kind == f.Kind }) {
			out = append(out, f)
		}
	}
	return out
}

// Exact turns the exact number of items of a fault into the rate that gives it for
// these items.
func Exact(f Fault, seed uint64, items []uint64) Fault {
	if f.Of == 0 || f.Exactly > len(items) {
		return f
	}
	draws := make([]float64, len(items))
	for i, item := range items {
		draws[i] = Draw(f.Kind, seed, Subject{Item: item})
	}
	slices.Sort(draws)
	f.Rate = 1
	if f.Exactly < len(draws) {
		f.Rate = draws[f.Exactly] // the first that does not have it
	}
	return f
}

// Replace returns the faults that are asked for, and of the others those of kinds that
// are not asked for.
func Replace(others, asked []Fault) []Fault {
	out := slices.Clone(asked)
	for _, f := range others {
		if !slices.ContainsFunc(asked, func(a Fault) bool { return a.Kind == f.Kind }) {
			out = append(out, f)
		}
	}
	return out
}
