package benchresult

import "encoding/json"

// benchmark_summary.json of evalscope perf (evalscope/perf/utils/perf_constants.py), with the
// names of versions from 1.0 and those before. It has means; percentiles are in another
// file. Its latency, time to first token and time per output token are those of vllm
// bench, and its inter-token latency is the time between frames.
func isEvalscope(k map[string]json.RawMessage) bool {
	return has(k, "Test Duration (s)") || has(k, "Time taken for tests (s)")
}

func readEvalscope(objects []json.RawMessage) (file, error) {
	f := file{tool: "evalscope perf"}
	for _, b := range objects {
		keys, err := object(b)
		if err != nil {
			return f, err
		}
		first := func(names ...string) number {
			for _, n := range names {
				if v := numberOf(keys, n); v.is {
					return v
				}
			}
			return number{}
		}
		failed := first("Failed Requests", "Failed requests")
		l := load{
			seconds: first("Test Duration (s)", "Time taken for tests (s)").v,
			users:   first("Concurrency", "Number of concurrency").count(),
			ok:      first("Success Requests", "Succeed requests").count(),
			failed:  failed.count(), blind: !failed.is,
			rates: map[string]float64{},
		}
		if rate := first("Request Rate (req/s)", "Request rate (req/s)"); rate.v > 0 { // −1: none
			l.rate = rate.v
		}
		for tag, v := range map[string]number{
			"throughput":        first("Req Throughput (req/s)", "Request throughput (req/s)"),
			"output_throughput": first("Output Throughput (tok/s)", "Output token throughput (tok/s)"),
			"input_throughput":  first("Input Throughput (tok/s)", "Input token throughput (tok/s)"),
		} {
			if v.v > 0 {
				l.rates[tag] = v.v
			}
		}
		mean := func(tag string, v number, factor float64, note string) {
			l.figures = append(l.figures, figures{tag: tag, mean: v.positive(factor), note: note})
		}
		// Either in ms, or in the seconds of versions before 1.0.
		millis := func(now, before string) (number, float64) {
			if v := numberOf(keys, now); v.is {
				return v, 1
			}
			return numberOf(keys, before), 1000
		}
		v, factor := millis("Avg TTFT (ms)", "Average time to first token (s)")
		mean("ttft_service", v, factor, "from the time the request was sent")
		v, factor = millis("Avg TPOT (ms)", "Average time per output token (s)")
		mean("tpot_vllm", v, factor, "")
		v, factor = millis("Avg ITL (ms)", "Average inter-token latency (s)")
		mean("gap", v, factor, "the times between frames, which the tool calls inter-token latency")
		mean("e2e_service", first("Avg Latency (s)", "Average latency (s)"), 1000, "from the time the request was sent")
		mean("input_tokens", first("Avg Input Tokens", "Average input tokens per request"), 1, "")
		mean("output_tokens", first("Avg Output Tokens", "Average output tokens per request"), 1, "")
		f.loads = append(f.loads, l)
	}
	return f, nil
}
