// Package forecast joins physics with the simulated scheduler: what a
// deployment would do under a load, in virtual time. It measures nothing: its
// answers are modelled, name the basis of their coefficients, and are ranges as
// wide as the error of that basis. Ask answers a complete question; Timer and
// Config are for callers that run a scheduler themselves. Not modelled: whatever
// physics and scheduler leave out, and routers that know what engines cache.
package forecast

import (
	"time"

	"github.com/inferometer/inferometer/internal/physics"
	"github.com/inferometer/inferometer/internal/sim/scheduler"
)

// Timer says how long a deployment's steps take, and which term is the bottleneck.
// For sliding windows it uses the mean context, since a scheduler does not count
// what each sequence keeps.
func Timer(r *physics.Roofline) scheduler.StepTimer { return timer{r} }

type timer struct{ r *physics.Roofline }

func (t timer) StepTime(b scheduler.Batch) (took time.Duration, bound string) {
	s := t.r.Step(batchOf(b))
	return s.Duration(), s.Binds().String()
}

// batchOf converts a scheduler's batch to that of package physics.
func batchOf(b scheduler.Batch) physics.Batch {
	return physics.Batch{
		Prompts: b.Prefills, PromptTokens: b.PrefillTokens, PromptPairs: float64(b.PrefillPairs), PromptContext: int(b.PrefillContext),
		Writers: b.Decodes, WriterTokens: b.DecodeTokens, WriterContext: int(b.DecodeContext),
		Rows: b.Sampled, New: b.Admitted,
	}
}

// Config returns the scheduler of one engine of a deployment: its cache, and
// the limits that vLLM's server takes by the size of the accelerator where
// the deployment has none. Source: vllm/engine/arg_utils.py, 2026-08.
func Config(r *physics.Roofline) scheduler.Config {
	const gib = 1 << 30
	d := r.Deployment()
	c := scheduler.Config{
		MaxNumSeqs: 256, MaxNumBatchedTokens: 2048, BlockSize: 16, Blocks: r.KVTokens() / 16,
		FrontEnd: time.Duration(r.Coefficients().Host.Client * float64(time.Second)),
	}
	switch memory := d.Accelerator.Memory; {
	case memory >= 160*gib:
		c.MaxNumSeqs, c.MaxNumBatchedTokens = 1024, 16384
	case memory >= 70*gib && d.Accelerator.Peak.FP8 > 0: // vLLM excludes the A100 by name
		c.MaxNumSeqs, c.MaxNumBatchedTokens = 1024, 8192
	}
	if d.MaxSeqs > 0 {
		c.MaxNumSeqs = d.MaxSeqs
	}
	return c
}
