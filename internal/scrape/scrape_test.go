package scrape

import (
	"os"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
)

const vllm = `# TYPE vllm:gpu_cache_usage_perc gauge
vllm:gpu_cache_usage_perc{engine="0"} 0.2
# TYPE vllm:kv_cache_usage_perc gauge
vllm:kv_cache_usage_perc{engine="0"} 0.2
vllm:kv_cache_usage_perc{engine="1"} 0.4
# TYPE vllm:generation_tokens_total counter
vllm:generation_tokens_total{engine="0"} 10
vllm:generation_tokens_total{engine="1"} 20
# TYPE vllm:time_to_first_token_seconds histogram
vllm:time_to_first_token_seconds_bucket{engine="0",le="+Inf"} 4
vllm:time_to_first_token_seconds_sum{engine="0"} 2
vllm:time_to_first_token_seconds_count{engine="0"} 4
`

func TestParse(t *testing.T) {
	llama, err := os.ReadFile("testdata/llamacpp.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, text string
		q          Quantity
		want       float64
		known      bool
	}{
		{"engines summed", vllm, GenerationTokens, 30, true},
		{"shares averaged, the old name not counted again", vllm, KVUsage, 0.3, true},
		{"sum", vllm, TTFT, 2, true},
		{"count", vllm, counted(TTFT), 4, true},
		{"not shown", vllm, Preemptions, 0, false},
		{"llama.cpp leaves out cached tokens", string(llama), PromptTokens, 388 + 199, true},
		{"llama.cpp output", string(llama), GenerationTokens, 285, true},
		{"a gauge is no counter", "# TYPE sglang:num_retracted_reqs gauge\nsglang:num_retracted_reqs 3\n", Preemptions, 0, false},
		{"SGLang", "# TYPE sglang:num_queue_reqs gauge\nsglang:num_queue_reqs 3\n", Waiting, 3, true},
		{"other text", "# TYPE up gauge\nup 1\n", Running, 0, false},
	} {
		s, err := parse(strings.NewReader(tt.text))
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		got, ok := s.total()[tt.q]
		if ok != tt.known || got-tt.want > 1e-9 || tt.want-got > 1e-9 {
			t.Errorf("%s: %v %v, want %v %v", tt.name, got, ok, tt.want, tt.known)
		}
	}
	for _, bad := range []string{"<html>\n<body>no</body>\n", strings.Repeat("# x\n", maxText/4+1)} {
		if _, err := parse(strings.NewReader(bad)); err == nil {
			t.Errorf("%.20q: no error", bad)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(vllm)
	f.Add("<html>")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parse(strings.NewReader(text))
		if err == nil && len(s.fallen(s)) > 0 {
			t.Error("a scrape has fallen against itself")
		}
	})
}

func TestBetween(t *testing.T) {
	at := func(asked int64, n float64) Sample {
		return Sample{Asked: exchange.Stamp(10 * asked), Answered: exchange.Stamp(10*asked) + 1, Values: map[Quantity]float64{GenerationTokens: n, Running: n}}
	}
	failed := Sample{Asked: 40, Answered: 41, Failed: "timeout"}
	fell := at(5, 2)
	fell.Fallen = []Quantity{GenerationTokens}
	for _, tt := range []struct {
		name    string
		samples []Sample
		want    float64 // -1: no difference
		none    bool
	}{
		{"whole", []Sample{at(1, 5), at(3, 7), at(9, 30)}, 25, false},
		{"one failed", []Sample{at(1, 5), failed, at(9, 30)}, 25, false},
		{"restart", []Sample{at(1, 5), fell, at(9, 30)}, -1, false},
		{"none before", []Sample{at(3, 7), at(9, 30)}, 0, true},
		{"none after", []Sample{at(1, 5), at(3, 7)}, 0, true},
		{"nothing", nil, 0, true},
	} {
		s := Between(tt.samples, 20, 80, 25, 75)
		if (s == nil) != tt.none {
			t.Errorf("%s: %+v", tt.name, s)
			continue
		}
		if s == nil {
			continue
		}
		got := -1.0
		if s.GenerationTokens != nil {
			got = *s.GenerationTokens
		}
		if got != tt.want || s.Restarted != (tt.want < 0) {
			t.Errorf("%s: %v, restarted %v", tt.name, got, s.Restarted)
		}
		if tt.name == "whole" && (s.RunningMax == nil || *s.RunningMax != 7) {
			t.Errorf("gauges of the window: %+v", s)
		}
	}
}
