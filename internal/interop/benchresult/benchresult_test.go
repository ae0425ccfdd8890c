package benchresult

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
)

func fixture(t *testing.T, name string) *result.Result {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return read(t, name, string(b))
}

func read(t *testing.T, name, text string) *result.Result {
	t.Helper()
	r, err := Read(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// value is a figure of a cell in short: "ttft_service.p50", "tpot.mean", "throughput".
func value(t *testing.T, c result.Cell, what string) (v float64, is bool) {
	t.Helper()
	tag, stat, _ := strings.Cut(what, ".")
	if _, known := metric.Lookup(tag); !known {
		t.Fatalf("no metric %q", tag)
	}
	if stat == "" {
		r := c.Metrics.Rates[tag]
		if r.Value == nil {
			return 0, false
		}
		return float64(*r.Value), true
	}
	s, has := c.Metrics.Stats[tag]
	if !has {
		return 0, false
	}
	n := map[string]*result.Number{"mean": s.Mean, "sd": s.SD, "min": s.Min, "max": s.Max}[stat]
	if e, quantile := s.Quantile(stat); quantile {
		n = e.Value
	}
	if n == nil {
		return 0, false
	}
	return float64(*n), true
}

func wants(t *testing.T, c result.Cell, want map[string]float64) {
	t.Helper()
	for what, w := range want {
		if got, is := value(t, c, what); !is || math.Abs(got-w) > 1e-6*math.Abs(w) && !(math.IsInf(got, 1) && math.IsInf(w, 1)) {
			t.Errorf("%s is %v (%v), want %v", what, got, is, w)
		}
	}
}

func missing(t *testing.T, c result.Cell, names ...string) {
	t.Helper()
	for _, what := range names {
		if got, is := value(t, c, what); is {
			t.Errorf("%s is %v, want none", what, got)
		}
	}
}

func TestVLLMOfEachRequestCountsFailuresAsSlowest(t *testing.T) {
	r := fixture(t, "vllm-detailed.json")
	c := r.Benchmarks.Load.Cells[0]
	if c.Counts.OK != 9 || c.Counts.Failed != 3 || c.Counts.Scheduled != 12 || c.Load.Users != 3 {
		t.Errorf("counts %+v, load %+v", c.Counts, c.Load)
	}
	wants(t, c, map[string]float64{
		"ttft_service.mean": 45.839389556527344, "e2e_service.mean": 67.03813588925793, "tpot_vllm.mean": 3.028392333247226,
		"gap.mean": 2.6498432915913224, "ttft_service.p90": math.Inf(1), "throughput": 43.14377510089866, "goodput": 43.14377510089866,
		"success": .75, "output_tokens.mean": 8, "ttft_service.p50": (47.296676006226335 + 45.9889240009943) / 2,
	})
	missing(t, c, "ttft.p50", "e2e.p50") // it does not say when a request was due
}

func TestVLLMZerosOfFailedRequestsAreNoLatency(t *testing.T) {
	c := fixture(t, "vllm-failed.json").Benchmarks.Load.Cells[0]
	if c.Counts.OK != 0 || c.Counts.Failed != 12 {
		t.Errorf("counts %+v", c.Counts)
	}
	missing(t, c, "ttft_service.mean", "ttft_service.min", "tpot_vllm.mean", "gap.mean", "gap.p50", "e2e_service.mean")
}

// The percentiles of that file are of the ten that succeeded; two of twelve failed.
func TestQuantilesOfSurvivorsAreNoQuantiles(t *testing.T) {
	c := fixture(t, "vllm.json").Benchmarks.Load.Cells[0]
	wants(t, c, map[string]float64{"ttft_service.mean": 44.45110970045789})
	missing(t, c, "ttft_service.p50", "ttft_service.p99")
	if e := c.Metrics.Stats["ttft_service"].P99; !strings.Contains(e.Withheld, "succeeded only") {
		t.Errorf("withheld for %q", e.Withheld)
	}
}

func TestGuideLLM(t *testing.T) {
	r := fixture(t, "guidellm.json")
	if len(r.Benchmarks.Load.Cells) != 2 || r.Run.Version != "GuideLLM 0.8.1" || r.Targets[0].Model != "m" || r.Targets[0].URL != "http://127.0.0.1:8000" {
		t.Fatalf("run %+v, targets %+v", r.Run, r.Targets)
	}
	c, d := r.Benchmarks.Load.Cells[0], r.Benchmarks.Load.Cells[1]
	if c.Load.Users != 8 || c.Counts.Cut != 3 || d.Load.Rate != 5 || d.Load.Arrival != "poisson" || d.Counts.Failed != 2 {
		t.Errorf("loads %+v and %+v", c.Load, d.Load)
	}
	wants(t, c, map[string]float64{
		"ttft_service.p50": 97, "ttft_service.p99": 170, "ttft_service.mean": 100, "e2e_service.mean": 500, "e2e_service.p90": 650,
		"tpot.p50": 9.9, "input_tokens.mean": 256, "throughput": 5, "output_throughput": 200,
	})
	if s := c.Metrics.Stats["tpot"]; !strings.Contains(s.Note, "weighted") || s.NOK != 100 {
		t.Errorf("tpot has the note %q and n_ok %d", s.Note, s.NOK)
	}
	missing(t, c, "itl.p50", "tpot_vllm.p50")
	missing(t, d, "ttft_service.mean", "ttft_service.p99") // half of its values are zeros
	wants(t, d, map[string]float64{"e2e_service.mean": 500})
}

const aiperf = `{"schema_version": "1.1", "aiperf_version": "0.13.0", "start_time": "2026-11-01T10:00:00.5", "was_cancelled": false,
 "input_config": {"endpoint": {"model_names": ["m"], "type": "chat", "urls": ["http://h:1"]}, "loadgen": {"concurrency": 8}},
 "request_throughput": {"unit": "requests/sec", "avg": 5.0}, "request_count": {"unit": "requests", "avg": 100.0},
 "benchmark_duration": {"unit": "sec", "avg": 20.0}, "error_request_count": {"unit": "requests", "avg": 0},
 "time_to_first_token": {"unit": "ms", "avg": 120.5, "min": 75, "max": 260, "p50": 110, "p90": 180, "p95": 200, "p99": 250, "std": 30},
 "inter_token_latency": {"unit": "ms", "avg": 12, "min": 9, "p50": 11, "p90": 15, "p99": 20},
 "inter_chunk_latency": {"unit": "us", "avg": 12500, "min": 1},
 "request_latency": {"unit": "sec", "avg": 0.5, "p50": 0.4, "p99": 0.9},
 "output_token_throughput_per_user": {"unit": "tokens/sec/user", "avg": 80},
 "output_sequence_length": {"unit": "tokens", "avg": 40}, "total_isl": {"unit": "tokens", "avg": 25600}}`

func TestAIPerf(t *testing.T) {
	r := read(t, "profile_export_aiperf.json", aiperf)
	c := r.Benchmarks.Load.Cells[0]
	if r.Run.Version != "AIPerf 0.13.0" || c.Load.Users != 8 || r.Targets[0].Model != "m" || r.Inputs[0].AsOf != "2026-11-01" {
		t.Errorf("run %+v, load %+v", r.Run, c.Load)
	}
	wants(t, c, map[string]float64{
		"ttft_service.mean": 120.5, "ttft_service.p95": 200, "tpot_vllm.p99": 20, "gap.mean": 12.5, "e2e_service.p50": 400,
		"throughput": 5, "input_throughput": 1280, "output_tokens.mean": 40, "success": 1,
	})
	missing(t, c, "user_rate.mean", "itl.mean", "tpot_vllm.p95")
}

func TestGenAIPerf(t *testing.T) {
	r := read(t, "profile_export_genai_perf.json", `{"request_throughput": {"unit": "requests/sec", "avg": 2.0}, "request_count": {"unit": "count", "avg": 40},
 "request_latency": {"unit": "ms", "avg": 500, "p99": 900}, "input_config": {"model": ["m"], "perf_analyzer": {"stimulus": {"concurrency": 4}}}}`)
	c := r.Benchmarks.Load.Cells[0]
	if r.Run.Version != "GenAI-Perf" || c.Load.Users != 4 || c.WindowS != 20 || r.Targets[0].Model != "m" {
		t.Errorf("run %+v, load %+v, window %v", r.Run, c.Load, c.WindowS)
	}
}

func TestGenaiBench(t *testing.T) {
	r := read(t, "chat.json", `{"aggregated_metrics": {"scenario": "D(100,100)", "num_concurrency": 4, "run_duration": 16, "requests_per_second": 2,
 "mean_output_throughput_tokens_per_s": 200, "error_codes_frequency": {"429": 2}, "num_error_requests": 2, "num_completed_requests": 32, "num_requests": 34,
 "stats": {"ttft": {"min": 0.03, "max": 0.6, "mean": 0.05, "stddev": 0.1, "p50": 0.032, "p90": 0.033, "p95": 0.034, "p99": 0.47},
  "tpot": {"mean": 0.018, "min": 0.01}, "num_output_tokens": {"mean": 100}}}, "individual_request_metrics": [], "_time_unit": "s"}`)
	c := r.Benchmarks.Load.Cells[0]
	wants(t, c, map[string]float64{"ttft_service.mean": 50, "tpot_vllm.mean": 18, "throughput": 2, "output_throughput": 200})
	if a := c.Metrics.Stats["ttft_service"].Answered; a == nil || a.P99 != 470 || a.N != 32 {
		t.Errorf("answered %+v, want those of the 32 that succeeded", a)
	}
	if c.Counts.ByClass["http_429"] != 2 || c.Counts.Failed != 2 {
		t.Errorf("counts %+v", c.Counts)
	}
}

func TestEvalscopeOfBothGenerations(t *testing.T) {
	for name, text := range map[string]string{
		"1.14": `{"Test Duration (s)": 20, "Concurrency": 8, "Request Rate (req/s)": -1, "Success Requests": 100, "Failed Requests": 0, "Req Throughput (req/s)": 5,
 "Avg Latency (s)": 0.5, "Avg TTFT (ms)": 100, "Avg TPOT (ms)": 10, "Avg ITL (ms)": 11, "Avg Output Tokens": 40}`,
		"0.17": `{"Time taken for tests (s)": 20, "Number of concurrency": 8, "Succeed requests": 100, "Failed requests": 0, "Request throughput (req/s)": 5,
 "Average latency (s)": 0.5, "Average time to first token (s)": 0.1, "Average time per output token (s)": 0.01, "Average inter-token latency (s)": 0.011, "Average output tokens per request": 40}`,
	} {
		t.Run(name, func(t *testing.T) {
			c := read(t, "benchmark_summary.json", text).Benchmarks.Load.Cells[0]
			wants(t, c, map[string]float64{"ttft_service.mean": 100, "tpot_vllm.mean": 10, "gap.mean": 11, "e2e_service.mean": 500, "throughput": 5, "output_tokens.mean": 40})
			if c.Load.Users != 8 || c.Counts.OK != 100 {
				t.Errorf("load %+v, counts %+v", c.Load, c.Counts)
			}
		})
	}
}

func TestSGLang(t *testing.T) {
	c := read(t, "sglang.jsonl", `{"backend": "sglang", "request_rate": 4.0, "duration": 25, "completed": 100, "request_throughput": 4, "input_throughput": 1000,
 "mean_e2e_latency_ms": 500, "median_e2e_latency_ms": 480, "mean_ttft_ms": 100, "median_ttft_ms": 90, "p99_ttft_ms": 200, "mean_itl_ms": 10}`).Benchmarks.Load.Cells[0]
	wants(t, c, map[string]float64{"e2e_service.p50": 480, "ttft_service.p99": 200, "gap.mean": 10, "throughput": 4})
	if c.Load.Rate != 4 {
		t.Errorf("load %+v", c.Load)
	}
}

func TestListsAndLinesAreSeveralCells(t *testing.T) {
	one := `{"request_throughput": 4, "completed": 10, "failed": 0, "duration": 2, "max_concurrency": 2, "mean_ttft_ms": NaN, "note": "NaN"}`
	two := strings.Replace(one, `"max_concurrency": 2`, `"max_concurrency": 4, "burstiness": Infinity, "request_rate": 8`, 1)
	for _, text := range []string{"[" + one + "," + two + "]", one + "\n" + two} {
		r := read(t, "x.json", text)
		if cells := r.Benchmarks.Load.Cells; len(cells) != 2 || cells[0].ID == cells[1].ID {
			t.Errorf("%d cells", len(cells))
		} else if missing(t, cells[0], "ttft_service.mean"); cells[1].Load.Arrival != "constant" {
			t.Errorf("arrival %q", cells[1].Load.Arrival)
		}
	}
}

func TestEvidenceIsListedWithItsSource(t *testing.T) {
	r := read(t, "/home/x/profile\x1b[31m.json", aiperf)
	if r.Evidence != result.Listed || r.Inputs[0].Evidence != result.Listed || r.Benchmarks.Load.Cells[0].Evidence != result.Listed {
		t.Error("an imported figure must be listed, whatever it was measured on")
	}
	if want := "AIPerf 0.13.0, profile[31m.json"; r.Inputs[0].Source != want {
		t.Errorf("source %q, want %q", r.Inputs[0].Source, want)
	}
	for tag, s := range r.Benchmarks.Load.Cells[0].Metrics.Stats {
		if s.NEff != 0 || s.P50.Lo != nil || s.MeanLo != nil {
			t.Errorf("%s has an interval or an effective sample size, which nobody knows", tag)
		}
	}
}

// A file whose throughput is not what it counted is not believed.
func TestImportedFiguresAreAudited(t *testing.T) {
	r := read(t, "x.json", strings.Replace(aiperf, `"avg": 5.0`, `"avg": 50.0`, 1))
	if r.Validity.Status != result.Fail || r.Validity.Checks[0].ID != "audit" {
		t.Errorf("%+v", r.Validity)
	}
	for _, name := range []string{"vllm.json", "vllm-detailed.json", "vllm-failed.json", "guidellm.json"} {
		if r := fixture(t, name); r.Validity.Status != result.NotAssessed {
			t.Errorf("%s: %+v", name, r.Validity.Checks[0])
		}
	}
}

// A request may have failed without a message, so that the list of errors is not the last word.
func TestFailuresWithoutAMessageAreCounted(t *testing.T) {
	const both = `"duration": 2, "request_throughput": 1.5, "completed": 3, "max_concurrency": 2, "errors": ["", "", "", ""], "ttfts": [0.1, 0, 0.2, 0.3], "output_lens": [8, 0, 8, 8],
 "mean_ttft_ms": 200, "median_ttft_ms": 200, "p90_ttft_ms": 280, "p95_ttft_ms": 290, "p99_ttft_ms": 298, "total_output_tokens": 24, `
	for name, text := range map[string]string{
		"vllm bench serve": `{"failed": 1, "num_prompts": 4, ` + both + `"label": null}`, "SGLang bench_serving": `{"mean_e2e_latency_ms": 900, ` + both + `"label": null}`,
	} {
		c := read(t, "x.json", text).Benchmarks.Load.Cells[0]
		if c.Counts.OK != 3 || c.Counts.Failed != 1 {
			t.Errorf("%s: counts %+v", name, c.Counts)
		}
		wants(t, c, map[string]float64{"success": .75, "ttft_service.mean": 200, "output_tokens.mean": 8})
		missing(t, c, "ttft_service.p50", "ttft_service.p99") // those of the file leave out the failed one
	}
}

// A file that does not say how many requests failed does not say that none did.
func TestFailuresThatNobodyCountedAreMissing(t *testing.T) {
	for name, text := range map[string]string{
		"SGLang":     `{"duration": 25, "completed": 100, "request_throughput": 4, "mean_e2e_latency_ms": 500, "mean_ttft_ms": 100, "median_ttft_ms": 90}`,
		"GenAI-Perf": `{"request_throughput": {"unit": "requests/sec", "avg": 2.0}, "request_count": {"avg": 40}, "time_to_first_token": {"unit": "ms", "avg": 100, "p50": 90}, "input_config": {"perf_analyzer": {}}}`,
		"evalscope":  `{"Test Duration (s)": 20, "Success Requests": 100, "Avg TTFT (ms)": 100}`,
	} {
		r := read(t, "x.json", text)
		c := r.Benchmarks.Load.Cells[0]
		missing(t, c, "success")
		if c.FailuresKnown() {
			t.Errorf("%s: its failures are known to be %d", name, c.Counts.Failed)
		}
		wants(t, c, map[string]float64{"ttft_service.mean": 100})
		if s := c.Metrics.Stats["ttft_service"]; !strings.Contains(s.Note, "how many failed") || c.Metrics.Rates["success"].Withheld == "" || !strings.Contains(r.Validity.Checks[0].Text, "how many requests failed") {
			t.Errorf("%s does not say that failures are unknown: %q, %q", name, s.Note, r.Validity.Checks[0].Text)
		}
	}
	c := read(t, "x.json", strings.Replace(aiperf, `"error_request_count": {"unit": "requests", "avg": 0},`, "", 1)).Benchmarks.Load.Cells[0]
	wants(t, c, map[string]float64{"success": 1}) // AIPerf leaves it out where there are none
}

// Figures of one model never stand under the name of another.
func TestModelsOfAFileAreTargets(t *testing.T) {
	one := `{"model_id": "a", "request_throughput": 5, "completed": 10, "failed": 0, "duration": 2, "max_concurrency": 2}`
	r := read(t, "x.json", one+"\n"+strings.Replace(one, `"a"`, `"b"`, 1)+"\n"+one)
	var got []string
	for _, c := range r.Benchmarks.Load.Cells {
		for _, on := range r.Targets {
			if on.Name == c.Target {
				got = append(got, c.ID+" "+on.Model)
			}
		}
	}
	if want := "load/candidate@2 a, load/target-2@2 b, load/candidate@2#2 a"; strings.Join(got, ", ") != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Targets of our own exports keep their names.
func TestTargetsOfOurExportsKeepTheirNames(t *testing.T) {
	one := `{"tool": "inferometer v1", "label": "load/candidate", "target": "candidate", "model_id": "a", "request_throughput": 5, "completed": 10, "failed": 0, "duration": 2, "max_concurrency": 2}`
	r := read(t, "x.json", "["+one+","+strings.ReplaceAll(one, "candidate", "baseline")+"]")
	cells := r.Benchmarks.Load.Cells
	if cells[0].ID != "load/candidate" || cells[1].ID != "load/baseline" || cells[1].Target != "baseline" || len(r.Targets) != 2 || r.Targets[1].Name != "baseline" {
		t.Errorf("cells %s and %s, targets %+v", cells[0].ID, cells[1].ID, r.Targets)
	}
	if r = read(t, "x.json", one+strings.Replace(one, `"a"`, `"b"`, 1)); r.Targets[1].Name != "candidate-2" || r.Benchmarks.Load.Cells[1].Target != "candidate-2" {
		t.Errorf("two models of one target are %+v", r.Targets)
	}
}

// A rate that ramps up is no closed loop, though the file has a limit of requests at once.
func TestARampIsNoClosedLoop(t *testing.T) {
	c := read(t, "x.json", `{"request_rate": Infinity, "ramp_up_strategy": "linear", "max_concurrency": 8, "request_throughput": 5, "completed": 10, "failed": 0, "duration": 2}`).Benchmarks.Load.Cells[0]
	if c.Load.Kind != "open" || c.Load.Users != 0 || !strings.Contains(c.Load.Text, "ramps up, linear") {
		t.Errorf("%+v", c.Load)
	}
}

func TestACancelledRunIsPartial(t *testing.T) {
	if r := read(t, "x.json", strings.Replace(aiperf, `"was_cancelled": false`, `"was_cancelled": true`, 1)); r.Run.Status != result.Partial || r.Run.Reason == "" {
		t.Errorf("%+v", r.Run)
	}
}

func TestUnknownFilesSayWhatWasExpected(t *testing.T) {
	for text, want := range map[string]string{
		"": "it is empty", "{": "line 1, column 2: expected JSON", "{\"a\": 1}\n {\"é\": NaN, \"c\": oops}": "line 2, column 18: expected JSON", "{\"a\": Infinity,\n": "line 2, column 1: expected", `{"a": 1}`: "expected one of GuideLLM (benchmarks)", "[]": "holds no result", "7": "expected a JSON object",
		`{"benchmarks": []}`:                                     "holds no benchmark",
		`{"benchmarks": [{"metrics": {}}]}`:                      "request_totals",
		`[{"Percentiles": "50%"}]`:                               "benchmark_summary.json",
		`{"schema": "inferometer/result/v1"}`:                    "result of this tool",
		`{"request_throughput": 1, "completed": 0}`:              "no request",
		`{"request_throughput": 1, "completed": 1, "errors": 7}`: "looks like a result of vllm bench serve",
	} {
		if _, err := Read("f.json", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// Whatever a file says, a result of it can be written and has no latency of zero.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal(err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(aiperf))
	f.Add([]byte(`{"request_throughput": 1, "completed": 1, "errors": [""], "ttfts": [1e999], "output_lens": [-1], "itls": [[null, "x"]]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Read("f.json", b)
		if err != nil {
			return
		}
		for _, c := range r.Cells() {
			for tag, s := range c.Metrics.Stats {
				for _, v := range []*result.Number{s.Mean, s.Min, s.P50.Value, s.P99.Value} {
					if v != nil && (math.IsNaN(float64(*v)) || *v < 0 || s.Unit == "ms" && *v == 0) {
						t.Errorf("%s has the value %v", tag, *v)
					}
				}
			}
		}
		if _, err := json.Marshal(r); err != nil {
			t.Errorf("the result cannot be written: %v", err)
		}
	})
}
