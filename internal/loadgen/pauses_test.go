package loadgen

import (
	"math"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// Think times have the mean and the spread that were asked for, and are the same
// for the same seed.
func TestPauses(t *testing.T) {
	const n = 20_000
	pause, again, other := Pauses(2*time.Second, 0.5, 1), Pauses(2*time.Second, 0.5, 1), Pauses(2*time.Second, 0.5, 2)
	sum, squares, same := 0.0, 0.0, 0
	for i := range n {
		x := &exchange.Exchange{Session: 1 + i/5, Turn: 1 + i%5}
		v := pause(x).Seconds()
		sum, squares = sum+v, squares+v*v
		if again(x) != pause(x) {
			t.Fatal("the same seed gives another pause")
		}
		if other(x) == pause(x) {
			same++
		}
	}
	mean := sum / n
	if cv := math.Sqrt(squares/n-mean*mean) / mean; math.Abs(mean-2) > 0.03 || math.Abs(cv-0.5) > 0.03 || same > 0 {
		t.Errorf("mean %.3f s, cv %.3f, %d the same with another seed", mean, cv, same)
	}
}
