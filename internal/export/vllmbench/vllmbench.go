// Package vllmbench writes a run as JSON of vllm bench serve, so that what reads those
// files reads ours. Its figures follow that tool's definitions
// (vllm/benchmarks/serve.py, version 0.32), and are computed from the log:
//
//   - Latencies count from the first byte written, and not from when a request was due:
//     ttft is our ttft_service, e2el our e2e_service, tpot our tpot_vllm. What waited at
//     the client is in queue_times, and in e2el_including_client_queue, our e2e.
//   - itl has one value for each frame after a request's first, whatever tokens it holds.
//   - Latencies are those of requests that succeeded. Percentiles interpolate as numpy's
//     do by default, and the standard deviation is that of a population.
//   - duration ends with the last answer, so that a rate contains the end of a load
//     where fewer requests are in flight.
//
// A run of one cell is one object. Several are a list, as in the summary.json of vllm
// bench sweep. Prompts and answers are not in it, nor are requests that the client cut.
package vllmbench

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/export"
	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/stats"
)

// percentiles that are written besides the median.
var percentiles = []float64{90, 95, 99, 99.9}

// latency is one metric of that tool: its name, ours, and the values of requests that
// succeeded, in ms.
type latency struct {
	name, tag string
	values    []float64
}

// cell is what is gathered of one.
type cell struct {
	log       *runlog.Cell
	latencies []*latency
	itls      itls

	inputs, outputs                        []int
	ttfts, e2els, starts, queued           []float64 // seconds, one for each request
	errors                                 []string
	completed, failed, inTokens, outTokens int
	first, last                            exchange.Stamp
}

func newCell(log *runlog.Cell) *cell {
	return &cell{log: log, latencies: []*latency{
		{name: "ttft", tag: "ttft_service"}, {name: "tpot", tag: "tpot_vllm"}, {name: "e2el", tag: "e2e_service"},
		{name: "e2el_including_client_queue", tag: "e2e"},
	}}
}

// add takes a request.
func (k *cell) add(x *exchange.Exchange) {
	if x.Class == exchange.Cut || x.Class == exchange.Shed {
		return
	}
	if k.first == 0 || x.Due < k.first {
		k.first = x.Due
	}
	k.last = max(k.last, x.LastToken, x.Done)
	input := x.AskedInput
	if x.InputTokens != nil {
		input = *x.InputTokens
	}
	output, ttft, e2el := 0, 0.0, 0.0
	if x.Class == exchange.OK {
		output, _ = x.Output()
		k.completed, k.inTokens, k.outTokens = k.completed+1, k.inTokens+input, k.outTokens+output
		for _, l := range k.latencies {
			if v, has := measure.Value(l.tag, x); has {
				l.values = append(l.values, v)
			}
		}
		ttft, _ = x.FirstToken.Sub(x.Writing)
		e2el, _ = x.LastToken.Sub(x.Writing)
		gaps(x, k.itls.add)
	} else {
		k.failed++
	}
	wait, _ := x.Writing.Sub(x.Due)
	k.inputs, k.outputs = append(k.inputs, input), append(k.outputs, output)
	k.ttfts, k.e2els = append(k.ttfts, ttft/1000), append(k.e2els, e2el/1000)
	k.starts, k.queued = append(k.starts, float64(x.Writing)/1e9), append(k.queued, wait/1000)
	message := ""
	if x.Class != exchange.OK {
		message = plaintext.Short(string(x.Class)+" "+x.Error, 300)
	}
	k.errors = append(k.errors, message)
}

// gaps hands the times between the frames of a request, in seconds, to f.
func gaps(x *exchange.Exchange, f func(float64)) {
	for i := 1; i < len(x.Frames); i++ {
		f(float64(x.Frames[i].At-x.Frames[i-1].At) / 1e9)
	}
}

// itls are the gaps of all requests. The first million are kept as they are; then
// quantiles come from bins, within 0.2 %.
type itls struct {
	exact    []float64
	bins     stats.Histogram
	n        int
	sum, sqs float64
}

const mostExact = 1 << 20

func (t *itls) add(s float64) {
	t.n++
	t.sum += s
	t.sqs += s * s
	t.bins.Add(s, 1)
	if t.n <= mostExact {
		t.exact = append(t.exact, s)
	} else {
		t.exact = nil
	}
}

// Write writes a run as vllm bench serve would.
func Write(run *export.Run, w io.Writer) error {
	cells := map[string]*cell{}
	err := run.Requests(func(log *runlog.Cell, c *result.Cell, x *exchange.Exchange) error {
		if cells[c.ID] == nil {
			cells[c.ID] = newCell(log)
		}
		cells[c.ID].add(x)
		return nil
	})
	if err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	several := len(cells) > 1
	if several {
		_, _ = b.WriteString("[\n")
	}
	begun := false
	for name, c := range run.Result.Cells() {
		k := cells[c.ID]
		if k == nil {
			continue
		}
		if begun {
			_, _ = b.WriteString(",\n")
		}
		begun = true
		if err := k.write(b, run, name, c); err != nil {
			return err
		}
	}
	if several {
		_, _ = b.WriteString("\n]")
	}
	_ = b.WriteByte('\n')
	return b.Flush()
}

// object is a JSON object whose keys keep their order.
type object struct{ b bytes.Buffer }

func (o *object) set(key string, v any) {
	if f, is := v.(float64); is && (math.IsNaN(f) || math.IsInf(f, 0)) {
		return
	}
	text, err := json.Marshal(v)
	if err != nil {
		return // none of our types
	}
	if o.b.Len() > 0 {
		o.b.WriteString(",\n ")
	}
	o.b.WriteString(strconv.Quote(key) + ": ")
	o.b.Write(text)
}

// backends name our APIs as that tool does.
var backends = map[string]string{"chat": "openai-chat", "completions": "openai", "responses": "openai-responses", "embeddings": "openai-embeddings"}

func (k *cell) write(b *bufio.Writer, run *export.Run, benchmark string, c *result.Cell) error {
	o := &object{}
	var target result.Target
	if i := slices.IndexFunc(run.Result.Targets, func(t result.Target) bool { return t.Name == c.Target }); i >= 0 {
		target = run.Result.Targets[i]
	}
	backend, is := backends[target.API]
	if !is {
		backend = target.API
	}
	o.set("date", run.Result.Run.Started.UTC().Format("20060102-150405"))
	o.set("endpoint_type", backend)
	o.set("backend", backend)
	o.set("label", c.ID)
	o.set("model_id", target.Model)
	o.set("tokenizer_id", target.Model)
	o.set("num_prompts", len(k.errors))
	o.set("tool", "inferometer "+run.Result.Run.Version)
	o.set("evidence", string(c.Evidence))
	o.set("benchmark", benchmark)
	o.set("target", c.Target)
	o.set("run", run.Result.Run.ID)
	k.load(o, c)
	seconds := float64(k.last-k.first) / 1e9
	o.set("duration", seconds)
	o.set("completed", k.completed)
	o.set("failed", k.failed)
	o.set("total_input_tokens", k.inTokens)
	o.set("total_output_tokens", k.outTokens)
	o.set("request_throughput", float64(k.completed)/seconds)
	o.set("request_goodput", goodput(c, float64(k.completed)/seconds))
	o.set("output_throughput", float64(k.outTokens)/seconds)
	o.set("total_token_throughput", float64(k.inTokens+k.outTokens)/seconds)
	for _, l := range k.latencies[:2] {
		l.set(o)
	}
	k.itls.set(o)
	for _, l := range k.latencies[2:] {
		l.set(o)
	}
	o.set("input_lens", k.inputs)
	o.set("output_lens", k.outputs)
	o.set("ttfts", k.ttfts)
	o.set("latencies", k.e2els)
	o.set("start_times", k.starts)
	o.set("queue_times", k.queued)
	o.set("errors", k.errors)
	_, _ = b.WriteString("{")
	_, _ = b.Write(o.b.Bytes())
	if err := k.frames(b, run, c); err != nil {
		return err
	}
	_, err := b.WriteString("}")
	return err
}

// goodput is the share of completed requests that met every limit, of a throughput; nil
// where no limit was set.
func goodput(c *result.Cell, throughput float64) any {
	good, all := c.Metrics.Rates["goodput"], c.Metrics.Rates["throughput"]
	if good.Value == nil || all.Value == nil || *all.Value <= 0 {
		return nil
	}
	return throughput * float64(*good.Value / *all.Value)
}

// load says what was asked for.
func (k *cell) load(o *object, c *result.Cell) {
	if c.Load.Rate > 0 {
		o.set("request_rate", c.Load.Rate)
	} else {
		o.set("request_rate", "inf")
	}
	switch {
	case c.Load.Burstiness > 0:
		o.set("burstiness", c.Load.Burstiness)
	case c.Load.Arrival == "constant":
		o.set("burstiness", "inf")
	default:
		o.set("burstiness", 1.0)
	}
	switch {
	case c.Load.Users > 0:
		o.set("max_concurrency", c.Load.Users)
	case c.Load.MaxInflight > 0:
		o.set("max_concurrency", c.Load.MaxInflight)
	default:
		o.set("max_concurrency", nil)
	}
}

// frames writes the gaps of each request, which are too many to hold. They are in the
// order of the other lists, since the log is read in the same order.
func (k *cell) frames(b *bufio.Writer, run *export.Run, c *result.Cell) error {
	_, _ = b.WriteString(",\n \"itls\": [")
	n := 0
	var text []byte
	err := run.Requests(func(_ *runlog.Cell, of *result.Cell, x *exchange.Exchange) error {
		if of.ID != c.ID || x.Class == exchange.Cut || x.Class == exchange.Shed {
			return nil
		}
		text = text[:0]
		if n++; n > 1 {
			text = append(text, ',')
		}
		text = append(text, '[')
		if x.Class == exchange.OK {
			first := true
			gaps(x, func(s float64) {
				if !first {
					text = append(text, ',')
				}
				first = false
				text = strconv.AppendFloat(text, s, 'g', -1, 64)
			})
		}
		text = append(text, ']')
		_, err := b.Write(text)
		return err
	})
	_, _ = b.WriteString("]")
	return err
}

// set writes mean, median, standard deviation and percentiles, in ms.
func (l *latency) set(o *object) {
	if len(l.values) == 0 {
		return
	}
	slices.Sort(l.values)
	mean, sd := moments(l.values)
	o.figures(l.name, mean, sd, func(p float64) float64 { return stats.Quantile(l.values, p/100) })
}

func (t *itls) set(o *object) {
	if t.n == 0 {
		return
	}
	mean := t.sum / float64(t.n)
	if t.exact != nil {
		slices.Sort(t.exact)
		_, sd := moments(t.exact)
		o.figures("itl", 1000*mean, 1000*sd, func(p float64) float64 { return 1000 * stats.Quantile(t.exact, p/100) })
		return
	}
	sd := math.Sqrt(max(0, t.sqs/float64(t.n)-mean*mean))
	o.figures("itl", 1000*mean, 1000*sd, func(p float64) float64 { return 1000 * t.bins.Quantile(p/100) })
}

func (o *object) figures(name string, mean, sd float64, at func(p float64) float64) {
	o.set("mean_"+name+"_ms", mean)
	o.set("median_"+name+"_ms", at(50))
	o.set("std_"+name+"_ms", sd)
	for _, p := range percentiles {
		o.set("p"+strconv.FormatFloat(p, 'g', -1, 64)+"_"+name+"_ms", at(p))
	}
}

// moments are the mean and the standard deviation of a population.
func moments(values []float64) (mean, sd float64) {
	for _, v := range values {
		mean += v
	}
	mean /= float64(len(values))
	for _, v := range values {
		sd += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(sd / float64(len(values)))
}
