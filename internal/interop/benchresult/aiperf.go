package benchresult

import (
	"encoding/json"
	"strings"
	"time"
)

// AIPerf's profile_export_aiperf.json and GenAI-Perf's profile_export_genai_perf.json
// (aiperf/common/models/export_models.py): a metric under each key, with its unit.
// inter_token_latency is (request latency − time to first token) ÷ (tokens − 1) of each
// request, which is our tpot_vllm; inter_chunk_latency is our gap. Percentiles of rates,
// such as those of each user's tokens per second, are left out: theirs are 1 ÷ inter-token
// latency, and ours is counted otherwise.
type perfMetric struct {
	Unit string `json:"unit"`
	Avg  number `json:"avg"`
	Min  number `json:"min"`
	Max  number `json:"max"`
	SD   number `json:"std"`
	P50  number `json:"p50"`
	P90  number `json:"p90"`
	P95  number `json:"p95"`
	P99  number `json:"p99"`
}

func isAIPerf(k map[string]json.RawMessage) bool {
	var m perfMetric
	return has(k, "request_throughput") && json.Unmarshal(k["request_throughput"], &m) == nil && m.Avg.is
}

// milliseconds are what units of time have of them.
var milliseconds = map[string]float64{"ms": 1, "milliseconds": 1, "sec": 1000, "s": 1000, "seconds": 1000, "us": 1e-3, "microseconds": 1e-3, "ns": 1e-6, "nanoseconds": 1e-6}

func readAIPerf(objects []json.RawMessage) (file, error) {
	f := file{tool: "AIPerf"}
	for _, b := range objects {
		keys, err := object(b)
		if err != nil {
			return f, err
		}
		f.version = textOf(keys, "aiperf_version")
		config := perfConfigOf(keys["input_config"])
		if config.genai {
			f.tool = "GenAI-Perf"
		}
		if string(keys["was_cancelled"]) == "true" {
			f.partial = "the tool says that it was stopped before its end"
		}
		if at, err := time.Parse(time.RFC3339, timeText(textOf(keys, "start_time"))); err == nil && f.asOf.IsZero() {
			f.asOf = at
		}
		l := perfLoad(keys, config)
		l.target = f.target(config.target)
		f.loads = append(f.loads, l)
	}
	return f, nil
}

// timeText adds the zone that Python leaves out.
func timeText(s string) string {
	if s == "" || strings.HasSuffix(s, "Z") || strings.Contains(s[min(len(s), 10):], "+") {
		return s
	}
	return s + "Z"
}

// perfConfig is what the tool was asked for.
type perfConfig struct {
	target
	genai   bool
	users   int
	rate    float64
	arrival string
}

func perfConfigOf(raw json.RawMessage) perfConfig {
	var c struct {
		Models   []string `json:"model"` // GenAI-Perf
		Names    []string `json:"model_names"`
		Endpoint struct {
			Models []string `json:"model_names"`
			URL    string   `json:"url"`
			URLs   []string `json:"urls"`
			Type   string   `json:"type"`
		} `json:"endpoint"`
		Load struct {
			Users number `json:"concurrency"`
			Rate  number `json:"request_rate"`
			Mode  string `json:"request_rate_mode"`
		} `json:"loadgen"`
		// GenAI-Perf, before and after its configuration became a file.
		Users number `json:"concurrency"`
		Rate  number `json:"request_rate"`
		Perf  *struct {
			Stimulus map[string]number `json:"stimulus"`
		} `json:"perf_analyzer"`
	}
	_ = json.Unmarshal(raw, &c) // what does not fit stays empty
	out := perfConfig{target: target{url: c.Endpoint.URL}, users: c.Load.Users.count(), rate: c.Load.Rate.v, arrival: c.Load.Mode}
	for _, names := range [][]string{c.Endpoint.Models, c.Models, c.Names} {
		if len(names) > 0 && out.model == "" {
			out.model = names[0]
		}
	}
	if len(c.Endpoint.URLs) > 0 && out.url == "" {
		out.url = c.Endpoint.URLs[0]
	}
	switch {
	case c.Perf != nil:
		out.genai = true
		out.users, out.rate = c.Perf.Stimulus["concurrency"].count(), c.Perf.Stimulus["request_rate"].v
	case c.Users.is || c.Rate.is:
		out.genai = true
		out.users, out.rate = c.Users.count(), c.Rate.v
	}
	if out.rate <= 0 {
		out.rate, out.arrival = 0, ""
	}
	out.api = map[string]string{"chat": "chat", "completions": "completions", "embeddings": "embeddings", "responses": "responses"}[c.Endpoint.Type]
	return out
}

func perfLoad(keys map[string]json.RawMessage, config perfConfig) load {
	metric := func(name string) (m perfMetric) {
		if json.Unmarshal(keys[name], &m) != nil {
			return perfMetric{}
		}
		return m
	}
	// AIPerf writes how many failed where any did, and GenAI-Perf never.
	l := load{users: config.users, rate: config.rate, arrival: config.arrival, blind: config.genai, rates: map[string]float64{}}
	l.ok, l.failed = metric("request_count").Avg.count(), metric("error_request_count").Avg.count()
	if d := metric("benchmark_duration"); d.Avg.is {
		l.seconds = d.Avg.v * milliseconds[strings.ToLower(d.Unit)] / 1000
	} else if t := metric("request_throughput").Avg; t.v > 0 {
		l.seconds = float64(l.ok) / t.v // GenAI-Perf does not say how long it took
	}
	for key, tag := range map[string]string{"request_throughput": "throughput", "output_token_throughput": "output_throughput", "goodput": "goodput"} {
		if m := metric(key); m.Avg.is {
			l.rates[tag] = m.Avg.v
		}
	}
	if total := metric("total_isl").Avg; total.is && l.seconds > 0 {
		l.rates["input_throughput"] = total.v / l.seconds
	}
	for _, m := range []struct{ key, tag, note string }{
		{"time_to_first_token", "ttft_service", "from the time the request was sent"},
		{"inter_token_latency", "tpot_vllm", "the tool calls it inter-token latency"},
		{"inter_chunk_latency", "gap", "the tool calls it inter-chunk latency"},
		{"request_latency", "e2e_service", "from the time the request was sent"},
		{"input_sequence_length", "input_tokens", "as the tool's own tokenizer counts them, unless it was told to take the server's"},
		{"output_sequence_length", "output_tokens", "as the tool's own tokenizer counts them, unless it was told to take the server's"},
	} {
		of := metric(m.key)
		factor, isTime := milliseconds[strings.ToLower(of.Unit)]
		if !isTime {
			factor = 1
		}
		if latency := !strings.HasSuffix(m.tag, "_tokens"); latency && !isTime {
			continue // a latency in no unit of time
		}
		l.figures = append(l.figures, of.figures(m.tag, factor, m.note))
	}
	return l
}

func (m perfMetric) figures(tag string, factor float64, note string) figures {
	f := figures{tag: tag, note: note, mean: m.Avg.positive(factor), most: m.Max.positive(factor), quantiles: map[string]float64{}}
	if m.Min.is {
		f.least = scaled(m.Min.v, factor)
	}
	if m.SD.is {
		f.sd = scaled(m.SD.v, factor)
	}
	for name, v := range map[string]number{"p50": m.P50, "p90": m.P90, "p95": m.P95, "p99": m.P99} {
		if v := v.positive(factor); v != nil {
			f.quantiles[name] = *v
		}
	}
	return f
}
