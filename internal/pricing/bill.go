package pricing

import (
	"math"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
)

// Use is the tokens that a provider bills for a request.
type Use struct {
	Input  int // cached ones included
	Cached int
	Output int
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
// was cut without usage is billed for the most that it can have had.
func Used(x *exchange.Exchange) Use {
	if x.InputTokens == nil && x.OutputTokens == nil && (x.Status >= 400 || !x.Sent.Happened()) {
		return Use{}
	}
	u := Bound(x)
	if x.InputTokens != nil {
		u.Input = *x.InputTokens
		if x.CachedTokens != nil {
			u.Cached = min(max(0, *x.CachedTokens), u.Input)
		}
	}
	if x.OutputTokens != nil {
		u.Output = *x.OutputTokens
	}
	// Where the request has no output, as with embeddings, nothing of it is missing.
	u.AtMost = x.InputTokens == nil || x.OutputTokens == nil && u.Output > 0
	return u
}

// Cost is what use costs in USD.
func Cost(p result.Price, u Use) float64 {
	cached := p.Input
	if p.Cached != nil {
		cached = *p.Cached
	}
	return (float64(u.Input-u.Cached)*p.Input + float64(u.Cached)*cached + float64(u.Output)*p.Output) / 1e6
}

// Sum is the tokens of several requests.
type Sum struct {
	Requests int `json:"requests"`
	Input    int `json:"input_tokens"` // cached ones included
	Cached   int `json:"cached_tokens,omitempty"`
	Output   int `json:"output_tokens"`
}

func (s *Sum) add(n int, u Use) {
	s.Requests, s.Input, s.Cached, s.Output = s.Requests+n, s.Input+u.Input, s.Cached+u.Cached, s.Output+u.Output
}

// use is the sum as that of one request.
func (s Sum) use() Use { return Use{Input: s.Input, Cached: s.Cached, Output: s.Output} }

// Bill is what the requests of one target have used: those of which the server has
// reported all tokens, and those of which it has not, with the most that they can
// have had. Requests that are not billed are in neither.
type Bill struct {
	Reported Sum `json:"reported"`
	AtMost   Sum `json:"at_most"`
}

// Add adds a request that has ended.
func (b *Bill) Add(x *exchange.Exchange) {
	switch u := Used(x); {
	case u.AtMost:
		b.AtMost.add(1, u)
	case u != (Use{}):
		b.Reported.add(1, u)
	}
}

// Join adds another bill.
func (b *Bill) Join(o Bill) {
	b.Reported.add(o.Reported.Requests, o.Reported.use())
	b.AtMost.add(o.AtMost.Requests, o.AtMost.use())
}

// Cost is what the bill comes to in USD, and how much of that is for requests
// whose tokens the server did not report.
func (b Bill) Cost(p result.Price) (usd, atMost float64) {
	atMost = Cost(p, b.AtMost.use())
	return Cost(p, b.Reported.use()) + atMost, atMost
}
