package blocks

import (
	"time"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/warmup"
)

// settlePerUser is how many warm-up requests of a user are waited for at most: what
// they fill is there after some three of them.
const settlePerUser = 10

// WarmedUp returns the shape of a load with its warm-up. What the plan fixes holds;
// else it lasts until the load has settled (package warmup), at most a minute or as
// long as the load itself, and, in a closed loop, as many requests as that has, or
// ten per user. A rate that changes has no steady part to settle for: before it come
// the requests of a second. So does a trace's (conduct).
func WarmedUp(l plan.LoadPlan, s loadgen.Shape) loadgen.Shape {
	s.Warmup = cells.LoadWarmup(l)
	switch {
	case l.Warmup != nil:
		s.Settle.Time = l.Warmup.Time
	case l.RateCurve == "" && l.Trace == "" && (s.Users > 0 || s.Schedule.Process != ""):
		s.Settle.Cap = SettleCap(s)
		if s.Users > 0 {
			s.Settle.Requests = settlePerUser * s.Users
			if s.Requests > 0 {
				s.Settle.Requests = max(s.Users, min(s.Settle.Requests, s.Requests))
			}
		}
	}
	return s
}

// SettleCap is how long a load of a shape may take to settle: a minute, or as long
// as its measured part is known to be.
func SettleCap(s loadgen.Shape) time.Duration {
	most := warmup.Cap
	if s.Duration > 0 {
		most = min(most, s.Duration)
	}
	if s.Open() && s.Requests > 0 && s.Schedule.Process != "" {
		if rate := s.Schedule.Curve.Begin(); rate > 0 && float64(s.Requests)/rate < most.Seconds() {
			most = time.Duration(float64(s.Requests) / rate * 1e9)
		}
	}
	return most
}

// beforeRequests is how many requests of a closed loop come before a trace or
// conversations at least, unless the plan wants none.
const beforeRequests = 4

// Before is the closed loop that comes before a trace or conversations in place of a
// warm-up of their own. It lasts as long as the plan says, in requests or time. It
// drains before the load begins, so there is no state that it could wait for.
func Before(l plan.LoadPlan, conversing bool) loadgen.Shape {
	s := loadgen.Shape{Users: max(1, l.Users)}
	w := l.Warmup
	switch {
	case w != nil && w.None():
	case w != nil && w.Time > 0:
		s.Duration = w.Time
	case w != nil:
		s.Requests = max(beforeRequests, w.Requests)
	default:
		s.Requests = beforeRequests
	}
	if conversing && s.Requests > 0 {
		s.Requests = max(s.Requests, cells.LoadWarmup(l))
	}
	return s
}
