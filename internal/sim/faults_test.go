package sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/sim/fault"
)

func TestRateLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{Profile: instant(), RequestsPerMinute: 3, TokensPerMinute: 100, PlainTimer: true})
		defer func() { _ = s.Close() }()
		body := `{"prompt":"Explain caching","max_tokens":%d}` // 5 tokens and those asked for
		for i, tc := range []struct {
			max                int
			code               int
			requests, tokens   string // remaining
			retry, resetTokens string
		}{
			{15, 200, "2", "80", "", "12s"},
			{15, 200, "1", "60", "", "24s"},
			{96, 429, "0", "60", "24", "24s"}, // more than there is; the request is given back
			{15, 200, "0", "40", "", "36s"},
			{15, 429, "0", "20", "20", "48s"},
		} {
			w := ask(s, http.MethodPost, "/v1/completions", fmt.Sprintf(body, tc.max))
			h := w.Header()
			if w.Code != tc.code || h.Get("X-Ratelimit-Remaining-Requests") != tc.requests || h.Get("X-Ratelimit-Remaining-Tokens") != tc.tokens ||
				h.Get("Retry-After") != tc.retry || h.Get("X-Ratelimit-Reset-Tokens") != tc.resetTokens || h.Get("X-Ratelimit-Limit-Tokens") != "100" {
				t.Errorf("request %d: %d %s %v", i, w.Code, w.Body, h)
			}
			if tc.code == 429 {
				if e := refusal(t, w); e.Type != "rate_limit_exceeded" {
					t.Errorf("request %d: %+v", i, e)
				}
			}
		}
		time.Sleep(20 * time.Second)
		if w := ask(s, http.MethodPost, "/v1/completions", fmt.Sprintf(body, 15)); w.Code != http.StatusOK {
			t.Errorf("after the time that was asked for: %d %s", w.Code, w.Body)
		}
	})
}

// A request may ask for its own faults, or be spared.
func TestFaultsByHeader(t *testing.T) {
	s := New(Config{Profile: instant(), Faults: []fault.Fault{{Kind: fault.Status, Token: -1, Number: 503, Rate: 1}}})
	defer func() { _ = s.Close() }()
	body := `{"prompt":"x","max_tokens":3}`
	for _, tc := range []struct {
		header string
		code   int
		says   string
	}{
		{"", 503, "simulated"},
		{"none", 200, "choices"},
		{"status=418", 418, "simulated"},
		{"no-usage,wrong-usage=3", 200, "choices"},
		{"stal@3=1s", 400, "unknown fault"},
	} {
		w := ask(s, http.MethodPost, "/v1/completions", body, faultHeader, tc.header)
		if w.Code != tc.code || !strings.Contains(w.Body.String(), tc.says) {
			t.Errorf("%q: %d %s", tc.header, w.Code, w.Body)
		}
	}
	if w := ask(s, http.MethodPost, "/v1/messages", body); w.Code != 503 || !strings.Contains(w.Body.String(), "overloaded_error") {
		t.Errorf("messages: %d %s", w.Code, w.Body)
	}
}

// The same seed strikes the same requests.
// Embeddings have no tokens for a fault to change, and are answered anyway.
func TestFaultsOfEmbeddings(t *testing.T) {
	s := New(Config{Profile: instant(), PlainTimer: true})
	defer func() { _ = s.Close() }()
	for _, f := range []string{"split-utf8", "duplicate", "coalesce=8", "buffer=4096", "no-usage", "stall=1ms"} {
		w := ask(s, http.MethodPost, "/v1/embeddings", `{"input":"x","dimensions":4}`, faultHeader, f)
		if w.Code != http.StatusOK || !json.Valid(w.Body.Bytes()) || strings.Contains(w.Body.String(), "usage") != (f != "no-usage") {
			t.Errorf("%s: status %d with %q", f, w.Code, w.Body)
		}
	}
}

func TestFaultsByChance(t *testing.T) {
	run := func(seed uint64) (codes []int) {
		s := New(Config{Profile: instant(), Seed: seed, Faults: []fault.Fault{{Kind: fault.Status, Token: -1, Number: 500, Rate: 0.3}}})
		defer func() { _ = s.Close() }()
		for range 60 {
			codes = append(codes, ask(s, http.MethodPost, "/v1/completions", `{"prompt":"x","max_tokens":1}`).Code)
		}
		return codes
	}
	one, again, other := run(1), run(1), run(2)
	if diff := cmp.Diff(one, again); diff != "" {
		t.Errorf("the same seed strikes others: %s", diff)
	}
	if cmp.Equal(one, other) {
		t.Error("another seed strikes the same")
	}
	failed := 0
	for _, c := range one {
		if c == 500 {
			failed++
		}
	}
	if failed < 5 || failed > 35 {
		t.Errorf("%d of 60 fail at a rate of 30 %%", failed)
	}
}

// A fault can stop the whole server, for those as well who have none.
func TestFaultFreezesTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, stop := start(t, Config{Profile: exact(), Faults: []fault.Fault{{Kind: fault.Freeze, Token: -1, For: time.Second, Rate: 1}}})
		defer stop()
		_, at := content(t, streamed(t, client, "/v1/chat/completions", `{"messages":[{"role":"user","content":"x"}],"max_tokens":2,"stream":true}`))
		if diff := cmp.Diff([]time.Duration{1050 * time.Millisecond, 1060 * time.Millisecond}, at); diff != "" {
			t.Errorf("tokens of a frozen server (-want +got):\n%s", diff)
		}
	})
}

func TestTheKeyOfMessages(t *testing.T) {
	s := New(Config{Profile: instant(), APIKey: "sesame"})
	defer func() { _ = s.Close() }()
	body := `{"max_tokens":2,"messages":[{"role":"user","content":"x"}]}`
	for key, want := range map[string]int{"sesame": 200, "wrong": 401} {
		if w := ask(s, http.MethodPost, "/v1/messages", body, "X-Api-Key", key); w.Code != want {
			t.Errorf("X-Api-Key %s: %d, want %d", key, w.Code, want)
		}
		if w := ask(s, http.MethodPost, "/v1/chat/completions", body, "X-Api-Key", key); w.Code != 401 {
			t.Errorf("X-Api-Key of another API: %d, want 401", w.Code)
		}
	}
}
