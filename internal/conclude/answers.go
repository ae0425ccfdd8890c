package conclude

import (
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// formsOf counts the answers of a cell by their form; nil where none was asked for.
func formsOf(w plan.WorkloadPlan, counts map[string]int) *result.Forms {
	n := 0
	f := &result.Forms{Asked: w.Answer, Others: map[string]int{}}
	for what, k := range counts {
		n += k
		if what == exchange.FormOK {
			f.Share.K = k
		} else {
			f.Others[what] = k
		}
	}
	if n == 0 {
		return nil
	}
	lo, hi := stats.Wilson(f.Share.K, n, 0.95)
	f.Share.N, f.Share.Value = n, result.Num(float64(f.Share.K)/float64(n))
	f.Share.Lo, f.Share.Hi = result.Num(lo), result.Num(hi)
	return f
}
