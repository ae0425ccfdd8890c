package endpoint

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

func TestResetCache(t *testing.T) {
	tests := []struct {
		name    string
		answers []func(http.ResponseWriter) // the last one stays
		calls   int
		want    string // of the error; empty: none
	}{
		{"an empty 200, as vLLM answers", []func(http.ResponseWriter){func(http.ResponseWriter) {}}, 1, ""},
		{"in use at first", []func(http.ResponseWriter){
			func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{"success":false}`)) },
			func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{"success":true}`)) },
		}, 2, ""},
		{"in use for good", []func(http.ResponseWriter){func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{"success":false}`)) }}, resetTries, "in use"},
		{"not there", []func(http.ResponseWriter){func(w http.ResponseWriter) { w.WriteHeader(404) }}, 1, "VLLM_SERVER_DEV_MODE"},
		{"redirected", []func(http.ResponseWriter){func(w http.ResponseWriter) { w.Header().Set("Location", "http://127.0.0.1:1/"); w.WriteHeader(302) }}, resetTries, "HTTP 302"},
		{"broken", []func(http.ResponseWriter){func(w http.ResponseWriter) { w.WriteHeader(500); _, _ = w.Write([]byte("sorry")) }}, resetTries, "sorry"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var calls atomic.Int32
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/reset_prefix_cache" || r.Method != http.MethodPost {
					t.Errorf("%s %s", r.Method, r.URL.Path)
				}
				n := int(calls.Add(1))
				tt.answers[min(n, len(tt.answers))-1](w)
			}))
			defer s.Close()
			c, err := New(Config{URL: s.URL + "/v1", API: "chat"})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			err = c.ResetCache(t.Context())
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if errors.Is(err, ErrNoReset) != (tt.name == "not there") || int(calls.Load()) != tt.calls {
				t.Errorf("%d calls (want %d), %v", calls.Load(), tt.calls, err)
			}
		})
	}
}
