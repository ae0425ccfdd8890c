package benchresult

import (
	"encoding/json"
	"math"
	"strings"
	"time"
)

// served is a result of vllm bench serve (vllm/benchmarks/serve.py, versions 0.6 to 0.33),
// or of SGLang's bench_serving, which has the same keys for most of it.
type served struct {
	keys       map[string]json.RawMessage
	TTFTs      []number   `json:"ttfts"` // seconds; 0 where the request failed
	ITLs       [][]number `json:"itls"`
	Latencies  []number   `json:"latencies"`
	InputLens  []number   `json:"input_lens"`
	OutputLens []number   `json:"output_lens"`
	QueueTimes []number   `json:"queue_times"`
	Errors     []string   `json:"errors"`
}

func decodeServed(b json.RawMessage) (served, error) {
	var s served
	var err error
	if s.keys, err = object(b); err != nil {
		return s, err
	}
	err = json.Unmarshal(b, &s)
	return s, err
}

func readVLLM(objects []json.RawMessage) (file, error) {
	return readServed(objects, "vllm bench serve", "e2el")
}

func readSGLang(objects []json.RawMessage) (file, error) {
	return readServed(objects, "SGLang bench_serving", "e2e_latency")
}

func readServed(objects []json.RawMessage, tool, e2e string) (file, error) {
	f := file{tool: tool}
	for i, b := range objects {
		s, err := decodeServed(b)
		if err != nil {
			return f, err
		}
		ours := strings.HasPrefix(textOf(s.keys, "tool"), "inferometer ")
		if i == 0 {
			if at, err := time.Parse("20060102-150405", textOf(s.keys, "date")); err == nil {
				f.asOf = at // the client's local time; the file does not say where
			}
			if ours {
				f.tool, f.version = "inferometer", strings.TrimPrefix(textOf(s.keys, "tool"), "inferometer ")
			}
		}
		l := s.load(e2e, ours)
		name := ""
		if ours { // the one that names targets
			name = textOf(s.keys, "target")
		}
		l.target = f.target(target{name: name, model: textOf(s.keys, "model_id"), api: apis[textOf(s.keys, "backend")]})
		if label := textOf(s.keys, "label"); len(objects) > 1 && label != "" {
			l.name = label
		}
		f.loads = append(f.loads, l)
	}
	return f, nil
}

// apis are our names of that tool's backends.
var apis = map[string]string{
	"openai": "completions", "vllm": "completions", "openai-chat": "chat", "sglang-oai": "completions", "sglang-oai-chat": "chat",
	"vllm-chat": "chat", "openai-responses": "responses", "openai-embeddings": "embeddings",
}

func (s *served) load(e2e string, ours bool) load {
	l := load{
		rate: rateOf(s.keys), users: numberOf(s.keys, "max_concurrency").count(), seconds: numberOf(s.keys, "duration").v,
		ok: numberOf(s.keys, "completed").count(), requests: numberOf(s.keys, "num_prompts").count(), rates: map[string]float64{},
	}
	named := s.failures(&l)
	if ramp := textOf(s.keys, "ramp_up_strategy"); ramp != "" { // neither one rate nor a closed loop
		l.name, l.rate, l.users = "a rate that ramps up, "+ramp, 0, 0
	}
	if b := numberOf(s.keys, "burstiness"); l.rate > 0 {
		switch {
		case b.is && b.v == 1:
			l.arrival = "poisson"
		case b.is:
			l.arrival, l.burstiness = "gamma", b.v
		case s.keys["burstiness"] != nil: // inf
			l.arrival = "constant"
		}
	}
	for _, r := range []struct{ key, tag string }{
		{"request_throughput", "throughput"}, {"output_throughput", "output_throughput"}, {"input_throughput", "input_throughput"}, {"request_goodput", "goodput"},
	} {
		if v := numberOf(s.keys, r.key); v.is {
			l.rates[r.tag] = v.v
		}
	}
	if v := numberOf(s.keys, "total_input_tokens"); v.is && l.seconds > 0 && !has(s.keys, "input_throughput") {
		l.rates["input_throughput"] = v.v / l.seconds
	}
	l.figures = append(l.figures,
		s.figures("ttft", "ttft_service", "from the time the request was sent"),
		s.figures("tpot", "tpot_vllm", ""),
		s.figures("itl", "gap", "the times between frames, which the tool calls inter-token latency"),
		s.figures(e2e, "e2e_service", "from the time the request was sent"),
		s.lengths("input_tokens", s.InputLens, "total_input_tokens", l.ok, named),
		s.lengths("output_tokens", s.OutputLens, "total_output_tokens", l.ok, named),
	)
	if ours { // the one client that knows when a request was due
		l.figures = append(l.figures, s.figures("e2el_including_client_queue", "e2e", ""))
	}
	if named {
		s.detail(&l, ours)
	}
	return l
}

// rateOf is the rate of an open loop; 0 where all requests were sent at once or as users
// had time.
func rateOf(keys map[string]json.RawMessage) float64 {
	n := numberOf(keys, "request_rate")
	if !n.is || n.v <= 0 {
		return 0
	}
	return n.v
}

// failures counts the requests that failed, by all that the file says of them, and reports
// whether its list of errors names each of them. A request may have failed without a
// message: a status without a reason, as of HTTP/2, leaves that tool none.
func (s *served) failures(l *load) (named bool) {
	with := 0
	for _, e := range s.Errors {
		if e != "" {
			with++
		}
	}
	said := numberOf(s.keys, "failed")
	l.failed = max(with, said.count())
	switch {
	case len(s.Errors) > 0:
		l.failed = max(l.failed, len(s.Errors)-l.ok)
	case !said.is && l.requests > 0: // versions before that key
		l.failed = max(0, l.requests-l.ok)
	case !said.is:
		l.blind = true
	}
	return len(s.Errors) > 0 && with == l.failed && len(s.Errors) == l.ok+l.failed
}

// figures of a metric, in ms in both.
func (s *served) figures(name, tag, note string) figures {
	f := figures{tag: tag, note: note, quantiles: map[string]float64{}}
	f.mean = numberOf(s.keys, "mean_"+name+"_ms").positive(1)
	if f.mean != nil { // where there are no values, all of them are 0
		f.sd = numberOf(s.keys, "std_"+name+"_ms").pointer()
	}
	if v := numberOf(s.keys, "median_"+name+"_ms").positive(1); v != nil {
		f.quantiles["p50"] = *v
	}
	f.most = numberOf(s.keys, "max_"+name+"_ms").positive(1)
	for _, q := range names {
		if v := numberOf(s.keys, q.name+"_"+name+"_ms").positive(1); v != nil {
			f.quantiles[q.name] = *v
		}
	}
	return f
}

// lengths are those of requests that succeeded, or their mean.
func (s *served) lengths(tag string, values []number, total string, ok int, named bool) figures {
	f := figures{tag: tag}
	if named && len(values) == len(s.Errors) {
		f.values = []float64{}
		for i, v := range values {
			if s.Errors[i] == "" && v.is && v.v >= 0 {
				f.values = append(f.values, v.v)
			}
		}
		return f
	}
	if n := numberOf(s.keys, total); n.is && ok > 0 {
		f.mean = n.positive(1 / float64(ok))
	}
	return f
}

// detail replaces figures of requests that succeeded by those of all, where the file has
// each of them (--save-detailed).
func (s *served) detail(l *load, ours bool) {
	n := len(s.Errors)
	if n == 0 || len(s.TTFTs) != n {
		return
	}
	values := map[string][]float64{}
	add := func(tag string, i int, v float64) {
		if s.Errors[i] != "" {
			v = math.Inf(1)
		}
		if v > 0 {
			values[tag] = append(values[tag], v)
		}
	}
	for i := range n {
		add("ttft_service", i, 1000*s.TTFTs[i].v)
		e2e := 0.0
		switch {
		case len(s.Latencies) == n:
			e2e = s.Latencies[i].v
		case len(s.ITLs) == n: // as far as its frames go
			e2e = s.TTFTs[i].v
			for _, gap := range s.ITLs[i] {
				e2e += gap.v
			}
		}
		add("e2e_service", i, 1000*e2e)
		if len(s.OutputLens) == n && (s.OutputLens[i].v > 1 || s.Errors[i] != "") {
			add("tpot_vllm", i, 1000*(e2e-s.TTFTs[i].v)/max(1, s.OutputLens[i].v-1))
		}
		if ours && len(s.QueueTimes) == n {
			add("e2e", i, 1000*(e2e+s.QueueTimes[i].v))
			add("ttft", i, 1000*(s.TTFTs[i].v+s.QueueTimes[i].v))
		}
	}
	for i := range l.figures {
		if v := values[l.figures[i].tag]; len(v) > 0 {
			l.figures[i].values = v
		}
	}
	if v := values["ttft"]; len(v) > 0 {
		l.figures = append(l.figures, figures{tag: "ttft", values: v})
	}
	if len(s.ITLs) == n {
		gaps := 0
		for _, of := range s.ITLs {
			gaps += len(of)
		}
		for i := range l.figures {
			if l.figures[i].tag == "gap" {
				l.figures[i].n = gaps
			}
		}
	}
}
