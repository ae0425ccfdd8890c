package sim

import (
	"net/http"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/sim/wire"
)

// discardWriter takes frames and keeps none.
type discardWriter struct{ h http.Header }

func (d discardWriter) Header() http.Header         { return d.h }
func (d discardWriter) Write(b []byte) (int, error) { return len(b), nil }
func (d discardWriter) WriteHeader(int)             {}
func (d discardWriter) Flush()                      {}

// BenchmarkFrames writes an answer of 1,000 tokens to nobody, one frame per
// token: what a frame costs in each dialect, without the network.
func BenchmarkFrames(b *testing.B) {
	s := New(Config{Profile: Profile{Name: "bench", Model: "m", Slots: 1, MaxModelLen: 4096, OutputTokens: 1000, Plain: true}})
	b.Cleanup(func() { _ = s.Close() })
	for _, tc := range []struct {
		name    string
		dialect *wire.Dialect
		body    string
	}{
		{"chat", wire.Chat, `{"messages":[{"role":"user","content":"x"}],"max_tokens":1000,"ignore_eos":true,"stream":true}`},
		{"chat-usage", wire.Chat, `{"messages":[{"role":"user","content":"x"}],"max_tokens":1000,"ignore_eos":true,"stream":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true}}`},
		{"chat-logprobs", wire.Chat, `{"messages":[{"role":"user","content":"x"}],"max_tokens":1000,"ignore_eos":true,"stream":true,"logprobs":true,"top_logprobs":2}`},
		{"completions", wire.Completions, `{"prompt":"x","max_tokens":1000,"ignore_eos":true,"stream":true}`},
		{"responses", wire.Responses, `{"input":"x","max_output_tokens":1000,"ignore_eos":true,"stream":true}`},
		{"messages", wire.Messages, `{"messages":[{"role":"user","content":"x"}],"max_tokens":1000,"ignore_eos":true,"stream":true}`},
	} {
		b.Run(tc.name, func(b *testing.B) {
			q, refusal := tc.dialect.Parse([]byte(tc.body), &s.service)
			if refusal != nil {
				b.Fatal(refusal)
			}
			now := time.Now()
			b.ReportAllocs()
			for b.Loop() {
				e := s.newExchange(discardWriter{http.Header{}}, tc.dialect, q, nil, 1, now)
				e.compose()
				for {
					ends, err := e.send(1, now, now)
					if err != nil {
						b.Fatal(err)
					}
					if ends {
						break
					}
				}
			}
		})
	}
}
