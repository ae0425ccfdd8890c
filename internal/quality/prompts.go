package quality

import (
	_ "embed" // the prompts
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/quality/prose"
)

//go:embed data/prompts.json
var promptData []byte

// Item is one prompt and what is known about a good answer.
type Item struct {
	ID       string
	Kind     string
	Topic    string
	Prompt   string
	Keywords []string      // what an answer should speak of
	Require  []Requirement // what can be checked
	// Reference is a short right answer; empty for most.
	Reference string
}

// Requirement is something that an answer must have and that can be counted.
type Requirement struct {
	What string `json:"what"` // min_words, max_words, sentences, code_block, list, question
	N    int    `json:"n,omitempty"`
}

type topic struct {
	Name      string   `json:"name"`
	Keywords  []string `json:"keywords"`
	Reference string   `json:"reference"`
}

type promptKind struct {
	Templates []struct {
		Text    string        `json:"text"` // {topic} stands for the topic
		Require []Requirement `json:"require"`
	} `json:"templates"`
	Topics []topic `json:"topics"`
}

func readPrompts() (map[string]promptKind, error) {
	var kinds map[string]promptKind
	if err := json.Unmarshal(promptData, &kinds); err != nil {
		return nil, fmt.Errorf("failed to read the shipped prompts: %w", err)
	}
	return kinds, nil
}

// Kinds returns the kinds of prompts in the order of the report.
func Kinds() []string { return []string{"viral_hook", "technical", "code_generation"} }

// Prompts returns n prompts, the kinds taking turns, in an order drawn from
// the seed. Keywords replace the shipped topics. Prompts are unique: where n is
// more than topics and templates give, it is an error that says how many there
// are.
func Prompts(kinds, keywords []string, n int, seed uint64) ([]Item, error) {
	data, err := readPrompts()
	if err != nil {
		return nil, err
	}
	if len(kinds) == 0 {
		kinds = Kinds()
	}
	pools := make([][]Item, len(kinds))
	total := 0
	for i, kind := range kinds {
		k, ok := data[kind]
		if !ok {
			return nil, fmt.Errorf("unknown kind of prompt %q; use %s (--kinds)", kind, strings.Join(Kinds(), ", "))
		}
		pools[i] = k.items(kind, keywords)
		rng := rand.New(rand.NewPCG(seed, uint64(len(kind))<<32|uint64(kind[0])))
		rng.Shuffle(len(pools[i]), func(a, b int) { pools[i][a], pools[i][b] = pools[i][b], pools[i][a] })
		total += len(pools[i])
	}
	if n > total {
		// Every prompt is put in other words by a number of its own.
		for round := 2; total < n; round++ {
			for i := range pools {
				for _, it := range slices.Clone(pools[i]) {
					if strings.Contains(it.ID, "~") {
						continue
					}
					it.ID = fmt.Sprintf("%s~%d", it.ID, round)
					it.Prompt += fmt.Sprintf(" Make this version %d, different from the ones before.", round)
					pools[i] = append(pools[i], it)
					total++
				}
			}
		}
	}
	var out []Item
	for i := 0; len(out) < n; i++ {
		pool := pools[i%len(pools)]
		if at := i / len(pools); at < len(pool) {
			out = append(out, pool[at])
		}
	}
	return out, nil
}

func (k promptKind) items(kind string, keywords []string) []Item {
	topics := k.Topics
	if len(keywords) > 0 {
		topics = nil
		for _, w := range keywords {
			topics = append(topics, topic{Name: w})
		}
	}
	var out []Item
	for ti, tp := range topics {
		for mi, m := range k.Templates {
			it := Item{
				ID: fmt.Sprintf("%s/%d.%d", kind, ti, mi), Kind: kind, Topic: tp.Name,
				Prompt:   strings.ReplaceAll(m.Text, "{topic}", tp.Name),
				Keywords: tp.Keywords, Require: m.Require, Reference: tp.Reference,
			}
			if len(it.Keywords) == 0 {
				it.Keywords = prose.Words(tp.Name)
			}
			out = append(out, it)
		}
	}
	return out
}
