package benchresult

import (
	"encoding/json"
	"strings"
)

// A result of genai-bench (genai_bench/metrics/metrics.py), one file for each traffic
// scenario and concurrency. Its tpot is (latency − time to first token) ÷ (tokens − 1), our
// tpot_vllm. Its mean throughputs are of the whole run; the statistics of each request's
// throughput are left out.
func readGenaiBench(objects []json.RawMessage) (file, error) {
	f := file{tool: "genai-bench"}
	for _, b := range objects {
		var r struct {
			Aggregated struct {
				Scenario string                `json:"scenario"`
				Users    number                `json:"num_concurrency"`
				Seconds  number                `json:"run_duration"`
				Output   number                `json:"mean_output_throughput_tokens_per_s"`
				Input    number                `json:"mean_input_throughput_tokens_per_s"`
				PerS     number                `json:"requests_per_second"`
				PerMin   number                `json:"requests_per_minute"`
				Codes    map[string]number     `json:"error_codes_frequency"`
				Failed   number                `json:"num_error_requests"`
				OK       number                `json:"num_completed_requests"`
				Stats    map[string]genaiStats `json:"stats"`
			} `json:"aggregated_metrics"`
			Unit string `json:"_time_unit"`
		}
		if err := json.Unmarshal(b, &r); err != nil {
			return f, err
		}
		a := r.Aggregated
		l := load{
			users: a.Users.count(), seconds: a.Seconds.v, ok: a.OK.count(), failed: a.Failed.count(), blind: !a.Failed.is,
			byClass: map[string]int{}, rates: map[string]float64{},
		}
		if len(objects) > 1 {
			l.name = strings.TrimSpace(a.Scenario)
		} else if a.Scenario != "" {
			l.notes = "scenario " + a.Scenario
		}
		perSecond := a.PerS.v
		if !a.PerS.is {
			perSecond = a.PerMin.v / 60
		}
		if l.seconds == 0 && perSecond > 0 {
			l.seconds = float64(l.ok) / perSecond // versions before run_duration
		}
		for tag, v := range map[string]float64{"throughput": perSecond, "output_throughput": a.Output.v, "input_throughput": a.Input.v} {
			if v > 0 {
				l.rates[tag] = v
			}
		}
		for code, n := range a.Codes {
			l.byClass["http_"+code] = n.count()
		}
		factor := 1000.0 // the file is in seconds unless it says otherwise
		if strings.EqualFold(r.Unit, "ms") {
			factor = 1
		}
		for _, m := range []struct {
			key, tag string
			factor   float64
			note     string
		}{
			{"ttft", "ttft_service", factor, "from the time the request was sent"},
			{"tpot", "tpot_vllm", factor, ""},
			{"e2e_latency", "e2e_service", factor, "from the time the request was sent"},
			{"num_input_tokens", "input_tokens", 1, "as the tool's own tokenizer counts them"},
			{"num_output_tokens", "output_tokens", 1, ""},
		} {
			s := a.Stats[m.key]
			of := perfMetric{Avg: s.Mean, Min: s.Min, Max: s.Max, SD: s.SD, P50: s.P50, P90: s.P90, P95: s.P95, P99: s.P99}
			l.figures = append(l.figures, of.figures(m.tag, m.factor, m.note))
		}
		f.loads = append(f.loads, l)
	}
	return f, nil
}

type genaiStats struct {
	Mean number `json:"mean"`
	SD   number `json:"stddev"`
	Min  number `json:"min"`
	Max  number `json:"max"`
	P50  number `json:"p50"`
	P90  number `json:"p90"`
	P95  number `json:"p95"`
	P99  number `json:"p99"`
}
