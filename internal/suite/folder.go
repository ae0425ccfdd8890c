package suite

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/conduct"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/wholefile"
)

// folder is the folder of one run. Nothing in it but what the report draws is
// ever overwritten.
type folder struct{ path string }

// newFolder makes runs/<UTC time>-<name>, adding a number where two runs
// begin in the same second.
func newFolder(dir, name string, started time.Time) (folder, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return folder{}, fmt.Errorf("failed to create the folder of runs (--dir): %w", err)
	}
	base := filepath.Join(dir, started.UTC().Format("20060102T150405Z")+"-"+safeName(name))
	for n := 1; n < 1000; n++ {
		path := base
		if n > 1 {
			path = fmt.Sprintf("%s-%d", base, n)
		}
		err := os.Mkdir(path, 0o755)
		if err == nil {
			return folder{path}, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return folder{}, fmt.Errorf("failed to create the run's folder; choose another with --dir: %w", err)
		}
	}
	return folder{}, fmt.Errorf("too many runs named %s", base)
}

// safeName keeps letters, digits, dot, dash and underscore.
func safeName(name string) string {
	s := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '-'
	}, name)
	if s = strings.Trim(s, "-."); s == "" {
		return "run"
	}
	return s[:min(len(s), 60)]
}

func (f folder) id() string      { return filepath.Base(filepath.Clean(f.path)) }
func (f folder) log() string     { return filepath.Join(f.path, exchange.LogName) }
func (f folder) answers() string { return filepath.Join(f.path, "answers.jsonl.zst") }
func (f folder) samples() string { return filepath.Join(f.path, runlog.SamplesName) }

// files are those that a session writes.
func (f folder) files() conduct.Paths {
	return conduct.Paths{Log: f.log(), Samples: f.samples(), Answers: f.answers()}
}

func (f folder) plan() string { return filepath.Join(f.path, "plan.yaml") }

func (f folder) writePlan(p plan.Plan) error {
	b, err := p.YAML()
	if err != nil {
		return err
	}
	if err := os.WriteFile(f.plan(), b, 0o644); err != nil {
		return fmt.Errorf("failed to write the plan: %w", err)
	}
	return nil
}

func (f folder) readPlan() (plan.Plan, error) {
	info, err := os.Stat(f.path)
	if err != nil {
		return plan.Plan{}, fmt.Errorf("no run at %q: %w", f.path, err)
	}
	if !info.IsDir() {
		return plan.Plan{}, fmt.Errorf("%q is a file; name the folder of a run, as in: inferometer report %s", f.path, filepath.Dir(f.path))
	}
	if _, err := os.Stat(f.log()); err != nil {
		return plan.Plan{}, fmt.Errorf("%q is not the folder of a run: there is no %s in it", f.path, exchange.LogName)
	}
	p, _, err := plan.Read(plan.Sources{File: f.plan(), Resolved: true})
	return p, err
}

// writeResult writes result.json whole or not at all.
func (f folder) writeResult(r *result.Result) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return fmt.Errorf("failed to encode result.json: %w", err)
	}
	return wholefile.Write(filepath.Join(f.path, "result.json"), b.Bytes(), 0o644)
}

// complete reports whether result.json is that of a run that went to its end.
func (f folder) complete() bool {
	b, err := os.ReadFile(filepath.Join(f.path, "result.json"))
	if err != nil {
		return false
	}
	var r struct {
		Run struct{ Status result.Status }
	}
	return json.Unmarshal(b, &r) == nil && r.Run.Status == result.Complete
}

// artifacts lists what the measurement left in the folder.
func (f folder) artifacts() []result.Artifact {
	out := []result.Artifact{{Path: "result.json", Kind: "result"}}
	for _, a := range []result.Artifact{
		{Path: "plan.yaml", Kind: "plan"}, {Path: exchange.LogName, Kind: "exchanges"}, {Path: "answers.jsonl.zst", Kind: "answers"},
		{Path: runlog.SamplesName, Kind: "server-metrics"},
	} {
		if _, err := os.Stat(filepath.Join(f.path, a.Path)); err == nil {
			out = append(out, a)
		}
	}
	return out
}

// ReadResult reads the result of a run from its folder.
func ReadResult(folder string) (*result.Result, error) {
	path := filepath.Join(folder, "result.json")
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("failed to read the result of a run: %w", err)
	}
	var r result.Result
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", path, err)
	}
	return &r, nil
}
