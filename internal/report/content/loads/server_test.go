package loads

import (
	"testing"

	"github.com/inferometer/inferometer/internal/result"
)

func TestServerText(t *testing.T) {
	whole := func() *result.Server {
		return &result.Server{
			Samples: 12, GenerationTokens: new(12800.0), WaitingMax: new(3.0), KVUsageMax: new(0.41), Preemptions: new(0.0), QueueMS: new(1.25),
			Ours: result.Ours{Requests: 200, GenerationTokens: &result.Span{Lo: 12800, Hi: 12800}},
		}
	}
	for _, tt := range []struct {
		name   string
		change func(*result.Server)
		want   string
	}{
		{"whole", func(*result.Server) {}, "12,800 tokens generated (client: 12,800), 1.25 ms in its queue on average, no preemption, at most 3 waiting, KV cache at most 41 % in 12 samples"},
		{"unknown stays out", func(s *result.Server) { *s = result.Server{Preemptions: new(2.0)} }, "2 preemptions"},
		{"nothing", func(s *result.Server) { *s = result.Server{Withheld: "a counter fell", Falls: 1} }, ""},
		{"cut", func(s *result.Server) {
			*s = result.Server{GenerationTokens: new(9.0), Ours: result.Ours{GenerationTokens: &result.Span{Lo: 8, Hi: 16}}}
		}, "9 tokens generated (client: 8 to 16)"},
		{"one sample", func(s *result.Server) { *s = result.Server{Samples: 1, WaitingMax: new(0.0)} }, "none waiting in 1 sample"},
	} {
		s := whole()
		tt.change(s)
		if got := serverText(s); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	if got := serverText(nil); got != "" {
		t.Errorf("no server says %q", got)
	}
}
