package sim

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/inferometer/inferometer/internal/sim/fault"
	"github.com/inferometer/inferometer/internal/sim/generation"
	"github.com/inferometer/inferometer/internal/sim/wire"
)

// limited refuses a request that exceeds a rate limit, and says in headers what
// is left, as OpenAI does. A request counts with the tokens of its prompt plus
// its max_tokens.
func (s *Server) limited(w http.ResponseWriter, q *generation.Request, now time.Time) *wire.Error {
	if s.requests == nil && s.tokens == nil {
		return nil
	}
	tokens := q.PromptTokens + q.Asked
	var wait time.Duration
	what := ""
	take := func(name string, l *fault.Limit, n int) bool {
		if l == nil {
			return true
		}
		level, ok := l.Take(n, now)
		h := w.Header()
		h.Set("X-Ratelimit-Limit-"+name, strconv.Itoa(level.Limit))
		h.Set("X-Ratelimit-Remaining-"+name, strconv.Itoa(level.Remaining))
		h.Set("X-Ratelimit-Reset-"+name, level.Reset.Round(time.Millisecond).String())
		if !ok && level.Retry > wait {
			wait, what = level.Retry, fmt.Sprintf("%s per minute: limit %d, requested %d", name, level.Limit, n)
		}
		return ok
	}
	byRequests := take("Requests", s.requests, 1)
	byTokens := take("Tokens", s.tokens, tokens)
	if byRequests && byTokens {
		return nil
	}
	if byRequests && s.requests != nil {
		s.requests.Return(1)
	}
	if byTokens && s.tokens != nil {
		s.tokens.Return(tokens)
	}
	w.Header().Set("Retry-After", seconds(wait))
	return &wire.Error{
		Message: fmt.Sprintf("Rate limit reached (%s). Please try again in %s.", what, wait.Round(time.Millisecond)),
		Type:    "rate_limit_exceeded", Code: http.StatusTooManyRequests,
	}
}
