// Package llmd writes a run as Benchmark Reports of llm-d, version 0.2
// (github.com/llm-d/llm-d-benchmark, llmdbenchmark/analysis/benchmark_report): one YAML
// document for each cell, as that format has one report for each stage of a load.
//
// Load generators that write these reports start their clocks when a request is sent.
// Its latencies are therefore our ttft_service and e2e_service; time per output token is
// (latency − time to first token) ÷ (tokens − 1), as its schema says, our tpot_vllm. Quantiles
// without an interval, or beyond the first failed request, are left out, and so are
// claims, for which the format has no place.
package llmd

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/inferometer/inferometer/internal/export"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/result"
)

// The types have the names of the format's keys. Its schema allows no others.
type benchmarkReport struct {
	Version  string   `yaml:"version"`
	Run      run      `yaml:"run"`
	Scenario scenario `yaml:"scenario"`
	Results  results  `yaml:"results"`
}

type run struct {
	UID         string   `yaml:"uid"` // of this report
	EID         string   `yaml:"eid"` // the same in all reports of a run
	Time        runTime  `yaml:"time"`
	Description string   `yaml:"description"`
	Keywords    []string `yaml:"keywords"`
}

type runTime struct {
	Start    string `yaml:"start,omitempty"`
	End      string `yaml:"end,omitempty"`
	Duration string `yaml:"duration"` // ISO 8601
}

type scenario struct {
	Stack []component `yaml:"stack"`
	Load  load        `yaml:"load"`
}

type component struct {
	Metadata     metadata       `yaml:"metadata"`
	Standardized map[string]any `yaml:"standardized"`
	Native       native         `yaml:"native"`
}

type metadata struct {
	Label       string `yaml:"label,omitempty"`
	CfgID       string `yaml:"cfg_id,omitempty"`
	Description string `yaml:"description,omitempty"`
}

type native struct {
	Config map[string]any `yaml:"config,omitempty"`
}

type load struct {
	Metadata     metadata `yaml:"metadata"`
	Standardized loadSpec `yaml:"standardized"`
	Native       native   `yaml:"native"`
}

type loadSpec struct {
	Tool        string     `yaml:"tool"`
	ToolVersion string     `yaml:"tool_version"`
	Source      string     `yaml:"source"`
	Stage       int        `yaml:"stage"`
	Input       lengths    `yaml:"input_seq_len"`
	Output      *lengths   `yaml:"output_seq_len,omitempty"`
	MultiTurn   *multiTurn `yaml:"multi_turn,omitempty"`
	Rate        *decimal   `yaml:"rate_qps,omitempty"`
	Concurrency int        `yaml:"concurrency,omitempty"`
}

type multiTurn struct {
	Enabled bool `yaml:"enabled"`
}

type lengths struct {
	Distribution string  `yaml:"distribution"`
	Value        decimal `yaml:"value"`
}

type results struct {
	Performance performance `yaml:"request_performance"`
}

type performance struct {
	Aggregate aggregate `yaml:"aggregate"`
}

type aggregate struct {
	Requests   requests   `yaml:"requests"`
	Latency    latency    `yaml:"latency"`
	Throughput throughput `yaml:"throughput"`
}

type requests struct {
	Total      int         `yaml:"total"`
	Failures   *int        `yaml:"failures,omitempty"`
	Incomplete int         `yaml:"incomplete"`
	Input      *statistics `yaml:"input_length,omitempty"`
	Output     *statistics `yaml:"output_length,omitempty"`
}

type latency struct {
	TTFT *statistics `yaml:"time_to_first_token,omitempty"`
	TPOT *statistics `yaml:"time_per_output_token,omitempty"`
	ITL  *statistics `yaml:"inter_token_latency,omitempty"`
	E2E  *statistics `yaml:"request_latency,omitempty"`
}

type throughput struct {
	Input   *statistics `yaml:"input_token_rate,omitempty"`
	Output  *statistics `yaml:"output_token_rate,omitempty"`
	Total   *statistics `yaml:"total_token_rate,omitempty"`
	Request *statistics `yaml:"request_rate,omitempty"`
}

type statistics struct {
	Units string   `yaml:"units"`
	Mean  decimal  `yaml:"mean"`
	SD    *decimal `yaml:"stddev,omitempty"`
	Min   *decimal `yaml:"min,omitempty"`
	P1    *decimal `yaml:"p1,omitempty"`
	P5    *decimal `yaml:"p5,omitempty"`
	P50   *decimal `yaml:"p50,omitempty"`
	P90   *decimal `yaml:"p90,omitempty"`
	P95   *decimal `yaml:"p95,omitempty"`
	P99   *decimal `yaml:"p99,omitempty"`
	P99P9 *decimal `yaml:"p99p9,omitempty"`
	Max   *decimal `yaml:"max,omitempty"`
}

// decimal is a number that is written without an exponent: YAML 1.1, which Python's readers
// keep to, takes 5e-07 for text.
type decimal float64

// MarshalYAML implements yaml.BytesMarshaler.
func (d decimal) MarshalYAML() ([]byte, error) {
	text := strconv.FormatFloat(float64(d), 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return []byte(text), nil
}

// Write writes a document for each cell.
func Write(r *export.Run, w io.Writer) error {
	stage := 0
	for name, c := range r.Result.Cells() {
		text, err := yaml.Marshal(reportOf(r.Result, name, c, stage))
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "---\n%s", text); err != nil {
			return err
		}
		stage++
	}
	if stage == 0 {
		return fmt.Errorf("run %s has no cells to report", r.Result.Run.ID)
	}
	return nil
}

// hash is an identity of parts that say what something is.
func hash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func reportOf(r *result.Result, benchmark string, c *result.Cell, stage int) benchmarkReport {
	b := benchmarkReport{Version: "0.2"}
	b.Run = run{
		UID: hash(r.Run.ID, c.ID), EID: hash(r.Run.ID), Description: clean(r.Run.Name + ": " + c.ID + ", " + c.Load.Text),
		Keywords: []string{"inferometer", benchmark, string(c.Evidence)},
		Time:     runTime{Duration: "PT" + strconv.FormatFloat(c.WindowS, 'f', -1, 64) + "S"},
	}
	if !r.Run.Started.IsZero() {
		b.Run.Time.Start, b.Run.Time.End = r.Run.Started.UTC().Format(time.RFC3339), r.Run.Ended.UTC().Format(time.RFC3339)
	}
	if i := slices.IndexFunc(r.Targets, func(t result.Target) bool { return t.Name == c.Target }); i >= 0 {
		b.Scenario.Stack = []component{stack(r.Targets[i])}
	}
	b.Scenario.Load = loadOf(r, c, stage)
	b.Results.Performance.Aggregate = aggregateOf(c)
	return b
}

// stack describes a server as it is seen from outside: what it is made of is not known.
func stack(t result.Target) component {
	what := map[string]any{"kind": "generic", "tool": clean(cmp.Or(t.Server, "unknown")), "tool_version": "unknown", "model": clean(t.Model), "url": clean(t.URL), "evidence": string(t.Evidence)}
	if m := t.Machine; m != nil {
		what["machine"] = clean(m.Name)
	}
	return component{Metadata: metadata{Label: clean(t.Name), CfgID: hash(t.Server, t.Model, t.URL)}, Standardized: what}
}

func loadOf(r *result.Result, c *result.Cell, stage int) load {
	l := load{
		Metadata: metadata{CfgID: hash(c.Workload.Text, c.Load.Text), Description: clean(c.Workload.Text + "; " + c.Load.Text)},
		Standardized: loadSpec{
			Tool: "inferometer", ToolVersion: cmp.Or(clean(r.Run.Version), "unknown"), Source: "unknown", Stage: stage,
			Concurrency: cmp.Or(c.Load.Users, c.Load.MaxInflight), Input: lengths{Distribution: "other"},
		},
		Native: native{Config: map[string]any{"latencies": "from the time a request is sent", "command": clean(r.Run.Command), "seed": r.Run.Seed}},
	}
	if mean := c.Metrics.Stats["input_tokens"].Mean; mean != nil && *mean >= 0 {
		l.Standardized.Input.Value = decimal(*mean)
	} else {
		l.Standardized.Input.Value = decimal(c.Workload.InputTokens)
	}
	if l.Standardized.Input.Value == 0 {
		l.Native.Config["input_seq_len"] = "not known; the format wants a number"
	}
	if c.Workload.FixedOutput && c.Workload.OutputTokens > 0 {
		l.Standardized.Output = &lengths{Distribution: "fixed", Value: decimal(c.Workload.OutputTokens)}
		if s := c.Metrics.Stats["output_tokens"]; s.SD != nil && *s.SD > 0 {
			l.Standardized.Output.Distribution = "other"
		}
	}
	if r.Evidence == result.Listed { // another tool's figures
		l.Standardized.Tool, l.Standardized.ToolVersion = cmp.Or(clean(r.Run.Version), "unknown"), "unknown"
		l.Native.Config["imported_by"] = "inferometer"
		delete(l.Native.Config, "command")
		delete(l.Native.Config, "seed")
	}
	if c.Conversations != nil {
		l.Standardized.MultiTurn = &multiTurn{Enabled: true}
	}
	if c.Load.Rate > 0 && c.Load.Of != result.OfConversations { // a rate of requests
		l.Standardized.Rate = new(decimal(c.Load.Rate))
	}
	return l
}

func aggregateOf(c *result.Cell) aggregate {
	a := aggregate{Requests: requests{Total: c.Counts.Attempted, Incomplete: c.Counts.Cut}}
	if c.FailuresKnown() {
		a.Requests.Failures = new(c.Counts.Failed)
	}
	stat := func(tag, units string, factor float64) *statistics {
		s, is := c.Metrics.Stats[tag]
		if !is || s.Mean == nil {
			return nil
		}
		return statisticsOf(s, units, factor)
	}
	rate := func(tag, units string) *statistics {
		if r := c.Metrics.Rates[tag]; r.Value != nil {
			return &statistics{Units: units, Mean: decimal(*r.Value)}
		}
		return nil
	}
	a.Requests.Input, a.Requests.Output = stat("input_tokens", "count", 1), stat("output_tokens", "count", 1)
	a.Latency = latency{
		TTFT: stat("ttft_service", "s", 1e-3), TPOT: stat("tpot_vllm", "s/token", 1e-3), ITL: stat("itl", "s/token", 1e-3), E2E: stat("e2e_service", "s", 1e-3),
	}
	a.Throughput = throughput{Input: rate("input_throughput", "tokens/s"), Output: rate("output_throughput", "tokens/s"), Request: rate("throughput", "queries/s")}
	if in, out := a.Throughput.Input, a.Throughput.Output; in != nil && out != nil {
		a.Throughput.Total = &statistics{Units: "tokens/s", Mean: in.Mean + out.Mean}
	}
	return a
}

func statisticsOf(s result.Statistic, units string, factor float64) *statistics {
	known := func(n *result.Number) *decimal {
		if n == nil || math.IsInf(float64(*n), 0) {
			return nil
		}
		return new(decimal(float64(*n) * factor))
	}
	of := func(name string) *decimal {
		e, is := s.Quantile(name)
		if !is {
			return nil
		}
		return known(e.Value)
	}
	return &statistics{
		Units: units, Mean: decimal(float64(*s.Mean) * factor), SD: known(s.SD), Min: known(s.Min), Max: known(s.Max),
		P1: of("p1"), P5: of("p5"), P50: of("p50"), P90: of("p90"), P95: of("p95"), P99: of("p99"), P99P9: of("p99.9"),
	}
}

func clean(s string) string { return plaintext.Short(s, 500) }
