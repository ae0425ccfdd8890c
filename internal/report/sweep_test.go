package report

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/inferometer/inferometer/internal/result"
)

// sweptResult is a result that sweeps keys, every combination of their values: an
// open loop against a server that carries about 12 prompts of 1,000 tokens a
// second. The last combination was not measured.
func sweptResult(keys ...result.ScanKey) *result.Result {
	at := time.Date(2026, 11, 24, 5, 0, 0, 0, time.UTC)
	r := &result.Result{
		Schema: result.Schema, Evidence: result.Measured,
		Run: result.Run{ID: "20261124T050000Z-sweep", Name: "sweep", Started: at, Ended: at.Add(5 * time.Minute), Version: "1.0.0", Seed: 1, Status: result.Complete,
			Command: "inferometer sweep http://127.0.0.1:8000", Host: result.Host{OS: "linux", Arch: "amd64", CPU: "Example CPU", Cores: 8, MemoryMB: 32768, Go: "go1.26"}},
		Inputs:  []result.Input{{Name: "candidate", Evidence: result.Measured, Source: "http://127.0.0.1:8000/v1"}},
		Targets: []result.Target{{Name: "candidate", URL: "http://127.0.0.1:8000/v1", Model: "tiny", Evidence: result.Measured, Server: "vllm", API: "chat", Streaming: true}},
		Validity: result.Validity{Status: result.Warn, Checks: []result.Check{
			{ID: "complete", Status: result.Pass, Text: "the run went through to its planned end"},
		}},
	}
	s := &result.Scan{Evidence: result.Measured, Keys: keys, Mode: "grid", Text: "Throughput rises with the load until requests fail."}
	s.Pareto = &result.Pareto{
		X: result.ParetoAxis{Metric: "user_rate", Label: "output speed seen by one user, p50", Unit: "token/s"},
		Y: result.ParetoAxis{Metric: "output_throughput", Label: "output tokens of a machine", Unit: "token/s"},
	}
	total := 1
	for _, k := range keys {
		total *= len(k.Values)
	}
	for i := range total {
		var values []string
		rate, length := 4.0, 256.0
		rest := i
		for k := len(keys) - 1; k >= 0; k-- {
			v := rest % len(keys[k].Values)
			rest /= len(keys[k].Values)
			values = append([]string{keys[k].Values[v]}, values...)
			switch {
			case keys[k].Name == "rate":
				rate = keys[k].Numbers[v]
			case keys[k].Name == "input-tokens":
				length = keys[k].Numbers[v]
			default:
				length *= 1 + 0.4*float64(v)
			}
		}
		p := result.ScanPoint{Values: values}
		if i == total-1 {
			p.Why = "the spend cap of $5.00 was reached"
			s.Points = append(s.Points, p)
			continue
		}
		p.Cell = fmt.Sprintf("scan/%d", i+1)
		c := sweptCell(p.Cell, rate, length)
		s.Points, s.Cells = append(s.Points, p), append(s.Cells, c)
		s.Pareto.Points = append(s.Pareto.Points, result.ParetoPoint{Point: i, X: *c.Metrics.Stats["user_rate"].P50.Value, Y: *c.Metrics.Rates["output_throughput"].Value})
		for _, id := range []string{"errors", "client_added", "steady", "little", "token_counts", "samples"} {
			k := result.Check{ID: id, Cell: p.Cell, Status: result.Pass, Text: "nothing to see"}
			if id == "little" && c.Counts.Failed > 0 {
				k.Status, k.Text, k.Fix = result.Warn, "requests in flight differ from rate × time by 7 %", "raise --duration"
			}
			r.Validity.Checks = append(r.Validity.Checks, k)
		}
	}
	for i, p := range s.Pareto.Points {
		for _, q := range s.Pareto.Points {
			s.Pareto.Points[i].Dominated = s.Pareto.Points[i].Dominated || q.X >= p.X && q.Y >= p.Y && (q.X > p.X || q.Y > p.Y)
		}
	}
	r.Benchmarks.Scan = s
	return r
}

func sweptCell(id string, rate, length float64) result.Cell {
	busy := rate * length / 12000
	n := int(30 * rate)
	failed := 0
	if busy > 1.5 {
		failed = n / 8
	}
	queue := 40 * math.Pow(busy, 3)
	done := rate / math.Max(1, busy)
	ttft, tpot := 20+0.05*length+queue, 6*(1+2*math.Min(busy, 1.5))
	estimate := func(v float64, needed int) result.Estimate {
		if n < needed {
			return result.Estimate{Withheld: "too few independent samples for an interval", NeededN: needed, AtLeast: result.Num(v * 0.97)}
		}
		return result.Estimate{Value: result.Num(v), Lo: result.Num(v * 0.94), Hi: result.Num(v * 1.08)}
	}
	stat := func(v float64, unit string) result.Statistic {
		st := result.Statistic{Unit: unit, N: n, NOK: n - failed, NEff: float64(n), Mean: result.Num(v), P50: estimate(v, 6), P90: estimate(1.3*v, 36), P95: estimate(1.6*v, 72), P99: estimate(2.4*v, 368)}
		if failed > 0 {
			st.P95 = result.Estimate{Value: result.Num(math.Inf(1)), Lo: result.Num(1.5 * v), Hi: result.Num(math.Inf(1))}
			st.P99 = st.P95
		}
		return st
	}
	per := func(v float64, unit string) result.Rate {
		return result.Rate{Unit: unit, Value: result.Num(v), Lo: result.Num(0.97 * v), Hi: result.Num(1.03 * v), N: n}
	}
	speed := stat(1000/tpot, "token/s")
	ok := float64(n-failed) / float64(n)
	return result.Cell{
		ID: id, Target: "candidate", Evidence: result.Measured, WindowS: 30,
		Workload: result.Workload{Name: "synthetic", Text: "synthetic prompts, every one new; answers of 64 tokens"},
		Load:     result.LoadShape{Kind: "open", Rate: rate, Arrival: "poisson", DurationS: 30, Text: "open loop, " + strconv.FormatFloat(rate, 'f', -1, 64) + " requests/s"},
		Counts:   result.Counts{Scheduled: n, Attempted: n, OK: n - failed, Failed: failed, ByClass: map[string]int{"timeout": failed}},
		Metrics: result.Metrics{
			Stats: map[string]result.Statistic{"ttft": stat(ttft, "ms"), "tpot": stat(tpot, "ms/token"), "gap": stat(tpot*1.02, "ms"), "e2e": stat(ttft+63*tpot, "ms"), "user_rate": speed},
			Rates: map[string]result.Rate{
				"throughput": per(done*ok, "1/s"), "output_throughput": per(64*done*ok, "token/s"), "goodput": per(done*ok/(1+busy*busy), "1/s"),
				"success": {Unit: "ratio", Value: result.Num(ok), Lo: result.Num(ok - 0.02), Hi: result.Num(math.Min(1, ok+0.01)), N: n},
			},
		},
	}
}

func numbers(name, unit string, v ...float64) result.ScanKey {
	k := result.ScanKey{Name: name, Unit: unit, Numbers: v}
	for _, x := range v {
		k.Values = append(k.Values, strconv.FormatFloat(x, 'f', -1, 64))
	}
	return k
}

// sweeps are a single key, two keys, many points, and keys without numbers.
func sweeps() map[string]*result.Result {
	return map[string]*result.Result{
		"sweep":      sweptResult(numbers("rate", "1/s", 1, 2, 4, 8, 16, 32)),
		"sweep-grid": sweptResult(numbers("rate", "1/s", 1, 2, 4, 8, 16, 32), numbers("input-tokens", "tokens", 256, 1024, 4096)),
		"sweep-many": sweptResult(numbers("rate", "1/s", 1, 2, 4, 8, 16), numbers("input-tokens", "tokens", 128, 256, 512, 1024),
			words("model", "meta-llama/Llama-3.1-8B-Instruct", "meta-llama/Llama-3.1-8B-Instruct-FP8")),
		"sweep-words": sweptResult(words("model", "Llama-3.1-8B-Instruct", "Qwen3-8B-Instruct", "a/model/with/a/very/long/name-of-more-than-forty-letters", "d"),
			words("dtype", "bf16", "fp8")),
	}
}

func words(name string, values ...string) result.ScanKey {
	return result.ScanKey{Name: name, Values: values}
}
