package sim

import (
	"time"

	"github.com/inferometer/inferometer/internal/sim/scheduler"
	"github.com/inferometer/inferometer/internal/sim/steptime"
)

// Batching says how the requests of a server share batches, as they do in a real
// engine.
type Batching struct {
	scheduler.Config
	Timer     scheduler.StepTimer // nil: steptime.Default
	Instances int                 // engines behind one address; 0 means 1
	Routing   scheduler.Routing
}

// defaultBatching has vLLM's limits for an accelerator of 80 GB, and the cache
// that an 8B model leaves free there: 450,000 tokens. Fits of vLLM's front ends
// agree on the time of the front end to within a factor of two.
func defaultBatching() *Batching {
	return &Batching{
		Timer: steptime.Default(),
		Config: scheduler.Config{
			MaxNumSeqs: 1024, MaxNumBatchedTokens: 8192, BlockSize: 16, Blocks: 28_000, FrontEnd: 8 * time.Millisecond,
		},
	}
}

func (b *Batching) instances() int { return max(b.Instances, 1) }

// fleet makes the engines. The valid part of an invalid configuration is used, as
// New promises.
func (b *Batching) fleet() *scheduler.Fleet {
	if b.Timer == nil {
		b.Timer = steptime.Default()
	}
	if b.Validate() != nil {
		b.Config = scheduler.Config{
			MaxNumSeqs: max(b.MaxNumSeqs, 1), MaxNumBatchedTokens: max(b.MaxNumBatchedTokens, 1),
			BlockSize: max(b.BlockSize, 1), Blocks: min(max(b.Blocks, 1), 1<<24), Seed: b.Seed,
		}
	}
	// A configuration that Validate accepts gives no error.
	f, _ := scheduler.NewFleet(b.instances(), b.Routing, b.Config, b.Timer)
	return f
}
