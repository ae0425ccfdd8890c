package plan

import (
	"math"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/plan/terms"
	"github.com/inferometer/inferometer/internal/suggest"
)

// Validate says everything that is wrong with the plan, or nil. It looks at the
// plan alone; CheckFiles looks for the files that it names.
func (p Plan) Validate() error {
	var out key.Problems
	if p.validateScan(&out) {
		return withFlags(out) // each of its cells is a plan of its own
	}
	p.validateTargets(&out)
	p.validateCap(&out)
	p.validateReuse(&out)
	p.validateAnswers(&out)
	p.validateBenchmarks(&out)
	p.validateSizes(&out)
	p.Workload.validate(&out)
	p.validateLoad(&out)
	p.validatePace(&out)
	p.validateTalk(&out)
	p.validateCapacity(&out)
	p.validateClaims(&out)
	p.Kept.Validate(&out)
	p.validateWords(&out)
	p.Power.Validate(&out)
	p.validatePasses(&out)
	return withFlags(out)
}

// withFlags names the flag of each problem's key; nil for no problems.
func withFlags(list key.Problems) error {
	if len(list) == 0 {
		return nil
	}
	for i := range list {
		list[i].Flag = flagOf(list[i].Path)
	}
	return list
}

func (p Plan) validateTargets(out *key.Problems) {
	onlyHardware := len(p.Only) == 1 && p.Only[0] == Hardware
	if p.Candidate.URL == "" && !onlyHardware {
		out.Add("candidate.url", "the endpoint to measure is missing; give its URL, such as http://127.0.0.1:8000")
	}
	p.Candidate.validate("candidate", out)
	p.validateClient(out)
	if p.Baseline != nil {
		if p.Baseline.URL == "" {
			out.Add("baseline.url", "the baseline has no URL; give it with --baseline URL")
		}
		p.Baseline.validate("baseline", out)
	}
	p.validateFurther(out)
}

// validateCap asks for the prices that a cap on the spend needs.
func (p Plan) validateCap(out *key.Problems) {
	if p.MaxCost == 0 {
		return
	}
	var users []terms.Used
	for _, t := range p.Endpoints() {
		free := t.URL == "" || strings.HasPrefix(t.URL, "sim:")
		users = append(users, terms.Used{Name: t.Name, Key: p.PriceKey(t.Name), Price: t.Price, Machine: t.Machine, Free: free})
	}
	if p.Quality.Judged() {
		users = append(users, terms.Used{Name: "judge", Key: "quality.judge.price", Price: p.Quality.Judge.Price})
	}
	if e := p.Quality.Embeddings; e != nil {
		users = append(users, terms.Used{Name: "embeddings", Key: "quality.embeddings.price", Price: e.Price})
	}
	terms.ValidateCap(users, out)
}

func (p Plan) validateReuse(out *key.Problems) {
	scored := (len(p.Only) == 0 || slices.Contains(p.Only, Quality)) && p.Workload.Dataset == ""
	terms.ValidateReuse(p.Quality.ReuseBaseline, p.Baseline != nil, scored, p.KeepText != "none", out)
}

func (t Target) validate(name string, out *key.Problems) {
	keys := 0
	for _, s := range []string{t.KeyEnv, t.KeyFile, t.KeyCommand} {
		if s != "" {
			keys++
		}
	}
	if keys > 1 {
		out.Add(name+".key_env", "a target takes its key from one place; give one of key_env, key_file and key_command")
	}
	t.validateWire(name, out)
	if profile, ok := strings.CutPrefix(t.URL, "sim:"); ok {
		if known := []string{"vllm", "api", "fitted", "degrade"}; !slices.Contains(known, profile) {
			out.Add(name+".url", "unknown built-in endpoint %q%s; use sim:vllm, sim:api, sim:fitted or sim:degrade", t.URL, suggest.DidYouMean(profile, known))
		}
		if profile == "fitted" && t.Sim.Timed() {
			out.Add(name+".sim", "sim:fitted has no fixed latencies and no slots: its steps take time; use sim:vllm")
		}
	} else if t.Sim != nil {
		out.Add(name+".sim", "only built-in endpoints (sim:vllm, sim:api) have a profile to change")
	}
	if s := t.Sim; s != nil && (s.TTFT < 0 || s.ITL < 0 || s.Slots < 0) {
		out.Add(name+".sim", "times and slots must not be negative")
	}
	if t.Price != nil {
		t.Price.Validate(name+".price", out)
	}
	if t.Machine != nil {
		t.Machine.Validate(name+".machine", out)
	}
	t.Limits.Validate(name, out)
}

// bad reports whether v is not a finite number of at least 0.
func bad(v float64) bool { return v < 0 || math.IsNaN(v) || math.IsInf(v, 0) }

func (p Plan) validateSizes(out *key.Problems) {
	for _, f := range []struct {
		path     string
		v, least int
		most     int
	}{
		{"workload.input_tokens", p.Workload.InputTokens, 1, 10_000_000},
		{"workload.output_tokens", p.Workload.OutputTokens, 1, 10_000_000},
		{"latency.iterations", p.Latency.Iterations, 1, 10_000_000},
		{"latency.warmup", p.Latency.Warmup, 0, 1_000_000},
		{"throughput.requests", p.Throughput.Requests, 0, 100_000_000},
		{"client.max_inflight", p.Client.MaxInflight, 0, 1_000_000},
	} {
		switch {
		case f.v < f.least:
			out.Add(f.path, "%d is too small: must be at least %d", f.v, f.least)
		case f.v > f.most:
			out.Add(f.path, "%d is too large: must be at most %d", f.v, f.most)
		}
	}
	for _, f := range []struct {
		path string
		v    float64
	}{
		{"client.breaker", p.Client.Breaker}, {"workload.temperature", p.Workload.Temperature}, {"max_cost", p.MaxCost},
	} {
		if bad(f.v) {
			out.Add(f.path, "invalid value %v: must be a number of at least 0", f.v)
		}
	}
	p.Cost.Validate(out)
	if len(p.Throughput.Levels) == 0 {
		out.Add("throughput.levels", "no level is given; give users at once, such as 10,25,50,100")
	}
	for i, l := range p.Throughput.Levels {
		if l < 1 || l > 100_000 {
			out.Add("throughput.levels", "%d is out of range (1 to 100000)", l)
		} else if slices.Contains(p.Throughput.Levels[:i], l) {
			out.Add("throughput.levels", "the level %d is listed twice", l)
		}
	}
	for _, f := range []struct {
		path string
		v    Duration
	}{{"client.timeout", p.Client.Timeout}, {"client.idle_timeout", p.Client.IdleTimeout}, {"client.connect_timeout", p.Client.ConnectTimeout}} {
		if f.v <= 0 {
			out.Add(f.path, "invalid time %v: must be greater than 0", f.v)
		}
	}
	if v := p.Client.HTTP; v != "" && v != "1" && v != HTTP2 {
		out.Add("client.http", "%q is not a version of HTTP that is spoken here: give 1 or 2", v)
	}
	if v := p.Client; v.HTTP == HTTP2 && v.Proxy != "" && v.Proxy != "none" {
		out.Add("client.http", "HTTP/2 does not go through a proxy here: leave out --proxy or --http 2")
	}
	if p.Client.Grace < 0 {
		out.Add("client.grace", "%v is negative", p.Client.Grace)
	}
}

func (p Plan) validateLoad(out *key.Problems) {
	l := p.Load
	if l.Users < 0 || l.Users > 100_000 {
		out.Add("load.users", "%d is out of range (1 to 100000)", l.Users)
	}
	if bad(l.Rate) {
		out.Add("load.rate", "invalid rate %v: give requests per second, such as 5 or 0.5", l.Rate)
		l.Rate = 1 // one message is enough
	}
	if l.Requests < 0 {
		out.Add("load.requests", "%d is negative", l.Requests)
	}
	if l.Duration < 0 {
		out.Add("load.duration", "%v is negative", l.Duration)
	}
	p.validateBlocks(out)
	if w := l.Warmup; w != nil && (w.Requests < 0 || w.Time < 0) {
		out.Add("load.warmup", "%v is negative", *w)
	}
	if l.ThinkTime < 0 {
		out.Add("load.think_time", "%v is negative", l.ThinkTime)
	}
	if bad(l.Speed) {
		out.Add("load.speed", "invalid speed %v: must be greater than 0", l.Speed)
	}
	if !slices.Contains(append(arrival.Processes(), ""), l.Arrival) {
		out.Add("load.arrival", "unknown arrival process %q%s; use %s", l.Arrival, suggest.DidYouMean(l.Arrival, arrival.Processes()), strings.Join(arrival.Processes(), ", "))
	} else if _, err := l.Schedule(p.Seed); err != nil {
		path := "load.rate"
		switch {
		case l.RateCurve != "":
			path = "load.rate_curve"
		case l.Burstiness != 0:
			path = "load.burstiness"
		}
		out.Add(path, "%v", err)
	}
	if !slices.Contains(p.Only, Load) {
		return
	}
	ways := 0
	for _, set := range []bool{l.Users > 0, l.Rate > 0, l.RateCurve != "", l.Trace != ""} {
		if set {
			ways++
		}
	}
	if ways != 1 {
		out.Add("load", "give one of --users N (closed loop), --rate R and --rate-curve CURVE (open loop), and --trace FILE")
	}
	if l.Trace == "" && l.RateCurve == "" && l.Requests == 0 && l.Duration == 0 && l.Conversations == 0 {
		out.Add("load.requests", "say when to end: --requests N, --duration D or both")
	}
	if l.Rate == 0 && l.RateCurve == "" && (l.Arrival != "" || l.Burstiness != 0) {
		out.Add("load.arrival", "an arrival process needs an open loop; give --rate R or --rate-curve CURVE")
	}
	if l.Users == 0 && l.ThinkTime > 0 && !p.Workload.Conversing() {
		out.Add("load.think_time", "only users and conversations think; give --users N or --turns N")
	}
	if l.Trace == "" && l.Speed != 0 {
		out.Add("load.speed", "only a trace has a speed; give --trace FILE")
	}
	r := l.Replay
	if l.Trace == "" && r != (Replay{}) {
		out.Add("load.replay", "only a trace is replayed; give --trace FILE")
	}
	if r.From < 0 || r.To < 0 || r.To > 0 && r.To <= r.From {
		out.Add("load.replay.to", "the window from %v to %v is empty; times count from the trace's first row", r.From, r.To)
	}
	if r.Context < 0 || r.Context == 1 {
		out.Add("load.replay.context", "%d is too small: input and output take at least 2 tokens", r.Context)
	}
	if r.BlockSize < 0 {
		out.Add("load.replay.block_size", "%d is out of range: must be at least 1", r.BlockSize)
	}
	if !slices.Contains([]string{"", "s", "ms", "us", "ns"}, r.TimeUnit) {
		out.Add("load.replay.time_unit", "unknown unit %q: must be s, ms, us or ns", r.TimeUnit)
	}
}

func (p Plan) validateWords(out *key.Problems) {
	for _, b := range p.Only {
		if !slices.Contains(append(All(), Load, Capacity), b) {
			out.Add("only", "unknown benchmark %q%s; use %s", b, suggest.DidYouMean(string(b), names(All())), strings.Join(names(All()), ", "))
		}
	}
	if p.Undecided != "" && p.Undecided != "gate" && p.Undecided != "pass" {
		out.Add("undecided", "unknown value %q; use gate or pass", p.Undecided)
	}
	if p.KeepText != "quality" && p.KeepText != "none" {
		out.Add("keep_text", "unknown value %q; use quality or none", p.KeepText)
	}
	if p.Dir == "" {
		out.Add("dir", "--dir must not be empty")
	}
	if p.Name == "" || len(p.Name) > 80 || strings.ContainsFunc(p.Name, func(r rune) bool {
		return !(r == '-' || r == '_' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
	}) || strings.Trim(p.Name, ".") == "" {
		out.Add("name", "invalid name %q: it is part of a folder's name; use up to 80 letters, digits, dots, dashes and underscores", p.Name)
	}
	p.Quality.Validate(out)
}

// All returns the benchmarks of the suite in the order of the report.
func All() []Benchmark { return []Benchmark{Latency, Throughput, Cost, Quality, Hardware} }

func names(list []Benchmark) []string {
	out := make([]string, len(list))
	for i, b := range list {
		out[i] = string(b)
	}
	return out
}

// BenchmarkOf returns the benchmark that decides a claim: the one it names,
// else the one that its metric belongs to.
func BenchmarkOf(c Claim, l metric.Limit) Benchmark {
	switch {
	case c.Benchmark != "":
		return c.Benchmark
	case l.Metric.Kind == metric.Scored:
		return Quality
	case c.Level > 0:
		return Throughput
	}
	switch l.Metric.Tag {
	case "savings", "cost_per_request", "cost_per_success", "cost_per_accepted", "cost_per_mtok":
		return Cost
	}
	if l.Metric.Kind == metric.Rate {
		return Throughput
	}
	return Latency
}

// LevelOf returns the throughput level at which a claim is decided: the one
// it names, else 50 users where the plan has that level, else the highest.
func LevelOf(c Claim, p Plan) int {
	switch {
	case c.Level > 0:
		return c.Level
	case slices.Contains(p.Throughput.Levels, 50):
		return 50
	case len(p.Throughput.Levels) == 0:
		return 0
	}
	return slices.Max(p.Throughput.Levels)
}
