package history

import (
	"maps"
	"slices"

	"github.com/inferometer/inferometer/internal/result"
)

// benchmarks names those that a result has, in their order.
func benchmarks(r *result.Result) []string {
	b := r.Benchmarks
	var out []string
	for _, x := range []struct {
		name string
		is   bool
	}{
		{"latency", b.Latency != nil}, {"throughput", b.Throughput != nil}, {"cost", b.Cost != nil}, {"quality", b.Quality != nil},
		{"hardware", b.Hardware != nil}, {"load", b.Load != nil}, {"capacity", b.Capacity != nil}, {"scan", b.Scan != nil}, {"forecast", b.Forecast != nil},
	} {
		if x.is {
			out = append(out, x.name)
		}
	}
	return out
}

// figures are what a result has of each metric, in each cell. What is withheld is missing.
// The cells of a search are left out: their loads are those that the search came upon, so
// that cells of two runs with one name are not alike; its answer stands for them. So are
// costs, which follow from prices as well as from what was measured.
func figures(r *result.Result) []Metric {
	var out []Metric
	for benchmark, c := range r.Cells() {
		if benchmark == "capacity" {
			continue
		}
		for _, tag := range slices.Sorted(maps.Keys(c.Metrics.Stats)) {
			out = append(out, ofStatistic(c, tag, r.Validity)...)
		}
		for _, tag := range slices.Sorted(maps.Keys(c.Metrics.Rates)) {
			m, rate := metricOf(c, tag, r.Validity), c.Metrics.Rates[tag]
			if rate.Value == nil {
				continue
			}
			m.Statistic, m.Unit, m.Value, m.Lo, m.Hi, m.N, m.NEff = Only, rate.Unit, *rate.Value, rate.Lo, rate.Hi, rate.N, rate.NEff
			out = append(out, m)
		}
	}
	if c := r.Benchmarks.Capacity; c != nil && c.Rate != nil {
		out = append(out, Metric{Cell: "capacity", Target: "candidate", Metric: "capacity", Statistic: Only, Unit: c.Unit, Value: *c.Rate, Lo: c.Rate, Hi: c.Refuted, N: len(c.Trials), Spoilt: c.Spoilt})
	}
	if q := r.Benchmarks.Quality; q != nil && q.Answers != nil {
		for _, p := range q.Answers.Passes {
			if p.Right.Value == nil {
				continue
			}
			m := Metric{Cell: p.Cell, Target: p.Target, Metric: "accuracy", Statistic: Only, Unit: "percent", Value: *p.Right.Value, Lo: p.Right.Lo, Hi: p.Right.Hi, N: p.Items, NEff: p.Right.NEff}
			if check, is := r.Validity.Spoilt("accuracy", p.Cell); is {
				m.Spoilt = check.ID
			}
			out = append(out, m)
		}
	}
	return out
}

func metricOf(c *result.Cell, tag string, v result.Validity) Metric {
	m := Metric{Cell: c.ID, Target: c.Target, Metric: tag}
	if check, is := v.Spoilt(tag, c.ID); is {
		m.Spoilt = check.ID
	}
	return m
}

func ofStatistic(c *result.Cell, tag string, v result.Validity) []Metric {
	var out []Metric
	s, m := c.Metrics.Stats[tag], metricOf(c, tag, v)
	m.Unit = s.Unit
	if s.Mean != nil {
		mean := m
		mean.Statistic, mean.Value, mean.Lo, mean.Hi, mean.N, mean.NEff = "mean", *s.Mean, s.MeanLo, s.MeanHi, s.NOK, s.MeanNEff
		out = append(out, mean)
	}
	for _, name := range []string{"p1", "p5", "p50", "p90", "p95", "p99", "p99.9"} {
		e, ok := s.Quantile(name)
		if !ok || e.Value == nil {
			continue
		}
		q := m
		q.Statistic, q.Value, q.Lo, q.Hi, q.N, q.NEff = name, *e.Value, e.Lo, e.Hi, s.N, e.NEff
		if q.NEff == 0 {
			q.NEff = s.NEff
		}
		out = append(out, q)
	}
	return out
}
