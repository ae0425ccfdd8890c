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
