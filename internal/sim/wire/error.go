package wire

import (
	"fmt"
	"net/http"
)

// Error is a refusal in vLLM's shape: an object under "error" with message,
// type, param and code.
type Error struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    int     `json:"code"` // HTTP status
}

// Error implements error.
func (e *Error) Error() string { return e.Message }

// BadRequest refuses a value of the field param ("" for the body as a whole).
func BadRequest(param, format string, args ...any) *Error {
	e := &Error{Message: fmt.Sprintf(format, args...), Type: "BadRequestError", Code: http.StatusBadRequest}
	if param != "" {
		e.Param = &param
	}
	return e
}

// UnknownModel refuses a model that is not served.
func UnknownModel(name string) *Error {
	param := "model"
	return &Error{Message: fmt.Sprintf("The model %.200q does not exist.", name), Type: "NotFoundError", Param: &param, Code: http.StatusNotFound}
}

// StatusError is a refusal that says nothing but its status.
func StatusError(status int) *Error {
	return &Error{Message: http.StatusText(status), Type: http.StatusText(status), Code: status}
}

// WriteError answers with an error in the shape of vLLM and OpenAI.
func WriteError(w http.ResponseWriter, e *Error) { WriteValue(w, e.Code, openAIRefusal(e)) }

// WriteValue answers with a value of this project's own types as JSON.
func WriteValue(w http.ResponseWriter, status int, v any) { WriteJSON(w, status, marshal(v)) }

// WriteJSON answers with a body that is JSON.
func WriteJSON(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// If the client has gone away, there is nothing to do.
	_, _ = w.Write(body)
}

func openAIRefusal(e *Error) any { return map[string]*Error{"error": e} }

// openAIFailure is an error under status 200.
func openAIFailure(message string) any {
	return openAIRefusal(&Error{Message: message, Type: "InternalServerError", Code: http.StatusInternalServerError})
}

func openAIErrorFrame(b []byte, message string) []byte {
	b = append(append(b, "data: "...), marshal(openAIFailure(message))...)
	return append(b, "\n\ndata: [DONE]\n\n"...)
}
