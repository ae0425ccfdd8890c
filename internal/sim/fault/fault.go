// Package fault decides what goes wrong with which request of a simulated
// server. It parses faults, chooses among them by seed and index of a request,
// and keeps rate limits. It only decides: the server and package inject carry
// faults out.
package fault

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/seeded"
)

// Kind is a way in which an answer can go wrong.
type Kind string

// The kinds. Tokens count from 0; without one a fault happens in the middle of
// an answer.
const (
	Status      Kind = "status"       // an error status instead of an answer
	Refuse      Kind = "refuse"       // the connection is closed without a byte
	Reset       Kind = "reset"        // the connection is reset, at once or at a token
	SlowHeaders Kind = "slow-headers" // the headers come late
	Stall       Kind = "stall"        // nothing comes for a while
	Truncate    Kind = "truncate"     // the stream ends well, without a finish reason
	Close       Kind = "close"        // the connection is closed in the middle of the stream
	Malformed   Kind = "malformed"    // a frame is not JSON
	Error       Kind = "error"        // a frame holds an error, under status 200
	NoUsage     Kind = "no-usage"     // no token counts, though they were asked for
	WrongUsage  Kind = "wrong-usage"  // the count of output tokens is too high by this number
	Duplicate   Kind = "duplicate"    // a frame comes twice
	SplitUTF8   Kind = "split-utf8"   // a character comes in two writes
	Coalesce    Kind = "coalesce"     // this number of frames comes in one write
	Buffer      Kind = "buffer"       // a proxy passes on blocks of this size
	DelayEnd    Kind = "delay-end"    // the response ends late, after its last frame
	Freeze      Kind = "freeze"       // the whole server stops for a while
)

// Fault is one of them. The zero Fault is not valid; use Parse.
type Fault struct {
	Kind Kind
	// Token is where it happens, from 0; -1 means the default place.
	Token int
	// Number is a status code, bytes, frames or tokens, depending on the kind.
	Number int
	// For is how long it lasts; of a status, the wait in Retry-After.
	For  time.Duration
	Text string // message of an error
	// Rate is the share of requests that have the fault, above 0 and at most 1. Of a
	// fault of an answer's content it is a share of what is asked, see ChooseContent.
	Rate float64
	// Of, if above 0, says that exactly Exactly of the Of items of an answer key have
	// the fault.
	Exactly, Of int
	// Above, if above 0, says that the fault happens only while more than so many
	// requests are being answered, this one among them.
	Above int
}

// value is what a kind takes after "=".
type value int

const (
	none value = iota
	duration
	number
	text
	status
	optionalNumber
	ending   // why an answer ends: stop, or length
	language // a code
)

type grammar struct {
	kind    Kind
	token   bool // takes one
	value   value
	content bool // it is about what an answer says, not how it is sent
	says    string
}

var kinds = append([]grammar{
	{Status, false, status, false, "status=503, or status=429/2s with Retry-After"},
	{Refuse, false, none, false, "refuse: the connection is closed without an answer"},
	{Reset, true, none, false, "reset, or reset@12 after twelve tokens"},
	{SlowHeaders, false, duration, false, "slow-headers=1s"},
	{Stall, true, duration, false, "stall@12=2s before the thirteenth token"},
	{Truncate, true, none, false, "truncate@12: the stream ends without a finish reason"},
	{Close, true, none, false, "close@12: the connection is closed in the middle"},
	{Malformed, true, none, false, "malformed@12: a frame that is not JSON"},
	{Error, true, text, false, "error@12=text: an error frame under status 200"},
	{NoUsage, false, none, false, "no-usage"},
	{WrongUsage, false, number, false, "wrong-usage=7: seven output tokens too many"},
	{Duplicate, true, none, false, "duplicate@12: a frame twice"},
	{SplitUTF8, true, none, false, "split-utf8@12: a character of four bytes in two writes"},
	{Coalesce, false, number, false, "coalesce=8: eight frames in one write"},
	{Buffer, false, number, false, "buffer=4096: a proxy that passes on blocks of 4096 bytes"},
	{DelayEnd, false, duration, false, "delay-end=1s: the response ends late"},
	{Freeze, false, duration, false, "freeze=1s: the whole server stops"},
}, contents...)

// Usage describes the kinds, one per line; those of an answer's content are examples on
// the last lines.
func Usage() []string {
	var lines []string
	var examples []string
	for _, g := range kinds {
		if g.content {
			example, _, _ := strings.Cut(g.says, ":")
			example, _, _ = strings.Cut(example, ", or")
			examples = append(examples, example)
			continue
		}
		lines = append(lines, g.says)
	}
	for part := range slices.Chunk(examples, 8) {
		lines = append(lines, strings.Join(part, ", "))
	}
	return lines
}

const (
	maxFor    = time.Hour
	maxNumber = 1 << 20
	maxText   = 200
	maxFaults = 32
)

// Parse reads KIND[@TOKEN][=VALUE][@RATE][@>N]. A token is a whole number. A rate is
// a percentage (5%), has a decimal point (0.05) or is an exact number of items (20/200);
// without one every request has the fault. With @>16 it happens only while more than
// 16 requests are being answered.
func Parse(s string) (Fault, error) {
	f := Fault{Token: -1, Rate: 1}
	head, val, hasValue := strings.Cut(s, "=")
	name, places, _ := strings.Cut(head, "@")
	i := slices.IndexFunc(kinds, func(g grammar) bool { return string(g.kind) == name })
	if i < 0 {
		return f, fmt.Errorf("unknown fault %.200q: must be one of %s", name, names())
	}
	g := kinds[i]
	f.Kind = g.kind
	// What follows the last @ of a value is a rate or a condition, if it looks like
	// one: the text of an error may hold other @.
	for hasValue {
		at := strings.LastIndexByte(val, '@')
		if at < 0 || g.value == text && !isRate(val[at+1:]) && !isCondition(val[at+1:]) {
			break
		}
		if err := f.place(grammar{kind: g.kind, content: g.content}, val[at+1:]); err != nil {
			return f, fmt.Errorf("invalid fault %.200q: %w", s, err)
		}
		val = val[:at]
	}
	if places != "" {
		for i, p := range strings.Split(places, "@") {
			err := f.place(g, p)
			if i > 2 {
				err = fmt.Errorf("too many @")
			}
			if err != nil {
				return f, fmt.Errorf("invalid fault %.200q: %w", s, err)
			}
		}
	}
	if err := f.take(g, val, hasValue); err != nil {
		return f, fmt.Errorf("invalid fault %.200q: %w; for example %s", s, err, g.says)
	}
	return f, nil
}

// place parses one part after an @: a token, a rate or a condition.
func (f *Fault) place(g grammar, p string) error {
	if isCondition(p) {
		n, err := strconv.Atoi(p[1:])
		if err != nil || n < 1 || n > maxNumber || f.Above > 0 {
			return fmt.Errorf("%q: a fault happens above one number of requests at once, from 1 to %d (@>16)", p, maxNumber)
		}
		f.Above = n
		return nil
	}
	if isRate(p) {
		if f.Rate < 1 || f.Of > 0 {
			return fmt.Errorf("too many rates")
		}
		return f.rate(g, p)
	}
	n, err := strconv.Atoi(p)
	switch {
	case err != nil || n < 0 || n > maxNumber:
		return fmt.Errorf("%q after @ must be a token (a whole number from 0), a rate (5%%, 0.05 or 20/200) or >N", p)
	case !g.token:
		return fmt.Errorf("%s takes no token here", g.kind)
	case f.Token >= 0:
		return fmt.Errorf("too many tokens")
	}
	f.Token = n
	return nil
}

func (f *Fault) take(g grammar, val string, has bool) error {
	var err error
	switch g.value {
	case none:
		if has {
			return fmt.Errorf("must have no value")
		}
	case text:
		if f.Text = val; val == "" {
			f.Text = "the engine has died (simulated)"
		} else if len(val) > maxText {
			return fmt.Errorf("the text must have at most %d bytes", maxText)
		}
	case number:
		if f.Number, err = strconv.Atoi(val); err != nil || f.Number < 1 || f.Number > maxNumber {
			return fmt.Errorf("the value must be a number from 1 to %d", maxNumber)
		}
	case optionalNumber:
		if has {
			if f.Number, err = strconv.Atoi(val); err != nil || f.Number < 1 || f.Number > maxNumber {
				return fmt.Errorf("the value must be a number from 1 to %d", maxNumber)
			}
		}
	case ending:
		if f.Text = val; has && val != "stop" && val != "length" {
			return fmt.Errorf("the value must be stop or length")
		}
	case language:
		if f.Text = val; has && !slices.Contains(Languages, val) {
			return fmt.Errorf("the value must be one of %s", strings.Join(Languages, ", "))
		}
	case duration:
		if f.For, err = parseDuration(val); err != nil {
			return err
		}
	case status:
		code, wait, waits := strings.Cut(val, "/")
		if f.Number, err = strconv.Atoi(code); err != nil || f.Number < 400 || f.Number > 599 {
			return fmt.Errorf("the value must be a status from 400 to 599")
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
		return 0, fmt.Errorf("the value must be a duration above 0 and up to %v", maxFor)
	}
	return d, nil
}

func isCondition(s string) bool { return strings.HasPrefix(s, ">") }

func isRate(s string) bool {
	if k, n, ok := strings.Cut(s, "/"); ok {
		return isWhole(k) && isWhole(n)
	}
	_, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
	return err == nil && strings.ContainsAny(s, "%.")
}

func isWhole(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func (f *Fault) rate(g grammar, s string) error {
	if k, n, ok := strings.Cut(s, "/"); ok {
		exactly, err := strconv.Atoi(k)
		of, err2 := strconv.Atoi(n)
		if err != nil || err2 != nil || exactly < 1 || exactly > of || of > maxNumber {
			return fmt.Errorf("invalid rate %q: must be from 1 to all of up to %d items", s, maxNumber)
		}
		if !g.content {
			return fmt.Errorf("invalid rate %q: %s happens to requests, not to items of an answer key; give a share", s, g.kind)
		}
		f.Exactly, f.Of, f.Rate = exactly, of, float64(exactly)/float64(of)
		return nil
	}
	number, percent := strings.CutSuffix(s, "%")
	r, err := strconv.ParseFloat(number, 64)
	if percent {
		r /= 100
	}
	if err != nil || !(r > 0 && r <= 1) {
		return fmt.Errorf("invalid rate %q: must be above 0 and at most 1 (or 100%%)", s)
	}
	f.Rate = r
	return nil
}

// ParseList reads faults separated by commas, so the text of an error cannot
// have a comma here.
func ParseList(s string) ([]Fault, error) {
	var out []Fault
	for part := range strings.SplitSeq(s, ",") {
		f, err := Parse(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		if out = append(out, f); len(out) > maxFaults {
			return nil, fmt.Errorf("more than %d faults", maxFaults)
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
	switch {
	case f.Of > 0:
		fmt.Fprintf(&b, "@%d/%d", f.Exactly, f.Of)
	case f.Rate < 1 || f.Kind == Error:
		b.WriteString("@" + strconv.FormatFloat(f.Rate*100, 'g', -1, 64) + "%")
	}
	if f.Above > 0 {
		fmt.Fprintf(&b, "@>%d", f.Above)
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

// Choose returns the faults that the request with the given index has, but for those
// of an answer's content. atOnce is how many requests are being answered, this one
// among them. They depend on nothing else, so that a run can be repeated.
func Choose(all []Fault, seed, index uint64, atOnce int) []Fault {
	var out []Fault
	for i, f := range all {
		if f.IsContent() || f.Above > 0 && atOnce <= f.Above {
			continue
		}
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
