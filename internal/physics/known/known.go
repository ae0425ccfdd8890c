// Package known makes physics from names: it joins the facts of the catalog
// with efficiencies measured on kernels. What the catalog does not know
// stays unknown, and a device without measurements gets generic factors that say
// so. The package measures and fits nothing itself.
package known

import (
	"bytes"
	_ "embed" // the efficiencies
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/inferometer/inferometer/internal/catalog"
	"github.com/inferometer/inferometer/internal/physics"
)

//go:embed data/efficiency.json
var efficiencyJSON []byte

// efficiency is one entry of the file; missing values are generic.
type efficiency struct {
	Devices   []string                      `json:"devices"`
	Basis     physics.Basis                 `json:"basis"`
	Linear    map[physics.Format][3]float64 `json:"linear"` // share of bandwidth, share of peak, knee
	Experts   map[physics.Format][3]float64 `json:"experts"`
	Attention struct {
		LaunchUS      float64 `json:"launch_us"`
		SequenceNS    float64 `json:"sequence_ns"`
		KV            float64 `json:"kv"`
		Mix           float64 `json:"mix"`
		Compute       float64 `json:"compute"`
		PromptTokenNS float64 `json:"prompt_token_ns"`
	} `json:"attention"`
	LayerUS float64      `json:"layer_us"`
	Links   [][3]float64 `json:"links"` // ranks, µs, GB/s
	Host    struct {
		StepUS     float64 `json:"step_us"`
		SequenceUS float64 `json:"sequence_us"`
		RequestUS  float64 `json:"request_us"`
		EagerUS    float64 `json:"eager_us"`
		ClientMS   float64 `json:"client_ms"`
	} `json:"host"`
	OtherGB float64 `json:"other_gb"`
	Source  string  `json:"source"`
}

var efficiencies = sync.OnceValues(func() ([]efficiency, error) {
	d := json.NewDecoder(bytes.NewReader(efficiencyJSON))
	d.DisallowUnknownFields()
	var all []efficiency
	if err := d.Decode(&all); err != nil {
		return nil, fmt.Errorf("failed to read the embedded efficiencies: %w", err)
	}
	return all, nil
})

func (e efficiency) coefficients() physics.Coefficients {
	shares := func(by map[physics.Format][3]float64) map[physics.Format]physics.Efficiency {
		out := map[physics.Format]physics.Efficiency{}
		for f, v := range by {
			out[f] = physics.Efficiency{Memory: v[0], Compute: v[1], Knee: v[2]}
		}
		return out
	}
	c := physics.Coefficients{
		Basis: e.Basis, Linear: shares(e.Linear), Experts: shares(e.Experts),
		Attention: physics.Attention{
			Launch: e.Attention.LaunchUS * 1e-6, Sequence: e.Attention.SequenceNS * 1e-9, KV: e.Attention.KV,
			Mix: e.Attention.Mix, Compute: e.Attention.Compute, PromptToken: e.Attention.PromptTokenNS * 1e-9,
		},
		Layer: e.LayerUS * 1e-6, Other: e.OtherGB * 1e9,
		Host: physics.Host{
			Step: e.Host.StepUS * 1e-6, Sequence: e.Host.SequenceUS * 1e-6, Request: e.Host.RequestUS * 1e-6,
			Eager: e.Host.EagerUS * 1e-6, Client: e.Host.ClientMS * 1e-3,
		},
	}
	for _, l := range e.Links {
		c.Links = append(c.Links, physics.Link{Ranks: int(l[0]), Latency: l[1] * 1e-6, Bandwidth: l[2] * 1e9})
	}
	return c
}

// Accelerator returns the accelerator of that name, with the efficiencies
// that were measured on it or generic ones.
func Accelerator(name string) (physics.Accelerator, error) {
	d, err := catalog.LookupDevice(name)
	if err != nil {
		return physics.Accelerator{}, err
	}
	return FromDevice(d)
}

// FromDevice makes an accelerator of a data sheet.
func FromDevice(d catalog.Device) (physics.Accelerator, error) {
	var missing []string
	for _, f := range []struct {
		name string
		v    float64
	}{{"its memory", d.MemoryGB}, {"the bandwidth of its memory", d.BandwidthGBs}, {"its compute rate", d.TFLOPS.BF16}} {
		if f.v <= 0 {
			missing = append(missing, f.name)
		}
	}
	if missing != nil {
		return physics.Accelerator{}, fmt.Errorf("accelerator %s: %s is unknown", d.Name, strings.Join(missing, " and "))
	}
	a := physics.Accelerator{
		Name: d.Name, Memory: d.MemoryGB * 1e9, Bandwidth: d.BandwidthGBs * 1e9,
		Peak:         physics.Peak{BF16: d.TFLOPS.BF16 * 1e12, FP8: d.TFLOPS.FP8 * 1e12, INT8: d.TFLOPS.INT8 * 1e12, FP4: d.TFLOPS.FP4 * 1e12},
		Coefficients: physics.Coefficients{Basis: physics.Generic},
	}
	if d.MemoryMiB > 0 {
		a.Memory = d.MemoryMiB * (1 << 20)
	}
	all, err := efficiencies()
	if err != nil {
		return physics.Accelerator{}, err
	}
	for _, e := range all {
		if slices.Contains(e.Devices, d.Name) || slices.Contains(e.Devices, appleClass(d)) {
			a.Coefficients = e.coefficients()
			break
		}
	}
	return a, nil
}

// appleClass is the name under which the efficiencies of Apple's chips are kept, or "". The
// larger a chip, the less of its data sheet a model of a few billion weights reaches.
func appleClass(d catalog.Device) string {
	switch {
	case d.Cores == 0:
		return ""
	case strings.Contains(d.Name, "-Ultra"):
		return "apple-ultra"
	case strings.Contains(d.Name, "-Max"):
		return "apple-max"
	}
	return "apple"
}

// Model returns the model of that name or repository.
func Model(name string) (physics.Model, error) {
	m, err := catalog.LookupModel(name)
	if err != nil {
		return physics.Model{}, err
	}
	return FromArchitecture(m)
}

// Config returns the model that a Hugging Face config.json describes.
func Config(name string, data []byte) (physics.Model, error) {
	m, err := catalog.ParseConfig(name, data)
	if err != nil {
		return physics.Model{}, err
	}
	return FromArchitecture(m)
}

// FromArchitecture makes a model of its published numbers.
func FromArchitecture(m catalog.Model) (physics.Model, error) {
	out := physics.Model{
		Name: m.Name, Layers: m.Layers, Hidden: m.Hidden, Heads: m.Heads, KVHeads: m.KVHeads, HeadDim: m.HeadDim,
		FF: m.FF, Vocab: m.Vocab, MLPMatrices: m.MLPMatrices, Tied: m.Tied,
		MoE:    physics.MoE{Experts: m.Experts, Active: m.ExpertsActive, Shared: m.ExpertsShared, FF: m.ExpertFF, DenseLayers: m.DenseLayers},
		Window: m.Window, WindowLayers: m.WindowLayers,
		Weights: physics.Format(m.Weights), ExpertWeights: physics.Format(m.ExpertWeights),
	}
	if l := m.MLA; l != nil {
		out.MLA = physics.MLA{QLoRA: l.QLoRA, KVLoRA: l.KVLoRA, Rope: l.Rope, Nope: l.Nope, V: l.V}
	}
	return out, out.Validate()
}

// Deployment makes a deployment of a preset "accelerator/model", such as
// h100/llama-3.1-8b. A number of accelerators in front, "4xh100/…", is
// tensor parallelism.
func Deployment(preset string) (physics.Deployment, error) {
	var d physics.Deployment
	device, model, ok := strings.Cut(preset, "/")
	if !ok {
		return d, fmt.Errorf("invalid preset %q: must be accelerator/model, such as h100/llama-3.1-8b or 4xh100/llama-3.1-70b", preset)
	}
	d.TP = 1
	if n, rest, found := strings.Cut(device, "x"); found && len(n) > 0 && strings.Trim(n, "0123456789") == "" {
		if _, err := fmt.Sscan(n, &d.TP); err != nil || d.TP < 1 {
			return d, fmt.Errorf("invalid preset %q: must have at least one accelerator", preset)
		}
		device = rest
	}
	var err error
	if d.Accelerator, err = Accelerator(device); err != nil {
		return d, err
	}
	d.Model, err = Model(model)
	return d, err
}
