package serve

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/runlog/follow"
)

// collector shows the client's own view of the runs that are followed. Labels are names
// of folders and targets, phases and classes of failure: nothing that a server has said.
type collector struct{ hub *hub }

// Metric is one metric of /metrics.
type Metric struct {
	Name   string
	Type   string // gauge, counter or histogram
	Labels []string
	Help   string
	desc   *prometheus.Desc
}

const prefix = "inferometer_"

func newMetric(name, kind, help string, labels ...string) Metric {
	m := Metric{Name: prefix + name, Type: kind, Labels: labels, Help: help}
	m.desc = prometheus.NewDesc(m.Name, help, labels, nil)
	return m
}

// catalogue is all metrics by what the collector calls them.
type catalogue struct {
	running, inFlight, due, queued, left, step, steps, failing, spend, spendCap,
	requests, input, output, ttft, gap, e2e Metric
}

func metrics() catalogue {
	return catalogue{
		running:  newMetric("run_running", "gauge", "1 while a run goes on, 0 after its end", "run"),
		inFlight: newMetric("requests_in_flight", "gauge", "Requests of the cell under way that are due and have not ended", "run", "target"),
		due:      newMetric("cell_requests_due", "gauge", "Requests of the cell under way that have come due, warm-up included", "run", "target"),
		queued:   newMetric("server_queue_requests", "gauge", "Requests that wait in the server, by its own metrics", "run", "target"),
		left:     newMetric("phase_left_seconds", "gauge", "How long the phase under way still takes at most; absent where its requests decide", "run"),
		step:     newMetric("run_step", "gauge", "Which step of the run is under way, from 1", "run"),
		steps:    newMetric("run_steps", "gauge", "Steps of the run; absent where nobody knows them beforehand", "run"),
		failing:  newMetric("failing_checks", "gauge", "Validity checks that would not pass if the cell stayed as it is, of those that are cheap to know", "run"),
		spend:    newMetric("spend_usd", "gauge", "Cost of the run's requests so far in USD, by list prices", "run"),
		spendCap: newMetric("spend_cap_usd", "gauge", "The cap on the cost in USD; absent where there is none", "run"),
		requests: newMetric("requests_total", "counter", "Requests that ended, by phase and outcome (ok, cut, shed, or the class of failure)", "run", "target", "phase", "outcome"),
		input:    newMetric("input_tokens_total", "counter", "Input tokens of requests that ended, as far as the server reports them", "run", "target"),
		output:   newMetric("output_tokens_total", "counter", "Output tokens of requests that ended", "run", "target"),
		ttft:     newMetric("time_to_first_token_seconds", "histogram", "First token − due, of measured requests that succeeded", "run", "target"),
		gap:      newMetric("token_gap_seconds", "histogram", "Time between content frames, of measured requests that succeeded and were streamed", "run", "target"),
		e2e:      newMetric("e2e_latency_seconds", "histogram", "Last token − due, of measured requests that succeeded", "run", "target"),
	}
}

// Metrics lists what /metrics shows, for the documentation.
func Metrics() []Metric {
	c := metrics()
	return []Metric{
		c.running, c.inFlight, c.due, c.queued, c.left, c.step, c.steps, c.failing, c.spend, c.spendCap,
		c.requests, c.input, c.output, c.ttft, c.gap, c.e2e,
	}
}

// Bounds of the histograms in seconds.
var (
	latencyBounds = []float64{.005, .01, .025, .05, .075, .1, .15, .2, .3, .5, .75, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 30, 60, 120, 300}
	gapBounds     = []float64{.001, .0025, .005, .0075, .01, .0125, .015, .02, .025, .03, .04, .05, .075, .1, .15, .2, .3, .5, 1, 2.5, 5}
)

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, m := range Metrics() {
		out <- m.desc
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	m := metrics()
	c.hub.each(func(run string, v *follow.View) {
		emit := func(m Metric, value float64, labels ...string) {
			kind := prometheus.GaugeValue
			if m.Type == "counter" {
				kind = prometheus.CounterValue
			}
			out <- prometheus.MustNewConstMetric(m.desc, kind, value, append([]string{run}, labels...)...)
		}
		s := v.Snapshot(1 << 30) // without points
		up := 0.0
		if s.State == follow.Starting || s.State == follow.Running {
			up = 1
		}
		emit(m.running, up)
		var failing, shown []string
		var left *float64 // of the cell that takes longest
		for _, c := range s.Cells {
			p := c.Now
			if p == nil {
				continue
			}
			target := name(p.Target)
			if slices.Contains(shown, target) {
				continue // two names that are the same once they are cleaned
			}
			shown = append(shown, target)
			emit(m.inFlight, float64(p.InFlight), target)
			emit(m.due, float64(p.Due), target)
			if p.Queued != nil {
				emit(m.queued, float64(*p.Queued), target)
			}
			failing = append(failing, p.Failing...)
			if p.LeftS != nil && (left == nil || *p.LeftS > *left) {
				left = p.LeftS
			}
		}
		if len(shown) > 0 {
			slices.Sort(failing)
			emit(m.failing, float64(len(slices.Compact(failing))))
		}
		if left != nil {
			emit(m.left, *left)
		}
		if p := s.Now; p != nil {
			if p.Step > 0 {
				emit(m.step, float64(p.Step))
			}
			if p.Steps > 0 {
				emit(m.steps, float64(p.Steps))
			}
			if p.SpendUSD != nil {
				emit(m.spend, *p.SpendUSD)
			}
			if p.CapUSD > 0 {
				emit(m.spendCap, p.CapUSD)
			}
		}
		var seen []string
		v.Totals(func(t *follow.Total) {
			target := name(t.Target)
			if slices.Contains(seen, target) {
				return // two names that are the same once they are cleaned
			}
			seen = append(seen, target)
			emit(m.input, float64(t.Input), target)
			emit(m.output, float64(t.Output), target)
			ended := map[[2]string]int{}
			for o, n := range t.Ended {
				outcome := name(string(o.Class))
				if o.Class == exchange.OK {
					outcome = "ok"
				}
				ended[[2]string{name(string(o.Phase)), outcome}] += n
			}
			for o, n := range ended {
				emit(m.requests, float64(n), target, o[0], o[1])
			}
			for _, h := range []struct {
				m      Metric
				l      *follow.Latency
				bounds []float64
			}{{m.ttft, &t.TTFT, latencyBounds}, {m.gap, &t.Gap, gapBounds}, {m.e2e, &t.E2E, latencyBounds}} {
				if n, sum, upTo := h.l.Buckets(h.bounds); n > 0 {
					out <- prometheus.MustNewConstHistogram(h.m.desc, n, sum, upTo, run, target)
				}
			}
		})
	})
}

// name is a text that may be a label.
func name(s string) string { return plaintext.Short(s, 100) }
