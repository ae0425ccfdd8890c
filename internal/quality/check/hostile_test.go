package check

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// every has one check of each rule, each reading of an answer.
func every(t testing.TB) []Check {
	var all []Check
	for _, s := range []string{
		`{"type":"exact","want":["Paris"]}`,
		`{"type":"numeric","want":["40 %"],"tolerance":0.5}`,
		`{"type":"contains","want":["never to be found"]}`,
		`{"type":"regex","want":["(a+)+$","(x|xx|xxx)*y","^(\\s*\\w+\\s*)*!"]}`,
		`{"type":"choice","want":["B"],"options":["cat","dog"]}`,
		`{"type":"json_schema","schema":{"type":"object","properties":{"a":{"type":"integer","multipleOf":3,"pattern":"(a+)+$"}}}}`,
		`{"type":"tool_call","want":["f"],"schema":{"type":"integer"}}`,
		`{"type":"tests","language":"python","want":["x"]}`,
		`{"type":"ifeval","instruction":"length_constraints:number_sentences","params":{"num_sentences":3,"relation":"at least"}}`,
		`{"type":"ifeval","instruction":"change_case:capital_word_frequency","params":{"capital_frequency":3,"capital_relation":"at least"}}`,
		`{"type":"ifeval","instruction":"keywords:forbidden_words","params":{"forbidden_words":["a*","b"]}}`,
		`{"type":"ifeval","instruction":"keywords:frequency","params":{"keyword":"(a+)+b","frequency":3,"relation":"at least"}}`,
		`{"type":"ifeval","instruction":"detectable_format:number_bullet_lists","params":{"num_bullets":3}}`,
		`{"type":"ifeval","instruction":"detectable_format:json_format"}`,
		`{"type":"ifeval","instruction":"detectable_format:title"}`,
		`{"type":"ifeval","instruction":"detectable_content:number_placeholders","params":{"num_placeholders":3}}`,
		`{"type":"ifeval","instruction":"length_constraints:number_paragraphs","params":{"num_paragraphs":3}}`,
		`{"type":"ifeval","instruction":"language:response_language","params":{"language":"fr"}}`,
	} {
		all = append(all, raw(t, s))
	}
	for _, l := range Languages() {
		all = append(all, Check{Type: "parses", Language: l})
	}
	return all
}

// hostile are answers that break what reads them carelessly.
func hostile() map[string]string {
	all := map[string]string{
		"empty":         "",
		"null bytes":    strings.Repeat("\x00", 1000),
		"invalid UTF-8": strings.Repeat("\xff\xfe\xc3", 1000),
		"escapes":       "\x1b[31m\x1b]0;title\x07\x1b[2J" + strings.Repeat("\x1b[", 1000),
		"HTML":          "<script>alert(1)</script><img src=x onerror=alert(1)>",
		"nested JSON":   strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000),
		"nested object": strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000),
		"large number":  `{"a":1e999999999}`,
		"long number":   strings.Repeat("9", MaxText),
		"YAML aliases":  "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]\n",
		"no number":     "1" + strings.Repeat(",111", MaxText/4-2) + "1",
		"1 MB":          strings.Repeat("word ", 1<<18),
	}
	for _, s := range []string{"a", " ", "\n", "*", "-", "(", "!", ".", "? ", ". . ", "`", "#### ", "<<", "[", "\"", "1,", "1/", "A) ", "``` \n", "{\"a\":", "if x {", "- ", "é", "x", "\\boxed{", "a.b", "$((", "not ", "&a ", "''", "P.S.", "answer is 1+", "1 or ", ",111", "not 1, "} {
		all["many "+s] = strings.Repeat(s, 1<<14/len(s))
	}
	// As much as is read, of what is hardest to cut into words and sentences.
	for _, s := range []string{"a", "!", ". . ", "1,", "*", "``` \n"} {
		all["most "+s] = strings.Repeat(s, MaxText/len(s))
	}
	return all
}

// No answer breaks a rule, and none is right by being hostile. A rule that took more than
// linear time would be seen in the log, and would not end within the time of a test.
func TestHostileAnswersAreWrongAndNothingElse(t *testing.T) {
	checks := every(t)
	right := map[string]bool{}
	for name, text := range hostile() {
		for _, c := range checks {
			text := text
			if c.Type == "parses" { // as much as is parsed
				text = text[:min(len(text), maxCode)]
			}
			if c.Language == "yaml" {
				text = text[:min(len(text), maxYAML)]
			}
			begun := time.Now()
			o := c.Verify(Answer{Text: text, Calls: []Call{{text, text}, {"f", text}}})
			if took := time.Since(begun); took > time.Second {
				t.Logf("%s: %s %s took %v", name, c.Name(), c.Language, took)
			}
			if o.Right {
				right[c.Type] = true
			}
			if o.Right && len(text) > MaxText {
				t.Errorf("%s: %s is right of a text that is not read to its end", name, c.Name())
			}
			if len(o.Why) > 500 || !utf8.ValidString(o.Why) || strings.ContainsAny(o.Why, "\x1b\x00\n") {
				t.Errorf("%s: %s says why in a way that harms who reads it: %.100q", name, c.Name(), o.Why)
			}
		}
	}
	for _, never := range []string{"exact", "contains", "numeric", "tests", "tool_call"} {
		if right[never] {
			t.Errorf("%s is right of a hostile answer", never)
		}
	}
}

func FuzzVerify(f *testing.F) {
	for _, text := range hostile() {
		if len(text) < 1000 {
			f.Add(text)
		}
	}
	f.Add("He said \"Dr. Smith is here.\" It's 5 p.m. I'll go. DON'T!")
	f.Add("1. One.\n* two\n***\n****** \\boxed{{B}} #### 1,000.5e3 %")
	checks := every(f)
	f.Fuzz(func(t *testing.T, text string) {
		for _, c := range checks {
			o := c.Verify(Answer{Text: text})
			if o.Right && !o.Loose {
				t.Errorf("%s: right and not loosely right: %q", c.Name(), text)
			}
			c.Not = !c.Not
			if opposite := c.Verify(Answer{Text: text}); len(text) <= MaxText && opposite.Right == o.Right {
				t.Errorf("%s: it holds and it does not: %q", c.Name(), text)
			}
		}
	})
}
