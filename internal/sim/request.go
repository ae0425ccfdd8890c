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
	"github.com/inferometer/inferometer/internal/sim/fault"
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
	api          api
	chat         bool   // it has turns
	before       string // the conversation up to the last user message
	prompt       string
	promptTokens int
	turns        []turn   // of a chat, as they came
	ids          []uint64 // of a prompt that came as such

	priority  int
	cacheSalt string

	limit, min int // tokens
	asked      int // limit as far as the request itself says one
	fixed      bool
	stops      []string
	seed       uint64

	stream, includeUsage, continuousUsage bool

	options
	faults     []fault.Fault
	noUsage    bool // a fault: no token counts where there should be some
	extraUsage int  // a fault: tokens that are counted and were never there

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
	bodyOptions

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

// readJSON reads a body into v. Pointers within v tell absent from zero.
func readJSON(raw []byte, v any) *apiError {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if err := dec.Decode(v); err != nil {
		var field string
		var wrongType *json.UnmarshalTypeError
		if errors.As(err, &wrongType) {
			field = clip(wrongType.Field)
		}
		return badRequest(field, "the request body is not valid: %s", clip(err.Error()))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return badRequest("", "the request body goes on after the JSON object")
	}
	return nil
}

// parse turns a body into a request, or says what is wrong with it.
func (s *Server) parse(raw []byte, a api) (*request, *apiError) {
	var b body
	var err *apiError
	switch a {
	case apiResponses:
		err = b.fromResponses(raw)
	case apiMessages:
		err = b.fromMessages(raw)
	default:
		err = readJSON(raw, &b)
	}
	if err != nil {
		return nil, err
	}
	if err := s.known(b.Model); err != nil {
		return nil, err
	}
	q := &request{api: a, chat: a != apiCompletions, fixed: isTrue(b.IgnoreEOS), stream: isTrue(b.Stream), seed: s.seed}
	if b.Seed != nil {
		q.seed ^= (uint64(*b.Seed) + 1) * 0x9e3779b97f4a7c15 // any odd constant keeps seeds apart
	}
	if b.Priority != nil {
		q.priority = *b.Priority
	}
	if b.CacheSalt != nil {
		q.cacheSalt = *b.CacheSalt
	}
	if b.Temperature != nil && *b.Temperature < 0 {
		return nil, badRequest("temperature", "temperature must not be negative (got %v)", *b.Temperature)
	}
	if b.StreamOptions != nil {
		if !q.stream {
			return nil, badRequest("stream_options", "stream_options needs stream to be true")
		}
		q.includeUsage = isTrue(b.StreamOptions.IncludeUsage)
		q.continuousUsage = q.includeUsage && isTrue(b.StreamOptions.ContinuousUsageStats)
	}
	if q.chat {
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
	if err := q.setLimits(&b, s.profile.MaxModelLen); err != nil {
		return nil, err
	}
	return q, q.setOptions(&b.bodyOptions, &s.profile)
}

// known refuses a model that is not served.
func (s *Server) known(model *string) *apiError {
	if model != nil && *model != "" && *model != s.profile.Model {
		return unknownModel(*model)
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
		q.limit, q.asked = *asked, *asked
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
// which those with text count. What a tool said may itself have parts.
func contentText(raw json.RawMessage) (string, bool) { return partsText(raw, true) }

func partsText(raw json.RawMessage, nested bool) (string, bool) {
	if len(raw) == 0 || string(raw) == "null" {
		return "", true
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s, true
	}
	var parts []struct {
		Type    string          `json:"type"`
		Text    string          `json:"text"`
		Refusal string          `json:"refusal"`
		Input   json.RawMessage `json:"input"`   // of a tool call
		Content json.RawMessage `json:"content"` // of a tool's result
	}
	if json.Unmarshal(raw, &parts) != nil {
		return "", false
	}
	var b strings.Builder
	for _, p := range parts {
		switch p.Type {
		case "text", "input_text", "output_text", "refusal":
			b.WriteString(p.Text + p.Refusal)
		case "thinking": // of an earlier turn; it is not read again
		case "tool_use":
			b.Write(p.Input)
		case "tool_result":
			text, ok := "", nested
			if ok {
				text, ok = partsText(p.Content, false)
			}
			if !ok {
				return "", false
			}
			b.WriteString(text)
		default:
			return "", false
		}
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
	var ids []uint64
	if json.Unmarshal(raw, &ids) == nil && len(ids) > 0 {
		q.ids, q.promptTokens = ids, len(ids)
		if text, ok := detokenize(ids); ok {
			q.prompt = text
		} else {
			q.before = string(raw) // ids of another vocabulary enter the seed as they are
		}
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
