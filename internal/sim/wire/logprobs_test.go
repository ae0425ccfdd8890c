package wire

import (
	"math"
	"testing"

	"github.com/inferometer/inferometer/internal/sim/answer"
)

// The probabilities at a place are probabilities: none above 1, all together at
// most 1, and the token's own is the highest.
func TestLogprobsAreProbabilities(t *testing.T) {
	for k, token := range answer.Split("Probabilities of the words that follow, and of the rest.") {
		sum, first := 0.0, 0.0
		names := map[string]bool{}
		eachTop(7, token, k, maxLogprobs, func(name string, v float64) {
			if len(names) == 0 {
				first = v
			}
			names[name] = true
			sum += math.Exp(v)
			if v > first {
				t.Errorf("%q at %d is likelier than the token", name, k)
			}
		})
		if len(names) != maxLogprobs || !names[token] || sum > 1 || first != math.Log(probability(7, token, k)) {
			t.Errorf("%q: %d different, sum %v", token, len(names), sum)
		}
	}
}
