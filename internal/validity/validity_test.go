package validity

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/physics"
	"github.com/inferometer/inferometer/internal/result"
)

func f(v float64) *float64 { return &v }

// fakeRequests are the values of a cell's requests, all of which succeeded.
type fakeRequests struct {
	values map[string][]float64
	trend  bool
}

func (r fakeRequests) Values(tag string) []float64 { return r.values[tag] }
func (r fakeRequests) OK(int) bool                 { return true }
func (r fakeRequests) Trend() bool                 { return r.trend }

// requests has one request that the client was late with, and how long it took;
// its first token came after 100 ms.
func requests(added, e2e float64) fakeRequests {
	return fakeRequests{values: map[string][]float64{
		"lateness": {added}, "client_delay": {0}, "ttft": {100}, "e2e": {e2e}, "tpot": {6.25}, "stall": {20}, "output_tokens": {65},
	}}
}

// late has 20 requests with the median latencies of requests, of which one was
// late by so much.
func late(one float64) fakeRequests {
	r := fakeRequests{values: map[string][]float64{}}
	for tag, v := range requests(0, 500).values {
		for range 20 {
			r.values[tag] = append(r.values[tag], v[0])
		}
	}
	r.values["lateness"][7] = one
	return r
}

func stat(v float64) result.Statistic {
	return result.Statistic{Unit: "ms", N: 400, NOK: 400, P50: result.Estimate{Value: result.Num(v)}}
}

// users is a closed loop of 16 users of whom so many had an answer.
func users(had, absent int) func(*Evidence, *Input) {
	return func(e *Evidence, _ *Input) {
		e.Cell.Load, e.Cell.Arrivals = result.LoadShape{Kind: "closed", Users: 16}, nil
		e.Cell.Achieved = &result.Achieved{Users: had, Absent: absent, InFlight: result.Num(8)}
	}
}

// sound is a cell that passes every check of cells.
func sound() Evidence {
	return Evidence{
		Cell: &result.Cell{
			ID: "load/candidate", WindowS: 60, Counts: result.Counts{Scheduled: 400, Attempted: 400, OK: 400},
			Load:     result.LoadShape{Kind: "open", Rate: 10},
			Workload: result.Workload{OutputTokens: 64, FixedOutput: true},
			Metrics:  result.Metrics{Stats: map[string]result.Statistic{"ttft": stat(100), "e2e": stat(500), "gap": stat(10)}},
			Steady:   &result.Metrics{}, SteadyNote: "steady from the first request",
			Arrivals: &result.Arrivals{IntendedRate: 10, AchievedRate: 10, Process: &result.Process{CVExpected: 1, CVDue: 1, CVSent: 1, Gaps: 399}},
			Client:   &result.Client{CPUShare: f(0.2), OtherCPUShare: f(0.1), StealShare: f(0), StampLagP99: f(0.1), SchedP50: f(0.01), SchedMean: f(0.02), SchedP99: f(0.1), Retransmits: new(0), RTT: f(0.3)},
		},
		Requests: requests(0.5, 500),
		Answers:  Answers{OK: 400, Frames: 25600, InputTokens: 102400, CacheKnown: true, Fixed: 400},
		Flow:     Flow{InFlight: 5, Rate: 10, Time: 0.5},
	}
}

func healthy() Client {
	return Client{Cores: 4, CPUShare: f(0.2), GCPauseMax: f(0.1), SchedP99: f(0.1), ClockStep: f(0)}
}

// soundRun is a run of one cell that has every check but shared_process, proxy
// and those of a server's metrics, and passes them.
func soundRun() Input {
	return Input{
		Cells: []Evidence{sound()}, Client: healthy(), Status: result.Complete,
		Floor: &result.Floor{Load: "8 users at once", AddedP99: 0.1}, Parser: []result.Parser{{Frames: 100, Checked: 100}},
		Targets: []result.Target{{Name: "candidate"}, {Name: "baseline"}},
	}
}

func judge(e Evidence, client Client) result.Validity {
	return Judge(Input{Cells: []Evidence{e}, Client: client, Status: result.Complete, TightestLimit: 0})
}

func statusOf(v result.Validity, id string) result.CheckStatus {
	for _, c := range v.Checks {
		if c.ID == id {
			return c.Status
		}
	}
	return "absent"
}

func TestSoundRunPasses(t *testing.T) {
	v := judge(sound(), healthy())
	if v.Status != result.Pass {
		t.Errorf("%+v", v.Checks[0])
	}
	for _, c := range v.Checks {
		if c.Text == "" {
			t.Errorf("%s says nothing", c.ID)
		}
	}
}

// checkTests has rows for each check: what passes, what warns, what fails.
var checkTests = []struct {
	name   string
	id     string
	want   result.CheckStatus
	change func(*Evidence, *Input)
}{
	{"the planned end", "complete", result.Pass, nothing},
	{"a partial run", "complete", result.Warn, func(_ *Evidence, in *Input) { in.Status, in.Reason = result.Partial, "the spend cap is reached" }},

	{"figures that agree", "audit", result.Pass, nothing},
	{"figures that contradict each other", "audit", result.Fail, func(e *Evidence, _ *Input) { e.Cell.Counts.Scheduled = 401 }},

	{"no errors", "errors", result.Pass, nothing},
	{"a few errors", "errors", result.Warn, func(e *Evidence, _ *Input) { e.Cell.Counts.OK, e.Cell.Counts.Failed = 390, 10 }},
	{"mostly errors", "errors", result.Fail, func(e *Evidence, _ *Input) { e.Cell.Counts.OK, e.Cell.Counts.Failed = 100, 300 }},
	{"nothing at all", "errors", result.Fail, func(e *Evidence, _ *Input) { e.Cell.Counts = result.Counts{} }},
	{"nothing ended in time", "errors", result.Fail, func(e *Evidence, _ *Input) { e.Cell.Counts = result.Counts{Scheduled: 40, Attempted: 40, Cut: 40} }},
	{"shed counts", "errors", result.Warn, func(e *Evidence, _ *Input) { e.Cell.Counts.Shed = 20 }},

	{"few cut requests", "cut", result.Pass, func(e *Evidence, _ *Input) { e.Cell.Counts.OK, e.Cell.Counts.Cut = 397, 3 }},
	{"some cut requests", "cut", result.Warn, func(e *Evidence, _ *Input) { e.Cell.Counts.OK, e.Cell.Counts.Cut = 390, 10 }},
	{"many cut requests", "cut", result.Fail, func(e *Evidence, _ *Input) { e.Cell.Counts.OK, e.Cell.Counts.Cut = 350, 50 }},
	{"all users", "users", result.Pass, users(16, 0)},
	{"a user without an answer", "users", result.Warn, users(15, 0)},
	{"half of the users", "users", result.Fail, users(8, 8)},
	{"late users", "users", result.Warn, users(16, 8)},
	{"an open loop has no users", "users", "absent", func(*Evidence, *Input) {}},
	{"no request to cut", "cut", "absent", func(e *Evidence, _ *Input) { e.Cell.Counts = result.Counts{} }},

	{"client adds 0.5 % of ttft", "client_added", result.Pass, nothing},
	{"client adds 5 % of ttft", "client_added", result.Warn, func(e *Evidence, _ *Input) { e.Requests = requests(5, 500) }},
	{"client adds 20 % of ttft", "client_added", result.Fail, func(e *Evidence, _ *Input) { e.Requests = requests(20, 500) }},
	{"one late request of twenty", "client_added", result.Pass, func(e *Evidence, _ *Input) { e.Requests = late(25) }},
	{"one very late request of twenty", "client_added", result.Warn, func(e *Evidence, _ *Input) { e.Requests = late(100) }},
	{"a limit is not what a figure is compared with", "client_added", result.Warn, func(e *Evidence, in *Input) { e.Requests, in.TightestLimit = requests(5, 500), 1000 }},
	{"a request that was not sent", "client_added", result.Pass, func(e *Evidence, _ *Input) {
		e.Requests = fakeRequests{values: map[string][]float64{"lateness": {0, 0, 0}, "client_delay": {0, math.NaN(), 0}, "e2e": {500, 500, 500}}}
	}},
	{"not observed", "client_added", result.NotAssessed, func(e *Evidence, _ *Input) { e.Requests = nil }},
	{"nothing to compare with", "client_added", result.NotAssessed, func(e *Evidence, _ *Input) {
		e.Requests = fakeRequests{values: map[string][]float64{"lateness": {1}, "client_delay": {0}}}
	}},

	{"arrivals in time", "arrivals", result.Pass, nothing},
	{"arrivals fall behind", "arrivals", result.Warn, func(e *Evidence, _ *Input) { e.Cell.Arrivals.Deficit, e.Cell.Arrivals.AchievedRate = 0.01, 9.9 }},
	{"arrivals are lost", "arrivals", result.Fail, func(e *Evidence, _ *Input) { e.Cell.Arrivals.Deficit, e.Cell.Arrivals.AchievedRate = 0.05, 9.5 }},
	{"arrivals are held back", "arrivals", result.Warn, func(e *Evidence, _ *Input) { e.Cell.Arrivals.Deficit, e.Cell.Load.MaxInflight = 0.05, 4 }},
	{"one arrival", "arrivals", result.NotAssessed, func(e *Evidence, _ *Input) { e.Cell.Arrivals.IntendedRate = 0 }},
	{"a closed loop", "arrivals", "absent", func(e *Evidence, _ *Input) { e.Cell.Arrivals = nil }},

	{"a long window", "window", result.Pass, nothing},
	{"a short window", "window", result.Warn, func(e *Evidence, _ *Input) { e.Cell.WindowS = 2 }},
	{"a short block", "window", result.Warn, func(e *Evidence, _ *Input) { e.Cell.Blocks = []result.Block{{WindowS: 30}, {WindowS: 2}} }},
	{"blocks that are long enough", "window", result.Pass, func(e *Evidence, _ *Input) { e.Cell.Blocks = []result.Block{{WindowS: 30}, {WindowS: 30}} }},
	{"no latency", "window", result.NotAssessed, func(e *Evidence, _ *Input) { e.Requests = fakeRequests{} }},

	{"settled", "warmup", result.Pass, func(e *Evidence, _ *Input) {
		e.Cell.Warmup = &result.Warmup{Seconds: 9, End: "settled", Text: "9 s"}
	}},
	{"still growing", "warmup", result.Warn, func(e *Evidence, _ *Input) {
		e.Cell.Warmup = &result.Warmup{Seconds: 60, End: "growing", Text: "60 s"}
	}},
	{"a short warm-up", "warmup", result.NotAssessed, func(e *Evidence, _ *Input) {
		e.Cell.Warmup = &result.Warmup{Seconds: 2, End: "short", Text: "2 s"}
	}},
	{"steady", "steady", result.Pass, nothing},
	{"a trend", "steady", result.Warn, func(e *Evidence, _ *Input) {
		e.Requests = fakeRequests{values: requests(0.5, 500).values, trend: true}
	}},
	{"still settling", "steady", result.Warn, func(e *Evidence, _ *Input) { e.Cell.Steady = nil }},
	{"too few to be steady", "steady", result.NotAssessed, func(e *Evidence, _ *Input) { e.Cell.Steady, e.Cell.Counts.OK = nil, 49 }},

	{"Little's law holds", "little", result.Pass, nothing},
	{"Little's law is off", "little", result.Warn, func(e *Evidence, _ *Input) { e.Flow.InFlight = 5.35 }},
	{"Little's law is far off", "little", result.Fail, func(e *Evidence, _ *Input) { e.Flow.InFlight = 7 }},
	{"a closed loop that is far off", "little", result.Fail, func(e *Evidence, _ *Input) { e.Flow.InFlight, e.Cell.Load.Kind = 7, "closed" }},
	{"a block too short for Little's law", "little", result.NotAssessed, func(e *Evidence, _ *Input) { e.Flow.InFlight, e.Cell.Blocks = 7, []result.Block{{WindowS: 4}} }},
	{"nothing completed", "little", result.NotAssessed, func(e *Evidence, _ *Input) { e.Flow = Flow{} }},

	{"a Poisson process", "arrival_process", result.Pass, nothing},
	{"as scattered as chance allows", "arrival_process", result.Pass, func(e *Evidence, _ *Input) { e.Cell.Arrivals.Process.CVSent = 1.25 }},
	{"gaps that are too even", "arrival_process", result.Warn, func(e *Evidence, _ *Input) { e.Cell.Arrivals.Process.CVSent = 0.6 }},
	{"gaps that vary too much", "arrival_process", result.Warn, func(e *Evidence, _ *Input) { e.Cell.Arrivals.Process.CVSent = 1.4 }},
	{"gaps that correlate", "arrival_process", result.Warn, func(e *Evidence, _ *Input) { e.Cell.Arrivals.Process.Lag1Sent = 0.3 }},
	{"even gaps with one late request after the other", "arrival_process", result.Pass, func(e *Evidence, _ *Input) {
		*e.Cell.Arrivals.Process = result.Process{CVSent: 0.01, Lag1Sent: -0.5, Gaps: 399}
	}},
	{"too few gaps", "arrival_process", result.NotAssessed, func(e *Evidence, _ *Input) { e.Cell.Arrivals.Process.Gaps = 49 }},
	{"a trace", "arrival_process", "absent", func(e *Evidence, _ *Input) { e.Cell.Arrivals.Process = nil }},

	{"streams of one connection", "http2", result.Warn, func(e *Evidence, _ *Input) { e.Answers.HTTP2 = 400 }},
	{"HTTP/2, one at a time", "http2", result.Pass, func(e *Evidence, _ *Input) { e.Answers.HTTP2, e.Flow.InFlight = 400, 0.9 }},
	{"the kernel's stamps", "stamp_lag", result.Pass, nothing},
	{"stamps after each read", "stamp_lag", result.Pass, func(e *Evidence, _ *Input) { e.Answers.ReadStamp = 1 }},
	{"reads that wait", "stamp_lag", result.Warn, func(e *Evidence, _ *Input) { e.Answers.ReadStamp, e.Cell.Client.SchedMean = 1, f(0.5) }},
	{"reads that mostly wait", "stamp_lag", result.Warn, func(e *Evidence, _ *Input) { e.Answers.ReadStamp, e.Cell.Client.SchedP50 = 1, f(0.5) }},
	{"reads that wait for a fifth of a gap", "stamp_lag", result.Fail, func(e *Evidence, _ *Input) { e.Answers.ReadStamp, e.Cell.Client.SchedMean = 1, f(2) }},
	{"few reads that wait long", "stamp_lag", result.Pass, func(e *Evidence, _ *Input) { e.Answers.ReadStamp, e.Cell.Client.SchedP99 = 1, f(6) }},
	{"reads that wait for the kernel's stamps", "stamp_lag", result.Pass, func(e *Evidence, _ *Input) { e.Cell.Client.SchedMean = f(6) }},
	{"answers that were read in batches", "stamp_lag", result.Pass, func(e *Evidence, _ *Input) {
		e.Cell.Client.StampLagP99, e.Cell.Client.Readings = f(1.1), &result.Readings{Batched: 400}
	}},
	{"a client that was not observed", "stamp_lag", result.NotAssessed, func(e *Evidence, _ *Input) { e.Cell.Client = nil }},
	{"a scheduler that was not observed", "stamp_lag", result.NotAssessed, func(e *Evidence, _ *Input) { e.Answers.ReadStamp, e.Cell.Client.SchedP50 = 1, nil }},
	{"no gaps", "stamp_lag", result.NotAssessed, func(e *Evidence, _ *Input) {
		e.Answers.ReadStamp, e.Requests = 1, nil
		delete(e.Cell.Metrics.Stats, "gap")
	}},

	{"no lost segment", "network", result.Pass, nothing},
	{"lost segments", "network", result.Warn, func(e *Evidence, _ *Input) { e.Cell.Client.Retransmits = new(8) }},
	{"a kernel that does not say", "network", result.NotAssessed, func(e *Evidence, _ *Input) { e.Cell.Client.Retransmits = nil }},

	{"a machine of its own", "machine", result.Pass, nothing},
	{"a machine that others use", "machine", result.Warn, func(e *Evidence, _ *Input) { e.Cell.Client.OtherCPUShare = f(0.95) }},
	{"a host that withholds", "machine", result.Warn, func(e *Evidence, _ *Input) { e.Cell.Client.StealShare = f(0.1) }},
	{"a machine that was not observed", "machine", result.NotAssessed, func(e *Evidence, _ *Input) { e.Cell.Client.OtherCPUShare = nil }},

	{"conversations that end", "conversations", result.Pass, func(e *Evidence, _ *Input) {
		e.Cell.Conversations = &result.Conversations{Begun: 10, Completed: 10}
	}},
	{"conversations that do not", "conversations", result.Warn, func(e *Evidence, _ *Input) {
		e.Cell.Conversations = &result.Conversations{Begun: 10, Completed: 4}
	}},
	{"no conversations", "conversations", "absent", nothing},

	{"answers of the right length", "output_length", result.Pass, nothing},
	{"answers are too short", "output_length", result.Warn, func(e *Evidence, _ *Input) { e.Answers.LengthError = 0.05 * 400 }},
	{"answers are much too short", "output_length", result.Warn, func(e *Evidence, _ *Input) { e.Answers.LengthError = 0.5 * 400 }},
	{"answers of two targets are unlike", "output_length", result.Fail, func(e *Evidence, in *Input) { in.Cells = append(in.Cells, against(e, 30)) }},
	{"answers of two targets are alike", "output_length", result.Pass, func(e *Evidence, in *Input) { in.Cells = append(in.Cells, against(e, 61)) }},
	{"answers of any length", "output_length", "absent", func(e *Evidence, _ *Input) { e.Cell.Workload.FixedOutput = false }},

	{"known reasons", "finish_reason", "absent", nothing},
	{"a reason that nobody knows", "finish_reason", result.Warn, func(e *Evidence, _ *Input) { e.Answers.Streams.Finish = map[string]int{"banana": 3} }},
	{"ended responses", "stream_end", "absent", nothing},
	{"one response left open", "stream_end", result.Pass, func(e *Evidence, _ *Input) { e.Answers.Streams.LeftOpen = 1 }},
	{"responses left open", "stream_end", result.Warn, func(e *Evidence, _ *Input) { e.Answers.Streams.LeftOpen = 40 }},
	{"responses broken off", "stream_end", result.Warn, func(e *Evidence, _ *Input) { e.Answers.Streams.Unterminated = 40 }},
	{"reasoning that is not shown", "hidden_reasoning", result.Pass, func(e *Evidence, _ *Input) { e.Answers.Streams.HiddenReasoning = 4 }},
	{"usage that only rises", "usage_fell", "absent", nothing},
	{"usage that fell", "usage_fell", result.Warn, func(e *Evidence, _ *Input) { e.Answers.Streams.UsageFell = 4 }},
	{"failures of the server", "client_failures", "absent", func(e *Evidence, _ *Input) { e.Cell.Counts.ByClass = map[string]int{"reset": 40} }},
	{"a stale connection", "client_failures", result.Warn, func(e *Evidence, _ *Input) { e.Cell.Counts.ByClass = map[string]int{"stale_connection": 1} }},
	{"no ports left", "client_failures", result.Fail, func(e *Evidence, _ *Input) { e.Cell.Counts.ByClass = map[string]int{"client_resources": 40} }},
	{"answers with an end", "unfinished", "absent", nothing},
	{"answers without an end", "unfinished", result.Warn, func(e *Evidence, _ *Input) { e.Answers.Unfinished = 4 }},
	{"answers that were not filtered", "filtered", "absent", nothing},
	{"filtered answers", "filtered", result.Warn, func(e *Evidence, _ *Input) { e.Answers.Filtered = 4 }},

	{"counts that fit", "token_counts", result.Pass, nothing},
	{"no counts", "token_counts", result.Warn, func(e *Evidence, _ *Input) { e.Answers.Uncounted = 4 }},
	{"more frames than tokens", "token_counts", result.Warn, func(e *Evidence, _ *Input) { e.Answers.ExtraFrames = 4 }},
	{"more tokens than bytes", "token_counts", result.Warn, func(e *Evidence, _ *Input) { e.Answers.ExtraTokens = 4 }},
	{"counts that contradict each other", "token_counts", result.Warn, func(e *Evidence, _ *Input) { e.Answers.Contradictions = 4 }},
	{"an input that was not sent", "token_counts", result.Warn, func(e *Evidence, _ *Input) { e.Answers.InputOff = 4 }},
	{"no answer", "token_counts", result.NotAssessed, func(e *Evidence, _ *Input) { e.Cell.Counts.OK = 0 }},

	{"no cache", "prefix_cache", result.Pass, nothing},
	{"a cache helped", "prefix_cache", result.Warn, func(e *Evidence, _ *Input) { e.Answers.CachedTokens = 40960 }},
	{"a cache was meant to help", "prefix_cache", result.Pass, func(e *Evidence, _ *Input) { e.Answers.CachedTokens, e.Prompts.Shared = 40960, true }},
	{"a cache that is not reported", "prefix_cache", result.NotAssessed, func(e *Evidence, _ *Input) { e.Answers.CacheKnown = false }},

	{"frames one by one", "bundled", result.Pass, nothing},
	{"frames came together", "bundled", result.Warn, func(e *Evidence, _ *Input) { e.Answers.Coalesced = 15360 }},
	{"answers came at once", "bundled", result.Warn, func(e *Evidence, _ *Input) { e.Answers.AtOnce = 80 }},
	{"a few answers came at once", "bundled", result.Pass, func(e *Evidence, _ *Input) { e.Answers.AtOnce = 20 }},

	{"new prompts", "repeated_prompts", result.Pass, nothing},
	{"prompts repeat", "repeated_prompts", result.Warn, func(e *Evidence, _ *Input) { e.Prompts.Repeated = 50 }},
	{"prompts of an earlier run", "repeated_prompts", result.Warn, func(e *Evidence, _ *Input) { e.Prompts.Earlier, e.Answers = true, Answers{} }},
	{"prompts of an earlier run, and the server reports its cache", "repeated_prompts", result.Pass, func(e *Evidence, _ *Input) { e.Prompts.Earlier = true }},
	{"no prompts", "repeated_prompts", "absent", func(e *Evidence, _ *Input) { e.Cell.Counts.Scheduled = 0 }},

	{"many samples", "samples", result.Pass, nothing},
	{"few samples", "samples", result.Warn, func(e *Evidence, _ *Input) { e.Cell.Counts.OK, e.Cell.Counts.Scheduled = 20, 20 }},

	{"no server", "server_tokens", "absent", nothing},
	{"a server that agrees", "server_tokens", result.Pass, serving(func(*result.Server) {})},
	{"a server that generated more", "server_tokens", result.Warn, serving(func(s *result.Server) { s.GenerationTokens = f(15000) })},
	{"a server that agrees on prompts", "server_prompt_tokens", result.Pass, serving(func(*result.Server) {})},
	{"a server that read more", "server_prompt_tokens", result.Warn, serving(func(s *result.Server) { s.PromptTokens = f(60000) })},
	{"a server without hits", "server_prefix_cache", result.Pass, serving(func(*result.Server) {})},
	{"a server with hits", "server_prefix_cache", result.Warn, serving(func(s *result.Server) { s.CachedTokens, s.Ours.CachedShare = f(20480), f(0.4) })},
	{"a server with room", "preemptions", result.Pass, serving(func(*result.Server) {})},
	{"a server that preempts", "preemptions", result.Warn, serving(func(s *result.Server) { s.Preemptions = f(3) })},

	{"energy that is known well", "power", result.Pass, used(func(*result.Energy) {})},
	{"no energy", "power", result.NotAssessed, used(func(e *result.Energy) { e.Withheld = "the readings stood at 0" })},
	{"a domain that is missing", "power", result.Warn, used(func(e *result.Energy) {
		e.Domains = append(e.Domains, result.EnergyDomain{Domain: "dram", Source: "rapl", Withheld: "there was a gap"})
	})},
	{"a short window", "power", result.Warn, used(func(e *result.Energy) { e.Short = true })},
	{"wide edges", "power", result.Warn, used(func(e *result.Energy) { e.Domains[0].BoundJ = result.Num(200) })},
	{"edges that are most of it", "power", result.Fail, used(func(e *result.Energy) { e.Domains[0].BoundJ = result.Num(700) })},
	{"edges that are most of it, beside another domain", "power", result.Fail, used(func(e *result.Energy) {
		e.Domains[0].BoundJ = result.Num(700)
		e.Domains = append(e.Domains, result.EnergyDomain{Domain: "system", Source: "rapl", Joules: result.Num(5000), BoundJ: result.Num(1)})
	})},
	{"a cool machine", "heat", result.Pass, used(func(e *result.Energy) { e.HeatKnown, e.TempMaxC = true, result.Num(60) })},
	{"a GPU at its limit of power", "heat", result.Pass, used(func(e *result.Energy) { e.HeatKnown, e.Slowed = true, []string{"sw_power_cap"} })},
	{"heat that nobody reads", "heat", result.NotAssessed, used(func(*result.Energy) {})},
	{"thermal pressure", "heat", result.Warn, used(func(e *result.Energy) { e.HeatKnown, e.Thermal = true, []string{"Heavy"} })},
	{"a GPU slowed by heat", "heat", result.Warn, used(func(e *result.Energy) { e.HeatKnown, e.Slowed = true, []string{"hw_thermal_slowdown"} })},
	{"a queue", "server_queue", result.Pass, serving(func(*result.Server) {})},
	{"a queue that is not counted", "server_queue", result.NotAssessed, serving(func(s *result.Server) { s.QueueMS = nil })},
	{"a server that keeps running", "server_restart", "absent", serving(func(*result.Server) {})},
	{"several servers", "server_restart", result.Warn, serving(func(s *result.Server) { s.Falls = 9 })},
	{"a server that restarted", "server_restart", result.Fail, serving(func(s *result.Server) { s.Falls = 1 })},
	{"metrics that say something", "server_metrics", "absent", serving(func(*result.Server) {})},
	{"metrics that say nothing", "server_metrics", result.NotAssessed, serving(func(s *result.Server) { s.Withheld = "HTTP 503" })},

	{"no proxy", "proxy", "absent", nothing},
	{"a proxy", "proxy", result.Warn, func(_ *Evidence, in *Input) { in.Targets[0].Proxy = "http://proxy:3128" }},
	{"the same fields", "same_fields", result.Pass, nothing},
	{"other fields", "same_fields", result.Warn, func(_ *Evidence, in *Input) { in.Targets[0].Fields = []string{"logprobs"} }},
	{"three targets alike", "same_fields", result.Pass, func(_ *Evidence, in *Input) { in.Targets = append(in.Targets, result.Target{Name: "third"}) }},
	{"a third target with other fields", "same_fields", result.Warn, func(_ *Evidence, in *Input) {
		in.Targets = append(in.Targets, result.Target{Name: "third", Fields: []string{"return_token_ids"}})
	}},
	{"one target", "same_fields", "absent", func(_ *Evidence, in *Input) { in.Targets = in.Targets[:1] }},

	{"possible", "plausibility", result.Pass, func(e *Evidence, _ *Input) { e.Plausible.What = "a model" }},
	{"impossible", "plausibility", result.Warn, func(e *Evidence, _ *Input) {
		e.Plausible = Plausible{What: "a model", Findings: []physics.Finding{{ID: "tpot_floor", Severity: physics.Impossible, Text: "too fast"}}}
	}},
	{"nothing known", "plausibility", result.NotAssessed, func(e *Evidence, _ *Input) { e.Plausible.Unknown = "no machine" }},

	{"read the same", "parser", result.Pass, nothing},
	{"one frame read differently", "parser", result.Warn, func(_ *Evidence, in *Input) {
		in.Parser = []result.Parser{{Frames: 9000, Checked: 9000, Differences: map[string]int{"text": 1}}}
	}},
	{"many frames read differently", "parser", result.Fail, func(_ *Evidence, in *Input) {
		in.Parser = []result.Parser{{Frames: 100, Checked: 100, Differences: map[string]int{"text": 1}}}
	}},
	{"no frames kept", "parser", result.NotAssessed, func(_ *Evidence, in *Input) { in.Parser = nil }},

	{"a low floor", "calibration", result.Pass, nothing},
	{"a floor of 5 % of ttft", "calibration", result.Warn, func(_ *Evidence, in *Input) { in.Floor.AddedP50 = 5 }},
	{"a floor of 20 % of ttft", "calibration", result.Warn, func(_ *Evidence, in *Input) { in.Floor.AddedP50 = 20 }},
	{"a floor that is high for one request of a hundred", "calibration", result.Pass, func(_ *Evidence, in *Input) { in.Floor.AddedP99 = 20 }},
	{"a floor against a limit", "calibration", result.Pass, func(_ *Evidence, in *Input) { in.Floor.AddedP50, in.TightestLimit = 5, 1000 }},
	{"no floor", "calibration", result.NotAssessed, func(_ *Evidence, in *Input) { in.Floor = nil }},

	{"an idle client", "client_cpu", result.Pass, nothing},
	{"a busy client", "client_cpu", result.Warn, func(_ *Evidence, in *Input) { in.Client.CPUShare = f(0.8) }},
	{"a client at its limit", "client_cpu", result.Warn, func(_ *Evidence, in *Input) { in.Client.CPUShare = f(0.95) }},
	{"a client that its quota stops", "client_cpu", result.Warn, func(_ *Evidence, in *Input) {
		in.Client.CPUQuota, in.Client.Throttled, in.Client.Periods = f(0.12), f(15./44), 44
	}},
	{"a client within its quota", "client_cpu", result.Pass, func(_ *Evidence, in *Input) {
		in.Client.CPUQuota, in.Client.Throttled, in.Client.Periods = f(1), f(0), 44
	}},
	{"a client of unknown use", "client_cpu", result.NotAssessed, func(_ *Evidence, in *Input) { in.Client.CPUShare = nil }},

	{"a short pause", "gc", result.Pass, func(_ *Evidence, in *Input) { in.TightestLimit = 100 }},
	{"a pause of 5 % of the limit", "gc", result.Warn, func(_ *Evidence, in *Input) { in.TightestLimit, in.Client.GCPauseMax = 100, f(5) }},
	{"a pause of the limit", "gc", result.Warn, func(_ *Evidence, in *Input) { in.TightestLimit, in.Client.GCPauseMax = 100, f(100) }},
	{"a pause without a limit", "gc", result.Pass, func(_ *Evidence, in *Input) { in.Client.GCPauseMax = f(100) }},
	{"no pause was observed", "gc", result.NotAssessed, func(_ *Evidence, in *Input) { in.Client.GCPauseMax = nil }},

	{"a short wait", "scheduler", result.Pass, func(_ *Evidence, in *Input) { in.TightestLimit = 100 }},
	{"a wait of 5 % of the limit", "scheduler", result.Warn, func(_ *Evidence, in *Input) { in.TightestLimit, in.Client.SchedP99 = 100, f(5) }},
	{"a wait of the limit", "scheduler", result.Warn, func(_ *Evidence, in *Input) { in.TightestLimit, in.Client.SchedP99 = 100, f(100) }},
	{"less than a millisecond is always short", "scheduler", result.Pass, func(_ *Evidence, in *Input) { in.TightestLimit, in.Client.SchedP99 = 1, f(0.9) }},
	{"a wait without a limit", "scheduler", result.Pass, func(_ *Evidence, in *Input) { in.Client.SchedP99 = f(100) }},
	{"no wait was observed", "scheduler", result.NotAssessed, func(_ *Evidence, in *Input) { in.Client.SchedP99 = nil }},

	{"a clock that keeps time", "clock", result.Pass, nothing},
	{"a clock that was set", "clock", result.Warn, func(_ *Evidence, in *Input) { in.Client.ClockStep = f(-80) }},
	{"a clock that was not compared", "clock", result.NotAssessed, func(_ *Evidence, in *Input) { in.Client.ClockStep = nil }},

	{"no cost was worked out", "prices", "absent", func(_ *Evidence, in *Input) {
		in.Targets[0].Price = &result.Price{AsOf: "2024-01-01"}
	}},
	{"new prices", "prices", result.Pass, priced("2026-09-01", "mirror")},
	{"a stale price", "prices", result.Warn, priced("2026-08-31", "mirror")},
	{"a stale price that the plan states", "prices", result.Pass, priced("2024-01-01", "plan")},
	{"two processes", "shared_process", "absent", nothing},
	{"one process for both", "shared_process", result.Warn, func(_ *Evidence, in *Input) { in.Client.Shared = true }},
}

func nothing(*Evidence, *Input) {}

// against gives e answers of 64 tokens and returns the cell of another target
// under the same load, with answers of so many, none of which was fixed.
func against(e *Evidence, tokens float64) Evidence {
	length := func(v float64) result.Statistic { return result.Statistic{Mean: result.Num(v)} }
	e.Cell.Metrics.Stats["output_tokens"] = length(64)
	other := sound()
	other.Cell.ID, other.Cell.Target, other.Answers.Fixed = "load/baseline", "baseline", 0
	other.Cell.Metrics.Stats["output_tokens"] = length(tokens)
	return other
}

// serving gives a cell a server that counts as the client does, but for a change.
func serving(change func(*result.Server)) func(*Evidence, *Input) {
	return func(e *Evidence, _ *Input) {
		e.Cell.Server = attended().Cell.Server
		change(e.Cell.Server)
	}
}

func TestChecks(t *testing.T) {
	for _, tt := range checkTests {
		t.Run(tt.name, func(t *testing.T) {
			in := soundRun()
			tt.change(&in.Cells[0], &in)
			v := Judge(in)
			if got := statusOf(v, tt.id); got != tt.want {
				t.Errorf("%s is %q, want %q: %+v", tt.id, got, tt.want, v.Checks)
			}
			if tt.want == result.Fail && v.Status != result.Fail || tt.want == result.Warn && v.Status != result.Warn && v.Status != result.Fail {
				t.Errorf("the verdict is %q", v.Status)
			}
			for _, check := range v.Checks {
				if check.Text == "" {
					t.Errorf("%s says nothing", check.ID)
				}
				if (check.Status == result.Warn || check.Status == result.Fail) && check.Fix == "" && check.ID != "complete" {
					t.Errorf("%s does not say how to fix it", check.ID)
				}
			}
		})
	}
}

// Every check that exists has a row in which it warns or fails, and one in which
// it does not.
func TestEveryCheckIsTested(t *testing.T) {
	for _, k := range checks {
		bad, good := 0, 0
		for _, tt := range checkTests {
			switch {
			case tt.id != k.id:
			case tt.want == result.Warn || tt.want == result.Fail:
				bad++
			default:
				good++
			}
		}
		// What only informs never warns.
		if informs := k.id == "server_metrics" || k.id == "server_queue" || k.id == "hidden_reasoning"; bad == 0 != informs || good == 0 {
			t.Errorf("%s: %d rows in which it warns or fails, %d in which it does not", k.id, bad, good)
		}
	}
	for _, tt := range checkTests {
		if !slices.ContainsFunc(checks, func(k check) bool { return k.id == tt.id }) {
			t.Errorf("%s: there is no check %q, so that it is always absent", tt.name, tt.id)
		}
	}
}

// The samples that cost is computed from are checked for their tokens alone; a
// late client changes nothing about them.
func TestDelaysDoNoHarmToTokens(t *testing.T) {
	e := sound()
	e.Role, e.Requests, e.Cell.WindowS = TokensOnly, requests(50, 500), 0.1
	v := judge(e, healthy())
	if v.Status != result.Pass || statusOf(v, "window") != "absent" {
		t.Errorf("%+v", v.Checks[0])
	}
	e.Answers.LengthError = 0.5 * 400
	if got := statusOf(judge(e, healthy()), "output_length"); got != result.Warn {
		t.Errorf("answers of the wrong length are %q", got)
	}
}

func TestResultsListTheWorstFirst(t *testing.T) {
	in := soundRun()
	in.Status, in.Reason = result.Partial, "the spend cap is reached"
	in.Cells[0].Flow.InFlight = 7
	v := Judge(in)
	if v.Status != result.Fail || v.Checks[0].ID != "little" || v.Checks[0].Cell != "load/candidate" || v.Checks[1].ID != "complete" {
		t.Errorf("%s: %+v", v.Status, v.Checks[:2])
	}
}

// priced is a run of 30 November 2026 with a price of an earlier day.
func priced(asOf string, kind result.SourceKind) func(*Evidence, *Input) {
	return func(_ *Evidence, in *Input) {
		in.Priced = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
		in.Targets[0].Price = &result.Price{Rates: result.Rates{Input: 1, Output: 2}, Source: "a list", AsOf: asOf, SourceKind: kind}
	}
}
