// Package scrape reads a server's own metrics (Prometheus text) while it is
// measured: how busy it was, how long its queue was, how many tokens it counted.
// They explain what the client saw and are checked against it; no latency in a
// report comes from them.
package scrape

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// maxText bounds how much of one response is read, in bytes.
const maxText = 8 << 20

// mostValue is far above what a server counts, and low enough that sums of such
// values do not overflow.
const mostValue = 1e18

// series are the values of one scrape by quantity and label set, so that several
// engines are kept apart. The sum of a distribution is stored under its quantity,
// its count under countOf(quantity).
type series map[Quantity]map[string]float64

func countOf(q Quantity) Quantity { return q + "_count" }

// parse reads Prometheus text and keeps known names. Text without any of them
// gives no series and no error.
func parse(r io.Reader) (series, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxText+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxText {
		return nil, fmt.Errorf("the metrics are longer than %d MiB", maxText>>20)
	}
	known := knownLines(text)
	if len(known) == 0 {
		if !bytes.Contains(text, []byte("# TYPE ")) {
			return nil, errors.New("the response is not Prometheus text")
		}
		return series{}, nil
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(known))
	if err != nil {
		// What was parsed so far lacks series, which would look like a restart. The
		// parser's message quotes the server's text, which must not get into our
		// files.
		return nil, errors.New("a known metric cannot be parsed as Prometheus text")
	}
	byName := map[string]*dto.MetricFamily{}
	for name, f := range families {
		byName[strings.TrimSuffix(name, "_total")] = f
	}
	out := series{}
	for name, f := range byName {
		q := names[name]
		if newer := older[name]; q == "" || newer != "" && byName[newer] != nil {
			continue
		}
		if !gauges[q] && f.GetType() == dto.MetricType_GAUGE {
			continue // it may fall (SGLang's num_retracted_reqs), so it is not a count
		}
		totals := slices.ContainsFunc(f.GetMetric(), func(m *dto.Metric) bool { return cacheSource(m) == "total" })
		for _, m := range f.GetMetric() {
			if source := cacheSource(m); totals && source != "" && source != "total" {
				continue // a part of the total, which is there too
			}
			out.add(q, m)
		}
	}
	return out, nil
}

// cacheSource is the label by which SGLang splits cached tokens; one of its
// values is the total.
func cacheSource(m *dto.Metric) string {
	for _, l := range m.GetLabel() {
		if l.GetName() == "cache_source" {
			return l.GetValue()
		}
	}
	return ""
}

// knownLines keeps the lines of known families, so that other lines that cannot
// be parsed do no harm, and so that parsing takes the client little time while it
// measures. Buckets, which are most of such a page, are not used and left out.
func knownLines(text []byte) []byte {
	var out []byte
	for line := range bytes.Lines(text) {
		var name []byte
		if rest, ok := bytes.CutPrefix(line, []byte("# TYPE ")); ok {
			name, _, _ = bytes.Cut(rest, []byte(" "))
		} else if line[0] != '#' {
			if end := bytes.IndexAny(line, "{ \t\n"); end > 0 {
				name = line[:end]
			}
		}
		family := string(name)
		for _, suffix := range []string{"_total", "_sum", "_count"} {
			family = strings.TrimSuffix(family, suffix)
		}
		if names[family] != "" {
			out = append(out, line...)
		}
	}
	if n := len(out); n > 0 && out[n-1] != '\n' {
		out = append(out, '\n')
	}
	return out
}

func (s series) add(q Quantity, m *dto.Metric) {
	labels := make([]string, 0, len(m.GetLabel()))
	for _, l := range m.GetLabel() {
		labels = append(labels, l.GetName()+"\x00"+l.GetValue())
	}
	key := strings.Join(labels, "\x01")
	put := func(q Quantity, v float64) {
		if !(math.Abs(v) < mostValue) {
			return // no value yet (NaN), or nonsense
		}
		if s[q] == nil {
			s[q] = map[string]float64{}
		}
		s[q][key] += v
	}
	switch {
	case m.Histogram != nil:
		put(q, m.Histogram.GetSampleSum())
		put(countOf(q), float64(m.Histogram.GetSampleCount()))
	case m.Summary != nil:
		put(q, m.Summary.GetSampleSum())
		put(countOf(q), float64(m.Summary.GetSampleCount()))
	case m.Counter != nil:
		put(q, m.Counter.GetValue())
	case m.Gauge != nil:
		put(q, m.Gauge.GetValue())
	case m.Untyped != nil:
		put(q, m.Untyped.GetValue())
	}
}

// total is one number per quantity, over all label sets.
func (s series) total() map[Quantity]float64 {
	out := make(map[Quantity]float64, len(s))
	for q, by := range s {
		sum := 0.0
		for _, v := range by {
			sum += v
		}
		if averaged[q] {
			sum /= float64(len(by))
		}
		out[q] = sum
	}
	fresh, okFresh := out[computed]
	cached, okCached := out[CachedTokens]
	if okFresh && okCached {
		out[PromptTokens], out[PrefixQueries] = fresh+cached, fresh+cached
	}
	return out
}

// fallen lists the counters with a series that is lower than before, which happens
// only if the server (or one of its engines) has been restarted.
func (s series) fallen(before series) []Quantity {
	var out []Quantity
	for q, by := range before {
		if gauges[q] {
			continue
		}
		for key, v := range by {
			if now, ok := s[q][key]; !ok || now < v {
				out = append(out, q)
				break
			}
		}
	}
	return out
}
