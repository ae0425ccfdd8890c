package suite

import (
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"net/url"
	"os"
	"slices"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/scrape"
)

// samplesName is the file of server metrics in a run's folder.
const samplesName = "server-metrics.jsonl.zst"

// kindSample is the one kind of records of the file of server metrics.
const kindSample = "sample"

// sampleRecord is one look at a server's own metrics.
type sampleRecord struct {
	Cell   string `json:"cell"`
	Target string `json:"target"`
	Round  int    `json:"round,omitempty"` // of the cell's block, from 1
	scrape.Sample
}

// showsMetrics reports whether the server's own metrics are read: where it was
// seen to have some, or where the plan says that they are.
func (t *target) showsMetrics() bool {
	if t.plan.MetricsURL != "" {
		return t.plan.MetricsURL != plan.MetricsOff
	}
	return slices.ContainsFunc(t.found.Abilities, func(a result.Ability) bool { return a.Name == "metrics" && a.State == "yes" })
}

// keepSamples opens the file of server metrics, if a target has some.
func (r *run) keepSamples(f folder) (err error) {
	if slices.ContainsFunc(r.targets, (*target).showsMetrics) {
		open := exchange.Create
		if _, statErr := os.Stat(f.samples()); statErr == nil {
			open = exchange.Resume
		}
		r.samples, err = open(f.samples())
	}
	return err
}

// closeSamples ends the file. Samples that could not be kept cost the run what
// they would have said, and nothing else.
func (r *run) closeSamples() {
	if r.samples == nil {
		return
	}
	samples := r.samples
	r.samples = nil
	if err := samples.Close(); err != nil {
		r.tell(Event{Kind: "note", Text: "the server's metrics could not be kept: " + err.Error()})
	}
}

// scraper reads the metrics of a cell's server; nil where there are none.
func (r *run) scraper(c *cell) *scrape.Scraper {
	if r.samples == nil || !c.target.showsMetrics() {
		return nil
	}
	return &scrape.Scraper{
		Clock: r.clock, Fetch: c.target.client.Metrics,
		Emit: func(s scrape.Sample) {
			_ = r.samples.Append(kindSample, sampleRecord{c.ID, c.target.name, c.round(), s}) // closeSamples says it
		},
	}
}

// readSamples adds to the cells what their servers said, one sample after the
// other. There is no file where no server was asked.
func (l *logged) readSamples(path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	_, err := exchange.Read(path, func(kind string, raw json.RawMessage) error {
		if kind != kindSample {
			return nil // a later version's
		}
		var s sampleRecord
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		c := l.cell(s.Cell)
		if c == nil {
			return nil // the log lost the cell to a crash, and not the sample
		}
		if c.server == nil {
			c.server = &scrape.Account{Before: c.ours.from(), After: c.ours.last}
			c.server.Window = c.seen.window
			if l.shared(c.Target) {
				c.server.Blocks = c.ours.blocks
			}
		}
		if s.Round > 0 {
			c.server.Block(s.Round - 1)
		}
		c.server.Add(s.Sample)
		return nil
	})
	return err
}

// shared reports whether another target has the same server, as far as its URL
// says.
func (l *logged) shared(target string) bool {
	host := func(t result.Target) string {
		u, err := url.Parse(t.URL)
		if err != nil {
			return ""
		}
		return u.Host // none of a built-in endpoint, of which each target has its own
	}
	mine, _ := l.target(target)
	return host(mine) != "" && slices.ContainsFunc(l.targets, func(t result.Target) bool { return t.Name != target && host(t) == host(mine) })
}

// serverOf is what the server said of a cell, beside what the client knows;
// nil where it was not asked.
func serverOf(c *loggedCell) *result.Server {
	if c.server == nil {
		return nil
	}
	s := c.server.Server()
	s.Ours = c.ours.result()
	return s
}

// ours is what the client knows of all the requests of a cell that reached
// the server, or may have.
type ours struct {
	first, last exchange.Stamp // first written, last over
	blocks      exchange.Spans // the same of each block; the last one may be under way
	resumed     bool           // the next request begins another one
	requests    int
	inputs      tally
	outputs     tally
	asked       struct{ cached, of float64 } // of answers that say what was cached
}

// tally sums counts of which some are only bounded.
type tally struct {
	lo, hi  float64
	known   int
	bare    int // requests that failed or were cut, without any count
	missing int // requests whose count cannot be bounded
}

func (t *tally) add(lo, hi float64) { t.lo, t.hi, t.known = t.lo+lo, t.hi+max(lo, hi), t.known+1 }

func (o *ours) add(x *exchange.Exchange) {
	if !x.Writing.Happened() {
		return
	}
	if o.first == 0 || x.Writing < o.first {
		o.first = x.Writing
	}
	o.last = max(o.last, x.Done, x.LastToken, x.Writing)
	o.requests++
	if len(o.blocks) == 0 || o.resumed {
		o.blocks, o.resumed = append(o.blocks, exchange.Span{Start: x.Writing}), false
	}
	now := &o.blocks[len(o.blocks)-1]
	now.Start, now.End = min(now.Start, x.Writing), max(now.End, x.Done, x.LastToken, x.Writing)
	if x.Status >= 400 && x.Status < 500 {
		return // refused before any work
	}
	switch {
	case x.InputTokens != nil && x.Class != exchange.OK && !x.FirstToken.Happened():
		// Said with a frame before the first token: the server may not have
		// read the prompt when the request was cut.
		o.inputs.add(0, float64(*x.InputTokens))
	case x.InputTokens != nil:
		n := float64(*x.InputTokens)
		o.inputs.add(n, n)
		if x.CachedTokens != nil {
			o.asked.cached, o.asked.of = o.asked.cached+float64(*x.CachedTokens), o.asked.of+n
		}
	case x.Class == exchange.OK:
		o.inputs.missing++
	default:
		o.inputs.bare++
	}
	n, source := x.Output()
	switch {
	case x.Class == exchange.OK && (source == exchange.FromFrames || source == exchange.Unknown), x.Class != exchange.OK && x.AskedOutput == 0:
		o.outputs.missing++
	case x.Class == exchange.OK:
		o.outputs.add(float64(n), float64(n))
	default: // the server may have gone on until it saw that we had gone
		o.outputs.add(float64(n), float64(x.AskedOutput))
	}
}

// from is when the first request went; without one, any moment is before.
func (o *ours) from() exchange.Stamp {
	if o.requests == 0 {
		return math.MaxInt64
	}
	return o.first
}

func (o *ours) result() result.Ours {
	out := result.Ours{Requests: o.requests}
	if in := o.inputs; in.missing == 0 && (in.known > 0 || in.bare == 0) {
		// Prompts of requests that failed are about as long as the others.
		more := 0.0
		if in.known > 0 {
			more = in.hi / float64(in.known) * float64(in.bare)
		}
		out.PromptTokens = &result.Span{Lo: in.lo, Hi: in.hi + more}
	}
	if o.outputs.missing == 0 {
		out.GenerationTokens = &result.Span{Lo: o.outputs.lo, Hi: o.outputs.hi}
	}
	if o.asked.of > 0 {
		out.CachedShare = new(o.asked.cached / o.asked.of)
	}
	return out
}
