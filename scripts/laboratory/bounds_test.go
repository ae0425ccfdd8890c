package main

import (
	"context"
	"fmt"
	"math"
	"testing"
)

// bound is what the intervals and verdicts of a cell must keep, but for two standard
// errors of so many runs.
type bound struct {
	queue   string
	n, runs int
	limit   float64 // of the claims; 0: the truth
	keeps   []kept
}

// kept is a share of a figure that is at least, or at most, so much.
type kept struct {
	figure, share string
	least, most   float64
}

func covers(figure string, least float64) kept { return kept{figure, "cover", least, 1} }
func shows(figure string, least float64) kept  { return kept{figure, "shown", least, 1} }
func wrong(figure string, most float64) kept   { return kept{figure, "wrong", 0, most} }
func proves(figure string, most float64) kept  { return kept{figure, "false proof", 0, most} }
func refutes(figure string, most float64) kept { return kept{figure, "false refutation", 0, most} }
func power(figure string, least float64) kept  { return kept{figure, "proved", least, 1} }
func slower(figure string, least float64) kept { return kept{figure, "refuted", least, 1} }

// bounds are a small part of what scripts/coverage finds: one cell or two of each kind.
var bounds = []bound{
	{"iid", 500, 150, 0, []kept{covers("p50", .93), covers("p95", .93), covers("mean", .93), proves("p95", .065), refutes("p95", .065), shows("p95", .9)}},
	{"mm1/.8", 2000, 60, 0, []kept{covers("p50", .93), wrong("p95", .07), proves("p95", .065), covers("mean", .93), covers("throughput", .93)}},
	{"md8/.5", 500, 150, 0, []kept{covers("p95", .92), wrong("p95", .07), proves("p95", .065), shows("p95", .7)}},
	{"md8/.5", 2000, 60, 0, []kept{covers("p95", .92), covers("p99", .92), covers("mean", .93), shows("p95", .97)}},
	{"bulk8/.8", 2000, 60, 0, []kept{wrong("p95", .07), proves("p95", .065)}},
	{"heldout/bulk8-constant/.8", 500, 100, 0, []kept{covers("p50", .93), wrong("p95", .07), proves("p95", .065)}},
	{"ps/.7", 500, 100, 0, []kept{wrong("p50", .07), wrong("p95", .07), proves("p95", .065)}},
	{"closed8", 500, 100, 0, []kept{covers("p50", .93), covers("p95", .93), shows("p95", .97)}},
	{"user1-busy8/.9", 500, 100, 0, []kept{proves("p50", .08), proves("p95", .08)}},
	{"user1-ar1/.5", 500, 100, 0, []kept{proves("p50", .08), proves("p95", .08)}},
	{"outage/1", 500, 150, 0, []kept{covers("success", .93), proves("success", .065)}},
	{"outage/5", 1000, 100, 0, []kept{proves("success", .08)}},
	{"outage/20", 4000, 50, 0, []kept{proves("success", .08)}},
	{"outage-cut/5", 1000, 60, 0, []kept{proves("success", .08), refutes("success", .05)}},
	{"vllm-chat/.7", 2000, 30, 0, []kept{covers("p50", .93)}},
	{"vllm-chat-cold/.7", 500, 60, 0, []kept{proves("p50", .08)}},
	{"vllm-chat-cold/.7", 500, 30, 2, []kept{power("p50", .9)}},
	{"steps/7s", 9, 60, 0, []kept{covers("output_throughput", .9), covers("gap.p50", .9), covers("gap.p95", .9)}},
	{"steps/1s", 15, 60, 0, []kept{covers("output_throughput", .9), covers("gap.p50", .9), covers("gap.p95", .9)}},
	{"steps/1s", 60, 40, 0, []kept{covers("output_throughput", .9), covers("gap.p50", .9), covers("gap.p95", .9)}},
	{"paired/.7", 500, 8, 0, []kept{covers("ttft.p50", .9), covers("ttft.p95", .9)}},
	{"turns/mm1/.8", 500, 25, 1.26, []kept{slower("e2e.p50", .75)}},
	{"turns/mm1/.8", 500, 40, 0, []kept{refutes("e2e.p50", .07), proves("e2e.p50", .07)}},
	{"turns/closed8-prompts", 500, 25, 1.054, []kept{slower("e2e.p50", .7)}},
	{"capacity/ln2.0/32-ttft.p95", 600, 40, 0, []kept{proves("capacity", .05)}},
	{"capacity/ps-e2e.p95", 600, 40, 0, []kept{proves("capacity", .05), shows("capacity", .8)}},
}

// Whoever changes an estimator finds here whether intervals still cover and proofs still
// hold; scripts/coverage tells more.
func TestIntervalsCoverAndProofsHold(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates for some ten seconds; -short")
	}
	for _, b := range bounds {
		t.Run(fmt.Sprintf("%s n=%d", b.queue, b.n), func(t *testing.T) {
			selected, err := choose(queues(), b.queue)
			if err != nil {
				t.Fatal(err)
			}
			limit := 1.0
			if b.limit > 0 {
				limit = b.limit
			}
			j := job{queue: selected[0], n: b.n, runs: b.runs, seed: 1, limit: limit}
			rows, err := j.run(context.Background(), func(int) {})
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range b.keeps {
				k.check(t, rows)
			}
		})
	}
}

func (k kept) check(t *testing.T, rows []Row) {
	t.Helper()
	for _, r := range rows {
		if r.Figure != k.figure {
			continue
		}
		runs := float64(r.Runs)
		got := map[string]*float64{
			"cover": r.Cover, "shown": &r.Shown, "wrong": &r.Wrong,
			"false proof": r.FalseProof, "false refutation": r.FalseRefutation, "proved": r.Proved, "refuted": r.Refuted,
		}[k.share]
		if k.share == "cover" {
			runs *= r.Shown
		}
		if got == nil { // nothing is shown, so nothing is wrong
			return
		}
		t.Logf("%s: %s %.3f (shown %.2f)", k.figure, k.share, *got, r.Shown)
		two := func(share float64) float64 { return 2 * math.Sqrt(share*(1-share)/runs) }
		if *got < k.least-two(k.least) || *got > k.most+two(k.most) {
			t.Errorf("%s: %s is %.3f in %d runs, want %.3g to %.3g", k.figure, k.share, *got, r.Runs, k.least, k.most)
		}
		return
	}
	t.Errorf("there is no figure %s", k.figure)
}
