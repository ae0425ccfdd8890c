package generation

import "encoding/json"

// namedCall is a call of a function, written as an answer.
type namedCall struct{ Name, Arguments string }

// called is the call that a given answer stands for: an object with name and arguments,
// where the request offers that function. Otherwise the answer is a text.
func (q *Request) called() *namedCall {
	if len(q.Offered) == 0 {
		return nil
	}
	var c struct {
		Name      string          `json:"name"`
		Arguments json.RawMessage `json:"arguments"`
	}
	if json.Unmarshal([]byte(q.Given), &c) != nil {
		return nil
	}
	for _, t := range q.Offered {
		if t.Name != c.Name {
			continue
		}
		var text string
		if json.Unmarshal(c.Arguments, &text) == nil {
			return &namedCall{c.Name, text}
		}
		return &namedCall{c.Name, string(c.Arguments)}
	}
	return nil
}
