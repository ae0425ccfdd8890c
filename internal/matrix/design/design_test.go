package design

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const small = `
name: cpu
seed: 7
repeats: 2
baseline: f16
cool_down: 5s
values: {threads: 2}
workloads:
  - name: decode
    input_tokens: 16
    output_tokens: 64
    requests: 5
configurations:
  - name: f16
    precision: 16 bits
    model: /models/f16.gguf
    command: [llama-server, --model, "{model}", --port, "{port}", -t, "{threads}"]
    health: /health
    env: {OMP_NUM_THREADS: "{threads}"}
    ready_timeout: 2m
  - name: q4_0
    model: /models/q4_0.gguf
    command: llama-server --model {model} --port {port} --config {"a":1}
`

func read(t *testing.T, text string) Matrix {
	t.Helper()
	m, err := Read("m.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAMatrixIsRead(t *testing.T) {
	m := read(t, strings.Replace(small, `{"a":1}`, "x", 1))
	if m.Name != "cpu" || m.Seed != 7 || m.CoolDown != 5*time.Second || m.Warmup != 2 || m.Workloads[0].Users != 1 || m.Configurations[0].ReadyTimeout != 2*time.Minute {
		t.Errorf("%+v", m)
	}
	e, err := m.Launch(m.Configurations[0])
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"llama-server", "--model", "/models/f16.gguf", "--port", "{port}", "-t", "2"}, e.Command); diff != "" {
		t.Error(diff)
	}
	if !slices.Equal(e.Env, []string{"OMP_NUM_THREADS=2"}) {
		t.Errorf("environment %v", e.Env)
	}
}

func TestAWrittenMatrixReadsTheSame(t *testing.T) {
	m := read(t, strings.Replace(small, `{"a":1}`, "x", 1))
	b, err := m.YAML()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Read("again.yaml", b)
	if err != nil {
		t.Fatalf("%v in\n%s", err, b)
	}
	if diff := cmp.Diff(m, again); diff != "" {
		t.Error(diff)
	}
}

func TestMistakesAreLocated(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"unknown key":            {"seed: 7", "sede: 7", `m.yaml:3:1: unknown key "sede" in a plan (did you mean "seed"?)`},
		"unknown key in a list":  {"precision: 16 bits", "dtype: f16", `m.yaml:15:5: unknown key "dtype" in configurations[0]`},
		"unit":                   {"cool_down: 5s", "cool_down: 5", "m.yaml:6:12: cool_down:"},
		"baseline":               {"baseline: f16", "baseline: f61", `m.yaml:5:1: baseline: there is no configuration "f61"`},
		"twice":                  {"name: q4_0", "name: f16", `configurations[1].name: "f16" is listed twice`},
		"a shell":                {"--config {\"a\":1}", "| tee log", "write the command as a list"},
		"no end":                 {"    requests: 5\n", "", "must have either requests or duration"},
		"values":                 {"values: {threads: 2}", "values: 2", "m.yaml:7:9: values: must be a mapping"},
		"a name with a path":     {"name: q4_0", "name: ../x", "configurations[1].name"},
		"no port":                {`--port, "{port}", `, "", "must say where {port} goes"},
		"a port among values":    {"values: {threads: 2}", "values: {port: 8000}", "m.yaml:7:1: values: {port} is filled when the engine starts"},
		"a secret":               {`env: {OMP_NUM_THREADS: "{threads}"}`, "env: {HF_TOKEN: abc}", "m.yaml:19:5: configurations[0].env: HF_TOKEN looks like a secret"},
		"a secret in a command":  {"--config {\"a\":1}", "--api-key abc", "configurations[1].command: --api-key looks like a secret"},
		"not a number of tokens": {"output_tokens: 64", "output_tokens: many", `m.yaml:11:20: workloads[0].output_tokens: "many" is not a whole number`},
	} {
		text := strings.Replace(small, c.old, c.new, 1)
		if name != "a shell" && name != "a secret in a command" {
			text = strings.Replace(text, `{"a":1}`, "x", 1)
		}
		if text == small {
			t.Fatalf("%s: nothing to replace", name)
		}
		if _, err := Read("m.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

func TestAPlaceholderWithoutAValueIsAnError(t *testing.T) {
	m := read(t, strings.Replace(small, `--config {"a":1}`, "--dtype {dtype}", 1))
	if _, err := m.Launch(m.Configurations[1]); err == nil || !strings.Contains(err.Error(), `nothing stands for {dtype}; give dtype under values`) {
		t.Errorf("error %v", err)
	}
}

func TestWhatLooksLikeASecret(t *testing.T) {
	for _, c := range []struct {
		command []string
		env     map[string]string
		want    string
	}{
		{[]string{"x", "--api-key=abc"}, nil, "--api-key"}, {[]string{"x", "--hf-token", "abc"}, nil, "--hf-token"}, {[]string{"env", "HF_TOKEN=abc", "x"}, nil, "HF_TOKEN"}, {[]string{"x"}, map[string]string{"OPENAI_API_KEY": "abc"}, "OPENAI_API_KEY"},
		{[]string{"x", "--max-tokens", "8", "--tokenizer", "t", "--ssl-keyfile", "f", "--api-key", "--port"}, map[string]string{"TOKENIZERS_PARALLELISM": "1", "HF_TOKEN": ""}, ""},
	} {
		if _, got := secretIn(Configuration{Command: c.command, Env: c.env}); got != c.want {
			t.Errorf("%v %v: %q, want %q", c.command, c.env, got, c.want)
		}
	}
}

// JSON in an argument is no placeholder.
func TestJSONIsLeftAlone(t *testing.T) {
	m := read(t, strings.Replace(small, `llama-server --model {model} --port {port} --config {"a":1}`, `[x, "{port}", '{"a":1}']`, 1))
	e, err := m.Launch(m.Configurations[1])
	if err != nil || e.Command[2] != `{"a":1}` {
		t.Errorf("%v, %v", e.Command, err)
	}
}

func TestBlocksHaveEachConfigurationOnceInAnOrderOfTheSeed(t *testing.T) {
	m := Matrix{Seed: 3, Repeats: 40}
	for _, n := range []string{"a", "b", "c"} {
		m.Configurations = append(m.Configurations, Configuration{Name: n})
	}
	steps := m.Steps()
	orders := map[string]int{}
	for b := range m.Repeats {
		order, names := "", []string{}
		for i, s := range steps[3*b : 3*b+3] {
			if s.Block != b+1 || s.Index != 3*b+i+1 {
				t.Errorf("step %+v", s)
			}
			order += s.Configuration
			names = append(names, s.Configuration)
		}
		slices.Sort(names)
		if !slices.Equal(names, []string{"a", "b", "c"}) {
			t.Errorf("block %d has %v", b+1, names)
		}
		orders[order]++
	}
	if len(orders) != 6 {
		t.Errorf("orders %v, want all six in 40 blocks", orders)
	}
	if diff := cmp.Diff(steps, m.Steps()); diff != "" {
		t.Errorf("another order from the same seed: %s", diff)
	}
}

func TestWhatIsMissingIsSaidWithAHint(t *testing.T) {
	model := filepath.Join(t.TempDir(), "m.gguf")
	m := Matrix{Model: model}
	c := Configuration{Name: "a", Command: []string{"no-such-engine-here", "{model}"}, Hint: "install it with: pip install x"}
	if got := m.Missing(c); !strings.Contains(got, `no program "no-such-engine-here"; install it with`) {
		t.Errorf("%q", got)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c.Command[0] = exe
	if got := m.Missing(c); !strings.Contains(got, "no model at") {
		t.Errorf("%q", got)
	}
	if err := os.WriteFile(model, make([]byte, 1234), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := m.Missing(c); got != "" {
		t.Errorf("%q", got)
	}
	if w, _ := m.Weights(c); w != 1234 {
		t.Errorf("weights %v", w)
	}
}

func TestTimeIsKnownWhereCellsEndByTime(t *testing.T) {
	m := Matrix{Repeats: 2, CoolDown: time.Second, Workloads: []Workload{{Duration: 9 * time.Second}}, Configurations: make([]Configuration, 3)}
	if d, whole := m.LeastTime(); d != time.Minute || !whole {
		t.Errorf("%v %v", d, whole)
	}
	m.Workloads = append(m.Workloads, Workload{Requests: 1})
	if _, whole := m.LeastTime(); whole {
		t.Error("a cell of requests has a time")
	}
}

// docs/hardware.md has every key of a file.
func TestEveryKeyIsDocumented(t *testing.T) {
	b, err := os.ReadFile("../../../docs/hardware.md")
	if err != nil {
		t.Fatal(err)
	}
	matrix, workload, configuration := Keys()
	for _, k := range slices.Concat(matrix, workload, configuration) {
		if !strings.Contains(string(b), "`"+k+"`") {
			t.Errorf("docs/hardware.md lacks `%s`", k)
		}
	}
}
