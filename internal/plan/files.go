package plan

import (
	"io/fs"
	"slices"

	"github.com/inferometer/inferometer/internal/plan/key"
)

// CheckFiles says which of the files that the plan names are not there. stat is
// os.Stat, or a stand-in for it.
func (p Plan) CheckFiles(stat func(name string) (fs.FileInfo, error)) error {
	plans := []Plan{p}
	if p.Scan.On() {
		cells, err := p.ScanCells()
		if err != nil {
			return err
		}
		plans = nil
		for _, c := range cells {
			plans = append(plans, c.Plan)
		}
	}
	var out key.Problems
	for _, p := range plans {
		tokenizer := p.Workload.Tokenizer
		if slices.Contains(tokenizers, tokenizer) {
			tokenizer = ""
		}
		labels := ""
		if p.Quality.Judge != nil {
			labels = p.Quality.Judge.Labels
		}
		for _, f := range []struct{ path, name string }{
			{"workload.dataset", p.Workload.Dataset}, {"workload.tokenizer", tokenizer}, {"load.trace", p.Load.Trace},
			{"quality.judge.labels", labels},
		} {
			if f.name == "" {
				continue
			}
			if _, err := stat(f.name); err != nil {
				q := key.Problem{Path: f.path, Text: "the file cannot be read: " + err.Error()}
				if !slices.Contains(out, q) {
					out = append(out, q)
				}
			}
		}
	}
	return withFlags(out)
}
