package known

import (
	"bytes"
	_ "embed" // the published rates
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"

	"github.com/inferometer/inferometer/internal/catalog"
	"github.com/inferometer/inferometer/internal/physics"
)

// Expectation is what the roofline says of one stream on its own. It is modelled, and
// must never be shown as measured.
type Expectation struct {
	Prefill float64 // prompt tokens per second
	Decode  float64 // output tokens per second
	// PrefillLimit and DecodeLimit are the most that the data sheet allows, at all of
	// its arithmetic rate or bandwidth.
	PrefillLimit, DecodeLimit float64
	// PrefillError and DecodeError are the relative errors to allow for: of Apple's chips the
	// worst against the published rates, see AppleErrors, of others that of Basis.
	PrefillError, DecodeError float64
	Basis                     physics.Basis
	Memory                    float64 // bytes of the weights
}

// Expect works out the rates of a deployment for one stream with a prompt of so many
// tokens and an answer of so many. For a batch see physics.Roofline.
func Expect(d physics.Deployment, prompt, output int) (Expectation, error) {
	if prompt < 1 || output < 1 {
		return Expectation{}, fmt.Errorf("a prompt of %d and an answer of %d tokens: both must be at least 1", prompt, output)
	}
	if d.Utilization == 0 {
		d.Utilization = 1 // whether it fits is the engine's matter
	}
	r, err := physics.New(d)
	if err != nil {
		return Expectation{}, err
	}
	var read, write physics.Batch
	r.AddPrompt(&read, prompt, 0, true)
	r.AddWriter(&write, prompt+output/2)
	p, w := r.Step(read), r.Step(write)
	e := Expectation{
		Prefill: float64(prompt) / p.Total, Decode: 1 / w.Total,
		PrefillLimit: float64(prompt) / p.Floor, DecodeLimit: 1 / w.Floor,
		Basis: r.Coefficients().Basis, Memory: r.WeightBytes(),
	}
	e.PrefillError, e.DecodeError = e.Basis.Band(), e.Basis.Band()
	if dev, err := catalog.LookupDevice(d.Accelerator.Name); err == nil && appleClass(dev) != "" {
		errs, err := AppleErrors()
		if err != nil {
			return Expectation{}, err
		}
		e.PrefillError, e.DecodeError = errs.PrefillWorst, errs.DecodeWorst
	}
	return e, nil
}

//go:embed data/apple_llamacpp.csv
var appleRates []byte

// AppleSource is where Published comes from.
const AppleSource = "llama.cpp discussion 4167: LLaMA 2 7B, llama-bench pp512 and tg128, one stream"

// Published is a rate that others have measured: `listed`, as design.md calls it.
type Published struct {
	Device  catalog.Device
	Chip    string
	Format  physics.Format
	Prefill float64 // tokens per second
	Decode  float64
}

var published = sync.OnceValues(func() ([]Published, error) {
	rows, err := csv.NewReader(bytes.NewReader(appleRates)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("failed to read the embedded rates of Apple's chips: %w", err)
	}
	var out []Published
	for _, row := range rows[1:] {
		cores, err := strconv.Atoi(row[1])
		if err != nil {
			return nil, fmt.Errorf("failed to read the embedded rates of Apple's chips: %w", err)
		}
		d, err := catalog.LookupApple("Apple "+row[0], cores)
		if err != nil {
			return nil, err
		}
		for i, f := range []physics.Format{physics.BF16, physics.Q8, physics.Q4} {
			p := Published{Device: d, Chip: row[0], Format: f}
			if row[3+2*i] == "" {
				continue
			}
			var errs [2]error
			p.Prefill, errs[0] = strconv.ParseFloat(row[3+2*i], 64)
			p.Decode, errs[1] = strconv.ParseFloat(row[4+2*i], 64)
			if err := errors.Join(errs[:]...); err != nil {
				return nil, fmt.Errorf("failed to read the embedded rates of %s: %w", row[0], err)
			}
			out = append(out, p)
		}
	}
	return out, nil
})

// AppleRates returns the published rates of Apple's chips, see AppleSource.
func AppleRates() ([]Published, error) { return published() }

// Modelled is what the roofline says in place of a published rate.
func (p Published) Modelled() (Expectation, error) {
	a, err := FromDevice(p.Device)
	if err != nil {
		return Expectation{}, err
	}
	m, err := Model("llama-2-7b")
	if err != nil {
		return Expectation{}, err
	}
	a.Memory = math.Max(a.Memory, 32e9) // they were measured, so they fit
	r, err := physics.New(physics.Deployment{Model: m, Accelerator: a, Weights: p.Format, Utilization: 1})
	if err != nil {
		return Expectation{}, err
	}
	// llama-bench reads a prompt of 512 tokens, and writes 128 after an empty one.
	var read, write physics.Batch
	r.AddPrompt(&read, 512, 0, true)
	r.AddWriter(&write, 64)
	p1, w1 := r.Step(read), r.Step(write)
	return Expectation{
		Prefill: 512 / p1.Total, PrefillLimit: 512 / p1.Floor, Decode: 1 / w1.Total, DecodeLimit: 1 / w1.Floor, Basis: r.Coefficients().Basis,
	}, nil
}

// Errors are relative errors of modelled rates against published ones.
type Errors struct {
	N                           int
	DecodeMedian, DecodeWorst   float64
	PrefillMedian, PrefillWorst float64
	// DecodeShare is the largest share of its bandwidth's limit that any chip reached.
	DecodeShare float64
}

var appleErrors = sync.OnceValues(func() (Errors, error) {
	all, err := published()
	if err != nil {
		return Errors{}, err
	}
	out := Errors{N: len(all)}
	var decode, prefill []float64
	for _, p := range all {
		e, err := p.Modelled()
		if err != nil {
			return Errors{}, err
		}
		out.DecodeShare = max(out.DecodeShare, p.Decode/e.DecodeLimit)
		decode = append(decode, math.Abs(e.Decode/p.Decode-1))
		prefill = append(prefill, math.Abs(e.Prefill/p.Prefill-1))
	}
	out.DecodeMedian, out.DecodeWorst = medianAndWorst(decode)
	out.PrefillMedian, out.PrefillWorst = medianAndWorst(prefill)
	return out, nil
})

// AppleErrors are those of the roofline against AppleRates. The coefficients were fitted to
// the same rates, so that other models and engines may be further off.
func AppleErrors() (Errors, error) { return appleErrors() }

// medianAndWorst sorts the errors.
func medianAndWorst(errs []float64) (median, worst float64) {
	slices.Sort(errs)
	n := len(errs)
	return (errs[(n-1)/2] + errs[n/2]) / 2, errs[n-1]
}
