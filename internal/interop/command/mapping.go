package command

import (
	"encoding/json"

	"fmt"
	"math"
	"strconv"
	"strings"
)

// command is a command line while it is read.
type command struct {
	flags *commandFlags
	out   *Plan
	body  map[string]any // further fields of the request
	err   error          // the first one
}

func (c *command) set(path, value, from string) {
	c.out.Settings = append(c.out.Settings, Setting{path, value, from})
}

func (c *command) differs(format string, args ...any) {
	c.out.Differs = append(c.out.Differs, fmt.Sprintf(format, args...))
}

func (c *command) left(name, why string) {
	if g := c.flags.get(name); g != nil {
		c.out.Left = append(c.out.Left, g.String()+": "+why)
	}
}

func (c *command) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

// text is the one value of a flag; set tells whether it was given.
func (c *command) text(name, def string) (v string, set bool) {
	g := c.flags.get(name)
	if g == nil {
		return def, false
	}
	if len(g.values) != 1 {
		c.fail("--%s takes one value, not %d", name, len(g.values))
		return def, true
	}
	return g.values[0], true
}

func (c *command) has(name string) bool { return c.flags.get(name) != nil }

func (c *command) number(name string, def, least float64) (v float64, set bool) {
	text, set := c.text(name, "")
	if !set {
		return def, false
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(v) || v < least {
		c.fail("invalid --%s %q: must be a number of at least %v", name, clip(text), least)
	}
	return v, true
}

func (c *command) whole(name string, def, least int) int {
	v, _ := c.number(name, float64(def), float64(least))
	if v != math.Trunc(v) || v > maxTokens {
		c.fail("invalid --%s %v: must be a whole number below %d", name, v, maxTokens)
		return def
	}
	return int(v)
}

// quoted is a text as a value of YAML.
func quoted(s string) string {
	b, _ := json.Marshal(s) // a text always has JSON, which is YAML
	return string(b)
}

func (c *command) read() error {
	c.body = map[string]any{}
	c.target()
	seed := 0
	if c.out.Tool == SGLang {
		seed = 42
	}
	c.set("seed", strconv.Itoa(c.whole("seed", seed, 0)), "")
	c.differs("the same seed draws different prompts and arrivals here; prompts are new to the server's prefix cache in each run (workload.cache_salt)")
	requests := c.whole("num-prompts", 1000, 1)
	requests = c.dataset(requests)
	c.load(requests)
	c.sampling()
	c.outputs()
	if c.err == nil && len(c.body) > 0 {
		b, err := json.Marshal(c.body)
		c.err = err
		c.set("candidate.body", string(b), "")
	}
	return c.err
}

// target is where requests go.
func (c *command) target() {
	port, api := "8000", "completions"
	backend, _ := c.text("backend", map[Tool]string{SGLang: "sglang"}[c.out.Tool])
	switch backend {
	case "openai-chat", "sglang-oai-chat", "vllm-chat":
		api = "chat"
	case "openai-embeddings":
		api = "embeddings"
	case "", "openai", "vllm", "sglang-oai":
	case "sglang", "sglang-native":
		c.differs("SGLang's native /generate is measured through its /v1/completions")
	default:
		c.fail("--backend %s uses a protocol that is not supported here", clip(backend))
	}
	if c.out.Tool == SGLang {
		port = "30000"
	}
	if path, set := c.text("endpoint", ""); set {
		known := map[string]string{"/v1/completions": "completions", "/v1/chat/completions": "chat", "/v1/embeddings": "embeddings"}
		if known[path] == "" {
			c.fail("invalid --endpoint %s: must be /v1/completions, /v1/chat/completions or /v1/embeddings", clip(path))
		} else if api = known[path]; backend == "openai-chat" && api != "chat" {
			c.fail("--backend openai-chat and --endpoint %s contradict each other", path)
		}
	}
	host, _ := c.text("host", "127.0.0.1")
	port, _ = c.text("port", port)
	url := "http://" + host + ":" + port
	if base, set := c.text("base-url", ""); set {
		url = strings.TrimRight(base, "/")
	}
	c.set("candidate.url", quoted(url), "")
	c.set("candidate.api", api, "")
	model, set := c.text("model", "")
	if served, ok := c.text("served-model-name", ""); ok {
		model, set = served, true
	}
	if set {
		c.set("candidate.model", quoted(model), "")
	}
	if c.has("disable-stream") {
		c.set("candidate.stream", "false", "--disable-stream")
	}
	if c.has("insecure") {
		c.set("client.insecure", "true", "--insecure")
	}
	c.left("header", "headers may hold keys; put them under candidate.headers, and use --key-env for a key")
	if name, set := c.text("tokenizer", ""); set {
		if strings.HasSuffix(name, "tokenizer.json") {
			c.set("workload.tokenizer", quoted(name), "--tokenizer")
		} else {
			c.left("tokenizer", "nothing is downloaded; the server's own is used (workload.tokenizer takes the path of a tokenizer.json)")
		}
	}
}

// load is when requests go.
func (c *command) load(requests int) {
	rate, _ := c.number("request-rate", math.Inf(1), 0)
	burstiness, bursty := c.number("burstiness", 1, 0)
	most := c.whole("max-concurrency", 0, 1) // 0 and less are mistakes that vLLM takes (#21095)
	if c.has("ramp-up-strategy") || c.has("ramp-up-start-rps") || c.has("ramp-up-end-rps") {
		c.fail("--ramp-up-strategy changes the rate by request number and not by time, which is not supported here; use a ramp over time, such as --rate-curve ramp:1..10/60s")
	}
	if rate == 0 || burstiness == 0 {
		c.fail("--request-rate and --burstiness must be above 0")
	}
	c.set("load.requests", strconv.Itoa(requests), "--num-prompts")
	switch {
	case math.IsInf(rate, 1) && most > 0:
		c.set("load.users", strconv.Itoa(most), "--max-concurrency at --request-rate inf: a closed loop")
		c.differs("users start spread over the duration of a request, not all at once")
	case math.IsInf(rate, 1):
		c.set("load.rate", "1000000", "--request-rate inf: all at once")
		c.set("load.arrival", "constant", "")
	default:
		c.set("load.rate", strconv.FormatFloat(rate, 'g', -1, 64), "--request-rate")
		switch {
		case math.IsInf(burstiness, 1):
			c.set("load.arrival", "constant", "--burstiness inf")
		case bursty && burstiness != 1:
			c.set("load.arrival", "gamma", "")
			c.set("load.burstiness", strconv.FormatFloat(burstiness, 'g', -1, 64), "--burstiness")
		default:
			c.set("load.arrival", "poisson", "")
		}
		if most > 0 {
			c.set("client.max_inflight", strconv.Itoa(most), "--max-concurrency; waiting for a free slot counts as latency here")
		}
		if c.out.Tool == VLLM {
			c.differs("arrivals are not stretched to end at requests ÷ rate")
		}
	}
	warm, name := 0, "num-warmups"
	if c.out.Tool == SGLang {
		warm, name = 1, "warmup-requests"
	}
	if warm = c.whole(name, warm, 0); warm > 0 {
		c.set("load.warmup", strconv.Itoa(warm), "--"+name)
		c.differs("warm-up requests have their own prompts instead of the first measured one")
	} else {
		c.differs("there is a warm-up of one request per user, or of one second of requests; it is not measured")
	}
}

// sampling reads the other fields of the request.
func (c *command) sampling() {
	if t, set := c.number("temperature", 0, 0); set {
		c.set("workload.temperature", strconv.FormatFloat(t, 'g', -1, 64), "--temperature")
	} else if c.out.Tool != SGLang {
		c.differs("temperature 0 is sent; without --temperature, %s leaves it to the server", c.out.Tool)
	}
	for _, name := range []string{"top-p", "top-k", "min-p", "frequency-penalty", "presence-penalty", "repetition-penalty", "logprobs"} {
		if v, set := c.number(name, 0, -2); set {
			c.body[strings.ReplaceAll(name, "-", "_")] = v
		}
	}
	for name, key := range map[string]string{"extra-body": "", "extra-request-body": "", "chat-template-kwargs": "chat_template_kwargs"} {
		text, set := c.text(name, "")
		if !set {
			continue
		}
		var v map[string]any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			c.fail("invalid --%s: must be a JSON object: %w", name, err)
		}
		if key != "" {
			v = map[string]any{key: v}
		}
		for k, x := range v {
			c.body[k] = x
		}
	}
}

// outputs are flags that do not affect what is sent.
func (c *command) outputs() {
	for _, name := range []string{
		"label", "save-result", "save-detailed", "append-result", "metadata", "result-dir", "result-filename", "percentile-metrics",
		"metric-percentiles", "disable-tqdm", "plot-timeline", "timeline-itl-thresholds", "plot-dataset-stats", "output-file",
		"output-details", "request-id-prefix",
	} {
		c.left(name, "it concerns that tool's output")
	}
	c.left("goodput", "goodput limits are not part of a load yet; use --claim 'ttft.p95<500ms' to check a limit")
	c.left("trust-remote-code", "no model code is run here")
}
