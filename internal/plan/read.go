package plan

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"sort"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/suggest"
)

// Sources is where a plan comes from. All parts are optional.
type Sources struct {
	File string // a plan file; read if YAML is nil
	Name string // how messages call YAML
	YAML []byte
	Env  []string  // as os.Environ gives it; nil: not looked at
	Set  []Setting // flags, in the order given
}

// Setting is one value from the command line.
type Setting struct {
	Path  string // key, such as latency.iterations
	Value string
	From  string // how messages call it, such as --iterations
}

// Provenance says where each value that is no default came from: path → place.
type Provenance map[string]string

// From returns where the value at path came from, "default" if nobody set it.
func (p Provenance) From(path string) string {
	if s, ok := p[path]; ok {
		return s
	}
	return "default"
}

// keys returns the paths that were set, sorted.
func (p Provenance) paths() []string {
	out := make([]string, 0, len(p))
	for path := range p {
		out = append(out, path)
	}
	sort.Strings(out)
	return out
}

// maxPlan is far above any plan that a person writes.
const maxPlan = 4 << 20

// Read makes a plan from its sources: flags over environment over file over
// defaults. Unknown keys and values of the wrong type are errors, with line and
// column where there is a file. Read does not ask whether the plan makes sense;
// Validate does.
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
		if prov[set.Path] != set.From {
			p.forget(set.Path) // flags replace the file's, then add up
		}
		if err := p.set(set.Path, set.Value); err != nil {
			return p, prov, fmt.Errorf("%s: %w", set.From, err)
		}
		prov[set.Path] = set.From
	}
	p.settle(prov)
	return p, prov, nil
}

// forget empties a list whose further values add up.
func (p *Plan) forget(path string) {
	switch path {
	case "claims":
		p.Claims = nil
	case "capacity.slo":
		p.Capacity.SLO = nil
	case "scan.keys":
		p.Scan.Keys = nil
	case "targets":
		p.Targets = nil
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
		return nil, fmt.Errorf("%s is no plan: it is larger than 4 MiB", path)
	}
	if len(strings.TrimSpace(string(b))) == 0 {
		return nil, fmt.Errorf("%s is empty; examples/ holds plans to start from", path)
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
func (p *Plan) settle(prov Provenance) {
	if p.Quick {
		for _, q := range quickValues {
			// A plan file is written for a full run, so --quick wins over it,
			// but not over what was typed with it.
			if _, set := prov[q.Path]; set && !fromFile(prov, q.Path) {
				continue
			}
			if err := p.set(q.Path, q.Value); err == nil {
				prov[q.Path] = "quick"
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
	if len(p.Only) == 0 || fromFile(prov, "only") || prov.From("claims") != "default" {
		return
	}
	p.Claims = slices.DeleteFunc(p.Claims, func(c Claim) bool {
		l, err := metric.ParseLimit(c.Limit)
		return err == nil && !slices.Contains(p.Only, BenchmarkOf(c, l))
	})
}

// fromFile reports whether a file set the value at path.
func fromFile(prov Provenance, path string) bool {
	from := prov.From(path)
	return from != "default" && !strings.HasPrefix(from, "--") && !strings.HasPrefix(from, envPrefix) && !strings.HasPrefix(from, "the ")
}

func (p *Plan) readEnv(env []string, prov Provenance) error {
	for _, kv := range env {
		name, value, ok := strings.Cut(kv, "=")
		if !ok || !strings.HasPrefix(name, envPrefix) {
			continue
		}
		i := slices.IndexFunc(keys, func(k Key) bool { return k.Env() == name })
		if i < 0 {
			names := make([]string, len(keys))
			for j, k := range keys {
				names[j] = k.Env()
			}
			return fmt.Errorf("the environment variable %s is no key of a plan%s; unset it or correct it", name, suggest.DidYouMean(name, names))
		}
		p.forget(keys[i].Path)
		if err := p.set(keys[i].Path, value); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		prov[keys[i].Path] = name
	}
	return nil
}

// readYAML checks every key against the types first, for errors that help,
// and then decodes over the defaults.
func (p *Plan) readYAML(b []byte, name string, prov Provenance) error {
	file, err := parser.ParseBytes(b, 0)
	if err != nil {
		return yamlError(name, err)
	}
	if len(file.Docs) > 1 {
		return fmt.Errorf("%s: a plan is one YAML document, and this file holds %d", name, len(file.Docs))
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return fmt.Errorf("%s holds no plan", name)
	}
	k := keyCheck{name: name, prov: prov}
	if err := k.walk(file.Docs[0].Body, reflect.TypeFor[Plan](), ""); err != nil {
		return err
	}
	if err := p.decode(b, name); err != nil {
		return err
	}
	for _, path := range prov.paths() {
		if err := p.refuseZero(path); err != nil {
			return fmt.Errorf("%s: %s: %w", prov[path], path, err)
		}
	}
	return nil
}

// decode reads YAML over the plan. The library panics on a few malformed
// inputs (a tag on the wrong kind of value); that is a bad file, not a crash.
func (p *Plan) decode(b []byte, name string) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s cannot be read as YAML; look for tags (!) and anchors (&), which plans do not need", name)
		}
	}()
	if err := yaml.UnmarshalWithOptions(b, p, yaml.Strict()); err != nil {
		return yamlError(name, err)
	}
	return nil
}

// keyCheck walks the keys of a file and notes where each value stands.
type keyCheck struct {
	name string
	prov Provenance
}

func (k keyCheck) walk(n ast.Node, t reflect.Type, path string) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			if err := k.pair(v, t, path); err != nil {
				return err
			}
		}
		return nil
	case *ast.MappingValueNode:
		return k.pair(n, t, path)
	case *ast.SequenceNode:
		if t.Kind() == reflect.Slice {
			for i, v := range n.Values {
				if err := k.walk(v, t.Elem(), fmt.Sprintf("%s[%d]", path, i)); err != nil {
					return err
				}
			}
		}
	}
	if path == "" {
		pos := n.GetToken().Position
		return fmt.Errorf("%s:%d:%d: a plan is a mapping of keys to values, such as \"candidate:\"", k.name, pos.Line, pos.Column)
	}
	pos := n.GetToken().Position
	if t == durationType {
		if err := parseInto(reflect.New(t).Elem(), n.GetToken().Value); err != nil {
			return fmt.Errorf("%s:%d:%d: %s: %w", k.name, pos.Line, pos.Column, path, err)
		}
	}
	k.prov[path] = fmt.Sprintf("%s:%d", k.name, pos.Line)
	return nil
}

func (k keyCheck) pair(v *ast.MappingValueNode, t reflect.Type, path string) error {
	token := v.Key.GetToken()
	key := token.Value
	full := key
	if path != "" {
		full = path + "." + key
	}
	names, fixed := children(t)
	if fixed && !slices.Contains(names, key) {
		where := "a plan"
		if path != "" {
			where = path
		}
		return fmt.Errorf("%s:%d:%d: unknown key %q in %s%s", k.name, token.Position.Line, token.Position.Column, key, where, suggestKey(key, names, "; its keys are "+strings.Join(names, ", ")))
	}
	if !fixed {
		// A map with free keys (headers, body, weights), or a value where
		// there should be none, which decoding refuses.
		k.prov[full] = fmt.Sprintf("%s:%d", k.name, token.Position.Line)
		return nil
	}
	ct, _ := childType(t, key)
	return k.walk(v.Value, ct, full)
}

// suggestKey names the nearest key here, else the place where a key of that
// name belongs, else says otherwise.
func suggestKey(key string, names []string, otherwise string) string {
	if s := suggest.DidYouMean(key, names); s != "" {
		return s
	}
	flag := strings.ReplaceAll(key, "_", "-")
	for _, k := range keys {
		if k.Flag == flag || strings.HasSuffix(k.Path, "."+key) {
			return fmt.Sprintf(" (did you mean %s?)", k.Path)
		}
	}
	return otherwise
}

// yamlError gives an error of the YAML library a file, line and column.
func yamlError(name string, err error) error {
	var e yaml.Error
	if errors.As(err, &e) && e.GetToken() != nil {
		pos := e.GetToken().Position
		return fmt.Errorf("%s:%d:%d: %s", name, pos.Line, pos.Column, humanType(e.GetMessage()))
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return fmt.Errorf("%s: %s", name, first)
}

// humanType rewrites "cannot unmarshal string into Go struct field Plan.X of
// type int" without the names of our types.
func humanType(msg string) string {
	from, rest, ok := strings.Cut(msg, "cannot unmarshal ")
	if !ok {
		return msg
	}
	got, _, _ := strings.Cut(rest, " into")
	_, want, ok := strings.Cut(rest, "of type ")
	if !ok {
		return msg
	}
	names := map[string]string{
		"int": "a whole number", "uint64": "a whole number that is not negative", "float64": "a number", "bool": "true or false",
		"string": "text", "plan.Duration": "a duration like 250ms", "[]int": "a list of whole numbers", "[]string": "a list of texts",
	}
	if n, ok := names[want]; ok {
		want = n
	}
	return fmt.Sprintf("%sthe value should be %s and is a %s", from, want, got)
}

// UnmarshalYAML reads a target over the defaults of one.
func (t *Target) UnmarshalYAML(unmarshal func(any) error) error {
	type plain Target
	v := plain(DefaultTarget())
	if err := unmarshal(&v); err != nil {
		return err
	}
	*t = Target(v)
	return nil
}

// YAML writes the plan as a file that Read reads. Values of headers and key
// commands, which may be secrets, are not in it.
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
		return t
	}
	p.Candidate = hide(p.Candidate)
	if p.Baseline != nil {
		b := hide(*p.Baseline)
		p.Baseline = &b
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
