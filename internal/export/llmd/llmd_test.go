package llmd

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/inferometer/inferometer/internal/export"
	"github.com/inferometer/inferometer/internal/result"
)

func sample() *result.Result {
	statistic := func(mean, p99 float64) result.Statistic {
		return result.Statistic{
			Unit: "ms", N: 100, NOK: 99, Mean: result.Num(mean), SD: result.Num(2), Min: result.Num(1), Max: result.Num(p99),
			P50: result.Estimate{Value: result.Num(mean)}, P95: result.Estimate{Withheld: "too few"}, P99: result.Estimate{Value: result.Num(p99)}, P999: result.Estimate{Value: result.Num(math.Inf(1))},
		}
	}
	rate := func(v float64) result.Rate { return result.Rate{Value: result.Num(v)} }
	cell := func(users int, rps float64) result.Cell {
		return result.Cell{
			ID: "load/candidate", Target: "candidate", Evidence: result.Measured, WindowS: 12.5, Load: result.LoadShape{Users: users, Rate: rps, Text: "t: \"x\" #\n---"},
			Workload: result.Workload{InputTokens: 16, OutputTokens: 8, FixedOutput: true}, Counts: result.Counts{Scheduled: 103, Attempted: 103, OK: 99, Failed: 1, Cut: 3},
			Metrics: result.Metrics{
				Stats: map[string]result.Statistic{
					"ttft": statistic(999, 999), "ttft_service": statistic(100, 200), "tpot_vllm": statistic(10, 20), "itl": statistic(11, 21), "e2e_service": statistic(500, 900), "input_tokens": statistic(16, 17),
				},
				Rates: map[string]result.Rate{"throughput": rate(8), "input_throughput": rate(128), "output_throughput": rate(64)},
			},
		}
	}
	return &result.Result{
		Run:        result.Run{ID: "r1", Name: "n\x1b", Started: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC), Ended: time.Date(2026, 11, 30, 12, 1, 0, 0, time.UTC), Version: "v1"},
		Targets:    []result.Target{{Name: "candidate", Model: "m: [x]", URL: "http://h"}},
		Benchmarks: result.Benchmarks{Throughput: &result.Throughput{Cells: []result.Cell{cell(8, 0), cell(0, 5)}}},
	}
}

// documents are those of a stream of YAML, as JSON would have them.
func documents(t *testing.T, r *result.Result) []map[string]any {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&export.Run{Result: r}, &b); err != nil {
		t.Fatal(err)
	}
	var out []map[string]any
	dec := yaml.NewDecoder(&b)
	for {
		var v any
		if err := dec.Decode(&v); errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(text, &m); err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
}

func TestReportsKeepToThePublishedSchema(t *testing.T) {
	f, err := os.Open("testdata/br_v0_2_json_schema.json")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("br.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("br.json")
	if err != nil {
		t.Fatal(err)
	}
	docs := documents(t, sample())
	if len(docs) != 2 {
		t.Fatalf("%d documents for two cells", len(docs))
	}
	for i, d := range docs {
		if err := schema.Validate(d); err != nil {
			t.Errorf("document %d: %v", i, err)
		}
	}
	bad := docs[0]
	bad["results"].(map[string]any)["claims"] = "none"
	if schema.Validate(bad) == nil {
		t.Error("the schema allows anything")
	}
}

func TestFiguresAreThoseOfOtherGenerators(t *testing.T) {
	d := documents(t, sample())[0]
	at := func(path ...string) any {
		var v any = d
		for _, p := range path {
			m, is := v.(map[string]any)
			if !is {
				return nil
			}
			v = m[p]
		}
		return v
	}
	figure := func(path ...string) any {
		return at(append([]string{"results", "request_performance", "aggregate"}, path...)...)
	}
	for _, c := range []struct {
		got  any
		want float64
	}{
		{figure("latency", "time_to_first_token", "mean"), .1}, {figure("latency", "time_to_first_token", "p99"), .2}, {figure("latency", "request_latency", "mean"), .5},
		{figure("latency", "time_per_output_token", "p50"), .01}, {figure("throughput", "total_token_rate", "mean"), 192}, {figure("requests", "total"), 103},
		{figure("requests", "failures"), 1}, {figure("requests", "incomplete"), 3}, {at("scenario", "load", "standardized", "concurrency"), 8},
	} {
		if v, is := c.got.(float64); !is || math.Abs(v-c.want) > 1e-12 {
			t.Errorf("got %v, want %v", c.got, c.want)
		}
	}
	for _, q := range []string{"p95", "p99p9"} {
		if v := figure("latency", "time_to_first_token", q); v != nil {
			t.Errorf("%s is %v; it is withheld or infinite", q, v)
		}
	}
}

// What another tool measured was not measured by this one, and a length that nobody knows is
// not 0.
func TestImportedRunsNameTheirTool(t *testing.T) {
	r := sample()
	r.Evidence, r.Run.Version = result.Listed, "GuideLLM 0.8.1"
	c := &r.Benchmarks.Throughput.Cells[0]
	c.Workload.InputTokens = 0
	delete(c.Metrics.Stats, "input_tokens")
	c.Evidence, c.Counts.Failed = result.Listed, 0
	doc := documents(t, r)[0]
	requests := doc["results"].(map[string]any)["request_performance"].(map[string]any)["aggregate"].(map[string]any)["requests"].(map[string]any)
	if failures, is := requests["failures"]; is {
		t.Errorf("%v failures of which nobody knows", failures)
	}
	load := doc["scenario"].(map[string]any)["load"].(map[string]any)
	config := load["native"].(map[string]any)["config"].(map[string]any)
	if tool := load["standardized"].(map[string]any)["tool"]; tool != "GuideLLM 0.8.1" || config["seed"] != nil || config["input_seq_len"] == nil {
		t.Errorf("tool %v, config %v", tool, config)
	}
}

// Python reads YAML 1.1, in which a number with an exponent and no point is text.
func TestNumbersHaveNoExponent(t *testing.T) {
	r := sample()
	c := &r.Benchmarks.Throughput.Cells[0]
	s := c.Metrics.Stats["ttft_service"]
	s.Min, s.Max = result.Num(-5e-4), result.Num(1e24)
	c.Metrics.Stats["ttft_service"], c.WindowS = s, 1e-7
	var b bytes.Buffer
	if err := Write(&export.Run{Result: r}, &b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"min: -0.0000005\n", "max: 1000000000000000000000.0\n", "duration: PT0.0000001S\n", "rate_qps: 5.0\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%.1500s", want, b.String())
		}
	}
}
