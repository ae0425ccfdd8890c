package prompts

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/plan"
)

// A file that cannot be used is found out before any endpoint is asked, and is a fault
// of what was typed.
func TestFilesAreReadBeforeAnythingIsAsked(t *testing.T) {
	for _, tt := range []struct {
		name, content, want string
		change              func(p *plan.Plan, file string)
	}{
		{"no prompts", "", "the file has no prompts", func(p *plan.Plan, file string) { p.Workload.Dataset = file }},
		{"a turn that cannot be repeated", `{"messages":[{"role":"user","content":"a"},{"role":"tool","content":"b"}]}`, "is the result of a tool",
			func(p *plan.Plan, file string) { p.Workload.Dataset, p.Workload.Turns = file, plan.TurnsWhole }},
		{"a column that is not there", `{"prompt":"a"}`, "there is no key", func(p *plan.Plan, file string) { p.Workload.Dataset, p.Workload.Rows.Columns = file, "prompt=question" }},
		{"a trace of another kind", "hello\n", "unknown trace format", func(p *plan.Plan, file string) { p.Load.Trace = file }},
		{"a part that no request has", "time,in,out\n1,2,3\n", "--trace-columns: invalid column", func(p *plan.Plan, file string) { p.Load.Trace, p.Load.Replay.Columns = file, "when=x" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(file, []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			p := plan.Default()
			p.Only = []plan.Benchmark{plan.Load}
			tt.change(&p, file)
			_, err := ReadFiles(p)
			if want := (FileError{}); err == nil || !strings.Contains(err.Error(), tt.want) || !errors.As(err, &want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}
