package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/sim/answer"
	"github.com/inferometer/inferometer/internal/sim/script"
)

// What a prompt costs beside its text, after the shape of Llama 3's chat
// template: one token begins the text; a message has its role in a header of
// four tokens and an end mark; the header of the answer is part of the prompt.
const (
	beginTokens   = 1
	messageTokens = 5
	headerTokens  = 4
)

const (
	completionDefault = 16 // max_tokens of /v1/completions where it is not given
	maxStops          = 16
)

// request is a body that has been read and found right.
type request struct {
	chat         bool
	before       string // the conversation up to the last user message
	prompt       string
	promptTokens int
	turns        []turn   // of a chat, as they came
	ids          []uint32 // of a prompt that has no text

	priority  int
	cacheSalt string

	limit, min int // tokens
	fixed      bool
	stops      []string
	seed       uint64

	stream, includeUsage, continuousUsage bool

	script *script.Reply // what the request wants to be answered; usually nil
}

// turn is one message of a chat.
type turn struct{ role, text string }

// body is the request as it comes. Pointers tell absent and null from zero.
// Fields that are not here are ignored, as vLLM ignores what it does not know.
type body struct {
	Model    *string         `json:"model"`
	Messages []message       `json:"messages"`
	Prompt   json.RawMessage `json:"prompt"`

	MaxTokens           *int            `json:"max_tokens"`
	MaxCompletionTokens *int            `json:"max_completion_tokens"`
	MinTokens           *int            `json:"min_tokens"`
	IgnoreEOS           *bool           `json:"ignore_eos"`
	Stop                json.RawMessage `json:"stop"`
	Seed                *int64          `json:"seed"`
	Temperature         *float64        `json:"temperature"`
	N                   *int            `json:"n"`
	BestOf              *int            `json:"best_of"`
	Logprobs            json.RawMessage `json:"logprobs"`
	Echo                *bool           `json:"echo"`

	Priority  *int    `json:"priority"`
	CacheSalt *string `json:"cache_salt"`

	Script json.RawMessage `json:"sim_script"` // ours, see Config.Script

	Stream        *bool `json:"stream"`
	StreamOptions *struct {
		IncludeUsage         *bool `json:"include_usage"`
		ContinuousUsageStats *bool `json:"continuous_usage_stats"`
	} `json:"stream_options"`
}

type message struct {
	Role    string          `json:"role"`
	Content json.RawMessage `json:"content"`
}

// readBody reads a request body within the limits of size and time.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, *apiError) {
	if r.ContentLength > maxBody {
		// The body stays unread, so the connection is of no more use.
		w.Header().Set("Connection", "close")
		return nil, statusError(http.StatusRequestEntityTooLarge)
	}
	// A recorder in a test has no deadline to set.
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Now().Add(bodyTimeout))
	var buf bytes.Buffer
	buf.Grow(int(min(max(r.ContentLength, 0)+bytes.MinRead, 1<<20)))
	_, err := buf.ReadFrom(http.MaxBytesReader(w, r.Body, maxBody))
	_ = rc.SetReadDeadline(time.Time{})
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, statusError(http.StatusRequestEntityTooLarge)
	case err != nil:
		return nil, badRequest("", "the request body could not be read: %v", err)
	}
	return buf.Bytes(), nil
}

// parse turns a body into a request, or says what is wrong with it.
func (s *Server) parse(raw []byte, chat bool) (*request, *apiError) {
	var b body
	dec := json.NewDecoder(bytes.NewReader(raw))
	if err := dec.Decode(&b); err != nil {
		var field string
		var wrongType *json.UnmarshalTypeError
		if errors.As(err, &wrongType) {
			field = clip(wrongType.Field)
		}
		return nil, badRequest(field, "the request body is not valid: %s", clip(err.Error()))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, badRequest("", "the request body goes on after the JSON object")
	}
	if b.Model != nil && *b.Model != "" && *b.Model != s.profile.Model {
		return nil, unknownModel(*b.Model)
	}
	if err := b.unsupported(); err != nil {
		return nil, err
	}
	q := &request{chat: chat, fixed: isTrue(b.IgnoreEOS), stream: isTrue(b.Stream), seed: s.seed}
	if b.Seed != nil {
		q.seed ^= (uint64(*b.Seed) + 1) * 0x9e3779b97f4a7c15 // any odd constant keeps seeds apart
	}
	if b.Priority != nil {
		q.priority = *b.Priority
	}
	if b.CacheSalt != nil {
		q.cacheSalt = *b.CacheSalt
	}
	if b.StreamOptions != nil {
		if !q.stream {
			return nil, badRequest("stream_options", "stream_options needs stream to be true")
		}
		q.includeUsage = isTrue(b.StreamOptions.IncludeUsage)
		q.continuousUsage = q.includeUsage && isTrue(b.StreamOptions.ContinuousUsageStats)
	}
	var err *apiError
	if chat {
		err = q.readMessages(b.Messages)
	} else {
		err = q.readPrompt(b.Prompt)
	}
	if err != nil {
		return nil, err
	}
	if err := q.readStops(b.Stop); err != nil {
		return nil, err
	}
	if len(b.Script) > 0 {
		reply, err := script.ParseReply(b.Script)
		if err != nil {
			return nil, badRequest("sim_script", "sim_script: %s", clip(err.Error()))
		}
		q.script = &reply
	}
	return q, q.setLimits(&b, s.profile.MaxModelLen)
}

// unsupported refuses what the simulator cannot do, rather than to answer
// something else in silence.
func (b *body) unsupported() *apiError {
	lp := string(b.Logprobs)
	switch {
	case b.N != nil && *b.N != 1:
		return badRequest("n", "n must be 1: this server gives one choice (got %d)", *b.N)
	case b.BestOf != nil && *b.BestOf != 1:
		return badRequest("best_of", "best_of must be 1: this server gives one choice (got %d)", *b.BestOf)
	case isTrue(b.Echo):
		return badRequest("echo", "echo is not offered by this server")
	case lp != "" && lp != "null" && lp != "false":
		return badRequest("logprobs", "logprobs is not offered by this server")
	case b.Temperature != nil && *b.Temperature < 0:
		return badRequest("temperature", "temperature must not be negative (got %v)", *b.Temperature)
	}
	return nil
}

// setLimits works out how long the answer may be.
func (q *request) setLimits(b *body, modelLen int) *apiError {
	room := modelLen - q.promptTokens
	param, asked := "max_tokens", b.MaxTokens
	if q.chat && b.MaxCompletionTokens != nil {
		param, asked = "max_completion_tokens", b.MaxCompletionTokens
	}
	switch {
	case room < 1:
		return badRequest("", "the prompt has %d tokens; this model takes %d tokens in all, one of them for the answer", q.promptTokens, modelLen)
	case asked == nil && q.chat:
		q.limit = room
	case asked == nil:
		q.limit = min(completionDefault, room)
	case *asked < 1:
		return badRequest(param, "%s must be at least 1 (got %d)", param, *asked)
	case *asked > room:
		return badRequest(param, "the prompt has %d tokens and %s is %d; this model takes %d tokens in all", q.promptTokens, param, *asked, modelLen)
	default:
		q.limit = *asked
	}
	if b.MinTokens != nil {
		if q.min = *b.MinTokens; q.min < 0 || q.min > q.limit {
			return badRequest("min_tokens", "min_tokens must be between 0 and max_tokens, which is %d (got %d)", q.limit, q.min)
		}
	}
	return nil
}

// readMessages takes the last user message for the prompt, and the rest for
// what the answer also depends on.
func (q *request) readMessages(messages []message) *apiError {
	if len(messages) == 0 {
		return badRequest("messages", "messages must hold at least one message")
	}
	texts := make([]string, len(messages))
	last := len(messages) - 1
	q.promptTokens = beginTokens + headerTokens
	for i, m := range messages {
		if m.Role == "" {
			return badRequest("messages", "message %d has no role", i)
		}
		text, ok := contentText(m.Content)
		if !ok {
			return badRequest("messages", "the content of message %d is neither a string nor a list of text parts", i)
		}
		texts[i] = text
		q.turns = append(q.turns, turn{m.Role, text})
		q.promptTokens += messageTokens + answer.Count(text)
		if m.Role == "user" {
			last = i
		}
	}
	var before strings.Builder
	for i, text := range texts {
		if i != last {
			before.WriteString(messages[i].Role)
			before.WriteByte(0)
			before.WriteString(text)
			before.WriteByte(0)
		}
	}
	q.before, q.prompt = before.String(), texts[last]
	return nil
}

// contentText reads the content of a message: a string, null, or parts of
// which those with text count.
func contentText(raw json.RawMessage) (string, bool) {
	if len(raw) == 0 || string(raw) == "null" {
		return "", true
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s, true
	}
	var parts []struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	if json.Unmarshal(raw, &parts) != nil {
		return "", false
	}
	var b strings.Builder
	for _, p := range parts {
		if p.Type != "text" {
			return "", false
		}
		b.WriteString(p.Text)
	}
	return b.String(), true
}

// readPrompt takes a string, a list of token ids, or a list of one of either.
func (q *request) readPrompt(raw json.RawMessage) *apiError {
	if len(raw) == 0 || string(raw) == "null" {
		return badRequest("prompt", "prompt is missing")
	}
	if raw[0] == '[' {
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) == nil && len(list) > 0 && (list[0][0] == '"' || list[0][0] == '[') {
			if len(list) > 1 {
				return badRequest("prompt", "this server takes one prompt a request (got %d)", len(list))
			}
			raw = list[0]
		}
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		q.prompt, q.promptTokens = text, beginTokens+answer.Count(text)
		return nil
	}
	var ids []uint32
	if json.Unmarshal(raw, &ids) == nil && len(ids) > 0 {
		// Token ids have no text here; they enter the seed as they are.
		q.before, q.ids, q.promptTokens = string(raw), ids, len(ids)
		return nil
	}
	return badRequest("prompt", "prompt must be a string or a list of token ids")
}

func (q *request) readStops(raw json.RawMessage) *apiError {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		q.stops = []string{one}
	} else if json.Unmarshal(raw, &q.stops) != nil {
		return badRequest("stop", "stop must be a string or a list of strings")
	}
	if len(q.stops) > maxStops {
		return badRequest("stop", "stop holds %d strings; this server takes %d", len(q.stops), maxStops)
	}
	for _, stop := range q.stops {
		if stop == "" {
			return badRequest("stop", "stop must not hold an empty string")
		}
	}
	return nil
}

func isTrue(b *bool) bool { return b != nil && *b }
