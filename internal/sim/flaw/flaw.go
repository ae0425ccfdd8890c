// Package flaw changes what an answer says, in the ways in which models, chat templates
// and overloaded engines go wrong. It works on texts and tokens alone; which answer
// has which flaw is decided before (package fault).
package flaw

import (
	"strings"

	"github.com/inferometer/inferometer/internal/sim/answer"
	"github.com/inferometer/inferometer/internal/sim/fault"
)

// The texts of the flaws. They are round and obvious: what finds flaws should be measured
// by how it deals with answers, and not by how well these are hidden.
const (
	// Refusal is what a model says that refuses.
	Refusal = "I'm sorry, but I can't help with that request."
	// Marks are those of a chat template, in the shape of Llama 3's.
	Marks = "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
	// Thoughts are reasoning in the shape that most open models have.
	Thoughts = "<think>\nOkay, the user wants an answer. Let me think about this step by step before I reply. First I should look at what is asked, then check it, and then write it down.\n</think>\n\n"
	// filler lengthens an answer.
	filler = " There is more to say about this, and it may help to look at it from another side as well."
)

// foreign has a few sentences in each of the languages of faults.
var foreign = map[string]string{
	"zh": "好的，我们继续用中文来回答这个问题。首先需要理解题目的要求，然后一步一步地分析，最后给出结论。如果还有其他问题，请随时告诉我。",
	"de": "Die Antwort geht nun auf Deutsch weiter. Zuerst muss man verstehen, wonach gefragt ist, und dann Schritt für Schritt vorgehen, um am Ende zu einem Ergebnis zu kommen.",
	"fr": "La réponse continue maintenant en français. Il faut d'abord comprendre ce qui est demandé, puis avancer étape par étape pour arriver à une conclusion.",
	"ru": "Теперь ответ продолжается на русском языке. Сначала нужно понять, что спрашивают, а затем шаг за шагом прийти к выводу.",
}

// Text returns the text with its flaws, of at most most tokens where a flaw lengthens it.
// Flaws that are about tokens (see Tokens) or about other requests leave it as it is.
func Text(text string, flaws []fault.Fault, most int) string {
	for _, f := range flaws {
		text = one(text, f, most)
	}
	return text
}

func one(text string, f fault.Fault, most int) string {
	switch f.Kind {
	case fault.Empty:
		return ""
	case fault.Decline:
		return Refusal
	case fault.LeakReasoning:
		return Thoughts + text
	case fault.BadJSON:
		return withoutLastBracket(text)
	case fault.Leak:
		if f.Token < 0 {
			return text + Marks
		}
		before, after := split(text, f)
		return before + Marks + after
	case fault.Cut:
		before, _ := split(text, f)
		return strings.TrimRight(before, " \n")
	case fault.Language:
		before, _ := split(text, f)
		if before != "" {
			before += "\n\n"
		}
		if f.Text == "" {
			return before + foreign[fault.Languages[0]]
		}
		return before + foreign[f.Text]
	case fault.Loop:
		before, _ := split(text, f)
		return loop(text, before, most)
	case fault.Length:
		return resize(text, f.Number, most)
	}
	return text
}

// split cuts a text at the token at which a flaw happens.
func split(text string, f fault.Fault) (before, after string) {
	tokens := answer.Split(text)
	if len(tokens) == 0 {
		return "", ""
	}
	at := f.At(len(tokens))
	before = strings.Join(tokens[:at], "")
	return before, text[len(before):]
}

// withoutLastBracket breaks JSON, alone or within a text. A text without a bracket is left as it is.
func withoutLastBracket(text string) string {
	i := strings.LastIndexAny(text, "}]")
	if i < 0 {
		return text
	}
	return text[:i] + text[i+1:]
}

const (
	loopTokens = 400 // that a loop adds to an answer at most
	loopWords  = 12  // tokens that are repeated
)

// loop repeats the end of before, for as long as the limit lasts.
func loop(text, before string, most int) string {
	tokens := answer.Split(before)
	if len(tokens) == 0 { // too short to have a middle: all of it is repeated
		before = strings.TrimRight(text, " \n")
		tokens = answer.Split(before)
	}
	if len(tokens) == 0 {
		return text
	}
	again := strings.Join(tokens[max(0, len(tokens)-loopWords):], "")
	if !strings.HasPrefix(again, " ") && !strings.HasPrefix(again, "\n") {
		again = " " + again
	}
	return lengthen(before, again, min(most, len(tokens)+loopTokens))
}

// lengthen appends again to a text until it has at least so many tokens.
func lengthen(text, again string, tokens int) string {
	var b strings.Builder
	b.WriteString(text)
	for n, each := answer.Count(text), max(answer.Count(again), 1); n < tokens; n += each {
		b.WriteString(again)
	}
	return b.String()
}

// resize makes a text longer by sentences that add nothing, or shorter: to the end of a
// sentence if there is one.
func resize(text string, percent, most int) string {
	n := answer.Count(text)
	want := n * percent / 100
	if want >= n {
		return lengthen(text, filler, min(want, most))
	}
	short := strings.Join(answer.Split(text)[:max(want, min(n, 1))], "")
	if i := strings.LastIndexAny(short, ".!?\n"); i > 0 {
		return short[:i+1]
	}
	return short
}

// Tokens changes the tokens of an answer: those that are lost have no text, and from some
// token on the answer has other words. other is the same answer as it could have
// been; where it is nil, the answer ends with a line break that it would not have.
func Tokens(tokens []string, flaws []fault.Fault, other []string) []string {
	for _, f := range flaws {
		switch {
		case f.Kind == fault.Lose:
			every := f.Number
			if every == 0 {
				every = 7
			}
			for i := every - 1; i < len(tokens); i += every {
				tokens[i] = ""
			}
		case f.Kind == fault.Diverge && other == nil:
			tokens = append(tokens, "\n")
		case f.Kind == fault.Diverge:
			at := f.At(max(len(tokens), 1))
			tokens = append(tokens[:at:at], other[min(at, len(other)):]...)
		}
	}
	return tokens
}

// Has reports whether there is a flaw of a kind.
func Has(flaws []fault.Fault, k fault.Kind) bool {
	for _, f := range flaws {
		if f.Kind == k {
			return true
		}
	}
	return false
}
