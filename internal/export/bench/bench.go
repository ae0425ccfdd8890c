// Package bench writes a run in the Go benchmark format, so that benchstat compares
// two of them (https://go.googlesource.com/proposal/+/master/design/14313-benchmark-format.md;
// read by golang.org/x/perf/benchfmt).
//
// benchstat takes each line as an independent sample. Requests of one load are none:
// they wait for each other, so a line for each of 2,000 requests would make it sure
// of differences that are chance. A line here is therefore the median of a part of a
// cell's requests: of one block where the load was measured in blocks, else of one of
// up to 20 stretches of the window, of equal length, each so long that it is worth
// five independent requests or more. Batches of that kind are the method of batch
// means (Law and Kelton, Simulation Modeling and Analysis, section 9.5.3). The file's
// first lines say so. Neighbours still depend on each other a little: for a decision
// with an error probability use "inferometer compare".
package bench

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/export"
	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

const (
	mostStretches = 20
	worthEach     = 5.0 // independent requests that a stretch is worth at least
)

// request is what is kept of one: its place in time and its values.
type request struct {
	due, done exchange.Stamp
	ok        bool
	values    []float64 // by metric; NaN where it has none, +Inf where the request failed
}

// load is the requests of a cell.
type load struct {
	log      *runlog.Cell
	requests []request
}

// units have a metric's unit in benchstat's terms, and the factor to it.
// It scales ns, and knows no other unit of time.
func unit(m metric.Metric) (string, float64) {
	switch m.Unit {
	case "ms":
		return m.Tag + "-ns", 1e6
	case "ms/token":
		return m.Tag + "-ns/token", 1e6
	}
	return m.Tag + "-" + m.Unit, 1
}

// Write writes a run in the Go benchmark format.
func Write(run *export.Run, w io.Writer) error {
	loads, metrics := map[string]*load{}, metric.Comparisons()
	err := run.Requests(func(log *runlog.Cell, c *result.Cell, x *exchange.Exchange) error {
		l := loads[c.ID]
		if l == nil {
			l = &load{log: log}
			loads[c.ID] = l
		}
		if x.Class == exchange.Cut { // what it would have taken is not known
			return nil
		}
		q := request{due: x.Due, done: max(x.Done, x.LastToken), ok: x.Class == exchange.OK, values: make([]float64, len(metrics))}
		for i, m := range metrics {
			q.values[i] = math.NaN()
			if v, has := measure.Value(m.Tag, x); has {
				q.values[i] = v
			}
			if !q.ok {
				q.values[i] = math.Inf(1)
				if m.Direction == metric.HigherIsBetter {
					q.values[i] = math.Inf(-1)
				}
			}
		}
		l.requests = append(l.requests, q)
		return nil
	})
	if err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	head(b, run.Result, metrics)
	for name, c := range run.Result.Cells() {
		if l := loads[c.ID]; l != nil {
			l.lines(b, lineName(name, c), c, metrics)
		}
	}
	return b.Flush()
}

// head writes where the lines come from, the settings and the units.
func head(b *bufio.Writer, r *result.Result, metrics []metric.Metric) {
	note := func(what, value string) { _, _ = fmt.Fprintf(b, "# %s: %s\n", what, plaintext.Short(value, 200)) }
	_, _ = b.WriteString("# A line is the median of the requests of one block or, without blocks, of one stretch of the\n" +
		"# window that is worth five independent requests or more. Failed requests count as slowest; where half\n" +
		"# of them failed there is no median, so look at success too.\n")
	// By default benchstat compares only files whose settings are the same. What is
	// compared, such as the version of a server, is therefore no setting.
	note("Run", r.Run.ID)
	note("Inferometer", r.Run.Version)
	for _, t := range r.Targets {
		note("Model of "+t.Name, t.Model)
		note("Server of "+t.Name, t.Server)
	}
	for _, setting := range [][2]string{
		{"evidence", string(r.Evidence)}, {"goos", r.Run.Host.OS}, {"goarch", r.Run.Host.Arch}, {"cpu", r.Run.Host.CPU},
	} {
		if setting[1] != "" {
			_, _ = fmt.Fprintf(b, "%s: %s\n", setting[0], plaintext.Short(setting[1], 200))
		}
	}
	better := map[metric.Direction]string{metric.LowerIsBetter: "lower", metric.HigherIsBetter: "higher"}
	for _, m := range metrics {
		u, _ := unit(m)
		_, _ = fmt.Fprintf(b, "Unit %s better=%s\n", u, better[m.Direction])
	}
	_, _ = b.WriteString("Unit success-ratio better=higher\nUnit throughput-req/s better=higher\n\n")
}

// lineName is the same for the same load in every run.
func lineName(benchmark string, c *result.Cell) string {
	name := "Benchmark" + plaintext.Capital(word(benchmark)) + "/target=" + word(c.Target)
	switch {
	case c.Load.Rate > 0:
		name += "/rate=" + strconv.FormatFloat(c.Load.Rate, 'g', 6, 64)
	case c.Load.Users > 0:
		name += "/users=" + strconv.Itoa(c.Load.Users)
	default:
		name += "/load=" + word(c.Load.Text)
	}
	if c.Workload.Name != "" {
		name += "/workload=" + word(c.Workload.Name)
	}
	return name
}

// word makes text a part of a benchmark's name: without spaces and separators.
func word(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '/' || r == '=' {
			return '_'
		}
		return r
	}, plaintext.Short(s, 80))
}

// part is a stretch of time and the requests that were due in it.
type part struct {
	span     exchange.Span
	requests []request
	done     int // that succeeded and ended in it
}

// parts are the blocks of a cell, or stretches of its window.
func (l *load) parts(c *result.Cell) []part {
	var out []part
	spans := l.log.Spans()
	if len(spans) == 1 {
		n := 1
		if worth := worthOf(c); worth > 0 {
			n = min(max(1, int(worth/worthEach)), mostStretches)
		}
		whole := spans[0]
		step := (whole.End - whole.Start) / exchange.Stamp(n)
		for i := range n {
			from := whole.Start + exchange.Stamp(i)*step
			out = append(out, part{span: exchange.Span{Start: from, End: from + step}})
		}
		out[n-1].span.End = whole.End
	} else {
		for _, s := range spans {
			out = append(out, part{span: s})
		}
	}
	find := func(at exchange.Stamp) int {
		i, _ := slices.BinarySearchFunc(out, at, func(p part, at exchange.Stamp) int {
			if p.span.Start > at {
				return 1
			}
			return -1
		})
		return i - 1
	}
	for _, q := range l.requests {
		if i := find(q.due); i >= 0 {
			out[i].requests = append(out[i].requests, q)
		}
		if i := find(q.done); i >= 0 && q.ok && q.done <= out[i].span.End {
			out[i].done++
		}
	}
	return out
}

// worthOf is the smallest effective sample size of the cell's headline metrics.
func worthOf(c *result.Cell) float64 {
	worth := 0.0
	for _, m := range metric.Headlines() {
		if s, is := c.Metrics.Stats[m.Tag]; is && s.NEff > 0 && (worth == 0 || s.NEff < worth) {
			worth = s.NEff
		}
	}
	return worth
}

// lines writes a line for each part that has values.
func (l *load) lines(b *bufio.Writer, name string, c *result.Cell, metrics []metric.Metric) {
	for _, p := range l.parts(c) {
		var values strings.Builder
		for i, m := range metrics {
			if v, is := median(p.requests, i); is {
				u, factor := unit(m)
				_, _ = fmt.Fprintf(&values, "\t%s %s", strconv.FormatFloat(v*factor, 'g', 10, 64), u)
			}
		}
		if n := len(p.requests); n > 0 {
			ok := len(slices.DeleteFunc(slices.Clone(p.requests), func(q request) bool { return !q.ok }))
			_, _ = fmt.Fprintf(&values, "\t%s success-ratio", strconv.FormatFloat(float64(ok)/float64(n), 'g', 10, 64))
		}
		if seconds := float64(p.span.End-p.span.Start) / 1e9; seconds > 0 { // nothing done is 0, and not missing
			_, _ = fmt.Fprintf(&values, "\t%s throughput-req/s", strconv.FormatFloat(float64(p.done)/seconds, 'g', 10, 64))
		}
		if values.Len() > 0 {
			_, _ = fmt.Fprintf(b, "%s\t%d%s\n", name, max(1, len(p.requests)), values.String())
		}
	}
}

// median of a metric over requests; is is false where failures are half of them, and
// where there is no value.
func median(requests []request, i int) (v float64, is bool) {
	var values []float64
	for _, q := range requests {
		if !math.IsNaN(q.values[i]) {
			values = append(values, q.values[i])
		}
	}
	if len(values) == 0 {
		return 0, false
	}
	slices.Sort(values)
	n := len(values)
	v = (values[(n-1)/2] + values[n/2]) / 2
	return v, !math.IsInf(v, 0) && !math.IsNaN(v)
}
