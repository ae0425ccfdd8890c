package scrape

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

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

const sglangCached = `# TYPE sglang:cached_tokens_total counter
sglang:cached_tokens_total{cache_source="device"} 10
sglang:cached_tokens_total{cache_source="host"} 2
sglang:cached_tokens_total{cache_source="total"} 12
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
		{"count", vllm, countOf(TTFT), 4, true},
		{"not shown", vllm, Preemptions, 0, false},
		{"llama.cpp leaves out cached tokens", string(llama), PromptTokens, 388 + 199, true},
		{"llama.cpp output", string(llama), GenerationTokens, 285, true},
		{"llama.cpp prefill", string(llama), Prefill, 0.04622, true},
		{"llama.cpp decode", string(llama), Decode, 0.166796, true},
		{"a gauge is not a counter", "# TYPE sglang:num_retracted_reqs gauge\nsglang:num_retracted_reqs 3\n", Preemptions, 0, false},
		{"SGLang", "# TYPE sglang:num_queue_reqs gauge\nsglang:num_queue_reqs 3\n", Waiting, 3, true},
		{"nothing yet", "# TYPE sglang:token_usage gauge\nsglang:token_usage NaN\n", KVUsage, 0, false},
		{"nonsense", "# TYPE sglang:num_queue_reqs gauge\nsglang:num_queue_reqs 1e308\n", Waiting, 0, false},
		{"other text", "# TYPE up gauge\nup 1\n", Running, 0, false},
		{"a bad line elsewhere", "up{ 1\n\n# TYPE sglang:num_queue_reqs gauge\nsglang:num_queue_reqs 3", Waiting, 3, true},
		{"SGLang's total of cached tokens", sglangCached, CachedTokens, 12, true},
		{"its parts without a total", strings.ReplaceAll(sglangCached, `"total"`, `"disk"`), CachedTokens, 24, true},
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
	for _, bad := range []string{"<html>\n<body>no</body>\n", "", "sglang:num_queue_reqs{ 3\n", strings.Repeat("# x\n", maxText/4+1)} {
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

func TestAccount(t *testing.T) {
	at := func(asked int64, n float64) Sample {
		return Sample{Asked: exchange.Stamp(10 * asked), Answered: exchange.Stamp(10*asked) + 1, Values: map[Quantity]float64{GenerationTokens: n, Running: n}}
	}
	failed := Sample{Asked: 40, Answered: 41, Failed: "timeout"}
	fell, again := at(5, 2), at(6, 1)
	fell.Fallen, again.Fallen = []Quantity{GenerationTokens}, []Quantity{GenerationTokens}
	other := Sample{Asked: 10, Answered: 11}
	otherEnd := Sample{Asked: 90, Answered: 91}
	for _, tt := range []struct {
		name     string
		samples  []Sample
		want     float64 // -1: no difference
		falls    int
		withheld string
	}{
		{"whole", []Sample{at(1, 5), at(3, 7), at(9, 30)}, 25, 0, ""},
		{"the earliest before, the latest after", []Sample{at(0, 4), at(1, 5), at(3, 7), at(9, 30), at(10, 31)}, 27, 0, ""},
		{"one failed", []Sample{at(1, 5), failed, at(9, 30)}, 25, 0, ""},
		{"restart", []Sample{at(1, 5), fell, at(9, 30)}, -1, 1, "fell"},
		{"another server now and then", []Sample{at(1, 5), fell, again, at(9, 30)}, -1, 2, "fell"},
		{"none before", []Sample{at(3, 7), at(9, 30)}, -1, 0, "before and after"},
		{"none after, with why", []Sample{at(1, 5), failed}, -1, 0, "timeout"},
		{"nothing that is known", []Sample{other, otherEnd}, -1, 0, "known name"},
		{"nothing", nil, -1, 0, "not read"},
	} {
		a := Account{Before: 20, After: 80, Window: exchange.Spans{{Start: 25, End: 75}}}
		for _, x := range tt.samples {
			a.Add(x)
		}
		s := a.Server()
		got := -1.0
		if s.GenerationTokens != nil {
			got = *s.GenerationTokens
		}
		if got != tt.want || s.Falls != tt.falls || (tt.withheld == "") != (s.Withheld == "") || !strings.Contains(s.Withheld, tt.withheld) {
			t.Errorf("%s: %v, %+v", tt.name, got, s)
		}
		if tt.name == "whole" && (s.RunningMax == nil || *s.RunningMax != 7 || s.Samples != 1) {
			t.Errorf("gauges of the window: %+v", s)
		}
	}
}

// One sample before all, one a second, and after all as many as the server
// needs to account for what it did.
func TestScraper(t *testing.T) {
	for _, tt := range []struct {
		name   string
		after  func(look int) (string, error) // what Finish sees, from 0
		want   int                            // samples of Finish
		failed int
	}{
		{"idle at once", func(int) (string, error) { return "vllm:num_requests_running 0\n", nil }, 1, 0},
		{"a moment later", func(i int) (string, error) { return fmt.Sprintf("vllm:num_requests_running %d\n", max(0, 2-i)), nil }, 3, 0},
		{"never idle", func(int) (string, error) { return "vllm:num_requests_running 1\n", nil }, lastLooks, 0},
		{"gone", func(int) (string, error) { return "", errors.New("gone") }, lastFailed, lastFailed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var (
					mu  sync.Mutex
					all []Sample
				)
				taken := func() int {
					mu.Lock()
					defer mu.Unlock()
					return len(all)
				}
				finishing, looks := false, 0
				s := &Scraper{
					Clock: exchange.NewClock(), Emit: func(x Sample) {
						mu.Lock()
						defer mu.Unlock()
						all = append(all, x)
					},
					Fetch: func(context.Context) ([]byte, error) {
						if !finishing {
							return []byte("vllm:num_requests_running 1\n"), nil
						}
						text, err := tt.after(looks)
						looks++
						return []byte(text), err
					},
				}
				s.Start(t.Context())
				if n := taken(); n != 1 {
					t.Fatalf("%d samples when Start returns", n)
				}
				time.Sleep(2500 * time.Millisecond)
				synctest.Wait()
				if n := taken(); n != 3 {
					t.Fatalf("%d samples after 2.5 s", n)
				}
				finishing = true
				s.Finish(t.Context())
				failed := 0
				for _, x := range all {
					if x.Failed != "" {
						failed++
					}
				}
				if len(all) != 3+tt.want || failed != tt.failed {
					t.Errorf("%d samples, %d failed", len(all), failed)
				}
			})
		})
	}
}

// In the pauses between the blocks of a cell others may use the same server: what
// it counts meanwhile is not the cell's.
func TestPausesBetweenBlocksAreNotCounted(t *testing.T) {
	at := func(asked int64, n, running float64) Sample {
		return Sample{Asked: exchange.Stamp(asked), Answered: exchange.Stamp(asked) + 1, Values: map[Quantity]float64{GenerationTokens: n, Running: running}}
	}
	failed := func(asked int64) Sample {
		return Sample{Asked: exchange.Stamp(asked), Answered: exchange.Stamp(asked) + 1, Failed: "timeout"}
	}
	spans := exchange.Spans{{Start: 20, End: 55}, {Start: 205, End: 295}, {Start: 505, End: 590}}
	whole := [][]Sample{
		{at(10, 100, 0), at(30, 120, 4), at(60, 150, 0)},
		{at(200, 1150, 0), at(250, 1180, 8), at(300, 1200, 0)}, // 1000 of others before
		{at(500, 1200, 0), failed(510), at(600, 1210, 0)},
	}
	with := func(block int, samples ...Sample) [][]Sample {
		out := slices.Clone(whole)
		out[block] = samples
		return out
	}
	for _, tt := range []struct {
		name     string
		spans    exchange.Spans
		blocks   [][]Sample
		want     float64 // -1: withheld
		falls    int
		withheld string
	}{
		{"shared", spans, whole, 50 + 50 + 10, 0, ""},
		{"its own", nil, whole, 1110, 0, ""},
		{"nothing read after a block", spans, with(0, at(10, 100, 0), at(30, 120, 4), failed(60)), -1, 0, "between two"},
		{"nothing read before a block", spans, with(1, failed(200), at(250, 1180, 8), at(300, 1200, 0)), -1, 0, "between two"},
		{"a restart in a pause of its own", nil, with(1, at(200, 5, 0), at(300, 1200, 0)), -1, 1, "fell"},
		{"a block without a sample", spans, with(1), -1, 0, "between two"},
		{"a restart in a pause", spans, with(1, at(200, 5, 0), at(300, 1200, 0)), -1, 1, "fell"},
	} {
		a := Account{Before: 20, After: 590, Window: exchange.Spans{{Start: 20, End: 50}, {Start: 210, End: 290}}, Blocks: tt.spans}
		for i, b := range tt.blocks {
			a.Block(i)
			for _, x := range b {
				a.Add(x)
			}
		}
		s := a.Server()
		got := -1.0
		if s.GenerationTokens != nil {
			got = *s.GenerationTokens
		}
		if got != tt.want || s.Falls != tt.falls || !strings.Contains(s.Withheld, tt.withheld) || (tt.withheld == "") != (s.Withheld == "") {
			t.Errorf("%s: %v, %+v", tt.name, got, s)
		}
		if tt.name == "shared" && (s.RunningMax == nil || *s.RunningMax != 8 || s.Samples != 2) {
			t.Errorf("gauges of the blocks' windows: %+v", s)
		}
	}
}
