package plan

import (
	"io/fs"
	"slices"
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
	var out problems
	for _, p := range plans {
		tokenizer := p.Workload.Tokenizer
		if slices.Contains(tokenizers, tokenizer) {
			tokenizer = ""
		}
		for _, f := range []struct{ path, name string }{
			{"workload.dataset", p.Workload.Dataset}, {"workload.tokenizer", tokenizer}, {"load.trace", p.Load.Trace},
		} {
			if f.name == "" {
				continue
			}
			if _, err := stat(f.name); err != nil {
				q := Problem{f.path, "the file cannot be read: " + err.Error()}
				if !slices.Contains(out, q) {
					out = append(out, q)
				}
			}
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
