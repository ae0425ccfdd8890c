package conclude

import (
	"slices"

	"github.com/inferometer/inferometer/internal/capacity"
	"github.com/inferometer/inferometer/internal/cost"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/pricing"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
	"github.com/inferometer/inferometer/internal/validity"
)

// observed is what validity and the client's own record need of a cell beyond
// its statistics: sums, and few numbers for each request.
type observed struct {
	stamped, kernel int // exchanges with a first token, and those of them that the kernel stamped

	answers validity.Answers // of measured requests that succeeded

	repeated                                int // prompts that the target had been sent before
	coalesced, fresh, retransmits, unpriced int
	readings                                result.Readings
	rtts, proxies                           []float64 // ms
	forms                                   map[string]int

	window             exchange.Spans // the measured window
	inFlight, inSystem float64        // ns
	failed             int            // where usage is kept
	failedBilled       []pricing.Use  // of those, what is billed all the same
	done               int
	backlog            *capacity.Backlog // of an open loop; nil: not looked at
	users              map[int]struct{}  // who had a request that ended
}

// add takes an exchange in the first pass; sent are the hashes of the prompts
// that the target has been sent.
func (c *cell) add(x *exchange.Exchange, sent map[uint64]struct{}) {
	c.Add(x)
	c.client.Add(x, c.Block)
	c.queue(x)
	if c.trial != nil {
		c.trial.Add(x)
	}
	o := &c.seen
	if x.FirstToken.Happened() {
		o.stamped++
		if x.KernelStamps {
			o.kernel++
		}
	}
	if x.PromptHash != 0 {
		if _, before := sent[x.PromptHash]; before && x.Phase == exchange.Measured {
			o.repeated++
		}
		sent[x.PromptHash] = struct{}{}
	}
	if x.Class != exchange.Cut && x.Class != exchange.Shed {
		if o.users == nil {
			o.users = map[int]struct{}{}
		}
		o.users[x.User] = struct{}{}
	}
	if x.Phase != exchange.Measured {
		return
	}
	o.coalesced += x.Coalesced
	o.read(x)
	if x.Connected.Happened() && !x.Reused {
		o.fresh++
	}
	if x.Proxy > 0 {
		o.proxies = append(o.proxies, x.Proxy.Seconds()*1e3)
	}
	if x.RTT > 0 {
		o.rtts = append(o.rtts, x.RTT.Seconds()*1e3)
		if x.Retransmits > 0 {
			o.retransmits++
		}
	}
	if x.Class == exchange.OK {
		c.addOK(x)
	} else if c.keepUsage && x.Class != exchange.Cut {
		o.failed++
		if u := pricing.Used(x); u != (pricing.Use{}) {
			o.failedBilled = append(o.failedBilled, u)
		}
	}
}

// read counts how an answer was read.
func (o *observed) read(x *exchange.Exchange) {
	if !x.FirstByte.Happened() {
		return
	}
	switch x.Reading {
	case exchange.PerStream:
		o.readings.PerStream++
	case exchange.Batched:
		o.readings.Batched++
	case exchange.NetHTTP:
		o.readings.NetHTTP++
	case exchange.HTTP2:
		o.readings.HTTP2++
	}
}

// addOK takes a measured request that succeeded.
func (c *cell) addOK(x *exchange.Exchange) {
	c.fidelity.add(x)
	o := &c.seen
	o.answers.Add(x, c.embeds)
	if x.Form != "" {
		if o.forms == nil {
			o.forms = map[string]int{}
		}
		o.forms[x.Form]++
	}
	if !c.keepUsage {
		return
	}
	if x.InputTokens == nil || x.OutputTokens == nil {
		o.unpriced++
		return
	}
	c.usage = append(c.usage, cost.Usage{
		Prompt: x.Prompt, Use: pricing.Used(x), CachedKnown: x.CachedTokens != nil,
		Odd: x.CachedTokens != nil && (*x.CachedTokens > *x.InputTokens || *x.CachedTokens < 0),
	})
}

// addInWindow takes an exchange in the second pass.
func (o *observed) addInWindow(x *exchange.Exchange) {
	if !x.Writing.Happened() || !x.Done.Happened() {
		return
	}
	o.inFlight += float64(o.window.Overlap(x.Writing, x.Done))
	if _, in := o.window.Fold(x.Done); in {
		o.done++
		o.inSystem += float64(x.Done - x.Writing)
	}
}

// flow is what Little's law relates, over the measured window.
func (o *observed) flow() validity.Flow {
	if o.done == 0 {
		return validity.Flow{}
	}
	window := float64(o.window.Length())
	return validity.Flow{
		InFlight: o.inFlight / window, Rate: float64(o.done) / window * 1e9, Time: o.inSystem / float64(o.done) / 1e9,
	}
}

// clientOf is what the client saw of itself in a cell, with what its exchanges
// say of their connections; nil for a cell that was cut short.
func clientOf(c *cell) *result.Client {
	if c.Window == nil {
		return nil
	}
	k := c.Window.Client
	k.Coalesced += c.seen.coalesced
	k.NewConnections += c.seen.fresh
	if c.seen.readings.Total() > 0 {
		k.Readings = &c.seen.readings
	}
	if len(c.seen.proxies) > 0 {
		slices.Sort(c.seen.proxies)
		k.ProxyP50 = new(stats.Quantile(c.seen.proxies, 0.5))
	}
	if len(c.seen.rtts) > 0 {
		slices.Sort(c.seen.rtts)
		k.RTT, k.Retransmits = new(stats.Quantile(c.seen.rtts, 0.5)), new(c.seen.retransmits)
	}
	return &k
}
