package inferometer_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/inferometer/inferometer"
)

// Measure the latency of an endpoint; sim:vllm is built in.
func ExampleLatency() {
	dir, err := os.MkdirTemp("", "runs")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	plan := inferometer.DefaultPlan("sim:vllm")
	plan.Dir = dir
	plan.Latency.Iterations = 10
	plan.Workload.OutputTokens = 8

	latency, err := inferometer.Latency(context.Background(), plan)
	if err != nil {
		log.Fatal(err)
	}
	ttft := latency.Cells[0].Metrics.Stats["ttft"]
	fmt.Println("evidence:", latency.Evidence)
	fmt.Println("requests:", ttft.N)
	fmt.Println("the p99 needs", ttft.P99.NeededN, "requests")
	// Output:
	// evidence: simulated
	// requests: 10
	// the p99 needs 368 requests
}

// Decide a claim: it is written down before it is tested.
func ExampleRun() {
	dir, err := os.MkdirTemp("", "runs")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	plan := inferometer.DefaultPlan("sim:vllm")
	plan.Dir = dir
	plan.Only = []inferometer.Benchmark{"latency"}
	plan.Latency.Iterations = 12
	plan.Workload.OutputTokens = 4
	plan.Claims = []inferometer.Claim{{ID: "fast", Limit: "ttft.p95<10s"}}

	result, err := inferometer.Run(context.Background(), plan)
	if err != nil {
		log.Fatal(err)
	}
	claim := result.Claims[0]
	// How many depends on whether neighbours are alike; 59 at least.
	fmt.Println(claim.ID, claim.Verdict, "needs at least 59:", claim.NeededN >= 59)
	// Output:
	// fast undecided needs at least 59: true
}

// Score one text.
func ExampleAssessQuality() {
	good, err := inferometer.AssessQuality("technical", "What is a write-ahead log?",
		"A write-ahead log records every change on disk before the data itself changes. After a crash the log is replayed, so that nothing is lost.")
	if err != nil {
		log.Fatal(err)
	}
	bad, err := inferometer.AssessQuality("technical", "What is a write-ahead log?", "Bread is made of flour and water.")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(good.Total > bad.Total)
	// Output:
	// true
}
