package catalog

import (
	"bytes"
	_ "embed" // the data file
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/inferometer/inferometer/internal/suggest"
)

// Model is the published architecture of a language model, which determines its
// size, its cache and its work.
type Model struct {
	Name    string   `json:"name"`
	HF      []string `json:"hf,omitempty"` // repositories of its weights
	Aliases []string `json:"aliases,omitempty"`

	Layers  int `json:"layers"`
	Hidden  int `json:"hidden"`
	Heads   int `json:"heads"`
	KVHeads int `json:"kv_heads"`
	HeadDim int `json:"head_dim"`
	FF      int `json:"ff,omitempty"` // width of a dense layer's MLP; 0: every layer has experts
	Vocab   int `json:"vocab"`
	// MLPMatrices is 2 for an MLP without a gate; 0 is 3, gated.
	MLPMatrices int  `json:"mlp_matrices,omitempty"`
	Tied        bool `json:"tied,omitempty"` // the output head is the embedding
	Context     int  `json:"context"`        // tokens

	// Experts of one MoE layer, those that a token is routed to, and those that
	// all tokens go through in addition. 0 experts: a dense model.
	Experts       int `json:"experts,omitempty"`
	ExpertsActive int `json:"experts_active,omitempty"`
	ExpertsShared int `json:"experts_shared,omitempty"`
	ExpertFF      int `json:"expert_ff,omitempty"`
	DenseLayers   int `json:"dense_layers,omitempty"` // layers of an MoE model without experts

	MLA *MLA `json:"mla,omitempty"` // multi-head latent attention; nil: grouped-query attention

	Window       int `json:"window,omitempty"`        // tokens that a sliding layer sees
	WindowLayers int `json:"window_layers,omitempty"` // layers that slide

	// The formats of the published weights, as package physics names them; "" is
	// 16 bits (and Weights, for the experts).
	Weights       string `json:"weights,omitempty"`
	ExpertWeights string `json:"expert_weights,omitempty"`

	// Confidence is "" for the published configuration and "memory" for
	// numbers that only add up to the published size.
	Confidence string `json:"confidence,omitempty"`
	Source     string `json:"source,omitempty"`
	Note       string `json:"note,omitempty"`
}

// MLA holds the ranks and widths of multi-head latent attention.
type MLA struct {
	QLoRA  int `json:"q_lora"` // 0: the query is not compressed
	KVLoRA int `json:"kv_lora"`
	Rope   int `json:"rope"`
	Nope   int `json:"nope"`
	V      int `json:"v"`
}

//go:embed data/models.json
var modelsJSON []byte

var models = sync.OnceValues(func() ([]Model, error) {
	d := json.NewDecoder(bytes.NewReader(modelsJSON))
	d.DisallowUnknownFields()
	var all []Model
	if err := d.Decode(&all); err != nil {
		return nil, fmt.Errorf("failed to read the embedded list of models: %w", err)
	}
	for i, m := range all {
		if m.Source == "" && m.Confidence == "" && len(m.HF) > 0 {
			all[i].Source = "config.json of " + m.HF[0] + ", looked up 2026-11"
		}
	}
	return all, nil
})

// Models returns every known architecture. The caller owns the slice, not
// what its elements point to.
func Models() []Model {
	all, _ := models() // a test ensures that it can be read
	return slices.Clone(all)
}

// LookupModel finds an architecture by its name or its repository. Endings
// that do not change it ("-Instruct") are ignored; one that names a format
// ("-FP8", "-AWQ") sets Weights.
func LookupModel(name string) (Model, error) {
	all, err := models()
	if err != nil {
		return Model{}, err
	}
	want, format := modelKey(name)
	var names []string
	for _, m := range all {
		known := append(append([]string{m.Name}, m.HF...), m.Aliases...)
		for _, k := range known {
			if key, _ := modelKey(k); key == want && want != "" {
				if format != "" {
					m.Weights, m.ExpertWeights = format, ""
				}
				return m, nil
			}
		}
		names = append(names, m.Name)
	}
	return Model{}, &UnknownError{Kind: "model", Name: name, hint: suggest.Near(want, names)}
}

// endings of a repository's name that leave the architecture as it is, with
// the format that some of them name; longer ones first.
var endings = []struct{ text, format string }{
	{"-instruct", ""}, {"-chat", ""}, {"-it", ""}, {"-hf", ""}, {"-base", ""}, {"-pt", ""},
	{"-thinking", ""}, {"-2507", ""}, {"-bf16", "bf16"}, {"-fp16", "bf16"}, {"-f16", "bf16"},
	{"-fp8-dynamic", "fp8"}, {"-fp8-block", "fp8_block"}, {"-fp8", "fp8"}, {"-quantized.w8a8", "int8"}, {"-w8a8", "int8"}, {"-gptq-int8", "q8_0"}, {"-int8", "int8"},
	{"-quantized.w4a16", "int4"}, {"-w4a16", "int4"}, {"-int4", "int4"}, {"-awq", "int4"}, {"-gptq", "int4"}, {"-nvfp4", "nvfp4"}, {"-mxfp4", "mxfp4"}, {"-4bit", "q4_0"}, {"-8bit", "q8_0"},
	{"-q8_0", "q8_0"}, {"-q4_0", "q4_0"}, {"-q4_k_m", "q4_k_m"}, {"-gguf", ""},
}

// modelKey reduces a name to what distinguishes architectures, and to the format
// that it names.
func modelKey(name string) (key, format string) {
	key = fold(name)
	key = key[strings.LastIndex(key, "/")+1:]
	key = strings.TrimPrefix(key, "meta-")
	for again := true; again; {
		again = false
		for _, e := range endings {
			if rest, ok := strings.CutSuffix(key, e.text); ok && rest != "" {
				key, again = rest, true
				if format == "" {
					format = e.format
				}
			}
		}
	}
	return key, format
}
