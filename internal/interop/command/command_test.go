package command

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/plan"
)

// imported is the plan that a command line becomes, by way of its YAML.
func imported(t *testing.T, text string, as Tool) (plan.Plan, *Plan, error) {
	t.Helper()
	c, err := Import([]string{text}, as)
	if err != nil {
		return plan.Plan{}, nil, err
	}
	var b strings.Builder
	if err := c.WriteYAML(&b); err != nil {
		t.Fatal(err)
	}
	p, _, err := plan.Read(plan.Sources{Name: "imported.yaml", YAML: []byte(b.String())})
	if err != nil {
		t.Fatalf("%v of\n%s", err, b.String())
	}
	if err := p.Validate(); err != nil && p.Workload.Dataset == "" {
		t.Fatalf("%v of\n%s", err, b.String())
	}
	return p, c, nil
}

// One flag has three meanings (row 61): fixed or L ± r in vLLM, [rL, L] with 0
// as [1, L] in SGLang, [rL, L] in InferenceX.
func TestRangeRatioMeansWhatItsToolMeans(t *testing.T) {
	const args = " --dataset-name random --random-input-len 1000 --random-output-len 200 --random-range-ratio "
	for _, tt := range []struct {
		command      string
		as           Tool
		inLo, inHi   int
		outLo, outHi int
		inPrefx      int
	}{
		{command: "vllm bench serve" + args + "0.0", inLo: 1000, inHi: 1000, outLo: 200, outHi: 200},
		{command: "vllm bench serve" + args + "0.25", inLo: 750, inHi: 1250, outLo: 150, outHi: 250},
		{command: "vllm bench serve" + args + `'{"input":0.5,"output":0}'`, inLo: 500, inHi: 1500, outLo: 200, outHi: 200},
		{command: "python -m sglang.bench_serving" + args + "0.0", inLo: 1, inHi: 1000, outLo: 1, outHi: 200},
		{command: "python -m sglang.bench_serving" + args + "0.5", inLo: 500, inHi: 1000, outLo: 100, outHi: 200},
		{command: "python -m sglang.bench_serving" + args + "1", inLo: 1000, inHi: 1000, outLo: 200, outHi: 200},
		{command: "python3 benchmark_serving.py" + args + "0.8", as: InferenceX, inLo: 800, inHi: 1000, outLo: 160, outHi: 200},
		{command: "python3 benchmark_serving.py" + args + "0.8", as: VLLM, inLo: 199, inHi: 1800, outLo: 39, outHi: 360},
		// 200 × 1.1 is a little over 220 in binary, there as here.
		{command: "vllm bench serve --random-prefix-len 300" + args + "0.1", inLo: 1200, inHi: 1400, outLo: 180, outHi: 221, inPrefx: 300},
	} {
		p, _, err := imported(t, tt.command, tt.as)
		if err != nil {
			t.Errorf("%s: %v", tt.command, err)
			continue
		}
		in, out, err := p.Workload.Lengths()
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range []struct {
			what   string
			at     func(seed uint64, i int) int
			lo, hi int
		}{{"input", in.At, tt.inLo, tt.inHi}, {"output", out.At, tt.outLo, tt.outHi}} {
			least, most := math.MaxInt, 0
			for i := range 20_000 {
				n := d.at(1, i)
				least, most = min(least, n), max(most, n)
			}
			// 20,000 draws come within a few tokens of both ends.
			if least < d.lo || least > d.lo+2 || most > d.hi || most < d.hi-2 {
				t.Errorf("%s: %s of %d to %d tokens, want %d to %d", tt.command, d.what, least, most, d.lo, d.hi)
			}
		}
		if p.Workload.Prefix.Tokens != tt.inPrefx {
			t.Errorf("%s: a prefix of %d tokens", tt.command, p.Workload.Prefix.Tokens)
		}
	}
	if _, _, err := imported(t, "python3 benchmark_serving.py"+args+"0.8", ""); err == nil || !strings.Contains(err.Error(), "--as inferencex") {
		t.Errorf("a script of several tools: %v", err)
	}
}

func TestCommandsBecomePlans(t *testing.T) {
	for _, tt := range []struct {
		command string
		want    func(p plan.Plan) []any
		is      []any
	}{
		{
			"vllm bench serve --backend openai-chat --endpoint /v1/chat/completions --base-url http://10.0.0.1:9/ --model a/b --served-model-name s --request-rate 2.5 --burstiness 0.5 --max-concurrency 7 --num-prompts 80 --seed 3 --num-warmups 4 --temperature 0.6 --top-p 0.9",
			func(p plan.Plan) []any {
				return []any{p.Candidate.URL, p.Candidate.API, p.Candidate.Model, p.Load.Rate, p.Load.Arrival, p.Load.Burstiness, p.Client.MaxInflight, p.Load.Requests, p.Seed, p.Load.Warmup.Requests, p.Workload.Temperature, p.Candidate.Body["top_p"]}
			},
			[]any{"http://10.0.0.1:9", "chat", "s", 2.5, "gamma", 0.5, 7, 80, uint64(3), 4, 0.6, 0.9},
		},
		{
			"vllm bench serve", // with nothing but defaults
			func(p plan.Plan) []any {
				return []any{p.Candidate.URL, p.Candidate.API, p.Load.Rate, p.Load.Arrival, p.Load.Requests, p.Seed, p.Workload.InputTokens, p.Workload.OutputTokens}
			},
			[]any{"http://127.0.0.1:8000", "completions", 1e6, "constant", 1000, uint64(0), 1024, 128},
		},
		{
			"vllm bench serve --request-rate inf --max-concurrency 64 --input-len 333 --output-len 44",
			func(p plan.Plan) []any {
				return []any{p.Load.Users, p.Load.Rate, p.Load.Requests, p.Workload.InputTokens, p.Workload.OutputTokens}
			},
			[]any{64, 0.0, 1000, 333, 44},
		},
		{
			"vllm bench serve --request-rate 4 --burstiness inf --dataset-name prefix_repetition --prefix-repetition-num-prefixes 3 --num-prompts 100",
			func(p plan.Plan) []any {
				return []any{p.Load.Arrival, p.Load.Requests, p.Workload.InputTokens, p.Workload.Prefix, p.Workload.OutputTokens}
			},
			[]any{"constant", 99, 512, plan.PrefixPlan{Tokens: 256, Groups: 3}, 128},
		},
		{
			"python3 -m sglang.bench_serving --backend sglang-oai-chat --dataset-name random --num-prompts 5 --random-range-ratio 1 --request-rate 1 --extra-request-body '{\"top_k\": 3}'",
			func(p plan.Plan) []any {
				return []any{p.Candidate.URL, p.Candidate.API, p.Seed, p.Workload.InputTokens, p.Workload.OutputTokens, p.Load.Arrival, p.Load.Warmup.Requests, p.Candidate.Body["top_k"]}
			},
			[]any{"http://127.0.0.1:30000", "chat", uint64(42), 1024, 1024, "poisson", 1, uint64(3)},
		},
		{
			"vllm bench serve --dataset-name custom --dataset-path my.jsonl --num-prompts 10 --disable-shuffle --ignore-eos",
			func(p plan.Plan) []any {
				return []any{p.Workload.Dataset, p.Workload.Rows.Sample, p.Workload.Rows.Shuffle, p.Workload.Rows.Columns, p.Workload.OutputTokens, p.Candidate.Body["ignore_eos"]}
			},
			[]any{"my.jsonl", 10, false, "max_tokens=output_tokens", 256, true},
		},
		{
			"vllm bench serve --dataset-name=sharegpt --dataset_path=s.json --sharegpt-output-len 50 --request-rate 1",
			func(p plan.Plan) []any {
				return []any{p.Workload.Dataset, p.Workload.Rows.Shuffle, p.Workload.Rows.MinTokens, p.Workload.Rows.MaxTokens, p.Workload.OutputTokens}
			},
			[]any{"s.json", true, 4, 1024, 50},
		},
	} {
		p, _, err := imported(t, tt.command, "")
		if err != nil {
			t.Errorf("%s: %v", tt.command, err)
			continue
		}
		if d := cmp.Diff(tt.is, tt.want(p)); d != "" {
			t.Errorf("%s: %s", tt.command, d)
		}
		if len(p.Only) != 1 || p.Only[0] != plan.Load {
			t.Errorf("%s: it runs %v", tt.command, p.Only)
		}
	}
}

// What a flag says and the plan cannot is named, each flag of it.
func TestNothingIsLeftOutInSilence(t *testing.T) {
	_, c, err := imported(t, `vllm bench serve --lora-modules a b --probe-request-rate 2 --goodput ttft:500 tpot:40 --save-result
		--use-beam-search --header "Authorization=Bearer sesame" --tokenizer org/name --brand-new-flag 7 --request-rate 1`, "")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := c.WriteYAML(&b); err != nil {
		t.Fatal(err)
	}
	for _, flag := range []string{"--lora-modules a b", "--probe-request-rate 2", "--goodput ttft:500 tpot:40", "--save-result", "--use-beam-search", "--header", "--tokenizer org/name", "--brand-new-flag 7"} {
		if !strings.Contains(b.String(), "#   "+flag) {
			t.Errorf("%s is not named in\n%s", flag, b.String())
		}
	}
	if strings.Contains(b.String(), "sesame") {
		t.Errorf("a key is in the plan:\n%s", b.String())
	}
}

// What would send something else is refused, and says what to do.
func TestCommandsThatCannotBeSentAreRefused(t *testing.T) {
	for command, want := range map[string]string{
		"vllm bench serve --max-concurrency 0":                                      "at least 1",
		"vllm bench serve --request-rate 0":                                         "above 0",
		"vllm bench serve --request-rate nan":                                       "--request-rate",
		"vllm bench serve --ramp-up-strategy linear":                                "--rate-curve",
		"vllm bench serve --dataset-name hf --dataset-path x/y":                     "hf",
		"vllm bench serve --dataset-name sonnet":                                    "sonnet",
		"vllm bench serve --dataset-name timed_trace --dataset-path t.jsonl":        `--trace "t.jsonl"`,
		"vllm bench serve --dataset-name sharegpt":                                  "nothing is downloaded",
		"vllm bench serve --dataset-name sharegpt --dataset-path s.json":            "--sharegpt-output-len",
		"vllm bench serve --random-range-ratio 1.0":                                 "at least 0 and less than 1",
		"vllm bench serve --backend vllm-rerank":                                    "protocol",
		"vllm bench serve --endpoint /generate":                                     "--endpoint",
		"vllm bench serve --num-prompts":                                            "takes one value",
		"vllm bench serve --num-prompts 1.5":                                        "whole number",
		"vllm bench serve --extra-body {":                                           "JSON",
		"vllm bench serve --model $MODEL":                                           "variables",
		"vllm bench serve --model 'x":                                               "quote",
		"python -m sglang.bench_serving --dataset-name generated-shared-prefix":     "--gsp-num-groups",
		"python -m sglang.bench_serving --dataset-name random --disable-ignore-eos": "fixed length",
		"wrk -t4 http://x":                                                          "must be vllm bench serve",
		"wrk --latency":                                                             "must be vllm bench serve",
	} {
		_, _, err := imported(t, command, "")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", command, err, want)
		}
	}
	if _, _, err := imported(t, "benchmark_serving.py --dataset-name random", InferenceX); err == nil || !strings.Contains(err.Error(), "--random-range-ratio") {
		t.Errorf("%v", err)
	}
	if _, _, err := imported(t, "vllm bench serve", "guidellm"); err == nil || !strings.Contains(err.Error(), "--as") {
		t.Errorf("%v", err)
	}
}

func FuzzFromCommand(f *testing.F) {
	f.Add("vllm bench serve --model 'a b' --extra-body '{\"x\": {\"y\": 1}}' --header a=b c=d")
	f.Add("python -m sglang.bench_serving --dataset-name random --random-range-ratio=0.5 \\\n --seed 7")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Import([]string{text}, VLLM)
		if err != nil {
			return
		}
		var b strings.Builder
		if err := c.WriteYAML(&b); err != nil {
			t.Fatal(err)
		}
		if _, _, err := plan.Read(plan.Sources{Name: "x", YAML: []byte(b.String())}); err != nil {
			t.Errorf("%v of\n%s", err, b.String())
		}
	})
}
