package fault

import (
	"sync"
	"time"
)

// Limit is a rate limit per minute in the form of a bucket, as commercial APIs
// have it: it is full at first, and refills evenly. The zero Limit allows
// nothing; use NewLimit.
type Limit struct {
	perMinute float64

	mu   sync.Mutex // protects what follows
	left float64
	at   time.Time
}

// NewLimit returns a limit that is full at the given moment. perMinute is at
// least 1.
func NewLimit(perMinute int, now time.Time) *Limit {
	n := float64(max(perMinute, 1))
	return &Limit{perMinute: n, left: n, at: now}
}

// Level is a limit after a request.
type Level struct {
	Limit, Remaining int
	Reset            time.Duration // until it is full again
	// Retry is how long to wait until the bucket holds what was refused; 0 if it
	// was given.
	Retry time.Duration
}

// Take takes n at the given moment, if the bucket holds them. It never holds
// more than the limit, so a larger n waits for a full bucket.
func (l *Limit) Take(n int, now time.Time) (Level, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.grow(now)
	ok := float64(n) <= l.left
	if ok {
		l.left -= float64(n)
	}
	v := l.level()
	if !ok {
		v.Retry = max(l.until(min(float64(n), l.perMinute)-l.left), time.Millisecond)
	}
	return v, ok
}

// Return puts back what was taken for a request that another limit refused.
func (l *Limit) Return(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left = min(l.left+float64(n), l.perMinute)
}

func (l *Limit) grow(now time.Time) {
	if d := now.Sub(l.at); d > 0 {
		l.left = min(l.left+d.Minutes()*l.perMinute, l.perMinute)
		l.at = now
	}
}

func (l *Limit) level() Level {
	return Level{Limit: int(l.perMinute), Remaining: int(l.left), Reset: l.until(l.perMinute - l.left)}
}

func (l *Limit) until(n float64) time.Duration {
	return time.Duration(n / l.perMinute * float64(time.Minute))
}
