package conclude

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/stats"
)

// world makes the latencies of two targets of which the candidate takes effect
// times as long, on a machine that drifts: over the whole run everything becomes
// slower by the factor e^drift. A prompt has a part of its own, a block has one
// (what else the machine did), and requests of a block depend on each other.
type world struct {
	rounds, size         int
	effect, drift        float64
	prompt, block, noise float64 // standard deviations of log latencies
	uneven               bool    // rounds lose up to half of their pairs
}

// run measures by the given order of slots: slot s of the run is that of target
// order[s][0] in round order[s][1].
func (w world) run(rng *rand.Rand, order [][2]int) [][][2]float64 {
	prompts := make([]float64, w.rounds*w.size)
	for i := range prompts {
		prompts[i] = w.prompt * rng.NormFloat64()
	}
	out := make([][][2]float64, w.rounds)
	for r := range out {
		out[r] = make([][2]float64, w.size)
	}
	for slot, o := range order {
		target, round := o[0], o[1]
		block, ar := w.block*rng.NormFloat64(), rng.NormFloat64()
		for i := range w.size {
			at := (float64(slot) + float64(i)/float64(w.size)) / float64(len(order))
			ar = 0.7*ar + math.Sqrt(1-0.7*0.7)*rng.NormFloat64()
			v := prompts[round*w.size+i] + w.drift*at + block + w.noise*ar
			if target == 0 {
				v += math.Log(w.effect)
			}
			out[round][i][target] = 100 * math.Exp(v)
		}
	}
	for r := range out {
		if w.uneven {
			out[r] = out[r][:w.size-rng.IntN(w.size/2)]
		}
	}
	return out
}

// interleaved is a random permutation of both targets a round, as in interleave.
func interleaved(rng *rand.Rand, rounds int) [][2]int {
	var order [][2]int
	for r := range rounds {
		for _, t := range rng.Perm(2) {
			order = append(order, [2]int{t, r})
		}
	}
	return order
}

// oneAfterTheOther runs all of the candidate's rounds first.
func oneAfterTheOther(rounds int) [][2]int {
	var order [][2]int
	for t := range 2 {
		for r := range rounds {
			order = append(order, [2]int{t, r})
		}
	}
	return order
}

// The intervals hold the truth as often as they say, whether the machine drifts
// or not, whether blocks differ and requests depend on each other: 5 % may miss,
// and here three standard errors of that share more.
func TestIntervalsOfInterleavedTargetsHoldTheTruth(t *testing.T) {
	const runs = 1000
	least := 0.95 - 3*math.Sqrt(0.95*0.05/runs)
	for name, w := range map[string]world{
		"no effect":         {rounds: 10, size: 30, effect: 1, prompt: .3, noise: .1},
		"blocks differ":     {rounds: 10, size: 30, effect: 1, prompt: .3, block: .1, noise: .1},
		"drift":             {rounds: 10, size: 30, effect: 1, drift: .5, prompt: .3, block: .02, noise: .1},
		"drift and effect":  {rounds: 8, size: 20, effect: 1.3, drift: 1, prompt: .2, block: .05, noise: .2},
		"few rounds":        {rounds: 5, size: 40, effect: 1, drift: .3, prompt: .3, block: .05, noise: .1},
		"many short rounds": {rounds: 40, size: 8, effect: .8, drift: .5, prompt: .5, block: .05, noise: .3},
		"uneven rounds":     {rounds: 9, size: 40, effect: 1.1, drift: .4, prompt: .3, block: .05, noise: .2, uneven: true},
	} {
		t.Run(name, func(t *testing.T) {
			for _, stat := range []string{geometric, "p50", "p95"} {
				rng := rand.New(rand.NewPCG(7, 11))
				held := 0
				for range runs {
					b, ok := stats.LogRatioOfGroups(w.run(rng, interleaved(rng, w.rounds)), ratioOf(stat), shownConf)
					if !ok {
						t.Fatal("no interval")
					}
					if truth := math.Log(w.effect); b.Lo <= truth && truth <= b.Hi {
						held++
					}
				}
				if share := float64(held) / runs; share < least {
					t.Errorf("%s: %.1f %% of the intervals hold the truth, want %.1f at least", stat, 100*share, 100*least)
				} else {
					t.Logf("%s: %.1f %%", stat, 100*share)
				}
			}
		})
	}
}

// What interleaving is for: under a linear drift targets that run one after the
// other differ by half of it though they are the same, and their interval says
// so with confidence. In turns the drift cancels, and what is left of it is in
// the interval.
func TestInterleavingBeatsOneAfterTheOther(t *testing.T) {
	const runs = 400
	w := world{rounds: 10, size: 30, effect: 1, drift: .2, prompt: .3, block: .02, noise: .1}
	rng := rand.New(rand.NewPCG(3, 5))
	var held [2]int
	var off [2]float64
	for range runs {
		for i, order := range [][][2]int{interleaved(rng, w.rounds), oneAfterTheOther(w.rounds)} {
			b, ok := stats.LogRatioOfGroups(w.run(rng, order), stats.LogMeanRatio, shownConf)
			if !ok {
				t.Fatal("no interval")
			}
			if b.Lo <= 0 && 0 <= b.Hi {
				held[i]++
			}
			off[i] += b.Value * b.Value / runs
		}
	}
	alternating, after := math.Sqrt(off[0]), math.Sqrt(off[1])
	t.Logf("error of the log ratio: %.3f interleaved, %.3f one after the other; %d and %d of %d intervals hold the truth", alternating, after, held[0], held[1], runs)
	if after < 5*alternating {
		t.Errorf("the error is %.3f interleaved and %.3f one after the other: the drift should show there alone", alternating, after)
	}
	if held[1] > runs/20 {
		t.Errorf("one after the other %d of %d intervals hold the truth; this drift should break nearly all", held[1], runs)
	}
	if share := float64(held[0]) / runs; share < 0.95-3*math.Sqrt(0.95*0.05/runs) {
		t.Errorf("in turns only %.1f %% hold it", 100*share)
	}
}

// A request that was cut may have succeeded or not. Pairs of them used to be left
// out, as if they said nothing.
func TestCutRequestsWidenTheDifferenceInSuccess(t *testing.T) {
	const rounds, size = 8, 50
	compare := func(cutEach int) (text string, lo, hi float64) {
		p := paired{cand: newCell(&runlog.Cell{}, Keep{}), other: newCell(&runlog.Cell{}, Keep{}), planned: rounds}
		for r := range rounds {
			var rows [][2]int32
			for i := range size {
				row := int32(r*size + i)
				rows = append(rows, [2]int32{row, row})
				for _, c := range []*cell{p.cand, p.other} {
					x := &exchange.Exchange{Phase: exchange.Measured, Index: i, Due: exchange.Stamp(1 + row)}
					switch {
					case c == p.cand && i < cutEach:
						x.Class = exchange.Cut
					case c == p.cand && i >= size-10:
						x.Class = exchange.HTTP5xx // a fifth fails on the candidate alone
					}
					c.Add(x)
				}
			}
			p.rows = append(p.rows, rows)
		}
		for _, c := range []*cell{p.cand, p.other} {
			c.Settle(1, 1e9)
		}
		c := p.success()
		return c.Text, float64(*c.Estimate.Lo), float64(*c.Estimate.Hi)
	}
	text, lo, hi := compare(0)
	if lo > -20 || hi > -10 || !strings.Contains(text, "less often") || strings.Contains(text, "cut") {
		t.Errorf("%v to %v: %s", lo, hi, text)
	}
	text, wider, same := compare(5)
	if wider > lo-8 || math.Abs(same-hi) > 2 || !strings.Contains(text, "40 were cut") {
		t.Errorf("with a tenth cut %v to %v: %s", wider, same, text)
	}
}
