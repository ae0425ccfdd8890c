package compare

import (
	"math"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// Shift is by how much the requests of a run took longer than those of the base: the median
// of all differences (Hodges and Lehmann 1963), failures slower than anything.
type Shift struct {
	Metric string          `json:"metric"`
	Unit   string          `json:"unit"`
	Shift  Interval        `json:"shift"`
	N      [2]int          `json:"n"` // of the base and of the run
	NEff   [2]float64      `json:"n_eff"`
	Method string          `json:"method"`
	Spoilt string          `json:"spoilt,omitempty"`
	Evi    result.Evidence `json:"evidence"`
}

// Profile is the change of a metric by percentile.
type Profile struct {
	Metric string         `json:"metric"`
	Points []ProfilePoint `json:"points"`
	// Confidence of all points together.
	Confidence float64 `json:"confidence"`
	// BaseCurve and RunCurve are the values of the samples at the quantiles 0, 0.01, … 1;
	// +Inf where failures begin.
	BaseCurve []result.Number `json:"base_curve,omitempty"`
	RunCurve  []result.Number `json:"run_curve,omitempty"`
	Spoilt    string          `json:"spoilt,omitempty"`
}

// ProfilePoint is one percentile of it.
type ProfilePoint struct {
	Percent float64  `json:"percentile"` // 95
	Ratio   Interval `json:"ratio"`      // run ÷ base
}

// profiled are the percentiles of a profile.
var profiled = []float64{5, 10, 25, 50, 75, 90, 95, 99}

// shifts of the headlines.
func (c *Cell) shifts() []Shift {
	var out []Shift
	for _, m := range metric.Headlines() {
		if !c.has(m) {
			continue
		}
		s := Shift{Metric: m.Tag, Unit: m.Unit, Spoilt: c.spoilt(m.Tag), Evi: c.Evidence, Method: "Hodges-Lehmann, by the ranks of the Mann-Whitney test at the effective sample sizes"}
		var why string
		var of [2]*sample
		for i, side := range []*side{c.base, c.other} {
			if of[i] = side.sample(m.Tag); of[i] == nil {
				why = side.run.Name + ": " + withoutSamples(side)
				continue
			}
			s.N[i], s.NEff[i] = len(of[i].sorted), of[i].size(shownAlpha)
			switch {
			case stats.Quantile(of[i].upper, .5) != stats.Quantile(of[i].sorted, .5):
				why = side.run.Name + ": requests that were cut could reach into the middle"
			case !of[i].dependence.Independent && s.NEff[i] < stats.MinEffective:
				why = side.run.Name + ": too few independent requests for an interval"
			}
		}
		if why != "" {
			s.Shift.Withheld = why
		} else if b, ok := stats.Shift(of[0].sorted, of[1].sorted, s.NEff[0], s.NEff[1], shownAlpha); ok && !math.IsInf(b.Value, 0) {
			s.Shift = Interval{Value: result.Num(b.Value)}
			if !math.IsInf(b.Lo, 0) {
				s.Shift.Lo = result.Num(b.Lo)
			}
			if !math.IsInf(b.Hi, 0) {
				s.Shift.Hi = result.Num(b.Hi)
			}
		} else {
			s.Shift.Withheld = "failed requests reach into the middle"
		}
		out = append(out, s)
	}
	return out
}

// size is the effective size of the ranks of a sample, at the most careful of what is known
// of its middle.
func (s *sample) size(alpha float64) float64 {
	return s.dependence.NEff(min(stats.Quantile(s.sorted, .5), math.MaxFloat64), alpha)
}

// withoutSamples says why a cell has no values of its requests.
func withoutSamples(s *side) string {
	if s.run.NoRequests != "" {
		return s.run.NoRequests
	}
	return notMeasured
}

// profiles of the headlines. Points take the requests of both runs.
func (c *Cell) profiles() []Profile {
	var out []Profile
	alpha := (1 - shownConfidence) / 2 / float64(len(profiled)) // all points together
	for _, m := range metric.Headlines() {
		if !c.has(m) {
			continue
		}
		base, run := c.base.sample(m.Tag), c.other.sample(m.Tag)
		p := Profile{
			Metric: m.Tag, Points: []ProfilePoint{}, Confidence: shownConfidence, Spoilt: c.spoilt(m.Tag),
			BaseCurve: c.base.cell.Metrics.Stats[m.Tag].Curve, RunCurve: c.other.cell.Metrics.Stats[m.Tag].Curve,
		}
		for _, percent := range profiled {
			if base == nil || run == nil {
				break
			}
			t := contrastOf(m, base.quantile(percent/100), run.quantile(percent/100), true)
			lo, okLo := t.bound(alpha, false)
			hi, okHi := t.bound(alpha, true)
			v, okV := t.value()
			if !okV || !okLo || !okHi || math.IsInf(lo, 0) || math.IsInf(hi, 0) {
				continue
			}
			p.Points = append(p.Points, ProfilePoint{percent, Interval{Value: t.shown(v), Lo: t.shown(lo), Hi: t.shown(hi)}})
		}
		if len(p.Points) > 0 || len(p.BaseCurve) > 0 && len(p.RunCurve) > 0 {
			out = append(out, p)
		}
	}
	return out
}

// shownConfidence of intervals.
const shownConfidence = 1 - 2*shownAlpha
