package wire

import (
	"math"
	"testing"

	"github.com/inferometer/inferometer/internal/sim/answer"
)

// Two servers that write the same text have nearly the same probabilities, over the
// same alternatives, so that their divergence is known.
func TestLogprobsOfTwoServers(t *testing.T) {
	for k, token := range answer.Split("The same text from two servers has a small divergence.") {
		p, q := probability(1, token, k), probability(2, token, k)
		want := p*math.Log(p/q) + (1-p)*math.Log((1-p)/(1-q))
		if p == q || want <= 0 || want > 0.02 {
			t.Errorf("%q: %v and %v, a divergence of %v", token, p, q, want)
		}
		var names []string
		var of []float64
		eachTop(1, token, k, maxLogprobs, func(name string, v float64) { names, of = append(names, name), append(of, v) })
		got, left, leftOther, i := 0.0, 1.0, 1.0, 0
		eachTop(2, token, k, maxLogprobs, func(name string, v float64) {
			if names[i] != name {
				t.Errorf("alternative %d is %q and %q", i, names[i], name)
			}
			got += math.Exp(of[i]) * (of[i] - v)
			left, leftOther, i = left-math.Exp(of[i]), leftOther-math.Exp(v), i+1
		})
		got += left * math.Log(left/leftOther) // what is not listed is in the same proportion, too
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("%q: the divergence is %v, want %v", token, got, want)
		}
	}
}

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
