package plan

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/inferometer/inferometer/internal/metric"
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
	From  Origin
}

// OriginKind says what kind of place a value came from.
type OriginKind int

// The places, from the weakest to the strongest; Quick is what the key quick
// makes of what nobody typed.
const (
	FromDefault OriginKind = iota
	FromFile
	FromQuick
	FromEnv
	FromCommand // the command itself or its argument, such as the URL
	FromFlag
)

// Origin is the place that a value came from.
type Origin struct {
	Kind OriginKind
	Name string // how messages call it: plan.yaml:3, INFEROMETER_SEED, --seed
}

// String returns the name, "default" for the zero Origin.
func (o Origin) String() string {
	if o.Kind == FromDefault {
		return "default"
	}
	return o.Name
}

// Flag is the origin of a value that a flag set.
func Flag(name string) Origin { return Origin{FromFlag, "--" + name} }

// Provenance says where each value that is no default came from, by path.
type Provenance map[string]Origin

// From returns the name of the place that the value at path came from,
// "default" if nobody set it.
func (p Provenance) From(path string) string { return p[path].String() }

// formPaths are the keys that the short form of the workload sets.
var formPaths = []string{"workload.input_tokens", "workload.output_tokens", "workload.input_lengths", "workload.output_lengths", "workload.prefix.tokens"}

// origin is where the value at path came from, also where it was set by a key
// that stands for several.
func (p Provenance) origin(path string) Origin {
	if o, ok := p[path]; ok {
		return o
	}
	if slices.Contains(formPaths, path) {
		return p[workloadForm]
	}
	for set, o := range p { // fields of a mapping, as those of the body
		if strings.HasPrefix(set, path+".") {
			return Origin{o.Kind, strings.TrimSpace(o.Name)}
		}
	}
	return Origin{}
}

// maxPlan is far above any plan that a person writes.
const maxPlan = 4 << 20

// Read makes a plan from its sources: flags over environment over file over
// defaults. Unknown keys, values that cannot be parsed and a 0 where it has no
// meaning are errors, with line and column where there is a file. Read does not
// ask whether the plan makes sense; Validate does.
func Read(s Sources) (Plan, Provenance, error) {
	p, prov := Default(), Provenance{}
	if s.YAML == nil && s.File != "" {
		b, err := readPlan(s.File)
		if err != nil {
			return p, prov, err
		}
		s.YAML, s.Name = b, s.File
	}
	if s.YAML != nil {
		if err := p.readYAML(s.YAML, s.Name, prov); err != nil {
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
func (p *Plan) apply(set Setting, prov Provenance) error {
	d, ok := lookupPath(set.Path)
	if !ok {
		return errNoKey(set.Path)
	}
	if d.bind.reset != nil && prov[set.Path] != set.From {
		d.bind.reset(p) // values of flags replace the file's, then add up
	}
	p.giveWay(set.Path)
	if err := d.set(p, set.Value); err != nil {
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

func readPlan(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("failed to read the plan: %w", err)
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, maxPlan+1))
	if err != nil {
		return nil, fmt.Errorf("failed to read the plan: %w", err)
	}
	if len(b) > maxPlan {
		return nil, fmt.Errorf("%s is not a plan: it is larger than 4 MiB", path)
	}
	if len(strings.TrimSpace(string(b))) == 0 {
		return nil, fmt.Errorf("%s is empty; examples/ has plans to start from", path)
	}
	return b, nil
}

// quickValues is what --quick makes of everything that the user left alone.
var quickValues = []Setting{
	{Path: "latency.iterations", Value: "20"},
	{Path: "latency.warmup", Value: "2"},
	{Path: "cost.samples", Value: "20"},
	{Path: "throughput.levels", Value: "5,10"},
	{Path: "throughput.requests", Value: "20"},
}

// settle fills in what follows from other values.
func (p *Plan) settle(prov Provenance, resolved bool) {
	if p.Quick && !resolved {
		for _, q := range quickValues {
			// A plan file is written for a full run, so --quick wins over it,
			// but not over what was typed with it.
			if prov[q.Path].Kind > FromQuick {
				continue
			}
			if err := p.set(q.Path, q.Value); err == nil {
				prov[q.Path] = Origin{FromQuick, "quick"}
			}
		}
		for i := range p.Claims {
			if l := p.Claims[i].Level; l > 0 && !slices.Contains(p.Throughput.Levels, l) {
				p.Claims[i].Level = 0
			}
		}
	}
	p.Workload.settle()
	p.dropStrayClaims(prov)
	if len(p.Only) == 1 && p.Only[0] == Load {
		for i := range p.Claims {
			if p.Claims[i].Benchmark == "" {
				p.Claims[i].Benchmark = Load
			}
		}
	}
}

// dropStrayClaims forgets the claims of a file that belong to benchmarks which
// whoever typed --only does not want this time.
func (p *Plan) dropStrayClaims(prov Provenance) {
	if len(p.Only) == 0 || prov["only"].Kind <= FromFile || prov["claims"].Kind > FromFile {
		return
	}
	p.Claims = slices.DeleteFunc(p.Claims, func(c Claim) bool {
		l, err := metric.ParseLimit(c.Limit)
		return err == nil && !slices.Contains(p.Only, BenchmarkOf(c, l))
	})
}

func (p *Plan) readEnv(env []string, prov Provenance) error {
	for _, kv := range env {
		name, value, ok := strings.Cut(kv, "=")
		if !ok || !strings.HasPrefix(name, envPrefix) {
			continue
		}
		i := slices.IndexFunc(declared, func(d declaration[Plan]) bool { return d.Flag != "" && d.Env() == name })
		if i < 0 {
			var known []string
			for _, k := range Keys() {
				known = append(known, k.Env())
			}
			return fmt.Errorf("unknown environment variable %s%s; unset it or correct it", name, metric.DidYouMean(name, known))
		}
		if err := p.apply(Setting{declared[i].Path, value, Origin{FromEnv, name}}, prov); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// YAML writes the plan as a file that Read reads. Values of headers and key
// commands and secret fields of the body are not in it.
func (p Plan) YAML() ([]byte, error) {
	hide := func(t Target) Target {
		if len(t.Headers) > 0 {
			headers := map[string]string{}
			for name := range t.Headers {
				headers[name] = Redacted
			}
			t.Headers = headers
		}
		if t.KeyCommand != "" {
			t.KeyCommand = Redacted
		}
		if len(t.Body) > 0 {
			t.Body = redactBody(t.Body)
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

// Redacted stands for a value that is kept out of files.
const Redacted = "(not kept)"
