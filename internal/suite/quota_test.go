package suite

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
)

// An account without quota ends the run, also where a sweep would go on: no other
// point can go better.
func TestNoQuotaEndsASweep(t *testing.T) {
	server, asked := &moody{model: "m"}, 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if bytes.Contains(b, []byte(`"max_tokens":7,`)) {
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = io.WriteString(w, `{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}`)
			return
		}
		if bytes.Contains(b, []byte(`"max_tokens":9,`)) {
			server.set(func(*moody) { asked++ })
		}
		r.Body = io.NopCloser(bytes.NewReader(b))
		server.ServeHTTP(w, r)
	}))
	defer s.Close()
	out, err := Run(t.Context(), sweep(t, s.URL, "5", "7", "9"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if run := out.Result.Run; run.Status != result.Partial || !strings.Contains(run.Reason, "no quota left") {
		t.Errorf("%+v", run)
	}
	server.set(func(*moody) {
		if asked > 0 {
			t.Errorf("%d requests after the quota was gone", asked)
		}
	})
}
