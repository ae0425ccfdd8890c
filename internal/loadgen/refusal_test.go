package loadgen

import (
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// A server that refuses and asks to wait must not hold a cell up beyond its own
// end, or beyond a minute: it ended after 60 s of 5 s, in silence.
func TestAWaitDoesNotOutlastTheCell(t *testing.T) {
	for _, tt := range []struct {
		name   string
		shape  Shape
		asked  float64 // seconds
		most   time.Duration
		reason string
	}{
		{"a cell of 5 s, in warm-up", Shape{Users: 2, Warmup: 4, Duration: 5 * time.Second}, 60, time.Second, "asks every user to wait (Retry-After 1m0s)"},
		{"a cell of 5 s, 7 s", Shape{Users: 2, Warmup: 4, Duration: 5 * time.Second}, 7, time.Second, "Retry-After 7s"},
		{"a cell of 5 s, under way", Shape{Users: 2, Duration: 5 * time.Second}, 60, 6 * time.Second, ""},
		{"a cell by requests, for days", Shape{Users: 2, Requests: 10}, 1382400, time.Second, "Retry-After 16 days"},
		{"a cell by requests, for as long as a limit of a rate takes", Shape{Users: 2, Requests: 10}, 7, time.Minute, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			began := time.Duration(0)
			drive(t, tt.shape, exchange.HTTP429, 0, func(x *exchange.Exchange) time.Duration {
				x.RetryAfter, x.Error = tt.asked, "HTTP 429: slow down"
				return 10 * time.Millisecond
			}, func(r run) {
				last := exchange.Stamp(0)
				for _, x := range r.all {
					last = max(last, x.Done)
				}
				if took := time.Duration(max(last, r.window.End)) - began; took > tt.most {
					t.Errorf("it took %v, of at most %v", took, tt.most)
				}
				if !strings.Contains(r.window.Reason, tt.reason) || tt.reason == "" && r.window.Reason != "" {
					t.Errorf("the reason is %q, want %q", r.window.Reason, tt.reason)
				}
			})
		})
	}
}

// One user that has to wait does not end the cell of the others.
func TestOthersGoOnWhereOneHasToWait(t *testing.T) {
	drive(t, Shape{Users: 2, Requests: 10}, exchange.HTTP429, 0, func(x *exchange.Exchange) time.Duration {
		if x.Index == 0 {
			x.RetryAfter = 3600
		}
		return 100 * time.Millisecond
	}, func(r run) {
		if len(r.measured) != 10 || r.window.Reason != "" {
			t.Errorf("%d requests, %q", len(r.measured), r.window.Reason)
		}
	})
}

// Without quota no request can succeed: the cell ends at once, and so does the run.
func TestNoQuotaEndsTheRun(t *testing.T) {
	drive(t, Shape{Users: 4, Requests: 100}, exchange.Quota, 0, func(x *exchange.Exchange) time.Duration {
		x.Error = "HTTP 429: You exceeded your current quota"
		return 10 * time.Millisecond
	}, func(r run) {
		if len(r.all) > 4 || !r.window.Fatal || !strings.Contains(r.window.Reason, "no quota left: HTTP 429") {
			t.Errorf("%d requests, fatal %v, %q", len(r.all), r.window.Fatal, r.window.Reason)
		}
	})
}
