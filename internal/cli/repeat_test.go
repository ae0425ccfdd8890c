package cli

import (
	"strings"
	"testing"
)

// A dry run of repeats says how many there are, what all of them cost at most and what
// they lack.
func TestADryRunSaysWhatTheRepeatsCost(t *testing.T) {
	for _, tt := range []struct {
		args string
		want []string
	}{
		{"load sim:vllm --users 2 --requests 20 --warmup 2 --price gpt-5-mini --every 3h --for 24h --max-cost 9", []string{"Repeated every 3h0m0s for 24h0m0s: 8 times", "for all of them (8 × $0.", "never more than $9 (--max-cost)"}},
		{"run sim:vllm --only latency --every 3h --for 9h", []string{"3 times", "3 repeats have no interval over the day: it needs 5"}},
		{"compare --live sim:vllm sim:api --users 2 --requests 200 --every 2s --for 1m", []string{"30 times", "longer than --every 2s: starts that pass meanwhile are missed"}},
	} {
		code, out, stderr := cli(t, nil, append(strings.Fields(tt.args), "--dry-run")...)
		for _, want := range tt.want {
			if code != 0 || !strings.Contains(out, want) {
				t.Errorf("%s: exit code %d: %s%s lacks %q", tt.args, code, out, stderr, want)
			}
		}
	}
}

func TestRepeatsThatMakeNoSenseAreRefused(t *testing.T) {
	for args, want := range map[string]string{
		"--every 3h":                      "say for how long, as in --every 3h0m0s --for 24h",
		"--for 3h":                        "say how often",
		"--every 3h --for 1h":             "must be at least --every",
		"--every 1h --for 9h --live":      "--live and --metrics-addr show a single run",
		"--every 1h --for 9h --every=abc": "invalid argument",
		"--every 1h --for 9h --baseline sim:api --fail-if vs|baseline:ttft.p95>+5%": "--fail-if decides about one run",
	} {
		words := []string{"load", "sim:vllm", "--users", "2", "--requests", "20"}
		for _, w := range strings.Fields(args) {
			words = append(words, strings.ReplaceAll(w, "|", " "))
		}
		code, _, stderr := cli(t, nil, words...)
		if code != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit code %d: %s lacks %q", args, code, stderr, want)
		}
	}
}
