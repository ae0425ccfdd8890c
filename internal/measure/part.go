package measure

import (
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// part is what the second pass adds up over one window: rates, and pooled gaps
// of the measured requests in it.
type part struct {
	from                        int // its first row
	window                      exchange.Spans
	at                          exchange.Span  // the span that was used last: a request's frames are close together
	before                      exchange.Stamp // how long the spans before it are
	lengths                     float64        // request lengths of its window
	done, input, output, wasted tally
	good                        goodput
	unknownInput                bool
	gap, itl                    pool
	bundled                     bool
	frames, coalesced           int // of pooled requests; coalesced ones came with the previous frame
}

// part begins a part with the requests from a row on.
func (c *Collector) part(from int, window exchange.Spans) *part {
	p := &part{from: from, window: window}
	p.good.limits = c.GoodLimits
	p.lengths = c.requestLengths(from, float64(window.Length())/1e9)
	for _, t := range []*tally{&p.done, &p.input, &p.output, &p.wasted, &p.good.good, &p.good.best} {
		t.length = window.Length()
	}
	var first, last exchange.Stamp
	for i := from; i < len(c.due); i++ {
		if at := c.second[i]; at.Happened() {
			if first == 0 || at < first {
				first = at
			}
			last = max(last, c.final[i])
		}
	}
	p.gap, p.itl = newPool(first, last), newPool(first, last)
	return p
}

// within returns the position of a stamp in the window without its pauses; false
// if it lies outside.
func (p *part) within(at exchange.Stamp) (exchange.Stamp, bool) {
	if at < p.at.Start || at >= p.at.End {
		i, before := p.window.Find(at)
		if i < 0 {
			return 0, false
		}
		p.at, p.before = p.window[i], before
	}
	return p.before + at - p.at.Start, true
}

// add counts x. Rates count things when they happened, whichever phase they
// belong to: that is what the server delivered in the window. Gaps are those of
// the measured requests of the part.
func (p *part) add(x *exchange.Exchange, tokens spread, mine bool) {
	ok := x.Class == exchange.OK
	if at, in := p.within(x.Done); in {
		if ok {
			p.done.add(at, 1)
		}
		p.good.add(at, x)
	}
	// An answer that is not streamed shows all of its tokens at its end.
	begun := x.FirstToken
	if !x.Streamed {
		begun = x.LastToken
	}
	if at, in := p.within(begun); ok && in {
		if x.InputTokens != nil {
			p.input.add(at, float64(*x.InputTokens))
		} else {
			p.unknownInput = true
		}
		if n, src := x.Output(); len(x.Frames) == 0 && src != exchange.Unknown {
			p.output.add(at, float64(n))
		}
	}
	if len(x.Frames) == 0 {
		return
	}
	into := &p.output
	if !ok {
		into = &p.wasted
	}
	if ok || x.Phase != exchange.Cooldown {
		// An exchange's tokens are spread over its frames: as the server
		// counted them, else evenly, so that sums are right.
		n, _ := x.Output()
		each := float64(n) / float64(len(x.Frames))
		for i := range x.Frames {
			f := &x.Frames[i]
			at, in := p.within(f.At)
			if !in {
				continue
			}
			w := each
			if tokens == spreadCounted {
				w = float64(f.Tokens)
			}
			into.add(at, w)
		}
	}
	if ok && mine && len(x.Frames) > 1 && !x.NotStreamed() {
		p.frames, p.coalesced = p.frames+len(x.Frames), p.coalesced+x.Coalesced
		p.pool(x.Frames, tokens)
	}
}

// pool adds the gaps of a request.
func (p *part) pool(frames []exchange.Frame, tokens spread) {
	p.bundled = p.bundled || tokens == spreadUnknown
	last := frames[0].At
	for i := range frames[1:] {
		f := &frames[i+1]
		v := float64(f.At-last) / 1e6
		last = f.At
		p.gap.add(f.At, v, 1)
		switch {
		case p.bundled:
		case tokens == spreadCounted && f.Tokens > 1:
			p.itl.add(f.At, v/float64(f.Tokens), int(f.Tokens))
		default:
			p.itl.add(f.At, v, 1)
		}
	}
}

// tally counts events over a window whose time begins at 0.
type tally struct {
	length exchange.Stamp // of the window
	n      int
	sum    float64
	slices [rateSlices]float64

	// The slice of the latest event, and the stamps between which it applies: a
	// request's frames are close together.
	slice    int
	from, to exchange.Stamp
}

// rateSlices is the number of slices of a window from which the interval of a
// rate is computed (batch means).
const rateSlices = 10

// add counts w at a time of the window.
func (t *tally) add(at exchange.Stamp, w float64) {
	t.n++
	t.sum += w
	if at < t.from || at > t.to {
		k := int(float64(at) / float64(t.length) * rateSlices)
		if k = min(k, rateSlices-1); k != t.slice || t.to == 0 {
			t.slice, t.from, t.to = k, at, at
		}
		t.from, t.to = min(t.from, at), max(t.to, at)
	}
	t.slices[t.slice] += w
}

// RateMinN is the least number of events from which a rate has an interval:
// fewer leave slices that are too coarse.
const RateMinN = 5 * rateSlices

// RateBounds returns the one-sided bounds of a rate at error alpha each. It is not
// ok for a rate without an interval. The shown interval is Student's over the
// slices of the window, so that half of its width is a known multiple of the
// standard error; its upper end is taken, since the lower one ends at 0.
func RateBounds(r result.Rate, alpha float64) (lo, hi float64, ok bool) {
	if r.Value == nil || r.Lo == nil || r.Hi == nil {
		return 0, 0, false
	}
	const df = rateSlices - 1
	v := float64(*r.Value)
	half := (float64(*r.Hi) - v) * stats.StudentQuantile(1-alpha, df) / stats.StudentQuantile(1-(1-conf)/2, df)
	return max(0, v-half), v + half, true
}

// rate is the sum over the window, with a Student interval over ten equal
// slices of it; without one below fifty events, where slices are too coarse.
func (t *tally) rate(unit string) result.Rate {
	seconds := float64(t.length) / 1e9
	r := result.Rate{Unit: unit, Value: result.Num(t.sum / seconds), N: t.n}
	if t.n < RateMinN {
		return r
	}
	means := make([]float64, rateSlices)
	for i, w := range t.slices {
		means[i] = w / (seconds / rateSlices)
	}
	if _, lo, hi, ok := stats.MeanInterval(means, conf); ok {
		r.Lo, r.Hi = result.Num(max(0, lo)), result.Num(hi)
	}
	return r
}
