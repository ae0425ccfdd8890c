// Package fault says what goes wrong with which request of a simulated server.
// It reads faults from text, chooses among them by seed and index of a
// request, and keeps rate limits. It decides and does nothing: the server
// carries faults out.
package fault

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/seeded"
)

// Kind is a way for an answer to go wrong.
type Kind string

// The kinds. A token counts from 0; without one a fault is in the middle of an
// answer.
const (
	Status      Kind = "status"       // an error status in place of an answer
	Refuse      Kind = "refuse"       // the connection is closed without a byte
	Reset       Kind = "reset"        // the connection is reset, with a token: there
	SlowHeaders Kind = "slow-headers" // the headers come late
	Stall       Kind = "stall"        // nothing comes for a time
	Truncate    Kind = "truncate"     // the stream ends well, without a finish reason
	Close       Kind = "close"        // the connection is closed in the middle of the stream
	Malformed   Kind = "malformed"    // a frame is no JSON
	Error       Kind = "error"        // a frame holds an error, under status 200
	NoUsage     Kind = "no-usage"     // no token counts, though they were asked for
	WrongUsage  Kind = "wrong-usage"  // so many output tokens too many
	Duplicate   Kind = "duplicate"    // a frame comes twice
	SplitUTF8   Kind = "split-utf8"   // a character comes in two writes
	Coalesce    Kind = "coalesce"     // so many frames come in one write
	Buffer      Kind = "buffer"       // a proxy passes on blocks of so many bytes
	DelayEnd    Kind = "delay-end"    // the response ends late, after its last frame
	Freeze      Kind = "freeze"       // the whole server stands still
)

// Fault is one of them. The zero Fault is not valid; use Parse.
type Fault struct {
	Kind Kind
	// Token is where, from 0; -1 is no place in particular.
	Token int
	// Number is the status code, bytes, frames or tokens, as the kind has it.
	Number int
	// For is how long; of a status, how long Retry-After says to wait.
	For  time.Duration
	Text string // message of an error
	// Rate is the share of requests that have it, above 0 and at most 1.
	Rate float64
}

// value says what a kind takes after "=".
type value int

const (
	none value = iota
	duration
	number
	text
	status
)

type grammar struct {
	kind  Kind
	token bool // takes one
	value value
	says  string
}

var kinds = []grammar{
	{Status, false, status, "status=503, or status=429/2s with Retry-After"},
	{Refuse, false, none, "refuse: the connection is closed without an answer"},
	{Reset, true, none, "reset, or reset@12 after twelve tokens"},
	{SlowHeaders, false, duration, "slow-headers=1s"},
	{Stall, true, duration, "stall@12=2s before the thirteenth token"},
	{Truncate, true, none, "truncate@12: the stream ends without a finish reason"},
	{Close, true, none, "close@12: the connection is closed in the middle"},
	{Malformed, true, none, "malformed@12: a frame that is no JSON"},
	{Error, true, text, "error@12=text: an error frame under status 200"},
	{NoUsage, false, none, "no-usage"},
	{WrongUsage, false, number, "wrong-usage=7: seven output tokens too many"},
	{Duplicate, true, none, "duplicate@12: a frame twice"},
	{SplitUTF8, true, none, "split-utf8@12: a character of four bytes in two writes"},
	{Coalesce, false, number, "coalesce=8: eight frames in one write"},
	{Buffer, false, number, "buffer=4096: a proxy that passes on blocks of so many bytes"},
	{DelayEnd, false, duration, "delay-end=1s: the response ends late"},
	{Freeze, false, duration, "freeze=1s: the whole server stands still"},
}

// Usage describes the kinds, one a line.
func Usage() []string {
	lines := make([]string, len(kinds))
	for i, g := range kinds {
		lines[i] = g.says
	}
	return lines
}

const (
	maxFor    = time.Hour
	maxNumber = 1 << 20
	maxText   = 200
	maxFaults = 32
)

// Parse reads KIND[@TOKEN][=VALUE][@RATE]. A rate is a percentage (5%) or has
// a decimal point (0.05), a token is a whole number; without a rate every
// request has the fault.
func Parse(s string) (Fault, error) {
	f := Fault{Token: -1, Rate: 1}
	head, val, hasValue := strings.Cut(s, "=")
	name, places, _ := strings.Cut(head, "@")
	i := slices.IndexFunc(kinds, func(g grammar) bool { return string(g.kind) == name })
	if i < 0 {
		return f, fmt.Errorf("unknown fault %q; use one of %s", clip(name), names())
	}
	g := kinds[i]
	f.Kind = g.kind
	if hasValue {
		// The last @ of a value begins a rate, if it looks like one: the text of
		// an error may hold others.
		if at := strings.LastIndexByte(val, '@'); at >= 0 && (g.value != text || isRate(val[at+1:])) {
			rate, err := parseRate(val[at+1:])
			if err != nil {
				return f, fmt.Errorf("fault %q: %w", clip(s), err)
			}
			val, f.Rate = val[:at], rate
		}
	}
	if err := f.places(g, places); err != nil {
		return f, fmt.Errorf("fault %q: %w", clip(s), err)
	}
	if err := f.take(g, val, hasValue); err != nil {
		return f, fmt.Errorf("fault %q: %w; for example %s", clip(s), err, g.says)
	}
	return f, nil
}

// places reads what stands between the kind and "=": a token, a rate or both.
func (f *Fault) places(g grammar, s string) error {
	if s == "" {
		return nil
	}
	for i, p := range strings.Split(s, "@") {
		if i > 1 {
			return fmt.Errorf("it has too many @")
		}
		if isRate(p) {
			rate, err := parseRate(p)
			if err != nil {
				return err
			}
			f.Rate = rate
			continue
		}
		n, err := strconv.Atoi(p)
		switch {
		case err != nil || n < 0 || n > maxNumber:
			return fmt.Errorf("%q after @ is neither a token (a whole number from 0) nor a rate (5%% or 0.05)", p)
		case !g.token:
			return fmt.Errorf("%s is at no token", g.kind)
		}
		f.Token = n
	}
	return nil
}

func (f *Fault) take(g grammar, val string, has bool) error {
	var err error
	switch g.value {
	case none:
		if has {
			return fmt.Errorf("it takes no value")
		}
	case text:
		if f.Text = val; val == "" {
			f.Text = "the engine has died (simulated)"
		} else if len(val) > maxText {
			return fmt.Errorf("its text is longer than %d bytes", maxText)
		}
	case number:
		if f.Number, err = strconv.Atoi(val); err != nil || f.Number < 1 || f.Number > maxNumber {
			return fmt.Errorf("it needs a number from 1 to %d", maxNumber)
		}
	case duration:
		if f.For, err = parseDuration(val); err != nil {
			return err
		}
	case status:
		code, wait, waits := strings.Cut(val, "/")
		if f.Number, err = strconv.Atoi(code); err != nil || f.Number < 400 || f.Number > 599 {
			return fmt.Errorf("it needs a status from 400 to 599")
		}
		if waits {
			f.For, err = parseDuration(wait)
		}
		return err
	}
	return nil
}

func parseDuration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 || d > maxFor {
		return 0, fmt.Errorf("it needs a time above 0 and up to %v", maxFor)
	}
	return d, nil
}

func isRate(s string) bool {
	_, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
	return err == nil && strings.ContainsAny(s, "%.")
}

func parseRate(s string) (float64, error) {
	number, percent := strings.CutSuffix(s, "%")
	r, err := strconv.ParseFloat(number, 64)
	if percent {
		r /= 100
	}
	if err != nil || !(r > 0 && r <= 1) {
		return 0, fmt.Errorf("the rate %q is not above 0 and up to 1 (or 100%%)", s)
	}
	return r, nil
}

// ParseList reads faults with commas between them. An error's text holds no
// comma here.
func ParseList(s string) ([]Fault, error) {
	var out []Fault
	for part := range strings.SplitSeq(s, ",") {
		f, err := Parse(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		if out = append(out, f); len(out) > maxFaults {
			return nil, fmt.Errorf("there are more than %d faults", maxFaults)
		}
	}
	return out, nil
}

// String is what Parse reads.
func (f Fault) String() string {
	var b strings.Builder
	b.WriteString(string(f.Kind))
	if f.Token >= 0 {
		fmt.Fprintf(&b, "@%d", f.Token)
	}
	switch {
	case f.Text != "":
		b.WriteString("=" + f.Text)
	case f.Number > 0:
		fmt.Fprintf(&b, "=%d", f.Number)
		if f.For > 0 {
			b.WriteString("/" + f.For.String())
		}
	case f.For > 0:
		b.WriteString("=" + f.For.String())
	}
	if f.Rate < 1 || f.Text != "" {
		b.WriteString("@" + strconv.FormatFloat(f.Rate*100, 'g', -1, 64) + "%")
	}
	return b.String()
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (f *Fault) UnmarshalText(b []byte) error {
	v, err := Parse(string(b))
	if err == nil {
		*f = v
	}
	return err
}

// MarshalText implements encoding.TextMarshaler.
func (f Fault) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// At is the token of an answer of n tokens at which the fault happens.
func (f Fault) At(n int) int {
	if f.Token < 0 {
		return n / 2
	}
	return min(f.Token, n-1)
}

// Choose returns those of the faults that the request with the given index
// has. It depends on nothing else, so that a run can be repeated.
func Choose(all []Fault, seed, index uint64) []Fault {
	var out []Fault
	for i, f := range all {
		if f.Rate >= 1 || seeded.Uniform(seeded.Mix(seeded.Mix(seed^uint64(i)<<32)+index)) < f.Rate {
			out = append(out, f)
		}
	}
	return out
}

func names() string {
	all := make([]string, len(kinds))
	for i, g := range kinds {
		all[i] = string(g.kind)
	}
	return strings.Join(all, ", ")
}

func clip(s string) string { return plaintext.Clip(s, maxText) }
