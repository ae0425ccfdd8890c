package cli

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/inferometer/inferometer/internal/cli/help"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/key"
)

// cli runs a command line and returns its exit code and output.
func cli(t *testing.T, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, complaints bytes.Buffer
	code = Main(Process{Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &complaints, Env: env, Version: "test"})
	return code, out.String(), complaints.String()
}

// commands lists every command by its words.
func commands(c *cobra.Command, words []string) [][]string {
	all := [][]string{words}
	for _, sub := range c.Commands() {
		all = append(all, commands(sub, append(slices.Clone(words), sub.Name()))...)
	}
	return all
}

// Help fits a terminal: 80 columns, and what is common on two screens of 50
// lines.
func TestHelpFits(t *testing.T) {
	for _, words := range commands(newRoot(&Process{}), nil) {
		for _, flag := range []string{"--help", "--help-all"} {
			args := append(slices.Clone(words), flag)
			code, out, stderr := cli(t, nil, args...)
			if code != 0 {
				t.Errorf("%v: exit code %d: %s", args, code, stderr)
			}
			lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
			for _, line := range lines {
				if n := utf8.RuneCountInString(line); n > help.Width {
					t.Errorf("%v: %d columns: %s", args, n, line)
				}
			}
			if flag == "--help" && len(lines) > 100 {
				t.Errorf("%v: %d lines", args, len(lines))
			}
		}
	}
}

// Every flag has a group, and a placeholder that names its type or unit, or is
// a switch.
func TestFlagsAreDescribed(t *testing.T) {
	root := newRoot(&Process{})
	for _, words := range commands(root, nil) {
		c, _, err := root.Find(words)
		if err != nil {
			t.Fatal(err)
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Hidden {
				return
			}
			value, usage := help.Describe(f)
			if value != "" && (value != strings.ToUpper(value)) {
				t.Errorf("%v --%s %s: the placeholder says nothing", words, f.Name, value)
			}
			if usage == "" || utf8.RuneCountInString(usage) > 80 {
				t.Errorf("%v --%s: %q", words, f.Name, usage)
			}
			flags := 0
			c.LocalFlags().VisitAll(func(*pflag.Flag) { flags++ })
			if flags > 8 && help.GroupOf(f) == "" && !strings.HasPrefix(f.Name, "help") && f.Name != "exit-with-stdin" {
				t.Errorf("%v --%s has no group", words, f.Name)
			}
		})
	}
}

// --help-all has every flag of the command, --help those that are common.
func TestHelpAll(t *testing.T) {
	_, common, _ := cli(t, nil, "load", "--help")
	_, all, _ := cli(t, nil, "load", "--help-all")
	for _, want := range []string{"--users USERS", "--rate REQ/S", "--timeout DURATION", "--scan KEY=VALUES", "Load:", " more: inferometer load --help-all"} {
		if !strings.Contains(common, want) {
			t.Errorf("--help lacks %q", want)
		}
	}
	c, _, _ := newRoot(&Process{}).Find([]string{"load"})
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden && !strings.Contains(all, "--"+f.Name) {
			t.Errorf("--help-all lacks --%s", f.Name)
		}
		if isRare := help.IsRare(f); isRare && strings.Contains(common, "--"+f.Name+" ") {
			t.Errorf("--help has --%s, which is rare", f.Name)
		}
	})
}

func TestForeignFlags(t *testing.T) {
	for args, want := range map[string]string{
		"load http://x --concurrency 8":             "unknown flag: --concurrency; here it is --users N",
		"load http://x --num-prompts=8":             "--requests N",
		"load http://x --request-rate 8":            "--rate REQ/S",
		"load http://x --api-key secret":            "--key-env VAR",
		"load http://x --max-concurrency 8":         "--users N for a closed loop",
		"load http://x --rate-type poisson":         "--arrival",
		"load http://x --max-seconds 8":             "--duration",
		"load http://x --isl 8":                     "--input-tokens",
		"load http://x --osl 8":                     "--output-tokens",
		"capacity --target http://x":                "the URL as the argument",
		"load http://y --target http://x --users 1": "NAME=URL",
		"load http://x --usrs 8":                    "did you mean users?",
		"load http://x --prefix-share 2":            "--prefix-share",
		"run http://x --concurrency 8":              "here it is --users N; inferometer load has --users; see",
		"run http://x --rate 4":                     "unknown flag: --rate; inferometer load has it; see",
		"load http://x --levels 4":                  "unknown flag: --levels; inferometer run has it",
		"load http://x --nonsense-of-my-own":        "unknown flag: --nonsense-of-my-own; see inferometer load --help",
		"sim --concurrency 8":                       "here it is",
		"load http://x --users 1 --requests x":      `--requests: "x" is not a whole number`,
	} {
		code, _, stderr := cli(t, nil, strings.Fields(args)...)
		if code != exitUsage || !strings.Contains(stderr, want) || strings.Contains(stderr, "secret") {
			t.Errorf("%s: exit code %d: %s", args, code, stderr)
		}
	}
}

// A word of another tool is not the name of a flag of load, and its hint names
// flags that a command has.
func TestForeignFlagsLeadToOurs(t *testing.T) {
	var known []string
	root := newRoot(&Process{})
	for _, words := range commands(root, nil) {
		c, _, _ := root.Find(words)
		c.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	}
	load, _, _ := root.Find([]string{"load"})
	for name, hint := range help.Foreign() {
		if name != "target" && load.Flags().Lookup(name) != nil {
			t.Errorf("--%s is a flag of load, and has the hint %q", name, hint)
		}
		for word := range strings.FieldsSeq(hint) {
			if flag, ok := strings.CutPrefix(strings.Trim(word, ",:()"), "--"); ok && !slices.Contains(known, flag) {
				t.Errorf("--%s leads to --%s, which no command has", name, flag)
			}
		}
	}
}

// One name for one thing, and other names are taken for it.
func TestAcceleratorByOtherNames(t *testing.T) {
	for _, flag := range []string{"--accelerator", "--gpu", "--chip"} {
		code, out, stderr := cli(t, nil, "cost", "http://x", flag, "h100", "--dry-run")
		if code != 0 || !strings.Contains(out, "candidate.machine.accelerator") {
			t.Errorf("cost %s: exit code %d: %s", flag, code, stderr)
		}
		if code, _, stderr := cli(t, nil, "forecast", "--model", "llama-3.1-8b", flag, "h100", "--requests", "100"); code != 0 {
			t.Errorf("forecast %s: exit code %d: %s", flag, code, stderr)
		}
		if code, _, stderr := cli(t, nil, "sim", "--profile", "physics", flag, "h10"); code != exitUsage || !strings.Contains(stderr, "--accelerator") {
			t.Errorf("sim %s: exit code %d: %s", flag, code, stderr)
		}
	}
	_, all, _ := cli(t, nil, "forecast", "--help-all")
	_, common, _ := cli(t, nil, "forecast", "--help")
	if strings.Contains(all+common, "--gpu ") {
		t.Error("help lists a name that is only taken")
	}
}

func TestForecastLimits(t *testing.T) {
	base := []string{"forecast", "--model", "llama-3.1-8b", "--accelerator", "h100"}
	for args, want := range map[string]string{
		"--requests 20000000":         "--requests 20000000: must be between 100 and 10000000",
		"--requests 5":                "must be between 100",
		"--rate 1e10":                 "--rate 10000000000: must be between 0 and 1000000000",
		"--rate -1":                   "--rate -1: must be greater than 0",
		"--rate -1 --usd-per-hour -2": "--rate -1: must be greater than 0",
		"--slo stall.p99<1s":          `--slo: "stall.p99<1000ms" cannot be forecast`,
	} {
		code, _, stderr := cli(t, nil, append(slices.Clone(base), strings.Fields(args)...)...)
		if code != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit code %d: %s", args, code, stderr)
		}
	}
}

// A cap on the spend needs prices, and the error says which flags give one.
func TestMaxCostNeedsAPrice(t *testing.T) {
	for _, words := range []string{"latency", "throughput", "quality", "capacity --slo ttft.p95<1s", "load --users 1 --requests 5"} {
		args := append(strings.Fields(words), "http://127.0.0.1:9", "--max-cost", "5")
		code, _, stderr := cli(t, nil, args...)
		if code != exitUsage || !strings.Contains(stderr, "max_cost (--max-cost): the candidate has no price; give --price MODEL") {
			t.Errorf("%v: exit code %d: %s", args, code, stderr)
		}
		code, _, stderr = cli(t, nil, append(args, "--price", "gpt-5-mini", "--dry-run")...)
		if code != 0 {
			t.Errorf("%v with a price: exit code %d: %s", args, code, stderr)
		}
		// A cap that nothing counts against would hold nothing, and say nothing.
		code, _, stderr = cli(t, nil, append(args, "--accelerator", "h100", "--dry-run")...)
		if code != exitUsage || !strings.Contains(stderr, "no target has a price per token") {
			t.Errorf("%v with a machine alone: exit code %d: %s", args, code, stderr)
		}
	}
}

func TestWorkloadByVariable(t *testing.T) {
	code, out, stderr := cli(t, []string{"INFEROMETER_WORKLOAD=chat"}, "load", "http://127.0.0.1:9", "--users", "1", "--requests", "5", "--dry-run")
	if code != 0 || !strings.Contains(out, "lognormal mean=352.5 cv=0.947 min=16 max=4096  INFEROMETER_WORKLOAD") {
		t.Errorf("exit code %d: %s %s", code, out, stderr)
	}
}

// What an error quotes does not drive the terminal.
func TestErrorsDriveNoTerminal(t *testing.T) {
	var out strings.Builder
	p := Process{Stderr: &out}
	p.complain(usagef("first \x1b[2J\u202e line\nsecond \u009b31m"))
	if text := out.String(); strings.ContainsAny(text, "\x1b\u202e\u009b") || strings.Count(text, "\n") != 2 {
		t.Errorf("%q", text)
	}
}

func TestClipped(t *testing.T) {
	for _, tt := range []struct {
		text    string
		columns int
		want    string
	}{{"abc", 2, "ab"}, {"abc", 3, "abc"}, {"→→→", 2, "→→"}, {"日本語", 5, "日本"}, {"日本語", 6, "日本語"}, {"e\u0301x", 1, "e\u0301"}, {"", 3, ""}} {
		if got := clipped(tt.text, tt.columns); got != tt.want || !utf8.ValidString(got) {
			t.Errorf("%q in %d columns: %q", tt.text, tt.columns, got)
		}
	}
}

// The doctor asks what an endpoint can do, whatever a run would measure there.
func TestDoctorPlan(t *testing.T) {
	p := Process{}
	f := planFlags{settings: []plan.Setting{{Path: "candidate.api", Value: "embeddings", From: key.Flag("api")}}}
	if _, err := p.targetPlan(&f, "http://127.0.0.1:9"); err != nil {
		t.Error(err)
	}
	f = planFlags{settings: []plan.Setting{{Path: "candidate.api", Value: "embed", From: key.Flag("api")}}}
	if _, err := p.targetPlan(&f, "http://127.0.0.1:9"); err == nil || !strings.Contains(err.Error(), "embeddings") {
		t.Error(err)
	}
}
