package target

import (
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// The first cell spreads its users by what two small requests showed.
func TestProbesSayHowLongAnAnswerTakes(t *testing.T) {
	const ms = exchange.Stamp(time.Millisecond)
	answer := func(first, last exchange.Stamp) *exchange.Exchange {
		return &exchange.Exchange{Due: ms, Writing: ms, FirstToken: ms + first*ms, LastToken: ms + last*ms, Done: ms + last*ms}
	}
	failed := &exchange.Exchange{Due: ms, Class: exchange.HTTP429}
	for _, tt := range []struct {
		name        string
		tpot        time.Duration
		short, long *exchange.Exchange
		want        time.Duration // of 101 tokens
	}{
		{"streamed", 10 * time.Millisecond, answer(50, 50), answer(90, 240), 1050 * time.Millisecond},
		{"streamed, the short one had to wait", 10 * time.Millisecond, answer(290, 290), answer(90, 240), 1090 * time.Millisecond},
		{"in one piece", 0, answer(100, 100), answer(250, 250), 1100 * time.Millisecond},
		{"no answer", 0, failed, failed, 0},
	} {
		target := &Target{TPOT: tt.tpot}
		target.learnSpeed(tt.short, tt.long, 15)
		if got := target.E2E(101); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
