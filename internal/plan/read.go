package plan

import (
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/plan/scoring"
)

// Sources is where a plan comes from. All parts are optional.
type Sources struct {
	File string // a plan file; read if YAML is nil
	Name string // how messages call YAML
	YAML []byte
	Env  []string  // as os.Environ gives it; nil: not looked at
	Set  []Setting // flags, in the order given
	// Resolved: the file is what YAML wrote for a run. Its values are taken as
	// they are: what quick makes of a plan has been made of it.
	Resolved bool
}

// Setting is one value from the command line.
type Setting struct {
	Path  string // key, such as latency.iterations
	Value string
	From  key.Origin
}

// formPaths are the keys that the short form of the workload sets.
var formPaths = []string{"workload.input_tokens", "workload.output_tokens", "workload.input_lengths", "workload.output_lengths", "workload.prefix.tokens"}

// origin is where the value at path came from, also where it was set by a key
// that stands for several.
func origin(prov key.Provenance, path string) key.Origin {
	o := prov.At(path)
	if o == (key.Origin{}) && slices.Contains(formPaths, path) {
		return prov[workloadForm]
	}
	return o
}

// Read makes a plan from its sources: flags over environment over file over
// defaults. Unknown keys, values that cannot be parsed and a 0 where it has no
// meaning are errors, with line and column where there is a file. Read does not
// ask whether the plan makes sense; Validate does.
func Read(s Sources) (Plan, key.Provenance, error) {
	p, prov := Default(), key.Provenance{}
	if s.YAML == nil && s.File != "" {
		b, err := key.ReadFile(s.File)
		if err != nil {
			return p, prov, err
		}
		s.YAML, s.Name = b, s.File
	}
	if s.YAML != nil {
		places, err := key.Read(&p, declared, Keys(), s.Name, s.YAML)
		for path, place := range places {
			prov[path] = key.Origin{Kind: key.FromFile, Name: place}
		}
		if err != nil {
			return p, prov, err
		}
	}
	if err := p.readEnv(s.Env, prov); err != nil {
		return p, prov, err
	}
	for _, set := range s.Set {
		if err := p.apply(set, prov); err != nil {
			return p, prov, fmt.Errorf("%s: %w", set.From, err)
		}
	}
	p.settle(prov, s.Resolved)
	return p, prov, nil
}

// apply sets one value over what weaker sources have said.
func (p *Plan) apply(set Setting, prov key.Provenance) error {
	d, ok := lookupPath(set.Path)
	if !ok {
		return errNoKey(set.Path)
	}
	if d.Bind.Reset != nil && prov[set.Path] != set.From {
		d.Bind.Reset(p) // values of flags replace the file's, then add up
	}
	p.giveWay(set.Path)
	if err := d.Set(p, set.Value); err != nil {
		return err
	}
	if set.Path == workloadForm {
		for _, path := range formPaths {
			delete(prov, path)
		}
	}
	prov[set.Path] = set.From
	return nil
}

// giveWay removes the distribution that would win over a number set now.
func (p *Plan) giveWay(path string) {
	switch path {
	case "workload.input_tokens":
		p.Workload.InputLengths = ""
	case "workload.output_tokens":
		p.Workload.OutputLengths = ""
	}
}

// quickValues is what --quick makes of everything that the user left alone.
var quickValues = []Setting{
	{Path: "latency.iterations", Value: "20"},
	{Path: "latency.warmup", Value: "2"},
	{Path: "cost.samples", Value: "20"},
	{Path: "throughput.levels", Value: "5,10"},
	{Path: "throughput.requests", Value: "20"},
	{Path: "quality.count", Value: "12"},
	{Path: "quality.level_items", Value: "12"},
}

// settle fills in what follows from other values.
func (p *Plan) settle(prov key.Provenance, resolved bool) {
	if resolved && prov["quality.items"].Kind == key.FromDefault {
		p.Quality.Items = scoring.NoItems // a run of a version that knew none
	}
	if p.Quick && !resolved {
		for _, q := range quickValues {
			// A plan file is written for a full run, so --quick wins over it,
			// but not over what was typed with it.
			if prov[q.Path].Kind > key.FromQuick {
				continue
			}
			if err := p.set(q.Path, q.Value); err == nil {
				prov[q.Path] = key.Origin{Kind: key.FromQuick, Name: "quick"}
			}
		}
		for i := range p.Claims {
			if l := p.Claims[i].Level; l > 0 && !slices.Contains(p.Throughput.Levels, l) {
				p.Claims[i].Level = 0
			}
		}
	}
	p.Workload.settle()
	if len(p.Only) == 1 && p.Only[0] == Load {
		for i := range p.Claims {
			if l, err := metric.ParseLimit(p.Claims[i].Limit); p.Claims[i].Benchmark == "" && (err != nil || l.Metric.Kind != metric.Scored) {
				p.Claims[i].Benchmark = Load
			}
		}
	}
}

func (p *Plan) readEnv(env []string, prov key.Provenance) error {
	return key.ReadEnv(env, Keys(), func(k key.Key, value string) error {
		return p.apply(Setting{k.Path, value, key.Origin{Kind: key.FromEnv, Name: k.Env()}}, prov)
	})
}

// YAML writes the plan as a file that Read reads. Values of headers and key
// commands and secret fields of the body are not in it.
func (p Plan) YAML() ([]byte, error) {
	hide := func(t Target) Target {
		if len(t.Headers) > 0 {
			headers := map[string]string{}
			for name := range t.Headers {
				headers[name] = key.Redacted
			}
			t.Headers = headers
		}
		if t.KeyCommand != "" {
			t.KeyCommand = key.Redacted
		}
		if len(t.Body) > 0 {
			t.Body = key.RedactFields(t.Body)
		}
		return t
	}
	p.Candidate = hide(p.Candidate)
	if p.Baseline != nil {
		p.Baseline = new(hide(*p.Baseline))
	}
	p.Targets = slices.Clone(p.Targets)
	for i, t := range p.Targets {
		p.Targets[i] = hide(t)
	}
	b, err := yaml.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("failed to write the plan: %w", err)
	}
	return b, nil
}
