package conclude

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// pointCell is a cell of a sweep over users: 40 requests of 2 tokens, at
// intervals of so many ms, the second token gap ms after the first.
func pointCell(index int, users string, begin, every, gap float64) *level {
	id := cells.ScanID(index, 1)
	c := &level{
		record: runlog.CellRecord{
			ID: id, Benchmark: plan.Scan, Target: cells.Candidate, Load: result.LoadShape{Kind: "closed", Users: index},
			Workload: result.Workload{InputTokens: 100, OutputTokens: 2, FixedOutput: true},
			Scan:     &runlog.ScanRecord{Index: index, Values: []string{users}, Attempt: 1},
		},
		window: runlog.WindowRecord{Cell: id, Start: at(begin), End: at(begin + 40*every)},
	}
	for i := range 40 {
		x := answered(begin+every*float64(i), 5)
		x.LastToken, x.Done, x.Frames[1].At = x.FirstToken.Add(ms(gap)), x.FirstToken.Add(ms(gap)), x.FirstToken.Add(ms(gap))
		x.Cell, x.Target, x.Index, x.PromptHash = id, cells.Candidate, i, uint64(1+i)<<8|uint64(index)
		c.exchanges = append(c.exchanges, x)
	}
	return c
}

func ms(v float64) time.Duration { return time.Duration(v * float64(time.Millisecond)) }

// scanOf makes the result of a sweep over users 1, 2, 4 from its log.
func scanOf(t *testing.T, edit func(*plan.Plan), targets []result.Target, end *runlog.EndRecord, levels ...*level) *result.Result {
	t.Helper()
	p := plan.Default()
	p.Candidate.URL = "http://127.0.0.1:1"
	p.Only = []plan.Benchmark{plan.Load}
	p.Scan.Keys = plan.ScanKeys{{Key: "users", Items: []string{"1..4x2"}}}
	if edit != nil {
		edit(&p)
	}
	if targets == nil {
		targets = []result.Target{{Name: cells.Candidate, Evidence: result.Measured}}
	}
	return resultOfLog(t, p, func(log *runlog.Writer) {
		_ = log.Begin(runlog.RunRecord{Name: "test", Started: time.Unix(1, 0)}, targets, nil)
		for _, c := range levels {
			c.write(log)
		}
		if end != nil {
			_ = log.End(*end)
		}
	})
}

var whole = &runlog.EndRecord{Status: result.Complete}

func three() []*level {
	return []*level{
		pointCell(1, "1", 0, 100, 10),      // 100 token/s for a user, 20 token/s in all
		pointCell(2, "2", 10_000, 50, 12),  // 83, 40
		pointCell(3, "4", 20_000, 100, 20), // 50, 20: slower than the first for no more
	}
}

func front(p *result.Pareto) string {
	var parts []string
	for _, point := range p.Points {
		mark := ""
		if point.Dominated {
			mark = "-"
		}
		parts = append(parts, fmt.Sprintf("%s%d:%.0f/%.0f", mark, point.Point, float64(point.X), float64(point.Y)))
	}
	return strings.Join(parts, " ")
}

func TestPareto(t *testing.T) {
	s := scanOf(t, nil, nil, whole, three()...).Benchmarks.Scan
	if got := front(s.Pareto); got != "0:100/20 1:83/40 -2:50/20" || s.Pareto.Refused != "" || len(s.Pareto.Left) > 0 {
		t.Errorf("%s %+v", got, s.Pareto)
	}
	if s.Pareto.X.Metric != "user_rate.p50" || s.Pareto.Y.Unit != "token/s" || s.Evidence != result.Measured || s.Mode != "grid" {
		t.Errorf("%+v", s)
	}
	if diff := cmp.Diff([]float64{1, 2, 4}, s.Keys[0].Numbers); diff != "" {
		t.Error(diff)
	}
}

// A point that was not measured, was cut short, failed or has no speed has no
// place, and the others do.
func TestPointsWithoutAPlace(t *testing.T) {
	levels := three()
	levels[0].window.Reason = "18 of the latest 20 requests failed"
	for i, x := range levels[1].exchanges {
		if i < 30 {
			x.Class, x.Status = exchange.HTTP5xx, 503
		}
	}
	s := scanOf(t, nil, nil, whole, levels...).Benchmarks.Scan
	want := []string{"users=1: ended early: 18 of the latest 20 requests failed", "users=2: 30 of 40 requests failed"}
	if diff := cmp.Diff(want, s.Pareto.Left); diff != "" || front(s.Pareto) != "2:50/20" {
		t.Errorf("%s %s", diff, front(s.Pareto))
	}
	levels = three()
	for _, x := range levels[1].exchanges {
		x.Streamed, x.Frames, x.FirstToken, x.FirstAnswer = false, nil, x.Done, x.Done
		x.LastToken = x.Done
	}
	levels[2].window.Cell = "" // a crash
	r := scanOf(t, nil, nil, nil, levels...)
	s = r.Benchmarks.Scan
	if len(s.Pareto.Left) != 2 || !strings.HasPrefix(s.Pareto.Left[0], "users=2: no ") || s.Pareto.Left[1] != "users=4: not measured" {
		t.Errorf("%q", s.Pareto.Left)
	}
	if got := points(s); !slices.Equal(got, []string{"scan/001", "scan/002", "the run was stopped while this was measured; the partial data does not count"}) || r.Run.Status != result.Interrupted {
		t.Errorf("%q", got)
	}
	for _, c := range r.Validity.Checks {
		if c.Cell == "scan/003" {
			t.Errorf("a cell that does not count is judged: %+v", c)
		}
	}
}

// Points of different units are not put on one axis.
func TestParetoRefusesMixedUnits(t *testing.T) {
	machine := func(accelerator string, count, replicas int) *result.Machine {
		return &result.Machine{Accelerator: accelerator, Count: count, MinReplicas: replicas}
	}
	with := func(machines ...*result.Machine) (targets []result.Target, levels []*level) {
		levels = three()
		for i, m := range machines {
			name := fmt.Sprint(cells.Candidate, "-", i)
			targets = append(targets, result.Target{Name: name, Evidence: result.Measured, Machine: m})
			levels[i].record.Target = name
			for _, x := range levels[i].exchanges {
				x.Target = name
			}
		}
		return targets, levels
	}
	tests := []struct {
		name     string
		machines []*result.Machine
		edit     func(*plan.Plan, []*level)
		want     string // of the front, or a part of the refusal
	}{
		{"no machine", []*result.Machine{nil, nil, nil}, nil, "0:100/20 1:83/40 -2:50/20"},
		{"each its number", []*result.Machine{machine("H100", 1, 1), machine("H100", 4, 1), machine("H100", 2, 1)}, nil, "0:100/20 -1:83/10 -2:50/10"},
		{"one without", []*result.Machine{machine("H100", 1, 1), nil, machine("H100", 2, 1)}, nil, "the machine of 2 points is known, and that of 1 is not"},
		{"two kinds", []*result.Machine{machine("H100", 1, 1), machine("A100", 1, 1), machine("A100", 1, 1)}, nil, "different accelerators (H100, A100)"},
		{"replicas", []*result.Machine{machine("H100", 1, 2), machine("H100", 1, 2), machine("H100", 1, 2)}, nil, "at least 2 replicas"},
		{"frames beside tokens", []*result.Machine{nil, nil, nil}, func(_ *plan.Plan, c []*level) {
			for _, x := range c[1].exchanges {
				x.OutputTokens, x.TokenSource = nil, exchange.FromFrames
				x.Frames[0].Tokens, x.Frames[1].Tokens = 0, 0
			}
		}, "counted the output tokens of 2 points"},
		{"work", []*result.Machine{nil, nil, nil}, func(p *plan.Plan, _ []*level) {
			p.Scan.Mode = plan.ScanZip
			p.Scan.Keys = append(p.Scan.Keys, plan.ScanItems{Key: "input-tokens", Items: []string{"10", "20", "30"}})
		}, "ask for different work (input-tokens)"},
	}
	for _, tt := range tests {
		targets, levels := with(tt.machines...)
		edit := func(p *plan.Plan) {}
		if tt.edit != nil {
			edit = func(p *plan.Plan) { tt.edit(p, levels) }
			edit(new(plan.Default()))
			if tt.name == "work" {
				for i, v := range []string{"10", "20", "30"} {
					levels[i].record.Scan.Values = append(levels[i].record.Scan.Values, v)
				}
			}
		}
		p := scanOf(t, edit, targets, whole, levels...).Benchmarks.Scan.Pareto
		if got := front(p); got != tt.want && (got != "" || !strings.Contains(p.Refused, tt.want)) {
			t.Errorf("%s: %q, refused %q, left %q; want %q", tt.name, got, p.Refused, p.Left, tt.want)
		}
	}
}

// points lists the points of a sweep, as cell or reason.
func points(s *result.Scan) (out []string) {
	for _, p := range s.Points {
		what := p.Cell
		if p.Why != "" {
			why, _, _ := strings.Cut(p.Why, ":")
			what = strings.TrimSpace(what + " " + why)
		}
		out = append(out, what)
	}
	return out
}
