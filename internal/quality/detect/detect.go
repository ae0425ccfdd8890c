// Package detect finds the faults that are typical of a model that is served by
// oneself: answers that are cut, that loop, that show special tokens, that ignore the
// system prompt. Each detector looks at text alone, in time that is linear in its
// length. A fault hints at how a server is set up; whether an answer is right is for
// checks to say.
package detect

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/inferometer/inferometer/internal/quality/item"
)

// Answer is what the detectors look at.
type Answer struct {
	Text      string
	Reasoning string // that the server delivered apart from the answer
	// Finish is the server's finish reason; "": it gave none.
	Finish string
	// Calls is how many functions the model called: an answer may consist of calls
	// alone.
	Calls          int
	Prompt, System string
	JSON           bool // the prompt asks for JSON and nothing else
	// Marks are words that the system prompt demands of every answer; see Of.
	Marks []string
}

// Of is an answer to an item, with what the item says about it.
func Of(it item.Item, text, reasoning, finish string) Answer {
	return Answer{
		Text: text, Reasoning: reasoning, Finish: finish,
		Prompt: it.Prompt, System: it.System, JSON: wantsJSON(it), Marks: SystemMarks(it),
	}
}

// Detector is a row of the table of faults.
type Detector struct {
	Name   string // as logs and reports have it
	Finds  string
	Points string // the fault of a server that it points to
	// found is nil where the fault takes more than one answer to see.
	found func(a *seen) bool
}

// seen is an answer, with what several detectors need of it.
type seen struct {
	Answer
	prompt string // system prompt and prompt, in lower case
	prose  string // the text without fenced and inline code
	start  string // the first 200 runes, in lower case, with plain apostrophes
}

// Names of faults that other packages tell apart.
const (
	Truncated     = "truncated"
	Refusal       = "refusal"
	Empty         = "empty"
	SystemIgnored = "system_ignored"
	LengthDrift   = "length_drift"
	CrossTalk     = "cross_talk"
)

// How much is looked at, in bytes: the first and the last half of it. Most answers are
// cut by token limits long before.
const (
	mostText   = 256 << 10
	mostPrompt = 16 << 10
)

// table has the faults in the order in which they are named.
var table = []Detector{
	{Empty, "no text, no reasoning and no call of a function", "a stop sequence or an end-of-text token that the template places first; a lost answer", isEmpty},
	{"reasoning_only", "reasoning, but no answer after it", "a token limit that the reasoning uses up, or a reasoning parser that takes the answer for reasoning", isReasoningOnly},
	{"reasoning_leak", "reasoning within the answer, by its tags", "no reasoning parser, or the wrong one for this model", leaksReasoning},
	{Truncated, "the finish reason is the token limit; or the answer ends within a sentence, a list or a code block, whatever the finish reason says", "a token limit or a context that is too small, a stop sequence that the text contains, a stream that was cut", isTruncated},
	{Refusal, "a short answer that opens with a refusal, in many languages", "another system prompt, template or safety layer than the baseline's", isRefusal},
	{"leaked_token", "special tokens of chat templates or tokenizers as text", "a wrong chat template, or special tokens that the server does not skip", leaksTokens},
	{"extra_turn", "the answer goes on with a turn of the user", "an end-of-turn token that the server does not stop at", hasExtraTurn},
	{"echo", "the answer begins with the prompt itself", "the completions API or a base model in the place of a chat", echoes},
	{"loop", "the end of the answer repeats one block at least four times", "quantisation or a broken cache of keys and values, a repetition penalty that is missing", loops},
	{"repetition", "more than half of the answer's groups of four words occurred earlier (seq-rep-4)", "as loop", repeats},
	{"language", "another script or language than the prompt's, in all of the answer or in parts", "quantisation, a wrong template, a wrong model", switchesLanguage},
	{"mojibake", "text that was decoded with the wrong encoding, or replacement characters", "a detokenizer that cuts characters, or a proxy that changes the encoding", hasMojibake},
	{"broken_json", "text that cannot be parsed, where JSON was asked for", "no guided decoding, truncation, a template that wraps the answer", hasBrokenJSON},
	{SystemIgnored, "none of what the system prompt demands of every answer", "a chat template that drops the system prompt", ignoresSystem},
	{LengthDrift, "the answers of a set are over 10 % longer or shorter than the baseline's (the limit of MLPerf inference)", "another template, model, sampling or token limit", nil},
	{CrossTalk, "the answer belongs to another request that was in flight", "requests that get mixed up in a batch, a cache or a proxy", nil},
}

// Detectors lists the faults that can be found.
func Detectors() []Detector { return slices.Clone(table) }

// Faults names what was found in one answer, in the order of the table; nil: nothing.
func Faults(a Answer) []string {
	var out []string
	s := look(a)
	for _, d := range table {
		if d.found != nil && d.found(s) {
			out = append(out, d.Name)
		}
	}
	return out
}

func look(a Answer) *seen {
	a.Text, a.Reasoning, a.Prompt, a.System = ends(a.Text, mostText), ends(a.Reasoning, mostText), ends(a.Prompt, mostPrompt), ends(a.System, mostPrompt)
	s := &seen{Answer: a, prompt: strings.ToLower(a.System + "\n" + a.Prompt), prose: withoutCode(a.Text)}
	s.start = strings.ToLower(strings.ReplaceAll(firstRunes(strings.TrimSpace(a.Text), 200), "’", "'"))
	return s
}

// ends is a text, without its middle where it is longer than that.
func ends(text string, most int) string {
	if len(text) <= most {
		return text
	}
	head, tail := most/2, len(text)-most/2
	for head > 0 && !utf8.RuneStart(text[head]) {
		head--
	}
	for tail < len(text) && !utf8.RuneStart(text[tail]) {
		tail++
	}
	return text[:head] + "\n" + text[tail:]
}

// firstRunes is the beginning of a text.
func firstRunes(text string, n int) string {
	for i := range text {
		if n--; n < 0 {
			return text[:i]
		}
	}
	return text
}

// lastRunes is the end of a text, as runes.
func lastRunes(text string, n int) []rune {
	at := len(text)
	for ; n > 0 && at > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(text[:at])
		at -= size
	}
	return []rune(text[at:])
}

// withoutCode drops fenced blocks and code spans: what stands there is quoted.
func withoutCode(text string) string {
	var out strings.Builder
	fenced := false
	for line := range strings.Lines(text) {
		if isFence(line) {
			fenced = !fenced
			continue
		}
		if fenced {
			continue
		}
		for {
			before, rest, ok := strings.Cut(line, "`")
			out.WriteString(before)
			if !ok {
				break
			}
			_, after, closed := strings.Cut(rest, "`")
			if !closed {
				out.WriteString(rest)
				break
			}
			line = after
		}
	}
	return out.String()
}

// isFence reports whether a line opens or closes a block of code.
func isFence(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, "```") && !strings.Contains(line[3:], "```")
}
