package check

import (
	"errors"
	"maps"
	"slices"

	"github.com/inferometer/inferometer/internal/lazy"
	"github.com/inferometer/inferometer/internal/quality/ifeval"
)

// Rule is one kind of check, as the table of rules has it.
type Rule struct {
	Name    string
	Want    string // what "want" holds; empty: the rule takes none
	Meaning string
	takes   []string // parameters, besides not
	needs   []string
	valid   func(Check) error
	// holds says whether the rule holds of a text, and why not; loosely is a reading
	// that is looser still than those of Variants. outcome is in their place where
	// the rule looks at more than the text or has loose readings of its own.
	holds   func(Check, string) (bool, string)
	loosely func(Check, string) bool
	outcome func(Check, Answer) Outcome
	// uncut says that the readings of Variants do not count: without a line an answer
	// would be another one.
	uncut bool
}

// order is that of the docs.
var order = []string{"exact", "numeric", "contains", "regex", "choice", "json_schema", "tool_call", "parses", "tests", "ifeval"}

// Rules returns the table.
func Rules() []Rule {
	var all []Rule
	for _, name := range order {
		all = append(all, rules()[name])
	}
	return all
}

// Takes returns the parameters of the rule, besides type and not.
func (r Rule) Takes() []string { return slices.Clone(r.takes) }

func ruleNames() []string { return slices.Sorted(maps.Keys(rules())) }

// rules is filled by a function, since the rules refer to it themselves.
var rules = lazy.Value(table)

func table() map[string]Rule {
	all := []Rule{
		{
			Name: "exact", Want: "the texts that are right", takes: []string{"want"}, needs: []string{"want"},
			Meaning: "the answer is one of the texts, but for white space. Loosely: also but for case, quotes, Markdown marks, \\boxed{}, a full stop, a word like \"Answer:\" before it, and lines that only open or close (\"Sure!\")",
			valid:   noEmpty, holds: isExact, loosely: isExactLoosely, uncut: true,
		}, {
			Name: "numeric", Want: "the numbers that are right, with a unit where one is demanded", takes: []string{"want", "tolerance"}, needs: []string{"want"},
			Meaning: "the number that the answer gives (after ####, in \\boxed{}, called the answer, at the start of a short line before its reason, else the last one) is one of the numbers, within the tolerance. Nothing is converted: 40 % is not 0.4",
			valid:   numbersOnly, holds: isNumber,
		}, {
			Name: "contains", Want: "texts that must occur, in any case", takes: []string{"want", "any"}, needs: []string{"want"},
			Meaning: "all of the texts occur in the answer, in a negation as well; with any, one of them",
			valid:   noEmpty, holds: contains,
		}, {
			Name: "regex", Want: "patterns in RE2 syntax", takes: []string{"want", "any"}, needs: []string{"want"},
			Meaning: "all of the patterns match somewhere in the answer; with any, one of them",
			valid:   patternsCompile, holds: matches,
		}, {
			Name: "choice", Want: "the letters that are right", takes: []string{"want", "options"}, needs: []string{"want"},
			Meaning: "the letter that the answer chooses is one of those. The text of an option, where options are given, is as good as its letter",
			valid:   lettersOnly, holds: isChosen,
		}, {
			Name: "json_schema", takes: []string{"schema"}, needs: []string{"schema"},
			Meaning: "the answer is JSON and nothing else, and valid under the schema. Loosely: the JSON is in a code fence or has text around it",
			valid:   schemaCompiles, outcome: fitsSchema,
		}, {
			Name: "tool_call", Want: "the name of the function; none: any", takes: []string{"want", "schema"},
			Meaning: "the model called exactly one function, one of those named, with arguments that are valid under the schema. Loosely: one of several calls is so",
			valid:   callIsValid, outcome: called,
		}, {
			Name: "parses", takes: []string{"language"}, needs: []string{"language"},
			Meaning: "the code of the answer (its fenced blocks, or all of it) is accepted by a parser of the language",
			valid:   languageIsKnown, outcome: codeParses,
		}, {
			Name: "tests", Want: "the text of the tests, which is put after the answer's code, and where two are given, first what is put before it", takes: []string{"want", "language"}, needs: []string{"want", "language"},
			Meaning: "the tests pass, run by the command that the user names. Without a command nothing is run",
			valid:   testsAreValid, outcome: testsPass,
		}, {
			Name: "ifeval", takes: []string{"instruction", "params"}, needs: []string{"instruction"},
			Meaning: "the answer follows an instruction of IFEval, strictly and loosely as that benchmark has it",
			valid:   instructionIsValid, holds: isFollowed,
		},
	}
	m := map[string]Rule{}
	for _, r := range all {
		m[r.Name] = r
	}
	return m
}

func instructionIsValid(c Check) error {
	_, err := ifeval.Parse(c.Instruction, c.Params)
	return err
}

func isFollowed(c Check, text string) (bool, string) {
	i, err := ifeval.Parse(c.Instruction, c.Params)
	if err != nil {
		return false, err.Error()
	}
	return i.Follows(text), "does not follow " + c.Instruction
}

func noEmpty(c Check) error {
	if slices.Contains(c.Want, "") {
		return errors.New(`"want" holds an empty text`)
	}
	return nil
}
