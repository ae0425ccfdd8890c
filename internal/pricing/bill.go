package pricing

import (
	"math"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
)

// Use is the tokens that a provider bills for a request. The parts of the input and
// of the output are included in them, as OpenAI counts; package dialect makes the
// same of what other APIs count.
type Use struct {
	Input        int
	Cached       int // of Input: read from the provider's cache
	CacheWrite   int // of Input: written to the cache, those for an hour included
	CacheWrite1h int // of CacheWrite: for an hour
	Output       int
	Reasoning    int // of Output
	// AtMost says that the server did not report all of them: those that are
	// missing are the most that the request can have had.
	AtMost bool
}

// Bound is the most that a request can use, before it is sent: the input tokens
// that it can have at most, and the limit of its answer.
func Bound(x *exchange.Exchange) Use {
	in := x.InputBound
	if in == 0 { // an older log
		in = int(math.Ceil(1.5 * float64(x.AskedInput)))
	}
	return Use{Input: in, Output: x.AskedOutput, AtMost: true}
}

// Used is what is billed for a request that has ended, by the server's usage. A
// request that was refused, or never sent whole, is not billed. One that failed or
// was cut without usage is billed for the most that it can have had, because
// providers bill what they had begun; one with usage is billed by it, whatever
// became of its answer. Nothing is retried unseen: each attempt is an exchange of its
// own.
func Used(x *exchange.Exchange) Use {
	if x.InputTokens == nil && x.OutputTokens == nil && (x.Status >= 400 || !x.Sent.Happened()) {
		return Use{}
	}
	u := Bound(x)
	if x.InputTokens != nil {
		u.Input = *x.InputTokens
		u.Cached = part(x.CachedTokens, u.Input)
		u.CacheWrite = part(x.CacheWriteTokens, u.Input-u.Cached)
		u.CacheWrite1h = part(x.CacheWrite1hTokens, u.CacheWrite)
	}
	if x.OutputTokens != nil {
		u.Output = *x.OutputTokens
		u.Reasoning = part(x.ReasoningTokens, u.Output)
	}
	// Where the request has no output, as with embeddings, nothing of it is missing.
	u.AtMost = x.InputTokens == nil || x.OutputTokens == nil && u.Output > 0
	return u
}

// part is a count of some of whole tokens; nil is none.
func part(n *int, whole int) int {
	if n == nil {
		return 0
	}
	return min(max(0, *n), whole)
}

// Sum is the tokens of several requests, and what they cost together.
type Sum struct {
	Requests   int `json:"requests"`
	Input      int `json:"input_tokens"` // cached ones included
	Cached     int `json:"cached_tokens,omitempty"`
	CacheWrite int `json:"cache_write_tokens,omitempty"`
	Output     int `json:"output_tokens"`
	// USD is nil where nothing is charged by the token, and in older logs. It is
	// no function of the sums: long requests have prices of their own.
	USD *float64 `json:"usd,omitempty"`
}

// add adds tokens of n requests that cost usd; nil: it is not known.
func (s *Sum) add(o Sum) {
	if o.Requests == 0 {
		return
	}
	switch {
	case s.Requests == 0:
		s.USD = o.USD
	case s.USD != nil && o.USD != nil:
		s.USD = new(*s.USD + *o.USD)
	default:
		s.USD = nil
	}
	s.Requests, s.Input, s.Cached, s.CacheWrite, s.Output = s.Requests+o.Requests, s.Input+o.Input, s.Cached+o.Cached, s.CacheWrite+o.CacheWrite, s.Output+o.Output
}

// cost is what the sum costs. Where that was not noted, in older logs, the tokens are
// taken for those of short requests: only probes are noted as sums.
func (s Sum) cost(p result.Price) float64 {
	switch {
	case s.Requests == 0:
		return 0
	case s.USD != nil:
		return *s.USD
	}
	p.LongContext = nil
	return Cost(p, Use{Input: s.Input, Cached: s.Cached, CacheWrite: s.CacheWrite, Output: s.Output})
}

// Bill is what the requests of one target have used: those of which the server has
// reported all tokens, and those of which it has not, with the most that they can
// have had. Requests that are not billed are in neither.
type Bill struct {
	Reported Sum `json:"reported"`
	AtMost   Sum `json:"at_most"`
}

// Add adds a request that has ended, at this price; nil: it has none.
func (b *Bill) Add(x *exchange.Exchange, p *result.Price) {
	u := Used(x)
	if u == (Use{}) {
		return
	}
	s := Sum{Requests: 1, Input: u.Input, Cached: u.Cached, CacheWrite: u.CacheWrite, Output: u.Output}
	if p != nil {
		s.USD = new(Cost(*p, u))
	}
	if u.AtMost {
		b.AtMost.add(s)
	} else {
		b.Reported.add(s)
	}
}

// Join adds another bill.
func (b *Bill) Join(o Bill) {
	b.Reported.add(o.Reported)
	b.AtMost.add(o.AtMost)
}

// Cost is what the bill comes to in USD at the price that its requests were added
// with, and how much of that is for requests whose tokens the server did not report.
func (b Bill) Cost(p result.Price) (usd, atMost float64) {
	atMost = b.AtMost.cost(p)
	return b.Reported.cost(p) + atMost, atMost
}
