// Package design says what a matrix of engine configurations is: which engines are
// started how, under which workloads they are measured, how often and in which order.
// It reads the file of a matrix, strictly, and starts and measures nothing.
package design

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/launch"
	"github.com/inferometer/inferometer/internal/lazy"
	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/plan/metering"
	"github.com/inferometer/inferometer/internal/seeded"
)

// Matrix is what is measured: each configuration under the same workloads, Repeats
// times, in blocks of which each has all configurations in an order of its own.
type Matrix struct {
	Name    string `yaml:"name"`
	Dir     string `yaml:"dir"` // of the matrix's folder
	Seed    uint64 `yaml:"seed"`
	Repeats int    `yaml:"repeats"`
	// Baseline is the configuration that speed-ups are relative to; "": the first.
	Baseline string `yaml:"baseline,omitempty"`
	// Model stands for {model} in commands, where a configuration has none of its own.
	Model string `yaml:"model,omitempty"`
	// Served is the model's name in requests; "": what the engine lists first.
	Served string `yaml:"served_model,omitempty"`
	Warmup int    `yaml:"warmup"` // requests before each measured cell
	// CoolDown is the pause before each run. Where the machine's thermal state can
	// be read, the pause then goes on until that is nominal, CoolLimit at most.
	CoolDown  time.Duration `yaml:"cool_down"`
	CoolLimit time.Duration `yaml:"cool_limit"`
	// Bandwidth of the memory that holds the weights, in GB/s (10⁹), for what the
	// roofline expects; 0: not known. BandwidthSource says where it is from.
	Bandwidth       float64 `yaml:"bandwidth_gbs,omitempty"`
	BandwidthSource string  `yaml:"bandwidth_source,omitempty"`
	// Chip and Architecture are names of the catalog. With the Format of a
	// configuration they say what the roofline expects, in the place of Bandwidth.
	Chip         string `yaml:"chip,omitempty"`
	Architecture string `yaml:"architecture,omitempty"`
	// Power is where power is read meanwhile, as --power has it; "": nowhere.
	Power string `yaml:"power,omitempty"`
	// Canary is how many items with checks are asked at each workload; 0: none.
	Canary int `yaml:"canary,omitempty"`
	// Values stand for {NAME} in commands.
	Values         map[string]string `yaml:"values,omitempty"`
	Workloads      []Workload        `yaml:"workloads"`
	Configurations []Configuration   `yaml:"configurations"`
}

// Workload is one cell of each run: a closed loop of users.
type Workload struct {
	Name         string `yaml:"name"`
	InputTokens  int    `yaml:"input_tokens"`
	OutputTokens int    `yaml:"output_tokens"`
	Users        int    `yaml:"users"`
	// Requests or Duration end the cell; one of them is set.
	Requests int           `yaml:"requests,omitempty"`
	Duration time.Duration `yaml:"duration,omitempty"`
}

// Configuration is one way to start an engine.
type Configuration struct {
	Name      string `yaml:"name"`
	Engine    string `yaml:"engine,omitempty"`    // the family, such as llama.cpp
	Precision string `yaml:"precision,omitempty"` // of weights and computation, in words
	// Command is the program and its arguments with placeholders.
	Command []string `yaml:"command"`
	// Env are variables of the engine's environment, by name.
	Env    map[string]string `yaml:"env,omitempty"`
	Dir    string            `yaml:"dir,omitempty"`          // where the command runs
	Model  string            `yaml:"model,omitempty"`        // in place of the matrix's
	Served string            `yaml:"served_model,omitempty"` // in place of the matrix's
	Health string            `yaml:"health,omitempty"`
	Port   int               `yaml:"port,omitempty"` // 0: a free one
	// WeightsGB is what is read for each token, in GB (10⁹); 0: the size of the
	// model, if that is a file.
	WeightsGB    float64           `yaml:"weights_gb,omitempty"`
	Format       string            `yaml:"format,omitempty"` // of the weights, such as q4_0, for the roofline
	ReadyTimeout time.Duration     `yaml:"ready_timeout,omitempty"`
	StopTimeout  time.Duration     `yaml:"stop_timeout,omitempty"`
	Values       map[string]string `yaml:"values,omitempty"`
	// Expected is a speed-up over the baseline that somebody expected before it was
	// measured, and ExpectedBy says who. 0: nobody did.
	Expected   float64 `yaml:"expected_speedup,omitempty"`
	ExpectedBy string  `yaml:"expected_by,omitempty"`
	Hint       string  `yaml:"hint,omitempty"` // how to get the program
	Note       string  `yaml:"note,omitempty"`
}

// Limits of what a matrix may hold.
const (
	MaxConfigurations = 64
	MaxWorkloads      = 12
	MaxRepeats        = 100
)

// Default is a matrix without configurations.
func Default() Matrix {
	return Matrix{Name: "matrix", Dir: "runs", Seed: 1, Repeats: 3, Warmup: 2, CoolDown: 10 * time.Second, CoolLimit: 10 * time.Minute}
}

// DefaultWorkloads ask for each of the things that configurations differ in: reading
// a prompt, writing an answer, and serving several users at once.
func DefaultWorkloads() []Workload {
	return []Workload{
		{Name: "decode", InputTokens: 32, OutputTokens: 128, Users: 1, Requests: 10},
		{Name: "prefill", InputTokens: 512, OutputTokens: 8, Users: 1, Requests: 10},
		{Name: "users", InputTokens: 128, OutputTokens: 64, Users: 4, Requests: 24},
	}
}

// Find returns the configuration of a name.
func (m Matrix) Find(name string) (Configuration, bool) {
	i := slices.IndexFunc(m.Configurations, func(c Configuration) bool { return c.Name == name })
	if i < 0 {
		return Configuration{}, false
	}
	return m.Configurations[i], true
}

// BaselineName is the configuration that speed-ups are relative to.
func (m Matrix) BaselineName() string {
	if m.Baseline != "" || len(m.Configurations) == 0 {
		return m.Baseline
	}
	return m.Configurations[0].Name
}

var (
	placeholder = lazy.Regexp(`\{[a-z][a-z0-9_]*\}`)
	safeName    = lazy.Regexp(`^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$`)
)

// values are what placeholders of a configuration stand for, but for {port} and
// {host}, which are known when it is started.
func (m Matrix) values(c Configuration) map[string]string {
	v := map[string]string{"port": "{port}", "host": "{host}"}
	if model := m.ModelOf(c); model != "" {
		v["model"] = model
	}
	for _, more := range []map[string]string{m.Values, c.Values} {
		for name, text := range more {
			v[name] = text
		}
	}
	return v
}

// ModelOf is what {model} stands for in a configuration.
func (m Matrix) ModelOf(c Configuration) string {
	if c.Model != "" {
		return c.Model
	}
	return m.Model
}

// Launch says how a configuration is started. An error names a placeholder that
// nothing stands for.
func (m Matrix) Launch(c Configuration) (launch.Engine, error) {
	v := m.values(c)
	var unknown error
	fill := func(text string) string {
		return placeholder().ReplaceAllStringFunc(text, func(p string) string {
			name := strings.Trim(p, "{}")
			value, ok := v[name]
			if !ok && unknown == nil {
				unknown = fmt.Errorf("nothing stands for {%s}; give %s under values of the plan", name, name)
				if name == "model" {
					unknown = errors.New("no model is named; give --model FILE, or model in the plan")
				}
			}
			return value
		})
	}
	e := launch.Engine{
		Name: c.Name, Dir: c.Dir, Port: c.Port, Health: c.Health, Model: c.Served,
		ReadyTimeout: c.ReadyTimeout, StopTimeout: c.StopTimeout,
	}
	if e.Model == "" {
		e.Model = m.Served
	}
	e.Model = fill(e.Model)
	for _, arg := range c.Command {
		e.Command = append(e.Command, fill(arg))
	}
	for _, name := range sortedNames(c.Env) {
		e.Env = append(e.Env, name+"="+fill(c.Env[name]))
	}
	return e, unknown
}

// Missing says why a configuration cannot run here: its program or the file of its
// model is not there. "" if nothing is missing.
func (m Matrix) Missing(c Configuration) string {
	e, err := m.Launch(c)
	if err != nil {
		return err.Error()
	}
	if _, err := launch.LookPath(e.Command[0], e.Dir); err != nil {
		text := fmt.Sprintf("there is no program %q", e.Command[0])
		if c.Hint != "" {
			text += "; " + c.Hint
		}
		return text
	}
	if model := m.ModelOf(c); looksLikeFile(model) {
		path := model
		if !filepath.IsAbs(path) {
			path = filepath.Join(c.Dir, path)
		}
		if _, err := os.Stat(path); err != nil {
			return fmt.Sprintf("there is no model at %q", path)
		}
	}
	return ""
}

// looksLikeFile tells a path from the name of a model, such as org/model.
func looksLikeFile(model string) bool {
	return filepath.IsAbs(model) || strings.HasPrefix(model, ".") || strings.HasSuffix(model, ".gguf")
}

// Weights are the bytes of weights that are read for each token, as far as they are
// known: as stated, or the size of the model's file.
func (m Matrix) Weights(c Configuration) (bytes float64, source string) {
	if c.WeightsGB > 0 {
		return c.WeightsGB * 1e9, "stated in the matrix (weights_gb)"
	}
	path := m.ModelOf(c)
	if path != "" && !filepath.IsAbs(path) {
		path = filepath.Join(c.Dir, path)
	}
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
		return float64(info.Size()), "size of the model's file"
	}
	return 0, ""
}

// Step is one run: a configuration in a block.
type Step struct {
	Index         int // from 1, in the order in which they run
	Block         int // from 1
	Configuration string
}

// Steps are all runs in their order. Each block has every configuration once, in an
// order drawn from the seed, so that a drift of the machine is no effect of a
// configuration and each block compares runs that are near in time.
func (m Matrix) Steps() []Step {
	var out []Step
	bits := seeded.Mix(m.Seed ^ 0x6d61747269780000)
	for block := 1; block <= m.Repeats; block++ {
		order := make([]int, len(m.Configurations))
		for i := range order {
			order[i] = i
		}
		for i := len(order) - 1; i > 0; i-- { // Fisher and Yates
			bits = seeded.Mix(bits)
			j := int(seeded.Uniform(bits) * float64(i+1))
			order[i], order[j] = order[j], order[i]
		}
		for _, i := range order {
			out = append(out, Step{Index: len(out) + 1, Block: block, Configuration: m.Configurations[i].Name})
		}
	}
	return out
}

// LeastTime is what the pauses and the timed cells take; starting the engines and
// cells that end by requests come on top. Whole reports whether every cell ends by
// time.
func (m Matrix) LeastTime() (d time.Duration, whole bool) {
	whole = true
	for _, w := range m.Workloads {
		d += w.Duration
		whole = whole && w.Duration > 0 && w.Requests == 0
	}
	return time.Duration(m.Repeats*len(m.Configurations)) * (d + m.CoolDown), whole
}

// Validate returns all that is wrong with a matrix.
func (m Matrix) Validate() error {
	var out key.Problems
	bad := func(path, format string, args ...any) {
		out = append(out, key.Problem{Path: path, Text: fmt.Sprintf(format, args...)})
	}
	if len(m.Configurations) == 0 || len(m.Configurations) > MaxConfigurations {
		bad("configurations", "must have 1 to %d of them, and has %d", MaxConfigurations, len(m.Configurations))
	}
	if m.Repeats < 1 || m.Repeats > MaxRepeats {
		bad("repeats", "%d is out of range (1 to %d)", m.Repeats, MaxRepeats)
	}
	if m.Warmup < 0 {
		bad("warmup", "%d is negative", m.Warmup)
	}
	if m.CoolDown < 0 || m.CoolLimit < 0 {
		bad("cool_down", "a time must not be negative")
	}
	if math.IsNaN(m.Bandwidth) || math.IsInf(m.Bandwidth, 0) || m.Bandwidth < 0 {
		bad("bandwidth_gbs", "invalid value %v: must be greater than 0", m.Bandwidth)
	}
	if m.Canary < 0 {
		bad("canary", "%d is negative", m.Canary)
	}
	if err := metering.Check(metering.Split(m.Power)); m.Power != "" && err != nil {
		bad("power", "%v", err)
	}
	if _, ok := m.Find(m.Baseline); m.Baseline != "" && !ok {
		bad("baseline", "there is no configuration %q", m.Baseline)
	}
	reserved("values", m.Values, bad)
	m.validateWorkloads(bad)
	m.validateConfigurations(bad)
	if len(out) == 0 {
		return nil
	}
	return out
}

func (m Matrix) validateWorkloads(bad func(path, format string, args ...any)) {
	if len(m.Workloads) == 0 || len(m.Workloads) > MaxWorkloads {
		bad("workloads", "must have 1 to %d of them, and has %d", MaxWorkloads, len(m.Workloads))
	}
	names := map[string]bool{}
	for i, w := range m.Workloads {
		at := fmt.Sprintf("workloads[%d]", i)
		switch {
		case !safeName().MatchString(w.Name):
			bad(at+".name", "%q: must be 1 to 40 letters, digits, dots, dashes and underscores", w.Name)
		case names[w.Name]:
			bad(at+".name", "%q is listed twice", w.Name)
		}
		names[w.Name] = true
		if w.InputTokens < 1 || w.OutputTokens < 1 {
			bad(at, "must have input_tokens and output_tokens of at least 1")
		}
		if w.Users < 1 || w.Users > 100000 {
			bad(at+".users", "%d is out of range (1 to 100000)", w.Users)
		}
		if w.Requests < 0 || w.Duration < 0 || (w.Requests == 0) == (w.Duration == 0) {
			bad(at, "must have either requests or duration, greater than 0")
		}
		if (w.Requests > 0) != (m.Workloads[0].Requests > 0) {
			bad(at, "either all workloads end by requests or all by duration")
		}
	}
}

func (m Matrix) validateConfigurations(bad func(path, format string, args ...any)) {
	names := map[string]bool{}
	for i, c := range m.Configurations {
		at := fmt.Sprintf("configurations[%d]", i)
		switch {
		case !safeName().MatchString(c.Name):
			bad(at+".name", "%q: must be 1 to 40 letters, digits, dots, dashes and underscores", c.Name)
		case names[c.Name]:
			bad(at+".name", "%q is listed twice", c.Name)
		}
		names[c.Name] = true
		if len(c.Command) == 0 {
			bad(at+".command", "must name a program, as in [llama-server, --model, \"{model}\", --port, \"{port}\"]")
		} else if c.Port == 0 && !slices.ContainsFunc(append(slices.Clone(c.Command), mapValues(c.Env)...), func(s string) bool { return strings.Contains(s, "{port}") }) {
			bad(at+".command", "must say where {port} goes, or port must be given")
		}
		reserved(at+".values", c.Values, bad)
		if where, name := secretIn(c); where != "" {
			bad(at+"."+where, "%s looks like a secret, and the plan is written to the matrix's folder: export it before you start, since engines get this process's environment, and leave it out here", name)
		}
		if c.Port < 0 || c.Port > 65535 {
			bad(at+".port", "%d is out of range (0 to 65535)", c.Port)
		}
		if c.Health != "" && !strings.HasPrefix(c.Health, "/") {
			bad(at+".health", "%q: must be a path such as /health", c.Health)
		}
		if c.ReadyTimeout < 0 || c.StopTimeout < 0 || c.WeightsGB < 0 || c.Expected < 0 {
			bad(at, "times and sizes must not be negative")
		}
	}
}

// reserved refuses values for placeholders that are filled when an engine starts.
func reserved(at string, values map[string]string, bad func(path, format string, args ...any)) {
	for _, name := range []string{"port", "host"} {
		if _, ok := values[name]; ok {
			bad(at, "{%s} is filled when the engine starts; give the port as the configuration's port, or another name", name)
		}
	}
}

func mapValues(m map[string]string) []string {
	var out []string
	for _, name := range sortedNames(m) {
		out = append(out, m[name])
	}
	return out
}

func sortedNames(m map[string]string) []string {
	var out []string
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
