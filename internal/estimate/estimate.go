// Package estimate says what a plan would send, take and cost, before anything
// is sent. Nothing here asks an endpoint.
package estimate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/blocks"
	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/pricing"
	"github.com/inferometer/inferometer/internal/vocab"
)

// Estimate is what a plan would send and cost, before anything is sent. What is
// said of requests, tokens and seconds is a guess, from the profile of an embedded
// endpoint or from assumed speeds for a real one; what is said of the most is a
// bound, which no run of the plan passes.
type Estimate struct {
	Cells        []Cell
	Requests     int
	InputTokens  float64
	OutputTokens float64
	Seconds      float64
	// USD is the most that the plan can cost at its prices per token, probes
	// included; nil where Unknown says why that is not known, and where nothing is
	// paid by the token.
	USD     *float64
	Unknown []string `json:",omitempty"`
	// Most are the requests and tokens that USD is made of, by target.
	Most []Most `json:",omitempty"`
	// Probes are the most requests that ask all targets what they can do, which are in
	// no cell.
	Probes int `json:",omitempty"`
	Notes  []string
}

// Most is the most that a target is sent, and what it costs.
type Most struct {
	Target       string
	Requests     int
	Probes       int `json:",omitempty"` // of Requests
	Counted      int `json:",omitempty"` // of Requests, in the cells
	InputTokens  float64
	OutputTokens float64
	USD          *float64 `json:",omitempty"` // nil: it is not paid by the token
	Simulated    bool     `json:",omitempty"` // it is embedded, so that nobody charges it
}

// Cell is one cell of an estimate, warm-up included.
type Cell struct {
	ID, Target   string
	Values       map[string]string `json:",omitempty"` // of the keys that a sweep sweeps
	Words        string            `json:"-"`          // the same in words
	Requests     int
	InputTokens  float64
	OutputTokens float64
	Seconds      float64
	// WarmupRequests and WarmupSeconds are the part of that which is the warm-up of a
	// load.
	WarmupRequests int     `json:",omitempty"`
	WarmupSeconds  float64 `json:",omitempty"`
	// Beside names requests that Requests and the tokens leave out, since the server
	// decides how many there are; "": all are counted.
	Beside string `json:",omitempty"`
	// Unknown says why there is not even a guess; "": there is one.
	Unknown string `json:",omitempty"`

	settles bool // its warm-up ends when the load has settled

	most      size    // the most that it can send
	longest   float64 // the most input tokens of one of its requests
	mostCount int
	unknown   error // why there is no such bound
}

// Part adds what one benchmark would send to an estimate.
type Part func(e *Estimate, p plan.Plan)

// Assumed speeds of an endpoint that has not been asked yet.
const (
	assumedTTFT = 0.3  // s
	assumedTPOT = 0.02 // s
	setUp       = 3.0  // s: starting, probing, reporting
)

// Of lays out what a plan would send, by the part of what it measures; nil for a
// plan that sends nothing.
func Of(p plan.Plan, part Part) Estimate {
	e := Estimate{Seconds: setUp, Notes: prefixNotes(p)}
	if part != nil {
		part(&e, p)
	}
	e.Notes = append(e.Notes, warmupNotes(e.Cells)...)
	e.Notes = append(e.Notes, Claims(p)...)
	if text := levels(p); text != "" {
		e.Notes = append(e.Notes, text)
	}
	return e
}

// names of the plan's targets, the candidate first.
func names(p plan.Plan) []string {
	var out []string
	for _, t := range p.Endpoints() {
		out = append(out, t.Name)
	}
	return out
}

// share is a part of the requests of a cell: n from one on.
type share struct {
	of      requests
	from, n int
	largest bool // none of them is longer than the longest of those before; of is nil
}

// add adds a cell of about c.Requests requests, which sends these shares at most;
// err says why that is not known. c.Seconds are how long it takes; 0: as long as its
// users need.
func (e *Estimate) add(p plan.Plan, c Cell, users int, mean size, shares []share, err error) {
	t, _ := p.Endpoint(c.Target)
	c.InputTokens, c.OutputTokens = math.Round(float64(c.Requests)*mean.about), math.Round(float64(c.Requests)*mean.out)
	if c.Seconds == 0 {
		c.Seconds = float64(c.Requests) / float64(max(1, users)) * e2eOf(p, c.Target, int(mean.out))
	}
	if t.RPM > 0 {
		c.Seconds = max(c.Seconds, float64(c.Requests)/float64(t.RPM)*60)
	}
	if t.TPM > 0 {
		c.Seconds = max(c.Seconds, (c.InputTokens+c.OutputTokens)/float64(t.TPM)*60)
	}
	var largest size
	for _, s := range shares {
		if err != nil {
			break
		}
		c.mostCount += s.n
		if s.largest {
			c.most.add(size{most: float64(s.n) * largest.most, out: float64(s.n) * largest.out})
			continue
		}
		var all, one size
		all, one, err = s.of.sum(s.from, s.n)
		c.most.add(all)
		largest.widen(one)
	}
	c.most.most += float64(c.mostCount * added(t))
	if c.longest = largest.most + float64(added(t)); largest.most == 0 {
		c.longest = c.most.most // none has more than all of them
	}
	c.unknown = err
	e.put(c)
}

// put adds a cell and its sums.
func (e *Estimate) put(c Cell) {
	if t := c.Target; c.unknown == nil && c.Unknown != "" {
		c.unknown = fmt.Errorf("%s: %s", t, c.Unknown)
	}
	e.Cells = append(e.Cells, c)
	e.Requests += c.Requests
	e.InputTokens += c.InputTokens
	e.OutputTokens += c.OutputTokens
}

// mean is about how long a request is: the mean of the first n, or of as many as are
// worth looking at.
func (r requests) mean(from, n int) size {
	n = min(max(1, n), 2000)
	all, _, err := r.sum(from, n)
	if err != nil {
		return size{}
	}
	return size{about: all.about / float64(n), out: all.out / float64(n)}
}

// Suite estimates the cells of the suite. Those of a step run at once.
func Suite(e *Estimate, p plan.Plan) {
	scoring := cells.Selected(p, plan.Quality)
	if scoring {
		e.Notes = append(e.Notes, fmt.Sprintf("answers that are scored end when the model ends them; the limit is %d tokens", p.Quality.OutputTokens))
	}
	data := map[int]requests{} // of the data set, by the limit of an answer
	asked := e.itemsOf(p)
	for _, step := range cells.Suite(p, names(p), len(asked.Items)) {
		longest := 0.0
		for _, c := range step {
			if c.Benchmark == plan.Quality {
				asked.suite(e, p, c)
				longest = max(longest, e.Cells[len(e.Cells)-1].Seconds)
				continue
			}
			t, _ := p.Endpoint(c.Target)
			warm, main := synthetic(p), synthetic(p)
			var err error
			switch {
			case p.Workload.Dataset != "":
				if data[c.Output] == nil {
					var done func()
					if data[c.Output], done, err = e.rows(p, t, c.Output); err == nil {
						defer done()
					}
				}
				main = data[c.Output]
			case scoring && c.Benchmark != plan.Throughput:
				main = scored(p, t)
			}
			if err != nil {
				e.put(Cell{ID: c.ID, Target: c.Target, Requests: c.Requests + c.Warmup + c.Level, unknown: err})
				continue
			}
			k, err := most(loadgen.Shape{Users: c.Users, Requests: c.Requests, Warmup: c.Warmup}, 0, 0)
			// Load continues until the last measured request has ended.
			e.add(p, Cell{ID: c.ID, Target: c.Target, Requests: c.Requests + c.Warmup + c.Level}, c.Users, main.mean(c.From, c.Requests),
				[]share{{of: warm, n: k.warmup}, {of: main, from: c.From, n: k.measured + k.cooldown}}, err)
			longest = max(longest, e.Cells[len(e.Cells)-1].Seconds)
		}
		e.Seconds += longest
	}
	e.vectors(p)
	e.judged(p)
	e.priced(p)
}

// Capacity estimates a search, of which nothing but its time is known beforehand.
func Capacity(e *Estimate, p plan.Plan) {
	asked := e.itemsOf(p)
	asked.alone(e, p, cells.Candidate)
	e.put(Cell{
		ID: "capacity", Target: cells.Candidate, Seconds: p.Capacity.MaxTime.Std().Seconds(),
		Unknown: fmt.Sprintf("a search sends as many requests as the server carries, for up to %v (--max-time); cap it with --max-cost USD", p.Capacity.MaxTime),
	})
	e.Seconds += p.Capacity.MaxTime.Std().Seconds()
	asked.found(e, p)
	e.priced(p)
}

// Load estimates the cell of a load, for several targets in their turns.
func Load(e *Estimate, p plan.Plan) {
	asked := e.itemsOf(p)
	asked.alone(e, p, names(p)...)
	loadOf(e, p)
	for _, name := range names(p) {
		asked.under(e, p, cells.LoadID(name), name)
	}
	e.priced(p)
}

func loadOf(e *Estimate, p plan.Plan) {
	targets := names(p)
	l := p.Load
	fail := func(err error) {
		for _, name := range targets {
			e.put(Cell{ID: cells.LoadID(name), Target: name, Unknown: err.Error()})
		}
	}
	shape := loadgen.Shape{Users: l.Users, Requests: l.Requests, Duration: l.Duration.Std(), Speed: l.Speed}
	var err error
	if shape.Schedule, err = l.Schedule(p.Seed); err != nil {
		fail(err)
		return
	}
	if l.RateCurve != "" && l.Requests == 0 && l.Duration == 0 {
		shape.Duration = shape.Schedule.Curve.Length()
	}
	shape = blocks.WarmedUp(l, shape)
	main := synthetic(p)
	switch {
	case p.Workload.Conversing():
	case l.Trace != "":
		table, of, err := recorded(p)
		if err != nil {
			fail(err)
			return
		}
		main, shape.Requests, shape.Duration, shape.Warmup, shape.Settle = of, 0, 0, 0, loadgen.Settling{}
		for i := range table.Len() {
			shape.Times = append(shape.Times, table.At(i))
			if session, _ := table.Turn(i); session > 0 && !l.Replay.Open {
				shape.Turn = table.Turn
			}
		}
	case p.Workload.Dataset != "":
		t, _ := p.Endpoint(cells.Candidate)
		of, done, err := e.rows(p, t, p.Workload.OutputTokens)
		if err != nil {
			fail(err)
			return
		}
		defer done()
		main = of
	}
	rounds := 1
	if len(targets) > 1 {
		rounds = blocks.Rounds(l, shape)
		e.Notes = append(e.Notes, fmt.Sprintf("%d targets take turns in %d rounds, with a warm-up before each block; their times add up", len(targets), rounds))
	}
	for _, name := range targets {
		loadCell(e, p, name, shape, main, rounds)
		e.Seconds += e.Cells[len(e.Cells)-1].Seconds
	}
}

// loadCell adds the cell of one target of a load.
func loadCell(e *Estimate, p plan.Plan, name string, shape loadgen.Shape, main requests, rounds int) {
	l := p.Load
	t, _ := p.Endpoint(name)
	c := Cell{ID: cells.LoadID(name), Target: name}
	each := func(out float64) float64 { return e2eOf(p, name, int(out)) + l.ThinkTime.Std().Seconds() } // request of a user
	if p.Workload.Conversing() {
		n, seconds, input := aboutConversations(p)
		mean := synthetic(p).mean(0, n)
		w := warmupBefore(l, true, 1, e2eOf(p, name, int(mean.out)))
		c.warmedUp(w)
		c.Requests, c.Seconds = n+w.requests, seconds+w.seconds
		if mean.about = input; p.Workload.Dataset != "" {
			e.Notes = append(e.Notes, "how many turns the data set's conversations have is not in the guess, which assumes one each; it is in the most that is spent")
		}
		k, all, err := mostTalk(p, t, t.RPM)
		if err == nil {
			c.mostCount, c.most = k, all
		}
		e.add(p, c, l.Users, mean, nil, err)
		return
	}
	mean := main.mean(0, max(l.Requests, len(shape.Times)))
	n, seconds := l.Requests, l.Duration.Std().Seconds()
	switch {
	case len(shape.Times) > 0:
		n, seconds = len(shape.Times), shape.Times[len(shape.Times)-1].Seconds()/cmp.Or(l.Speed, 1)
	case shape.Schedule.Process != "":
		n, seconds = openLoop(shape.Schedule, n, seconds)
	case n == 0:
		n = int(float64(l.Users) * seconds / each(mean.out))
	case seconds == 0:
		seconds = float64(n) / float64(max(1, l.Users)) * each(mean.out)
	}
	w := warmups(l, shape, rounds, each(mean.out), t.RPM)
	c.warmedUp(w)
	n, seconds = n+w.requests, seconds+w.seconds
	if rounds > 1 { // and each block starts and drains by itself
		edges := 2
		if !shape.Open() && l.Duration == 0 {
			edges = 1 // its requests take as long as they take
		}
		n += rounds * l.Users
		seconds += float64(rounds*edges) * e2eOf(p, name, int(mean.out))
	}
	c.Requests, c.Seconds = n, seconds
	k, err := mostOfLoad(p, shape, rounds, t.RPM)
	var shares []share
	switch {
	case len(shape.Times) > 0: // also those before and after a block have the lengths of rows
		first, unknown := before(l, false)
		if first *= rounds; err == nil {
			err = unknown
		}
		shares = []share{{of: synthetic(p), n: first}, {of: main, n: len(shape.Times)}, {n: max(0, k.all()-len(shape.Times)), largest: true}}
	case rounds > 1: // what follows a block of a data set is synthetic
		shares = []share{{of: synthetic(p), n: k.warmup}, {of: main, n: k.measured}, {n: k.cooldown, largest: true}}
	default:
		shares = []share{{of: synthetic(p), n: k.warmup}, {of: main, n: k.measured + k.cooldown}}
	}
	e.add(p, c, l.Users, mean, shares, err)
}

// openLoop is how many requests an open loop sends and how long that takes;
// n and seconds are its ends, 0 where it has none.
func openLoop(s arrival.Schedule, n int, seconds float64) (int, float64) {
	if n == 0 && seconds == 0 {
		seconds = s.Curve.Length().Seconds()
	}
	if seconds == 0 {
		for t := range s.Times() {
			if seconds = t.Seconds(); n == 0 {
				break
			}
			n--
		}
	}
	expected := int(math.Ceil(s.Curve.Expected(seconds)))
	if n == 0 || expected < n {
		n = expected
	}
	return n, seconds
}

// e2eOf guesses one request's end-to-end time in seconds.
func e2eOf(p plan.Plan, name string, out int) float64 {
	t, _ := p.Endpoint(name)
	switch t.URL {
	case "sim:vllm":
		return 0.024 + float64(min(out, 70))*0.006
	case "sim:fitted":
		return 0.025 + float64(min(out, 70))*0.0066
	case "sim:api":
		return 0.350 + float64(min(out, 70))*0.0125
	}
	return assumedTTFT + float64(out)*assumedTPOT
}

// priced adds up the most that each target is sent, its probes included, and what
// that costs. A target without a price leaves the sum unknown, unless its machine is
// paid by the hour or it is embedded: unknown is not zero.
func (e *Estimate) priced(p plan.Plan) {
	total, priced := 0.0, false
	list, listErr := pricing.List(p)
	for _, t := range paid(p) {
		name := t.Name
		n, all := probes(p, t)
		m := Most{Target: name, Probes: n, Simulated: strings.HasPrefix(t.URL, "sim:")}
		if len(e.Cells) > 0 {
			e.Probes += n
		}
		longest := all.most
		var unknown error
		for _, c := range e.Cells {
			if c.Target != name {
				continue
			}
			if c.unknown != nil {
				unknown = c.unknown
			}
			if t.API == vocab.Embeddings {
				c.most.out = 0
			}
			n, longest = n+c.mostCount, max(longest, c.longest)
			m.Counted += min(c.Requests, c.mostCount)
			all.add(c.most)
		}
		price, err := pricing.Price(list, t.Price)
		err = cmp.Or(listErr, err)
		switch {
		case err != nil:
			e.why(fmt.Sprintf("%s: %v", name, err))
			continue
		case price == nil && (name == cells.Judge || name == cells.Embeddings):
			e.why(fmt.Sprintf("%s: there is no price; set quality.%s.price (--%s-price MODEL)", name, name, name))
		case price == nil && t.Machine == nil && !m.Simulated:
			e.why(fmt.Sprintf("%s has no price; set %s (--price MODEL) or a machine (--accelerator NAME)", name, p.PriceKey(name)))
		}
		if unknown != nil {
			if price != nil {
				e.why(unknown.Error())
				priced = true
			}
			continue
		}
		m.Requests, m.InputTokens, m.OutputTokens = n, math.Ceil(all.most), all.out
		if price != nil {
			in, out := pricing.Dearest(*price, int(math.Ceil(longest)))
			m.USD = new((m.InputTokens*in + m.OutputTokens*out) / 1e6)
			total, priced = total+*m.USD, true
		}
		e.Most = append(e.Most, m)
	}
	if priced && len(e.Unknown) == 0 {
		e.USD = &total
	}
}

// why notes once why the spend is not known.
func (e *Estimate) why(text string) {
	if !slices.Contains(e.Unknown, text) {
		e.Unknown = append(e.Unknown, text)
	}
}
