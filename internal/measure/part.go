package measure

import (
	"github.com/inferometer/inferometer/internal/exchange"
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
	p.gap, p.itl = newPool(window, p.lengths), newPool(window, p.lengths)
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
	if at, in := p.within(x.Due); ok && in {
		p.offer(at, x)
	}
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

// offer counts what a request asked for that was due at a time of the window.
func (p *part) offer(at exchange.Stamp, x *exchange.Exchange) {
	p.done.offer(at, 1)
	p.good.offer(at, x)
	if x.InputTokens != nil {
		p.input.offer(at, float64(*x.InputTokens))
	}
	if n, src := x.Output(); src != exchange.Unknown {
		p.output.offer(at, float64(n))
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
