package conclude

import (
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/cost"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
	"github.com/inferometer/inferometer/internal/validity"
)

// observed is what validity and the client's own record need of a cell beyond
// its statistics: sums, and few numbers for each request.
type observed struct {
	stamped, kernel int // exchanges with a first token, and those of them that the kernel stamped

	// signs of counts that are not those of what was sent (see validity.Cell)
	overBytes, contradict, inputOff, atOnce, unfinished, filtered int

	repeated                              int // prompts that the target had been sent before
	ok, noUsage, overTokens, ownStamps    int
	frames, coalescedOK, coalesced, fresh int
	retransmits, unpriced                 int
	input, cached                         float64
	cachedKnown                           bool
	rtts, proxies                         []float64 // ms
	lengthErrs                            []float64 // relative
	forms                                 map[string]int

	window             exchange.Spans // the measured window
	inFlight, inSystem float64        // ns
	done               int
}

// add takes an exchange in the first pass; sent are the hashes of the prompts
// that the target has been sent.
func (c *cell) add(x *exchange.Exchange, sent map[uint64]struct{}) {
	c.Add(x)
	c.client.add(x, c.Block)
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
	if x.Phase != exchange.Measured {
		return
	}
	o.coalesced += x.Coalesced
	if x.Connected.Happened() {
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
	}
}

// addOK takes a measured request that succeeded.
func (c *cell) addOK(x *exchange.Exchange) {
	c.fidelity.add(x)
	o := &c.seen
	o.ok++
	if !x.KernelStamps {
		o.ownStamps++
	}
	if x.Form != "" {
		if o.forms == nil {
			o.forms = map[string]int{}
		}
		o.forms[x.Form]++
	}
	o.frames += len(x.Frames)
	o.coalescedOK += x.Coalesced
	if x.OutputTokens != nil && len(x.Frames) > *x.OutputTokens {
		o.overTokens++
	}
	switch out, src := x.Output(); {
	case c.embeds && x.InputTokens != nil:
	case src == exchange.Unknown || src == exchange.FromFrames:
		o.noUsage++
	case x.FixedOutput && x.AskedOutput > 0:
		o.lengthErrs = append(o.lengthErrs, math.Abs(float64(out-x.AskedOutput))/float64(x.AskedOutput))
	}
	o.doubt(x)
	if x.InputTokens != nil && x.CachedTokens != nil {
		o.cachedKnown = true
		o.input += float64(*x.InputTokens)
		o.cached += float64(*x.CachedTokens)
	}
	if !c.keepUsage {
		return
	}
	if x.InputTokens == nil || x.OutputTokens == nil {
		o.unpriced++
		return
	}
	u := cost.Usage{Prompt: x.Prompt, Input: *x.InputTokens, Output: *x.OutputTokens}
	if x.CachedTokens != nil {
		u.Cached = new(*x.CachedTokens) // the exchange's own is used again
	}
	c.usage = append(c.usage, u)
}

// doubt looks for signs that the server's counts are not those of what it was
// sent and sent.
func (o *observed) doubt(x *exchange.Exchange) {
	if x.Streamed && x.Finish == "" {
		o.unfinished++
	}
	if x.Finish == "content_filter" {
		o.filtered++
	}
	if in := x.InputTokens; in != nil && x.AskedInput > 0 {
		// A chat template adds some, whatever the length.
		const template = 200
		if *in > 2*x.AskedInput+template || 2**in < x.AskedInput {
			o.inputOff++
		}
	}
	if x.OutputTokens == nil {
		return
	}
	out, reasoning := *x.OutputTokens, 0
	if x.ReasoningTokens != nil {
		reasoning = *x.ReasoningTokens
	}
	text, counted, all := x.AnswerBytes > 0, 0, x.FrameTokens != exchange.Unknown
	for i := range x.Frames {
		f := &x.Frames[i]
		text = text && f.Kind == exchange.Text
		counted += int(f.Tokens)
		all = all && f.Tokens > 0
	}
	if text && x.Streamed && out-reasoning > x.AnswerBytes {
		o.overBytes++
	}
	if len(x.Frames) > 0 && out-reasoning > 1 && x.LastToken == x.FirstToken {
		o.atOnce++
	}
	// One token more in the total is the end of the text, which has no frame.
	if reasoning > out || counted > out || all && counted < out-1 {
		o.contradict++
	}
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

// observe fills what the cell's statistics do not show.
func (c *cell) observe(v *validity.Cell) {
	o := &c.seen
	v.Repeated = o.repeated
	v.KernelStamps = o.ownStamps == 0
	var added []float64
	delays := c.Values("client_delay")
	for i, late := range c.Values("lateness") {
		if sum := late + delays[i]; !math.IsNaN(sum) {
			added = append(added, sum)
		}
	}
	if len(added) > 0 {
		slices.Sort(added)
		p := stats.Quantile(added, 0.99)
		if len(added) < 100 {
			p = added[len(added)-1]
		}
		v.ClientAddedP99 = &p
	}
	var e2e []float64
	for i, d := range c.Values("e2e") {
		if c.OK(i) && !math.IsNaN(d) {
			e2e = append(e2e, d)
		}
	}
	if len(e2e) > 0 {
		slices.Sort(e2e)
		v.MedianE2E = stats.Quantile(e2e, 0.5)
	}
	if o.frames > 0 {
		v.Coalesced = float64(o.coalescedOK) / float64(o.frames)
	}
	if o.ok > 0 {
		v.UsageMissing = float64(o.noUsage) / float64(o.ok)
		share := func(n int) float64 { return float64(n) / float64(o.ok) }
		v.FramesOverTokens, v.TokensOverBytes, v.CountsContradict = share(o.overTokens), share(o.overBytes), share(o.contradict)
		v.InputOff, v.AtOnce, v.Unfinished, v.Filtered = share(o.inputOff), share(o.atOnce), share(o.unfinished), share(o.filtered)
	}
	if o.cachedKnown && o.input > 0 {
		v.CachedShare = new(o.cached / o.input)
	}
	if m, ok := mean(o.lengthErrs); ok {
		v.LengthError = &m
	}
	if o.done > 0 {
		window := float64(o.window.Length())
		v.InFlight, v.Lambda, v.W = o.inFlight/window, float64(o.done)/window*1e9, o.inSystem/float64(o.done)/1e9
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

// dependenceOf returns how much a metric's values depend on each other; it is
// worked out once, whatever the number of limits.
func (c *cell) dependenceOf(tag string, values []float64) stats.Dependence {
	d, ok := c.dependence[tag]
	if !ok {
		d = stats.NewDependence(values)
		c.dependence[tag] = d
	}
	return d
}
