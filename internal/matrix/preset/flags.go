package preset

// Flag is an option of an engine that a preset uses: what it is for, and where that
// was read.
type Flag struct {
	Engine, Name, For, Source, AsOf string
}

// Sources that several flags share.
const (
	llamaSource  = "llama.cpp, common/arg.cpp, build 11434"
	mlxSource    = "ml-explore/mlx-lm, mlx_lm/server.py"
	vllmSource   = "docs.vllm.ai, engine arguments"
	metalSource  = "vllm-project/vllm-metal, README"
	ollamaSource = "ollama/ollama, docs/faq"
	sglangSource = "docs.sglang.io, server arguments"
)

// Flags is the one table of the options and variables that presets use. A test holds
// that each of them is here.
func Flags() []Flag {
	var out []Flag
	for _, of := range []struct {
		engine, source, asOf string
		rows                 [][2]string
	}{
		{LlamaCPP, llamaSource, "2026-11-30", [][2]string{
			{"--model", "file of the weights"}, {"--host", "address to listen on"}, {"--port", "port to listen on"},
			{"--device", "none keeps prefill off the GPU; with no layers on it alone, large batches still go there"},
			{"-ngl", "layers on the GPU; all of them"}, {"-t", "threads of the CPU"},
			{"-c", "tokens of context of all slots together"}, {"-np", "slots, the users at once"},
			{"-ctk", "precision of the keys in the KV cache"}, {"-ctv", "precision of the values in the KV cache"},
			{"-fa", "flash attention; a quantized KV cache needs it"},
			{"-b", "tokens of a logical batch"}, {"-ub", "tokens of a physical batch"},
			{"--load-mode", "mlock keeps the weights in memory"},
			{"--cache-ram", "0: no cache of prompts, which would answer a repeated one"}, {"--no-cache-prompt", "a prompt is read whole each time"},
			{"-fit", "off: context and layers stay as stated"}, {"--no-ui", "no web page"}, {"--offline", "no download"},
			{"-lv", "4 logs the devices, the layers on them and the buffers"}, {"--metrics", "shows /metrics"},
		}},
		{MLX, mlxSource, "2026-08-22", [][2]string{
			{"--model", "folder of the weights, as mlx_lm.convert makes it"}, {"--host", "address to listen on"}, {"--port", "port to listen on"},
			{"--decode-concurrency", "answers at once"}, {"--prompt-concurrency", "prompts at once"}, {"--prefill-step-size", "tokens of a prompt per step"},
			{"--prompt-cache-size", "prompts that are kept"},
		}},
		{VLLM, vllmSource, "2026-11-30", [][2]string{
			{"--host", "address to listen on"}, {"--port", "port to listen on"}, {"--dtype", "precision of weights and computation"},
			{"--max-model-len", "tokens of context"}, {"--no-enable-prefix-caching", "a prompt is read whole each time"},
			{"--quantization", "fp8 quantizes the weights while they are loaded"}, {"--kv-cache-dtype", "precision of the KV cache"},
			{"--tensor-parallel-size", "GPUs that share each layer"}, {"--enforce-eager", "no CUDA graphs"},
			{"VLLM_CPU_KVCACHE_SPACE", "GiB of KV cache on a CPU"}, {"VLLM_CPU_OMP_THREADS_BIND", "cores of the CPU that compute"}, {"OMP_NUM_THREADS", "threads of the CPU"},
		}},
		{VLLMMetal, metalSource, "2026-08-22", [][2]string{
			{"--host", "address to listen on"}, {"--port", "port to listen on"}, {"--dtype", "precision of weights and computation"}, {"--max-model-len", "tokens of context"},
			{"--no-enable-prefix-caching", "a prompt is read whole each time"},
			{"VLLM_MLX_DEVICE", "gpu or cpu"}, {"VLLM_METAL_USE_PAGED_ATTENTION", "1: the KV cache in pages"}, {"VLLM_METAL_MEMORY_FRACTION", "share of the memory that the engine takes"},
		}},
		{Ollama, ollamaSource, "2026-08-21", [][2]string{
			{"OLLAMA_HOST", "address and port to listen on"}, {"OLLAMA_FLASH_ATTENTION", "1: flash attention"}, {"OLLAMA_KV_CACHE_TYPE", "precision of the KV cache"},
			{"OLLAMA_NUM_PARALLEL", "users at once"}, {"OLLAMA_CONTEXT_LENGTH", "tokens of context"}, {"OLLAMA_KEEP_ALIVE", "-1: the model stays loaded"},
		}},
		{SGLang, sglangSource, "2026-11-30", [][2]string{
			{"--model-path", "folder or name of the weights"}, {"--host", "address to listen on"}, {"--port", "port to listen on"}, {"--dtype", "precision of weights and computation"},
			{"--context-length", "tokens of context"}, {"--disable-radix-cache", "a prompt is read whole each time"}, {"--quantization", "fp8 quantizes the weights while they are loaded"},
			{"--kv-cache-dtype", "precision of the KV cache"}, {"--tp", "GPUs that share each layer"}, {"-m", "the module that Python runs"},
		}},
	} {
		for _, r := range of.rows {
			out = append(out, Flag{of.engine, r[0], r[1], of.source, of.asOf})
		}
	}
	return out
}
