package figure

import (
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
)

// histogram shows how many requests took how long.
func histogram(r *result.Result, benchmark, tag string, cells []result.Cell, ev result.Evidence) *Figure {
	m, _ := metric.Lookup(tag)
	f := &Figure{
		ID: benchmark + "-" + tag + "-histogram", Title: "Histogram of the " + m.Name, Evidence: ev,
		Subtitle: "requests that succeeded; bins grow by a constant factor",
		X:        Axis{Label: m.Name, Unit: m.Unit, Log: true, Measured: true, Metric: tag}, Y: Axis{Label: "share of requests", Unit: "percent"},
	}
	var left []string
	narrow, wide := math.Inf(1), 0.0 // how many times its lower edge the upper one of a bin is
	several := len(cells) > len(targets(cells))
	for _, c := range cells {
		b := c.Metrics.Stats[tag].Bins
		name := c.Target
		if several {
			name = c.ID
		}
		if b == nil || len(b.Counts) == 0 || b.Lo <= 0 || b.Hi <= b.Lo {
			continue
		}
		n := 0
		for _, k := range b.Counts {
			n += k
		}
		if n == 0 {
			continue
		}
		s := Series{Name: name, Role: role(c.Target), Kind: Bins}
		edge := func(i int) float64 { return b.Lo * math.Pow(b.Hi/b.Lo, float64(i)/float64(len(b.Counts))) }
		for i, k := range b.Counts {
			lo, hi := edge(i), edge(i+1)
			s.Points = append(s.Points, Point{X: math.Sqrt(lo * hi), Y: 100 * float64(k) / float64(n), Lo: result.Num(lo), Hi: result.Num(hi)})
		}
		f.Series = append(f.Series, s)
		step := math.Pow(b.Hi/b.Lo, 1/float64(len(b.Counts)))
		narrow, wide = min(narrow, step), max(wide, step)
		if out := c.Counts.Failed + c.Counts.Cut + c.Counts.Shed; out > 0 {
			left = append(left, fmt.Sprintf("%d requests of %s did not succeed and are in no bin", out, name))
		}
		if check, spoilt := r.Validity.Spoilt(tag, c.ID); spoilt {
			left = append(left, fmt.Sprintf("%s proves nothing: the check %s failed", name, check.ID))
		}
	}
	for _, lim := range setOn(r, benchmark, tag) {
		if len(f.Series) > 0 {
			f.Limits = append(f.Limits, Limit{Value: lim.Value, Label: lim.label, Vertical: true})
		}
	}
	if math.Log(wide) > 1.05*math.Log(narrow) {
		left = append([]string{"the bins of targets differ in width, so heights are to be compared within one only"}, left...)
	}
	f.Note = notes(left)
	return f
}
