package endpoint

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/lazy"
)

// retryAfter is how many seconds a server asks to wait after a refusal: by the
// header Retry-After (seconds or a date), by that of OpenAI and Azure in
// milliseconds, or by the body; 0 if it does not say.
func retryAfter(h http.Header, body []byte, now time.Time) float64 {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil && ms > 0 && !math.IsInf(ms, 0) {
		return ms / 1e3
	}
	v := h.Get("Retry-After")
	if s, err := strconv.ParseFloat(v, 64); err == nil && s > 0 && !math.IsInf(s, 0) {
		return s
	}
	if t, err := http.ParseTime(v); err == nil && t.After(now) {
		return t.Sub(now).Seconds()
	}
	return retryInBody(body)
}

var (
	retryDelay = lazy.Regexp(`"(?:retryDelay|retry_delay|retry_after|retryAfter)"\s*:\s*"?(\d[0-9.]*(?:ms|s)?)"?`)
	retryWords = lazy.Regexp(`(?i)(?:try again|retry)(?: after| in) (\d[0-9.hms]*)( ?seconds?\b| ?milliseconds?\b| ?minutes?\b)?`)
)

// retryInBody is how many seconds the body of a refusal asks to wait: Google's
// RetryInfo ("retryDelay":"38s"), retry_after, or OpenAI's words "try again in
// 7.66s"; 0 if it does not say.
func retryInBody(b []byte) float64 {
	if m := retryDelay().FindSubmatch(b); m != nil {
		return seconds(string(m[1]), "")
	}
	if m := retryWords().FindSubmatch(b); m != nil {
		return seconds(string(m[1]), strings.TrimSpace(string(m[2])))
	}
	return 0
}

// seconds reads a wait, "38s", "1m12s", "250ms" or a number of the unit.
func seconds(v, unit string) float64 {
	v = strings.TrimRight(v, ".")
	if d, err := time.ParseDuration(v); err == nil {
		return d.Seconds()
	}
	n, err := strconv.ParseFloat(v, 64)
	switch {
	case err != nil:
		return 0
	case strings.HasPrefix(unit, "milli"):
		return n / 1e3
	case strings.HasPrefix(unit, "minute"):
		return n * 60
	}
	return n
}

// Codes and types of errors that say that the account has no money or quota left.
var quotaCodes = [][]byte{
	[]byte("insufficient_quota"), []byte("billing_hard_limit_reached"), []byte("billing_not_active"),
	[]byte("insufficient_balance"), []byte("exceeded_current_quota_error"), []byte("credit balance is too low"),
	[]byte("Insufficient Balance"), []byte("insufficient credits"), []byte("Insufficient credits"),
}

// noQuota reports whether a refusal says that the account has no money or quota
// left, so that waiting does not help.
func noQuota(status int, body []byte) bool {
	if status == http.StatusPaymentRequired {
		return true
	}
	if status >= 500 || !json.Valid(body) {
		return false
	}
	for _, code := range quotaCodes {
		if bytes.Contains(body, code) {
			return true
		}
	}
	return false
}
