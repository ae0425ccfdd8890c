// Package preset has ready matrices of engine configurations, as data: which engine
// is started with which options, what each needs, and where each option was read
// (Flags). It starts nothing, and says of each preset whether anybody has tried it on
// the hardware that it is for.
package preset

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/lazy"
	"github.com/inferometer/inferometer/internal/matrix/design"
	"github.com/inferometer/inferometer/internal/suggest"
)

// The engines, as configurations name them.
const (
	LlamaCPP  = "llama.cpp"
	MLX       = "mlx-lm"
	VLLM      = "vLLM"
	VLLMMetal = "vllm-metal"
	Ollama    = "Ollama"
	SGLang    = "SGLang"
)

// Untested is said of a preset that nobody here has run on its hardware.
const Untested = "untested on real hardware"

// ExpectedBy is said of the speed-ups of the Apple presets: what was hoped for before
// anybody measured.
const ExpectedBy = "expected beforehand, unmeasured"

// Row is a configuration of a preset. Weights is the key of the model that it loads,
// such as q4_0; "": the model as it is given.
type Row struct {
	design.Configuration
	Weights string
}

// Preset is a ready matrix.
type Preset struct {
	Name, Text string
	Needs      string // in words
	Tested     string // where it was run, or Untested
	// Advice is what a user should look at first.
	Advice []string
	Rows   []Row
}

// hints say how to get the program of an engine.
var hints = map[string]string{
	LlamaCPP:  "get it with: brew install llama.cpp, or from github.com/ggml-org/llama.cpp/releases",
	MLX:       "get it with: pip install mlx-lm",
	VLLM:      "get it with: pip install vllm, on a CPU as docs.vllm.ai says",
	VLLMMetal: "get it as github.com/vllm-project/vllm-metal says (macOS 15 or later, Python 3.12)",
	Ollama:    "get it from ollama.com/download",
	SGLang:    "get it with: pip install sglang",
}

// row makes a configuration of an engine.
func row(engine, name, precision, weights, health string, env map[string]string, command ...string) Row {
	return Row{Weights: weights, Configuration: design.Configuration{
		Name: name, Engine: engine, Precision: precision, Command: command, Env: env, Health: health, ReadyTimeout: 15 * time.Minute, Hint: hints[engine],
	}}
}

// expect adds the speed-up that was expected before anybody measured.
func (r Row) expect(speedup float64) Row {
	r.Expected, r.ExpectedBy = speedup, ExpectedBy
	return r
}

func llama(name, precision, weights string, more ...string) Row {
	common := []string{
		"llama-server", "--model", "{model}", "--host", "{host}", "--port", "{port}", "-c", "{context}", "-np", "{users}",
		"--no-cache-prompt", "--cache-ram", "0", "-fit", "off", "--no-ui", "--offline", "--metrics", "-lv", "4", "-t", "{threads}",
	}
	return row(LlamaCPP, name, precision, weights, "/health", nil, append(common, more...)...)
}

func mlx(name, precision, weights string, expected float64) Row {
	r := row(MLX, name, precision, weights, "", nil, "mlx_lm.server", "--model", "{model}", "--host", "{host}", "--port", "{port}",
		"--decode-concurrency", "{users}", "--prompt-concurrency", "{users}", "--prefill-step-size", "2048", "--prompt-cache-size", "1")
	r.Served = "{model}"
	return r.expect(expected)
}

func vllm(name, precision string, env map[string]string, more ...string) Row {
	return row(VLLM, name, precision, "", "/health", env, append([]string{
		"vllm", "serve", "{model}", "--host", "{host}", "--port", "{port}", "--max-model-len", "{context}", "--no-enable-prefix-caching",
	}, more...)...)
}

func metal(name, precision string, expected float64, env map[string]string, dtype string) Row {
	return row(VLLMMetal, name, precision, "", "/health", env, "vllm", "serve", "{model}", "--host", "{host}", "--port", "{port}",
		"--max-model-len", "{context}", "--no-enable-prefix-caching", "--dtype", dtype).expect(expected)
}

func ollama(name, precision, weights string, more map[string]string) Row {
	env := map[string]string{"OLLAMA_HOST": "{host}:{port}", "OLLAMA_NUM_PARALLEL": "{users}", "OLLAMA_CONTEXT_LENGTH": "{context}", "OLLAMA_KEEP_ALIVE": "-1"}
	for k, v := range more {
		env[k] = v
	}
	r := row(Ollama, name, precision, weights, "/", env, "ollama", "serve")
	r.Served = "{model}"
	return r
}

func sglang(name, precision string, more ...string) Row {
	return row(SGLang, name, precision, "", "/health", nil, append([]string{
		"python3", "-m", "sglang.launch_server", "--model-path", "{model}", "--host", "{host}", "--port", "{port}", "--context-length", "{context}", "--disable-radix-cache",
	}, more...)...)
}

var appleAdvice = []string{
	"Close other programs, connect the charger, and switch Low Power Mode off.",
	"Weights and KV cache must fit into the memory that the GPU may wire. `sysctl iogpu.wired_limit_mb` shows the limit (0: the default); " +
		"`sudo sysctl iogpu.wired_limit_mb=N` raises it until the next start. Leave about 6 GB to the system. Inferometer never changes it.",
}

// All are the presets, by platform.
func All() []Preset {
	return []Preset{
		{
			Name: "apple-llamacpp", Text: "llama.cpp on a Mac: CPU, then Metal in five precisions, then everything that unified memory allows",
			Needs: "llama-server, and the model as GGUF in F32, F16, BF16, Q8_0 and Q4_0", Tested: Untested, Advice: appleAdvice,
			Rows: []Row{
				llama("cpu", "16-bit weights, CPU only", "f16", "--device", "none").expect(1),
				llama("metal-f32", "32 bits", "f32", "-ngl", "all", "-ctk", "f32", "-ctv", "f32", "-fa", "off").expect(2.5),
				llama("metal-f16", "16 bits", "f16", "-ngl", "all", "-ctk", "f16", "-ctv", "f16").expect(3.2),
				llama("metal-bf16", "bfloat16", "bf16", "-ngl", "all", "-ctk", "bf16", "-ctv", "bf16").expect(3.8),
				llama("metal-q8", "8-bit weights, computation in 16 bits", "q8_0", "-ngl", "all").expect(4.5),
				llama("metal-q4", "4-bit weights, computation in 16 bits", "q4_0", "-ngl", "all"),
				llama("unified", "4-bit weights, 8-bit KV cache, locked memory, large batches", "q4_0", "-ngl", "all", "-fa", "on", "-ctk", "q8_0", "-ctv", "q8_0",
					"-b", "2048", "-ub", "2048", "--load-mode", "mlock").expect(5.2),
			},
		},
		{
			Name: "apple-mlx", Text: "mlx-lm on a Mac in five precisions",
			Needs: "mlx_lm.server, and the model as mlx_lm.convert makes it: --dtype float32, float16, bfloat16, -q --q-bits 8, -q --q-bits 4", Tested: Untested,
			Advice: append(slices.Clone(appleAdvice), "mlx-lm has no CPU configuration; the baseline here is 32 bits on the GPU. Take apple-llamacpp or apple-vllm for a baseline on the CPU."),
			Rows: []Row{
				mlx("mlx-f32", "32 bits", "f32", 2.5), mlx("mlx-f16", "16 bits", "f16", 3.2), mlx("mlx-bf16", "bfloat16", "bf16", 3.8),
				mlx("mlx-8bit", "8-bit weights", "8bit", 4.5), mlx("mlx-4bit", "4-bit weights", "4bit", 0),
			},
		},
		{
			Name: "apple-vllm", Text: "vLLM on a Mac with the Metal plugin: MLX on the CPU, then on the GPU in three precisions",
			Needs: "vllm with vllm-metal", Tested: Untested, Advice: appleAdvice,
			Rows: []Row{
				metal("vllm-cpu", "32 bits, CPU only", 1, map[string]string{"VLLM_MLX_DEVICE": "cpu"}, "float32"),
				metal("vllm-f32", "32 bits", 2.5, map[string]string{"VLLM_MLX_DEVICE": "gpu"}, "float32"),
				metal("vllm-f16", "16 bits", 3.2, map[string]string{"VLLM_MLX_DEVICE": "gpu"}, "float16"),
				metal("vllm-bf16", "bfloat16", 3.8, map[string]string{"VLLM_MLX_DEVICE": "gpu"}, "bfloat16"),
				metal("vllm-paged", "bfloat16, paged KV cache, memory by itself", 0, map[string]string{"VLLM_MLX_DEVICE": "gpu", "VLLM_METAL_USE_PAGED_ATTENTION": "1", "VLLM_METAL_MEMORY_FRACTION": "auto"}, "bfloat16"),
			},
		},
		{
			Name: "apple-ollama", Text: "Ollama on a Mac: 16, 8 and 4 bits, and a quantized KV cache",
			Needs: "ollama, and the models pulled: --model f16=NAME --model q8=NAME --model q4=NAME", Tested: Untested, Advice: appleAdvice,
			Rows: []Row{
				ollama("ollama-f16", "16 bits", "f16", nil), ollama("ollama-q8", "8-bit weights", "q8", nil), ollama("ollama-q4", "4-bit weights", "q4", nil),
				ollama("ollama-q4-kv8", "4-bit weights, 8-bit KV cache", "q4", map[string]string{"OLLAMA_FLASH_ATTENTION": "1", "OLLAMA_KV_CACHE_TYPE": "q8_0"}),
			},
		},
		{
			Name: "nvidia-vllm", Text: "vLLM on NVIDIA GPUs: bfloat16, float16, FP8 weights, FP8 KV cache, without CUDA graphs, two GPUs",
			Needs: "vllm; the last configuration needs two GPUs", Tested: Untested,
			Rows: []Row{
				vllm("bf16", "bfloat16", nil, "--dtype", "bfloat16"), vllm("f16", "16 bits", nil, "--dtype", "float16"),
				vllm("fp8", "FP8 weights", nil, "--dtype", "bfloat16", "--quantization", "fp8"),
				vllm("fp8-kv8", "FP8 weights and KV cache", nil, "--dtype", "bfloat16", "--quantization", "fp8", "--kv-cache-dtype", "fp8"),
				vllm("bf16-eager", "bfloat16 without CUDA graphs", nil, "--dtype", "bfloat16", "--enforce-eager"),
				vllm("bf16-tp2", "bfloat16 on two GPUs", nil, "--dtype", "bfloat16", "--tensor-parallel-size", "2"),
			},
		},
		{
			Name: "nvidia-sglang", Text: "SGLang on NVIDIA GPUs: bfloat16, FP8 weights, FP8 KV cache, two GPUs",
			Needs: "sglang; the last configuration needs two GPUs", Tested: Untested,
			Rows: []Row{
				sglang("bf16", "bfloat16", "--dtype", "bfloat16"), sglang("fp8", "FP8 weights", "--dtype", "bfloat16", "--quantization", "fp8"),
				sglang("fp8-kv8", "FP8 weights and KV cache", "--dtype", "bfloat16", "--quantization", "fp8", "--kv-cache-dtype", "fp8_e4m3"),
				sglang("bf16-tp2", "bfloat16 on two GPUs", "--dtype", "bfloat16", "--tp", "2"),
			},
		},
		{
			Name: "cpu-llamacpp", Text: "llama.cpp on a CPU: five precisions, and half the threads",
			Needs: "llama-server, and the model as GGUF in F32, F16, BF16, Q8_0 and Q4_0", Tested: Untested,
			Rows: []Row{
				llama("f32", "32 bits", "f32", "--device", "none"), llama("f16", "16-bit weights", "f16", "--device", "none"), llama("bf16", "bfloat16 weights", "bf16", "--device", "none"),
				llama("q8_0", "8-bit weights", "q8_0", "--device", "none"), llama("q4_0", "4-bit weights", "q4_0", "--device", "none"),
				half(llama("q4_0-half", "4-bit weights, half the threads", "q4_0", "--device", "none")),
			},
		},
		{
			Name: "cpu-vllm", Text: "vLLM on a CPU: float32 and bfloat16, and half the threads",
			Needs: "vllm built for the CPU", Tested: Untested,
			Rows: []Row{
				vllm("f32", "32 bits", cpuEnv(), "--dtype", "float32"), vllm("bf16", "bfloat16", cpuEnv(), "--dtype", "bfloat16"),
				half(vllm("bf16-half", "bfloat16, half the threads", cpuEnv(), "--dtype", "bfloat16")),
			},
		},
	}
}

func cpuEnv() map[string]string {
	return map[string]string{"VLLM_CPU_KVCACHE_SPACE": "4", "VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": "{threads}"}
}

// half makes a configuration of half the threads.
func half(r Row) Row {
	for i, a := range r.Command {
		r.Command[i] = strings.ReplaceAll(a, "{threads}", "{threads_half}")
	}
	for k, v := range r.Env {
		r.Env[k] = strings.ReplaceAll(v, "{threads}", "{threads_half}")
	}
	return r
}

// Lookup returns the preset of a name.
func Lookup(name string) (Preset, error) {
	var names []string
	for _, p := range All() {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Preset{}, fmt.Errorf("unknown preset %q%s; there are %s", name, suggest.DidYouMean(name, names), strings.Join(names, ", "))
}

// Models is what a user gave for a preset: a model as it is, and files by the key of
// their precision.
type Models struct {
	Model string
	ByKey map[string]string
}

// ParseModels reads MODEL and KEY=MODEL.
func ParseModels(list []string) (Models, error) {
	m := Models{ByKey: map[string]string{}}
	for _, text := range list {
		k, v, ok := strings.Cut(text, "=")
		switch {
		case ok && k != "" && v != "" && !strings.ContainsRune(k, '/'):
			m.ByKey[k] = v
		case ok:
			return m, fmt.Errorf("invalid model %q: must be FILE, NAME or PRECISION=FILE, such as q4_0=model-q4_0.gguf", text)
		case m.Model != "":
			return m, fmt.Errorf("two models are given, %q and %q; say which precision each has, as in q4_0=FILE", m.Model, text)
		default:
			m.Model = text
		}
	}
	return m, nil
}

// Matrix makes the matrix of a preset for models, with a number of threads of the CPU
// and the users of the workloads.
func (p Preset) Matrix(models Models, threads int) design.Matrix {
	m := design.Default()
	m.Name, m.Model, m.Workloads = p.Name, models.Model, design.DefaultWorkloads()
	users, context := 1, 0
	for _, w := range m.Workloads {
		users, context = max(users, w.Users), max(context, w.InputTokens+w.OutputTokens)
	}
	context = 2*context + 256 // chat templates add some, and tokenizers disagree
	perSlot := context
	for _, r := range p.Rows {
		if r.Engine == LlamaCPP { // its context is that of all slots together
			context = perSlot * users
		}
	}
	m.Values = map[string]string{
		"threads": strconv.Itoa(threads), "threads_half": strconv.Itoa(max(1, threads/2)), "users": strconv.Itoa(users), "context": strconv.Itoa(context),
	}
	for _, r := range p.Rows {
		c := r.Configuration
		if r.Weights != "" {
			c.Model, c.Format = models.of(r.Weights), formats[r.Weights]
		}
		m.Configurations = append(m.Configurations, c)
	}
	m.Baseline = m.Configurations[0].Name
	return m
}

// formats are those of weights as the roofline calls them, by the key of a model.
var formats = map[string]string{"f32": "fp32", "f16": "bf16", "bf16": "bf16", "q8_0": "q8_0", "q4_0": "q4_0", "8bit": "q8_0", "4bit": "q4_0", "q8": "q8_0", "q4": "q4_k_m"}

// precision is the part of a file's name that says in which precision it is.
var precision = lazy.Regexp(`(?i)(^|[-._])(f32|fp32|f16|fp16|bf16|q8_0|q4_0|q4_k_m|8bit|4bit)([-._]|$)`)

// of is the model of a precision: as given, or the file next to the given model whose
// name differs in the precision alone.
func (m Models) of(key string) string {
	if v, ok := m.ByKey[key]; ok {
		return v
	}
	if m.Model == "" {
		return ""
	}
	dir, base := filepath.Split(m.Model)
	if at := precision().FindStringSubmatchIndex(base); at != nil {
		was := base[at[4]:at[5]]
		if strings.ToUpper(was) == was {
			key = strings.ToUpper(key)
		}
		return dir + base[:at[4]] + key + base[at[5]:]
	}
	ext := ""
	if strings.HasSuffix(base, ".gguf") {
		ext = ".gguf"
	}
	return dir + strings.TrimSuffix(base, ext) + "-" + key + ext
}
