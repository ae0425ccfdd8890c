package validity

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/metric"
)

var update = flag.Bool("update", false, "write docs/validity.md again")

const head = `# Validity

Each run is judged before its claims are: checks ask whether the client, the
network, the load and the server's own counts allow the figures to be believed.
This page is made from the checks in the code
(` + "`go test ./internal/validity -update`" + `).

A check passes, warns, fails, or is not assessed where what it needs was not
observed. Each check that warns or fails says how to fix it. No number is changed.

**A check has a scope.** The last column says which figures it is about: those of its
cell, or of all cells where it judges the run. They are in doubt where it warns and
spoilt where it fails, and nothing else is. In result.json a check that warns or fails
lists them as ` + "`figures`" + `; with ` + "`between`" + ` it is only about comparisons of targets.

**Claims.** A claim is ` + "`invalid`" + ` only if a figure that it rests on is spoilt; its reason
names the check and the cell. A claim on savings rests on token counts and prices, one on
quality on scores, one on success on counts. What the client itself adds (` + "`client_added`" + ` and the
other checks marked *client*) makes no claim invalid: claims on latency are decided with and without it. A backlog that
still grew (` + "`little`" + ` in an open loop) flatters every figure: what is refuted all the same stays refuted.

**Exit code 98** says that something you asked for is spoilt: with claims, one of them; without, a load
that was not what was asked for (` + "`arrivals`, `cut`" + `), every latency headline of a target
(ttft, tpot, e2e), the answer of a capacity search, or, where the run has no latencies, its scores or its
cost. A ` + "`--quick`" + ` run warns, and ends with 98 only if nothing was measured. An interrupted run
ends with 130. ` + "`inferometer report RUN`" + ` ends with the exit code of the run.

**What is allowed to fail.** Cells of a sweep, and those that only led a capacity search to its answer, may find
loads that the server cannot carry: there ` + "`errors`, `cut` and `little`" + ` warn at most, as long as some
load was carried. Samples that only cost is computed from are checked for their tokens.

**Output lengths** are a cap wherever a server does not let them be fixed. A claim's condition then says
the lengths that came, and ` + "`output_length`" + ` spoils only what compares targets whose answers are of unlike lengths.

| check | judges | what it looks at | figures in doubt |
|---|---|---|---|
`

// groups are names for metrics that are mostly in doubt together.
var groups = []struct {
	name string
	tags []string
}{
	{"latencies", latencies}, {"speeds and gaps", paces}, {"rates", rates}, {"token counts", counts}, {"costs", costs}, {"scores", scores},
}

// named says which figures a check is about, whole groups by their names.
func named(figures []string) string {
	if len(figures) == 0 {
		return "none"
	}
	rest := slices.Clone(figures)
	var out []string
	for _, g := range groups {
		whole := true
		for _, tag := range g.tags {
			whole = whole && slices.Contains(figures, tag)
		}
		if whole {
			out = append(out, g.name)
			rest = slices.DeleteFunc(rest, func(tag string) bool { return slices.Contains(g.tags, tag) })
		}
	}
	for _, tag := range rest {
		out = append(out, "`"+tag+"`")
	}
	return strings.Join(out, ", ")
}

func TestDocs(t *testing.T) {
	var b strings.Builder
	b.WriteString(head)
	for _, k := range checks {
		judges := "cell"
		if k.run != nil {
			judges = "run"
		}
		if k.client {
			judges += ", *client*"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", k.id, judges, k.about, named(k.figures))
	}
	b.WriteString("\nThe groups:\n\n")
	for _, g := range groups {
		fmt.Fprintf(&b, "- %s: `%s`\n", g.name, strings.Join(g.tags, "`, `"))
	}
	file := filepath.Join("..", "..", "docs", "validity.md")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != b.String() {
		t.Errorf("%s differs from the checks; run go test ./internal/validity -update", file)
	}
}

func TestEveryCheckIsWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range checks {
		if k.id == "" || k.about == "" || k.figures == nil || (k.run == nil) == (k.cell == nil) || seen[k.id] {
			t.Errorf("%+v", k)
		}
		seen[k.id] = true
		for _, tag := range k.figures {
			if _, ok := metric.Lookup(tag); !ok {
				t.Errorf("%s puts %q in doubt, which is not a metric", k.id, tag)
			}
		}
	}
}
