package preset

import (
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/matrix/design"
)

// Each option and variable that a preset uses is in the table, with source and date,
// and the table has no other.
func TestEveryFlagHasASource(t *testing.T) {
	known, used := map[[2]string]bool{}, map[[2]string]bool{}
	for _, f := range Flags() {
		if f.Source == "" || f.For == "" {
			t.Errorf("%+v", f)
		}
		if _, err := time.Parse(time.DateOnly, f.AsOf); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
		if k := [2]string{f.Engine, f.Name}; known[k] {
			t.Errorf("%v is there twice", k)
		}
		known[[2]string{f.Engine, f.Name}] = true
	}
	for _, p := range All() {
		for _, r := range p.Rows {
			var names []string
			for _, a := range r.Command {
				if strings.HasPrefix(a, "-") && a != "-1" {
					names = append(names, a)
				}
			}
			for k := range r.Env {
				names = append(names, k)
			}
			for _, n := range names {
				k := [2]string{r.Engine, n}
				used[k] = true
				if !known[k] {
					t.Errorf("%s, %s: %s of %s is not in the table of flags", p.Name, r.Name, n, r.Engine)
				}
			}
		}
	}
	for k := range known {
		if !used[k] {
			t.Errorf("no preset uses %v", k)
		}
	}
}

// A preset with its models is a matrix that can be launched, but for what is not
// installed.
func TestPresetsAreMatrices(t *testing.T) {
	for _, p := range All() {
		m := p.Matrix(Models{Model: "/models/m-f16.gguf", ByKey: map[string]string{"q8": "a:8", "q4": "a:4"}}, 8)
		if err := m.Validate(); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
		for _, c := range m.Configurations {
			e, err := m.Launch(c)
			if err != nil {
				t.Errorf("%s, %s: %v", p.Name, c.Name, err)
				continue
			}
			if text := strings.Join(append(e.Command, e.Env...), " "); !strings.Contains(text, "{port}") || strings.Contains(text, "threads") {
				t.Errorf("%s, %s: %s", p.Name, c.Name, text)
			}
			if c.Hint == "" || c.Precision == "" || p.Needs == "" || p.Tested == "" {
				t.Errorf("%s, %s: something is not said: %+v", p.Name, c.Name, c)
			}
		}
		text, err := m.YAML()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := design.Read(p.Name, text); err != nil {
			t.Errorf("%s cannot be read as a file: %v", p.Name, err)
		}
	}
}

// On a Mac a CPU configuration of llama.cpp must keep prefill off the GPU.
func TestACPUConfigurationOfLlamaHasNoDevice(t *testing.T) {
	for _, name := range []string{"apple-llamacpp", "cpu-llamacpp"} {
		p, err := Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range p.Rows {
			if r.Name == "cpu" || name == "cpu-llamacpp" {
				if !strings.Contains(strings.Join(r.Command, " "), "--device none") {
					t.Errorf("%s, %s: %v", name, r.Name, r.Command)
				}
			}
		}
	}
}

func TestExpectedSpeedupsAreTheBriefs(t *testing.T) {
	p, err := Lookup("apple-llamacpp")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{"cpu": 1, "metal-f32": 2.5, "metal-f16": 3.2, "metal-bf16": 3.8, "metal-q8": 4.5, "metal-q4": 0, "unified": 5.2}
	for _, r := range p.Rows {
		if r.Expected != want[r.Name] || r.Expected > 0 && !strings.Contains(r.ExpectedBy, "unmeasured") {
			t.Errorf("%s: %v, %q", r.Name, r.Expected, r.ExpectedBy)
		}
	}
}

func TestModelsOfAPrecisionAreNextToTheOneGiven(t *testing.T) {
	for _, c := range []struct{ given, key, want string }{
		{"/m/llama-f16.gguf", "q4_0", "/m/llama-q4_0.gguf"},
		{"/m/Llama-3.2-1B-F16.gguf", "q8_0", "/m/Llama-3.2-1B-Q8_0.gguf"},
		{"m.bf16.gguf", "f32", "m.f32.gguf"},
		{"/m/llama.gguf", "f16", "/m/llama-f16.gguf"},
		{"/m/llama-bf16", "4bit", "/m/llama-4bit"},
		{"/m/leaf16.gguf", "f32", "/m/leaf16-f32.gguf"},
	} {
		m, err := ParseModels([]string{c.given})
		if err != nil {
			t.Fatal(err)
		}
		if got := m.of(c.key); got != c.want {
			t.Errorf("%s of %s: %s, want %s", c.key, c.given, got, c.want)
		}
	}
	m, err := ParseModels([]string{"q4_0=/x.gguf"})
	if err != nil || m.of("q4_0") != "/x.gguf" || m.of("f16") != "" {
		t.Errorf("%+v, %v", m, err)
	}
	for _, bad := range [][]string{{"a", "b"}, {"=x"}, {"q4="}} {
		if _, err := ParseModels(bad); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
	if _, err := Lookup("cpu-lamacpp"); err == nil || !strings.Contains(err.Error(), `did you mean "cpu-llamacpp"`) {
		t.Errorf("%v", err)
	}
}
