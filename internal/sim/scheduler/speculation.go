package scheduler

import "github.com/inferometer/inferometer/internal/seeded"

// Speculation is speculative decoding: each decode step checks Tokens drafts of
// every sequence, keeps those before the first wrong one, and adds one token of
// its own. The zero Speculation has no drafts.
type Speculation struct {
	Tokens int // drafts per step (γ)
	// Length is the mean number of tokens that a step brings, its own included:
	// between 1 and Tokens+1.
	Length float64
}

// acceptance is the probability a that a draft is right, from
// Length = (1 − a^(γ+1)) / (1 − a), under the usual assumption that drafts
// are right independently of each other.
func (s Speculation) acceptance() float64 {
	if s.Tokens < 1 || s.Length <= 1 {
		return 0
	}
	low, high := 0.0, 1.0
	for range 60 {
		a := (low + high) / 2
		length, power := 1.0, 1.0
		for range s.Tokens {
			power *= a
			length += power
		}
		if length < s.Length {
			low = a
		} else {
			high = a
		}
	}
	return (low + high) / 2
}

// accepted draws how many drafts of a request are right. It depends on the token
// that they follow, so that a repeated step brings the same.
func (s *Scheduler) accepted(r *Request, drafts int) int {
	bits := seeded.Mix(r.own ^ uint64(r.Generated+r.ahead))
	for k := range drafts {
		if seeded.Uniform(bits) >= s.accept {
			return k
		}
		bits = seeded.Mix(bits)
	}
	return drafts
}
