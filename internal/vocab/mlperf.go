package vocab

// MLPerf returns the latency limits of MLPerf Inference, 99th percentiles in ms:
// time to first token and time per output token. Source: mlcommons/inference,
// loadgen/mlperf.conf at b66003e (2026-08).
func MLPerf() map[string][2]float64 {
	return map[string][2]float64{
		"mlperf/llama2-70b/server":         {2000, 200},
		"mlperf/llama2-70b/interactive":    {450, 40},
		"mlperf/mixtral-8x7b/server":       {2000, 200},
		"mlperf/llama3.1-405b/server":      {6000, 175},
		"mlperf/llama3.1-405b/interactive": {4500, 80},
		"mlperf/llama3.1-8b/server":        {2000, 100},
		"mlperf/llama3.1-8b/interactive":   {500, 30},
		"mlperf/deepseek-r1/server":        {2000, 80},
		"mlperf/deepseek-r1/interactive":   {1500, 15},
		"mlperf/gpt-oss-120b/server":       {3000, 80},
		"mlperf/gpt-oss-120b/interactive":  {2000, 15},
	}
}
