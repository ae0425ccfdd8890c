package terms

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/plan/key"
)

// Warmup is how long the warm-up of a load is, where the plan fixes it: so many
// requests, or a time. Both 0: there is none.
type Warmup struct {
	Requests int
	Time     time.Duration
}

// WarmupRequests is a warm-up of n requests.
func WarmupRequests(n int) *Warmup { return &Warmup{Requests: n} }

// ParseWarmup reads a number of requests, as 50, or a time, as 20s.
func ParseWarmup(text string) (Warmup, error) {
	text = key.CleanNumber(text)
	if n, err := strconv.Atoi(text); err == nil {
		if n < 0 {
			return Warmup{}, fmt.Errorf("%d is negative", n)
		}
		return Warmup{Requests: n}, nil
	}
	d, err := time.ParseDuration(text)
	switch {
	case err != nil || text == "":
		return Warmup{}, fmt.Errorf("%q is neither a number of requests like 50 nor a time like 20s", text)
	case d < 0:
		return Warmup{}, fmt.Errorf("%v is negative", d)
	case strings.Trim(text, "0123456789") == "":
		return Warmup{}, fmt.Errorf("%q is too large", text)
	}
	return Warmup{Time: d}, nil
}

// None reports whether there is none.
func (w Warmup) None() bool { return w == Warmup{} }

// String is the text that ParseWarmup reads.
func (w Warmup) String() string {
	if w.Time > 0 {
		return w.Time.String()
	}
	return strconv.Itoa(w.Requests)
}

// MarshalYAML writes a number or a time.
func (w Warmup) MarshalYAML() (any, error) {
	if w.Time > 0 {
		return w.Time.String(), nil
	}
	return w.Requests, nil
}

// MarshalJSON writes a number or a time.
func (w Warmup) MarshalJSON() ([]byte, error) {
	v, err := w.MarshalYAML()
	if err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (w *Warmup) UnmarshalJSON(b []byte) error {
	parsed, err := ParseWarmup(strings.Trim(string(b), `"`))
	if err == nil {
		*w = parsed
	}
	return err
}
