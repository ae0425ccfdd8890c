package validity

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
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
observed. The run has the worst status of its checks. If it fails, the
run is invalid: no claim is proved or refuted, and the command exits with 98 (130 if it was interrupted). Each
check that warns or fails says how to fix it. A figure in doubt is one that such a
check speaks of; no number is changed.

Cells of a sweep are allowed to find loads that the server cannot carry: there
` + "`errors` and `little`" + ` warn at most, as long as some load was carried. Cells that only
led a capacity search to its answer are checked for what the client added. Samples that
only cost is computed from are checked for their tokens.

| check | judges | what it looks at | figures in doubt |
|---|---|---|---|
`

func TestDocs(t *testing.T) {
	var b strings.Builder
	b.WriteString(head)
	for _, k := range checks {
		judges, figures := "cell", "all"
		if k.run != nil {
			judges = "run"
		}
		if k.figures != nil {
			figures = "none"
		}
		if len(k.figures) > 0 {
			figures = "`" + strings.Join(k.figures, "`, `") + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", k.id, judges, k.about, figures)
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
		if k.id == "" || k.about == "" || (k.run == nil) == (k.cell == nil) || seen[k.id] {
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
