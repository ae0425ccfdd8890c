package wire

import (
	"encoding/json"

	"github.com/inferometer/inferometer/internal/sim/generation"
	"github.com/inferometer/inferometer/internal/sim/script"
)

const (
	completionDefault = 16 // default of max_tokens in /v1/completions
	maxStops          = 16
)

// Service is the server, as far as the meaning of a request depends on it.
type Service struct {
	Model       string
	MaxModelLen int // tokens of prompt and answer together
	Seed        uint64

	StreamInterval  int     // tokens per frame, unless a request names it
	RequestTimes    bool    // the last usage has the times of the request
	ReasoningTokens int     // before an answer to a chat
	ReasoningField  string  // "" is reasoning
	ToolCalls       float64 // share of requests with tools that call one, 0 to 1
	Dimensions      int     // of an embedding that names none; 0 is 384
}

// Parse turns a body of this dialect into a request, or says what is wrong with
// it.
func (d *Dialect) Parse(raw []byte, s *Service) (*generation.Request, *Error) {
	b, err := d.decode(raw)
	if err != nil {
		return nil, err
	}
	if err := s.serves(b.Model); err != nil {
		return nil, err
	}
	p := &parser{service: s}
	q := &p.Request
	q.Chat, q.Fixed, q.Stream, q.Seed = d.chat, isTrue(b.IgnoreEOS), isTrue(b.Stream), s.Seed
	if b.Seed != nil {
		q.Seed ^= (uint64(*b.Seed) + 1) * 0x9e3779b97f4a7c15 // any odd constant keeps seeds apart
	}
	if b.Priority != nil {
		q.Priority = *b.Priority
	}
	if b.CacheSalt != nil {
		q.CacheSalt = *b.CacheSalt
	}
	if b.Temperature != nil && *b.Temperature < 0 {
		return nil, BadRequest("temperature", "temperature must not be negative (got %v)", *b.Temperature)
	}
	if b.StreamOptions != nil {
		if !q.Stream {
			return nil, BadRequest("stream_options", "stream_options needs stream to be true")
		}
		q.IncludeUsage = isTrue(b.StreamOptions.IncludeUsage)
		q.ContinuousUsage = q.IncludeUsage && isTrue(b.StreamOptions.ContinuousUsageStats)
	}
	if q.Chat {
		var turns []generation.Turn
		if turns, err = turnsOf(b.Messages); err == nil {
			q.SetTurns(turns)
		}
	} else {
		err = p.readPrompt(b.Prompt)
	}
	if err != nil {
		return nil, err
	}
	if err := p.readStops(b.Stop); err != nil {
		return nil, err
	}
	if len(b.Script) > 0 {
		reply, err := script.ParseReply(b.Script)
		if err != nil {
			return nil, BadRequest("sim_script", "sim_script: %.200s", err.Error())
		}
		q.Script = &reply
	}
	if err := p.setLimits(b); err != nil {
		return nil, err
	}
	return q, p.setOptions(&b.bodyOptions)
}

// serves refuses a model that is not served.
func (s *Service) serves(model *string) *Error {
	if model != nil && *model != "" && *model != s.Model {
		return UnknownModel(*model)
	}
	return nil
}

// turnsOf reads the messages of a chat.
func turnsOf(messages []message) ([]generation.Turn, *Error) {
	if len(messages) == 0 {
		return nil, BadRequest("messages", "messages must hold at least one message")
	}
	turns := make([]generation.Turn, len(messages))
	for i, m := range messages {
		if m.Role == "" {
			return nil, BadRequest("messages", "message %d has no role", i)
		}
		text, ok := contentText(m.Content)
		if !ok {
			return nil, BadRequest("messages", "the content of message %d is neither a string nor a list of text parts", i)
		}
		turns[i] = generation.Turn{Role: m.Role, Text: text}
	}
	return turns, nil
}

// parser fills a request from a body.
type parser struct {
	generation.Request
	service *Service
}

// setLimits computes how long the answer may be.
func (q *parser) setLimits(b *body) *Error {
	modelLen := q.service.MaxModelLen
	left := modelLen - q.PromptTokens
	param, asked := "max_tokens", b.MaxTokens
	if q.Chat && b.MaxCompletionTokens != nil {
		param, asked = "max_completion_tokens", b.MaxCompletionTokens
	}
	switch {
	case left < 1:
		return BadRequest("", "the prompt has %d tokens; this model takes %d tokens in all, one of them for the answer", q.PromptTokens, modelLen)
	case asked == nil && q.Chat:
		q.Limit = left
	case asked == nil:
		q.Limit = min(completionDefault, left)
	case *asked < 1:
		return BadRequest(param, "%s must be at least 1 (got %d)", param, *asked)
	case *asked > left:
		return BadRequest(param, "the prompt has %d tokens and %s is %d; this model takes %d tokens in all", q.PromptTokens, param, *asked, modelLen)
	default:
		q.Limit, q.Asked = *asked, *asked
	}
	if b.MinTokens != nil {
		if q.Min = *b.MinTokens; q.Min < 0 || q.Min > q.Limit {
			return BadRequest("min_tokens", "min_tokens must be between 0 and max_tokens, which is %d (got %d)", q.Limit, q.Min)
		}
	}
	return nil
}

// readPrompt takes a string, a list of token ids, or a list of one of either.
func (q *parser) readPrompt(raw json.RawMessage) *Error {
	if len(raw) == 0 || string(raw) == "null" {
		return BadRequest("prompt", "prompt is missing")
	}
	if raw[0] == '[' {
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) == nil && len(list) > 0 && (list[0][0] == '"' || list[0][0] == '[') {
			if len(list) > 1 {
				return BadRequest("prompt", "this server takes one prompt per request (got %d)", len(list))
			}
			raw = list[0]
		}
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		q.SetText(text)
		return nil
	}
	var ids []uint64
	if json.Unmarshal(raw, &ids) == nil && len(ids) > 0 {
		q.SetIDs(ids, string(raw))
		return nil
	}
	return BadRequest("prompt", "prompt must be a string or a list of token ids")
}

func (q *parser) readStops(raw json.RawMessage) *Error {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		q.Stops = []string{one}
	} else if json.Unmarshal(raw, &q.Stops) != nil {
		return BadRequest("stop", "stop must be a string or a list of strings")
	}
	if len(q.Stops) > maxStops {
		return BadRequest("stop", "stop holds %d strings; this server takes %d", len(q.Stops), maxStops)
	}
	for _, stop := range q.Stops {
		if stop == "" {
			return BadRequest("stop", "stop must not hold an empty string")
		}
	}
	return nil
}
