package plan

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/plan/key"
)

var update = flag.Bool("update", false, "write docs/configuration.md again")

const configurationHead = `# Configuration

A run follows one plan. Its values come from defaults, a plan file, environment
variables and flags; flags win over variables, variables over the file, the file
over defaults. ` + "`--dry-run`" + ` prints the plan as resolved, where each value came from, and
what it would send and cost; defaults of what the plan does not run are in --json alone. Unknown keys, variables and flags are errors.

A key of a plan file, a flag and a variable set the same value in the same way. The variable
is ` + "`INFEROMETER_`" + ` and the flag in capitals: ` + "`--key-env`" + ` is ` + "`INFEROMETER_KEY_ENV`" + `. A value of 0 means 0,
or is refused with a reason; "not set" is when nobody has said anything. Keys that a sweep cannot
vary say why.

This page is made from the code (` + "`go test ./internal/plan -update`" + `). Plans to start from
are in [examples/](../examples).
`

const fileKeysHead = `
## Plan files only

These keys have no flag. Those of ` + "`candidate`" + ` are also keys of ` + "`baseline`" + ` and of each of ` + "`targets[]`" + `.

| plan key | default | |
|---|---|---|
`

// manual is the text of docs/configuration.md.
func manual() string {
	var b strings.Builder
	b.WriteString(configurationHead)
	var groups []key.Group
	for _, k := range Keys() {
		if !slices.Contains(groups, k.Group) {
			groups = append(groups, k.Group)
		}
	}
	cell := func(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
	about := func(k key.Key) string {
		text := strings.ToUpper(k.Help[:1]) + k.Help[1:] + "."
		if k.More != "" {
			text += " " + k.More
		}
		switch {
		case k.Zero != "":
			text += " 0: " + k.Zero + "."
		case k.NoZero != "":
			text += " 0 is refused."
		}
		if k.NoSweep != "" && k.Group != key.GroupScan && !strings.HasPrefix(k.Path, "baseline") {
			text += " Not swept: " + k.NoSweep + "."
		}
		return cell(text)
	}
	for _, g := range groups {
		fmt.Fprintf(&b, "\n## %s\n\n| plan key | flag | default | |\n|---|---|---|---|\n", g)
		for _, k := range Keys() {
			if k.Group == g {
				fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s |\n", k.Path, strings.TrimSpace("--"+k.Flag+" "+cell(k.Value)), cell(k.Default), about(k))
			}
		}
	}
	b.WriteString(fileKeysHead)
	for _, k := range FileKeys() {
		if !strings.HasPrefix(k.Path, "baseline.") {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.Path, cell(k.Default), about(k))
		}
	}
	return b.String()
}

func TestDocs(t *testing.T) {
	file := filepath.Join("..", "..", "docs", "configuration.md")
	if *update {
		if err := os.WriteFile(file, []byte(manual()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != manual() {
		t.Errorf("%s differs from the code; run go test ./internal/plan -update", file)
	}
}
