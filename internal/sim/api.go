package sim

import (
	"encoding/json"
	"net/http"
)

// api is a way to ask for an answer.
type api int

const (
	apiChat api = iota
	apiCompletions
	apiResponses  // OpenAI's, also at vLLM
	apiMessages   // Anthropic's, also at vLLM
	apiEmbeddings // has no text
)

// idPrefix begins the ids of its answers.
func (a api) idPrefix() string {
	return [...]string{"chatcmpl", "cmpl", "resp", "msg", "embd"}[a]
}

// refuse answers with an error, in the shape of the API.
func refuse(w http.ResponseWriter, a api, e *apiError) {
	if a != apiMessages {
		writeError(w, e)
		return
	}
	writeValue(w, e.Code, messagesError{"error", messagesErrorText{messagesErrorType(e.Code), e.Message}})
}

// messagesError is an error in Anthropic's shape.
type messagesError struct {
	Type  string            `json:"type"`
	Error messagesErrorText `json:"error"`
}

type messagesErrorText struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

func messagesErrorType(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "authentication_error"
	case http.StatusForbidden:
		return "permission_error"
	case http.StatusNotFound:
		return "not_found_error"
	case http.StatusRequestEntityTooLarge:
		return "request_too_large"
	case http.StatusTooManyRequests:
		return "rate_limit_error"
	case http.StatusServiceUnavailable, 529: // Anthropic's own
		return "overloaded_error"
	}
	if status >= http.StatusInternalServerError {
		return "api_error"
	}
	return "invalid_request_error"
}

// appendErrorBody is an error under status 200, for an answer in one piece.
func appendErrorBody(b []byte, a api, message string) []byte {
	var v any = map[string]any{"error": &apiError{Message: message, Type: "InternalServerError", Code: http.StatusInternalServerError}}
	switch a {
	case apiMessages:
		v = messagesError{"error", messagesErrorText{"api_error", message}}
	case apiResponses:
		v = map[string]any{"object": "response", "status": "failed", "output": []any{}, "error": map[string]string{"code": "server_error", "message": message}}
	}
	text, _ := json.Marshal(v) // strings and numbers always encode
	return append(b, text...)
}

// appendErrorFrame is an error within a stream, and what follows it.
func appendErrorFrame(b []byte, a api, message string) []byte {
	switch a {
	case apiMessages:
		return append(appendErrorBody(append(b, "event: error\ndata: "...), a, message), "\n\n"...)
	case apiResponses:
		b = append(b, `event: error`+"\n"+`data: {"type":"error","code":"server_error","param":null,"message":`...)
		return append(appendJSON(b, message), "}\n\n"...)
	}
	return append(appendErrorBody(append(b, "data: "...), a, message), "\n\ndata: [DONE]\n\n"...)
}
