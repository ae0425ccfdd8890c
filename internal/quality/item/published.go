package item

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/inferometer/inferometer/internal/quality/check"
)

// published are the formats of benchmarks, each recognized by fields that its lines have.
// The first that fits is taken.
var published = []struct {
	name   string
	fields []string
	read   func(line []byte, n int) (Item, error)
}{
	{"IFEval", []string{"key", "prompt", "instruction_id_list", "kwargs"}, ifevalLine},
	{"HumanEval", []string{"task_id", "prompt", "test", "entry_point"}, humanEvalLine},
	{"MMLU", []string{"question", "choices", "answer"}, mmluLine},
	{"GSM8K", []string{"question", "answer"}, gsm8kLine},
}

// gsm8kLine reads a question of GSM8K (Cobbe et al. 2021), whose answer ends with #### and
// the number.
func gsm8kLine(line []byte, n int) (Item, error) {
	var q struct{ Question, Answer string }
	if err := json.Unmarshal(line, &q); err != nil {
		return Item{}, err
	}
	_, number, ok := strings.Cut(q.Answer, "####")
	if !ok {
		return Item{}, errors.New(`"answer" has no "####" before its number`)
	}
	return Item{
		ID: fmt.Sprintf("gsm8k-%d", n), Kind: "reasoning", Family: "gsm8k", Answer: q.Answer,
		Prompt: q.Question + "\n\nWork it out step by step. End with a line that has #### and the number only.",
		Checks: []check.Check{{Type: "numeric", Want: []string{strings.TrimSpace(number)}}},
	}, nil
}

// mmluLine reads a question of MMLU (Hendrycks et al. 2021) as JSON; the answer is a
// number from 0 or a letter.
func mmluLine(line []byte, n int) (Item, error) {
	var q struct {
		Question, Subject string
		Choices           []string
		Answer            any
	}
	if err := json.Unmarshal(line, &q); err != nil {
		return Item{}, err
	}
	var letter string
	switch a := q.Answer.(type) {
	case float64:
		if a < 0 || a > 25 || a != float64(int(a)) {
			return Item{}, fmt.Errorf("invalid answer %v: must be the index of a choice, from 0", a)
		}
		letter = string(rune('A' + int(a)))
	case string:
		letter = strings.ToUpper(strings.TrimSpace(a))
	}
	return mmlu(n, q.Question, q.Subject, letter, q.Choices)
}

// readMMLU reads the CSV that MMLU is published as: question, four choices and the
// letter, without a head.
func readMMLU(r io.Reader, name string) ([]Item, error) {
	rows := csv.NewReader(r)
	rows.FieldsPerRecord = -1
	rows.ReuseRecord = true
	var items []Item
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: neither JSON objects, a line each, nor the CSV of MMLU: %w", name, err)
		}
		line, _ := rows.FieldPos(0)
		if len(row) < 4 {
			return nil, fmt.Errorf("%s:%d: neither a JSON object nor a row of MMLU, which has a question, choices and a letter", name, line)
		}
		it, err := mmlu(line, row[0], "", strings.TrimSpace(row[len(row)-1]), append([]string(nil), row[1:len(row)-1]...))
		if err == nil {
			err = it.Validate()
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: as a row of MMLU: %w", name, line, err)
		}
		if len(items) == maxItems {
			return nil, fmt.Errorf("%s:%d: more than %d items", name, line, maxItems)
		}
		items = append(items, it)
	}
	if len(items) == 0 {
		return nil, fmt.Errorf("%s has no items; see docs/items.md for the format", name)
	}
	return items, nil
}

func mmlu(n int, question, subject, letter string, choices []string) (Item, error) {
	if len(choices) < 2 {
		return Item{}, errors.New("has fewer than two choices")
	}
	c := check.Check{Type: "choice", Want: []string{letter}, Options: choices}
	if err := c.Validate(); err != nil {
		return Item{}, err
	}
	var b strings.Builder
	b.WriteString(strings.TrimSpace(question))
	b.WriteString("\n\n")
	for i, choice := range choices {
		fmt.Fprintf(&b, "%c. %s\n", 'A'+i, choice)
	}
	b.WriteString("\nEnd with \"Answer: \" and the letter of the right choice.")
	it := Item{
		ID: fmt.Sprintf("mmlu-%d", n), Kind: "knowledge", Family: "mmlu",
		Prompt: b.String(), Answer: "Answer: " + letter, Checks: []check.Check{c},
	}
	if subject != "" {
		it.ID = fmt.Sprintf("mmlu-%s-%d", subject, n)
	}
	return it, nil
}

// humanEvalLine reads a problem of HumanEval (Chen et al. 2021). The head of the function
// stands before the answer's code when it is run, so that an answer may be the whole
// function, or the body alone.
func humanEvalLine(line []byte, _ int) (Item, error) {
	var q struct {
		ID         string `json:"task_id"`
		Prompt     string
		Solution   string `json:"canonical_solution"`
		Test       string
		EntryPoint string `json:"entry_point"`
	}
	if err := json.Unmarshal(line, &q); err != nil {
		return Item{}, err
	}
	return Item{
		ID: q.ID, Kind: "code_generation", Family: "humaneval", Answer: q.Solution,
		Prompt: "Complete this Python function. Reply with the whole function in one code block.\n\n```python\n" + q.Prompt + "```\n",
		Checks: []check.Check{{Type: "tests", Language: "python", Want: []string{q.Prompt, q.Test + "\ncheck(" + q.EntryPoint + ")\n"}}},
	}, nil
}

// ifevalLine reads a prompt of IFEval (Zhou et al. 2023).
func ifevalLine(line []byte, _ int) (Item, error) {
	var q struct {
		Key          json.Number
		Prompt       string
		Instructions []string         `json:"instruction_id_list"`
		Params       []map[string]any `json:"kwargs"`
	}
	if err := json.Unmarshal(line, &q); err != nil {
		return Item{}, err
	}
	if len(q.Instructions) != len(q.Params) || len(q.Instructions) == 0 {
		return Item{}, fmt.Errorf("has %d instructions and parameters of %d", len(q.Instructions), len(q.Params))
	}
	it := Item{ID: "ifeval-" + q.Key.String(), Kind: "instructions", Family: "ifeval", Prompt: q.Prompt}
	for i, id := range q.Instructions {
		c := check.Check{Type: "ifeval", Instruction: id}
		for k, v := range q.Params[i] {
			if v == nil {
				delete(q.Params[i], k) // a table gives each line the parameters of all kinds
			}
		}
		if len(q.Params[i]) > 0 {
			raw, err := json.Marshal(q.Params[i])
			if err != nil {
				return Item{}, err
			}
			c.Params = raw
		}
		it.Checks = append(it.Checks, c)
	}
	return it, nil
}
