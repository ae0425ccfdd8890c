package cli

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/inferometer/inferometer/internal/plan"
)

// A server that answers every request well and with nothing cannot be
// measured, and the doctor fails on it.
func TestDoctorEmptyAnswers(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(w, `{"data":[{"id":"m"}]}`)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, `data: {"choices":[{"delta":{},"finish_reason":"stop"}]}`+"\n\ndata: [DONE]\n\n")
	}))
	t.Cleanup(s.Close)
	pl := plan.Default()
	pl.Candidate.URL = s.URL
	failed := ""
	for _, c := range urlChecks(t.Context(), pl) {
		if c.Status == "fail" {
			failed += c.Name + ": " + c.Do
		}
	}
	if failed == "" {
		t.Error("every check passes")
	}
	t.Log(failed)
}
