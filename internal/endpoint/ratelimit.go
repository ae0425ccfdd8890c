package endpoint

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/lazy"
)

// RateLimit is what a server says that it takes in a minute; 0: it does not say.
type RateLimit struct{ Requests, Tokens int }

// Any reports whether it says anything.
func (l RateLimit) Any() bool { return l.Requests > 0 || l.Tokens > 0 }

// limitOf reads the rate limit of a response: from the headers that OpenAI,
// Anthropic, Azure, Groq and others send, or else from the words of an error.
func limitOf(h http.Header, message string) RateLimit {
	l := RateLimit{
		Requests: perMinute(h, "X-Ratelimit-Limit-Requests", "X-Ratelimit-Remaining-Requests", "X-Ratelimit-Reset-Requests"),
		Tokens:   perMinute(h, "X-Ratelimit-Limit-Tokens", "X-Ratelimit-Remaining-Tokens", "X-Ratelimit-Reset-Tokens"),
	}
	if l.Requests == 0 {
		l.Requests = number(h.Get("Anthropic-Ratelimit-Requests-Limit"))
	}
	if l.Tokens == 0 {
		l.Tokens = number(h.Get("Anthropic-Ratelimit-Tokens-Limit"))
	}
	for _, m := range limitWords().FindAllStringSubmatch(message, 4) {
		n := number(m[3])
		switch unit := strings.ToLower(m[1] + m[2]); {
		case n == 0 || strings.Contains(unit, "day"):
		case l.Tokens == 0 && (strings.HasPrefix(unit, "token") || unit == "tpm"):
			l.Tokens = n
		case l.Requests == 0 && (strings.HasPrefix(unit, "request") || unit == "rpm"):
			l.Requests = n
		}
	}
	return l
}

// limitWords are those of OpenAI and of servers that copy it: "on requests per min
// (RPM): Limit 3, Used 3", "on tokens per min (TPM): Limit 30000".
var limitWords = lazy.Regexp(`(?i)\b(requests|tokens) per (min|minute|day)[^:]{0,20}: ?Limit:? ?([0-9][0-9,]*)`)

// perMinute reads a limit and says what it is in a minute. Of what time it is no
// header says; what is missing and when it will be back does: a bucket that refills
// evenly is full again after its time × the share that is missing.
func perMinute(h http.Header, limit, remaining, reset string) int {
	n := number(h.Get(limit))
	left, err := strconv.Atoi(strings.TrimSpace(h.Get(remaining)))
	back, known := resetTime(h.Get(reset))
	if n == 0 || err != nil || !known || left < 0 || left >= n {
		return n // of a minute, as with most
	}
	const (
		hour = 3600.0
		day  = 86400.0
	)
	switch window := back.Seconds() * float64(n) / float64(n-left); {
	case window > day/2:
		return max(1, int(math.Round(float64(n)/day*60)))
	case window > hour/2:
		return max(1, int(math.Round(float64(n)/hour*60)))
	}
	return n
}

// resetTime reads a time until a limit is whole again: 1s, 6m0s, 120ms, or seconds.
func resetTime(v string) (time.Duration, bool) {
	v = strings.TrimSpace(v)
	if d, err := time.ParseDuration(v); err == nil {
		return d, d > 0
	}
	if s, err := strconv.ParseFloat(v, 64); err == nil && s > 0 && s < 1e7 {
		return time.Duration(s * float64(time.Second)), true
	}
	return 0, false
}

// number reads a positive whole number, with or without commas; 0: it is none.
func number(v string) int {
	n, err := strconv.Atoi(strings.ReplaceAll(strings.TrimSpace(v), ",", ""))
	if err != nil || n < 0 || n > 1_000_000_000 {
		return 0
	}
	return n
}

// String says it in words; "" where the server says nothing.
func (l RateLimit) String() string {
	var parts []string
	if l.Requests > 0 {
		parts = append(parts, fmt.Sprintf("%d requests", l.Requests))
	}
	if l.Tokens > 0 {
		parts = append(parts, fmt.Sprintf("%d tokens", l.Tokens))
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, " and ") + " per minute"
}

// seenLimit is the rate limit that a server's responses have shown.
type seenLimit struct {
	mu    sync.Mutex // protects limit
	limit RateLimit
}

func (c *Client) sawLimit(l RateLimit) {
	c.rateLimit.mu.Lock()
	defer c.rateLimit.mu.Unlock()
	if l.Any() {
		c.rateLimit.limit = l
	}
}

// RateLimit is the latest that the server has said of it, in the responses to
// requests that are part of no measurement.
func (c *Client) RateLimit() RateLimit {
	c.rateLimit.mu.Lock()
	defer c.rateLimit.mu.Unlock()
	return c.rateLimit.limit
}
