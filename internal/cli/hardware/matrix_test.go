package hardware

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/matrix/design"
)

const planFile = `
name: two
repeats: 2
cool_down: 3s
workloads: [{name: decode, input_tokens: 8, output_tokens: 8, duration: 7s}]
configurations:
  - {name: a, precision: 16 bits, command: [no-such-engine, --port, "{port}"], hint: get it elsewhere}
  - {name: b, precision: 4 bits, command: [no-such-engine, --port, "{port}", -q, "4"]}
`

func plan(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "plan.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// A dry run says configurations, order and time, and starts nothing: the Env of this
// test could not.
func TestDryRunOfAMatrix(t *testing.T) {
	out, err := run(t, "matrix", plan(t, planFile), "--dry-run")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"two: 2 configurations, 2 repeats, baseline a. Nothing is started.", "no-such-engine --port {port} -q 4", `skipped: there is no program "no-such-engine"; get it elsewhere`,
		"decode: 8 input and 8 output tokens, users at once: 1, 7s", "block 1: ", "block 2: ", "Time: at least 40s, and the start of an engine for each of 4 runs",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

func TestFlagsChangeThePlanOfAMatrix(t *testing.T) {
	out, err := run(t, "matrix", "cpu-llamacpp", "--model", "/m/x-f16.gguf", "--only", "q4_0,f16", "--repeats", "7", "--threads", "6", "--bandwidth", "28.5", "--print-plan")
	if err != nil {
		t.Fatal(err)
	}
	m, err := design.Read("printed", []byte(out))
	if err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	if m.Repeats != 7 || len(m.Configurations) != 2 || m.BaselineName() != "f16" || m.Values["threads"] != "6" || m.Bandwidth != 28.5 || m.Configurations[1].Model != "/m/x-q4_0.gguf" {
		t.Errorf("%+v", m)
	}
}

func TestMistakesOfAMatrixAreUsageErrors(t *testing.T) {
	for want, args := range map[string][]string{
		"give a plan or a preset":              {},
		`did you mean "cpu-vllm"`:              {"cpu-vlm"},
		"no such file":                         {"/nowhere/plan.yaml"},
		`there is no configuration "z"`:        {plan(t, planFile), "--only", "z"},
		"repeats: 0 is out of range":           {plan(t, planFile), "--repeats", "0"},
		"neither a number of GB/s":             {plan(t, planFile), "--bandwidth", "much"},
		`unknown key "nam"`:                    {plan(t, "nam: x\n")},
		"no model is named; give --model FILE": {"cpu-llamacpp"},
		"is for presets":                       {plan(t, planFile), "--model", "q4_0=x"},
		"--resume reads the plan from the fo":  {plan(t, planFile), "--resume", "x"},
	} {
		if _, err := run(t, append([]string{"matrix"}, args...)...); !errors.Is(err, errUsage) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, want %q", args, err, want)
		}
	}
}

func TestPresetsAreListedWithWhatTheyNeed(t *testing.T) {
	out, err := run(t, "matrix", "--list")
	if err != nil || !strings.Contains(out, "untested on real hardware") || !strings.Contains(out, "apple-llamacpp") || !strings.Contains(out, "iogpu.wired_limit_mb") {
		t.Errorf("%v\n%s", err, out)
	}
	out, err = run(t, "matrix", "--list", "--flags")
	if err != nil || !strings.Contains(out, "VLLM_MLX_DEVICE") || !strings.Contains(out, "2026-") {
		t.Errorf("%v\n%s", err, out)
	}
}
