package dialect

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Prompt is what to send.
type Prompt struct {
	System string
	// History holds the previous turns, in order; the answers in it are texts.
	// The embeddings API has none and leaves it out.
	History     []Message
	User        string
	MaxTokens   int
	Fixed       bool // generate exactly MaxTokens, if the server lets us
	Temperature float64
	Wants       *Wants // nil: only text
}

// Message is one previous turn of a conversation.
type Message struct {
	Role string // User or Assistant
	Text string
}

// Roles of a Message. There is none for the results of tools: they belong to
// calls with ids, which a text does not have.
const (
	User      = "user"
	Assistant = "assistant"
)

// Fields says which optional request fields are sent.
type Fields struct {
	Limit       string // name of the field for the token limit; empty: none
	Temperature bool
	Usage       bool // stream_options.include_usage
	IgnoreEOS   bool
	MinTokens   bool
	// At most one of these makes the server count the tokens of each frame.
	ContinuousUsage bool // stream_options.continuous_usage_stats
	TokenIDs        bool // return_token_ids
	Logprobs        bool
	// CacheSalt is the value of cache_salt: what a request leaves in the prefix
	// cache serves only requests with the same. Empty: it is not sent.
	CacheSalt string
}

// usualFields are those of chat and completions that are tried first.
func usualFields() Fields {
	return Fields{Limit: "max_tokens", Temperature: true, Usage: true, IgnoreEOS: true, MinTokens: true}
}

// Names lists the fields that are sent; stream says whether an event stream is
// asked for.
func (f Fields) Names(stream bool) []string {
	var out []string
	for _, o := range []struct {
		sent bool
		name string
	}{
		{f.Limit != "", f.Limit},
		{f.Temperature, "temperature"},
		{stream && f.Usage, "stream_options.include_usage"},
		{stream && f.ContinuousUsage, "stream_options.continuous_usage_stats"},
		{f.IgnoreEOS, "ignore_eos"},
		{f.MinTokens, "min_tokens"},
		{stream && f.TokenIDs, "return_token_ids"},
		{stream && f.Logprobs, "logprobs"},
		{f.CacheSalt != "", "cache_salt"},
	} {
		if o.sent {
			out = append(out, o.name)
		}
	}
	return out
}

// Body returns the body of a request for p with the given fields. stream asks
// for an event stream, where the dialect has them. An error says that the API
// does not take what p wants.
func (d *Dialect) Body(model string, f Fields, stream bool, p Prompt) (map[string]any, error) {
	body := map[string]any{"model": model}
	if p.MaxTokens > 0 && f.Limit != "" {
		body[f.Limit] = p.MaxTokens
	}
	d.prompt(body, p)
	if f.Temperature {
		body["temperature"] = p.Temperature
	}
	if stream && d.Streams {
		body["stream"] = true
		d.streamFields(body, f)
	}
	if p.Fixed && p.MaxTokens > 0 {
		if f.IgnoreEOS {
			body["ignore_eos"] = true
		}
		if f.MinTokens {
			body["min_tokens"] = p.MaxTokens
		}
	}
	if f.CacheSalt != "" {
		body["cache_salt"] = f.CacheSalt
	}
	return body, d.addWants(body, p.Wants)
}

// streamFields adds the fields that make a stream report its token counts.
func (d *Dialect) streamFields(body map[string]any, f Fields) {
	if f.Usage {
		options := map[string]bool{"include_usage": true}
		if f.ContinuousUsage {
			options["continuous_usage_stats"] = true
		}
		body["stream_options"] = options
	}
	if f.TokenIDs {
		body["return_token_ids"] = true
	}
	if f.Logprobs {
		body["logprobs"] = d.LogprobsValue
	}
}

func (d *Dialect) addWants(body map[string]any, w *Wants) error {
	switch {
	case !w.Any():
		return nil
	case d.wants == nil:
		return fmt.Errorf("the %s API takes neither tools nor schemas nor an effort of reasoning; use --api chat or drop --answer", d.Name)
	}
	return d.wants(body, w)
}

// WantedFields names the fields that w adds to a request; nil where the API
// does not take what w wants.
func (d *Dialect) WantedFields(w *Wants) []string {
	body := map[string]any{"max_tokens": 1 << 20}
	if d.addWants(body, w) != nil {
		return nil
	}
	delete(body, "max_tokens")
	return slices.Sorted(maps.Keys(body))
}

// message is a turn as chat, responses and messages write it.
type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// turns are the messages of a prompt without its system message.
func (p Prompt) turns() []message {
	out := make([]message, 0, len(p.History)+2)
	for _, m := range p.History {
		out = append(out, message{m.Role, m.Text})
	}
	return append(out, message{User, p.User})
}

// transcript is a prompt for an API without roles: one continuous text. An
// answer follows what it answered without a gap, as the model wrote it, and
// each turn of the user follows a blank line. So the prompt of a turn begins
// with the previous turn's prompt and answer.
func (p Prompt) transcript() string {
	if p.System == "" && len(p.History) == 0 {
		return p.User
	}
	var b strings.Builder
	b.WriteString(p.System)
	for _, m := range p.turns() {
		if b.Len() > 0 && m.Role != Assistant {
			b.WriteString("\n\n")
		}
		b.WriteString(m.Content)
	}
	return b.String()
}
