package measure

import (
	"math"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/metric"
)

// Standing is how one request stands to a limit. A request that the client cut
// has an outcome with bounds, and so stands the same wherever limits are counted:
// in claims, goodput, comparisons and searches.
type Standing uint8

// The standings.
const (
	Undefined Standing = iota // its metric has no value, so that the limit does not apply
	Meets
	Breaks
	Open // it was cut before this was known
)

// stand compares a value of which the bounds are known with a limit.
func stand(l metric.Limit, least, most float64) Standing {
	switch a, b := l.Holds(least), l.Holds(most); {
	case math.IsNaN(least):
		return Undefined
	case a && b:
		return Meets
	case a || b:
		return Open
	}
	return Breaks
}

// Bounds returns the least and the most that a request's value of a metric can
// be: the same for a request that ended, an interval for one that was cut. Both
// are NaN where it has none.
func Bounds(tag string, x *exchange.Exchange) (least, most float64) {
	d := define(tag)
	if d == nil {
		return math.NaN(), math.NaN()
	}
	v, ok := d.of(x)
	switch {
	case x.Class == exchange.Cut && d.cut != nil:
		return d.cut(x)
	case ok:
		return v, v
	case x.Class == exchange.Cut:
		return 0, inf
	}
	return math.NaN(), math.NaN()
}

// Stand returns how a request stands to a limit.
func Stand(l metric.Limit, x *exchange.Exchange) Standing {
	least, most := Bounds(l.Metric.Tag, x)
	return stand(l, least, most)
}

// Bounds returns those of the i-th request, once settled.
func (c *Collector) Bounds(tag string, i int) (least, most float64) {
	column := c.Values(tag)
	if i >= len(column) {
		return math.NaN(), math.NaN()
	}
	v := column[i]
	if !c.Cut(i) {
		return v, v
	}
	switch d := define(tag); {
	case d.cut != nil:
		_, most = d.cut(c.cut[int32(i)])
		return v, most
	case math.IsNaN(v):
		return 0, inf
	}
	return v, v
}

// Stand returns how the i-th request stands to a limit, once settled.
func (c *Collector) Stand(l metric.Limit, i int) Standing {
	least, most := c.Bounds(l.Metric.Tag, i)
	return stand(l, least, most)
}

// lacking says what a request must have, and more than how much of it, to have had
// the chance of a value of a metric; "": its absence says nothing.
func lacking(tag string) (other string, over float64) {
	switch tag {
	case "ttfa":
		return "ttft", -1
	case "ttfa_service":
		return "ttft_service", -1
	case "tpot", "tpot_vllm", "user_rate", "stall":
		return "output_tokens", 1
	}
	return "", 0
}

// Lacks reports whether a request succeeded without a value of a metric though it
// had the chance: an answer of reasoning alone has no time to first answer, and one
// that came at once has no time per token. What it would have been is open, so that
// such requests help no verdict, of a claim as of a search.
func Lacks(tag string, x *exchange.Exchange) bool {
	if _, ok := Value(tag, x); ok || x.Class != exchange.OK {
		return false
	}
	other, over := lacking(tag)
	v, ok := Value(other, x)
	return ok && v > over
}

// Lacks reports it of the i-th request, once settled.
func (c *Collector) Lacks(tag string, i int) bool {
	other, over := lacking(tag)
	if other == "" || !c.OK(i) || !math.IsNaN(c.Values(tag)[i]) {
		return false
	}
	return c.Values(other)[i] > over // not NaN
}
