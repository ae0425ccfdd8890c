package loadgen_test

import (
	"slices"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/sim"
)

// An API that takes 30 requests a minute refuses most of what four users send; paced
// to that it refuses nothing, and is not charged for the wait.
func TestARateLimitedAPIIsMeasuredAtItsLimit(t *testing.T) {
	for _, rpm := range []int{0, 30} {
		server := sim.Config{Script: answers(200*time.Millisecond, 300*time.Millisecond), RequestsPerMinute: 30}
		shape := loadgen.Shape{Users: 4, Requests: 100, Warmup: 4}
		measuredOn(t, server, rpm, shape, func(b *bench) { b.driver.Breaker = 2 }, func(t *testing.T, _ *bench, c result.Cell, xs []*exchange.Exchange) {
			refused := 0
			for _, x := range xs {
				if x.Class == exchange.HTTP429 {
					refused++
				}
			}
			if rpm == 0 {
				if refused == 0 {
					t.Error("the server refuses nothing without pacing: this test shows nothing")
				}
				return
			}
			if refused > 0 || len(xs) != 100 {
				t.Fatalf("%d of %d requests were refused", refused, len(xs))
			}
			between(t, "longest ttft", slices.Max(each(t, "ttft", xs)), 200, 202)
			between(t, "lateness, at most", slices.Max(each(t, "lateness", xs)), 0, 1)
			between(t, "requests per minute", 60*100/c.WindowS, 29, 30)
		})
	}
}
