package arrival

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Curve is a request rate over time. The zero Curve has no rate; Flat(5) is 5
// requests/s for ever.
type Curve struct {
	kind   kind
	rates  []float64     // 1/s; see kind
	period time.Duration // of a ramp in all, of each step, of a sine, between bursts
	burst  time.Duration // how long a burst lasts
}

type kind string

const (
	flat  kind = ""
	ramp  kind = "ramp"  // from rates[0] to rates[1] over period, and then on
	step  kind = "step"  // each of rates for period, and the last one on
	sine  kind = "sine"  // between rates[0] and rates[1], beginning in the middle
	burst kind = "burst" // rates[0], and rates[1] for burst at the start of each period
)

// Flat is a constant rate, in requests/s.
func Flat(rate float64) Curve { return Curve{rates: []float64{rate}} }

// Forms says how a curve is written, for help and messages.
const Forms = "ramp:FROM..TO/TIME, step:RATE,RATE,…/TIME, sine:LOW..HIGH/PERIOD or burst:BASE..PEAK/PERIOD/LENGTH, as in ramp:0..10/60s"

// ParseCurve reads a curve in one of Forms, or a plain rate.
func ParseCurve(s string) (Curve, error) {
	fail := func(why string) (Curve, error) {
		return Curve{}, fmt.Errorf("the rate curve %q cannot be read: %s; write %s", s, why, Forms)
	}
	name, rest, ok := strings.Cut(s, ":")
	if !ok {
		rate, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return fail("it is neither a rate nor one of the curves")
		}
		return Flat(rate), Flat(rate).Validate()
	}
	c := Curve{kind: kind(name)}
	parts := strings.Split(rest, "/")
	between := ".."
	times := 1
	switch c.kind {
	case step:
		between = ","
	case burst:
		times = 2
	case ramp, sine:
	default:
		return fail(fmt.Sprintf("unknown curve %q", name))
	}
	if len(parts) != 1+times {
		return fail(fmt.Sprintf("a %s has %d times, each after a slash", name, times))
	}
	for text := range strings.SplitSeq(parts[0], between) {
		rate, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil {
			return fail(fmt.Sprintf("invalid rate %q: must be a number of requests per second", text))
		}
		c.rates = append(c.rates, rate)
	}
	for i, d := range []*time.Duration{&c.period, &c.burst}[:times] {
		var err error
		if *d, err = time.ParseDuration(parts[1+i]); err != nil {
			return fail(fmt.Sprintf("invalid time %q: must be a duration such as 30s", parts[1+i]))
		}
	}
	if err := c.Validate(); err != nil {
		return fail(err.Error())
	}
	return c, nil
}

// String writes the curve as ParseCurve reads it.
func (c Curve) String() string {
	rates := make([]string, len(c.rates))
	for i, r := range c.rates {
		rates[i] = strconv.FormatFloat(r, 'g', -1, 64)
	}
	switch c.kind {
	case flat:
		return strings.Join(rates, "")
	case step:
		return fmt.Sprintf("step:%s/%v", strings.Join(rates, ","), c.period)
	case burst:
		return fmt.Sprintf("burst:%s/%v/%v", strings.Join(rates, ".."), c.period, c.burst)
	}
	return fmt.Sprintf("%s:%s/%v", c.kind, strings.Join(rates, ".."), c.period)
}

// MarshalText implements encoding.TextMarshaler.
func (c Curve) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// Validate says what is wrong with the curve.
func (c Curve) Validate() error {
	most := 0.0
	for _, r := range c.rates {
		if r < 0 || math.IsNaN(r) || math.IsInf(r, 0) {
			return fmt.Errorf("invalid rate %v: must be a number of requests per second", r)
		}
		most = max(most, r)
	}
	two := c.kind == ramp || c.kind == sine || c.kind == burst
	switch {
	case most == 0:
		return errors.New("the rate must be positive, in requests per second")
	case two && len(c.rates) != 2:
		return fmt.Errorf("a %s has two rates", c.kind)
	case c.kind != flat && c.period <= 0:
		return errors.New("its time must be positive")
	case c.kind == burst && (c.burst <= 0 || c.burst >= c.period):
		return errors.New("a burst must be shorter than the time from one to the next")
	case c.kind == sine && c.rates[0] > c.rates[1]:
		return errors.New("a sine is written from its lowest rate to its highest")
	}
	return nil
}

// Length is the time after which nothing new happens: the end of a ramp or of
// the last step, one period of what repeats, 0 for a constant rate.
func (c Curve) Length() time.Duration {
	if c.kind == step {
		return c.period * time.Duration(len(c.rates))
	}
	return c.period
}

// Begin is the rate of a warm-up before the curve: that of its beginning, or of
// its mean where it begins at nothing.
func (c Curve) Begin() float64 {
	if r := c.Rate(0); r > 0 {
		return r
	}
	length := c.Length().Seconds()
	return c.Expected(length) / length
}

// Peak is the highest rate.
func (c Curve) Peak() float64 {
	most := 0.0
	for _, r := range c.rates {
		most = max(most, r)
	}
	return most
}

// Rate is the rate at t seconds, in requests/s.
func (c Curve) Rate(t float64) float64 {
	p := c.period.Seconds()
	switch c.kind {
	case ramp:
		return c.rates[0] + (c.rates[1]-c.rates[0])*min(1, t/p)
	case step:
		return c.rates[min(len(c.rates)-1, int(t/p))]
	case sine:
		return (c.rates[0]+c.rates[1])/2 + (c.rates[1]-c.rates[0])/2*math.Sin(2*math.Pi*t/p)
	case burst:
		if math.Mod(t, p) < c.burst.Seconds() {
			return c.rates[1]
		}
	}
	return c.rates[0]
}

// Expected is how many arrivals are expected in the first t seconds: the
// integral of the rate.
func (c Curve) Expected(t float64) float64 {
	p := c.period.Seconds()
	switch c.kind {
	case ramp:
		u := min(t, p)
		return c.rates[0]*u + (c.rates[1]-c.rates[0])*u*u/(2*p) + c.rates[1]*max(0, t-p)
	case step:
		sum := 0.0
		for i, r := range c.rates {
			end := float64(i+1) * p
			if i == len(c.rates)-1 {
				end = math.Inf(1)
			}
			if part := min(t, end) - float64(i)*p; part > 0 {
				sum += r * part
			}
		}
		return sum
	case sine:
		return (c.rates[0]+c.rates[1])/2*t + (c.rates[1]-c.rates[0])/2*p/(2*math.Pi)*(1-math.Cos(2*math.Pi*t/p))
	case burst:
		b := c.burst.Seconds()
		whole := math.Floor(t / p)
		part := t - whole*p
		return whole*(c.rates[1]*b+c.rates[0]*(p-b)) + c.rates[1]*min(part, b) + c.rates[0]*max(0, part-b)
	}
	return c.rates[0] * t
}

// invert is the time in seconds at which n arrivals are expected; +Inf if that
// never comes. Exact for a constant rate, else to within a nanosecond.
func (c Curve) invert(n float64) float64 {
	if c.kind == flat {
		return n / c.rates[0]
	}
	if n == 0 && c.Rate(0) > 0 {
		return 0
	}
	hi := max(1, c.Length().Seconds())
	for c.Expected(hi) < n {
		if hi *= 2; hi > 1e12 {
			return math.Inf(1)
		}
	}
	lo := 0.0
	for hi-lo > 1e-9 && lo < (lo+hi)/2 && (lo+hi)/2 < hi {
		if mid := (lo + hi) / 2; c.Expected(mid) < n {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi
}
