package cells

import (
	"fmt"
	"math/rand/v2"

	"github.com/inferometer/inferometer/internal/plan"
)

// ScanID is the id of an attempt at a cell of a sweep; index and attempt count
// from 1.
func ScanID(index, attempt int) string { return attemptID(fmt.Sprintf("scan/%03d", index), attempt) }

// attemptID marks the id of a cell that is measured again.
func attemptID(id string, attempt int) string {
	if attempt > 1 {
		return fmt.Sprintf("%s-%d", id, attempt)
	}
	return id
}

// ScanOrder is the order in which the n cells of a sweep run, as indices from
// 0: as planned, or shuffled by the seed.
func ScanOrder(p plan.Plan, n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	if p.Scan.Order == plan.ScanRandom {
		rng := rand.New(rand.NewPCG(p.Seed, 0x5ca9))
		rng.Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
	}
	return order
}
