package suite

import (
	"fmt"
	"math"
	"strings"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/plan"
)

// Forecast is what a plan would send and cost, before anything is sent.
// Seconds are a guess from the profile of an embedded endpoint, or from
// assumed speeds for a real one; Notes say which.
type Forecast struct {
	Cells        []ForecastCell
	Requests     int
	InputTokens  float64
	OutputTokens float64
	Seconds      float64
	USD          *float64 // nil: a price is missing
	Notes        []string
}

// ForecastCell is one cell of a forecast, warm-up included.
type ForecastCell struct {
	ID, Target   string
	Values       map[string]string `json:",omitempty"` // of the keys that a sweep sweeps
	Words        string            `json:"-"`          // the same in words
	Requests     int
	InputTokens  float64
	OutputTokens float64
	Seconds      float64
}

// Assumed speeds of an endpoint that has not been asked yet.
const (
	assumedTTFT = 0.3  // s
	assumedTPOT = 0.02 // s
	setUp       = 3.0  // s: starting, probing, reporting
)

// Estimate lays out what a plan would send. Nothing is sent.
func Estimate(p plan.Plan) Forecast {
	if p.Scan.On() {
		return estimateScan(p)
	}
	f := Forecast{Seconds: setUp}
	var targets, costed []string
	for _, t := range p.Endpoints() {
		if targets = append(targets, t.Name); t.Name == candidate || t.Name == baseline {
			costed = append(costed, t.Name)
		}
	}
	add := func(names []string, id string, requests, users, out int, seconds float64) {
		longest := 0.0
		for _, name := range names {
			c := ForecastCell{ID: strings.ReplaceAll(id, "*", name), Target: name, Requests: requests,
				InputTokens:  float64(requests * p.Workload.InputTokens),
				OutputTokens: float64(requests * out), Seconds: seconds}
			if seconds == 0 {
				c.Seconds = float64(requests) / float64(max(1, users)) * e2eOf(p, name, out)
			}
			longest = max(longest, c.Seconds)
			f.Cells = append(f.Cells, c)
			f.Requests += requests
			f.InputTokens += c.InputTokens
			f.OutputTokens += c.OutputTokens
		}
		f.Seconds += longest
	}
	if selected(p, plan.Load) {
		f.load(&p, targets, add)
	} else {
		pass, samples := passSizes(p)
		out := p.Workload.OutputTokens
		if selected(p, plan.Quality) {
			out = p.Quality.OutputTokens
			f.Notes = append(f.Notes, fmt.Sprintf("answers that are scored end by themselves; %d tokens is their limit", out))
		}
		if pass > 0 {
			add(targets, "pass/*", pass+passWarmup(p, 1), 1, out, 0)
		}
		if samples > 0 {
			users := min(sampleUsers, samples)
			add(costed, "samples/*", samples+passWarmup(p, users), users, out, 0)
		}
		if selected(p, plan.Throughput) {
			names := targets[:1]
			if p.Throughput.LoadBaseline {
				names = targets
			}
			for _, level := range p.Throughput.Levels {
				for _, name := range names {
					// Warm-up and the load that goes on until the last has ended.
					add([]string{name}, fmt.Sprintf("throughput/*@%d", level), levelRequests(p, level)+2*level, level, p.Workload.OutputTokens, 0)
				}
			}
		}
	}
	f.priced(p)
	return f
}

// load adds the cell of the load command, for several targets in their turns.
func (f *Forecast) load(p *plan.Plan, targets []string, add func(names []string, id string, requests, users, out int, seconds float64)) {
	l, out := p.Load, p.Workload.OutputTokens
	if l.Trace != "" {
		f.Notes = append(f.Notes, "lengths and duration come from the trace; they are not counted here: see inferometer trace FILE")
	}
	blocks := 1
	if len(targets) > 1 && l.Trace == "" {
		shape := loadgen.Shape{Users: l.Users, Requests: l.Requests, Duration: l.Duration.Std()}
		if s, err := l.Schedule(p.Seed); err == nil {
			shape.Schedule = s
		}
		blocks = roundsOf(l, shape)
		f.Notes = append(f.Notes, fmt.Sprintf("%d targets take turns in %d rounds, each block behind a warm-up of its own; their times add up", len(targets), blocks))
	}
	for _, name := range targets {
		n, seconds := l.Requests, l.Duration.Std().Seconds()
		e2e := e2eOf(*p, name, out)
		if s, err := l.Schedule(p.Seed); err == nil && s.Process != "" {
			n, seconds = openLoop(s, n, seconds)
		} else if n == 0 && l.Users > 0 {
			n = int(float64(l.Users) * seconds / e2e)
		}
		if p.Workload.Conversing() {
			n, seconds = f.talks(p)
		}
		n += blocks * loadWarmup(l)
		if blocks > 1 { // and each block begins and drains anew
			n += blocks * l.Users
			if seconds > 0 {
				seconds += float64(blocks) * 2 * e2e
			}
		}
		add([]string{name}, "load/*", n, l.Users, out, seconds)
	}
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
	case "sim:api":
		return 0.200 + float64(min(out, 70))*0.0035
	}
	return assumedTTFT + float64(out)*assumedTPOT
}

// priced adds up the dollars. A target without a price that is not embedded
// leaves the sum unknown: unknown is not zero.
func (f *Forecast) priced(p plan.Plan) {
	total, known := 0.0, true
	for _, c := range f.Cells {
		t, _ := p.Endpoint(c.Target)
		if strings.HasPrefix(t.URL, "sim:") {
			continue
		}
		price, err := priceOf(t.Price)
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
		f.Notes = append(f.Notes, "the spend is unknown: a target has neither price nor machine in the plan")
		return
	}
	f.USD = &total
}
