package suite

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/quality"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/workload"
)

// selected reports whether the plan asks for a benchmark.
func selected(p plan.Plan, b plan.Benchmark) bool {
	if b == plan.Load || b == plan.Capacity {
		return slices.Contains(p.Only, b)
	}
	return len(p.Only) == 0 || slices.Contains(p.Only, b)
}

// step is a set of cells that run at the same time, one a target.
type step []*cell

// cell is one workload × load × target, ready to run.
type cell struct {
	cellRecord
	target *target
	shape  loadgen.Shape
	main   workload.Source // measured prompts
	warm   workload.Source // prompts of their own for the warm-up
	// talks are conversations in the place of main, and turns how many each has
	// on the mean; 0 if that is not known.
	talks workload.Conversations
	turns float64
	// alike: all conversations have that number of turns.
	alike   bool
	thinkCV float64 // of the pauses; 0: all alike
	// trial gathers what a search needs; nil for other cells.
	trial *trial
	// longest prompt in tokens, where they differ.
	longest int
	// block is the part of its target that this is; nil: it is the whole cell.
	block *block
	// lead are the prompts of warm-up requests that are part of a schedule; nil:
	// those of warm.
	lead workload.Source
	// meanOut is the mean length of an answer in tokens, where they differ.
	meanOut float64
	// keep holds the answers for scoring.
	keep map[string]quality.Item
}

// scores reports whether answers are scored.
func (r *run) scores() bool { return r.selected(plan.Quality) }

// cells lays out the whole run. The pass of prompts feeds latency, cost and
// quality at once; samples tops it up where cost wants more usage figures.
func (r *run) cells() ([]step, error) {
	if r.scanning != nil {
		return r.heaviestScanCell()
	}
	if r.selected(plan.Load) {
		return r.loadCells()
	}
	var steps []step
	pass, samples := r.passSizes()
	if pass+samples > 0 {
		made, err := r.passCells(pass, samples)
		if err != nil {
			return nil, err
		}
		steps = append(steps, made...)
	}
	if r.selected(plan.Throughput) {
		made, err := r.throughputCells()
		if err != nil {
			return nil, err
		}
		steps = append(steps, made...)
	}
	return steps, nil
}

// passSizes returns how many prompts the serial pass sends, and how many more
// the samples cell sends for cost.
func (r *run) passSizes() (pass, samples int) { return passSizes(r.plan) }

func passSizes(p plan.Plan) (pass, samples int) {
	if selected(p, plan.Latency) || selected(p, plan.Quality) {
		pass = p.Latency.Iterations
	}
	if selected(p, plan.Cost) {
		samples = max(0, p.Cost.Samples-pass)
	}
	return pass, samples
}

// sampleUsers is how many users draw the usage samples beyond the pass: they
// are for token counts, so their latency is in no statistic.
const sampleUsers = 8

func (r *run) passCells(pass, samples int) ([]step, error) {
	var steps []step
	text, items, err := r.passPrompts(pass + samples)
	if err != nil {
		return nil, err
	}
	add := func(id string, b plan.Benchmark, users, from, n int) error {
		var s step
		for _, t := range r.targets {
			if b == plan.Cost && t.name != candidate && t.name != baseline {
				continue // the cost of a further target is not worked out
			}
			main, warm, err := r.passSources(items, id, from)
			if err != nil {
				return err
			}
			c := &cell{
				cellRecord: cellRecord{
					ID: id + "/" + t.name, Benchmark: b, Target: t.name,
					Workload: result.Workload{
						Name: "prompts", InputTokens: r.plan.Workload.InputTokens, OutputTokens: r.passOutput(),
						FixedOutput: r.passFixed() && t.fixed && r.form.fixed(), Temperature: r.plan.Workload.Temperature, Text: text,
					},
				},
				target: t, main: main, warm: warm,
				shape: loadgen.Shape{Users: users, Requests: n, Warmup: passWarmup(r.plan, users)},
			}
			if items != nil && id == "pass" {
				c.keep = map[string]quality.Item{}
				for _, it := range items {
					c.keep[it.ID] = it
				}
			}
			s = append(s, c)
		}
		steps = append(steps, s)
		return nil
	}
	if pass > 0 {
		if err := add("pass", plan.Latency, 1, 0, pass); err != nil {
			return nil, err
		}
	}
	if samples > 0 {
		if err := add("samples", plan.Cost, min(sampleUsers, samples), pass, samples); err != nil {
			return nil, err
		}
	}
	return steps, nil
}

// passOutput is the token limit of an answer of the pass.
func (r *run) passOutput() int {
	if r.scores() {
		return r.plan.Quality.OutputTokens
	}
	return r.plan.Workload.OutputTokens
}

// passFixed: an answer that is scored ends where the model ends it.
func (r *run) passFixed() bool { return !r.scores() && r.plan.Workload.Dataset == "" }

// passPrompts returns the quality prompts of the pass, or none where a dataset
// or synthetic prompts serve, and what the workload is in words.
func (r *run) passPrompts(n int) (text string, items []quality.Item, err error) {
	if r.plan.Workload.Dataset != "" {
		src, err := r.dataset(r.passOutput())
		if err != nil {
			return "", nil, err
		}
		return src.Text(), nil, nil
	}
	if !r.scores() {
		return r.synthetic("pass", true).Text(), nil, nil
	}
	items, err = quality.Prompts(r.plan.Quality.Kinds, r.plan.Quality.Keywords, n, r.plan.Seed)
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("the shipped quality prompts with a background note, about %d tokens in all, every one new", r.plan.Workload.InputTokens), items, nil
}

func (r *run) passSources(items []quality.Item, id string, from int) (main, warm workload.Source, err error) {
	warm = r.synthetic(id+"/warm-up", false)
	switch {
	case r.plan.Workload.Dataset != "":
		main, err = r.dataset(r.passOutput())
	case items != nil:
		main = &padded{Source: workload.NewQuality(items, r.passOutput()), fill: r.filler(), want: r.plan.Workload.InputTokens, perWord: r.tokensPerWord(), overhead: r.targets[0].overhead}
	default:
		main = r.synthetic("pass", true)
	}
	return offset{main, from}, warm, err
}

func (r *run) throughputCells() ([]step, error) {
	var steps []step
	for _, level := range r.plan.Throughput.Levels {
		for _, t := range r.targets {
			if t.name != candidate && !r.plan.Throughput.LoadBaseline {
				continue
			}
			id := fmt.Sprintf("throughput/%s@%d", t.name, level)
			n := levelRequests(r.plan, level)
			main, text, err := r.mainSource(id)
			if err != nil {
				return nil, err
			}
			steps = append(steps, step{{
				cellRecord: cellRecord{
					ID: id, Benchmark: plan.Throughput, Target: t.name, Level: level,
					Workload: r.loadWorkload(t, text),
				},
				target: t, main: main, warm: r.synthetic(id+"/warm-up", true),
				shape: loadgen.Shape{Users: level, Requests: n, Warmup: level},
			}})
		}
	}
	return steps, nil
}

// levelRequests is how many requests a throughput level sends.
func levelRequests(p plan.Plan, level int) int {
	if p.Throughput.Requests > 0 {
		return p.Throughput.Requests
	}
	return max(100, 5*level)
}

func (r *run) loadWorkload(t *target, text string) result.Workload {
	w := r.plan.Workload
	return result.Workload{
		Name: "load", InputTokens: w.InputTokens, OutputTokens: w.OutputTokens,
		FixedOutput: t.fixed && w.Dataset == "" && r.form.fixed(), Temperature: w.Temperature, Text: text,
	}
}

func (r *run) mainSource(id string) (workload.Source, string, error) {
	w := r.plan.Workload
	if w.Dataset != "" {
		src, err := r.dataset(w.OutputTokens)
		if err != nil {
			return nil, "", err
		}
		return src, src.Text(), nil
	}
	src := r.synthetic(id, true)
	answers := strconv.Itoa(w.OutputTokens)
	if w.OutputLengths != "" {
		answers = w.OutputLengths
	}
	return src, fmt.Sprintf("%s; answers of %s tokens", src.Text(), answers), nil
}

func (r *run) loadCells() ([]step, error) {
	l := r.plan.Load
	t := r.targets[0]
	c := &cell{
		cellRecord: cellRecord{ID: "load/" + t.name, Benchmark: plan.Load, Target: t.name},
		target:     t, warm: r.synthetic("load/warm-up", true),
		shape: loadgen.Shape{
			Users: l.Users, Think: l.ThinkTime.Std(), Speed: l.Speed,
			Requests: l.Requests, Duration: l.Duration.Std(), Warmup: loadWarmup(l),
		},
	}
	var err error
	if c.shape.Schedule, err = l.Schedule(r.plan.Seed); err != nil {
		return nil, err
	}
	if l.RateCurve != "" && l.Requests == 0 && l.Duration == 0 {
		c.shape.Duration = c.shape.Schedule.Curve.Length()
	}
	if l.ThinkCV > 0 {
		c.thinkCV, c.shape.Pause = l.ThinkCV, pauses(l.ThinkTime.Std(), l.ThinkCV, r.plan.Seed)
	}
	if r.plan.Workload.Conversing() {
		return []step{{c}}, r.talking(c)
	}
	var text string
	if l.Trace == "" {
		c.main, text, err = r.mainSource("load")
		c.Workload = r.loadWorkload(t, text)
		if err != nil {
			return nil, err
		}
		return r.interleave(c)
	}
	if err := r.replayed(c); err != nil {
		return nil, err
	}
	// The trace sets number and times; a rate or an end of its own would bend it.
	c.shape.Requests = 0
	return r.interleave(c)
}

// total is how many measured requests a cell sends; 0 where it is not known
// beforehand.
func (c *cell) total() int {
	n := c.shape.Requests
	if n == 0 && len(c.shape.Times) > 0 {
		n = len(c.shape.Times)
		if c.lead != nil {
			n -= c.shape.Warmup
		}
	}
	if all := c.shape.Conversations * int(c.turns); c.alike && all > 0 && (n == 0 || n > all) {
		n = all
	}
	return n
}

// passWarmup is what the plan says, and one request per user at least, unless
// the plan wants none.
func passWarmup(p plan.Plan, users int) int {
	if p.Latency.Warmup == 0 {
		return 0
	}
	return max(users, p.Latency.Warmup)
}

// loadWarmup is what the plan says, else one request a user, or those of a
// second of open loop.
func loadWarmup(l plan.LoadPlan) int {
	if l.Warmup != nil {
		return *l.Warmup
	}
	rate := l.Rate
	if s, err := l.Schedule(0); err == nil && l.RateCurve != "" {
		rate = s.Curve.Begin()
	}
	return max(l.Users, min(100, int(math.Ceil(rate))))
}

// describe writes the load of a cell as data and in words.
func (c *cell) describe(s loadgen.Shape, maxInflight int) result.LoadShape {
	out := result.LoadShape{Requests: s.Requests, DurationS: s.Duration.Seconds(), MaxInflight: maxInflight}
	var ends []string
	if s.Conversations > 0 {
		ends = append(ends, fmt.Sprintf("%d conversations", s.Conversations))
	}
	if s.Requests > 0 {
		ends = append(ends, fmt.Sprintf("%d requests", s.Requests))
	}
	if s.Duration > 0 {
		ends = append(ends, s.Duration.String())
	}
	end, starts := strings.Join(ends, " or "), "requests/s"
	if c.talks != nil {
		out.Of, out.Conversations = result.OfConversations, s.Conversations
		starts = "conversations/s begun"
	}
	switch {
	case len(s.Times) > 0:
		out.Kind, out.Arrival, out.Requests = "open", "trace", len(s.Times)
		out.Text = fmt.Sprintf("open loop, %d arrivals of a trace at %v times its speed", len(s.Times), cmp.Or(s.Speed, 1))
	case s.Open():
		curve := s.Schedule.Curve
		out.Kind, out.Rate, out.Arrival, out.Burstiness = "open", curve.Rate(0), string(s.Schedule.Process), s.Schedule.Shape
		rate := fmt.Sprintf("%v %s", curve, starts)
		if length := curve.Length().Seconds(); length > 0 {
			out.Rate, out.RateCurve = curve.Expected(length)/length, curve.String()
			rate = fmt.Sprintf("%s as %v", starts, curve)
		}
		process := string(s.Schedule.Process)
		if s.Schedule.Shape != 0 {
			process += fmt.Sprintf(" (burstiness %v)", s.Schedule.Shape)
		}
		out.Text = fmt.Sprintf("open loop, %s, %s arrivals, %s", rate, process, end)
	default:
		out.Kind, out.Users = "closed", s.Users
		users := "1 user at a time"
		if s.Users != 1 {
			users = fmt.Sprintf("%d users at once", s.Users)
		}
		if c.talks != nil {
			users += ", with one conversation after the other"
		}
		out.Text = fmt.Sprintf("closed loop, %s, %s", users, end)
	}
	if c.talks != nil || s.Think > 0 {
		out.ThinkS, out.ThinkCV = s.Think.Seconds(), c.thinkCV
		what := "request"
		if c.talks != nil {
			what = "turn"
		}
		out.Text += fmt.Sprintf(", each %s %v after the answer before it", what, s.Think)
		if c.thinkCV > 0 {
			out.Text += fmt.Sprintf(" on the mean (log-normal, cv %v)", c.thinkCV)
		}
	}
	if maxInflight > 0 {
		out.Text += fmt.Sprintf(", at most %d in flight", maxInflight)
	}
	return out
}

// prewarm is how many connections a cell needs open before its clock starts.
func (c *cell) prewarm(maxInflight int) int {
	n := c.shape.Users
	if c.shape.Open() {
		// What is in flight on the mean, if requests take a second, and a margin.
		n = 32
		if c.shape.Schedule.Process != "" {
			n = 8 + int(2*max(1, c.turns)*c.shape.Schedule.Curve.Begin())
		}
	}
	n = min(n, 512)
	if maxInflight > 0 {
		n = min(n, maxInflight)
	}
	return n
}

// ahead is how many requests are encoded before they are due: as many as take
// 64 MB or so, by their planned length.
func (c *cell) ahead() int {
	const budget, perToken = 64 << 20, 8 // bytes
	most := 1024
	if c.talks != nil {
		most = 128 // conversations, of which only the first turns can be
	}
	return max(16, min(most, budget/(perToken*max(1, c.longest, c.Workload.InputTokens))))
}
