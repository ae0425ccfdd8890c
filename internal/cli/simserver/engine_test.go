package simserver

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/inferometer/inferometer/internal/sim"
	"github.com/inferometer/inferometer/internal/sim/scheduler"
)

func engineProfile(t *testing.T, name string, args ...string) (sim.Profile, error) {
	t.Helper()
	fs := pflag.NewFlagSet("sim", pflag.ContinueOnError)
	for _, n := range fixedOnly {
		fs.String(n, "", "")
	}
	var f engineFlags
	f.register(fs)
	if err := fs.Parse(args); err != nil {
		return sim.Profile{}, err
	}
	return f.profile(name, fs)
}

func TestEngineFlagsReachTheScheduler(t *testing.T) {
	times := filepath.Join(t.TempDir(), "times.yaml")
	if err := os.WriteFile(times, []byte("decode_ms: [7]"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := engineProfile(t, "fitted", "--max-num-seqs=3", "--max-num-batched-tokens=64", "--long-prefill-token-threshold=32", "--block-size=8",
		"--no-prefix-caching", "--scheduling-policy=priority", "--no-async-scheduling", "--speculative-tokens=2", "--acceptance-length=1.5",
		"--instances=2", "--routing=least-loaded", "--step-times="+times)
	if err != nil {
		t.Fatal(err)
	}
	want := scheduler.Config{
		MaxNumSeqs: 3, MaxNumBatchedTokens: 64, LongPrefillTokenThreshold: 32, BlockSize: 8, Blocks: 56_000, NoPrefixCaching: true,
		Policy: scheduler.Priority, Synchronous: true, Speculation: scheduler.Speculation{Tokens: 2, Length: 1.5}, FrontEnd: 8 * time.Millisecond,
	}
	if p.Batch.Config != want || p.Batch.Instances != 2 || p.Batch.Routing != scheduler.LeastLoaded {
		t.Errorf("%+v", p.Batch)
	}
	if took, _ := p.Batch.Timer.StepTime(scheduler.Batch{Decodes: 1}); took != 7*time.Millisecond {
		t.Errorf("a step takes %v", took)
	}
}

func TestPhysicsProfile(t *testing.T) {
	p, err := engineProfile(t, "physics", "--accelerator=h100", "--sim-model=llama-3.1-8b", "--kv-blocks=1000")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Validate(); err != nil {
		t.Error(err)
	}
	if p.Batch.Blocks != 1000 || p.Batch.MaxNumSeqs < 256 || p.Model == "" {
		t.Errorf("%+v with %+v", p, p.Batch)
	}
	// The weights have 16 GB, which 3.35 TB/s read in 4.8 ms.
	if took, bound := p.Batch.Timer.StepTime(scheduler.Batch{Sequences: 1, Decodes: 1, DecodeTokens: 1, DecodeContext: 500, Sampled: 1}); took < 4800*time.Microsecond || took > 10*time.Millisecond || bound != "weights" {
		t.Errorf("one stream takes %v a token, bound by %s", took, bound)
	}
}

// A chip of Apple's with 4-bit weights: llama.cpp does 83 tokens a second with a 7B model.
func TestPhysicsProfileOfAnAppleChip(t *testing.T) {
	for dtype, want := range map[string][2]float64{"q4_0": {60, 85}, "f16": {24, 34}} {
		p, err := engineProfile(t, "physics", "--accelerator=m4-max", "--sim-model=llama-3.1-8b", "--dtype="+dtype)
		if err != nil {
			t.Fatal(err)
		}
		took, _ := p.Batch.Timer.StepTime(scheduler.Batch{Sequences: 1, Decodes: 1, DecodeTokens: 1, DecodeContext: 100, Sampled: 1})
		if rate := 1 / took.Seconds(); rate < want[0] || rate > want[1] {
			t.Errorf("%s: %.1f tokens a second, want %v", dtype, rate, want)
		}
	}
}

func TestEngineFlagsThatDoNotFit(t *testing.T) {
	for want, args := range map[string][]string{
		"--kv-blocks: the profile \"vllm\"":                     {"vllm", "--kv-blocks=10"},
		"--accelerator: the profile \"fitted\" has no hardware": {"fitted", "--accelerator=a100"},
		"--ttft: the profile \"physics\"":                       {"physics", "--ttft=5ms"},
		"--step-times: the steps":                               {"physics", "--step-times=x"},
		"--step-times: failed to read":                          {"fitted", "--step-times=none.yaml"},
		"--accelerator: ":                                       {"physics", "--accelerator=abacus"},
		"--sim-model: ":                                         {"physics", "--sim-model=eliza"},
		"--dtype: the format \"q3\" is not one of bf16":         {"physics", "--dtype=q3"},
		"--dtype: the profile \"fitted\"":                       {"fitted", "--dtype=q4_0"},
		"--tp 0":                                                {"physics", "--tp=0"},
		"--instances 0":                                         {"fitted", "--instances=0"},
		"invalid max-num-seqs -1":                               {"fitted", "--max-num-seqs=-1"},
		"acceptance length":                                     {"fitted", "--speculative-tokens=2"},
		`invalid value "lifo": must be one of fcfs, priority`:   {"fitted", "--scheduling-policy=lifo"},
		"vllm, api, fixed, fitted, degrade, or physics":         {"vlm"},
	} {
		if _, err := engineProfile(t, args[0], args[1:]...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v does not say %q", args, err, want)
		}
	}
}
