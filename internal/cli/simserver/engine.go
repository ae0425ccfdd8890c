package simserver

import (
	"fmt"

	"github.com/spf13/pflag"

	"github.com/inferometer/inferometer/internal/cli/help"
	"github.com/inferometer/inferometer/internal/forecast"
	"github.com/inferometer/inferometer/internal/physics"
	"github.com/inferometer/inferometer/internal/physics/known"
	"github.com/inferometer/inferometer/internal/sim"
	"github.com/inferometer/inferometer/internal/sim/scheduler"
	"github.com/inferometer/inferometer/internal/sim/steptime"
)

// engineFlags are those of simulated endpoints that batch, named as vLLM's
// where it has the same.
type engineFlags struct {
	stepTimes  string
	gpu, model string
	dtype      string
	tp         int

	scheduler   scheduler.Config
	noAsync     bool
	instances   int
	routing     scheduler.Routing
	speculation scheduler.Speculation
}

// physicsProfile is the profile that physics makes; sim knows no hardware.
const physicsProfile = "physics"

func (f *engineFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.gpu, "accelerator", "h100", "`NAME` accelerator of the catalog")
	fs.StringVar(&f.model, "sim-model", "llama-3.1-8b", "`MODEL` model of the catalog")
	fs.IntVar(&f.tp, "tp", 1, "`N` accelerators that share the model")
	fs.StringVar(&f.dtype, "dtype", "", "`FORMAT` weights: bf16, fp8, q8_0, q4_0, …")
	help.Group(fs, "--profile physics", "accelerator", "sim-model", "tp", "dtype")
	fs.StringVar(&f.stepTimes, "step-times", "", "`FILE` step times for --profile fitted (docs/simulator.md)")
	c := &f.scheduler
	fs.IntVar(&c.MaxNumSeqs, "max-num-seqs", 0, "`N` requests in a step (default the profile's)")
	fs.IntVar(&c.MaxNumBatchedTokens, "max-num-batched-tokens", 0, "`TOKENS` new tokens in a step (default the profile's)")
	fs.IntVar(&c.LongPrefillTokenThreshold, "long-prefill-token-threshold", 0, "`TOKENS` new tokens of one request in a step; 0: no limit")
	fs.IntVar(&c.BlockSize, "block-size", 0, "`TOKENS` size of a cache block (default the profile's)")
	fs.IntVar(&c.Blocks, "kv-blocks", 0, "`N` blocks of the cache (default the profile's)")
	fs.BoolVar(&c.NoPrefixCaching, "no-prefix-caching", false, "compute every prompt from scratch")
	fs.TextVar(&c.Policy, "scheduling-policy", scheduler.FCFS, "`POLICY` fcfs, or priority (the request's field, lowest first)")
	fs.BoolVar(&f.noAsync, "no-async-scheduling", false, "plan a step after the previous one has ended")
	fs.IntVar(&f.speculation.Tokens, "speculative-tokens", 0, "`N` tokens drafted for a sequence in a step")
	fs.Float64Var(&f.speculation.Length, "acceptance-length", 0, "`TOKENS` mean tokens of a step with drafts")
	fs.IntVar(&f.instances, "instances", 1, "`N` engines at one address")
	fs.TextVar(&f.routing, "routing", scheduler.RoundRobin, "`POLICY` round-robin or least-loaded")
	help.Group(fs, "Engine, named as in vLLM", batchedOnly...)
}

// batchedOnly, physicsOnly and fixedOnly are the flags that only an engine that
// batches, one on known hardware, and one of fixed latencies has.
var (
	batchedOnly = []string{
		"step-times", "max-num-seqs", "max-num-batched-tokens", "long-prefill-token-threshold", "block-size", "kv-blocks",
		"no-prefix-caching", "scheduling-policy", "no-async-scheduling", "speculative-tokens", "acceptance-length", "instances", "routing",
	}
	physicsOnly = []string{"accelerator", "sim-model", "tp", "dtype"}
	fixedOnly   = []string{"ttft", "itl", "slots"}
)

// profile finds a profile, and sets it up as the flags say.
func (f *engineFlags) profile(name string, fs *pflag.FlagSet) (sim.Profile, error) {
	var p sim.Profile
	var err error
	if name == physicsProfile {
		p, err = f.physics()
	} else if p, err = sim.LookupProfile(name); err != nil {
		err = fmt.Errorf("--profile: %w, or %s", err, physicsProfile)
	}
	if err != nil {
		return p, err
	}
	check := func(names []string, allowed bool, why string) error {
		for _, n := range names {
			if fs.Changed(n) && !allowed {
				return fmt.Errorf("--%s: the profile %q %s", n, name, why)
			}
		}
		return nil
	}
	if err := check(physicsOnly, name == physicsProfile, "has no hardware; use --profile physics"); err != nil {
		return p, err
	}
	if err := check(batchedOnly, p.Batch != nil, "has fixed latencies and no batch; use --profile fitted or physics"); err != nil {
		return p, err
	}
	if err := check(fixedOnly, p.Batch == nil, "has no fixed latencies: its steps take time"); err != nil {
		return p, err
	}
	if p.Batch == nil {
		return p, nil
	}
	return p, f.apply(p.Batch, name, fs)
}

func (f *engineFlags) apply(b *sim.Batching, name string, fs *pflag.FlagSet) error {
	if f.stepTimes != "" {
		if name == physicsProfile {
			return fmt.Errorf("--step-times: the steps of %q follow from the hardware; use --profile fitted", name)
		}
		t, err := steptime.Load(f.stepTimes)
		if err != nil {
			return fmt.Errorf("--step-times: %w", err)
		}
		b.Timer = t
	}
	c := &b.Config
	for flag, set := range map[string]struct{ to, from *int }{
		"max-num-seqs":           {&c.MaxNumSeqs, &f.scheduler.MaxNumSeqs},
		"max-num-batched-tokens": {&c.MaxNumBatchedTokens, &f.scheduler.MaxNumBatchedTokens},
		"block-size":             {&c.BlockSize, &f.scheduler.BlockSize},
		"kv-blocks":              {&c.Blocks, &f.scheduler.Blocks},
	} {
		if fs.Changed(flag) {
			*set.to = *set.from
		}
	}
	if fs.Changed("block-size") && !fs.Changed("kv-blocks") && c.BlockSize > 0 {
		c.Blocks = c.Blocks * 16 / c.BlockSize // the same memory in other blocks
	}
	c.LongPrefillTokenThreshold = f.scheduler.LongPrefillTokenThreshold
	c.NoPrefixCaching, c.Policy = f.scheduler.NoPrefixCaching, f.scheduler.Policy
	c.Synchronous, c.Speculation = f.noAsync, f.speculation
	if f.instances < 1 {
		return fmt.Errorf("--instances %d: must be at least 1", f.instances)
	}
	b.Instances, b.Routing = f.instances, f.routing
	if err := c.Validate(); err != nil {
		return fmt.Errorf("--profile %s: %w", name, err)
	}
	return nil
}

// physics makes a profile of a model on accelerators.
func (f *engineFlags) physics() (sim.Profile, error) {
	a, err := known.Accelerator(f.gpu)
	if err != nil {
		return sim.Profile{}, fmt.Errorf("--accelerator: %w; inferometer forecast --list has all", err)
	}
	m, err := known.Model(f.model)
	if err != nil {
		return sim.Profile{}, fmt.Errorf("--sim-model: %w", err)
	}
	if f.tp < 1 {
		return sim.Profile{}, fmt.Errorf("--tp %d: must be at least 1", f.tp)
	}
	d := physics.Deployment{Model: m, Accelerator: a, TP: f.tp}
	if f.dtype != "" {
		if d.Weights, err = physics.ParseFormat(f.dtype); err != nil {
			return sim.Profile{}, fmt.Errorf("--dtype: %w", err)
		}
	}
	r, err := physics.New(d)
	if err != nil {
		return sim.Profile{}, fmt.Errorf("--profile physics: %w", err)
	}
	return sim.Profile{
		Name: physicsProfile, Model: m.Name, ServerName: "inferometer-sim/" + physicsProfile,
		Description: fmt.Sprintf("%s on %d × %s", m.Name, f.tp, a.Name),
		Slots:       1, OutputTokens: 70, MaxModelLen: 32768, Quality: 0.8,
		Batch: &sim.Batching{Config: forecast.Config(r), Timer: forecast.Timer(r)},
	}, nil
}
