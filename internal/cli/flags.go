package cli

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/inferometer/inferometer/examples"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/scenario"
)

// planFlags are the flags of a command that set keys of the plan, and the
// values given, in the order given.
type planFlags struct {
	settings []plan.Setting
}

// value collects one flag's values as text; the plan parses them, so that a
// flag, a variable and a file have the same rules and the same errors.
type value struct {
	flags *planFlags
	key   plan.Key
	text  string
}

func (v *value) String() string { return v.text }
func (v *value) Type() string   { return "value" }

func (v *value) Set(s string) error {
	v.text = s
	v.flags.settings = append(v.flags.settings, plan.Setting{Path: v.key.Path, Value: s, From: "--" + v.key.Flag})
	return nil
}

// boolFlags need no value: --quick.
var boolFlags = map[string]bool{"quick": true, "load-baseline": true, "insecure": true, "stream": true, "calibrate": true, "trace-spread": true, "trace-open": true, "trace-sort": true, "trace-skip-bad": true, "dataset-shuffle": true, "dataset-skip-bad": true, "reset-cache": true}

// Groups of flags.
var (
	targetFlags   = []string{"url", "model", "key-env", "key-file", "key-command", "api", "stream", "metrics-url"}
	clientFlags   = []string{"timeout", "idle-timeout", "connect-timeout", "grace", "max-inflight", "breaker", "calibrate", "insecure", "ca-cert", "client-cert", "client-key", "proxy", "max-cost"}
	runFlags      = []string{"name", "seed", "dir", "claim", "undecided", "keep-text"}
	workFlags     = []string{"workload", "input-tokens", "output-tokens", "input-lengths", "output-lengths", "tokenizer", "text", "answer", "effort", "tools", "tool-choice", "prefix-tokens", "prefix-groups", "prefix-share", "cache-salt", "temperature", "dataset", "dataset-columns", "dataset-min-tokens", "dataset-max-tokens", "dataset-sample", "dataset-shuffle", "dataset-skip-bad"}
	talkFlags     = []string{"turns", "turn-tokens", "conversations"}
	baselineFlags = []string{"baseline", "baseline-model", "baseline-key-env", "baseline-key-file", "baseline-key-command", "baseline-api", "baseline-metrics-url", "target"}
	costFlags     = []string{"price", "baseline-price", "accelerator", "accelerators", "usd-per-hour", "samples", "monthly-requests", "beside-requests", "peak-to-mean", "months"}
	suiteFlags    = []string{"quick", "iterations", "latency-warmup", "levels", "level-requests", "load-baseline", "kinds", "keywords", "quality-output-tokens"}
	capacityFlags = []string{"slo", "in", "max-time", "precision", "capacity-arrival", "capacity-burstiness"}
	loadFlags     = []string{"users", "rate", "rate-curve", "arrival", "burstiness", "requests", "duration", "warmup", "blocks", "think-time", "think-cv", "trace", "speed", "trace-from", "trace-to", "trace-spread", "trace-context", "trace-open", "trace-sort", "trace-skip-bad"}
	scanFlags     = []string{"scan", "scan-mode", "scan-order", "cool-down", "reset-cache"}
)

func (f *planFlags) add(c *cobra.Command, groups ...[]string) {
	for _, g := range groups {
		for _, name := range g {
			k, ok := plan.LookupKey(name)
			if !ok {
				panic("cli: no key for the flag " + name) // a test makes every command
			}
			f.addKey(c.Flags(), k)
		}
	}
	c.Flags().SortFlags = false
}

func (f *planFlags) addKey(set *pflag.FlagSet, k plan.Key) {
	fl := set.VarPF(&value{flags: f, key: k}, k.Flag, "", k.Help)
	if boolFlags[k.Flag] {
		fl.NoOptDefVal = "true"
	}
}

// read makes the plan of a command. arg is its argument: a URL, a plan file or
// nothing, which means the demo unless a flag or variable names an endpoint.
func (p *Process) read(f *planFlags, arg string, only ...string) (plan.Plan, plan.Provenance, error) {
	s := plan.Sources{Env: p.Env}
	switch {
	case arg == "" && !p.namesEndpoint(f):
		s.Name, s.YAML = "examples/migration.yaml", examples.Migration
	case arg == "":
	case strings.Contains(arg, "://") || strings.HasPrefix(arg, "sim:"):
		s.Set = append(s.Set, plan.Setting{Path: "candidate.url", Value: arg, From: "the command line"})
	case isFile(arg) || strings.HasSuffix(arg, ".yaml") || strings.HasSuffix(arg, ".yml"):
		s.File = arg
	default:
		return plan.Plan{}, nil, usagef("%q is neither a URL nor a plan file; a URL begins with http:// or https://, as in http://%s", arg, strings.TrimLeft(arg, "/:"))
	}
	if len(only) > 0 {
		s.Set = append(s.Set, plan.Setting{Path: "only", Value: strings.Join(only, ","), From: "the command"})
	}
	settings, err := spelledOut(f.settings)
	if err != nil {
		return plan.Plan{}, nil, err
	}
	s.Set = append(s.Set, settings...)
	pl, prov, err := plan.Read(s)
	if err != nil {
		return pl, prov, usageError{err}
	}
	if err := pl.Validate(); err != nil {
		return pl, prov, usageError{prov.Locate(err)}
	}
	return pl, prov, nil
}

// spelledOut puts the lengths of a named kind of requests in the place of its
// name: --workload chat.
func spelledOut(given []plan.Setting) ([]plan.Setting, error) {
	var out []plan.Setting
	for _, s := range given {
		if s.Path != "workload" || strings.Contains(s.Value, "=") {
			out = append(out, s)
			continue
		}
		kind, err := scenario.Lookup(s.Value)
		if err != nil {
			return nil, usagef("%s: %v", s.From, err)
		}
		out = append(out, plan.Setting{Path: s.Path, From: s.From, Value: "in=" + kind.In.String() + ",out=" + kind.Out.String()})
		if kind.Shared > 0 {
			out = append(out, plan.Setting{Path: "workload.prefix.tokens", From: s.From, Value: strconv.Itoa(kind.Shared)})
		}
	}
	return out, nil
}

// namesEndpoint reports whether a flag or variable sets or sweeps the
// candidate's URL.
func (p *Process) namesEndpoint(f *planFlags) bool {
	for _, s := range f.settings {
		swept, _, _ := strings.Cut(s.Value, "=")
		if s.Path == "candidate.url" || s.Path == "scan.keys" && (swept == "url" || swept == "candidate.url") {
			return true
		}
	}
	return p.getenv("INFEROMETER_URL") != ""
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// commandLine is what was typed, without what may be secret.
func (p *Process) commandLine() string {
	out := []string{"inferometer"}
	hide := false
	for _, a := range p.Args {
		name, _, hasValue := strings.Cut(a, "=")
		secret := strings.HasSuffix(name, "key-command")
		switch {
		case hide:
			a, hide = plan.Redacted, false
		case secret && hasValue:
			a = name + "=" + plan.Redacted
		case secret:
			hide = true
		}
		if strings.Contains(a, "://") {
			a = withoutUserinfo(a)
		}
		out = append(out, quoted(a))
	}
	return strings.Join(out, " ")
}

// quoted is an argument as a shell takes it.
func quoted(a string) string {
	if a == "" || strings.ContainsAny(a, " \t\n'\"<>&|;*?()[]{}$`\\") {
		return "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
	}
	return a
}

// withoutUserinfo removes user, password and query of a URL, which the tool
// refuses but which must not be repeated either.
func withoutUserinfo(s string) string {
	before, rest, _ := strings.Cut(s, "://")
	if i := strings.IndexAny(rest, "?#"); i >= 0 {
		rest = rest[:i]
	}
	host, path, found := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	if found {
		path = "/" + path
	}
	return fmt.Sprintf("%s://%s%s", before, host, path)
}
