// Package expected says what to expect of each engine configuration on a chip, before
// anybody has it: rates from the roofline with their known error, next to what others
// have published. All of it is modelled or listed. It measures nothing, and says of what
// cannot be modelled why not.
package expected

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/catalog"
	"github.com/inferometer/inferometer/internal/matrix/preset"
	"github.com/inferometer/inferometer/internal/physics"
	"github.com/inferometer/inferometer/internal/physics/known"
	"github.com/inferometer/inferometer/internal/result"
)

// Schema is the version of the document.
const Schema = "inferometer.expected/1"

// Sheet is what to expect of a chip.
type Sheet struct {
	Schema   string          `json:"schema"`
	Evidence result.Evidence `json:"evidence"` // modelled
	Chip     string          `json:"chip"`
	Cores    int             `json:"gpu_cores,omitempty"`
	GBs      float64         `json:"bandwidth_gbs"`
	Model    string          `json:"model"`
	Input    int             `json:"input_tokens"`
	Output   int             `json:"output_tokens"`
	Rows     []Row           `json:"configurations"`
	Listed   []Listed        `json:"listed,omitempty"`
	Notes    []string        `json:"notes"`
}

// Row is a configuration. A rate that is not modelled is nil, and Why says the reason.
type Row struct {
	Name      string  `json:"name"`
	Precision string  `json:"precision"`
	WeightsGB float64 `json:"weights_gb,omitempty"`
	// Rates in tokens per second, of one stream.
	Decode  *Range `json:"decode,omitempty"`
	Prefill *Range `json:"prefill,omitempty"`
	// DecodeLimit is what the bandwidth allows at most.
	DecodeLimit float64 `json:"decode_limit,omitempty"`
	SpeedUp     *Range  `json:"decode_speedup,omitempty"` // over the processor alone
	Why         string  `json:"why,omitempty"`
	// Expected is a speed-up that was expected with no measurement behind it.
	Expected   float64 `json:"expected_speedup,omitempty"`
	ExpectedBy string  `json:"expected_by,omitempty"`
}

// Range is a modelled figure with its known error. Without a value only the range is
// known.
type Range struct {
	Lo    float64 `json:"lo"`
	Value float64 `json:"value,omitempty"`
	Hi    float64 `json:"hi"`
}

// Listed is a rate that others have published for this chip.
type Listed struct {
	Evidence result.Evidence `json:"evidence"` // listed
	Weights  string          `json:"weights"`
	Decode   float64         `json:"decode"`
	Prefill  float64         `json:"prefill"`
	Source   string          `json:"source"`
}

// The shares of the bandwidth that a processor is assumed to draw: about half of an M1
// Max's (llama.cpp issue 1642), and no more than the GPU's 0.9.
const leastCPU, mostCPU = 0.5, 0.9

// Of works out what to expect of a chip of the catalog and a model, for one stream with
// so many tokens of input and output. The configurations are those of the preset
// apple-llamacpp, or the usual formats on other accelerators.
func Of(chip, model string, input, output int) (Sheet, error) {
	d, err := catalog.LookupDevice(chip)
	if err != nil {
		return Sheet{}, fmt.Errorf("--chip: %w", err)
	}
	m, err := known.Model(model)
	if err != nil {
		return Sheet{}, fmt.Errorf("--model: %w", err)
	}
	s := Sheet{
		Schema: Schema, Evidence: result.Modelled, Chip: d.Name, Cores: d.Cores, GBs: d.BandwidthGBs, Model: m.Name, Input: input, Output: output,
	}
	for _, c := range configurations(d) {
		r, err := row(d, m, c, input, output)
		if err != nil {
			return Sheet{}, err
		}
		s.Rows = append(s.Rows, r)
	}
	speedUps(s.Rows)
	return s, s.annotate(d)
}

// configuration is what the roofline has to know of one.
type configuration struct {
	Row
	weights, kv physics.Format
	cpu         bool
}

func configurations(d catalog.Device) []configuration {
	if !isApple(d) {
		var out []configuration
		for _, f := range []physics.Format{physics.BF16, physics.FP8, physics.INT8, physics.INT4, physics.Q8, physics.Q4} {
			out = append(out, configuration{Row: Row{Name: string(f), Precision: string(f) + " weights"}, weights: f})
		}
		return out
	}
	var out []configuration
	for _, p := range preset.All() {
		if p.Name != "apple-llamacpp" {
			continue
		}
		for _, r := range p.Rows {
			c := configuration{
				Row: Row{Name: r.Name, Precision: r.Precision, Expected: r.Expected, ExpectedBy: r.ExpectedBy},
				cpu: follows(r.Command, "--device", "none"),
			}
			if f, err := physics.ParseFormat(r.Weights); err == nil {
				c.weights = f
			}
			if follows(r.Command, "-ctk", "q8_0") {
				c.kv = physics.Q8
			}
			out = append(out, c)
		}
	}
	return out
}

// follows says whether a flag has a value in a command.
func follows(command []string, flag, value string) bool {
	i := slices.Index(command, flag)
	return i >= 0 && i+1 < len(command) && command[i+1] == value
}

func isApple(d catalog.Device) bool { return d.Unified && d.CPU != "" }

func row(d catalog.Device, m physics.Model, c configuration, input, output int) (Row, error) {
	r := c.Row
	rated := d
	if rated.TFLOPS.BF16 == 0 {
		rated.TFLOPS.BF16 = 1e6 // so that only its bandwidth limits it
	}
	a, err := known.FromDevice(rated)
	if err != nil {
		return r, fmt.Errorf("--chip: %w", err)
	}
	e, err := known.Expect(physics.Deployment{Model: m, Accelerator: a, Weights: c.weights, KV: c.kv}, input, output)
	var full *physics.SizeError
	switch {
	case errors.As(err, &full):
		r.Why = fmt.Sprintf("does not fit into %g GB, the largest memory of this chip", d.MemoryGB)
		return r, nil
	case err != nil:
		return r, err
	}
	r.WeightsGB, r.DecodeLimit = e.Memory/1e9, e.DecodeLimit
	switch {
	case c.cpu:
		r.Decode = &Range{Lo: leastCPU * e.DecodeLimit, Hi: mostCPU * e.DecodeLimit}
		r.Why = fmt.Sprintf("the processor is assumed to draw %g to %g of the bandwidth; its prefill is not modelled", leastCPU, mostCPU)
	case d.TFLOPS.BF16 == 0:
		r.Why = "its arithmetic rate is unknown: there is only the limit of its bandwidth"
	default:
		most := e.DecodeLimit
		if errs, err := known.AppleErrors(); err == nil && isApple(d) {
			most *= errs.DecodeShare
		}
		r.Decode = around(e.Decode, e.DecodeError, most)
		r.Prefill = around(e.Prefill, e.PrefillError, e.PrefillLimit)
	}
	return r, nil
}

// around is the range of a true rate, where modelled ÷ true − 1 is at most err, and which has
// a limit: that of the data sheet, of Apple's chips as far as any of them reaches it.
func around(v, err, limit float64) *Range {
	return &Range{Lo: v / (1 + err), Value: v, Hi: math.Max(v, math.Min(v/(1-err), limit))}
}

// speedUps are over the first row, if that is the processor's.
func speedUps(rows []Row) {
	if len(rows) == 0 || rows[0].Decode == nil || rows[0].Decode.Value > 0 {
		return
	}
	base := rows[0].Decode
	for i := range rows[1:] {
		if d := rows[i+1].Decode; d != nil {
			rows[i+1].SpeedUp = &Range{Lo: d.Lo / base.Hi, Hi: d.Hi / base.Lo}
		}
	}
}

// figures are the catalog's keys of figures, in words.
var figures = map[string]string{"tflops.bf16": "arithmetic rate", "bandwidth_gbs": "bandwidth", "memory_gb": "largest memory"}

// annotate adds what others have published, and how far to trust the rest.
func (s *Sheet) annotate(d catalog.Device) error {
	s.Notes = append(s.Notes, "modelled by a roofline; nothing of this is measured")
	if !isApple(d) {
		return nil
	}
	e, err := known.AppleErrors()
	if err != nil {
		return err
	}
	s.Notes = append(s.Notes, fmt.Sprintf("ranges are by the worst error against %d published rates of Apple's chips: decode %.1f %% (median %.1f %%), prefill %.1f %% (%.1f %%); the roofline was fitted to these",
		e.N, 100*e.DecodeWorst, 100*e.DecodeMedian, 100*e.PrefillWorst, 100*e.PrefillMedian))
	var names []string
	for name := range d.Unverified {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		s.Notes = append(s.Notes, fmt.Sprintf("the %s of %s is not verified: %s", figures[name], d.Name, d.Unverified[name]))
	}
	rates, err := known.AppleRates()
	if err != nil {
		return err
	}
	for _, p := range rates {
		if p.Device.Name == d.Name {
			s.Listed = append(s.Listed, Listed{result.Listed, string(p.Format), p.Decode, p.Prefill, known.AppleSource})
		}
	}
	return nil
}
