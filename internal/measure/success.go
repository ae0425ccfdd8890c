package measure

import (
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// Success is how many requests succeeded, and what that number is worth.
type Success struct {
	stats.Count // Least succeeded; Most includes those that were cut
	// Outages are those of the requests that failed, or that a server left without
	// an answer until they were cut.
	Outages stats.Outages
}

// Success counts the requests from a row on, once settled.
func (c *Collector) Success(from int) Success {
	s := Success{Count: stats.Count{N: max(0, len(c.state)-from)}}
	failed, cut := make([]bool, s.N), make([]bool, s.N)
	var groups []int32
	for i := range s.N {
		ok := c.OK(from + i)
		cut[i] = c.Cut(from + i)
		failed[i] = !ok && !cut[i]
		if ok {
			s.Least++
		}
		if ok || cut[i] {
			s.Most++
		}
	}
	if c.KeepTurns {
		groups = c.sessions[from:]
	}
	s.Outages = stats.NewOutages(failed, cut, groups)
	return s
}

// Ended is how many of the requests ended of themselves.
func (s Success) Ended() int { return s.N - (s.Most - s.Least) }

// rate is the share that succeeded of those that ended, with Wilson's interval at
// the effective size. Of those that were cut, none or all might have succeeded.
func (s Success) rate() result.Rate {
	r := result.Rate{Unit: unitOf("success"), N: s.Ended()}
	if r.N == 0 {
		r.Withheld = "no request ended"
		return r
	}
	n := float64(s.N)
	r.NEff = s.Outages.NEff((1 - conf) / 2)
	lo, _ := stats.ScoreInterval(float64(s.Least)/n, r.NEff, conf)
	_, hi := stats.ScoreInterval(float64(s.Most)/n, r.NEff, conf)
	r.Value, r.Lo, r.Hi = result.Num(float64(s.Least)/float64(r.N)), result.Num(lo), result.Num(hi)
	return r
}
