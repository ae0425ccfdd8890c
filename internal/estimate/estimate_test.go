package estimate

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/plan"
)

// Each target of a load has its own part of the forecast: its own price, its own
// guess of how long it takes, and a warm-up for each of its blocks.
func TestEstimateOfSeveralTargets(t *testing.T) {
	p := plan.Default()
	p.Only = []plan.Benchmark{plan.Load}
	p.Candidate.URL, p.Candidate.Price = "http://a", &plan.Price{Input: new(1.0), Output: new(0.0)}
	p.Baseline = &plan.Target{URL: "http://b", Price: &plan.Price{Input: new(10.0), Output: new(0.0)}}
	p.Targets = []plan.Target{{Name: "demo", URL: "sim:vllm"}}
	p.Load.Users, p.Load.Requests = 4, 200
	f := Of(p, Load)
	if len(f.Cells) != 3 || f.Cells[2].ID != "load/demo" {
		t.Fatalf("%+v", f.Cells)
	}
	for _, c := range f.Cells {
		// 10 blocks, each with a warm-up of as many requests as it has and one more
		// per user at most, and a request per user after it.
		if c.Requests != 200+10*24+10*4 {
			t.Errorf("%s: %d requests", c.ID, c.Requests)
		}
	}
	// At most: 10 blocks, each with 24 requests of warm-up, and 20 after it.
	if len(f.Most) != 3 {
		t.Fatalf("%+v", f.Most)
	}
	total := 0.0
	for i, price := range []float64{1, 10, 0} {
		m := f.Most[i]
		load := float64(10*24+200+10*20) * 384 // half as much again as 256 tokens
		if m.Requests < 640 || m.Requests > 670 || m.InputTokens < load || m.InputTokens > load+20_000 {
			t.Errorf("%+v, want %v input tokens and those of some probes", m, load)
		}
		if total += m.InputTokens * price / 1e6; (m.USD == nil) != (price == 0) {
			t.Errorf("%+v", m)
		}
	}
	if f.USD == nil || math.Abs(*f.USD-total) > 1e-9 {
		t.Errorf("spend %v, want %v", f.USD, total)
	}
	if sum := f.Cells[0].Seconds + f.Cells[1].Seconds + f.Cells[2].Seconds; math.Abs(f.Seconds-setUp-sum) > 1e-9 || f.Cells[2].Seconds >= f.Cells[0].Seconds {
		t.Errorf("%v s in all of %+v: targets never run at once", f.Seconds, f.Cells)
	}
	if !strings.Contains(strings.Join(f.Notes, " "), "3 targets take turns in 10 rounds") {
		t.Errorf("%v", f.Notes)
	}
	p.Targets[0].URL = "http://c"
	if f := Of(p, Load); f.USD != nil {
		t.Errorf("the price of a target is missing, and the spend is %v", *f.USD)
	}
	// One target has one warm-up, of as long as its load at most.
	p.Baseline, p.Targets, p.Load.Requests, p.Load.Duration = nil, nil, 0, plan.Duration(10*time.Second)
	p.Load.Users, p.Load.Rate = 0, 5
	if f := Of(p, Load); len(f.Cells) != 1 || f.Cells[0].Requests != 50+50 || f.Cells[0].Seconds != 20 {
		t.Errorf("%+v", f.Cells)
	}
}

// The suite's cost is that of candidate and baseline; further targets are in the
// pass alone, and with the others in the throughput.
func TestFurtherTargetsOfTheSuite(t *testing.T) {
	p := plan.Default()
	p.Candidate.URL, p.Baseline = "sim:vllm", &plan.Target{URL: "sim:api"}
	p.Targets = []plan.Target{{Name: "third", URL: "sim:vllm"}}
	p.Throughput.Levels = []int{10}
	in := func(f Estimate, id string) bool {
		for _, c := range f.Cells {
			if c.ID == id {
				return true
			}
		}
		return false
	}
	f := Of(p, Suite)
	if !in(f, "pass/third") || in(f, "samples/third") || !in(f, "samples/baseline") || in(f, "throughput/third@10") {
		t.Errorf("%+v", f.Cells)
	}
	p.Throughput.LoadBaseline = true
	if f := Of(p, Suite); !in(f, "throughput/third@10") || !in(f, "throughput/baseline@10") {
		t.Errorf("%+v", f.Cells)
	}
}
