// Package check says whether an answer is right by rules that anyone can apply
// again: the text alone decides, and no model is asked.
package check

import "encoding/json"

// Check is one rule, as a line of a file of items has it. Which parameters a rule
// takes is in the list of rules.
type Check struct {
	// Type names the rule: exact, numeric, regex, contains, choice, json_schema,
	// tool_call, parses, tests, or ifeval.
	Type string `json:"type"`
	// Want is what the rule compares with: a text, a number, a pattern, the letter of
	// a choice, the name of a function.
	Want   []string        `json:"want,omitempty"`
	Schema json.RawMessage `json:"schema,omitempty"` // JSON schema of the answer or of a call's arguments
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
}

// Call is a function that the model called, with its arguments as JSON.
type Call struct{ Name, Arguments string }

// Outcome is what a rule says of an answer.
type Outcome struct {
	Right bool
	Loose bool   // right once wrapping is taken off; where a rule has no loose reading, as Right
	Why   string // it is wrong, in a few words
}
