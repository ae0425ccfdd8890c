package check

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// raw makes a check of a line of JSON.
func raw(t testing.TB, s string) Check {
	t.Helper()
	var c Check
	if err := json.Unmarshal([]byte(s), &c); err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	if err := c.Validate(); err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return c
}

const (
	strict = "strict" // right as it stands, and so also loosely
	loose  = "loose"  // right loosely only
	wrong  = "wrong"
)

// Each rule, on answers as models write them. What is near and not right must not pass.
func TestRules(t *testing.T) {
	for _, test := range []struct{ check, text, want string }{
		{`{"type":"exact","want":["Paris"]}`, "Paris", strict},
		{`{"type":"exact","want":["Paris"]}`, "  Paris\n", strict},
		{`{"type":"exact","want":["Paris"]}`, "paris", loose},
		{`{"type":"exact","want":["Paris"]}`, "**Paris**.", loose},
		{`{"type":"exact","want":["Paris"]}`, "The answer is: \"Paris\"", loose},
		{`{"type":"exact","want":["Paris"]}`, "Sure!\nParis", loose},
		{`{"type":"exact","want":["Paris"]}`, "Paris, France", wrong},
		{`{"type":"exact","want":["Paris"]}`, "Not Paris", wrong},
		{`{"type":"exact","want":["café"]}`, "cafe\u0301", strict},
		{`{"type":"exact","want":["a","b"]}`, "b", strict},
		{`{"type":"exact","want":["Paris"],"not":true}`, "Rome", strict},
		{`{"type":"exact","want":["Paris"],"not":true}`, "Paris", wrong},

		{`{"type":"numeric","want":["72"]}`, "72", strict},
		{`{"type":"numeric","want":["72"]}`, "He has 48 + 24 = 72.", strict},
		{`{"type":"numeric","want":["72"]}`, "#### 72\nThat took 3 steps.", strict},
		{`{"type":"numeric","want":["72"]}`, "So \\boxed{72}, as 4 of 5 say.", strict},
		{`{"type":"numeric","want":["72"]}`, "72\nI checked it 2 times.", loose},
		{`{"type":"numeric","want":["72"]}`, "It is 72, not 27", strict},
		{`{"type":"numeric","want":["72"]}`, "seventy-two", wrong},
		{`{"type":"numeric","want":["72"]}`, "-72", wrong},
		{`{"type":"numeric","want":["-5"]}`, "x = -5", strict},
		{`{"type":"numeric","want":["-5"]}`, "x = −5", strict},
		{`{"type":"numeric","want":["5"]}`, "rooms 3-5", strict},
		{`{"type":"numeric","want":["5"]}`, "- 5", strict},
		{`{"type":"numeric","want":["3"]}`, "10 - 3", strict},
		{`{"type":"numeric","want":["-3"]}`, "7 - 10 = - 3", strict},
		{`{"type":"numeric","want":["-3"]}`, "It falls by -$3.", strict},
		{`{"type":"numeric","want":["1234567.5"]}`, "1,234,567.5", strict},
		{`{"type":"numeric","want":["1234567"]}`, "1\u202f234\u202f567", strict},
		{`{"type":"numeric","want":["1234567"]}`, "$1{,}234{,}567$", strict},
		{`{"type":"numeric","want":["3"]}`, "1, 2, 3", strict},
		{`{"type":"numeric","want":["0.75"]}`, "3/4", strict},
		{`{"type":"numeric","want":["2026"]}`, "3/4/2026", strict},
		{`{"type":"numeric","want":["1500"]}`, "1.5e3", strict},
		{`{"type":"numeric","want":["3.14"],"tolerance":0.01}`, "3.1416", strict},
		{`{"type":"numeric","want":["3.14"],"tolerance":0.001}`, "3.1416", wrong},
		{`{"type":"numeric","want":["0.1"]}`, "0.10", strict},
		{`{"type":"numeric","want":["100000000000000000001"]}`, "100000000000000000000", wrong},
		{`{"type":"numeric","want":["40"]}`, "40 %", strict},
		{`{"type":"numeric","want":["0.4"]}`, "40 %", wrong},
		{`{"type":"numeric","want":["40 %"]}`, "**40%**", strict},
		{`{"type":"numeric","want":["40 %"]}`, "40 percent", strict},
		{`{"type":"numeric","want":["40 %"]}`, "40", wrong},
		{`{"type":"numeric","want":["5 km"]}`, "5 m", wrong},
		{`{"type":"numeric","want":["5 km"]}`, "It is 5 km.", strict},
		{`{"type":"numeric","want":["7"],"not":true}`, "7", wrong},

		{`{"type":"contains","want":["red","blue"]}`, "Blue and RED", strict},
		{`{"type":"contains","want":["red","blue"]}`, "red only", wrong},
		{`{"type":"contains","want":["red","blue"],"any":true}`, "red only", strict},
		{`{"type":"contains","want":["two words"]}`, "two\n  words", strict},
		{`{"type":"contains","want":["red"],"not":true}`, "green", strict},
		{`{"type":"contains","want":["red"],"not":true}`, "a red one", wrong},
		{`{"type":"contains","want":["red"],"not":true}`, "red herring aside:\ngreen", loose},

		{`{"type":"regex","want":["^\\d{4}$"]}`, "2026", strict},
		{`{"type":"regex","want":["^\\d{4}$"]}`, "It is:\n2026", loose},
		{`{"type":"regex","want":["^\\d{4}$"]}`, "20266", wrong},
		{`{"type":"regex","want":["a","b"],"any":true}`, "xbx", strict},
		{`{"type":"regex","want":["[A-Z]"],"not":true}`, "small", strict},

		{`{"type":"choice","want":["B"]}`, "B", strict},
		{`{"type":"choice","want":["B"]}`, "(B)", strict},
		{`{"type":"choice","want":["B"]}`, "B) Mitosis", strict},
		{`{"type":"choice","want":["B"]}`, "**Answer: B**", strict},
		{`{"type":"choice","want":["B"]}`, "The correct answer is (B), since A is a plant.", strict},
		{`{"type":"choice","want":["B"]}`, "Answer: A. No, wait.\nAnswer: B", strict},
		{`{"type":"choice","want":["B"]}`, "\\boxed{\\text{B}}", strict},
		{`{"type":"choice","want":["B"]}`, "I think it must be option B.", strict},
		{`{"type":"choice","want":["A"]}`, "A", strict},
		{`{"type":"choice","want":["A"]}`, "A dog is an animal.", wrong},
		{`{"type":"choice","want":["A"]}`, "The answer is a matter of taste.", wrong},
		{`{"type":"choice","want":["A"]}`, "The answer is A because it is.", strict},
		{`{"type":"choice","want":["A"]}`, "I would go with A.", strict},
		{`{"type":"choice","want":["A"]}`, "I would take a walk with A dog", wrong},
		{`{"type":"choice","want":["B"]}`, "A dog. So the answer is B.", strict},
		{`{"type":"choice","want":["B"]}`, "Answer: A or B", wrong},
		{`{"type":"choice","want":["A"]}`, "Answer: A or B", wrong},
		{`{"type":"choice","want":["B"]}`, "Either A) or B) or C) fits.", wrong},
		{`{"type":"choice","want":["I"]}`, "I do not know.", wrong},
		{`{"type":"choice","want":["B"],"options":["cat","dog"]}`, "dog", strict},
		{`{"type":"choice","want":["B"],"options":["cat","dog"]}`, "cat", wrong},
		{`{"type":"choice","want":["B"],"options":["cat","dog"]}`, "Answer: D", wrong},

		{`{"type":"json_schema","schema":{"type":"object","required":["a"]}}`, `{"a":1}`, strict},
		{`{"type":"json_schema","schema":{"type":"object","required":["a"]}}`, "```json\n{\"a\":1}\n```", loose},
		{`{"type":"json_schema","schema":{"type":"object","required":["a"]}}`, `Here it is: {"a":1}. Bye.`, loose},
		{`{"type":"json_schema","schema":{"type":"object","required":["a"]}}`, `{"b":1}`, wrong},
		{`{"type":"json_schema","schema":{"type":"object","required":["a"]}}`, `{"a":1`, wrong},
		{`{"type":"json_schema","schema":{"const":1}}`, `1.0`, strict},
		{`{"type":"json_schema","schema":{"type":"integer"}}`, `1e999999999`, wrong},
		{`{"type":"json_schema","schema":{"$ref":"#/$defs/t","$defs":{"t":{"type":"array","items":{"$ref":"#/$defs/t"}}}}}`, `[[],[[]]]`, strict},
		{`{"type":"json_schema","schema":{"type":"object"},"not":true}`, `no`, strict},
		{`{"type":"json_schema","schema":{"type":"object"},"not":true}`, `{}`, wrong},

		{`{"type":"parses","language":"go"}`, "```go\nfunc f() int { return 1 }\n```", strict},
		{`{"type":"parses","language":"go"}`, "x := 1\nprintln(x)", strict},
		{`{"type":"parses","language":"go"}`, "```go\nfunc f() int { return 1\n```", wrong},
		{`{"type":"parses","language":"go"}`, "```python\nx = 1\n```", wrong},
		{`{"type":"parses","language":"json"}`, "```json\n{\"a\": [1]}\n```", strict},
		{`{"type":"parses","language":"json"}`, "{'a': 1}", wrong},
		{`{"type":"parses","language":"yaml"}`, "```yaml\na:\n  - 1\n```", strict},
		{`{"type":"parses","language":"yaml"}`, "a: [1", wrong},
		{`{"type":"parses","language":"toml"}`, "a = 1", strict},
		{`{"type":"parses","language":"toml"}`, "a = b", wrong},
		{`{"type":"parses","language":"xml"}`, "<a><b/></a>", strict},
		{`{"type":"parses","language":"xml"}`, "<a><b></a>", wrong},
		{`{"type":"parses","language":"xml"}`, "plain", wrong},
		{`{"type":"parses","language":"bash"}`, "```sh\nfor i in 1 2; do echo $i; done\n```", strict},
		{`{"type":"parses","language":"bash"}`, "for i in 1 2; do echo $i", wrong},
		{`{"type":"parses","language":"javascript"}`, "```js\nconst f = async ({a, ...b}) => a ?? b?.c;\n```", strict},
		{`{"type":"parses","language":"javascript"}`, "function f( {", wrong},

		{`{"type":"ifeval","instruction":"punctuation:no_comma"}`, "No comma", strict},
		{`{"type":"ifeval","instruction":"punctuation:no_comma"}`, "Well, then:\nNo comma", loose},
		{`{"type":"ifeval","instruction":"punctuation:no_comma"}`, "a, b", wrong},
		{`{"type":"ifeval","instruction":"punctuation:no_comma","not":true}`, "a, b", strict},
	} {
		o := raw(t, test.check).Verify(Answer{Text: test.text})
		got := wrong
		switch {
		case o.Right && !o.Loose:
			got = "strict and not loose"
		case o.Right:
			got = strict
		case o.Loose:
			got = loose
		}
		if got != test.want {
			t.Errorf("%s: %q is %s (%s), want %s", test.check, test.text, got, o.Why, test.want)
		}
		if o.Right == (o.Why != "") {
			t.Errorf("%s: %q: right %v, and why it is wrong: %q", test.check, test.text, o.Right, o.Why)
		}
	}
}

func TestToolCalls(t *testing.T) {
	c := `{"type":"tool_call","want":["get_weather"],"schema":{"type":"object","required":["city"],"properties":{"city":{"const":"Cork"}},"additionalProperties":false}}`
	good, other := Call{"get_weather", `{"city":"Cork"}`}, Call{"get_time", `{}`}
	for _, test := range []struct {
		name, check  string
		calls        []Call
		right, loose bool
	}{
		{"as asked", c, []Call{good}, true, true},
		{"no call", c, nil, false, false},
		{"another function", c, []Call{other}, false, false},
		{"one of two", c, []Call{other, good}, false, true},
		{"twice", c, []Call{good, good}, false, true},
		{"wrong argument", c, []Call{{"get_weather", `{"city":"Oslo"}`}}, false, false},
		{"not JSON", c, []Call{{"get_weather", `{"city":`}}, false, false},
		{"without a schema any JSON will do", `{"type":"tool_call","want":["get_time"]}`, []Call{{"get_time", ""}}, true, true},
		{"without a schema JSON is wanted", `{"type":"tool_call","want":["get_time"]}`, []Call{{"get_time", "now"}}, false, false},
		{"must not call", `{"type":"tool_call","not":true}`, nil, true, true},
		{"must not call and does", `{"type":"tool_call","not":true}`, []Call{other}, false, false},
	} {
		o := raw(t, test.check).Verify(Answer{Calls: test.calls})
		if o.Right != test.right || o.Loose != test.loose {
			t.Errorf("%s: %+v", test.name, o)
		}
	}
}

// Nothing of an answer runs unless the caller gives something that runs it; then it sees
// the answer's code between what belongs around it.
func TestTestsRunOnlyByTheCallersCommand(t *testing.T) {
	c := raw(t, `{"type":"tests","language":"python","want":["import math\n","assert f() == 1\n"]}`)
	text := "Here:\n```python\ndef f(): return 1\n```\n"
	if o := c.Verify(Answer{Text: text}); o.Right || o.Loose || !strings.Contains(o.Why, "no command") {
		t.Errorf("%+v", o)
	}
	var got string
	o := c.Verify(Answer{Text: text, Run: func(language, program string) (bool, string) {
		got = language + ": " + program
		return true, ""
	}})
	if want := "python: import math\ndef f(): return 1\n\nassert f() == 1\n"; !o.Right || got != want {
		t.Errorf("%+v, ran %q, want %q", o, got, want)
	}
}

func TestParametersThatAreWrongAreRefused(t *testing.T) {
	for _, test := range []struct{ check, want string }{
		{`{"type":"exakt","want":["a"]}`, "unknown type of check"},
		{`{"type":"exact"}`, `needs "want"`},
		{`{"type":"exact","want":[""]}`, "empty text"},
		{`{"type":"exact","want":["a"],"tolerance":1}`, `does not take "tolerance"`},
		{`{"type":"numeric","want":["many"]}`, "not a number"},
		{`{"type":"numeric","want":["1"],"tolerance":-1}`, "must not be negative"},
		{`{"type":"regex","want":["("]}`, "invalid pattern"},
		{`{"type":"regex","want":["((a{100}){10}){10}"]}`, "invalid pattern"},
		{`{"type":"regex","want":["(a{1,100}b{1,100}){5}x{900}"]}`, "smaller repeats"},
		{`{"type":"choice","want":["b"]}`, "not a letter"},
		{`{"type":"choice","want":["C"],"options":["x","y"]}`, "A to B"},
		{`{"type":"json_schema"}`, "schema"},
		{`{"type":"json_schema","schema":{"type":"objekt"}}`, "invalid schema"},
		{`{"type":"json_schema","schema":{"$ref":"https://example.com/s.json"}}`, "not loaded"},
		{`{"type":"json_schema","schema":{"$ref":"file:///etc/passwd"}}`, "not loaded"},
		{`{"type":"json_schema","schema":{"pattern":"("}}`, "invalid schema"},
		{`{"type":"json_schema","schema":` + strings.Repeat(`{"not":`, 300) + `{}` + strings.Repeat(`}`, 300) + `}`, "nested"},
		{`{"type":"parses","language":"python"}`, "no parser"},
		{`{"type":"tests","want":["x"]}`, "language"},
		{`{"type":"ifeval","instruction":"keywords:existence"}`, "keywords"},
	} {
		var c Check
		if err := json.Unmarshal([]byte(test.check), &c); err != nil {
			t.Fatal(err)
		}
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want an error with %q", test.check, err, test.want)
		}
		if o := c.Verify(Answer{Text: "a"}); o.Right || o.Loose {
			t.Errorf("%s is not valid, and an answer is right by it", test.check)
		}
	}
}

// Loose verdicts of the IFEval kinds are those of the released checker too.
func TestLooseVerdictsAreThoseOfTheReleasedChecker(t *testing.T) {
	b, err := os.ReadFile("../ifeval/testdata/answers.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(b))
	for lines.Scan() {
		var a struct {
			Instruction   string
			Params        json.RawMessage
			Text          string
			Strict, Loose bool
		}
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		o := Check{Type: "ifeval", Instruction: a.Instruction, Params: a.Params}.Verify(Answer{Text: a.Text})
		if o.Right != a.Strict || o.Loose != a.Loose {
			t.Errorf("%s %s: %v, %v, want %v, %v: %q", a.Instruction, a.Params, o.Right, o.Loose, a.Strict, a.Loose, a.Text)
		}
	}
}

// An item is right where all its checks hold; those that do not are named.
func TestAllNamesWhatFails(t *testing.T) {
	checks := []Check{
		raw(t, `{"type":"contains","want":["a"]}`), raw(t, `{"type":"contains","want":["b"],"not":true}`),
		raw(t, `{"type":"ifeval","instruction":"punctuation:no_comma"}`),
	}
	if right, loose, failed := All(checks, Answer{Text: "a"}); !right || !loose || failed != nil {
		t.Errorf("%v %v %v", right, loose, failed)
	}
	right, loose, failed := All(checks, Answer{Text: "x, y, b and a"})
	if right || loose || strings.Join(failed, ", ") != "not contains, punctuation:no_comma" {
		t.Errorf("%v %v %v", right, loose, failed)
	}
}

// The vectors are computed by the formula of the HumanEval paper; the first of each row
// by hand.
func TestPassAtK(t *testing.T) {
	for _, test := range []struct {
		n, c, k int
		want    float64
	}{
		{10, 0, 1, 0}, {10, 3, 1, 0.3}, {10, 3, 10, 1}, {5, 5, 1, 1}, {200, 13, 1, 0.065}, {200, 13, 100, 0.9999194971988055},
		{20, 1, 10, 0.5}, {100, 50, 2, 0.7525252525252526}, {2, 1, 1, 0.5}, {3, 1, 2, 2.0 / 3},
	} {
		if got, ok := PassAtK(test.n, test.c, test.k); !ok || got-test.want > 1e-12 || test.want-got > 1e-12 {
			t.Errorf("pass@%d of %d in %d: %v, want %v", test.k, test.c, test.n, got, test.want)
		}
	}
	for _, bad := range [][3]int{{10, 3, 11}, {10, 3, 0}, {0, 0, 1}, {10, 11, 1}, {10, -1, 1}} {
		if _, ok := PassAtK(bad[0], bad[1], bad[2]); ok {
			t.Errorf("%v is estimated", bad)
		}
	}
}
