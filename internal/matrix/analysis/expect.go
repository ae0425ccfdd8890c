package analysis

import (
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/matrix/design"
	"github.com/inferometer/inferometer/internal/physics"
	"github.com/inferometer/inferometer/internal/physics/known"
	"github.com/inferometer/inferometer/internal/result"
)

// joules is the energy of an output token in a cell, gross; why says what is missing.
func joules(e *result.Energy) (j float64, why string) {
	if e.Withheld != "" {
		return 0, e.Withheld
	}
	f, ok := e.Figures["j_per_output_token"]
	switch {
	case !ok:
		return 0, "its energy per output token is not known"
	case f.Value == nil:
		return 0, f.Withheld
	case *f.Value <= 0 || math.IsInf(float64(*f.Value), 0):
		return 0, "its counter did not move"
	}
	return float64(*f.Value), ""
}

// right is the share of items that a run answered right, in the pass with the fewest
// users; nil if none was asked.
func right(res *result.Result) (share *float64) {
	q := res.Benchmarks.Quality
	if q == nil || q.Answers == nil {
		return nil
	}
	users := math.MaxInt
	for _, p := range q.Answers.Passes {
		if p.Users < users && p.Right.Value != nil {
			share, users = new(float64(*p.Right.Value)/100), p.Users
		}
	}
	return share
}

// expectation is what a model of the machine says of the decode rate, and the share of
// it that was reached.
func expectation(m design.Matrix, s *Summary, decode string) Expectation {
	c, _ := m.Find(s.Name)
	e := ceiling(m, c)
	if m.Chip != "" && m.Architecture != "" && c.Format != "" {
		e = roofline(m, c, decode)
	}
	v := s.Value(decode, DecodeRate)
	if e.Rate == nil || v.Value == nil {
		return e
	}
	share := float64(*v.Value) / float64(*e.Rate)
	e.Share = result.Num(share)
	if e.Ceiling && share > 1.05 {
		e.Text += "; more than the memory allows: the bandwidth or the size is wrong"
	}
	return e
}

// ceiling is the rate that memory allows: each token reads all weights once. The KV
// cache, the computation and what goes on between two steps are left out.
func ceiling(m design.Matrix, c design.Configuration) Expectation {
	e := Expectation{Evidence: result.Modelled, Ceiling: true}
	bytes, source := m.Weights(c)
	switch {
	case m.Bandwidth <= 0:
		e.Text = "the bandwidth of the memory is not known (bandwidth_gbs, or chip and architecture)"
		return e
	case bytes <= 0:
		e.Text = "the size of the weights is not known (weights_gb)"
		return e
	}
	from := ""
	if m.BandwidthSource != "" {
		from = " (" + m.BandwidthSource + ")"
	}
	e.Rate = result.Num(m.Bandwidth * 1e9 / bytes)
	e.Text = fmt.Sprintf("%.3g GB/s%s over %.3g GB of weights (%s)", m.Bandwidth, from, bytes/1e9, source)
	return e
}

// roofline is the rate that package known expects of a chip and a model of the catalog.
func roofline(m design.Matrix, c design.Configuration, decode string) Expectation {
	e := Expectation{Evidence: result.Modelled}
	chip, err := known.Accelerator(m.Chip)
	if err != nil {
		e.Text = err.Error()
		return e
	}
	model, err := known.Model(m.Architecture)
	if err != nil {
		e.Text = err.Error()
		return e
	}
	format, err := physics.ParseFormat(c.Format)
	if err != nil {
		e.Text = err.Error()
		return e
	}
	for _, w := range m.Workloads {
		if w.Name != decode {
			continue
		}
		x, err := known.Expect(physics.Deployment{Accelerator: chip, Model: model, Weights: format}, w.InputTokens, w.OutputTokens)
		if err != nil {
			e.Text = err.Error()
			return e
		}
		e.Rate = result.Num(x.Decode)
		e.Text = fmt.Sprintf("roofline of %s on %s in %s, error up to %.0f %%; the data sheet allows at most %.3g token/s", m.Architecture, m.Chip, format, 100*x.DecodeError, x.DecodeLimit)
	}
	if e.Rate == nil {
		e.Text = "no workload has one user"
	}
	return e
}

// Listed is a rate that others have published.
type Listed struct {
	Evidence result.Evidence `json:"evidence"` // listed
	What     string          `json:"what"`
	Prefill  float64         `json:"prefill"` // token/s
	Decode   float64         `json:"decode"`
	Source   string          `json:"source"`
}

// listed are the published rates of the matrix's chip.
func listed(m design.Matrix) []Listed {
	if m.Chip == "" {
		return nil
	}
	chip, err := known.Accelerator(m.Chip)
	if err != nil {
		return nil
	}
	rates, err := known.AppleRates()
	if err != nil {
		return nil
	}
	var out []Listed
	for _, p := range rates {
		if p.Device.Name == chip.Name {
			out = append(out, Listed{result.Listed, fmt.Sprintf("LLaMA 2 7B in %s on %s", p.Format, p.Chip), p.Prefill, p.Decode, known.AppleSource})
		}
	}
	return out
}
