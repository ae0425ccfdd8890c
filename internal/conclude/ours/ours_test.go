package ours

import (
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
)

// What the client knows of the prompts that a server has read is bounded where
// requests did not end well.
func TestPromptTokensOfTheClient(t *testing.T) {
	n := 100
	one := exchange.Exchange{Writing: 10, Done: 50, InputTokens: &n, FirstToken: 30}
	cut, early, mute, unsent := one, one, one, one
	cut.Class = exchange.Cut
	early.Class, early.FirstToken = exchange.Cut, 0 // told by a frame before the first token
	mute.Class, mute.FirstToken, mute.InputTokens = exchange.Cut, 0, nil
	unsent.Writing = 0
	tests := []struct {
		name string
		all  []exchange.Exchange
		want result.Span
	}{
		{"answered", []exchange.Exchange{one, one}, result.Span{Lo: 200, Hi: 200}},
		{"cut behind the first token", []exchange.Exchange{one, cut}, result.Span{Lo: 200, Hi: 200}},
		{"cut before it, and counted", []exchange.Exchange{one, early}, result.Span{Lo: 100, Hi: 200}},
		{"cut before it", []exchange.Exchange{one, mute}, result.Span{Lo: 100, Hi: 200}},
		{"never written", []exchange.Exchange{one, unsent}, result.Span{Lo: 100, Hi: 100}},
	}
	for _, tt := range tests {
		var o Totals
		for i := range tt.all {
			o.Add(&tt.all[i], 1)
		}
		if got := o.Result().PromptTokens; got == nil || *got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}
