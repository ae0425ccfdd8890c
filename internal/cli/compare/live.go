package compare

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/inferometer/inferometer/internal/cli/help"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/result"
)

// Live is compare --live: a load whose targets take turns in interleaved blocks, as
// inferometer load with a baseline measures them (docs/comparing.md).
type Live struct {
	// Flags adds the flags of a load to the command.
	Flags func(*cobra.Command)
	// Run measures the targets that the settings name, and shows what it found.
	Run func(context.Context, []plan.Setting) error
	// Usage marks an error as a mistake in what was typed.
	Usage func(error) error
}

// Add gives the command compare the flag --live. Without it the command does what it
// did before and refuses the flags of a load; with it those of its flags that are keys of a
// plan are the load's.
func (l Live) Add(c *cobra.Command) *cobra.Command {
	var live bool
	args, run := c.Args, c.RunE
	own := map[string]bool{}
	c.Flags().VisitAll(func(f *pflag.Flag) { own[f.Name] = true })
	c.Flags().SortFlags = false
	c.Flags().BoolVar(&live, "live", false, "measure the given URLs now, in turns; takes the flags of a load")
	help.Group(c.Flags(), "Targets", "live")
	before := map[string]bool{}
	c.Flags().VisitAll(func(f *pflag.Flag) { before[f.Name] = true })
	l.Flags(c)
	var loads []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !before[f.Name] {
			loads = append(loads, f.Name)
		}
	})
	c.Args = func(c *cobra.Command, list []string) error {
		if live {
			return nil
		}
		return args(c, list)
	}
	c.RunE = func(c *cobra.Command, list []string) error {
		if !live {
			for _, name := range loads {
				if c.Flags().Changed(name) {
					return l.Usage(notKept(name))
				}
			}
			return run(c, list)
		}
		settings, err := targets(list)
		c.Flags().Visit(func(f *pflag.Flag) {
			if own[f.Name] && err == nil {
				settings, err = forward(settings, f)
			}
		})
		if err != nil {
			return l.Usage(err)
		}
		return l.Run(c.Context(), settings)
	}
	return c
}

// notKept says that a flag of a load has no part in a comparison of kept runs.
func notKept(name string) error {
	hint := ""
	if name == "json" {
		hint = "; the comparison as JSON is --format json"
	}
	return fmt.Errorf("--%s is for URLs that are measured now (--live), and kept runs are compared as they are%s", name, hint)
}

// forward adds what a flag of the comparison of kept runs says to the settings of a
// load.
func forward(settings []plan.Setting, f *pflag.Flag) ([]plan.Setting, error) {
	k, ok := plan.LookupKey(f.Name)
	if !ok {
		return nil, fmt.Errorf("--%s is for runs that were kept; leave it out with --live", f.Name)
	}
	values := []string{f.Value.String()}
	if list, ok := f.Value.(pflag.SliceValue); ok {
		values = list.GetSlice()
	}
	for _, v := range values {
		if f.Name == "fail-if" && !strings.HasPrefix(strings.TrimSpace(v), "vs ") {
			v = "vs baseline: " + v
		}
		settings = append(settings, plan.Setting{Path: k.Path, Value: v, From: key.Flag(f.Name)})
	}
	return settings, nil
}

// targets makes settings of URLs. As with kept runs the first is the baseline: the
// second is the candidate, which is compared with it and with each further one. Those
// may have names.
func targets(list []string) ([]plan.Setting, error) {
	if len(list) < 2 {
		return nil, errors.New("give two URLs or more, as in: inferometer compare --live http://127.0.0.1:8000 http://127.0.0.1:8001 --users 8 --requests 500")
	}
	from := key.Origin{Kind: key.FromCommand, Name: "the command line"}
	var out []plan.Setting
	for i, arg := range list {
		name, url, named := strings.Cut(arg, "=")
		if !named || strings.Contains(name, "://") || strings.HasPrefix(name, "sim:") { // a query has = too
			name, url = "", arg
		}
		if !strings.Contains(url, "://") && !strings.HasPrefix(url, "sim:") {
			return nil, fmt.Errorf("%q is not a URL: --live measures endpoints, as http://127.0.0.1:8000; runs that were kept are compared without it", arg)
		}
		switch {
		case i < 2 && name != "":
			return nil, fmt.Errorf("%q: the first URL is the baseline and the second the candidate; only further ones have names", arg)
		case i == 0:
			out = append(out, plan.Setting{Path: "baseline.url", Value: url, From: from})
		case i == 1:
			out = append(out, plan.Setting{Path: "candidate.url", Value: url, From: from})
		default:
			if name == "" {
				name = fmt.Sprintf("target%d", i+1)
			}
			out = append(out, plan.Setting{Path: "targets", Value: name + "=" + url, From: from})
		}
	}
	return out, nil
}

// Differences names what differs between the targets of a run besides what was
// measured, as far as they show it, and what none of them shows.
func Differences(r *result.Result) []string {
	var out []string
	unknown := []string{}
	for _, x := range []struct {
		what string
		of   func(result.Target) string
	}{
		{"model", func(t result.Target) string { return t.Model }},
		{"server", func(t result.Target) string { return t.Server }},
		{"API", func(t result.Target) string { return t.API }},
		{"streaming", func(t result.Target) string { return map[bool]string{true: "yes", false: "no"}[t.Streaming] }},
		{"tokenizer of the prompts", func(t result.Target) string { return t.Tokenizer }},
		{"request fields", func(t result.Target) string { return strings.Join(t.Fields, " ") }},
		{"proxy", func(t result.Target) string { return t.Proxy }},
	} {
		var values, parts []string
		for _, t := range r.Targets {
			v := x.of(t)
			values = append(values, v)
			if v == "" {
				v = "unknown"
				if x.what == "proxy" || x.what == "request fields" {
					v = "none"
				}
			}
			parts = append(parts, fmt.Sprintf("%s (%s)", plaintext.Line(v), t.Name))
		}
		slices.Sort(values)
		switch values = slices.Compact(values); {
		case len(values) > 1:
			out = append(out, "the targets differ in "+x.what+": "+strings.Join(parts, ", "))
		case len(values) == 1 && values[0] == "" && (x.what == "model" || x.what == "server"):
			unknown = append(unknown, x.what)
		}
	}
	if len(unknown) > 0 {
		out = append(out, "no target says its "+strings.Join(unknown, " or its ")+", so whether they differ in it is unknown")
	}
	return out
}
