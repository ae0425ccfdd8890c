package design

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/inferometer/inferometer/internal/plan/key"
)

// declare makes a declaration of a key of the file.
func declare[S any](path string, b key.Binding[S]) key.Declaration[S] {
	return key.Declaration[S]{Key: key.Key{Path: path}, Bind: b}
}

// list binds a list of mappings.
func list[S, T any](at func(*S) *[]T, fresh func() T, rows []key.Declaration[T]) key.Binding[S] {
	return key.Binding[S]{
		Kind: key.StructureKind, Text: func(*S) string { return "" }, Touch: func(*S) {},
		Node: func(r *key.Reader, s *S, n ast.Node, path string) error {
			*at(s) = nil
			return r.Each(n, path, func(item ast.Node, path string) error {
				t := fresh()
				if err := key.ReadMapping(r, &t, rows, item, "", path); err != nil {
					return err
				}
				*at(s) = append(*at(s), t)
				return nil
			})
		},
	}
}

// free binds a mapping whose keys are free.
func free[S any](at func(*S) *map[string]string) key.Binding[S] {
	return key.Binding[S]{
		Kind: key.StructureKind, Text: func(*S) string { return "" }, Touch: func(*S) {},
		Node: func(r *key.Reader, s *S, n ast.Node, path string) error {
			fields, ok := key.Pairs(n)
			if !ok {
				return r.At(n, "%s: must be a mapping of names to values, as in %s: {threads: 4}", path, path[strings.LastIndexByte(path, '.')+1:])
			}
			m := map[string]string{}
			for _, f := range fields {
				name := f.Key.GetToken().Value
				text, err := r.Scalar(f.Value, key.Join(path, name))
				if err != nil {
					return err
				}
				m[name] = text
			}
			*at(s) = m
			return nil
		},
	}
}

// command binds the words of a command: a list, or a text without quotes.
func command[S any](at func(*S) *[]string) key.Binding[S] {
	return key.Binding[S]{
		Kind: key.ListKind, Text: func(s *S) string { return strings.Join(*at(s), " ") }, Touch: func(*S) {},
		Items: func(s *S, items []string) error {
			*at(s) = items
			return nil
		},
		Set: func(s *S, text string) error {
			if strings.ContainsAny(text, "'\"`$|;&<>\\") {
				return fmt.Errorf("%q has signs of a shell; no shell reads it: write the command as a list of words", text)
			}
			*at(s) = strings.Fields(text)
			return nil
		},
	}
}

var workloadKeys = []key.Declaration[Workload]{
	declare("name", key.Text(func(w *Workload) *string { return &w.Name })),
	declare("input_tokens", key.Whole(func(w *Workload) *int { return &w.InputTokens })),
	declare("output_tokens", key.Whole(func(w *Workload) *int { return &w.OutputTokens })),
	declare("users", key.Whole(func(w *Workload) *int { return &w.Users })),
	declare("requests", key.Whole(func(w *Workload) *int { return &w.Requests })),
	declare("duration", key.Duration(func(w *Workload) *duration { return (*duration)(&w.Duration) })),
}

var configurationKeys = []key.Declaration[Configuration]{
	declare("name", key.Text(func(c *Configuration) *string { return &c.Name })),
	declare("engine", key.Text(func(c *Configuration) *string { return &c.Engine })),
	declare("precision", key.Text(func(c *Configuration) *string { return &c.Precision })),
	declare("command", command(func(c *Configuration) *[]string { return &c.Command })),
	declare("env", free(func(c *Configuration) *map[string]string { return &c.Env })),
	declare("dir", key.Text(func(c *Configuration) *string { return &c.Dir })),
	declare("model", key.Text(func(c *Configuration) *string { return &c.Model })),
	declare("served_model", key.Text(func(c *Configuration) *string { return &c.Served })),
	declare("health", key.Text(func(c *Configuration) *string { return &c.Health })),
	declare("port", key.Whole(func(c *Configuration) *int { return &c.Port })),
	declare("weights_gb", key.Decimal(func(c *Configuration) *float64 { return &c.WeightsGB })),
	declare("format", key.Text(func(c *Configuration) *string { return &c.Format })),
	declare("ready_timeout", key.Duration(func(c *Configuration) *duration { return (*duration)(&c.ReadyTimeout) })),
	declare("stop_timeout", key.Duration(func(c *Configuration) *duration { return (*duration)(&c.StopTimeout) })),
	declare("values", free(func(c *Configuration) *map[string]string { return &c.Values })),
	declare("expected_speedup", key.Decimal(func(c *Configuration) *float64 { return &c.Expected })),
	declare("expected_by", key.Text(func(c *Configuration) *string { return &c.ExpectedBy })),
	declare("hint", key.Text(func(c *Configuration) *string { return &c.Hint })),
	declare("note", key.Text(func(c *Configuration) *string { return &c.Note })),
}

// duration is a time.Duration as a type of its own, which bindings ask for.
type duration int64

var matrixKeys = []key.Declaration[Matrix]{
	declare("name", key.Text(func(m *Matrix) *string { return &m.Name })),
	declare("dir", key.Text(func(m *Matrix) *string { return &m.Dir })),
	declare("seed", key.Unsigned(func(m *Matrix) *uint64 { return &m.Seed })),
	declare("repeats", key.Whole(func(m *Matrix) *int { return &m.Repeats })),
	declare("baseline", key.Text(func(m *Matrix) *string { return &m.Baseline })),
	declare("model", key.Text(func(m *Matrix) *string { return &m.Model })),
	declare("served_model", key.Text(func(m *Matrix) *string { return &m.Served })),
	declare("warmup", key.Whole(func(m *Matrix) *int { return &m.Warmup })),
	declare("cool_down", key.Duration(func(m *Matrix) *duration { return (*duration)(&m.CoolDown) })),
	declare("cool_limit", key.Duration(func(m *Matrix) *duration { return (*duration)(&m.CoolLimit) })),
	declare("bandwidth_gbs", key.Decimal(func(m *Matrix) *float64 { return &m.Bandwidth })),
	declare("bandwidth_source", key.Text(func(m *Matrix) *string { return &m.BandwidthSource })),
	declare("chip", key.Text(func(m *Matrix) *string { return &m.Chip })),
	declare("architecture", key.Text(func(m *Matrix) *string { return &m.Architecture })),
	declare("power", key.Text(func(m *Matrix) *string { return &m.Power })),
	declare("canary", key.Whole(func(m *Matrix) *int { return &m.Canary })),
	declare("values", free(func(m *Matrix) *map[string]string { return &m.Values })),
	declare("workloads", list(func(m *Matrix) *[]Workload { return &m.Workloads }, func() Workload { return Workload{Users: 1} }, workloadKeys)),
	declare("configurations", list(func(m *Matrix) *[]Configuration { return &m.Configurations }, func() Configuration { return Configuration{} }, configurationKeys)),
}

// Keys are the keys of a file, of its workloads and of its configurations.
func Keys() (matrix, workload, configuration []string) {
	for _, d := range matrixKeys {
		matrix = append(matrix, d.Path)
	}
	for _, d := range workloadKeys {
		workload = append(workload, d.Path)
	}
	for _, d := range configurationKeys {
		configuration = append(configuration, d.Path)
	}
	return matrix, workload, configuration
}

// Read reads the file of a matrix over the defaults. Unknown keys are refused;
// errors have line and column, also those of Validate.
func Read(name string, b []byte) (Matrix, error) {
	m := Default()
	places, err := key.Read(&m, matrixKeys, nil, name, b)
	if err != nil {
		return m, err
	}
	if m.Workloads == nil {
		m.Workloads = DefaultWorkloads()
	}
	prov := key.Provenance{}
	for path, place := range places {
		prov[path] = key.Origin{Kind: key.FromFile, Name: place}
	}
	return m, prov.Locate(m.Validate())
}

// YAML writes a matrix so that Read gives the same one.
func (m Matrix) YAML() ([]byte, error) {
	b, err := yaml.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("failed to write the matrix as YAML: %w", err)
	}
	return b, nil
}
