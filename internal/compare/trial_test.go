package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/inferometer/inferometer/internal/stats"
)

type proc struct {
	name string
	make func(r *rand.Rand, n int, slow float64) ([]float64, float64) // values, lengths
}

func mm1(rho float64) proc {
	return proc{fmt.Sprintf("mm1/%v", rho), func(r *rand.Rand, n int, slow float64) ([]float64, float64) {
		out := make([]float64, n)
		free, t := 0.0, 0.0
		free = 0
		sum := 0.0
		for i := -3000; i < n; i++ {
			t += r.ExpFloat64() / rho
			free = max(t, free) + slow*r.ExpFloat64()
			if i >= 0 {
				out[i] = free - t
				sum += out[i]
			}
		}
		return out, float64(n) / rho / (sum / float64(n))
	}}
}

func closed8() proc {
	return proc{"closed8", func(r *rand.Rand, n int, slow float64) ([]float64, float64) {
		ready, free := make([]float64, 8), make([]float64, 4)
		out := make([]float64, n)
		least := func(x []float64) int {
			k := 0
			for i, v := range x {
				if v < x[k] {
					k = i
				}
			}
			return k
		}
		begin, end, sum := 0.0, 0.0, 0.0
		for i := -200; i < n; i++ {
			u, s := least(ready), least(free)
			due := ready[u]
			if i == 0 {
				begin = due
			}
			end = max(due, free[s]) + slow*r.ExpFloat64()
			ready[u], free[s] = end, end
			if i >= 0 {
				out[i] = end - due
				sum += out[i]
			}
		}
		return out, (end - begin) / (sum / float64(n))
	}}
}

func iid() proc {
	return proc{"iid", func(r *rand.Rand, n int, slow float64) ([]float64, float64) {
		out := make([]float64, n)
		for i := range out {
			out[i] = slow * math.Exp(.25*r.NormFloat64())
		}
		return out, 0
	}}
}

func TestTrial(t *testing.T) {
	for _, pr := range []proc{iid(), mm1(.5), mm1(.8), mm1(.9), closed8()} {
		for _, n := range []int{30, 100, 500, 2000} {
			for _, p := range []float64{.5, .95} {
				const runs = 300
				called, shown, defined := 0, 0, 0
				var found [3]int
				slows := []float64{1.1, 1.3, 3}
				for seed := range uint64(runs) {
					r := rand.New(rand.NewPCG(seed, 99))
					q := func(slow float64) quantity {
						v, l := pr.make(r, n, slow)
						s := &sample{}
						s.dependence, s.sorted = stats.Series{Values: v, Lengths: l}.Examine()
						s.upper = s.sorted
						return s.quantile(p)
					}
					a, b := q(1), q(1)
					la, lb := a.Log(), b.Log()
					lo, ok1 := stats.DifferenceBound(la, lb, .025, false)
					hi, ok2 := stats.DifferenceBound(la, lb, .025, true)
					if ok1 && ok2 {
						defined++
					}
					if a.withheld == "" && b.withheld == "" {
						shown++
					}
					if ok1 && lo > 0 || ok2 && hi < 0 {
						called++
					}
					for i, s := range slows {
						if lo, ok := stats.DifferenceBound(la, q(s).Log(), .025, false); ok && lo > 0 {
							found[i]++
						}
					}
				}
				pc := func(k int) string { return fmt.Sprintf("%.1f", 100*float64(k)/runs) }
				t.Log(pr.name, n, p, "called", pc(called), "defined", pc(defined), "shown", pc(shown), "found 1.1/1.3/3:", pc(found[0]), pc(found[1]), pc(found[2]))
			}
		}
	}
}
