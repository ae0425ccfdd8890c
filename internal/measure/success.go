package measure

import (
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// Success is how many requests succeeded, and what that number is worth.
type Success struct {
	stats.Count // Least succeeded; Most includes those that were cut
	// Outages are those of the requests that ended: what those that were cut would
	// have come to is open, and that they were cut together says nothing.
	Outages stats.Outages
}

// Success counts the requests from a row on, once settled.
func (c *Collector) Success(from int) Success {
	var s Success
	var failed []bool
	var groups []int32
	for i := from; i < len(c.state); i++ {
		s.N++
		if c.Cut(i) {
			s.Most++
			continue
		}
		ok := c.OK(i)
		if ok {
			s.Least++
			s.Most++
		}
		failed = append(failed, !ok)
		if c.KeepTurns {
			groups = append(groups, c.sessions[i])
		}
	}
	s.Outages = stats.NewOutages(failed, groups)
	return s
}

// Ended is how many of the requests ended of themselves.
func (s Success) Ended() int { return s.N - (s.Most - s.Least) }

// NEff is the effective sample size for a decision at error alpha.
func (s Success) NEff(alpha float64) float64 {
	if s.Ended() == 0 {
		return 0
	}
	return s.Outages.NEff(alpha) * float64(s.N) / float64(s.Ended())
}

// rate is the share that succeeded of those that ended, with Wilson's interval at
// the effective size. Of those that were cut, none or all might have succeeded.
func (s Success) rate() result.Rate {
	r := result.Rate{Unit: unitOf("success"), N: s.Ended()}
	if r.N == 0 {
		r.Withheld = "no request ended"
		return r
	}
	n := float64(s.N)
	r.NEff = s.NEff((1 - conf) / 2)
	lo, _ := stats.ScoreInterval(float64(s.Least)/n, r.NEff, conf)
	_, hi := stats.ScoreInterval(float64(s.Most)/n, r.NEff, conf)
	r.Value, r.Lo, r.Hi = result.Num(float64(s.Least)/float64(r.N)), result.Num(lo), result.Num(hi)
	return r
}
