package wire

import "strconv"

// Chat and Completions are OpenAI's first two APIs, as vLLM has them.
var (
	Chat = &Dialect{
		Path: "/v1/chat/completions", idPrefix: "chatcmpl", chat: true,
		decode: decodeOpenAI, writer: newOpenAIWriter,
		refusal: openAIRefusal, failure: openAIFailure, errorFrame: openAIErrorFrame,
	}
	Completions = &Dialect{
		Path: "/v1/completions", idPrefix: "cmpl",
		decode: decodeOpenAI, writer: newOpenAIWriter,
		refusal: openAIRefusal, failure: openAIFailure, errorFrame: openAIErrorFrame,
	}
)

// decodeOpenAI reads a body whose fields are those of body.
func decodeOpenAI(raw []byte) (*body, *Error) {
	b := &body{}
	return b, readJSON(raw, b)
}

// newOpenAIWriter uses the fast writer if that is enough for the request.
func newOpenAIWriter(a *Answer) Writer {
	q := a.Request
	if q.Choices < 2 && !q.Logprobs && !q.TokenIDs && a.Reply.Reasoning == 0 && a.Reply.Tool == "" && !q.RequestTimes {
		return newPlainWriter(a)
	}
	return newRichWriter(a)
}

// streamObject is the field object of the frames of a stream.
func streamObject(chat bool) string {
	if chat {
		return "chat.completion.chunk"
	}
	return "text_completion"
}

// appendEnvelope begins the object of a response.
func (a *Answer) appendEnvelope(b []byte, object string) []byte {
	b = append(b, `{"id":"`...)
	b = append(b, a.ID...)
	b = append(b, `","object":"`...)
	b = append(b, object...)
	b = append(b, `","created":`...)
	b = strconv.AppendInt(b, a.Created, 10)
	b = append(b, `,"model":`...)
	return append(b, a.Model...)
}
