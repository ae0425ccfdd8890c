package help

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/lazy"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/inferometer/inferometer/internal/suggest"
)

// synonyms are names of flags that stand for another name, on every command
// that has that one. Help does not list them.
var synonyms = map[string]string{
	"gpu": "accelerator", "chip": "accelerator", "gpus": "accelerators", "chips": "accelerators",
	"gpu-memory": "accelerator-memory", "gpu-bandwidth": "accelerator-bandwidth", "gpu-tflops": "accelerator-tflops",
}

// Canonical replaces a synonym where the command has the flag it stands for.
func Canonical(fs *pflag.FlagSet, name string) pflag.NormalizedName {
	if to, ok := synonyms[name]; ok {
		return pflag.NormalizedName(to)
	}
	return pflag.NormalizedName(name)
}

// foreign says for flags of vLLM bench, SGLang's bench_serving, GuideLLM,
// AIPerf and genai-bench what does the same here.
var foreign = map[string]string{
	"concurrency":                 "--users N",
	"concurrent":                  "--users N",
	"concurrent-requests":         "--users N",
	"concurrency-range":           "--scan users=1..64x2",
	"num-concurrency":             "--users N",
	"max-concurrency":             "--users N for a closed loop, or --max-inflight N as a cap on --rate",
	"num-prompts":                 "--requests N",
	"request-count":               "--requests N",
	"num-requests":                "--requests N",
	"max-requests":                "--requests N",
	"max-requests-per-run":        "--requests N",
	"request-rate":                "--rate REQ/S",
	"rps":                         "--rate REQ/S",
	"qps":                         "--rate REQ/S",
	"request-rate-mode":           "--arrival PROCESS",
	"arrival-pattern":             "--arrival PROCESS",
	"arrival-smoothness":          "--burstiness SHAPE",
	"rate-type":                   "--users N (concurrent), --rate REQ/S with --arrival constant or poisson, or --scan (sweep)",
	"profile-type":                "--users N (concurrent), --rate REQ/S with --arrival constant or poisson, or --scan (sweep)",
	"ramp-up-strategy":            "--rate-curve ramp:FROM..TO/TIME",
	"max-seconds":                 "--duration 60s",
	"benchmark-duration":          "--duration 60s",
	"max-time-per-run":            "--duration 60s",
	"measurement-interval":        "--duration 60s",
	"warmup-requests":             "--warmup N",
	"warmup-request-count":        "--warmup N",
	"num-warmups":                 "--warmup N",
	"input-len":                   "--input-tokens TOKENS",
	"random-input-len":            "--input-tokens TOKENS",
	"random-input":                "--input-tokens TOKENS",
	"input-length":                "--input-tokens TOKENS",
	"isl":                         "--input-tokens TOKENS",
	"prompt-tokens":               "--input-tokens TOKENS",
	"synthetic-input-tokens":      "--input-tokens TOKENS",
	"synthetic-input-tokens-mean": "--input-tokens TOKENS",
	"prompt-input-tokens-mean":    "--input-tokens TOKENS",
	"isl-stddev":                  "--input-lengths 'normal mean=512 sd=50'",
	"random-range-ratio":          "--input-lengths 'uniform 100..900'",
	"output-len":                  "--output-tokens TOKENS",
	"random-output-len":           "--output-tokens TOKENS",
	"random-output":               "--output-tokens TOKENS",
	"output-length":               "--output-tokens TOKENS",
	"osl":                         "--output-tokens TOKENS",
	"max-tokens":                  "--output-tokens TOKENS",
	"output-tokens-mean":          "--output-tokens TOKENS",
	"osl-stddev":                  "--output-lengths 'normal mean=128 sd=10'",
	"random-prefix-len":           "--prefix-tokens TOKENS",
	"prefix-prompt-length":        "--prefix-tokens TOKENS",
	"traffic-scenario":            "--workload in=512,out=128",
	"dataset-path":                "--dataset FILE",
	"dataset-name":                "--dataset FILE, or --workload for synthetic prompts",
	"dataset-config":              "--dataset FILE",
	"input-file":                  "--dataset FILE, or --trace FILE for recorded times",
	"fixed-schedule":              "--trace FILE",
	"api-key":                     "--key-env VAR, the name of an environment variable that has the key: a key on the command line can be read by others",
	"api-base":                    "the URL as the argument",
	"base-url":                    "the URL as the argument",
	"endpoint-url":                "the URL as the argument",
	"target":                      "the URL as the argument",
	"host":                        "the URL as the argument, such as http://127.0.0.1:8000",
	"port":                        "the URL as the argument, such as http://127.0.0.1:8000",
	"endpoint":                    "the URL as the argument, and --api for its dialect",
	"backend":                     "--api API",
	"endpoint-type":               "--api API",
	"api-backend":                 "--api API",
	"request-type":                "--api API",
	"task":                        "--api API",
	"served-model-name":           "--model NAME",
	"api-model-name":              "--model NAME",
	"model-names":                 "--model NAME",
	"streaming":                   "--stream, which is the default",
	"random-seed":                 "--seed N",
	"request-timeout-seconds":     "--timeout DURATION",
	"goodput":                     "--claim LIMIT, or --slo LIMIT of inferometer capacity",
	"extra-body":                  "candidate.body in a plan file",
	"extra-inputs":                "candidate.body in a plan file",
	"extra-request-body":          "candidate.body in a plan file",
	"additional-request-params":   "candidate.body in a plan file",
	"header":                      "candidate.headers in a plan file",
	"session-concurrency":         "--users N with --turns N",
	"num-sessions":                "--conversations N with --turns N",
	"conversation-num":            "--conversations N with --turns N",
	"conversation-turn-mean":      "--turns N",
	"session-turns-mean":          "--turns N",
	"output-path":                 "--dir FOLDER",
	"output-dir":                  "--dir FOLDER",
	"result-dir":                  "--dir FOLDER",
	"output-artifact-dir":         "--dir FOLDER",
	"artifact-dir":                "--dir FOLDER",
	"experiment-base-dir":         "--dir FOLDER",
	"save-result":                 "nothing: results are always kept, in --dir FOLDER",
	"percentile-metrics":          "nothing: the report has all of them",
	"metric-percentiles":          "nothing: the report has all of them",
	"disable-tqdm":                "nothing: progress goes to stderr",
	"ignore-eos":                  "nothing: it is asked for wherever the server takes it",
}

// Foreign returns the flags of other tools with what does the same here.
func Foreign() map[string]string { return maps.Clone(foreign) }

// Unknown explains that a command does not have a flag; "" for another error. The
// flag may be another tool's, or another command's.
func Unknown(c *cobra.Command, err error) string {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) || unknown.GetSpecifiedName() == "" {
		return ""
	}
	name := unknown.GetSpecifiedName()
	if hint, ok := foreign[name]; ok {
		text := fmt.Sprintf("unknown flag: --%s; here it is %s", name, hint)
		flag := ours().FindString(hint)
		if other := elsewhere(c, flag); other != "" {
			text += fmt.Sprintf("; %s has %s", other, flag)
		}
		return text
	}
	if other := elsewhere(c, "--"+name); other != "" {
		return fmt.Sprintf("unknown flag: --%s; %s has it", name, other)
	}
	var known []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			known = append(known, f.Name)
		}
	})
	hint := suggest.DidYouMean(name, known)
	return fmt.Sprintf("unknown flag: --%s%s", name, strings.ReplaceAll(hint, `"`, ""))
}

// ours finds the first flag in a hint.
var ours = lazy.Regexp(`--[a-z][a-z-]*`)

// elsewhere names a command that has a flag that c lacks; "" if c has it, or none has.
// Of several it is load, which puts load on a server as other tools do, or run.
func elsewhere(c *cobra.Command, flag string) string {
	name := strings.TrimPrefix(flag, "--")
	has := func(c *cobra.Command) bool {
		f := c.Flags().Lookup(name)
		return f != nil && !f.Hidden
	}
	if name == "" || has(c) {
		return ""
	}
	found := map[string]string{}
	for _, other := range slices.Backward(c.Root().Commands()) {
		if has(other) {
			found[other.Name()], found[""] = other.CommandPath(), other.CommandPath()
		}
	}
	return cmp.Or(found["load"], found["run"], found[""])
}
