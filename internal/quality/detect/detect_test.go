package detect

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/quality/check"
	"github.com/inferometer/inferometer/internal/quality/item"
)

const prose = "A cache keeps what was computed before, so that the next request that begins in the same way takes less time. " +
	"It is kept in blocks of sixteen tokens. When memory runs out, the block that was used longest ago is dropped first."

// long is an answer of over 600 runes that does not repeat itself.
var long = func() string {
	var b strings.Builder
	for i := range 60 {
		fmt.Fprintf(&b, "Point %d holds where clause %d does. ", i, 7*i)
	}
	return b.String()
}()

// cases are answers with the faults that must be found in them; none: a normal answer,
// which a careless detector would take for a faulty one.
var cases = []struct {
	name string
	a    Answer
	want []string
}{
	{"plain", Answer{Text: prose, Finish: "stop", Prompt: "Explain what a prefix cache is."}, nil},
	{"one word", Answer{Text: "Paris", Finish: "stop", Prompt: "What is the capital of France?"}, nil},
	{"number", Answer{Text: "42", Prompt: "6 times 7?"}, nil},

	{"nothing", Answer{Text: " \n", Finish: "stop"}, []string{"empty"}},
	{"a call alone", Answer{Calls: 1, Finish: "tool_calls"}, nil},
	{"only reasoning", Answer{Reasoning: "Let me think about it.", Finish: "stop"}, []string{"reasoning_only"}},
	{"reasoning used up the limit", Answer{Reasoning: "Let me", Finish: "length"}, []string{"reasoning_only", "truncated"}},
	{"reasoning apart", Answer{Reasoning: "Let me think.", Text: "42", Finish: "stop"}, nil},
	{"reasoning in the answer", Answer{Text: "<think>The user wants a number.</think>\n42", Finish: "stop"}, []string{"reasoning_leak", "leaked_token"}},
	{"end of reasoning", Answer{Text: "so it is 42.\n</think>\n\n42", Finish: "stop"}, []string{"reasoning_leak", "leaked_token"}},
	{"about reasoning tags", Answer{Text: "The tag </think> ends the reasoning of a model.", Finish: "stop", Prompt: "What does </think> mean?"}, nil},

	{"limit", Answer{Text: prose, Finish: "length"}, []string{"truncated"}},
	{"limit of another API", Answer{Text: prose, Finish: "max_tokens"}, []string{"truncated"}},
	{"open fence", Answer{Text: "Here it is:\n```go\nfunc main() {", Finish: "stop"}, []string{"truncated"}},
	{"closed fence", Answer{Text: "Here it is:\n```go\nfunc main() {}\n```", Finish: "stop"}, nil},
	{"stream cut within a sentence", Answer{Text: strings.TrimSuffix(prose, " ago is dropped first.")}, []string{"truncated"}},
	{"no finish reason, but an end", Answer{Text: prose}, nil},
	{"ends with a list, no finish reason", Answer{Text: prose + "\n\n- blocks\n- tokens\n- the order of eviction"}, nil},
	{"stopped after an article", Answer{Text: "The block that was used longest ago is dropped, and then the", Finish: "stop"}, []string{"truncated"}},
	{"stopped after a comma", Answer{Text: "The block that was used longest ago is dropped first,", Finish: "stop"}, []string{"truncated"}},
	{"title without a full stop", Answer{Text: "Seven Ways in Which a Cache Saves Your Users Time and Money", Finish: "stop"}, nil},

	{"refusal", Answer{Text: "I'm sorry, but I can't help with that.", Finish: "stop"}, []string{"refusal"}},
	{"refusal, curly", Answer{Text: "I’m sorry, but I can’t assist with that request.", Finish: "stop"}, []string{"refusal"}},
	{"as a model", Answer{Text: "As an AI language model, I cannot browse the web.", Finish: "stop"}, []string{"refusal"}},
	{"German", Answer{Text: "Es tut mir leid, aber dabei kann ich dir nicht helfen.", Finish: "stop"}, []string{"refusal"}},
	{"German 2", Answer{Text: "Es tut mir leid, aber ich kann dir dabei nicht helfen.", Finish: "stop"}, []string{"refusal"}},
	{"French", Answer{Text: "Je suis désolé, mais je ne peux pas vous aider.", Finish: "stop"}, []string{"refusal"}},
	{"Spanish", Answer{Text: "Lo siento, pero no puedo ayudarte con eso.", Finish: "stop"}, []string{"refusal"}},
	{"Italian", Answer{Text: "Mi dispiace, ma non posso aiutarti.", Finish: "stop"}, []string{"refusal"}},
	{"Portuguese", Answer{Text: "Desculpe, mas não posso ajudar com isso.", Finish: "stop"}, []string{"refusal"}},
	{"Dutch", Answer{Text: "Het spijt me, maar ik kan je daar niet bij helpen.", Finish: "stop"}, []string{"refusal"}},
	{"Polish", Answer{Text: "Przykro mi, ale nie mogę w tym pomóc.", Finish: "stop"}, []string{"refusal"}},
	{"Turkish", Answer{Text: "Üzgünüm, ancak bu konuda yardımcı olamam.", Finish: "stop"}, []string{"refusal"}},
	{"Russian", Answer{Text: "Извините, но я не могу помочь с этим.", Finish: "stop", Prompt: "Помоги мне, пожалуйста."}, []string{"refusal"}},
	{"Ukrainian", Answer{Text: "На жаль, я не можу допомогти.", Finish: "stop", Prompt: "Допоможи мені."}, []string{"refusal"}},
	{"Chinese", Answer{Text: "抱歉,我无法提供帮助。", Finish: "stop"}, []string{"refusal"}},
	{"Japanese", Answer{Text: "申し訳ありませんが、お手伝いできません。", Finish: "stop"}, []string{"refusal"}},
	{"Korean", Answer{Text: "죄송하지만 도와드릴 수 없습니다.", Finish: "stop"}, []string{"refusal"}},
	{"Arabic", Answer{Text: "عذراً، لا أستطيع مساعدتك.", Finish: "stop"}, []string{"refusal"}},
	{"Hindi", Answer{Text: "मुझे खेद है, मैं मदद नहीं कर सकता।", Finish: "stop"}, []string{"refusal"}},
	{"an apology that was asked for", Answer{Text: "I'm sorry, but I can't attend the meeting on Friday.", Finish: "stop", Prompt: "Write a one-line note that I cannot come."}, nil},
	{"a letter", Answer{Text: "Dear Ms Low,\nI am sorry that I cannot help you move.", Finish: "stop"}, nil},
	{"refuses, then helps at length", Answer{Text: "I can't provide legal advice. " + long, Finish: "stop"}, nil},
	{"dictated", Answer{Text: "I cannot help you.", Finish: "stop", Prompt: "Say: I cannot help you."}, nil},

	{"ChatML", Answer{Text: "Paris.<|im_end|>", Finish: "stop"}, []string{"leaked_token"}},
	{"header", Answer{Text: "<|start_header_id|>assistant<|end_header_id|>\n\nParis.", Finish: "stop"}, []string{"leaked_token"}},
	{"DeepSeek", Answer{Text: "Paris.<|end▁of▁sentence|>", Finish: "stop"}, []string{"leaked_token"}},
	{"Llama 2", Answer{Text: "[INST] What is it? [/INST] Paris.", Finish: "stop"}, []string{"leaked_token"}},
	{"end of sequence", Answer{Text: "Paris.</s>", Finish: "stop"}, []string{"leaked_token"}},
	{"Gemma", Answer{Text: "Paris.<end_of_turn>", Finish: "stop"}, []string{"leaked_token"}},
	{"bytes", Answer{Text: "Paris.<0x0A>France", Finish: "stop"}, []string{"leaked_token"}},
	{"pieces", Answer{Text: "ĠtheĠcapitalĠisĠParis.", Finish: "stop"}, []string{"leaked_token"}},
	{"token after code", Answer{Text: "```\nx = 1\n```<|im_end|>", Finish: "stop"}, []string{"leaked_token"}},
	{"asked about a token", Answer{Text: "The token <|im_end|> ends a message.", Finish: "stop", Prompt: "What is <|im_end|> for?"}, nil},
	{"asked about templates", Answer{Text: "A message begins with <|im_start|> and ends with <|im_end|>.", Finish: "stop", Prompt: "Explain the chat template of Qwen."}, nil},
	{"tokens as code", Answer{Text: "Messages are framed by `<|im_start|>` and `<|im_end|>` in that format.", Finish: "stop", Prompt: "How do messages look on the wire?"}, nil},
	{"struck HTML", Answer{Text: "Write <s>old</s> for a price that no longer holds.", Finish: "stop", Prompt: "How do I strike text?"}, nil},
	{"generics and pipes", Answer{Text: "Use Map<String, List<Integer>> and a || b, or x <| f in F#.", Finish: "stop"}, nil},

	{"turns", Answer{Text: "It is Paris.\n\nHuman: And of Italy?\n\nAssistant: It is Rome.", Finish: "stop", Prompt: "What is the capital of France?"}, []string{"extra_turn"}},
	{"dialogue that was asked for", Answer{Text: "Human: Hello?\nAssistant: Hello.", Finish: "stop", Prompt: "Write a dialogue."}, nil},
	{"a line about humans", Answer{Text: "Human: one who errs.\nRobot: one who repeats the error.", Finish: "stop", Prompt: "Define both."}, nil},
	{"echo", Answer{Text: "Explain in one sentence what a prefix cache does. It keeps blocks.", Finish: "stop", Prompt: "Explain in one sentence what a prefix cache does."}, []string{"echo"}},
	{"takes up the question", Answer{Text: "A prefix cache keeps blocks.", Finish: "stop", Prompt: "A prefix cache"}, nil},

	{"lines that loop", Answer{Text: "It is clear:\n" + strings.Repeat("the cache is full of blocks.\n", 5), Finish: "stop"}, []string{"loop"}},
	{"three lines that loop", Answer{Text: prose + "\n" + strings.Repeat("one thing.\nanother thing.\na third thing.\n", 4), Finish: "length"}, []string{"truncated", "loop"}},
	{"a loop cut midway", Answer{Text: prose + strings.Repeat(" and so the cache is", 8) + " and so the", Finish: "length"}, []string{"truncated", "loop"}},
	{"three times is no loop", Answer{Text: "Hear this:\n" + strings.Repeat("the cache is full of blocks.\n", 3), Finish: "stop"}, nil},
	{"repeat as asked", Answer{Text: strings.Repeat("the cache is full of blocks.\n", 6), Finish: "stop", Prompt: "Repeat this line six times."}, nil},
	{"ruler", Answer{Text: prose + "\n" + strings.Repeat("-", 200), Finish: "stop"}, nil},
	{"laughter", Answer{Text: prose + " H" + strings.Repeat("a", 90), Finish: "stop"}, nil},
	{"repeats within", Answer{Text: strings.Repeat("the cache is full and the blocks are gone ", 12) + "but that is fine.", Finish: "stop"}, []string{"repetition"}},
	{"code repeats", Answer{Text: "```go\n" + strings.Repeat("if err != nil {\n\treturn err\n}\nx++\ny--\n", 3) + "done()\n```", Finish: "stop"}, nil},

	{"another script", Answer{Text: "缓存保存之前计算的内容,这样下一个以相同方式开始的请求需要更少的时间。它保存在十六个词元的块中。", Finish: "stop", Prompt: "Explain what a prefix cache is."}, []string{"language"}},
	{"a switch midway", Answer{Text: "A cache keeps what was computed before, 这样下一个以相同方式开始的请求需要更少的时间。", Finish: "stop", Prompt: "Explain what a prefix cache is."}, []string{"language"}},
	{"a quoted word", Answer{Text: prose + " In Chinese characters it would be 缓存.", Finish: "stop", Prompt: "Explain what a prefix cache is."}, nil},
	{"a translation", Answer{Text: "缓存保存之前计算的内容,这样下一个以相同方式开始的请求需要更少的时间。", Finish: "stop", Prompt: "Translate into Chinese: A cache keeps what was computed."}, nil},
	{"same language", Answer{Text: "缓存保存之前计算的内容,这样下一个以相同方式开始的请求需要更少的时间。", Finish: "stop", Prompt: "请解释什么是前缀缓存。"}, nil},
	{"German for English", Answer{Text: "Der Cache ist ein Speicher, und die Blöcke werden mit dem Inhalt der Anfragen auf einen Wert gesetzt, der nicht vergessen wird.", Finish: "stop", Prompt: "Explain to me what the cache of a server is and why you would want it."}, []string{"language"}},
	{"formula", Answer{Text: "The mean is μ and the deviation is σ, so the sum of α and β is what we want to know here.", Finish: "stop", Prompt: "Explain the formula."}, nil},

	{"mojibake", Answer{Text: "Der KÃ¤se schmeckt, sagt sie, und das Brot ist gut.", Finish: "stop"}, []string{"mojibake"}},
	{"quotes as mojibake", Answer{Text: "He said itâ€™s fine.", Finish: "stop"}, []string{"mojibake"}},
	{"replacement", Answer{Text: "A caf\uFFFD in Paris.", Finish: "stop"}, []string{"mojibake"}},
	{"accents", Answer{Text: "Ação, São Paulo, À la carte, Ångström, naïve café.", Finish: "stop"}, nil},
	{"about mojibake", Answer{Text: "KÃ¤se is Käse in the wrong encoding.", Finish: "stop", Prompt: "What is KÃ¤se?"}, nil},

	{"broken JSON", Answer{Text: `{"a": 1,`, Finish: "stop", JSON: true}, []string{"broken_json"}},
	{"JSON", Answer{Text: `{"a": [1, 2]}`, Finish: "stop", JSON: true}, nil},
	{"JSON in a fence", Answer{Text: "```json\n{\"a\": 1}\n```", Finish: "stop", JSON: true}, nil},
	{"JSON in a sentence", Answer{Text: `Here: {"a": 1}`, Finish: "stop", JSON: true}, nil},
	{"no JSON was asked for", Answer{Text: `{"a": 1 etc.`, Finish: "stop"}, nil},

	{"mark kept", Answer{Text: "Sure. HERON", Finish: "stop", Marks: []string{"heron"}}, nil},
	{"mark lacks", Answer{Text: "Sure.", Finish: "stop", Marks: []string{"heron"}}, []string{"system_ignored"}},
}

func TestFaultsAreFoundAndNormalAnswersLetBe(t *testing.T) {
	for _, c := range cases {
		if got := Faults(c.a); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q in %.80q, want %q", c.name, got, c.a.Text, c.want)
		}
	}
}

func TestEveryDetectorHasACaseForAndAgainst(t *testing.T) {
	names := map[string]bool{}
	for _, d := range Detectors() {
		if names[d.Name] || d.Finds == "" || d.Points == "" {
			t.Errorf("%q has no words of its own", d.Name)
		}
		names[d.Name] = true
		n := 0
		for _, c := range cases {
			if slices.Contains(c.want, d.Name) {
				n++
			}
		}
		if n == 0 && d.found != nil {
			t.Errorf("no case shows %s", d.Name)
		}
	}
}

// Texts that a detector of quadratic time would need minutes for; go test's own
// limit of time is what fails here.
func TestHostileTextTakesLinearTime(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("a", 1<<20), strings.Repeat("<|", 1<<19), strings.Repeat("`", 1<<20), strings.Repeat("```\n", 1<<18),
		strings.Repeat("User: a\n", 1<<17), strings.Repeat("[", 1<<20), strings.Repeat("{}", 1<<19), strings.Repeat("ab", 1<<19),
		strings.Repeat("Ã", 1<<19), strings.Repeat("\x00\xff", 1<<19), strings.Repeat("i'm sorry ", 1<<17), strings.Repeat("的", 1<<19),
	} {
		Faults(Answer{Text: text, Prompt: text, System: text, JSON: true, Marks: []string{"x"}})
	}
}

func BenchmarkFaults(b *testing.B) {
	a := Answer{Text: strings.Repeat(prose+"\n\n", 8), Prompt: "Explain what a prefix cache is, and why anyone would want it.", Finish: "stop"}
	for b.Loop() {
		Faults(a)
	}
}

func FuzzFaults(f *testing.F) {
	for _, c := range cases {
		f.Add(c.a.Text, c.a.Prompt, c.a.Finish)
	}
	known := map[string]bool{}
	for _, d := range Detectors() {
		known[d.Name] = true
	}
	f.Fuzz(func(t *testing.T, text, prompt, finish string) {
		a := Answer{Text: text, Prompt: prompt, Finish: finish, JSON: true, Marks: []string{"heron"}}
		got := Faults(a)
		for _, name := range got {
			if !known[name] {
				t.Errorf("%q is not in the table", name)
			}
		}
		if again := Faults(a); !slices.Equal(got, again) {
			t.Errorf("%q and then %q", got, again)
		}
		if strings.TrimSpace(text) == "" != slices.Contains(got, Empty) {
			t.Errorf("%q: %q", text, got)
		}
	})
}

func TestMarksAreWhatOnlyTheSystemPromptDemands(t *testing.T) {
	it := item.Item{System: "End every answer with HERON and be brief.", Prompt: "Name a river. Be brief.", Checks: []check.Check{
		{Type: "contains", Want: []string{"HERON"}}, {Type: "contains", Want: []string{"brief"}}, {Type: "contains", Want: []string{"Nile"}},
		{Type: "contains", Want: []string{"answer"}, Not: true}, {Type: "regex", Want: []string{"every"}},
	}}
	if got := SystemMarks(it); !slices.Equal(got, []string{"HERON"}) {
		t.Errorf("marks %q", got)
	}
	if got := Faults(Of(it, "The Nile.", "", "stop")); !slices.Equal(got, []string{SystemIgnored}) {
		t.Errorf("faults %q", got)
	}
	if got := Faults(Of(it, "The Nile. heron", "", "stop")); got != nil {
		t.Errorf("faults %q", got)
	}
}

func TestJSONIsAskedForByChecks(t *testing.T) {
	for _, c := range []struct {
		check check.Check
		want  bool
	}{
		{check.Check{Type: "json_schema"}, true}, {check.Check{Type: "parses", Language: "JSON"}, true},
		{check.Check{Type: "ifeval", Instruction: "detectable_format:json_format"}, true},
		{check.Check{Type: "parses", Language: "go"}, false}, {check.Check{Type: "json_schema", Not: true}, false}, {check.Check{Type: "exact"}, false},
	} {
		if got := Of(item.Item{Checks: []check.Check{c.check}}, "", "", "").JSON; got != c.want {
			t.Errorf("%+v: %v", c.check, got)
		}
	}
}

// contains stands in for the checks of items.
func contains(text string) func(item.Item) bool {
	return func(it item.Item) bool { return strings.Contains(text, it.Checks[0].Want[0]) }
}

func TestCrossTalkNeedsMoreThanAChanceFit(t *testing.T) {
	want := func(s string) []check.Check { return []check.Check{{Type: "contains", Want: []string{s}}} }
	set := NewSet([]item.Item{
		{ID: "a", Prompt: "When was the Rathbone bridge opened?", Answer: "The Rathbone bridge was opened in 1894.", Checks: want("1894")},
		{ID: "b", Prompt: "Which fruit does Oriel's orchard sell in winter?", Answer: "Oriel's orchard sells quinces.", Checks: want("quinces")},
		{ID: "c", Prompt: "What is 3 plus 4?", Answer: "7", Checks: want("7")},
		{ID: "d", Prompt: "Pick the letter.", Answer: "B", Checks: want("B")},
	})
	for _, c := range []struct{ own, text, want string }{
		{"a", "Oriel's orchard sells quinces.", "b"},
		{"a", "The orchard of Oriel sells apples in winter.", "b"}, // wrong for b as well, but b's words
		{"a", "The Rathbone bridge was opened in 1894.", ""},
		{"a", "The Rathbone bridge sells quinces in an orchard.", ""}, // speaks of its own subject
		{"a", "7", ""}, // fits c by chance
		{"a", "B", ""},
		{"c", "The Rathbone bridge was opened in 1894.", "a"},
		{"b", "", ""},
	} {
		if got := set.CrossTalk(c.own, c.text, []string{"a", "b", "c", "d"}, contains(c.text)); got != c.want {
			t.Errorf("answer to %s %q: %q, want %q", c.own, c.text, got, c.want)
		}
	}
	if got := set.CrossTalk("a", "Oriel's orchard sells quinces.", []string{"a", "c"}, contains("quinces")); got != "" {
		t.Errorf("%q was not in flight", got)
	}
}

func TestLengthDriftNeedsAnIntervalBeyondTheLimit(t *testing.T) {
	pairs := func(n int, ratio float64, noise int) (out [][2]int) {
		for i := range n {
			base := 400 + 37*(i%11)
			out = append(out, [2]int{int(ratio*float64(base)) + noise*(i%5-2), base})
		}
		return out
	}
	for _, c := range []struct {
		name            string
		pairs           [][2]int
		drifted, within bool
	}{
		{"same", pairs(50, 1, 20), false, true},
		{"a fifth longer", pairs(50, 1.2, 20), true, false},
		{"a fifth shorter", pairs(50, 0.8, 20), true, false},
		{"at the limit", pairs(50, 1.1, 60), false, false},
		{"too few", pairs(9, 2, 0), false, false},
	} {
		d, ok := Lengths(c.pairs, 0.95)
		if !ok || d.Drifted() != c.drifted || d.Within() != c.within {
			t.Errorf("%s: %+v drifted %v within %v", c.name, d, d.Drifted(), d.Within())
		}
	}
	if _, ok := Lengths([][2]int{{5, 0}}, 0.95); ok {
		t.Error("a baseline without text has no ratio")
	}
}
