package conclude

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/validity"
)

// turnLog is a run of two targets that took turns, as its log has it: n requests
// a block, one each 50 ms, of which change may make others. The baseline has the
// first turn in even rounds.
type turnLog struct {
	rounds, n int
	change    func(target string, round, i int, x *exchange.Exchange)
	last      int     // blocks at the end that were begun and not ended
	early     float64 // ms by which requests of each block are due before its window
}

func (l turnLog) result(t *testing.T) *result.Result {
	t.Helper()
	p := plan.Default()
	p.Candidate.URL, p.Baseline = "http://127.0.0.1:1", &plan.Target{URL: "http://127.0.0.1:2", API: "chat"}
	p.Only = []plan.Benchmark{plan.Load}
	p.Load.Users, p.Load.Requests = 4, l.rounds*l.n
	p.Claims = []plan.Claim{{Limit: "ttft.p50<1s", Benchmark: plan.Load}}
	return resultOfLog(t, p, l.write)
}

// write writes the run.
func (l turnLog) write(log *runlog.Writer) {
	_ = log.Begin(runlog.RunRecord{Name: "test", Started: time.Unix(1, 0)}, []result.Target{
		{Name: cells.Candidate, Evidence: result.Measured}, {Name: cells.Baseline, Evidence: result.Measured},
	}, nil)
	begin, left := 100.0, 2*l.rounds
	for r := range l.rounds {
		order := []string{cells.Candidate, cells.Baseline}
		if r%2 == 1 {
			slices.Reverse(order)
		}
		for _, name := range order {
			id := "load/" + name
			if r == 0 {
				_ = log.Cell(runlog.CellRecord{
					ID: id, Benchmark: plan.Load, Target: name, Rounds: l.rounds,
					Workload: result.Workload{InputTokens: 100, OutputTokens: 2, FixedOutput: true},
					Load:     result.LoadShape{Kind: "closed", Users: 4},
				})
			}
			for i := range l.n {
				x := answered(begin+50*float64(i), 20)
				x.Cell, x.Target, x.Index, x.PromptHash = id, name, i, uint64(1+i)<<8|uint64(r)
				if l.change != nil {
					l.change(name, r, i, x)
				}
				x.User = i % 4
				_ = log.Exchange(x)
			}
			end := begin + 50*float64(l.n)
			if left--; left >= l.last {
				w := runlog.WindowRecord{Cell: id, Round: r + 1, Began: at(begin - 50), Start: at(begin + l.early), End: at(end)}
				w.CPUShare, w.GCs, w.GCPauseMax = new(0.1), 2, new(0.5)
				_ = log.Window(w)
			}
			begin = end + 3000
		}
	}
	if l.last == 0 {
		_ = log.End(runlog.EndRecord{Status: result.Complete})
	}
}

// slower makes the baseline's first tokens take a third longer, and all of a
// drifting machine's latencies longer from round to round.
func slower(target string, round, i int, x *exchange.Exchange) {
	ttft := (20 + float64((7*i)%5)) * math.Exp(0.1*float64(round)+0.01*float64((3*i+round)%4))
	if target == cells.Baseline {
		ttft *= 4.0 / 3
	}
	*x = *stamped(x, ttft)
}

func stamped(x *exchange.Exchange, ttft float64) *exchange.Exchange {
	y := answered(float64(x.Due-1)/1e6, ttft)
	y.Cell, y.Target, y.Index, y.PromptHash = x.Cell, x.Target, x.Index, x.PromptHash
	return y
}

func comparisonOf(t *testing.T, r *result.Result, tag, stat string) result.Comparison {
	t.Helper()
	for _, c := range r.Benchmarks.Load.Versus {
		if c.Metric == tag && strings.HasPrefix(c.Stat, stat) {
			return c
		}
	}
	t.Fatalf("there is no comparison of %s, %s", tag, stat)
	return result.Comparison{}
}

// A run of two targets becomes a cell each, over the windows of its blocks, and
// comparisons that find what was put in, with the drift that both felt taken out.
func TestTargetsThatTookTurns(t *testing.T) {
	res := turnLog{rounds: 8, n: 20, change: slower}.result(t)
	l := res.Benchmarks.Load
	if len(l.Cells) != 2 || l.Cells[0].Target != cells.Candidate || l.Cells[1].Target != cells.Baseline {
		t.Fatalf("cells %+v", l.Cells)
	}
	for _, c := range l.Cells {
		if math.Abs(c.WindowS-8) > 1e-9 || c.Counts.Scheduled != 160 || len(c.Blocks) != 8 {
			t.Errorf("%s: %v s, %d requests in %d blocks; want 8 s, 160 and 8", c.ID, c.WindowS, c.Counts.Scheduled, len(c.Blocks))
		}
		// 20 requests a second were due; some end behind their block.
		if v := float64(*c.Metrics.Rates["throughput"].Value); v < 18 || v > 20 {
			t.Errorf("%s: %v requests/s; the time of the others' turns is in it, or what they did", c.ID, v)
		}
		if k := c.Client; k == nil || k.GCs != 16 || math.Abs(*k.CPUShare-0.1) > 1e-9 || *k.GCPauseMax != 0.5 {
			t.Errorf("%s: the client's own figures are not those of all blocks: %+v", c.ID, k)
		}
		if !strings.Contains(c.SteadyNote, "trend remains over the blocks") {
			t.Errorf("%s: the drift is not noticed: %q", c.ID, c.SteadyNote)
		}
		for i, b := range c.Blocks {
			if b.Round != i+1 || b.Scheduled != 20 || b.OK != 20 || b.TTFT == nil || (b.Place == 1) != ((i%2 == 0) == (c.Target == cells.Candidate)) {
				t.Errorf("%s: block %+v", c.ID, b)
			}
		}
	}
	if l.Interleaving == nil || l.Interleaving.Rounds != 8 || !slices.Equal(l.Interleaving.Order[0], []string{cells.Candidate, cells.Baseline}) || !slices.Equal(l.Interleaving.Order[1], []string{cells.Baseline, cells.Candidate}) {
		t.Errorf("turns %+v", l.Interleaving)
	}
	for _, stat := range []string{"geometric", "p50", "p95"} {
		c := comparisonOf(t, res, "ttft", stat)
		e := c.Estimate
		if e.Value == nil || math.Abs(float64(*e.Value)-0.75) > 1e-6 || float64(*e.Lo) > 0.75+1e-6 || float64(*e.Hi) < 0.75-1e-6 {
			t.Fatalf("ttft, %s: %+v, want 0.75", stat, e)
		}
		if c.Pairs != 160 || c.Lost != 0 || c.Alone != 0 || c.Rounds != 8 || c.Against != cells.Baseline || !strings.Contains(c.Text, "1.33 times shorter than that of baseline") {
			t.Errorf("ttft, %s: %+v", stat, c)
		}
	}
	if c := comparisonOf(t, res, "tpot", "p50"); !strings.Contains(c.Text, "no difference from baseline") {
		t.Errorf("%s", c.Text)
	}
	s := comparisonOf(t, res, "success", "difference")
	if float64(*s.Estimate.Value) != 0 || float64(*s.Estimate.Lo) > -1 || float64(*s.Estimate.Hi) < 1 {
		t.Errorf("success %+v: that nothing failed in 160 is no proof that nothing ever does", s.Estimate)
	}
	// A claim is about the candidate's own figures, and those drifted.
	if c := res.Claims[0]; c.Verdict != result.Undecided || c.N != 160 || !slices.Equal(c.Inputs, []string{cells.Candidate}) {
		t.Errorf("claim %+v", c)
	}
}

// Users of a closed loop start at once: some requests are due a moment before the
// one that opens the window, and belong to the block like the others.
func TestRequestsDueBeforeTheWindowArePairs(t *testing.T) {
	res := turnLog{rounds: 6, n: 20, change: slower, early: 120}.result(t)
	c := comparisonOf(t, res, "ttft", "geometric")
	if c.Pairs != 120 || c.Alone != 0 {
		t.Errorf("%+v", c)
	}
	for _, cell := range res.Benchmarks.Load.Cells {
		// All that were completed in the windows were faster than the limit of the claim.
		if g, done := cell.Metrics.Rates["goodput"], cell.Metrics.Rates["throughput"]; g.N != done.N || done.N == 0 || cell.Blocks[3].Scheduled != 20 {
			t.Errorf("%s: goodput %+v of %+v, block %+v", cell.ID, g, done, cell.Blocks[3])
		}
	}
}

// Pairs that lose one side to a failure are counted, and are in no ratio; the
// failures are compared by themselves.
func TestLostPairsAreCounted(t *testing.T) {
	res := turnLog{rounds: 6, n: 20, change: func(target string, round, i int, x *exchange.Exchange) {
		slower(target, round, i, x)
		if target == cells.Baseline && i%4 == 0 || target == cells.Candidate && i == 1 {
			x.Class, x.LastToken, x.FirstToken, x.Frames = exchange.HTTP5xx, 0, 0, nil
		}
	}}.result(t)
	c := comparisonOf(t, res, "ttft", "geometric")
	if c.N != 120 || c.Pairs != 120-36 || c.Lost != 36 || c.Estimate.Value == nil {
		t.Errorf("%+v", c)
	}
	s := comparisonOf(t, res, "success", "difference")
	if v := float64(*s.Estimate.Value); math.Abs(v-20) > 1e-9 || !(float64(*s.Estimate.Lo) > 0) || !strings.Contains(s.Text, "6 failed on the candidate alone, 30 on baseline alone and 0 on both") {
		t.Errorf("%+v", s)
	}
	// A p95 of so few pairs has no interval.
	if p := comparisonOf(t, res, "ttft", "p95"); p.Estimate.Value == nil {
		t.Errorf("p95 of %d pairs in 6 rounds: %+v", p.Pairs, p.Estimate)
	}
}

func TestTooLittleIsWithheld(t *testing.T) {
	for _, tt := range []struct {
		name      string
		l         turnLog
		tag, stat string
		why       string
		needed    int
	}{
		{"few rounds", turnLog{rounds: 3, n: 30, change: slower}, "ttft", "geometric", "3 rounds", 150},
		{"few pairs", turnLog{rounds: 5, n: 10, change: slower}, "e2e", "p95", "too few pairs", 72},
		{"one round", turnLog{rounds: 1, n: 60, change: slower}, "ttft", "p50", "ran as one block", 0},
		{"nobody answers", turnLog{rounds: 5, n: 10, change: func(target string, _, _ int, x *exchange.Exchange) {
			if target == cells.Baseline {
				x.Class, x.FirstToken, x.LastToken, x.Frames = exchange.HTTP5xx, 0, 0, nil
			}
		}}, "ttft", "p50", "no prompt", 6},
	} {
		c := comparisonOf(t, tt.l.result(t), tt.tag, tt.stat)
		if c.Estimate.Value != nil || !strings.Contains(c.Estimate.Withheld, tt.why) || c.Estimate.NeededN != tt.needed || !strings.Contains(c.Text, "cannot be compared") {
			t.Errorf("%s: %+v, %q", tt.name, c.Estimate, c.Text)
		}
	}
}

// A run that was cut short in a block keeps what it has: whole rounds are
// compared, and the block that has no end counts in its cell alone.
func TestAnInterruptedRoundIsNoPair(t *testing.T) {
	res := turnLog{rounds: 7, n: 20, change: slower, last: 1}.result(t)
	if res.Run.Status != result.Interrupted {
		t.Fatalf("%+v", res.Run)
	}
	c := comparisonOf(t, res, "ttft", "geometric")
	if c.Rounds != 6 || c.Pairs != 120 || c.Alone != 20 || c.Estimate.Value == nil {
		t.Errorf("%+v", c)
	}
	for _, cell := range res.Benchmarks.Load.Cells {
		if cell.Counts.Scheduled != 140 {
			t.Errorf("%s: %d requests, want all 140", cell.ID, cell.Counts.Scheduled)
		}
		if cell.WindowS < 6 || cell.WindowS > 7.1 {
			t.Errorf("%s: a window of %v s", cell.ID, cell.WindowS)
		}
	}
}

// Time in which others had their turn is in no account of the requests in
// flight: Little's law holds of blocks as of a whole.
func TestLittlesLawHoldsOfBlocks(t *testing.T) {
	res := turnLog{rounds: 8, n: 40, change: func(_ string, _, i int, x *exchange.Exchange) { *x = *stamped(x, 25+float64(i%3)) }}.result(t)
	if c := res.Claims[0]; c.Verdict != result.Proved || c.N != 320 {
		t.Errorf("claim %+v", c)
	}
	for _, c := range res.Validity.Checks {
		if c.ID == "little" && (c.Status != result.Pass || c.Value == nil) {
			t.Errorf("%s: %s %s", c.Cell, c.Status, c.Text)
		}
	}
	if s := validity.Shortest(&res.Benchmarks.Load.Cells[0]); math.Abs(s-2) > 1e-9 {
		t.Errorf("the shortest block is %v s, want 2", s)
	}
}
