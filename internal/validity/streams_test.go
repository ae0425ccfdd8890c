package validity

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/exchange"
)

// What is odd in streams is counted from their records.
func TestOddStreamsAreCounted(t *testing.T) {
	var a Answers
	for _, x := range []*exchange.Exchange{
		{Streamed: true, Finish: "stop"},
		{Streamed: true, Finish: "stop", Ending: exchange.LeftOpen},
		{Streamed: true, Finish: "stop", Ending: exchange.Unterminated},
		{Streamed: true, Finish: "banana", UsageFell: true},
		{Streamed: true, Finish: "stop", ReasoningTokens: new(5), Frames: []exchange.Frame{{At: 1}}},
		{Streamed: true, Finish: "stop", ReasoningTokens: new(5), Frames: []exchange.Frame{{At: 1, Kind: exchange.Reasoning}}},
		{Finish: "stop", ReasoningTokens: new(5)},
	} {
		a.Add(x, false)
	}
	want := Streams{HiddenReasoning: 1, LeftOpen: 1, Unterminated: 1, UsageFell: 1, Finish: map[string]int{"banana": 1}}
	if diff := cmp.Diff(want, a.Streams); diff != "" {
		t.Error(diff)
	}
}
