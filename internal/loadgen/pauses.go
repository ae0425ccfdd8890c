package loadgen

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// Pauses are think times of a log-normal distribution with a mean and a
// coefficient of variation, each a function of the seed, the user or
// conversation and the request. None is longer than an hour.
func Pauses(mean time.Duration, cv float64, seed uint64) func(x *exchange.Exchange) time.Duration {
	const maxPause = time.Hour
	sigma := math.Sqrt(math.Log1p(cv * cv))
	mu := math.Log(mean.Seconds()) - sigma*sigma/2
	return func(x *exchange.Exchange) time.Duration {
		who, what := uint64(x.Session), uint64(x.Turn)
		if x.Session == 0 {
			who, what = uint64(x.User), uint64(x.Index)
		}
		r := rand.New(rand.NewPCG(seed^0x7468696e6b, who<<32^what))
		seconds := math.Exp(mu + sigma*r.NormFloat64())
		return time.Duration(min(seconds, maxPause.Seconds()) * float64(time.Second))
	}
}
