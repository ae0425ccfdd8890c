// Package help lists a command's flags by group, each with the placeholder of
// its value, its default and one clause, in the columns of a terminal, and says
// for flags of other tools which of ours does the same.
package help

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Width is the most columns that a line of help has: those of a terminal
// that nobody has made wider.
const Width = 80

// Annotations of a flag, which say how help lists it.
const (
	groupName = "inferometer_group"   // the heading
	rareFlag  = "inferometer_rare"    // listed by --help-all only
	defaultIs = "inferometer_default" // what holds without the flag
)

// defaultGroup is the heading of flags that have no other.
const defaultGroup = "Flags"

// Group puts flags under a heading of the help.
func Group(fs *pflag.FlagSet, group string, names ...string) {
	for _, n := range names {
		annotate(fs.Lookup(n), groupName, group)
	}
}

// Rare leaves flags out of the help that is not for all of them.
func Rare(fs *pflag.FlagSet, names ...string) {
	for _, n := range names {
		annotate(fs.Lookup(n), rareFlag, "true")
	}
}

// Default says what holds without a flag.
func Default(f *pflag.Flag, text string) { annotate(f, defaultIs, text) }

// IsRare reports whether only --help-all lists a flag.
func IsRare(f *pflag.Flag) bool { return annotation(f, rareFlag) != "" }

// GroupOf is the heading of a flag, "" for none.
func GroupOf(f *pflag.Flag) string { return annotation(f, groupName) }

func annotate(f *pflag.Flag, name, value string) {
	if f.Annotations == nil {
		f.Annotations = map[string][]string{}
	}
	f.Annotations[name] = []string{value}
}

func annotation(f *pflag.Flag, name string) string {
	if v := f.Annotations[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// helpAll is the flag --help-all: it asks for help, and for all of it.
type helpAll struct {
	command *cobra.Command
	on      bool
}

func (h *helpAll) String() string { return "" }
func (h *helpAll) Type() string   { return "bool" }

func (h *helpAll) Set(string) error {
	h.on = true
	return h.command.Flags().Set("help", "true")
}

// Install gives a command and those below it help by groups of flags.
func Install(c *cobra.Command) {
	all := &helpAll{command: c}
	c.InitDefaultHelpFlag()
	f := c.Flags().VarPF(all, "help-all", "", "list every flag")
	f.NoOptDefVal = "true"
	f.Hidden = !hasRare(c) // help has them all
	c.SetHelpFunc(func(c *cobra.Command, _ []string) { writeHelp(c.OutOrStdout(), c, all.on) })
	for _, sub := range c.Commands() {
		Install(sub)
	}
}

func hasRare(c *cobra.Command) bool {
	found := false
	c.Flags().VisitAll(func(f *pflag.Flag) { found = found || annotation(f, rareFlag) != "" })
	return found
}

// writeHelp prints a command's help; all lists also the flags that are Rare
// needed.
func writeHelp(w io.Writer, c *cobra.Command, all bool) {
	var b strings.Builder
	text := c.Long
	if text == "" {
		text = c.Short + "."
	}
	for line := range strings.SplitSeq(text, "\n") {
		b.WriteString(wrapped(line, hanging(line)) + "\n")
	}
	fmt.Fprintf(&b, "\nUsage:\n  %s\n", c.UseLine())
	if c.Example != "" {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", c.Example)
	}
	if c.HasAvailableSubCommands() {
		b.WriteString("\nCommands:\n")
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(&b, "  %-*s  %s\n", c.NamePadding(), sub.Name(), sub.Short)
			}
		}
	}
	left := writeFlags(&b, c.Flags(), all)
	switch {
	case left > 0:
		fmt.Fprintf(&b, "\n%d more: %s --help-all. Details: %s.\n", left, c.CommandPath(), manualOf(c))
	case c.HasAvailableSubCommands():
		fmt.Fprintf(&b, "\nHelp for a command: %s COMMAND --help.\n", c.CommandPath())
	}
	_, _ = io.WriteString(w, b.String())
}

// manualOf is the page of the manual with all flags of a command.
func manualOf(c *cobra.Command) string {
	if c.Name() == "sim" || c.Name() == "forecast" {
		return "docs/simulator.md"
	}
	return "docs/configuration.md"
}

// writeFlags lists flags by group, and returns how many are left out.
func writeFlags(b *strings.Builder, fs *pflag.FlagSet, all bool) (left int) {
	var groups []string
	lists := map[string][]*pflag.Flag{}
	fs.VisitAll(func(f *pflag.Flag) {
		switch {
		case f.Hidden:
			return
		case !all && annotation(f, rareFlag) != "":
			left++
			return
		}
		group := annotation(f, groupName)
		if group == "" {
			group = defaultGroup
		}
		if !slices.Contains(groups, group) {
			groups = append(groups, group)
		}
		lists[group] = append(lists[group], f)
	})
	if i := slices.Index(groups, defaultGroup); i >= 0 { // --help and what else has no group
		groups = append(slices.Delete(groups, i, i+1), defaultGroup)
	}
	for _, g := range groups {
		fmt.Fprintf(b, "\n%s:\n", g)
		width := 0
		for _, f := range lists[g] {
			width = max(width, len([]rune(flagText(f))))
		}
		width = min(width, 32)
		for _, f := range lists[g] {
			writeFlag(b, f, width)
		}
	}
	return left
}

func writeFlag(b *strings.Builder, f *pflag.Flag, width int) {
	_, usage := Describe(f)
	if d := flagDefault(f); d != "" {
		usage += " (default " + d + ")"
	}
	head := fmt.Sprintf("  %-*s  ", width, flagText(f))
	b.WriteString(wrapped(head+usage, len([]rune(head))) + "\n")
}

// flagText is a flag with the placeholder of its value: --rate REQ/S.
func flagText(f *pflag.Flag) string {
	text := "--" + f.Name
	if f.Shorthand != "" {
		text = "-" + f.Shorthand + ", " + text
	}
	if value, _ := Describe(f); value != "" {
		text += " " + value
	}
	return text
}

// Describe is the placeholder of a flag's value and what the flag does. Flags
// that are no keys of a plan have both in one text: "`N` simulated requests".
func Describe(f *pflag.Flag) (value, usage string) {
	if v, text, ok := strings.Cut(strings.TrimPrefix(f.Usage, "`"), "`"); ok && strings.HasPrefix(f.Usage, "`") {
		return v, strings.TrimSpace(text)
	}
	return pflag.UnquoteUsage(f)
}

// flagDefault is what holds without the flag, "" if that is plain.
func flagDefault(f *pflag.Flag) string {
	if d := annotation(f, defaultIs); d != "" {
		return d
	}
	switch f.DefValue {
	case "", "0", "0s", "false", "[]":
		return ""
	}
	return strings.Trim(f.DefValue, "[]")
}

// hanging is by how much the lines after the first are indented: to the second
// column, if the line has two.
func hanging(line string) int {
	body := strings.TrimLeft(line, " ")
	indent := len(line) - len(body)
	if i := strings.Index(body, "  "); indent > 0 && i > 0 {
		return indent + i + len(body[i:]) - len(strings.TrimLeft(body[i:], " "))
	}
	return indent
}

// wrapped breaks a line between words where it is longer than Width.
func wrapped(line string, indent int) string {
	if indent > Width/2 {
		indent = 4
	}
	var out []string
	rest := []rune(line)
	for len(rest) > Width {
		at := -1
		for i := Width; i > indent; i-- {
			if rest[i] == ' ' {
				at = i
				break
			}
		}
		if at < 0 {
			break // one long word
		}
		out = append(out, strings.TrimRight(string(rest[:at]), " "))
		rest = append([]rune(strings.Repeat(" ", indent)), rest[at+1:]...)
	}
	return strings.Join(append(out, string(rest)), "\n")
}
