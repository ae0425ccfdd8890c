package itempass

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/quality/ask"
	"github.com/inferometer/inferometer/internal/quality/item"
)

// Tools are the functions that an item offers, which it has as the chat API wants them.
func Tools(it *item.Item) ([]endpoint.Tool, error) {
	if len(it.Tools) == 0 {
		return nil, nil
	}
	var list []struct {
		Function *function `json:"function"`
		function
	}
	if err := json.Unmarshal(it.Tools, &list); err != nil {
		return nil, fmt.Errorf("item %s: tools: %w", it.ID, err)
	}
	var out []endpoint.Tool
	for _, t := range list {
		f := t.function
		if t.Function != nil {
			f = *t.Function
		}
		if f.Name == "" {
			return nil, fmt.Errorf("item %s: tools: a function without a name", it.ID)
		}
		out = append(out, endpoint.Tool{Name: f.Name, Description: f.Description, Parameters: f.Parameters})
	}
	return out, nil
}

type function struct {
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Parameters  json.RawMessage `json:"parameters"`
}

// Probe is a small request with the functions of an item, which finds out whether a
// server takes any; nil where no item has some.
func Probe(set ask.Set) (*endpoint.Prompt, error) {
	i := slices.IndexFunc(set.Items, offers)
	if i < 0 {
		return nil, nil
	}
	tools, err := Tools(&set.Items[i])
	return &endpoint.Prompt{User: "Say hello.", MaxTokens: 8, Wants: &endpoint.Wants{Tools: tools, Choice: "auto"}}, err
}

// WithoutTools are the items that offer no functions.
func WithoutTools(items []item.Item) []item.Item { return slices.DeleteFunc(items, offers) }

func offers(it item.Item) bool { return len(it.Tools) > 0 }
