package plan

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/plan/scan"
)

// Scan is the benchmark of the cells of a sweep. It is not a word of Only: a plan
// of the load command that has a scan is one.
const Scan Benchmark = "scan"

// ScanPlan sweeps keys of the plan: the load command then measures one cell
// for each combination of their values. The zero ScanPlan sweeps nothing.
type ScanPlan struct {
	Keys ScanKeys `yaml:"keys,omitempty" json:"keys,omitempty"`
	// Mode is "grid" (every combination, the last key changing fastest) or
	// "zip" (the first values together, then the second); empty means grid.
	Mode string `yaml:"mode,omitempty" json:"mode,omitempty"`
	// Order is "planned" or "random" (by the seed, so that a drift of the server
	// does not look like an effect of the first key); empty means planned.
	Order string `yaml:"order,omitempty" json:"order,omitempty"`
	// CoolDown is the pause between two cells.
	CoolDown Duration `yaml:"cool_down,omitempty" json:"cool_down,omitempty"`
	// ResetCache empties the server's prefix cache before each cell.
	ResetCache bool `yaml:"reset_cache,omitempty" json:"reset_cache,omitempty"`
}

// Words for the mode and the order of a scan.
const (
	ScanGrid    = "grid"
	ScanZip     = "zip"
	ScanPlanned = "planned"
	ScanRandom  = "random"
)

// MaxScanCells is the most cells that a scan may have.
const MaxScanCells = scan.MaxValues

// On reports whether there is something to sweep.
func (s ScanPlan) On() bool { return len(s.Keys) > 0 }

// ScanKeys are the swept keys in the order given.
type ScanKeys []ScanItems

// ScanItems is a key, by its flag or its path, and what was given for it: each
// item is a value or a range (see Ranges).
type ScanItems struct {
	Key   string
	Items []string
}

// add takes "users=1,2,4"; values of a key that is there already add up.
func (k *ScanKeys) add(text string) error {
	name, items, err := scan.Parse(text)
	if err != nil {
		return err
	}
	for i := range *k {
		if (*k)[i].Key == name {
			(*k)[i].Items = append((*k)[i].Items, items...)
			return nil
		}
	}
	*k = append(*k, ScanItems{name, items})
	return nil
}

// String lists the keys as the flags have them.
func (k ScanKeys) String() string {
	parts := make([]string, len(k))
	for i, key := range k {
		parts[i] = key.Key + "=" + strings.Join(key.Items, ",")
	}
	return strings.Join(parts, " ")
}

// MarshalYAML writes each key with the list of its items.
func (k ScanKeys) MarshalYAML() (any, error) {
	var m yaml.MapSlice
	for _, key := range k {
		m = append(m, yaml.MapItem{Key: key.Key, Value: key.Items})
	}
	return m, nil
}

// ScanKey is a swept key with all its values.
type ScanKey struct {
	Name   string // its flag, else its path
	Path   string
	Unit   string // of its values, as far as they have one
	Values []string
	// Numbers are the values in Unit (times in seconds); nil where one is none.
	Numbers []float64
	given   string // how the plan calls it
}

// ScanCell is one combination, as a plan that sweeps nothing.
type ScanCell struct {
	Index  int // from 1, in the order of the plan
	Values []string
	Plan   Plan
}

// ScanKeys returns the swept keys; an error says all that is wrong with them.
func (p Plan) ScanKeys() ([]ScanKey, error) {
	var out key.Problems
	keys := p.sweptKeys(&out)
	if len(out) > 0 {
		return nil, withFlags(out)
	}
	return keys, nil
}

// ScanCells returns the cells in the order of the plan. They are not validated.
func (p Plan) ScanCells() ([]ScanCell, error) {
	keys, err := p.ScanKeys()
	if err != nil {
		return nil, err
	}
	n, err := p.Scan.count(keys)
	if err != nil {
		return nil, withFlags(key.Problems{{Path: "scan.keys", Text: err.Error()}})
	}
	cells := make([]ScanCell, n)
	for i := range cells {
		c := ScanCell{Index: i + 1, Plan: p.clone()}
		rest := i
		at := make([]int, len(keys))
		for k := len(keys) - 1; k >= 0; k-- {
			if at[k] = i; p.Scan.Mode != ScanZip {
				at[k] = rest % len(keys[k].Values)
				rest /= len(keys[k].Values)
			}
		}
		for k, swept := range keys {
			v := swept.Values[at[k]]
			c.Values = append(c.Values, v)
			if err := c.Plan.sweep(swept.Path, v); err != nil {
				return nil, withFlags(key.Problems{{Path: "scan.keys." + swept.given, Text: err.Error()}})
			}
		}
		c.Plan.Workload.settle()
		cells[i] = c
	}
	return cells, nil
}

// count is how many cells the keys make.
func (s ScanPlan) count(keys []ScanKey) (int, error) {
	n := 1
	for i, k := range keys {
		if s.Mode == ScanZip {
			if n = len(k.Values); n != len(keys[0].Values) {
				return 0, fmt.Errorf("zip takes the values of all keys together, and %s has %d, %s %d", keys[0].Name, len(keys[0].Values), keys[i].Name, n)
			}
			continue
		}
		if n *= len(k.Values); n > MaxScanCells {
			break
		}
	}
	if n > MaxScanCells {
		return 0, fmt.Errorf("a sweep has at most %d cells, and this one has more; take fewer values, larger steps, or --scan-mode zip", MaxScanCells)
	}
	return n, nil
}

// Words says the values of a cell: "users=4 input-tokens=128".
func (c ScanCell) Words(keys []ScanKey) string {
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = k.Name + "=" + c.Values[i]
	}
	return strings.Join(parts, " ")
}

// clone copies what sweep changes, and drops the scan.
func (p Plan) clone() Plan {
	t := &p.Candidate
	t.Body = scan.CloneFields(t.Body)
	if t.Price != nil {
		t.Price = new(*t.Price)
	}
	if t.Machine != nil {
		t.Machine = new(*t.Machine)
	}
	if t.Sim != nil {
		t.Sim = new(*t.Sim)
	}
	p.Scan = ScanPlan{}
	return p
}

// sweep sets the value of a swept key.
func (p *Plan) sweep(path, text string) error {
	if field, ok := strings.CutPrefix(path, bodyPrefix); ok {
		if p.Candidate.Body == nil {
			p.Candidate.Body = map[string]any{}
		}
		return scan.SetField(p.Candidate.Body, strings.Split(field, "."), text)
	}
	p.giveWay(path)
	return p.set(path, text)
}
