package sim

import (
	"fmt"
	"net/http"

	"github.com/inferometer/inferometer/internal/plaintext"
)

// apiError is a refusal in vLLM's shape: an object under "error" with
// message, type, param and code.
type apiError struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    int     `json:"code"`
}

// Error implements error.
func (e *apiError) Error() string { return e.Message }

// badRequest refuses a value of the field param ("" for the body as a whole).
func badRequest(param, format string, args ...any) *apiError {
	e := &apiError{Message: fmt.Sprintf(format, args...), Type: "BadRequestError", Code: http.StatusBadRequest}
	if param != "" {
		e.Param = &param
	}
	return e
}

func unknownModel(name string) *apiError {
	param := "model"
	return &apiError{Message: fmt.Sprintf("The model %q does not exist.", clip(name)), Type: "NotFoundError", Param: &param, Code: http.StatusNotFound}
}

// statusError is a refusal that says no more than its status.
func statusError(status int) *apiError {
	return &apiError{Message: http.StatusText(status), Type: http.StatusText(status), Code: status}
}

func writeError(w http.ResponseWriter, e *apiError) {
	writeValue(w, e.Code, map[string]*apiError{"error": e})
}

// clip keeps what a client sent from coming back at full length.
func clip(s string) string { return plaintext.Clip(s, 200) }
