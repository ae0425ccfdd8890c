package conclude

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// Each test of this file makes a result from a log as a run leaves it behind,
// is named after what it protects, and says whose mistake it would be.

func at(ms float64) exchange.Stamp { return exchange.Stamp(ms*1e6) + 1 }

// answered is a request that was due at t ms, whose two tokens came after ttft
// and ttft + 10 ms.
func answered(t, ttft float64) *exchange.Exchange {
	return &exchange.Exchange{
		Phase: exchange.Measured, Due: at(t), Woken: at(t), Started: at(t), Writing: at(t), Sent: at(t), Reused: true, Streamed: true,
		FirstToken: at(t + ttft), FirstAnswer: at(t + ttft), LastToken: at(t + ttft + 10), Done: at(t + ttft + 10),
		Frames:      []exchange.Frame{{At: at(t + ttft), Tokens: 1}, {At: at(t + ttft + 10), Tokens: 1}},
		InputTokens: new(100), OutputTokens: new(2), AskedOutput: 2, FixedOutput: true, TokenSource: exchange.FromUsage,
	}
}

// level is a cell as a run logs it.
type level struct {
	record    runlog.CellRecord
	window    runlog.WindowRecord
	exchanges []*exchange.Exchange
}

// levelCell is a throughput level of n requests, one each 50 ms from begin.
func levelCell(id string, users, n int, begin, ttft float64) *level {
	c := &level{
		record: runlog.CellRecord{
			ID: id, Benchmark: plan.Throughput, Target: cells.Candidate, Level: users,
			Workload: result.Workload{InputTokens: 100, OutputTokens: 2, FixedOutput: true},
			Load:     result.LoadShape{Kind: "closed", Users: users},
		},
		window: runlog.WindowRecord{Cell: id, Start: at(begin), End: at(begin + 50*float64(n))},
	}
	for i := range n {
		x := answered(begin+50*float64(i), ttft)
		x.Cell, x.Index, x.User, x.PromptHash = id, i, i%max(1, users), uint64(1+i)<<8|uint64(users)
		c.exchanges = append(c.exchanges, x)
	}
	return c
}

// resultOf makes the result of a run of the given cells, by way of its log.
func resultOf(t *testing.T, levels ...*level) *result.Result {
	t.Helper()
	return resultFor(t, func(*plan.Plan) {}, levels...)
}

// resultFor is resultOf with another plan.
func resultFor(t *testing.T, change func(*plan.Plan), levels ...*level) *result.Result {
	t.Helper()
	p := plan.Default()
	p.Candidate.URL = "http://127.0.0.1:1"
	p.Only = []plan.Benchmark{plan.Throughput}
	change(&p)
	return resultOfLog(t, p, func(log *runlog.Writer) {
		_ = log.Begin(runlog.RunRecord{Name: "test", Started: time.Unix(1, 0)}, []result.Target{{Name: cells.Candidate, Evidence: result.Measured}}, nil)
		for _, c := range levels {
			c.write(log)
		}
		_ = log.End(runlog.EndRecord{Status: result.Complete})
	})
}

// write writes a cell as a run does; one without a window's cell was cut.
func (l *level) write(log *runlog.Writer) {
	_ = log.Cell(l.record)
	for _, x := range l.exchanges {
		_ = log.Exchange(x)
	}
	if l.window.Cell != "" {
		_ = log.Window(l.window)
	}
}

// resultOfLog makes a result from a plan and what write puts into a log.
func resultOfLog(t *testing.T, p plan.Plan, write func(*runlog.Writer)) *result.Result {
	t.Helper()
	path := filepath.Join(t.TempDir(), exchange.LogName)
	log, err := runlog.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	write(log)
	if err := log.Close(); err != nil { // it has the first error of all writes
		t.Fatal(err)
	}
	res, _, err := Result(p, path, filepath.Join(t.TempDir(), "none"), allParts)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// allParts are those of the suite, as far as these tests need them; the suite's
// own list is tested there.
var allParts = []Part{
	{Name: plan.Scan, Judged: (*Analysis).Scan},
	{Name: plan.Load, Conclude: (*Analysis).Load},
	{Name: plan.Capacity, Conclude: (*Analysis).Capacity, Judged: (*Analysis).CapacityJudged},
	{Name: plan.Latency, Keep: Keep{Prompts: true, Usage: true}, Reference: "ttft.p95<500ms", Conclude: (*Analysis).Latency},
	{Name: plan.Throughput, Reference: "success>=99%", Conclude: (*Analysis).Throughput},
	{Name: plan.Quality, Conclude: (*Analysis).Quality, Decide: (*Analysis).DecideQuality},
	{Name: plan.Cost, Keep: Keep{Usage: true}, Conclude: (*Analysis).Cost, Decide: (*Analysis).DecideCost},
}

func checkOf(t *testing.T, r *result.Result, id string) result.Check {
	t.Helper()
	for _, c := range r.Validity.Checks {
		if c.ID == id {
			return c
		}
	}
	t.Fatalf("there is no check %q", id)
	return result.Check{}
}

// Each level has a window and statistics of its own, and nothing mixes them:
// inference-perf's summary is of all stages together, and of the pauses
// between them.
func TestLevelsAreNotPooled(t *testing.T) {
	res := resultOf(t, levelCell("throughput/a@1", 1, 100, 0, 20), levelCell("throughput/a@9", 9, 100, 60_000, 200))
	cells := res.Benchmarks.Throughput.Cells
	if len(cells) != 2 || len(res.Benchmarks.Throughput.Levels) != 2 {
		t.Fatalf("%d cells of levels %v", len(cells), res.Benchmarks.Throughput.Levels)
	}
	for i, ttft := range []float64{20, 200} {
		s, rate := cells[i].Metrics.Stats["ttft"], cells[i].Metrics.Rates["throughput"]
		if s.N != 100 || math.Abs(float64(*s.Min)-ttft) > 1e-6 || math.Abs(float64(*s.Max)-ttft) > 1e-6 {
			t.Errorf("level %d: n %d, ttft %v to %v, want 100 of %v", i, s.N, *s.Min, *s.Max, ttft)
		}
		// 20/s, less what ended after the window; with the minute between the
		// cells it would be 3.
		if v := float64(*rate.Value); v < 19 || v > 20 || cells[i].WindowS != 5 {
			t.Errorf("level %d: %v/s in %v s, want 20 in 5", i, v, cells[i].WindowS)
		}
	}
}

// Two runs of one seed hit a warm prefix cache in 86 % of their tokens, and the
// second was 49 times as fast (vllm#52884, #54227). Ours send other bytes in
// each run, and where the server had them all the same it is said.
func TestACacheHitIsReportedAndContradicted(t *testing.T) {
	c := levelCell("throughput/a@1", 1, 100, 0, 20)
	for _, x := range c.exchanges {
		x.CachedTokens = new(86)
	}
	check := checkOf(t, resultOf(t, c), "prefix_cache")
	if check.Status != result.Warn || check.Value == nil || math.Abs(float64(*check.Value)-0.86) > 1e-9 || !strings.Contains(check.Text, "86 %") || check.Fix == "" {
		t.Errorf("%+v", check)
	}
	for _, x := range c.exchanges {
		x.CachedTokens = new(0)
	}
	if check := checkOf(t, resultOf(t, c), "prefix_cache"); check.Status != result.Pass {
		t.Errorf("nothing was cached: %+v", check)
	}
	for _, x := range c.exchanges {
		x.CachedTokens = nil // the server does not say, which is not 0
	}
	if check := checkOf(t, resultOf(t, c), "prefix_cache"); check.Status != result.NotAssessed || check.Value != nil {
		t.Errorf("the server does not say what was cached: %+v", check)
	}
}

// Answers that are shorter than was asked for are said to be (vllm#18687,
// #28227: without ignore_eos the lengths of two servers differ).
func TestAnswersShorterThanAskedAreSaid(t *testing.T) {
	for _, tt := range []struct {
		got  int
		want result.CheckStatus
	}{{200, result.Pass}, {199, result.Pass}, {196, result.Warn}, {100, result.Warn}} {
		c := levelCell("throughput/a@1", 1, 100, 0, 20)
		for _, x := range c.exchanges {
			x.AskedOutput, x.OutputTokens = 200, new(tt.got)
		}
		check := checkOf(t, resultOf(t, c), "output_length")
		if check.Status != tt.want || check.Value == nil || math.Abs(float64(*check.Value)-float64(200-tt.got)/200) > 1e-9 {
			t.Errorf("%d of 200 tokens: %+v", tt.got, check)
		}
	}
}

// A run in which most requests fail is invalid, whatever the rest looked like
// (GuideLLM#979: 65 % failures and plausible numbers).
func TestMostlyFailuresAreNoMeasurement(t *testing.T) {
	c := levelCell("throughput/a@1", 1, 100, 0, 20)
	for i, x := range c.exchanges {
		if i%20 < 13 {
			x.Class, x.Error = exchange.HTTP5xx, "HTTP 503: busy"
		}
	}
	res := resultOf(t, c)
	if check := checkOf(t, res, "errors"); check.Status != result.Fail || res.Validity.Status != result.Fail || !strings.Contains(check.Text, "65 of 100") {
		t.Errorf("%+v, verdict %q", check, res.Validity.Status)
	}
	if n := res.Benchmarks.Throughput.Cells[0].Counts; n.ByClass["http_5xx"] != 65 {
		t.Errorf("%+v", n)
	}
}

// Frames that came together are flagged at the whole run, and the time per
// token holds.
func TestBundledFramesAreFlagged(t *testing.T) {
	c := levelCell("throughput/a@1", 1, 100, 0, 20)
	for _, x := range c.exchanges {
		x.Coalesced = 1
	}
	res := resultOf(t, c)
	if check := checkOf(t, res, "bundled"); check.Status != result.Warn || !strings.Contains(check.Fix, "proxy") {
		t.Errorf("%+v", check)
	}
	m := res.Benchmarks.Throughput.Cells[0].Metrics
	if itl := m.Stats["itl"]; itl.Mean != nil || itl.P50.Withheld == "" {
		t.Errorf("itl %+v", itl)
	}
	if tpot := m.Stats["tpot"]; tpot.Mean == nil || math.Abs(float64(*tpot.Mean)-10) > 1e-9 {
		t.Errorf("tpot %+v", tpot)
	}
}

// A server's counts that cannot be those of what it was sent and sent are
// flagged: figures that rest on them may not pass in silence.
func TestDoubtfulCountsAreFlagged(t *testing.T) {
	sound := func(x *exchange.Exchange) {
		x.Streamed, x.Finish, x.FrameTokens, x.AnswerBytes = true, "length", exchange.FromContinuous, 4*len(x.Frames)
		x.AskedInput, x.InputTokens, x.OutputTokens = 256, new(270), new(len(x.Frames))
		for i := range x.Frames {
			x.Frames[i].Tokens = 1
		}
	}
	for _, tt := range []struct {
		name, id string
		want     result.CheckStatus
		change   func(x *exchange.Exchange)
	}{
		{"sound", "token_counts", result.Pass, func(*exchange.Exchange) {}},
		{"the end is a token", "token_counts", result.Pass, func(x *exchange.Exchange) { *x.OutputTokens++ }},
		{"more tokens than bytes", "token_counts", result.Warn, func(x *exchange.Exchange) { x.AnswerBytes = len(x.Frames) - 1 }},
		{"counts of frames over the total", "token_counts", result.Warn, func(x *exchange.Exchange) { x.Frames[0].Tokens, x.Frames[1].Tokens = 40, 0 }},
		{"counts of frames under the total", "token_counts", result.Warn, func(x *exchange.Exchange) { *x.OutputTokens += 2 }},
		{"more reasoning than tokens", "token_counts", result.Warn, func(x *exchange.Exchange) { x.ReasoningTokens = new(len(x.Frames) + 1) }},
		{"an input nobody sent", "token_counts", result.Warn, func(x *exchange.Exchange) { *x.InputTokens = 1 << 31 }},
		{"an input that was cut", "token_counts", result.Warn, func(x *exchange.Exchange) { *x.InputTokens = 100 }},
		{"a short prompt in a long template", "token_counts", result.Pass, func(x *exchange.Exchange) { x.AskedInput, *x.InputTokens = 20, 150 }},
		{"counted by token ids", "token_counts", result.Pass, func(x *exchange.Exchange) { x.OutputTokens, x.FrameTokens = nil, exchange.FromTokenIDs }},
		{"counted by nothing", "token_counts", result.Warn, func(x *exchange.Exchange) { x.OutputTokens, x.FrameTokens = nil, exchange.Unknown }},
		{"short by its token ids", "output_length", result.Warn, func(x *exchange.Exchange) {
			x.OutputTokens, x.FrameTokens, x.FixedOutput, x.AskedOutput = nil, exchange.FromTokenIDs, true, 2*len(x.Frames)
		}},
		{"with a reason of the end", "unfinished", "", func(*exchange.Exchange) {}},
		{"without one", "unfinished", result.Warn, func(x *exchange.Exchange) { x.Finish = "" }},
		{"filtered", "filtered", result.Warn, func(x *exchange.Exchange) { x.Finish = "content_filter" }},
		{"one after the other", "bundled", result.Pass, func(*exchange.Exchange) {}},
		{"all at once", "bundled", result.Warn, func(x *exchange.Exchange) { x.LastToken = x.FirstToken }},
	} {
		c := levelCell("throughput/a@1", 1, 100, 0, 20)
		for _, x := range c.exchanges {
			sound(x)
			tt.change(x)
		}
		var got result.Check
		for _, check := range resultOf(t, c).Validity.Checks {
			if check.ID == tt.id {
				got = check
			}
		}
		if got.Status != tt.want {
			t.Errorf("%s: %+v, want %q", tt.name, got, tt.want)
		}
	}
}

// A client that is kept from its work flags itself (srt-slurm#260: 294 ms of
// ttft that were the client's event loop).
func TestABusyClientFlagsItself(t *testing.T) {
	c := levelCell("throughput/a@1", 1, 100, 0, 20)
	for _, x := range c.exchanges {
		x.Woken, x.Started, x.Writing = x.Due+exchange.Stamp(4e6), x.Due+exchange.Stamp(4e6), x.Due+exchange.Stamp(5e6)
	}
	if check := checkOf(t, resultOf(t, c), "client_added"); check.Status != result.Fail || !strings.Contains(check.Text, "5 ms") {
		t.Errorf("5 ms of a ttft of 20 ms are the client's: %+v", check)
	}
}

// itemsRun makes the result of a run that asked n items of both targets alone, and of
// the candidate with 8 users at once; wrong says which answers are.
func itemsRun(t *testing.T, p plan.Plan, n int, wrong func(target string, users, item int) bool) *result.Result {
	t.Helper()
	targets := []result.Target{{Name: cells.Candidate, Model: "own", Evidence: result.Measured}, {Name: cells.Baseline, Model: "paid", Evidence: result.Measured}}
	return resultOfLog(t, p, func(log *runlog.Writer) {
		_ = log.Begin(runlog.RunRecord{Name: "test", Started: time.Unix(1, 0)}, targets, nil)
		for _, pass := range []struct {
			target string
			users  int
		}{{cells.Candidate, 1}, {cells.Baseline, 1}, {cells.Candidate, 8}} {
			c := levelCell(cells.ItemsID(pass.target, pass.users), pass.users, n, 0, 20)
			c.record.Benchmark, c.record.Target, c.record.Level = plan.Quality, pass.target, pass.users
			for _, x := range c.exchanges {
				x.Target = pass.target
			}
			c.write(log)
			for i := range n {
				right := !wrong(pass.target, pass.users, i)
				_ = log.Answer(runlog.AnswerRecord{Target: pass.target, Cell: c.record.ID, Users: pass.users, Item: fmt.Sprint(i), Right: &right})
			}
		}
		_ = log.End(runlog.EndRecord{Status: result.Complete})
	})
}

// Claims on answers are decided from the log's records of answers, each by the pass that
// it is about.
func TestClaimsOnAnswersAreDecidedByTheirPasses(t *testing.T) {
	p := plan.Default()
	p.Candidate.URL, p.Baseline = "http://127.0.0.1:1", &plan.Target{URL: "http://127.0.0.1:2"}
	p.Claims = []plan.Claim{{Limit: "quality_delta>=-2pp"}, {Limit: "load_delta>=-5pp"}, {Limit: "load_delta>=-20pp", Level: 8}, {Limit: "accuracy>=85%"}, {Limit: "accuracy>=85%", Level: 8}, {Limit: "accuracy>=85%", Level: 9}, {Limit: "drift<=5"}, {Limit: "win_rate>=45%"}}
	res := itemsRun(t, p, 1000, func(target string, users, item int) bool { return item%10 == 0 || users == 8 && item%10 == 1 })
	want := []result.Verdict{result.Proved, result.Refuted, result.Proved, result.Proved, result.Refuted, result.Undecided, result.Undecided, result.Undecided}
	for i, c := range res.Claims[:len(want)] {
		if c.Verdict != want[i] || c.Evidence != result.Measured || c.Heuristic != (c.Limit == "drift<=5") {
			t.Errorf("%s: %s (%s): %s; %s", c.Limit, c.Verdict, c.Evidence, c.Reason, c.Text)
		}
	}
	if text := res.Claims[0].Text; !strings.Contains(text, "own, items with checks against paid on the same ones") {
		t.Error(text)
	}
	a := res.Benchmarks.Quality.Answers
	if len(a.Passes) != 3 || a.Versus.Items != 1000 || len(a.Load) != 1 || a.Load[0].Lost != 100 || res.Benchmarks.Quality.Evidence != result.Measured {
		t.Errorf("%+v", a)
	}
}

// A claim on answers of a run without the quality benchmark says that it was not run, and
// names a target even where nothing is known of its model.
func TestAClaimOnAnswersSaysWhyThereAreNone(t *testing.T) {
	for only, want := range map[plan.Benchmark]string{
		plan.Latency: "the quality benchmark was not run; add it to --only",
		plan.Load:    "no item with checks was asked; --canary N asks some",
		plan.Quality: "no item with checks was asked; quality.items names some, and drift<=5 is the claim on heuristic scores",
	} {
		p := plan.Default()
		p.Only = []plan.Benchmark{only}
		a := &Analysis{plan: p, run: &runlog.Run{}, parts: allParts}
		c, err := a.claim(&result.Result{}, plan.Claim{Limit: "load_delta>=-15"}, "own")
		if err != nil || c.Reason != want || !strings.HasSuffix(c.Text, ": candidate") {
			t.Errorf("--only %s: %v, %q: %s", only, err, c.Text, c.Reason)
		}
	}
}

// A run of an earlier version claimed quality_delta of scores. Its plan is still read, and it is
// not proved by them.
func TestOldClaimsOnScoresAreNotProved(t *testing.T) {
	res := passOf(t, func(string, *exchange.Exchange) {})
	a := &Analysis{plan: plan.Default(), run: &runlog.Run{}, parts: allParts}
	for _, limit := range []string{"quality_delta>=-5", "quality.mean>=50"} {
		c, err := a.claim(res, plan.Claim{Limit: limit}, "old")
		if err != nil || c.Verdict != result.Undecided || !strings.Contains(c.Reason, "drift<=5") {
			t.Errorf("%s: %v, %s: %s", limit, err, c.Verdict, c.Reason)
		}
	}
}

// A claim on load needs answers alone, and says so where a run has none.
func TestAClaimOnLoadNeedsAnswersAlone(t *testing.T) {
	right := true
	a := &Analysis{plan: plan.Default(), run: &runlog.Run{}, parts: allParts}
	for i := range 50 {
		a.run.Answers = append(a.run.Answers, runlog.AnswerRecord{Target: cells.Candidate, Cell: cells.ItemsID(cells.Candidate, 8), Users: 8, Item: fmt.Sprint(i), Right: &right})
	}
	c, err := a.claim(passOf(t, func(string, *exchange.Exchange) {}), plan.Claim{Limit: "load_delta>=-5pp"}, "load")
	if err != nil || c.Verdict != result.Undecided || !strings.Contains(c.Reason, "no item was asked one at a time") || !strings.Contains(c.Reason, "--only quality") {
		t.Errorf("%v, %s: %s", err, c.Verdict, c.Reason)
	}
}

// A judge that fails the pairs that are known is named although it decided about nothing.
func TestAJudgeThatFailedIsPartOfTheResult(t *testing.T) {
	a := &Analysis{plan: plan.Default(), run: &runlog.Run{Targets: []result.Target{{Name: cells.Candidate, Evidence: result.Simulated}}}, parts: allParts}
	for _, first := range []string{runlog.ForCandidate, runlog.ForBaseline} {
		a.run.Judgements = append(a.run.Judgements, runlog.JudgementRecord{Judge: "j", Item: "c", Canary: "truncated", Want: runlog.ForCandidate, First: first, Verdict: first})
	}
	res := &result.Result{}
	if err := a.Quality(res); err != nil {
		t.Fatal(err)
	}
	q := res.Benchmarks.Quality
	if q == nil || q.Judged == nil || q.Evidence != result.Simulated || !strings.Contains(strings.Join(q.Notes, ""), "decide nothing") {
		t.Errorf("%+v", q)
	}
}
