// Package check says whether an answer is right by rules that anyone can apply
// again: the text alone decides, and no model is asked. One table has the rules
// (Rules). Answers are hostile text: every rule takes time linear in the length of
// an answer, and reads at most its first MaxText bytes. No answer is run here; tests of
// code are run by a command that the user names (package check/sandbox).
package check

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxText is how much of an answer is read, in bytes. An answer that is longer is
// never right: its end was not seen.
const MaxText = 1 << 17

// Check is one rule, as a line of a file of items has it. Which parameters a rule
// takes is in the table of rules.
type Check struct {
	// Type names the rule: exact, numeric, regex, contains, choice, json_schema,
	// tool_call, parses, tests, or ifeval.
	Type string `json:"type"`
	// Want is what the rule compares with: a text, a number, a pattern, the letter of
	// a choice, the name of a function.
	Want []string `json:"want,omitempty"`
	// Any says of contains and regex that one of Want is enough.
	Any bool `json:"any,omitempty"`
	// Options are the texts of a choice, in the order of the letters.
	Options []string        `json:"options,omitempty"`
	Schema  json.RawMessage `json:"schema,omitempty"` // JSON schema of the answer or of a call's arguments
	// Instruction and Params are those of an IFEval instruction.
	Instruction string          `json:"instruction,omitempty"`
	Params      json.RawMessage `json:"params,omitempty"`
	Tolerance   float64         `json:"tolerance,omitempty"` // of numeric, absolute
	Language    string          `json:"language,omitempty"`  // of parses and tests
	Not         bool            `json:"not,omitempty"`       // the rule must not hold
}

// Answer is what is checked.
type Answer struct {
	Text  string
	Calls []Call // functions that the model called
	// Run runs a program, the code of an answer with its tests, and says whether they
	// pass, or why not. nil: there is no command, and the rule tests is never right.
	Run func(language, program string) (ok bool, why string)
}

// Call is a function that the model called, with its arguments as JSON.
type Call struct{ Name, Arguments string }

// Outcome is what a rule says of an answer.
type Outcome struct {
	Right bool
	Loose bool   // right once wrapping is taken off; where a rule has no loose reading, as Right
	Why   string // it is wrong, in a few words
}

// Name is how the check is called where it fails: its rule, or the instruction.
func (c Check) Name() string {
	name := c.Type
	if c.Type == "ifeval" {
		name = c.Instruction
	}
	if c.Not {
		return "not " + name
	}
	return name
}

// Validate says what is wrong with the parameters, or nil.
func (c Check) Validate() error {
	r, ok := rules()[c.Type]
	if !ok {
		return fmt.Errorf("unknown type of check %q: must be one of %s", c.Type, strings.Join(ruleNames(), ", "))
	}
	for _, p := range c.given() {
		if !slices.Contains(r.takes, p) {
			return fmt.Errorf("check %s does not take %q; it takes %s", c.Type, p, strings.Join(append(slices.Clone(r.takes), "not"), ", "))
		}
	}
	if slices.Contains(r.needs, "want") && len(c.Want) == 0 {
		return fmt.Errorf("check %s needs %q: %s", c.Type, "want", r.Want)
	}
	if c.Tolerance < 0 {
		return fmt.Errorf("check %s: invalid tolerance %v: must not be negative", c.Type, c.Tolerance)
	}
	if err := r.valid(c); err != nil {
		return fmt.Errorf("check %s: %w", c.Type, err)
	}
	return nil
}

// given returns the parameters that are set.
func (c Check) given() []string {
	var all []string
	for _, p := range []struct {
		name string
		set  bool
	}{
		{"want", len(c.Want) > 0},
		{"any", c.Any},
		{"options", len(c.Options) > 0},
		{"schema", len(c.Schema) > 0},
		{"instruction", c.Instruction != ""},
		{"params", len(c.Params) > 0},
		{"tolerance", c.Tolerance != 0},
		{"language", c.Language != ""},
	} {
		if p.set {
			all = append(all, p.name)
		}
	}
	return all
}

// Verify applies the rule. A check that is not valid is never right.
func (c Check) Verify(a Answer) Outcome {
	if err := c.Validate(); err != nil {
		return Outcome{Why: err.Error()}
	}
	if len(a.Text) > MaxText {
		return Outcome{Why: fmt.Sprintf("the answer has %d bytes, of which at most %d are read", len(a.Text), MaxText)}
	}
	if !utf8.ValidString(a.Text) {
		a.Text = strings.ToValidUTF8(a.Text, "\uFFFD")
	}
	r := rules()[c.Type]
	if r.outcome != nil {
		return c.turned(r.outcome(c, a))
	}
	holds, why := r.holds(c, a.Text)
	if holds != c.Not {
		return Outcome{Right: true, Loose: true}
	}
	o := Outcome{Why: c.reason(why)}
	variants := Variants(a.Text)[1:]
	if r.uncut {
		variants = nil
	}
	for _, text := range variants {
		if holds, _ := r.holds(c, text); holds != c.Not {
			o.Loose = true
			return o
		}
	}
	if r.loosely != nil {
		o.Loose = r.loosely(c, a.Text) != c.Not
	}
	return o
}

// turned turns the outcome of a rule round where the rule must not hold. A looser
// reading that holds is then a reason against.
func (c Check) turned(o Outcome) Outcome {
	if !c.Not {
		return o
	}
	if o.Right || o.Loose {
		return Outcome{Loose: !o.Right, Why: c.reason("")}
	}
	return Outcome{Right: true, Loose: true}
}

func (c Check) reason(why string) string {
	if c.Not {
		return c.Type + " holds and must not"
	}
	return why
}

// Variants returns the readings of an answer that count for a loose verdict, the answer
// itself first: without its first line, its last, both, and each without asterisks
// (IFEval, Zhou et al. 2023, section 2.2). Empty ones are left out.
func Variants(text string) []string {
	lines := strings.Split(text, "\n")
	cut := func(from, to int) string {
		if from >= to {
			return ""
		}
		return strings.TrimSpace(strings.Join(lines[from:to], "\n"))
	}
	all := []string{text, cut(1, len(lines)), cut(0, len(lines)-1), cut(1, len(lines)-1)}
	for _, v := range all[:4] {
		all = append(all, strings.ReplaceAll(v, "*", ""))
	}
	out := all[:1]
	for _, v := range all[1:] {
		if strings.TrimSpace(v) != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// All applies all checks of an item, and names those that do not hold. right is the
// strict verdict, loose the one in which each check may take the reading that suits it.
// Without checks both are true: there was nothing to get wrong.
func All(checks []Check, a Answer) (right, loose bool, failed []string) {
	right, loose = true, true
	for _, c := range checks {
		o := c.Verify(a)
		if !o.Right {
			right = false
			failed = append(failed, c.Name())
		}
		loose = loose && o.Loose
	}
	return right, loose, failed
}

// NeedsRun reports whether a check runs code, so that a verdict needs a command
// (Answer.Run).
func NeedsRun(checks []Check) bool {
	return slices.ContainsFunc(checks, func(c Check) bool { return c.Type == "tests" })
}
