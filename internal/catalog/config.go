package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// config is the part of a Hugging Face config.json that sizes follow from.
type config struct {
	Architectures []string `json:"architectures"`
	ModelType     string   `json:"model_type"`
	Text          *config  `json:"text_config"` // of a model that also sees

	Layers      int   `json:"num_hidden_layers"`
	Hidden      int   `json:"hidden_size"`
	Heads       int   `json:"num_attention_heads"`
	KVHeads     *int  `json:"num_key_value_heads"`
	HeadDim     int   `json:"head_dim"`
	FF          int   `json:"intermediate_size"`
	FFMLP       int   `json:"intermediate_size_mlp"` // llama4: of layers without experts
	Vocab       int   `json:"vocab_size"`
	Tied        *bool `json:"tie_word_embeddings"`
	Context     int   `json:"max_position_embeddings"`
	NumExperts  int   `json:"num_experts"`
	LocalExp    int   `json:"num_local_experts"`
	Routed      int   `json:"n_routed_experts"`
	PerToken    int   `json:"num_experts_per_tok"`
	PerToken2   int   `json:"experts_per_token"`
	SharedCount int   `json:"n_shared_experts"`
	SharedFF    int   `json:"shared_expert_intermediate_size"`
	MoEFF       int   `json:"moe_intermediate_size"`
	FirstDense  int   `json:"first_k_dense_replace"`
	SparseStep  int   `json:"decoder_sparse_step"`
	MoEStep     int   `json:"interleave_moe_layer_step"`
	MLPOnly     []int `json:"mlp_only_layers"`

	QLoRA  *int `json:"q_lora_rank"`
	KVLoRA int  `json:"kv_lora_rank"`
	Rope   int  `json:"qk_rope_head_dim"`
	Nope   int  `json:"qk_nope_head_dim"`
	V      int  `json:"v_head_dim"`

	Window        *int     `json:"sliding_window"`
	UseWindow     *bool    `json:"use_sliding_window"`
	Pattern       int      `json:"sliding_window_pattern"`
	MaxWindow     int      `json:"max_window_layers"`
	LayerTypes    []string `json:"layer_types"`
	Quantization  *quant   `json:"quantization_config"`
	StateSize     int      `json:"state_size"`
	LinearKeyHead int      `json:"linear_num_key_heads"`
	SSM           *int     `json:"mamba_d_state"`
}

type quant struct {
	Method    string `json:"quant_method"`
	Bits      int    `json:"bits"`
	Block     []int  `json:"weight_block_size"`
	Algorithm string `json:"quant_algo"`
	Format    string `json:"format"`
	Groups    map[string]struct {
		Weights struct {
			Bits int    `json:"num_bits"`
			Type string `json:"type"`
		} `json:"weights"`
		Activations *struct {
			Bits int `json:"num_bits"`
		} `json:"input_activations"`
	} `json:"config_groups"`
}

// families that are supported, each with the defaults of its configuration.
var families = map[string]struct {
	tied    bool // the default of tie_word_embeddings
	ungated bool // the MLP has two matrices
	pattern int  // one of so many layers attends to everything; 0: no sliding layers
}{
	"llama": {}, "mistral": {}, "mixtral": {}, "qwen2": {}, "qwen2_moe": {}, "qwen3": {}, "qwen3_moe": {},
	"phi3": {}, "deepseek_v2": {}, "deepseek_v3": {}, "kimi_k2": {}, "gpt_oss": {pattern: 2},
	"gemma": {tied: true}, "gemma2": {tied: true, pattern: 2}, "gemma3_text": {tied: true, pattern: 6}, "gemma3": {tied: true, pattern: 6},
	"granite": {}, "olmo2": {}, "starcoder2": {tied: true, ungated: true}, "llama4_text": {}, "glm4_moe": {},
}

// ParseConfig reads the architecture from a model's Hugging Face config.json.
// An unknown family and a missing number are errors, since a guessed size would
// look like a fact.
func ParseConfig(name string, data []byte) (Model, error) {
	var c config
	if err := json.Unmarshal(data, &c); err != nil {
		return Model{}, fmt.Errorf("failed to read the config.json of %q: %w", name, err)
	}
	q := c.Quantization
	outer := c
	if c.Text != nil {
		c = *c.Text
		if c.ModelType == "" {
			c.ModelType = outer.ModelType
		}
		if c.Quantization == nil {
			c.Quantization = q
		}
		if c.Tied == nil {
			c.Tied = outer.Tied
		}
	}
	m, err := c.model()
	if err != nil {
		return Model{}, fmt.Errorf("the config.json of %q: %w", name, err)
	}
	m.Name, m.Source = name, "its config.json"
	if outer.Text != nil {
		m.Note = "without the parts that are not language"
	}
	return m, nil
}

func (c config) model() (Model, error) {
	family, ok := families[c.ModelType]
	switch {
	case c.ModelType == "":
		return Model{}, errors.New("it has no model_type; is it the model's own config.json?")
	case c.StateSize > 0 || c.LinearKeyHead > 0 || c.SSM != nil:
		return Model{}, fmt.Errorf("model_type %q has layers with a recurrent state, whose cost is not modelled", c.ModelType)
	case !ok:
		known := make([]string, 0, len(families))
		for k := range families {
			known = append(known, k)
		}
		slices.Sort(known)
		return Model{}, fmt.Errorf("model_type %q is not supported; supported are %s", c.ModelType, strings.Join(known, ", "))
	}
	m := Model{
		Layers: c.Layers, Hidden: c.Hidden, Heads: c.Heads, KVHeads: c.Heads, HeadDim: c.HeadDim,
		FF: c.FF, Vocab: c.Vocab, Tied: family.tied, Context: c.Context,
	}
	if c.KVHeads != nil {
		m.KVHeads = *c.KVHeads
	}
	if m.HeadDim == 0 && m.Heads > 0 {
		m.HeadDim = m.Hidden / m.Heads
	}
	if c.Tied != nil {
		m.Tied = *c.Tied
	}
	if family.ungated {
		m.MLPMatrices = 2
	}
	for key, v := range map[string]int{
		"num_hidden_layers": m.Layers, "hidden_size": m.Hidden, "num_attention_heads": m.Heads,
		"num_key_value_heads": m.KVHeads, "intermediate_size or moe_intermediate_size": max(m.FF, c.MoEFF), "vocab_size": m.Vocab,
	} {
		if v <= 0 {
			return Model{}, fmt.Errorf("%s is missing or not positive", key)
		}
	}
	if err := c.experts(&m); err != nil {
		return Model{}, err
	}
	if err := c.latent(&m); err != nil {
		return Model{}, err
	}
	if err := c.windows(&m, family.pattern); err != nil {
		return Model{}, err
	}
	const most = 1 << 28 // no model is larger in any dimension
	for _, v := range []int{
		m.Layers, m.Hidden, m.Heads, m.KVHeads, m.HeadDim, m.FF, m.Vocab, m.Context,
		m.Experts, m.ExpertsShared, m.ExpertFF, m.DenseLayers, m.Window, m.WindowLayers,
	} {
		if v < 0 || v > most {
			return Model{}, fmt.Errorf("%d is out of range for the size of a model", v)
		}
	}
	return m, c.formats(&m)
}

// experts reads the sparse part, for which each family uses different names.
func (c config) experts(m *Model) error {
	m.Experts = max(c.NumExperts, c.LocalExp, c.Routed)
	if m.Experts == 0 {
		return nil
	}
	m.ExpertsActive = max(c.PerToken, c.PerToken2)
	m.ExpertFF = c.MoEFF
	if m.ExpertFF == 0 {
		m.ExpertFF = c.FF // mixtral, gpt_oss, llama4
	}
	m.ExpertsShared = c.SharedCount
	if c.SharedFF > 0 && m.ExpertFF > 0 {
		if c.SharedFF%m.ExpertFF != 0 {
			return fmt.Errorf("shared_expert_intermediate_size %d is not a multiple of moe_intermediate_size %d", c.SharedFF, m.ExpertFF)
		}
		m.ExpertsShared = c.SharedFF / m.ExpertFF
	}
	if c.ModelType == "llama4_text" {
		m.ExpertsShared, m.FF = 1, c.FFMLP
	}
	if m.ExpertsActive <= 0 || m.ExpertsActive > m.Experts {
		return fmt.Errorf("num_experts_per_tok is %d, but there are %d experts", m.ExpertsActive, m.Experts)
	}
	m.DenseLayers = c.FirstDense
	for _, step := range []int{c.SparseStep, c.MoEStep} {
		if step > 1 {
			m.DenseLayers = m.Layers - m.Layers/step
		}
	}
	m.DenseLayers += len(c.MLPOnly)
	if m.DenseLayers > m.Layers {
		return fmt.Errorf("%d layers without experts, but only %d layers", m.DenseLayers, m.Layers)
	}
	if m.DenseLayers == 0 {
		m.FF = 0
	}
	return nil
}

func (c config) latent(m *Model) error {
	if c.KVLoRA == 0 {
		return nil
	}
	m.MLA = &MLA{KVLoRA: c.KVLoRA, Rope: c.Rope, Nope: c.Nope, V: c.V}
	if c.QLoRA != nil {
		m.MLA.QLoRA = *c.QLoRA
	}
	if c.Rope <= 0 || c.Nope <= 0 || c.V <= 0 {
		return errors.New("kv_lora_rank is given without qk_rope_head_dim, qk_nope_head_dim and v_head_dim")
	}
	m.HeadDim = c.V
	return nil
}

func (c config) windows(m *Model, pattern int) error {
	if c.Window == nil || *c.Window <= 0 || c.UseWindow != nil && !*c.UseWindow {
		return nil
	}
	m.Window = *c.Window
	if c.Pattern > 0 {
		pattern = c.Pattern
	}
	switch {
	case len(c.LayerTypes) > 0:
		for _, t := range c.LayerTypes {
			switch t {
			case "sliding_attention", "chunked_attention":
				m.WindowLayers++
			case "full_attention":
			default:
				return fmt.Errorf("layer_types has %q, whose cost is not modelled", t)
			}
		}
	case pattern > 0:
		m.WindowLayers = m.Layers - m.Layers/pattern
	case c.UseWindow != nil && c.MaxWindow > 0: // qwen2: layers from max_window_layers on slide
		m.WindowLayers = max(0, m.Layers-c.MaxWindow)
	default: // mistral, phi3: all of them
		m.WindowLayers = m.Layers
	}
	if m.WindowLayers > m.Layers {
		return fmt.Errorf("layer_types has %d sliding layers, but there are %d layers", m.WindowLayers, m.Layers)
	}
	if m.WindowLayers == 0 {
		m.Window = 0
	}
	return nil
}

// formats names the format of the weights in the words of physics.
func (c config) formats(m *Model) error {
	q := c.Quantization
	if q == nil {
		return nil
	}
	method := strings.ToLower(q.Method)
	switch {
	case method == "fp8" && len(q.Block) > 0:
		m.Weights = "fp8_block"
	case method == "fp8" || method == "fbgemm_fp8":
		m.Weights = "fp8"
	case method == "mxfp4":
		m.ExpertWeights = "mxfp4" // of gpt-oss, whose other weights keep 16 bits
	case (method == "awq" || method == "gptq") && q.Bits == 4:
		m.Weights = "int4"
	case (method == "awq" || method == "gptq") && q.Bits == 8:
		m.Weights = "q8_0" // 8-bit weights with scales, 16-bit arithmetic
	case method == "modelopt" && strings.EqualFold(q.Algorithm, "NVFP4"):
		m.Weights = "nvfp4"
	case method == "modelopt" && strings.EqualFold(q.Algorithm, "FP8"):
		m.Weights = "fp8"
	case method == "compressed-tensors" && len(q.Groups) == 1:
		for _, g := range q.Groups {
			switch {
			case g.Weights.Type == "float" && g.Weights.Bits == 8:
				m.Weights = "fp8"
			case g.Weights.Type == "float" && g.Weights.Bits == 4:
				m.Weights = "nvfp4"
			case g.Weights.Bits == 8 && g.Activations != nil:
				m.Weights = "int8"
			case g.Weights.Bits == 8:
				m.Weights = "q8_0"
			case g.Weights.Bits == 4:
				m.Weights = "int4"
			}
		}
	}
	if m.Weights == "" && m.ExpertWeights == "" {
		return fmt.Errorf("quantization_config with quant_method %q (%d bits) is not supported: its size is unknown", q.Method, q.Bits)
	}
	return nil
}
