package catalog

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Configurations with the keys of the published files, against what the
// catalog says of the same models.
func TestParseConfigAgreesWithTheCatalog(t *testing.T) {
	for name, text := range map[string]string{
		"llama-3.1-8b": `{"architectures":["LlamaForCausalLM"],"model_type":"llama","hidden_size":4096,"intermediate_size":14336,"num_attention_heads":32,
			"num_hidden_layers":32,"num_key_value_heads":8,"vocab_size":128256,"tie_word_embeddings":false,"max_position_embeddings":131072}`,
		"llama-2-7b":   `{"model_type":"llama","hidden_size":4096,"intermediate_size":11008,"num_attention_heads":32,"num_hidden_layers":32,"vocab_size":32000,"max_position_embeddings":4096}`,
		"qwen2.5-0.5b": `{"model_type":"qwen2","hidden_size":896,"intermediate_size":4864,"num_attention_heads":14,"num_hidden_layers":24,"num_key_value_heads":2,"vocab_size":151936,"tie_word_embeddings":true,"max_position_embeddings":32768,"sliding_window":32768,"use_sliding_window":false,"max_window_layers":21}`,
		"qwen3-4b":     `{"model_type":"qwen3","head_dim":128,"hidden_size":2560,"intermediate_size":9728,"num_attention_heads":32,"num_hidden_layers":36,"num_key_value_heads":8,"vocab_size":151936,"tie_word_embeddings":true,"max_position_embeddings":40960,"sliding_window":null,"use_sliding_window":false}`,
		"qwen3-30b-a3b": `{"model_type":"qwen3_moe","head_dim":128,"hidden_size":2048,"intermediate_size":6144,"moe_intermediate_size":768,"num_experts":128,"num_experts_per_tok":8,"decoder_sparse_step":1,"mlp_only_layers":[],
			"num_attention_heads":32,"num_hidden_layers":48,"num_key_value_heads":4,"vocab_size":151936,"tie_word_embeddings":false,"max_position_embeddings":262144}`,
		"mixtral-8x7b": `{"model_type":"mixtral","hidden_size":4096,"intermediate_size":14336,"num_attention_heads":32,"num_hidden_layers":32,"num_key_value_heads":8,"num_local_experts":8,"num_experts_per_tok":2,"sliding_window":null,"vocab_size":32000,"max_position_embeddings":32768}`,
		"deepseek-v3": `{"model_type":"deepseek_v3","hidden_size":7168,"intermediate_size":18432,"moe_intermediate_size":2048,"n_routed_experts":256,"n_shared_experts":1,"num_experts_per_tok":8,"first_k_dense_replace":3,
			"kv_lora_rank":512,"q_lora_rank":1536,"qk_rope_head_dim":64,"qk_nope_head_dim":128,"v_head_dim":128,"num_attention_heads":128,"num_key_value_heads":128,"num_hidden_layers":61,"vocab_size":129280,"max_position_embeddings":163840,
			"quantization_config":{"quant_method":"fp8","fmt":"e4m3","weight_block_size":[128,128]}}`,
		"gpt-oss-20b": `{"model_type":"gpt_oss","head_dim":64,"hidden_size":2880,"intermediate_size":2880,"num_attention_heads":64,"num_hidden_layers":24,"num_key_value_heads":8,"num_local_experts":32,"num_experts_per_tok":4,"experts_per_token":4,
			"sliding_window":128,"layer_types":["sliding_attention","full_attention","sliding_attention","full_attention","sliding_attention","full_attention","sliding_attention","full_attention","sliding_attention","full_attention","sliding_attention","full_attention","sliding_attention","full_attention","sliding_attention","full_attention","sliding_attention","full_attention","sliding_attention","full_attention","sliding_attention","full_attention","sliding_attention","full_attention"],
			"vocab_size":201088,"tie_word_embeddings":false,"max_position_embeddings":131072,"quantization_config":{"quant_method":"mxfp4","modules_to_not_convert":["lm_head"]}}`,
		"gemma-2-9b":  `{"model_type":"gemma2","head_dim":256,"hidden_size":3584,"intermediate_size":14336,"num_attention_heads":16,"num_hidden_layers":42,"num_key_value_heads":8,"sliding_window":4096,"vocab_size":256000,"max_position_embeddings":8192}`,
		"gemma-3-27b": `{"model_type":"gemma3","text_config":{"model_type":"gemma3_text","head_dim":128,"hidden_size":5376,"intermediate_size":21504,"num_attention_heads":32,"num_hidden_layers":62,"num_key_value_heads":16,"sliding_window":1024,"vocab_size":262144,"max_position_embeddings":131072},"vision_config":{"hidden_size":1152}}`,
		"phi-4-mini":  `{"model_type":"phi3","hidden_size":3072,"intermediate_size":8192,"num_attention_heads":24,"num_hidden_layers":32,"num_key_value_heads":8,"sliding_window":null,"tie_word_embeddings":true,"vocab_size":200064,"max_position_embeddings":131072}`,
		"llama-4-scout": `{"model_type":"llama4","text_config":{"model_type":"llama4_text","head_dim":128,"hidden_size":5120,"intermediate_size":8192,"intermediate_size_mlp":16384,"interleave_moe_layer_step":1,"num_attention_heads":40,"num_hidden_layers":48,"num_key_value_heads":8,
			"num_local_experts":16,"num_experts_per_tok":1,"vocab_size":202048,"max_position_embeddings":10485760},"vision_config":{}}`,
	} {
		want, err := LookupModel(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseConfig(name, []byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Source != "its config.json" || strings.Contains(text, "text_config") != (got.Note != "") {
			t.Errorf("%s: source %q, note %q", name, got.Source, got.Note)
		}
		for _, m := range []*Model{&want, &got} {
			m.HF, m.Aliases, m.Source, m.Note, m.Confidence = nil, nil, "", "", ""
		}
		if want.Experts > 0 && want.DenseLayers == 0 {
			want.FF = 0 // llama-4-scout lists a width that none of its layers has
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-catalog +config):\n%s", name, d)
		}
	}
}

const plain = `"hidden_size":4096,"intermediate_size":11008,"num_attention_heads":32,"num_hidden_layers":32,"vocab_size":32000`

func TestParseConfigReadsFormats(t *testing.T) {
	for quant, want := range map[string]string{
		`{"quant_method":"awq","bits":4}`:                      "int4",
		`{"quant_method":"gptq","bits":4}`:                     "int4",
		`{"quant_method":"gptq","bits":8}`:                     "q8_0",
		`{"quant_method":"fp8"}`:                               "fp8",
		`{"quant_method":"modelopt","quant_algo":"NVFP4"}`:     "nvfp4",
		`{"quant_method":"fp8","weight_block_size":[128,128]}`: "fp8_block",
		`{"quant_method":"compressed-tensors","config_groups":{"group_0":{"weights":{"num_bits":8,"type":"float"},"input_activations":{"num_bits":8}}}}`: "fp8",
		`{"quant_method":"compressed-tensors","config_groups":{"group_0":{"weights":{"num_bits":8,"type":"int"},"input_activations":{"num_bits":8}}}}`:   "int8",
		`{"quant_method":"compressed-tensors","config_groups":{"group_0":{"weights":{"num_bits":4,"type":"int"},"input_activations":null}}}`:             "int4",
	} {
		m, err := ParseConfig("m", []byte(`{"model_type":"llama",`+plain+`,"quantization_config":`+quant+`}`))
		if err != nil || m.Weights != want {
			t.Errorf("%s: %q, %v, want %q", quant, m.Weights, err, want)
		}
	}
}

func TestParseConfigRefusesWhatItCannotKnow(t *testing.T) {
	for text, want := range map[string]string{
		`not JSON`:                "failed to read the config.json",
		`{}`:                      "no model_type",
		`{"model_type":"mamba2"}`: `"mamba2" is not supported; supported are deepseek_v2, `,
		`{"model_type":"llama"}`:  "is missing or not positive",
		`{"model_type":"llama",` + plain + `,"state_size":16}`:          "recurrent state",
		`{"model_type":"llama",` + plain + `,"num_key_value_heads":0}`:  "num_key_value_heads is missing",
		`{"model_type":"mixtral",` + plain + `,"num_local_experts":8}`:  "num_experts_per_tok is 0, but there are 8",
		`{"model_type":"deepseek_v2",` + plain + `,"kv_lora_rank":512}`: "without qk_rope_head_dim",
		`{"model_type":"qwen2_moe",` + plain + `,"num_experts":60,"num_experts_per_tok":4,"moe_intermediate_size":1408,"shared_expert_intermediate_size":5000}`: "not a multiple",
		`{"model_type":"gemma3_text",` + plain + `,"sliding_window":512,"layer_types":["linear_attention"]}`:                                                    `"linear_attention", whose cost`,
		`{"model_type":"llama",` + plain + `,"quantization_config":{"quant_method":"bitnet"}}`:                                                                  `quant_method "bitnet"`,
	} {
		if m, err := ParseConfig("m", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v, want %q", text, m, err, want)
		}
	}
	m, err := ParseConfig("m", []byte(`{"model_type":"mistral",`+plain+`,"sliding_window":4096}`))
	if err != nil || m.Window != 4096 || m.WindowLayers != 32 {
		t.Errorf("%+v, %v: all layers of an early Mistral slide", m, err)
	}
}

// Whatever the file says, a model that comes out has sizes that are sizes.
func FuzzParseConfig(f *testing.F) {
	f.Add([]byte(`{"model_type":"llama",` + plain + `}`))
	f.Add([]byte(`{"model_type":"gemma3","text_config":{"model_type":"gemma3_text",` + plain + `,"sliding_window":512,"sliding_window_pattern":-1}}`))
	f.Add([]byte(`{"model_type":"qwen3_moe",` + plain + `,"num_experts":8,"num_experts_per_tok":2,"decoder_sparse_step":3,"mlp_only_layers":[1,2]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := ParseConfig("m", data)
		if err != nil {
			return
		}
		for _, v := range []int{m.Layers, m.Hidden, m.Heads, m.KVHeads, m.HeadDim, m.Vocab} {
			if v <= 0 {
				t.Errorf("%+v", m)
			}
		}
		if m.WindowLayers < 0 || m.WindowLayers > m.Layers || m.DenseLayers < 0 || m.DenseLayers > m.Layers || m.Experts < 0 || m.ExpertsShared < 0 || m.ExpertFF < 0 {
			t.Errorf("%+v", m)
		}
	})
}
