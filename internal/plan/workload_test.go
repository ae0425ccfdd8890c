package plan

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/plan/key"
)

func TestWorkloadLengths(t *testing.T) {
	p, _, err := Read(Sources{Name: "plan.yaml", YAML: []byte("candidate: {url: http://x}\nworkload: {input_lengths: uniform 100..900, output_lengths: 50% 10 | 50% 30, tokenizer: o200k_base, prefix: {tokens: 64, share: 0.5}}")})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	in, out, err := p.Workload.Lengths()
	if err != nil || !in.Varies() || !out.Varies() || p.Workload.InputTokens < 480 || p.Workload.InputTokens > 520 || p.Workload.OutputTokens < 19 || p.Workload.OutputTokens > 21 {
		t.Errorf("%v %v %v; %+v", in, out, err, p.Workload)
	}
	b, err := p.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if q, _, err := Read(Sources{Name: "again", YAML: b}); err != nil || cmp.Diff(q.Workload, p.Workload) != "" {
		t.Errorf("%+v became %+v, %v", p.Workload, q.Workload, err)
	}
	if in, _, err := (WorkloadPlan{InputTokens: 7, OutputTokens: 8}).Lengths(); err != nil || in.Varies() || in.At(1, 1) != 7 {
		t.Errorf("%v %v", in, err)
	}
}

// A shared prefix that does not fit would be cut to what fits, and the run would
// measure less sharing than was asked for. Where a few prompts are too short, the
// dry run says how many.
func TestPrefixFitsIntoMostPrompts(t *testing.T) {
	p := Default()
	p.Candidate.URL = "http://x"
	p.Workload.Prefix.Tokens = 500
	if err := p.Validate(); err == nil || !strings.Contains(err.Error(), "a prefix is part of the prompt, and prompts have 256 tokens; for 256 of their own after it give --input-tokens 756") {
		t.Error(err)
	}
	p.Workload.InputTokens = 524
	if err := p.Validate(); err != nil || p.Workload.SharedPrefix().Cut() != 0 {
		t.Error(err, p.Workload.SharedPrefix().Cut())
	}
	p.Workload.InputLengths = "uniform 1..2000"
	if cut := p.Workload.SharedPrefix().Cut(); p.Validate() != nil || cut < 0.25 || cut > 0.27 {
		t.Error(cut)
	}
	for _, name := range []string{"rag", "agent"} {
		p := Default()
		p.Candidate.URL = "http://x"
		if err := p.setForm(name); err != nil || p.Validate() != nil {
			t.Error(name, err, p.Validate())
		}
	}
}

func TestWorkloadProblems(t *testing.T) {
	for want, w := range map[string]WorkloadPlan{
		"(--input-lengths): invalid length \"gauss 5\"": {InputLengths: "gauss 5"},
		"(--output-lengths)":                            {OutputLengths: "0"},
		"did you mean \"server\"":                       {Tokenizer: "serve"},
		"give --prefix-tokens":                          {Prefix: PrefixPlan{Groups: 3}},
		"(--prefix-share)":                              {Prefix: PrefixPlan{Tokens: 5, Share: new(1.5)}},
		"(--prefix-groups)":                             {Prefix: PrefixPlan{Tokens: 5, Groups: -1}},
		"(--prefix-tokens)":                             {Prefix: PrefixPlan{Tokens: -5}},
		"drop --input-lengths or --dataset":             {InputLengths: "5", Dataset: "x"},
		"drop --prefix-tokens or --dataset":             {Prefix: PrefixPlan{Tokens: 5}, Dataset: "x"},
		"prompts have 1 tokens; for 1 of their own after it give --input-tokens 501": {Prefix: PrefixPlan{Tokens: 500}},
		"half of the prompts have at most 200 tokens; for 200 of their own":          {Prefix: PrefixPlan{Tokens: 300}, InputLengths: "uniform 100..300"},
		"only a data set has rows": {Rows: RowsPlan{Shuffle: true}},
		"(--dataset-max-tokens)":   {Dataset: "x", Rows: RowsPlan{MinTokens: 9, MaxTokens: 3}},
		"(--dataset-sample)":       {Dataset: "x", Rows: RowsPlan{Sample: -1}},
	} {
		p := Default()
		p.Candidate.URL = "http://x"
		w.InputTokens, w.OutputTokens = 1, 1
		p.Workload = w
		if err := p.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", w, err, want)
		}
	}
}

func TestWorkloadForm(t *testing.T) {
	set := func(text string) (Plan, error) {
		p, _, err := Read(Sources{Set: []Setting{{Path: "candidate.url", Value: "http://x"}, {Path: "workload", Value: text, From: key.Flag("workload")}}})
		return p, err
	}
	p, err := set("in=512, out=uniform 10..30")
	if err != nil || p.Workload.InputTokens != 512 || p.Workload.InputLengths != "" || p.Workload.OutputLengths != "uniform 10..30" || p.Workload.OutputTokens < 19 || p.Workload.OutputTokens > 21 {
		t.Errorf("%+v %v", p.Workload, err)
	}
	for _, bad := range []string{"", "chats", "in", "in=x", "input=3", "in=5,"} {
		if _, err := set(bad); err == nil || !strings.Contains(err.Error(), "--workload") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
