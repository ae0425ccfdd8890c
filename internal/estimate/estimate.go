// Package estimate says what a plan would send, take and cost, before anything
// is sent. Nothing here asks an endpoint.
package estimate

import (
	"fmt"
	"math"
	"strings"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/blocks"
	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/pricing"
	"github.com/inferometer/inferometer/internal/tokens/length"
	"github.com/inferometer/inferometer/internal/vocab"
)

// Estimate is what a plan would send and cost, before anything is sent.
// Seconds are a guess from the profile of an embedded endpoint, or from
// assumed speeds for a real one; Notes say which.
type Estimate struct {
	Cells        []Cell
	Requests     int
	InputTokens  float64
	OutputTokens float64
	Seconds      float64
	USD          *float64 // nil: a price is missing
	Notes        []string
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
	e := Estimate{Seconds: setUp}
	if part != nil {
		part(&e, p)
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

// add adds a cell. seconds are how long it takes; 0: as long as its users need.
func (e *Estimate) add(p plan.Plan, c Cell, users, out int) {
	c.InputTokens = float64(c.Requests * p.Workload.InputTokens)
	c.OutputTokens = float64(c.Requests * out)
	if c.Seconds == 0 {
		c.Seconds = float64(c.Requests) / float64(max(1, users)) * e2eOf(p, c.Target, out)
	}
	e.Cells = append(e.Cells, c)
	e.Requests += c.Requests
	e.InputTokens += c.InputTokens
	e.OutputTokens += c.OutputTokens
}

// Suite estimates the cells of the suite. Those of a step run at once.
func Suite(e *Estimate, p plan.Plan) {
	if cells.Selected(p, plan.Quality) {
		e.Notes = append(e.Notes, fmt.Sprintf("answers that are scored end when the model ends them; the limit is %d tokens", p.Quality.OutputTokens))
	}
	for _, step := range cells.Suite(p, names(p)) {
		longest := 0.0
		for _, c := range step {
			// Load continues until the last measured request has ended.
			e.add(p, Cell{ID: c.ID, Target: c.Target, Requests: c.Requests + c.Warmup + c.Level}, c.Users, c.Output)
			longest = max(longest, e.Cells[len(e.Cells)-1].Seconds)
		}
		e.Seconds += longest
	}
	e.priced(p)
}

// Load estimates the cell of a load, for several targets in their turns.
func Load(e *Estimate, p plan.Plan) {
	l, out := p.Load, p.Workload.OutputTokens
	if l.Trace != "" {
		e.Notes = append(e.Notes, "lengths and duration come from the trace and are not counted here; see inferometer trace FILE")
	}
	targets := names(p)
	blocks := 1
	if len(targets) > 1 && l.Trace == "" {
		blocks = roundsOf(p)
		e.Notes = append(e.Notes, fmt.Sprintf("%d targets take turns in %d rounds, with a warm-up before each block; their times add up", len(targets), blocks))
	}
	for _, name := range targets {
		n, seconds := l.Requests, l.Duration.Std().Seconds()
		e2e := e2eOf(p, name, out)
		if s, err := l.Schedule(p.Seed); err == nil && s.Process != "" {
			n, seconds = openLoop(s, n, seconds)
		} else if n == 0 && l.Users > 0 {
			n = int(float64(l.Users) * seconds / e2e)
		}
		if p.Workload.Conversing() {
			n, seconds = e.conversations(&p)
		}
		n += blocks * cells.LoadWarmup(l)
		if blocks > 1 { // and each block starts and drains by itself
			n += blocks * l.Users
			if seconds > 0 {
				seconds += float64(blocks) * 2 * e2e
			}
		}
		e.add(p, Cell{ID: cells.LoadID(name), Target: name, Requests: n, Seconds: seconds}, l.Users, out)
		e.Seconds += e.Cells[len(e.Cells)-1].Seconds
	}
	e.priced(p)
}

func roundsOf(p plan.Plan) int {
	shape := loadgen.Shape{Users: p.Load.Users, Requests: p.Load.Requests, Duration: p.Load.Duration.Std()}
	if s, err := p.Load.Schedule(p.Seed); err == nil {
		shape.Schedule = s
	}
	return blocks.Rounds(p.Load, shape)
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

// priced adds up the dollars. A target without a price that is not embedded
// leaves the sum unknown: unknown is not zero.
func (e *Estimate) priced(p plan.Plan) {
	total, known := 0.0, true
	for _, c := range e.Cells {
		t, _ := p.Endpoint(c.Target)
		if strings.HasPrefix(t.URL, "sim:") {
			continue
		}
		price, err := pricing.Price(t.Price)
		switch {
		case err == nil && price != nil:
			total += (c.InputTokens*price.Input + c.OutputTokens*price.Output) / 1e6
		case t.Machine != nil:
			// Paid by the hour, whether it is measured or not.
		default:
			known = false
		}
	}
	if !known {
		e.Notes = append(e.Notes, "the spend is unknown: a target has neither price nor machine in the plan")
		return
	}
	e.USD = &total
}

// conversations estimates the requests of conversations and how long they take, and
// sets the plan's input tokens to the mean of a request: each carries what was
// said before.
func (e *Estimate) conversations(p *plan.Plan) (n int, seconds float64) {
	w, l := p.Workload, p.Load
	turns, follow, err := w.TurnLengths()
	if w.Dataset != "" || err != nil {
		e.Notes = append(e.Notes, "the turns of the data set's conversations are not counted here; one each is assumed")
		turns, follow = length.Fixed(1), length.Fixed(1)
	}
	const draws = 1000
	var all, before float64 // requests, and turns that they carry
	for i := range draws {
		t := float64(min(vocab.MaxTurns, turns.At(0, i)))
		all, before = all+t, before+t*(t-1)/2
	}
	each := all / draws
	p.Workload.InputTokens += int(before / all * (float64(w.OutputTokens) + follow.Mean()))
	limit := func(n int) int {
		if l.Conversations > 0 {
			n = min(n, int(math.Ceil(float64(l.Conversations)*each)))
		}
		if l.Requests > 0 {
			n = min(n, l.Requests)
		}
		return n
	}
	s, err := l.Schedule(p.Seed)
	if err == nil && s.Process != "" {
		begun := 0
		if l.Requests > 0 {
			begun = int(math.Ceil(float64(l.Requests) / each))
		}
		if c := l.Conversations; c > 0 && (begun == 0 || c < begun) {
			begun = c
		}
		begun, seconds = openLoop(s, begun, l.Duration.Std().Seconds())
		return limit(int(math.Ceil(float64(begun) * each))), seconds
	}
	cycle := e2eOf(*p, cells.Candidate, w.OutputTokens) + l.ThinkTime.Std().Seconds()
	users := float64(max(1, l.Users))
	if n = limit(math.MaxInt); l.Duration > 0 {
		n = min(n, int(users*l.Duration.Std().Seconds()/cycle))
	}
	return n, float64(n) / users * cycle
}
