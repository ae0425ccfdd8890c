package loadgen

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"math"
	"time"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/seeded"
	"github.com/inferometer/inferometer/internal/warmup"
)

// Shape is the load of one cell: closed where Users is set, else open, by a
// schedule or by the recorded Times.
type Shape struct {
	Users int           // closed loop: users that each wait for their answer
	Think time.Duration // pause before a user's next request, or the next turn of a conversation
	// Pause is the think time after a request, instead of Think; nil: Think after
	// each.
	Pause func(x *exchange.Exchange) time.Duration
	// Spread is the time over which closed-loop users start, one e2e or so, so
	// that they do not march in step.
	Spread time.Duration

	Schedule arrival.Schedule // open loop
	Times    []time.Duration  // open loop by trace: offsets from the start, in order
	Speed    float64          // trace time is divided by it; 0 means 1
	// Turn says of the arrival Times[i] which session it is a turn of (0: of
	// none), and its pause after the end of the previous turn. A turn is due at
	// its recorded time or after that pause, whichever is later. Nil: all
	// arrivals go at their times.
	Turn func(i int) (session int, think time.Duration)

	// Warmup requests go before the measured part at least, and are in no
	// statistic. In an open loop they come by its process, at the rate with which it
	// begins. In a closed loop, if there is one for each user, the measured part
	// begins when all users have had theirs; until then some send another one
	// (MostWarmup). Before recorded Times, the first of these are the warm-up.
	Warmup int
	// Settle makes the warm-up last longer than that.
	Settle   Settling
	Requests int           // measured requests; 0: by Duration alone
	Cooldown int           // requests after them at most; 0: as many as MostCooldown says
	Duration time.Duration // measured time; 0: by Requests alone
	// Conversations are all that are begun, for RunConversations; 0: as many as fit.
	Conversations int

	Limit       *Limit        // of the target's provider, which paces its users; nil: none
	MaxInflight int           // wait for a slot beyond it; 0: no limit
	Grace       time.Duration // how long measured requests may still run at the end
	Ahead       int           // requests that are prepared ahead of time, at most; 0: 1024
}

// Settling is how long a warm-up lasts, beyond its number of requests. The zero
// value adds nothing.
type Settling struct {
	Time time.Duration // at least so long
	// Cap makes it last until the load has settled (package warmup), and at most so
	// long; 0: that is not waited for.
	Cap time.Duration
	// Requests is how many there are at most in a closed loop that waits for that,
	// but not less than Shape.Warmup; 0: any number.
	Requests int
	// Known are latencies of earlier loads (warmup.Watch).
	Known warmup.Latencies
}

// warmupGap is the mean time, at most, between two warm-up requests of an open loop
// with a fixed number of them: at a low rate the measured part would begin much
// later than anyone expects.
const warmupGap = time.Second

// Open reports whether the shape is an open loop.
func (s Shape) Open() bool { return s.Users == 0 }

// Awaits reports whether the end of an answer makes another request due, or frees the
// slot that one waits for: then an answer whose end is read late makes the next request
// late.
func (s Shape) Awaits() bool {
	if s.Open() {
		return s.MaxInflight > 0 || s.Turn != nil
	}
	burst := s.Requests > 0 && s.Requests <= s.Users && !s.warm() // of which each user sends one
	return !burst || s.MaxInflight > 0 || s.Conversations > 0
}

// Validate says what is wrong with the shape.
func (s Shape) Validate() error {
	switch {
	case s.Users < 0:
		return fmt.Errorf("users must be positive, got %d", s.Users)
	case s.Users > 0 && (s.Schedule.Process != "" || len(s.Times) > 0):
		return errors.New("a load is either closed (users) or open (rate or trace), not both")
	case s.Requests < 0 || s.Warmup < 0 || s.Cooldown < 0 || s.MaxInflight < 0 || s.Ahead < 0 || s.Conversations < 0:
		return errors.New("requests, warm-up, max-inflight and ahead cannot be negative")
	case s.Duration < 0 || s.Think < 0 || s.Grace < 0 || s.Spread < 0 || s.Settle.Time < 0 || s.Settle.Cap < 0:
		return errors.New("times cannot be negative")
	case s.Requests == 0 && s.Duration == 0 && len(s.Times) == 0 && s.Conversations == 0:
		return errors.New("a load needs an end: requests or duration")
	case s.Speed < 0 || math.IsNaN(s.Speed) || math.IsInf(s.Speed, 0):
		return fmt.Errorf("speed must be a positive number, got %v", s.Speed)
	case s.Open() && len(s.Times) == 0:
		return s.Schedule.Validate()
	}
	return nil
}

// MostCooldown is how many requests may follow so many measured ones, to keep the
// load up until those have ended: ten per user of a closed loop and no more than
// were measured, as many as were measured of an open one, or a hundred. They are in
// no statistic and cost as much as those that are.
func (s Shape) MostCooldown(measured int) int {
	if s.Cooldown > 0 {
		return s.Cooldown
	}
	if s.Open() {
		return max(100, measured)
	}
	return min(10*s.Users, measured)
}

// recorded reports whether the load is recorded Times, with its warm-up among them.
func (s Shape) recorded() bool { return len(s.Times) > 0 && s.Schedule.Process == "" }

// warmupDues are the due times of the warm-up of an open loop, as offsets from its
// start: a process like that of the measured part, at the rate with which it begins.
func (s Shape) warmupDues() iter.Seq[time.Duration] {
	of := s.Schedule
	of.Curve = arrival.Flat(s.WarmupRate())
	of.Seed = seeded.Mix(of.Seed ^ warmupSeed)
	return of.Times()
}

// WarmupRate is the rate of the warm-up of an open loop, in requests per second.
func (s Shape) WarmupRate() float64 {
	rate := s.Schedule.Curve.Begin()
	if s.Settle.Cap == 0 && s.Settle.Time == 0 {
		rate = max(rate, 1/warmupGap.Seconds())
	}
	return rate
}

// warmupSeed makes the arrivals of the warm-up others than those of the measured
// part.
const warmupSeed = 0x7761726d

// dues are the due times of an open loop after its warm-up, as offsets from the
// first of them. Where they are recorded the warm-up is among them.
func (s Shape) dues() iter.Seq[time.Duration] {
	if len(s.Times) == 0 {
		return s.Schedule.Times()
	}
	speed := cmp.Or(s.Speed, 1)
	return func(yield func(time.Duration) bool) {
		for _, t := range s.Times {
			if !yield(time.Duration(float64(t) / speed)) {
				return
			}
		}
	}
}
