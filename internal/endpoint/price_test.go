package endpoint

import (
	"math"
	"testing"

	"github.com/inferometer/inferometer/internal/endpoint/dialect"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/pricing"
	"github.com/inferometer/inferometer/internal/result"
)

// The usage of each dialect is billed as its provider bills it: each sum here is
// worked out by hand.
func TestUsageIsBilledAsItsProviderBillsIt(t *testing.T) {
	n := func(f float64) *float64 { return &f }
	gpt := result.Price{
		Rates:       result.Rates{Input: 1, Cached: n(0.05), CacheWrite: n(1.25), Output: 5},
		LongContext: []result.LongContext{{Above: 272000, Rates: result.Rates{Input: 2, Cached: n(0.10), CacheWrite: n(2.5), Output: 7.5}}},
	}
	claude := result.Price{
		Rates:       result.Rates{Input: 1, Cached: n(0.10), CacheWrite: n(1.25), CacheWrite1h: n(2), Output: 5},
		LongContext: []result.LongContext{{Above: 100000, Rates: result.Rates{Input: 5, Cached: n(0.5), CacheWrite: n(6.25), CacheWrite1h: n(10), Output: 25}}},
	}
	for _, tt := range []struct {
		name, api string
		price     result.Price
		frames    []string
		use       pricing.Use
		usd       float64
	}{
		{
			// prompt_tokens include cached and written ones, completion_tokens reasoning:
			// 100 × 1 + 600 × 0.05 + 300 × 1.25 + 200 × 5 = 1505 per million.
			"chat", "chat", gpt,
			[]string{`{"choices":[],"usage":{"prompt_tokens":1000,"completion_tokens":200,"total_tokens":1200,"prompt_tokens_details":{"cached_tokens":600,"cache_write_tokens":300},"completion_tokens_details":{"reasoning_tokens":50}}}`},
			pricing.Use{Input: 1000, Cached: 600, CacheWrite: 300, Output: 200, Reasoning: 50}, 0.001505,
		},
		{
			// 200000 × 2 + 100000 × 0.10 + 1000 × 7.5: every token has the rates of long context.
			"chat, long context", "chat", gpt,
			[]string{`{"choices":[],"usage":{"prompt_tokens":300000,"completion_tokens":1000,"prompt_tokens_details":{"cached_tokens":100000}}}`},
			pricing.Use{Input: 300000, Cached: 100000, Output: 1000}, 0.4175,
		},
		{
			// The threshold itself is not above it: 272000 × 1 + 1000 × 5.
			"chat, at the threshold", "chat", gpt,
			[]string{`{"choices":[],"usage":{"prompt_tokens":272000,"completion_tokens":1000}}`},
			pricing.Use{Input: 272000, Output: 1000}, 0.277,
		},
		{
			// 1000 × 1 + 200 × 5: a server that counts no cached tokens.
			"completions", "completions", gpt,
			[]string{`{"choices":[],"usage":{"prompt_tokens":1000,"completion_tokens":200,"total_tokens":1200}}`},
			pricing.Use{Input: 1000, Output: 200}, 0.002,
		},
		{
			// xAI leaves reasoning out of completion_tokens, and bills it: 100 × 1 + (20 + 80) × 5.
			"chat, reasoning apart", "chat", gpt,
			[]string{`{"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":200,"completion_tokens_details":{"reasoning_tokens":80}}}`},
			pricing.Use{Input: 100, Output: 100, Reasoning: 80}, 0.0006,
		},
		{
			// The names of responses: 400 × 1 + 600 × 0.05 + 200 × 5.
			"responses", "responses", gpt,
			[]string{`{"type":"response.completed","response":{"status":"completed","usage":{"input_tokens":1000,"input_tokens_details":{"cached_tokens":600},"output_tokens":200,"output_tokens_details":{"reasoning_tokens":150},"total_tokens":1200}}}`},
			pricing.Use{Input: 1000, Cached: 600, Output: 200, Reasoning: 150}, 0.00143,
		},
		{
			// input_tokens exclude what a cache was read or written for:
			// 100 × 1 + 600 × 0.10 + 200 × 1.25 + 100 × 2 + 200 × 5 = 1610 per million.
			"messages", "messages", claude,
			[]string{
				`{"type":"message_start","message":{"usage":{"input_tokens":100,"cache_read_input_tokens":600,"cache_creation_input_tokens":300,"cache_creation":{"ephemeral_5m_input_tokens":200,"ephemeral_1h_input_tokens":100},"output_tokens":1}}}`,
				`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":200}}`,
			},
			pricing.Use{Input: 1000, Cached: 600, CacheWrite: 300, CacheWrite1h: 100, Output: 200}, 0.00161,
		},
		{
			// The last event repeats the counts, and says how much was thinking.
			"messages, counts repeated", "messages", claude,
			[]string{
				`{"type":"message_start","message":{"usage":{"input_tokens":100,"cache_read_input_tokens":600,"cache_creation_input_tokens":300,"output_tokens":1}}}`,
				`{"type":"message_delta","delta":{},"usage":{"input_tokens":100,"cache_read_input_tokens":600,"cache_creation_input_tokens":300,"output_tokens":200,"output_tokens_details":{"thinking_tokens":80}}}`,
			},
			pricing.Use{Input: 1000, Cached: 600, CacheWrite: 300, Output: 200, Reasoning: 80}, 0.001535,
		},
		{
			// Cached tokens count for the threshold: 60000 × 5 + 50000 × 0.5 + 100 × 25.
			"messages, long context", "messages", claude,
			[]string{`{"type":"message","content":[],"stop_reason":"end_turn","usage":{"input_tokens":60000,"cache_read_input_tokens":50000,"cache_creation_input_tokens":0,"output_tokens":100}}`},
			pricing.Use{Input: 110000, Cached: 50000, Output: 100}, 0.3275,
		},
		{
			"embeddings", "embeddings", result.Price{Rates: result.Rates{Input: 0.02}},
			[]string{`{"object":"list","data":[],"usage":{"prompt_tokens":8,"total_tokens":8}}`},
			pricing.Use{Input: 8}, 0.00000016,
		},
	} {
		d, err := dialect.ByName(tt.api)
		if err != nil {
			t.Fatal(err)
		}
		x := &exchange.Exchange{Status: 200, Sent: 1}
		a := attempt{client: &Client{dialect: d}, x: x}
		for _, payload := range tt.frames {
			var f dialect.Frame
			ok := d.Classify([]byte(payload), &f)
			if why := d.Check([]byte(payload), &f, ok); why != "" || !ok {
				t.Errorf("%s: the two readers differ in %q (%v)", tt.name, why, ok)
			}
			a.takeUsage(&f.Usage, 2)
		}
		use := pricing.Used(x)
		if use != tt.use {
			t.Errorf("%s: %+v, want %+v", tt.name, use, tt.use)
		}
		if usd := pricing.Cost(tt.price, use); math.Abs(usd-tt.usd) > 1e-12 {
			t.Errorf("%s: $%.9f, want $%.9f", tt.name, usd, tt.usd)
		}
	}
}
