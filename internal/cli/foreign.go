package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/inferometer/inferometer/internal/metric"
)

// synonyms are names of flags that stand for another name, on every command
// that has that one. Help does not list them.
var synonyms = map[string]string{
	"gpu": "accelerator", "chip": "accelerator", "gpus": "accelerators", "chips": "accelerators",
	"gpu-memory": "accelerator-memory", "gpu-bandwidth": "accelerator-bandwidth", "gpu-tflops": "accelerator-tflops",
}

// canonical replaces a synonym where the command has the flag it stands for.
func canonical(fs *pflag.FlagSet, name string) pflag.NormalizedName {
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

// flagError explains a flag that cannot be taken.
func flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) || unknown.GetSpecifiedName() == "" {
		return usagef("%w; see %s --help", err, c.CommandPath())
	}
	name := unknown.GetSpecifiedName()
	if hint, ok := foreign[name]; ok {
		return usagef("unknown flag: --%s; here it is %s; see %s --help", name, hint, c.CommandPath())
	}
	var known []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			known = append(known, f.Name)
		}
	})
	hint := metric.DidYouMean(name, known)
	return usagef("unknown flag: --%s%s; see %s --help", name, strings.ReplaceAll(hint, `"`, ""), c.CommandPath())
}

// positive says of a flag's number that it must be greater than 0.
func positive(flag string, v float64) error {
	if !(v > 0) {
		return usagef("--%s %g: must be greater than 0", flag, v)
	}
	return nil
}

// inRange says of a flag's number that it is out of range.
func inRange(flag string, v, least, most float64) error {
	if !(v >= least && v <= most) {
		return usagef("--%s %s: must be between %s and %s", flag, plainNumber(v), plainNumber(least), plainNumber(most))
	}
	return nil
}

func plainNumber(v float64) string { return strings.TrimSuffix(fmt.Sprintf("%.10f", v), ".0000000000") }
