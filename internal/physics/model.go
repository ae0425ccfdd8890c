// Package physics says how long a step of a serving engine takes and how
// much memory it needs, from the sizes of a model and the data sheet of an
// accelerator: a roofline whose edges are softened by efficiencies that were
// measured on kernels.
//
// Its opinion: no modelled time may be under what the data sheet allows, so
// efficiencies are at most 1 and the floor is shown next to each time; and a
// time says what it is made of, so that the bottleneck can be seen. It is pure:
// it opens no file, keeps no state between steps and knows no queue, no
// scheduler and no clock. Not modelled: speculative drafts, the exchange of
// a cache between machines, recurrent layers, encoders for pictures, and the
// imbalance of experts.
package physics

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Model is what a language model's sizes and work follow from. See
// catalog.Model for the meaning of each number.
type Model struct {
	Name    string
	Layers  int
	Hidden  int
	Heads   int
	KVHeads int
	HeadDim int
	FF      int // width of a dense MLP; 0 if every layer has experts
	Vocab   int
	// MLPMatrices is 2 for an MLP without a gate; 0 is 3.
	MLPMatrices int
	Tied        bool // the output head is the embedding

	MoE MoE
	MLA MLA

	Window       int // tokens that a sliding layer sees
	WindowLayers int // how many layers slide

	// Formats of the published weights; "" is BF16, and for Experts Weights.
	Weights, ExpertWeights Format
}

// MoE describes the layers with experts; the zero value is a dense model.
type MoE struct {
	Experts     int // of a layer
	Active      int // that a token goes through
	Shared      int // that every token goes through in addition
	FF          int // width of one expert
	DenseLayers int // layers without experts
}

// MLA describes multi-head latent attention; the zero value is grouped-query
// attention.
type MLA struct {
	QLoRA, KVLoRA, Rope, Nope, V int
}

// Validate says what is missing or contradicts itself.
func (m Model) Validate() error {
	for _, f := range []struct {
		name string
		v    int
	}{{"Layers", m.Layers}, {"Hidden", m.Hidden}, {"Heads", m.Heads}, {"KVHeads", m.KVHeads}, {"HeadDim", m.HeadDim}, {"Vocab", m.Vocab}} {
		if f.v <= 0 {
			return fmt.Errorf("model %q: %s is %d, and must be positive", m.Name, f.name, f.v)
		}
	}
	switch e := m.MoE; {
	case m.FF < 0 || m.Window < 0 || m.WindowLayers < 0 || m.WindowLayers > m.Layers:
		return fmt.Errorf("model %q: FF, Window and WindowLayers must not be negative, nor WindowLayers over Layers", m.Name)
	case m.WindowLayers > 0 && m.Window == 0:
		return fmt.Errorf("model %q: %d layers slide over a window of no size", m.Name, m.WindowLayers)
	case m.MLPMatrices != 0 && m.MLPMatrices != 2 && m.MLPMatrices != 3:
		return fmt.Errorf("model %q: an MLP has 2 or 3 matrices, not %d", m.Name, m.MLPMatrices)
	case e.Experts == 0 && m.FF == 0:
		return fmt.Errorf("model %q has neither an MLP nor experts", m.Name)
	case e.Experts > 0 && (e.Active <= 0 || e.Active > e.Experts || e.FF <= 0 || e.Shared < 0 || e.DenseLayers < 0 || e.DenseLayers >= m.Layers):
		return fmt.Errorf("model %q: its experts %+v contradict themselves", m.Name, e)
	case e.DenseLayers > 0 && m.FF == 0:
		return fmt.Errorf("model %q: %d layers have no experts, and FF is 0", m.Name, e.DenseLayers)
	case m.MLA.KVLoRA > 0 && (m.MLA.Rope <= 0 || m.MLA.Nope <= 0 || m.MLA.V <= 0 || m.MLA.QLoRA < 0):
		return fmt.Errorf("model %q: its latent attention %+v is incomplete", m.Name, m.MLA)
	}
	for _, f := range []Format{m.Weights, m.ExpertWeights} {
		if f != "" && f.Bytes() == 0 {
			return fmt.Errorf("model %q: %w", m.Name, f.unknown())
		}
	}
	return nil
}

// attention returns the weights of one layer's attention.
func (m Model) attention() float64 {
	d, h := float64(m.Hidden), float64(m.Heads)
	if l := m.MLA; l.KVLoRA > 0 {
		query := d * h * float64(l.Nope+l.Rope)
		if l.QLoRA > 0 {
			query = d*float64(l.QLoRA) + float64(l.QLoRA)*h*float64(l.Nope+l.Rope)
		}
		return query + d*float64(l.KVLoRA+l.Rope) + float64(l.KVLoRA)*h*float64(l.Nope+l.V) + h*float64(l.V)*d
	}
	hd := float64(m.HeadDim)
	return d*hd*(h+2*float64(m.KVHeads)) + h*hd*d
}

func (m Model) matrices() float64 {
	if m.MLPMatrices == 2 {
		return 2
	}
	return 3
}

// expert returns the weights of one expert.
func (m Model) expert() float64 { return m.matrices() * float64(m.Hidden) * float64(m.MoE.FF) }

func (m Model) moeLayers() int {
	if m.MoE.Experts == 0 {
		return 0
	}
	return m.Layers - m.MoE.DenseLayers
}

// dense returns the weights that every token goes through, in all layers:
// attention, dense MLPs, shared experts and routers.
func (m Model) dense() float64 {
	sparse := float64(m.moeLayers())
	p := float64(m.Layers)*m.attention() + (float64(m.Layers)-sparse)*m.matrices()*float64(m.Hidden)*float64(m.FF)
	return p + sparse*(float64(m.MoE.Shared)*m.expert()+float64(m.Hidden)*float64(m.MoE.Experts))
}

// head returns the weights of the output head, which are those of the
// embedding as well where they are tied.
func (m Model) head() float64 { return float64(m.Vocab) * float64(m.Hidden) }

// embedding returns the weights that are only looked up, never read whole.
func (m Model) embedding() float64 {
	if m.Tied {
		return 0
	}
	return m.head()
}

// Parameters returns how many weights the model has, without biases and norms.
func (m Model) Parameters() float64 {
	return m.dense() + float64(m.moeLayers()*m.MoE.Experts)*m.expert() + m.head() + m.embedding()
}

// ActiveParameters returns how many weights one token goes through: those of
// all layers with the experts that it takes, and the head.
func (m Model) ActiveParameters() float64 {
	return m.dense() + float64(m.moeLayers()*m.MoE.Active)*m.expert() + m.head()
}

// kvElements returns the cached numbers of one token in one layer.
func (m Model) kvElements() float64 {
	if m.MLA.KVLoRA > 0 {
		return float64(m.MLA.KVLoRA + m.MLA.Rope)
	}
	return 2 * float64(m.KVHeads) * float64(m.HeadDim)
}

// KVBytes returns the cache of one sequence of that many tokens, in bytes
// over all accelerators, sliding layers up to their window. kv "" is BF16.
func (m Model) KVBytes(tokens int, kv Format) float64 {
	cached := (m.Layers-m.WindowLayers)*tokens + m.WindowLayers*min(tokens, m.windowOr(tokens))
	return float64(cached) * m.kvElements() * kv.or(BF16).Bytes()
}

// KVBytesPerToken returns the cache of one token in all layers, as an engine
// counts that gives sliding layers no less than the others.
func (m Model) KVBytesPerToken(kv Format) float64 {
	return float64(m.Layers) * m.kvElements() * kv.or(BF16).Bytes()
}

func (m Model) windowOr(all int) int {
	if m.Window > 0 {
		return m.Window
	}
	return all
}

// scorePair returns the operations of one query looking at one key in one
// layer: the score and the weighted sum. While a prompt is read latent
// attention is unfolded; while tokens are written it works on the latents.
func (m Model) scorePair(prefill bool) float64 {
	h := float64(m.Heads)
	switch l := m.MLA; {
	case l.KVLoRA == 0:
		return 4 * h * float64(m.HeadDim)
	case prefill:
		return 2 * h * float64(l.Nope+l.Rope+l.V)
	default:
		return 2 * h * float64(2*l.KVLoRA+l.Rope)
	}
}

// Format is how numbers are stored, and by that in which units they compute.
type Format string

// Formats of weights; the first three are those of a cache as well. Sizes
// include scales.
const (
	BF16     Format = "bf16" // and fp16
	FP8      Format = "fp8"  // one scale a tensor, channel or token
	INT8     Format = "int8" // weights and activations
	FP8Block Format = "fp8_block"
	INT4     Format = "int4"  // AWQ, GPTQ: weights only
	MXFP4    Format = "mxfp4" // weights only, on most accelerators
	NVFP4    Format = "nvfp4"
	Q8       Format = "q8_0" // of llama.cpp, or 8-bit weights only
	Q4       Format = "q4_0"
	Q41      Format = "q4_1"
	Q50      Format = "q5_0"
	Q51      Format = "q5_1"
	Q6K      Format = "q6_k"
	Q4KM     Format = "q4_k_m"
	FP32     Format = "fp32"
)

// formats are all of them, in the order in which they are listed.
var formats = []Format{BF16, FP8, FP8Block, INT8, INT4, MXFP4, NVFP4, Q8, Q6K, Q51, Q50, Q41, Q4, Q4KM, FP32}

// ParseFormat reads the name of a format, as engines and files write it: float16, F16,
// half, Q8_0.
func ParseFormat(name string) (Format, error) {
	f := Format(strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), "-", "_"))
	switch f {
	case "f16", "fp16", "float16", "half", "bfloat16":
		f = BF16
	case "f32", "float32":
		f = FP32
	}
	if !slices.Contains(formats, f) {
		return "", f.unknown()
	}
	return f, nil
}

// Bytes returns the bytes of one number; 0 for a format that is not known.
func (f Format) Bytes() float64 {
	switch f {
	case BF16, "fp16":
		return 2
	case FP8, INT8, FP8Block:
		return 1
	case INT4, MXFP4:
		return 0.53125 // 4 bits and a quarter: one 16-bit scale for 64, or 8 bits for 32
	case NVFP4:
		return 0.5625 // one 8-bit scale for 16
	case Q8: // of llama.cpp, blocks of 32 or 256 weights (ggml-common.h): 8.5 bits a weight
		return 34.0 / 32
	case Q6K: // 6.5625
		return 210.0 / 256
	case Q51: // 6
		return 24.0 / 32
	case Q50: // 5.5
		return 22.0 / 32
	case Q41: // 5
		return 20.0 / 32
	case Q4: // 4.5
		return 18.0 / 32
	case Q4KM:
		return 0.606 // 4.85 bits a weight, on average over its layers
	case FP32:
		return 4
	}
	return 0
}

func (f Format) or(other Format) Format {
	if f == "" {
		return other
	}
	return f
}

func (f Format) unknown() error {
	names := make([]string, len(formats))
	for i, known := range formats {
		names[i] = string(known)
	}
	return fmt.Errorf("the format %q is not one of %s", string(f), strings.Join(names, ", "))
}

// wholeModel says whether a format is that of a file in which the head and
// the embedding are quantized too.
func (f Format) wholeModel() bool { return strings.HasPrefix(string(f), "q") || f == FP32 }

var errNoRate = errors.New("its compute rate is not known")
