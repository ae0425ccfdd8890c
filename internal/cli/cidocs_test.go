package cli

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"mvdan.cc/sh/v3/shell"

	"github.com/inferometer/inferometer/internal/cli/formats"
)

// The workflows of docs/ci.md are YAML, every step of a job does something, and every
// command of ours in them exists with its flags and formats.
func TestWorkflowsInTheDocsAreRight(t *testing.T) {
	b, err := os.ReadFile("../../docs/ci.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(b), -1)
	if len(blocks) != 2 {
		t.Fatalf("%d workflows, want 2", len(blocks))
	}
	var scripts []string
	var github struct {
		On   map[string]any `yaml:"on"`
		Jobs map[string]struct {
			RunsOn any              `yaml:"runs-on"`
			Steps  []map[string]any `yaml:"steps"`
			Env    map[string]any   `yaml:"env"`
		} `yaml:"jobs"`
	}
	if err := yaml.Unmarshal([]byte(blocks[0][1]), &github); err != nil {
		t.Fatal(err)
	}
	if len(github.On) == 0 || len(github.Jobs) == 0 {
		t.Error("the workflow has no events or no jobs")
	}
	known := []string{"name", "uses", "with", "if", "run", "env", "id"}
	for name, job := range github.Jobs {
		if job.RunsOn == nil || len(job.Steps) == 0 {
			t.Errorf("job %s has no machine or no steps", name)
		}
		for i, step := range job.Steps {
			_, uses := step["uses"]
			run, runs := step["run"].(string)
			if uses == runs {
				t.Errorf("step %d of job %s has uses %v and run %v, want one of them", i+1, name, uses, runs)
			}
			for k := range step {
				if !slices.Contains(known, k) {
					t.Errorf("step %d of job %s has the key %q", i+1, name, k)
				}
			}
			scripts = append(scripts, run)
		}
	}
	var gitlab map[string]struct {
		Script []string `yaml:"script"`
		After  []string `yaml:"after_script"`
	}
	if err := yaml.Unmarshal([]byte(blocks[1][1]), &gitlab); err != nil {
		t.Fatal(err)
	}
	for _, job := range gitlab {
		scripts = append(append(scripts, job.Script...), job.After...)
	}
	commands := 0
	for _, script := range scripts {
		for _, text := range regexp.MustCompile(`inferometer [^)\n]*`).FindAllString(script, -1) {
			commands++
			checkCommand(t, text)
		}
	}
	if commands < 7 {
		t.Errorf("only %d commands of ours were found", commands)
	}
}

// checkCommand holds one command line against the program.
func checkCommand(t *testing.T, text string) {
	t.Helper()
	text, _, _ = strings.Cut(text, `"$(`) // what is within stands for itself
	words, err := shell.Fields(text, nil)
	if err != nil {
		t.Errorf("%s: %v", text, err)
		return
	}
	c, rest, err := newRoot(&Process{}).Find(words[1:])
	if err != nil || c.Parent() == nil {
		t.Errorf("%s: there is no such command (%v)", text, err)
		return
	}
	for i, w := range rest {
		name, isFlag := strings.CutPrefix(w, "--")
		if !isFlag {
			continue
		}
		name, value, _ := strings.Cut(name, "=")
		if c.Flags().Lookup(name) == nil && c.InheritedFlags().Lookup(name) == nil {
			t.Errorf("%s: %s has no flag --%s", text, c.CommandPath(), name)
		}
		if value == "" && i+1 < len(rest) {
			value = rest[i+1]
		}
		if name == "format" && c.Name() == "report" && !slices.Contains(formats.Names(), value) {
			t.Errorf("%s: there is no format %q", text, value)
		}
	}
}

// Each format of a kept run has its place in the docs.
func TestFormatsAreInTheDocs(t *testing.T) {
	b, err := os.ReadFile("../../docs/ci.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(b), "## Formats of a kept run")
	for _, name := range formats.Names() {
		if !strings.Contains(table, "`"+name+"`") {
			t.Errorf("docs/ci.md has no row for --format %s", name)
		}
	}
}
