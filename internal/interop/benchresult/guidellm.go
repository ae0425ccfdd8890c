package benchresult

import (
	"cmp"
	"encoding/json"
	"errors"
	"math"
	"time"
)

// GuideLLM's benchmarks.json, of versions 0.3 to 0.8 (src/guidellm/benchmark/schemas).
// Each metric has a distribution by how requests ended. Of its metrics time_per_output_token
// is left out: it contains the time to first token. inter_token_latency is a mean for each
// request, weighted by its tokens, and no distribution of gaps: it is our tpot, but for
// the weights. Its versions write 0 where a request has no such value; a latency
// whose smallest value is 0 is left out, since its mean is then one of missing values too.
type guideReport struct {
	Metadata struct {
		Version string `json:"guidellm_version"`
	} `json:"metadata"`
	Args struct { // before 0.8
		Target string `json:"target"`
		Model  string `json:"model"`
	} `json:"args"`
	Benchmarks []guideBenchmark `json:"benchmarks"`
}

type guideBenchmark struct {
	Config struct {
		Strategy guideStrategy `json:"strategy"`
		Backend  struct {
			Target string `json:"target"`
			Model  string `json:"model"`
			Format string `json:"request_format"`
		} `json:"backend"`
	} `json:"config"`
	Scheduler struct { // before 0.6
		Strategy guideStrategy `json:"strategy"`
	} `json:"scheduler"`
	Args struct { // before 0.4
		Strategy guideStrategy `json:"strategy"`
	} `json:"args"`
	Timing struct {
		Start number `json:"measure_start_time"`
		End   number `json:"measure_end_time"`
	} `json:"scheduler_metrics"`
	Start    number   `json:"start_time"`
	End      number   `json:"end_time"`
	Duration number   `json:"duration"`
	RunStats struct { // before 0.4
		Made guideTotals `json:"requests_made"`
	} `json:"run_stats"`
	Totals  guideTotals           `json:"request_totals"` // before 0.4
	Metrics map[string]guideValue `json:"metrics"`
}

// guideTotals are numbers of requests.
type guideTotals struct {
	OK         number `json:"successful"`
	Failed     number `json:"errored"`
	Unfinished number `json:"incomplete"`
}

type guideStrategy struct {
	Type    string `json:"type_"`
	Rate    number `json:"rate"`
	Streams number `json:"streams"`
	Most    number `json:"max_concurrency"`
}

// guideValue is a distribution of requests that succeeded, or, of request_totals, numbers.
// Metrics of other shapes are passed over.
type guideValue struct {
	distribution guideDistribution
	totals       guideTotals
}

// UnmarshalJSON implements json.Unmarshaler.
func (v *guideValue) UnmarshalJSON(b []byte) error {
	var d struct {
		Successful guideDistribution `json:"successful"`
	}
	if json.Unmarshal(b, &d) == nil {
		v.distribution = d.Successful
	}
	_ = json.Unmarshal(b, &v.totals) // of distributions there is no number
	return nil
}

type guideDistribution struct {
	Mean        number            `json:"mean"`
	Median      number            `json:"median"`
	SD          number            `json:"std_dev"`
	Min         number            `json:"min"`
	Max         number            `json:"max"`
	Count       number            `json:"count"`
	Sum         number            `json:"total_sum"`
	Percentiles map[string]number `json:"percentiles"`
}

func readGuideLLM(objects []json.RawMessage) (file, error) {
	f := file{tool: "GuideLLM"}
	for _, b := range objects {
		var r guideReport
		if err := json.Unmarshal(b, &r); err != nil {
			return f, err
		}
		f.version = r.Metadata.Version
		for i := range r.Benchmarks {
			k := &r.Benchmarks[i]
			on := target{model: cmp.Or(k.Config.Backend.Model, r.Args.Model), url: cmp.Or(k.Config.Backend.Target, r.Args.Target)}
			on.api = map[string]string{"/v1/chat/completions": "chat", "/v1/completions": "completions", "/v1/responses": "responses"}[k.Config.Backend.Format]
			if f.asOf.IsZero() && k.Start.is && k.Start.v > 0 && k.Start.v < 1e11 {
				f.asOf = time.Unix(int64(k.Start.v), 0).UTC()
			}
			l, err := k.load()
			if err != nil {
				return f, err
			}
			l.target = f.target(on)
			f.loads = append(f.loads, l)
		}
	}
	return f, nil
}

func (k *guideBenchmark) strategy() guideStrategy {
	for _, s := range []guideStrategy{k.Config.Strategy, k.Scheduler.Strategy} {
		if s.Type != "" {
			return s
		}
	}
	return k.Args.Strategy
}

func (k *guideBenchmark) load() (load, error) {
	l := load{rates: map[string]float64{}}
	totals := k.Metrics["request_totals"].totals
	for _, older := range []guideTotals{k.Totals, k.RunStats.Made} {
		if !totals.OK.is {
			totals = older
		}
	}
	if !totals.OK.is {
		return l, errors.New("it has no metrics.request_totals; GuideLLM 0.3 to 0.8 write them")
	}
	l.blind = !totals.Failed.is
	l.ok, l.failed, l.unfinished = totals.OK.count(), totals.Failed.count(), totals.Unfinished.count()
	switch {
	case k.Timing.Start.v > 0 && k.Timing.End.v > k.Timing.Start.v:
		l.seconds = k.Timing.End.v - k.Timing.Start.v
	case k.Duration.v > 0:
		l.seconds = k.Duration.v
	case k.End.v > k.Start.v:
		l.seconds = k.End.v - k.Start.v
	}
	s := k.strategy()
	switch s.Type {
	case "constant", "async":
		l.rate, l.arrival = s.Rate.v, "constant"
	case "poisson":
		l.rate, l.arrival = s.Rate.v, "poisson"
	case "concurrent":
		l.users = s.Streams.count()
	case "synchronous":
		l.users = 1
	case "throughput":
		l.name, l.users = "throughput", s.Most.count()
	default:
		l.name = s.Type
	}
	if l.seconds > 0 {
		l.rates["throughput"] = float64(l.ok) / l.seconds
		if sum := k.Metrics["output_token_count"].distribution.Sum; sum.v > 0 {
			l.rates["output_throughput"] = sum.v / l.seconds
		}
		if sum := k.Metrics["prompt_token_count"].distribution.Sum; sum.v > 0 {
			l.rates["input_throughput"] = sum.v / l.seconds
		}
	}
	for _, m := range []struct {
		key, tag string
		factor   float64
		note     string
	}{
		{"time_to_first_token_ms", "ttft_service", 1, "from the time the request was sent"},
		{"inter_token_latency_ms", "tpot", 1, "of each request's tokens, weighted by their number; the tool calls it inter-token latency"},
		{"request_latency", "e2e_service", 1000, "from the time the request was sent"},
		{"prompt_token_count", "input_tokens", 1, ""},
		{"output_token_count", "output_tokens", 1, ""},
	} {
		l.figures = append(l.figures, k.Metrics[m.key].distribution.figures(m.tag, m.factor, m.note, l.ok))
	}
	return l, nil
}

func (d guideDistribution) figures(tag string, factor float64, note string, ok int) figures {
	f := figures{tag: tag, note: note, n: min(d.Count.count(), ok), quantiles: map[string]float64{}}
	if f.n == 0 {
		return f // all its figures are 0 then
	}
	f.mean, f.most = d.Mean.positive(factor), d.Max.positive(factor)
	if d.Min.is {
		f.least = scaled(d.Min.v, factor)
	}
	if d.SD.is {
		f.sd = scaled(d.SD.v, factor)
	}
	if v := d.Median.positive(factor); v != nil {
		f.quantiles["p50"] = *v
	}
	for ours, theirs := range map[string]string{"p90": "p90", "p95": "p95", "p99": "p99", "p99.9": "p999"} {
		if v := d.Percentiles[theirs].positive(factor); v != nil {
			f.quantiles[ours] = *v
		}
	}
	return f
}

func scaled(v, factor float64) *float64 {
	v *= factor
	if math.IsInf(v, 0) {
		return nil
	}
	return &v
}
