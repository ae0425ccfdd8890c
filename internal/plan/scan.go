package plan

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// Scan is the benchmark of the cells of a sweep. It is no word of Only: a plan
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
const MaxScanCells = 1000

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
	name, values, ok := strings.Cut(text, "=")
	if name = strings.TrimSpace(name); !ok || name == "" {
		return fmt.Errorf("%q sweeps nothing; give a key and its values, as in users=1..64x2 or model=a,b", text)
	}
	items, err := splitItems(values)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
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

// splitItems separates at semicolons where there are some, so that values may
// hold commas, else at commas.
func splitItems(text string) ([]string, error) {
	sep := ","
	if strings.Contains(text, ";") {
		sep = ";"
		text = strings.TrimSuffix(strings.TrimSpace(text), sep) // "a,b;" is one value
	}
	var items []string
	for item := range strings.SplitSeq(text, sep) {
		if item = strings.TrimSpace(item); item == "" {
			return nil, fmt.Errorf("%q has an empty value", text)
		}
		items = append(items, item)
	}
	return items, nil
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

// itemText writes a value of YAML as a flag would have it; lists and mappings,
// which body fields take, as JSON.
func itemText(v any) (string, error) {
	switch x := v.(type) {
	case string:
		return x, nil
	case float64:
		return formatNumber(x), nil
	case nil:
		return "null", nil
	case bool, int, int64, uint64:
		return fmt.Sprint(x), nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("a value cannot be written down: %w", err)
	}
	return string(b), nil
}

// formatNumber writes a number in the shortest form that reads as the same one.
func formatNumber(x float64) string {
	if x != 0 && (x < 1e-6 || x >= 1e15) {
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
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
	var out problems
	keys := p.sweptKeys(&out)
	if len(out) > 0 {
		return nil, out
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
		return nil, problems{{"scan.keys", err.Error()}}
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
		for k, key := range keys {
			v := key.Values[at[k]]
			c.Values = append(c.Values, v)
			if err := c.Plan.sweep(key.Path, v); err != nil {
				return nil, problems{{"scan.keys." + key.given, err.Error()}}
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
	t.Body = cloneBody(t.Body)
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

func cloneBody(m map[string]any) map[string]any {
	m = maps.Clone(m)
	for k, v := range m {
		if inner, ok := v.(map[string]any); ok {
			m[k] = cloneBody(inner)
		}
	}
	return m
}

// sweep sets the value of a swept key.
func (p *Plan) sweep(path, text string) error {
	if field, ok := strings.CutPrefix(path, bodyPrefix); ok {
		if p.Candidate.Body == nil {
			p.Candidate.Body = map[string]any{}
		}
		return setField(p.Candidate.Body, strings.Split(field, "."), bodyValue(text))
	}
	p.giveWay(path)
	return p.set(path, text)
}

// bodyValue reads a value of the request body: JSON, else a text.
func bodyValue(text string) any {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber() // every digit is sent as it was written
	var v any
	if err := dec.Decode(&v); err != nil || dec.More() {
		return text
	}
	return v
}

func setField(m map[string]any, names []string, v any) error {
	for _, name := range names[:len(names)-1] {
		inner, ok := m[name].(map[string]any)
		if _, there := m[name]; there && !ok {
			return fmt.Errorf("the body's field %s is not an object, so that it cannot have %s", name, names[len(names)-1])
		}
		if !ok {
			inner = map[string]any{}
			m[name] = inner
		}
		m = inner
	}
	m[names[len(names)-1]] = v
	return nil
}
