// Package inferometer measures LLM serving endpoints that speak the OpenAI
// protocol and answers with proof: is a self-hosted model faster, cheaper and
// as good as an API, how much load does it carry, and can the numbers be
// trusted?
//
// A run is a Plan in and a Result out. Latency starts at the moment when a
// request was due, every number carries its evidence, its n and its interval
// or the reason for none, and the run judges itself: look at Result.Validity
// before anything else. A run also leaves a folder with its log, from which
// every number can be recomputed, and a report.
//
// The package is small on purpose: all knobs are fields of Plan, the same as
// the keys of a plan file. What it does not do is print; the command
// inferometer does.
package inferometer

import (
	"context"
	"fmt"
	"net"

	"github.com/inferometer/inferometer/examples"
	"github.com/inferometer/inferometer/internal/hardware"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/demand"
	"github.com/inferometer/inferometer/internal/plan/kept"
	"github.com/inferometer/inferometer/internal/plan/metering"
	"github.com/inferometer/inferometer/internal/plan/scoring"
	"github.com/inferometer/inferometer/internal/plan/terms"
	"github.com/inferometer/inferometer/internal/quality"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/sim"
	"github.com/inferometer/inferometer/internal/suite"
	"github.com/inferometer/inferometer/internal/vocab"
)

// What a run takes. The zero Plan is not valid: start from DefaultPlan,
// DemoPlan or ReadPlan.
type (
	Plan           = plan.Plan
	Target         = plan.Target
	Price          = terms.Price
	Machine        = terms.Machine
	Bought         = terms.Bought
	WorkloadPlan   = plan.WorkloadPlan
	LatencyPlan    = plan.LatencyPlan
	ThroughputPlan = plan.ThroughputPlan
	CostPlan       = demand.Cost
	QualityPlan    = scoring.Quality
	ContentType    = scoring.ContentType
	GlossaryTerm   = scoring.Term
	QualityPasses  = scoring.Passes
	QualityJudge   = scoring.Judge
	QualityModel   = scoring.Model
	PowerPlan      = metering.Power
	KeptPlan       = kept.Kept
	LoadPlan       = plan.LoadPlan
	ScanPlan       = plan.ScanPlan
	ScanKeys       = plan.ScanKeys
	ScanItems      = plan.ScanItems
	ReplayPlan     = plan.Replay
	CapacityPlan   = plan.CapacityPlan
	RateLimits     = terms.Limits
	WarmupPlan     = terms.Warmup
	Limits         = plan.SLO
	PrefixPlan     = plan.PrefixPlan
	RowsPlan       = plan.RowsPlan
	SimPlan        = plan.SimPlan
	ClientPlan     = plan.ClientPlan
	Claim          = plan.Claim
	Benchmark      = plan.Benchmark
	Duration       = plan.Duration
)

// What a run gives: the document result.json, described in
// docs/result.schema.json.
type (
	Result           = result.Result
	LatencyResult    = result.Latency
	ThroughputResult = result.Throughput
	CostResult       = result.Cost
	QualityResult    = result.Quality
	HardwareResult   = result.Hardware
	ScanResult       = result.Scan
	LoadResult       = result.Load
	CapacityResult   = result.Capacity
	TargetResult     = result.Target
	Cell             = result.Cell
	Counts           = result.Counts
	Metrics          = result.Metrics
	ClaimResult      = result.Claim
	Validity         = result.Validity
	Check            = result.Check
	Evidence         = result.Evidence
	Statistic        = result.Statistic
	Estimate         = result.Estimate
	Rate             = result.Rate
	Spend            = result.Spend
	Number           = result.Number
)

// DefaultPlan returns a plan with all defaults and a candidate at url. A
// baseline is set by the caller, from DefaultTarget.
func DefaultPlan(url string) Plan {
	p := plan.Default()
	p.Candidate.URL = url
	return p
}

// DefaultTarget returns a target at url with the defaults of DefaultPlan.
func DefaultTarget(url string) *Target {
	t := plan.DefaultTarget()
	t.URL = url
	return &t
}

// ReadPlan reads a plan file, strictly: an unknown key is an error with its
// line and column. The environment is not read.
func ReadPlan(path string) (Plan, error) {
	p, _, err := plan.Read(plan.Sources{File: path})
	return p, err
}

// DemoPlan returns the plan of the demo, examples/migration.yaml: an embedded
// simulated vLLM against an embedded simulated API. Everything measured from
// it is marked simulated.
func DemoPlan() (Plan, error) {
	p, _, err := plan.Read(plan.Sources{Name: "examples/migration.yaml", YAML: examples.Migration})
	return p, err
}

// Run carries out a plan: all five benchmarks, or those of Plan.Only. It
// writes a folder under Plan.Dir. When ctx is done, running requests are cut;
// the result then says that it was interrupted. An error means that there is
// no result; that a claim was refuted or the run is invalid is no error.
func Run(ctx context.Context, p Plan) (*Result, error) {
	out, err := suite.Run(ctx, p, suite.Options{Version: "library", StartSim: serveSim, SharedSim: true})
	if out == nil {
		return nil, err
	}
	return out.Result, err
}

// Latency runs the latency benchmark of a plan alone: one request at a time.
func Latency(ctx context.Context, p Plan) (*LatencyResult, error) {
	r, err := only(ctx, p, plan.Latency)
	if err != nil {
		return nil, err
	}
	return r.Benchmarks.Latency, nil
}

// Throughput runs the throughput benchmark of a plan alone: a closed loop at
// each of Plan.Throughput.Levels.
func Throughput(ctx context.Context, p Plan) (*ThroughputResult, error) {
	r, err := only(ctx, p, plan.Throughput)
	if err != nil {
		return nil, err
	}
	return r.Benchmarks.Throughput, nil
}

// Cost runs the cost benchmark of a plan, and the throughput benchmark that
// the cost of a machine depends on.
func Cost(ctx context.Context, p Plan) (*CostResult, error) {
	r, err := only(ctx, p, plan.Throughput, plan.Cost)
	if err != nil {
		return nil, err
	}
	return r.Benchmarks.Cost, nil
}

// Quality runs the quality benchmark of a plan alone.
func Quality(ctx context.Context, p Plan) (*QualityResult, error) {
	r, err := only(ctx, p, plan.Quality)
	if err != nil {
		return nil, err
	}
	return r.Benchmarks.Quality, nil
}

// Hardware says what machine this is. It sends nothing.
func Hardware(ctx context.Context) HardwareResult { return hardware.Detect(ctx) }

func only(ctx context.Context, p Plan, b ...Benchmark) (*Result, error) {
	p.Only = b
	return Run(ctx, p)
}

// QualityScore is the heuristic score of one text.
type QualityScore struct {
	Total      float64            // 0 to 100, weighted mean of the components that apply
	Components map[string]float64 // 0 to 100 each; one that does not apply is absent
	Notes      []string           // what a reader must know
}

// AssessQuality scores one answer to one prompt. Kind is viral_hook, technical
// or code_generation. Scores are heuristics over the text: they show drift
// between answers to the same prompt, and prove no accuracy.
func AssessQuality(kind, prompt, answer string) (QualityScore, error) {
	weights := quality.DefaultWeights(kind)
	if weights == nil {
		return QualityScore{}, fmt.Errorf("unknown kind %q; use one of %v", kind, vocab.QualityKinds())
	}
	peers, err := quality.ShippedPeers(kind)
	if err != nil {
		return QualityScore{}, err
	}
	s := quality.Assess(quality.Item{Kind: kind, Prompt: prompt, Peers: peers}, answer, weights)
	return QualityScore{Total: s.Total, Components: s.Components, Notes: s.Notes}, nil
}

// serveSim serves an embedded endpoint in this process. The command starts a
// child process instead, so that client and server do not share a scheduler;
// a library has no command to start, and the result's validity says so.
func serveSim(ctx context.Context, profile string, t Target, seed uint64) (url string, stop func(), err error) {
	p, err := sim.LookupProfile(profile)
	if err != nil {
		return "", nil, err
	}
	if o := t.Sim; o != nil {
		if o.TTFT > 0 {
			p.TTFT = o.TTFT.Std()
		}
		if o.ITL > 0 {
			p.ITL = o.ITL.Std()
		}
		if o.Slots > 0 {
			p.Slots = o.Slots
		}
	}
	cfg := sim.Config{Profile: p, Seed: seed}
	if o := t.Sim; o != nil {
		if err := cfg.SetContent(o.Answers, o.Faults); err != nil {
			return "", nil, err
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("failed to listen on loopback: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	server := sim.New(cfg)
	go func() {
		defer close(done)
		_ = server.Serve(ctx, l) // a server that fails shows as failed requests
	}()
	return "http://" + l.Addr().String(), func() { cancel(); <-done }, nil
}
