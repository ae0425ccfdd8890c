package history

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/specification"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/suite"
)

// The files of a run's folder that the index reads.
const (
	resultName = "result.json"
	planName   = "plan.yaml"
)

// mostResult is the largest result.json that is read, in bytes.
const mostResult = 256 << 20

// IsRun reports whether a folder looks like that of a run: it has a plan and a log, or a
// result. Links are not followed.
func IsRun(folder string) bool {
	regular := func(name string) bool {
		info, err := os.Lstat(filepath.Join(folder, name))
		return err == nil && info.Mode().IsRegular()
	}
	info, err := os.Lstat(folder)
	if err != nil || !info.IsDir() {
		return false
	}
	if regular(planName) && regular(exchange.LogName) {
		return true
	}
	return regular(resultName) && schemaOf(filepath.Join(folder, resultName))
}

// schemaOf reports whether a file is a result of this tool, by its beginning.
func schemaOf(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 512)
	n, _ := f.Read(head) // an empty file has no schema
	return strings.Contains(string(head[:n]), `"inferometer/result/`)
}

// read is what the folder of a run says of it. The folder is there.
func read(folder string) (Run, []Metric, error) {
	r := Run{ID: filepath.Base(folder), Folder: folder, Status: Running}
	var p *plan.Plan
	if got, _, err := plan.Read(plan.Sources{File: filepath.Join(folder, planName), Resolved: true}); err == nil {
		p = &got
		r.Name = got.Name
	}
	res, err := readResult(folder)
	var metrics []Metric
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if p == nil {
			return r, nil, fmt.Errorf("%s is not the folder of a run: it has neither %s nor a readable %s", folder, resultName, planName)
		}
		r.begun(*p)
	case err != nil:
		return r, nil, err
	default:
		r.concluded(res, p)
		metrics = figures(&res.Result)
	}
	if r.Started.IsZero() {
		r.Started = startOf(r.ID)
	}
	if r.Tags, err = readTags(folder); err != nil {
		return r, nil, err
	}
	r.Size, err = sizeOf(folder)
	return r, metrics, err
}

// document is a result with what later versions of this tool may add to it.
type document struct {
	result.Result
	labels map[string]string
}

func readResult(folder string) (*document, error) {
	path := filepath.Join(folder, resultName)
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > mostResult {
		return nil, fmt.Errorf("%s is not a file of at most %d MiB", path, mostResult>>20)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var d document
	if err := json.Unmarshal(b, &d.Result); err != nil {
		return nil, fmt.Errorf("failed to read %s: %w", path, err)
	}
	if !strings.HasPrefix(d.Schema, "inferometer/result/") {
		return nil, fmt.Errorf("%s is not a result of inferometer: its schema is %q", path, d.Schema)
	}
	var more struct {
		Run struct{ Labels []string }
	}
	if json.Unmarshal(b, &more) == nil {
		for _, l := range more.Run.Labels {
			if d.labels == nil {
				d.labels = map[string]string{}
			}
			name, value, _ := strings.Cut(l, "=")
			d.labels[name] = value
		}
	}
	return &d, nil
}

// begun fills in what is known of a run without a result.
func (r *Run) begun(p plan.Plan) {
	var targets []result.Target
	stop := errors.New("enough") // what comes first in a log says what is known before the first request
	_, err := exchange.Read(filepath.Join(r.Folder, exchange.LogName), func(kind string, raw json.RawMessage) error {
		switch kind {
		case "run":
			var head struct {
				Started time.Time
				Version string
				Command string
			}
			if err := json.Unmarshal(raw, &head); err != nil {
				return err
			}
			r.Started, r.Version, r.Command = head.Started, head.Version, head.Command
		case "target":
			var t result.Target
			if err := json.Unmarshal(raw, &t); err != nil {
				return err
			}
			targets = append(targets, t)
		case "cell", exchange.KindExchange:
			return stop
		}
		return nil
	})
	if err != nil && !errors.Is(err, stop) {
		targets = nil // the log is not there yet, or is damaged: the plan has to do
	}
	r.aim(targets)
	for _, b := range p.Only {
		r.Benchmarks = append(r.Benchmarks, string(b))
	}
	r.specify(&p, targets)
}

// concluded fills in what a result says. p is nil where there is no plan that can be read.
func (r *Run) concluded(d *document, p *plan.Plan) {
	run := d.Run
	r.Name, r.Started, r.Status, r.Reason = run.Name, run.Started, run.Status, run.Reason
	r.Version, r.Command, r.Labels = run.Version, run.Command, d.labels
	if !run.Ended.IsZero() {
		r.Ended = &run.Ended
	}
	r.aim(d.Targets)
	r.Evidence = d.Evidence
	r.Validity = d.Validity.Status
	r.Benchmarks = benchmarks(&d.Result)
	for _, c := range d.Claims {
		if c.Set {
			if r.Verdicts == nil {
				r.Verdicts = map[string]int{}
			}
			r.Verdicts[string(c.Verdict)]++
			r.Limits = append(r.Limits, c.Limit)
		}
	}
	resolved := plan.Plan{}
	if p != nil {
		resolved = *p
	}
	r.Exit = new(suite.ExitCode(&d.Result, resolved))
	r.specify(p, d.Targets)
	if p == nil {
		r.imported(&d.Result)
	}
}

// imported fills in what is known of a result of another tool, which has no plan of ours.
func (r *Run) imported(res *result.Result) {
	for _, in := range res.Inputs {
		if in.Evidence == result.Listed && in.Source != "" {
			r.Source = in.Source
			break
		}
	}
	// What it measured is known by its tool, loads and workloads alone. Most files do not say how
	// long prompts were to be, so that how long they were stands for it.
	var text strings.Builder
	_, _ = fmt.Fprintf(&text, "%s of %s by %s\n", strings.Join(r.Benchmarks, ","), strings.Join(r.Models, ","), toolOf(r.Version))
	for name, c := range res.Cells() {
		w, l := c.Workload, c.Load
		_, _ = fmt.Fprintln(&text, name, c.ID, w.Name, w.InputTokens, w.OutputTokens, w.FixedOutput, w.Temperature, l.Kind, l.Users, l.Rate, l.Arrival, l.Burstiness, l.MaxInflight,
			about(c.Metrics.Stats["input_tokens"].Mean), about(c.Metrics.Stats["output_tokens"].Mean))
	}
	r.Specification = specification.Text(text.String()).ID()
}

// toolOf is the name of a tool without its version: each has definitions of its own, which
// few versions change.
func toolOf(version string) string {
	if i := strings.LastIndexByte(version, ' '); i > 0 && strings.ContainsAny(version[i:], "0123456789") {
		return version[:i]
	}
	return version
}

// about is a mean length to within a quarter of a power of two: nearer than lengths of one
// workload are by chance, and farther than those of two.
func about(mean *result.Number) string {
	if mean == nil || *mean <= 0 {
		return "unknown"
	}
	return strconv.Itoa(int(math.Round(4 * math.Log2(float64(*mean)))))
}

// aim fills in what is known of the targets.
func (r *Run) aim(targets []result.Target) {
	for _, t := range targets {
		r.Models = append(r.Models, t.Model)
		if t.Server != "" {
			r.Servers = append(r.Servers, t.Server)
		}
		if r.Evidence == "" || result.Weakest(r.Evidence, t.Evidence) == t.Evidence {
			r.Evidence = t.Evidence
		}
	}
}

// specify hashes what is measured.
func (r *Run) specify(p *plan.Plan, targets []result.Target) {
	if p == nil {
		return
	}
	if s, err := specification.Of(*p, modelsOf(targets)); err == nil {
		r.Specification = s.ID()
	}
}

func modelsOf(targets []result.Target) map[string]string {
	models := map[string]string{}
	for _, t := range targets {
		models[t.Name] = t.Model
	}
	return models
}

// startOf is when a run began by the name of its folder; zero if that does not say.
func startOf(id string) time.Time {
	const form = "20060102T150405Z"
	if len(id) < len(form) {
		return time.Time{}
	}
	t, err := time.Parse(form, id[:len(form)])
	if err != nil {
		return time.Time{}
	}
	return t
}

// sizeOf adds up the files of a folder. Links count nothing.
func sizeOf(folder string) (int64, error) {
	var size int64
	err := filepath.WalkDir(folder, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a file that is being replaced
		}
		if err == nil {
			size += info.Size()
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("failed to look at the files of the run: %w", err)
	}
	return size, nil
}
