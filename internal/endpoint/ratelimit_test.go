package endpoint

import (
	"net/http"
	"testing"
)

// Limits are read from what the providers send, also where they are of a day.
func TestRateLimitsAreRead(t *testing.T) {
	for _, tt := range []struct {
		name    string
		header  map[string]string
		message string
		want    RateLimit
	}{
		{"nothing", nil, "slow down", RateLimit{}},
		{"OpenAI", map[string]string{"x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "59", "x-ratelimit-reset-requests": "1s", "x-ratelimit-limit-tokens": "150000"}, "", RateLimit{60, 150000}},
		{"OpenAI, none left", map[string]string{"x-ratelimit-limit-requests": "3", "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m0s"}, "", RateLimit{3, 0}},
		{"OpenAI, of a day", map[string]string{"x-ratelimit-limit-requests": "10000", "x-ratelimit-remaining-requests": "9999", "x-ratelimit-reset-requests": "8.64s"}, "", RateLimit{7, 0}},
		{"Groq, requests of a day", map[string]string{"x-ratelimit-limit-requests": "14400", "x-ratelimit-remaining-requests": "14370", "x-ratelimit-reset-requests": "2m59.56s", "x-ratelimit-limit-tokens": "18000", "x-ratelimit-remaining-tokens": "17997", "x-ratelimit-reset-tokens": "7.66ms"}, "", RateLimit{10, 18000}},
		{"Anthropic", map[string]string{"anthropic-ratelimit-requests-limit": "50", "anthropic-ratelimit-tokens-limit": "40000"}, "", RateLimit{50, 40000}},
		{"in words", nil, "Rate limit reached for gpt-4o in organization org-x on tokens per min (TPM): Limit 30,000, Used 29000, Requested 2000.", RateLimit{0, 30000}},
		{"in words, of requests", nil, "Rate limit reached on requests per min (RPM): Limit: 3 / min.", RateLimit{3, 0}},
		{"in words, of a day", nil, "Rate limit reached on requests per day (RPD): Limit 200, Used 200.", RateLimit{}},
		{"nonsense", map[string]string{"x-ratelimit-limit-requests": "-5", "x-ratelimit-limit-tokens": "many"}, "", RateLimit{}},
	} {
		h := http.Header{}
		for k, v := range tt.header {
			h.Set(k, v)
		}
		if got := limitOf(h, tt.message); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}
