// Package command turns command lines of other benchmark tools into plans: what
// the tool would have done, its defaults included. What has no counterpart is
// named, what cannot be sent is an error, and nothing is guessed. It runs and
// sends nothing.
package command

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/plaintext"
)

// Tool is a benchmark tool whose command lines are understood. The same flag can
// have a different meaning in each of them.
type Tool string

// The tools that Import knows.
const (
	VLLM       Tool = "vllm"       // vllm bench serve
	SGLang     Tool = "sglang"     // python -m sglang.bench_serving
	InferenceX Tool = "inferencex" // its fork of vLLM's old benchmark_serving.py
)

// Plan is what a command line says, as keys of a plan.
type Plan struct {
	Tool     Tool
	Settings []Setting
	// Left are the flags that have no effect here, each with the reason; Differs
	// is what is known to work differently.
	Left, Differs []string
}

// Setting is one key of a plan and its value in YAML.
type Setting struct {
	Path, Value string
	From        string // the flags that it comes from
}

// Import reads the command line of another tool. A flag that is absent has
// that tool's default; a flag without a counterpart is named and never guessed; a
// command whose requests cannot be sent is an error. as may be "" if the command
// itself tells which tool it belongs to.
//
// Source: the flags and defaults of vLLM, SGLang and InferenceX of August 2026.
func Import(words []string, as Tool) (*Plan, error) {
	if len(words) == 1 {
		var err error
		if words, err = splitWords(words[0]); err != nil {
			return nil, err
		}
	}
	tool, rest, err := toolOf(words, as)
	if err != nil {
		return nil, err
	}
	f, err := flagsOf(rest)
	if err != nil {
		return nil, err
	}
	c := &command{flags: f, out: &Plan{Tool: tool}}
	if err := c.read(); err != nil {
		return nil, err
	}
	for _, g := range f.list {
		if !g.used {
			c.out.Left = append(c.out.Left, g.String()+": no counterpart here")
		}
	}
	return c.out, nil
}

// toolOf finds out which tool's command it is. A bare benchmark_serving.py may
// be vLLM's old one or a fork, whose --random-range-ratio differ.
func toolOf(words []string, as Tool) (Tool, []string, error) {
	at := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "--") })
	if at < 0 {
		at = len(words)
	}
	head := strings.Join(words[:at], " ")
	found := as
	switch {
	case as != "":
		if !slices.Contains([]Tool{VLLM, SGLang, InferenceX}, as) {
			return "", nil, fmt.Errorf("invalid --as %q: must be vllm, sglang or inferencex", as)
		}
	case strings.Contains(head, "vllm bench serve"), strings.Contains(head, "vllm-bench"):
		found = VLLM
	case strings.Contains(head, "sglang"):
		found = SGLang
	case strings.Contains(head, "benchmark_serving"):
		return "", nil, errors.New("several tools have a benchmark_serving.py, and their flags differ in meaning (--random-range-ratio 0.8 is 20 to 180 % of the length in vLLM and 80 to 100 % in InferenceX): add --as vllm or --as inferencex")
	default:
		return "", nil, fmt.Errorf("unknown command %q: must be vllm bench serve, python -m sglang.bench_serving, or, with --as inferencex, its benchmark_serving.py", clip(head))
	}
	return found, words[at:], nil
}

// WriteYAML prints the plan, with comments above it about what was not carried
// over.
func (i *Plan) WriteYAML(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# From a command line of %s. Run it with: inferometer load FILE\n", i.Tool)
	for _, list := range []struct {
		title string
		lines []string
	}{{"Not carried over", i.Left}, {"Done differently here", i.Differs}} {
		if len(list.lines) > 0 {
			fmt.Fprintf(&b, "# %s:\n", list.title)
		}
		for _, l := range list.lines {
			fmt.Fprintf(&b, "#   %s\n", plaintext.Line(l))
		}
	}
	b.WriteString("only: [load]\n")
	var open []string // the keys that are open above the line
	sorted := slices.Clone(i.Settings)
	slices.SortStableFunc(sorted, func(x, y Setting) int { return strings.Compare(group(x.Path), group(y.Path)) })
	for _, s := range sorted {
		path := strings.Split(s.Path, ".")
		last := len(path) - 1
		same := 0
		for same < min(len(open), last) && open[same] == path[same] {
			same++
		}
		for k := same; k < last; k++ {
			fmt.Fprintf(&b, "%s%s:\n", strings.Repeat("  ", k), path[k])
		}
		open = path[:last]
		fmt.Fprintf(&b, "%s%s: %s", strings.Repeat("  ", last), path[last], s.Value)
		if s.From != "" {
			fmt.Fprintf(&b, " # %s", plaintext.Line(s.From))
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// group is the part of a path by which lines are grouped: top-level keys come
// first.
func group(path string) string {
	i := strings.LastIndexByte(path, '.')
	if i < 0 {
		return ""
	}
	return path[:i]
}

// commandFlag is one flag of a command with its values.
type commandFlag struct {
	name   string // without dashes
	values []string
	used   bool
}

// String is the flag as it was written, but for the values of headers.
func (g commandFlag) String() string {
	if len(g.values) == 0 || g.name == "header" {
		return "--" + g.name
	}
	return "--" + g.name + " " + clip(strings.Join(g.values, " "))
}

type commandFlags struct{ list []*commandFlag }

// flagsOf groups words by flag: a flag has the words up to the next flag.
func flagsOf(words []string) (*commandFlags, error) {
	f := &commandFlags{}
	for _, w := range words {
		name, ok := strings.CutPrefix(w, "--")
		if !ok {
			if len(f.list) == 0 {
				return nil, fmt.Errorf("unexpected %q before the first flag", clip(w))
			}
			g := f.list[len(f.list)-1]
			g.values = append(g.values, w)
			continue
		}
		name, value, has := strings.Cut(name, "=")
		g := &commandFlag{name: strings.ReplaceAll(name, "_", "-")}
		if has {
			g.values = []string{value}
		}
		f.list = append(f.list, g)
	}
	return f, nil
}

// get returns a flag and marks it used; if it is repeated, the last one
// counts, as in those tools.
func (f *commandFlags) get(name string) *commandFlag {
	var found *commandFlag
	for _, g := range f.list {
		if g.name == name {
			g.used, found = true, g
		}
	}
	return found
}

// maxTokens is the most tokens of a length; the same bound as the plan's.
const maxTokens = 10_000_000

// clip shortens a word of a command that a message quotes.
func clip(s string) string { return plaintext.Clip(s, 60) }
