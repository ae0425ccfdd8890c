package inferometer_test

import (
	"go/ast"
	"path"
	"slices"
	"testing"
)

// What the sample showed is no estimate. It is measured and shown; no claim,
// gate, figure, comparison, forecast or front takes it for a value.
func TestSampleIsOnlyShown(t *testing.T) {
	deciders := []string{"suite", "conclude", "blocks", "forecast", "quality", "pricing", "cost", "validity", "capacity", "figure", "physics", "stats"}
	looked := 0
	for file, f := range sources(t) {
		if isTest(file) || !slices.Contains(deciders, packageOf(path.Dir(file))) {
			continue
		}
		looked++
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok || s.Sel.Name != "Sample" && s.Sel.Name != "Answered" {
				return true
			}
			if file == "internal/conclude/server.go" { // a sample of the server's metrics
				return true
			}
			t.Errorf("%s reads %s, which may be that of an estimate", file, s.Sel.Name)
			return true
		})
	}
	if looked < 50 {
		t.Errorf("only %d files looked at", looked)
	}
}
