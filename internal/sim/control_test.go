package sim

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A simulator that listens on the network cannot be stopped, or made to misbehave, by
// whoever finds it.
func TestOtherMachinesDoNotControlTheServer(t *testing.T) {
	p, err := LookupProfile("vllm")
	if err != nil {
		t.Fatal(err)
	}
	p.TTFT, p.ITL = 0, 0
	for _, tt := range []struct {
		from   string
		remote bool
		taken  bool
	}{
		{"127.0.0.1:5000", false, true}, {"[::1]:5000", false, true}, {"[::ffff:127.0.0.1]:80", false, true}, {"pipe", false, true},
		{"10.0.0.7:5000", false, false}, {"[2001:db8::1]:80", false, false}, {"10.0.0.7:5000", true, true},
	} {
		s := New(Config{Profile: p, RemoteControl: tt.remote, PlainTimer: true})
		ask := func(path, body, fault string) int {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
			r.RemoteAddr = tt.from
			if fault != "" {
				r.Header.Set(faultHeader, fault)
			}
			w := httptest.NewRecorder()
			s.handler.ServeHTTP(w, r)
			if w.Code == http.StatusBadRequest && !strings.Contains(w.Body.String(), "--remote-control") {
				t.Errorf("%s: %s", tt.from, w.Body)
			}
			return w.Code
		}
		const chat = `{"messages":[{"role":"user","content":"hi"}],"max_tokens":1}`
		if got := ask("/sim/freeze?for=1ns", "", ""); (got == http.StatusNoContent) != tt.taken {
			t.Errorf("freeze from %s: %d", tt.from, got)
		}
		if got := ask("/v1/chat/completions", chat, "status=503"); (got == http.StatusServiceUnavailable) != tt.taken {
			t.Errorf("a fault from %s: %d", tt.from, got)
		}
		if got := ask("/v1/chat/completions", chat, ""); got != http.StatusOK {
			t.Errorf("a plain request from %s: %d", tt.from, got)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
