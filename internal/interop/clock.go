package interop

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Clock is how the numbers of a trace are read as times.
type Clock struct {
	Unit  string `json:"unit"`            // s, ms, us or ns
	Epoch bool   `json:"epoch,omitempty"` // they count from 1970; else from the trace's start
	// From says who knows the unit: "given" by the user, the "column" by its name,
	// "detected" in the times, or the "format".
	From string `json:"from"`
}

// String says it in words.
func (c Clock) String() string {
	text := c.Unit + ", from a start of its own"
	if c.Epoch {
		text = c.Unit + " since 1970"
	}
	switch c.From {
	case clockGiven:
		return text + " (--trace-unit)"
	case clockNamed:
		return text + " (by the name of the column)"
	case clockDetected:
		return text + " (detected)"
	}
	return text + " (the format's unit; --trace-unit gives another)"
}

// Sources of a unit.
const (
	clockGiven    = "given"
	clockNamed    = "column"
	clockDetected = "detected"
	clockFormat   = "format"
)

// clockUnit is a unit of time and its name.
type clockUnit struct {
	name string
	unit time.Duration
}

var clockUnits = []clockUnit{{"s", time.Second}, {"ms", time.Millisecond}, {"us", time.Microsecond}, {"ns", time.Nanosecond}}

// ParseUnit reads a unit of time; "" is 0: it is to be found.
func ParseUnit(text string) (time.Duration, error) {
	for _, u := range clockUnits {
		if u.name == text {
			return u.unit, nil
		}
	}
	if text == "" {
		return 0, nil
	}
	return 0, fmt.Errorf("invalid unit of time %q: must be s, ms, us or ns", text)
}

// Times since 1970 in seconds: those of the years 2015 to 2035. As offsets they would
// be traces of half a lifetime.
const epochFrom, epochTo = 1_420_000_000, 2_051_000_000

// epochUnit returns the unit in which a number is a time since 1970.
func epochUnit(x float64) (time.Duration, bool) {
	for _, u := range clockUnits {
		if per := float64(time.Second / u.unit); x >= epochFrom*per && x < epochTo*per {
			return u.unit, true
		}
	}
	return 0, false
}

// ticker reads numbers as times.
type ticker struct {
	given time.Duration // by the user; 0: nobody said
	named time.Duration // by the name of the column; 0: it says none
	unit  time.Duration // in force from the first time on
	Clock
	last float64
}

// at reads a time, or says why it cannot be one. usual is the unit that the format
// has.
func (t *ticker) at(x *float64, usual time.Duration) (ns int64, why string) {
	if x == nil {
		return 0, "it is missing"
	}
	found, epoch := epochUnit(*x)
	switch {
	case t.unit == 0 && t.given > 0:
		t.begin(t.given, epoch && found == t.given, clockGiven)
	case t.unit == 0 && t.named > 0:
		t.begin(t.named, epoch && found == t.named, clockNamed)
	case t.unit == 0 && epoch:
		t.begin(found, true, clockDetected)
	case t.unit == 0:
		t.begin(usual, false, clockFormat)
	case t.From == clockGiven, t.From == clockNamed:
	case t.Epoch && (!epoch || found != t.unit):
		return 0, fmt.Sprintf("is not a time in %s since 1970, as those of the rows above are", t.Unit)
	case !t.Epoch && epoch && *x > 2*t.last:
		return 0, "is a time since 1970, and those of the rows above are not"
	}
	if ns, why = moment(x, t.unit); why == "" {
		t.last = *x
	}
	return ns, why
}

func (t *ticker) begin(unit time.Duration, epoch bool, from string) {
	t.unit = unit
	i := slices.IndexFunc(clockUnits, func(u clockUnit) bool { return u.unit == unit })
	t.Clock = Clock{Unit: clockUnits[i].name, Epoch: epoch, From: from}
}

// Rates of whole traces, in requests per second, that are taken for a wrong unit
// where nobody gave one: above those of any service of one model, and below one
// request an hour.
const fastest, slowest = 1000, 1.0 / 3600

// fewTimes is too few rows to judge a unit by.
const fewTimes = 20

// plausible refuses a unit that nobody gave with which the trace is far too fast
// or too slow.
func (t *ticker) plausible(rows int, span time.Duration) error {
	if t.From != clockFormat || rows < fewTimes || span <= 0 {
		return nil
	}
	rate := float64(rows-1) / span.Seconds()
	if rate >= slowest && rate <= fastest {
		return nil
	}
	text := ""
	for _, u := range clockUnits {
		if r := rate * float64(t.unit) / float64(u.unit); u.unit != t.unit && r >= slowest && r <= fastest {
			text += fmt.Sprintf("; in %s it would be %s", u.name, rateText(r))
		}
	}
	return fmt.Errorf("its %d rows are %v long, which is %s, if their times are in %s as this format has them%s. Give the unit with --trace-unit", rows, span, rateText(rate), t.Unit, text)
}

// rateText is a rate in words.
func rateText(r float64) string {
	if r < 0.01 {
		return fmt.Sprintf("one request in %v", time.Duration(math.Round(1/r))*time.Second)
	}
	return fmt.Sprintf("%.3g requests/s", r)
}
