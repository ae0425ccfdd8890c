package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/inferometer/inferometer/examples"
	"github.com/inferometer/inferometer/internal/cli/help"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/pricing"
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
	key   key.Key
	text  string
}

func (v *value) String() string { return v.text }

// Type is the placeholder of the value in help: "bool" is that of a switch.
func (v *value) Type() string {
	if v.key.Switch() {
		return "bool"
	}
	return v.key.Value
}

func (v *value) Set(s string) error {
	v.text = s
	v.flags.settings = append(v.flags.settings, plan.Setting{Path: v.key.Path, Value: s, From: key.Flag(v.key.Flag)})
	return nil
}

// add adds the flags of groups of keys.
func (f *planFlags) add(c *cobra.Command, groups ...key.Group) {
	c.Flags().SortFlags = false
	keys := plan.Keys()
	for _, g := range groups {
		for _, k := range keys {
			if k.Group == g {
				f.addKey(c.Flags(), k)
			}
		}
	}
}

// addKeys adds single flags.
func (f *planFlags) addKeys(c *cobra.Command, names ...string) {
	c.Flags().SortFlags = false
	for _, name := range names {
		k, ok := plan.LookupKey(name)
		if !ok {
			panic("cli: no key for the flag " + name) // a test makes every command
		}
		f.addKey(c.Flags(), k)
	}
}

func (f *planFlags) addKey(set *pflag.FlagSet, k key.Key) {
	if set.Lookup(k.Flag) != nil {
		return // the command has one of its own
	}
	fl := set.VarPF(&value{flags: f, key: k}, k.Flag, "", k.Help)
	help.Group(set, string(k.Group), k.Flag)
	help.Default(fl, k.Default)
	if k.Rare {
		help.Rare(set, k.Flag)
	}
	if k.Switch() {
		fl.NoOptDefVal = "true"
	}
}

// read makes the plan of a command. arg is its argument: a URL, a plan file or
// nothing, which means the demo unless a flag or variable names an endpoint.
func (p *Process) read(f *planFlags, arg string, only ...string) (plan.Plan, key.Provenance, error) {
	s := plan.Sources{Env: p.Env}
	demo := arg == "" && !p.namesEndpoint(f)
	switch {
	case demo:
		s.Name, s.YAML = "examples/migration.yaml", examples.Migration
	case arg == "":
	case strings.Contains(arg, "://") || strings.HasPrefix(arg, "sim:"):
		s.Set = append(s.Set, plan.Setting{Path: "candidate.url", Value: arg, From: key.Origin{Kind: key.FromCommand, Name: "the command line"}})
	case isFile(arg) || strings.HasSuffix(arg, ".yaml") || strings.HasSuffix(arg, ".yml"):
		s.File = arg
	default:
		return plan.Plan{}, nil, usagef("%q is neither a URL nor a plan file; a URL begins with http:// or https://, as in http://%s", arg, strings.TrimLeft(arg, "/:"))
	}
	if len(only) > 0 {
		s.Set = append(s.Set, plan.Setting{Path: "only", Value: strings.Join(only, ","), From: key.Origin{Kind: key.FromCommand, Name: "the command"}})
	}
	s.Set = append(s.Set, f.settings...)
	pl, prov, err := plan.Read(s)
	if err != nil {
		return pl, prov, usageError{err}
	}
	if demo {
		dropDemoClaims(&pl, prov)
	}
	if err := pl.Validate(); err != nil {
		return pl, prov, usageError{prov.Locate(err)}
	}
	if err := pl.CheckFiles(os.Stat); err != nil {
		return pl, prov, usageError{prov.Locate(err)}
	}
	if err := pricing.Check(pl); err != nil {
		return pl, prov, usageError{prov.Locate(err)}
	}
	return pl, prov, nil
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
			a, hide = key.Redacted, false
		case secret && hasValue:
			a = name + "=" + key.Redacted
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
