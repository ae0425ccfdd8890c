package command

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// dataset reads what is sent; it returns the number of requests.
func (c *command) dataset(requests int) int {
	def := "random"
	if c.out.Tool == SGLang {
		def = "sharegpt"
	}
	name, _ := c.text("dataset-name", def)
	switch name {
	case "random", "random-ids":
		c.random()
	case "prefix_repetition":
		prefix, suffix := c.whole("prefix-repetition-prefix-len", 256, 0), c.whole("prefix-repetition-suffix-len", 256, 1)
		groups := c.whole("prefix-repetition-num-prefixes", 10, 1)
		c.prefixed(prefix, suffix, groups)
		c.lengths("output", "prefix-repetition-output-len", 128, 0, 0)
		requests -= requests % groups // vLLM silently drops the remainder
	case "generated-shared-prefix":
		// Its defaults are not known well enough to be carried over.
		for _, n := range []string{"num-groups", "prompts-per-group", "system-prompt-len", "question-len", "output-len"} {
			if !c.has("gsp-" + n) {
				c.fail("--dataset-name generated-shared-prefix: --gsp-%s is required; its default is unknown here", n)
			}
		}
		groups := c.whole("gsp-num-groups", 1, 1)
		c.prefixed(c.whole("gsp-system-prompt-len", 0, 0), c.whole("gsp-question-len", 1, 1), groups)
		c.lengths("output", "gsp-output-len", 1, 0, 0)
		requests = groups * c.whole("gsp-prompts-per-group", 1, 1)
	case "sharegpt", "custom":
		c.file(name, requests)
	case "timed_trace", "mooncake":
		path, set := c.text("dataset-path", "")
		if !set {
			c.fail("--dataset-name %s: the trace is missing; give --dataset-path FILE", name)
		}
		c.fail("a trace has its own times and lengths: use inferometer load URL --trace %s (inferometer trace FILE describes it)", quoted(path))
	case "burstgpt":
		c.fail("--dataset-name burstgpt sends the lengths of a trace without its times; to send both, use inferometer load URL --trace FILE")
	default:
		c.fail("the prompts of --dataset-name %s are not available here; available are random, prefix_repetition, generated-shared-prefix, sharegpt and custom", clip(name))
	}
	return requests
}

// random has lengths around a mean, which each tool interprets differently.
func (c *command) random() {
	in, out := 1024, 128
	if c.out.Tool == SGLang {
		out = 1024
	}
	prefix := c.whole("random-prefix-len", 0, 0)
	ratioIn, ratioOut := c.ratios()
	if n := c.whole("input-len", in, 1); c.has("input-len") {
		in = n
	}
	if n := c.whole("output-len", out, 1); c.has("output-len") {
		out = n
	}
	c.lengths("input", "random-input-len", in, prefix, ratioIn)
	c.lengths("output", "random-output-len", out, 0, ratioOut)
	if prefix > 0 {
		c.set("workload.prefix.tokens", strconv.Itoa(prefix), "--random-prefix-len, which that tool adds to the input")
	}
	if c.has("ignore-eos") || c.out.Tool != SGLang || !c.has("disable-ignore-eos") {
		return // answers to synthetic prompts have a fixed length where the server allows it
	}
	c.fail("--disable-ignore-eos: answers to synthetic prompts have a fixed length here")
}

// ratios are those of --random-range-ratio, for input and output.
func (c *command) ratios() (in, out float64) {
	const name = "random-range-ratio"
	text, set := c.text(name, "0.0")
	if !set && c.out.Tool == InferenceX {
		c.fail("--%s is required: its default in InferenceX's fork is unknown here", name)
	}
	var both struct{ Input, Output *float64 }
	v, err := strconv.ParseFloat(text, 64)
	in, out = v, v
	if err != nil && c.out.Tool == VLLM && json.Unmarshal([]byte(text), &both) == nil && both.Input != nil && both.Output != nil {
		in, out, err = *both.Input, *both.Output, nil
	}
	most, limit := 1.0, "at most 1"
	if c.out.Tool == VLLM {
		most, limit = math.Nextafter(1, 0), "less than 1"
	}
	if err != nil || !(min(in, out) >= 0 && max(in, out) <= most) {
		c.fail("invalid --%s %q: must be at least 0 and %s", name, clip(text), limit)
	}
	return in, out
}

// lengths sets those of input or output. A prefix is added to the input.
func (c *command) lengths(what, flag string, def, prefix int, ratio float64) {
	n := c.whole(flag, def, 1)
	lo, hi := n, n
	meaning := ""
	l := float64(n)
	switch {
	case flag != "random-input-len" && flag != "random-output-len":
	case c.out.Tool == VLLM: // L ± r
		lo, hi = int(math.Floor(l*(1-ratio))), int(math.Ceil(l*(1+ratio)))
		meaning = fmt.Sprintf("ratio %v: %v to %v times the length", ratio, 1-ratio, 1+ratio)
	default: // SGLang and InferenceX: from r·L to L
		lo = int(math.Floor(l * ratio))
		meaning = fmt.Sprintf("ratio %v: %v times the length to all of it", ratio, ratio)
	}
	lo, hi = max(1, lo)+prefix, hi+prefix
	from := "--" + flag
	if lo == hi {
		c.set("workload."+what+"_tokens", strconv.Itoa(lo), from)
		return
	}
	c.set("workload."+what+"_lengths", fmt.Sprintf("uniform %d..%d", lo, hi), from+", "+meaning)
}

// prefixed prompts share their beginning with those of their group.
func (c *command) prefixed(prefix, own, groups int) {
	c.set("workload.input_tokens", strconv.Itoa(prefix+own), "the prefix and the rest")
	if prefix == 0 {
		return
	}
	c.set("workload.prefix.tokens", strconv.Itoa(prefix), "")
	if groups > 1 {
		c.set("workload.prefix.groups", strconv.Itoa(groups), "")
	}
	c.differs("each prompt has one of the %d prefixes at random, not an equal number each", groups)
}

// file is a data set of the user.
func (c *command) file(name string, requests int) {
	path, set := c.text("dataset-path", "")
	if !set {
		c.fail("--dataset-name %s: nothing is downloaded here; give --dataset-path FILE", name)
		return
	}
	c.set("workload.dataset", quoted(path), "--dataset-path")
	c.set("workload.rows.sample", strconv.Itoa(requests), "--num-prompts")
	if !c.has("disable-shuffle") {
		c.set("workload.rows.shuffle", "true", "")
	}
	eos := c.has("ignore-eos")
	if c.out.Tool == SGLang {
		eos = !c.has("disable-ignore-eos")
	}
	if eos {
		c.body["ignore_eos"] = true
	}
	flag := name + "-output-len"
	if name == "custom" {
		c.set("workload.output_tokens", strconv.Itoa(c.whole(flag, 256, 1)), "--"+flag)
		c.set("workload.rows.columns", quoted("max_tokens=output_tokens"), "")
		c.left("skip-chat-template", "chat templates are applied by the server here; set candidate.api to chat for one")
		return
	}
	if !c.has(flag) {
		c.fail("--dataset-name sharegpt limits each answer to the length of the recorded one, which is unknown here: add --sharegpt-output-len N")
	}
	c.set("workload.output_tokens", strconv.Itoa(c.whole(flag, 1, 1)), "--"+flag)
	c.set("workload.rows.min_tokens", "4", "as in that tool: prompts of 4 to 1,024 tokens")
	c.set("workload.rows.max_tokens", "1024", "")
	c.differs("a conversation is sent up to its last question, not only its first one; total lengths above 2,048 tokens are not left out")
}
