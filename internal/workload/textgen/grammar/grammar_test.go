package grammar

import (
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"
)

// file writes one of n units and short lines.
func file(v *Grammar, seed uint64, n int) string {
	r := rand.New(rand.NewPCG(seed, 1))
	lines := []string{v.FirstLine(seed, FirstLineWords)}
	if v.Lead() != "" {
		lines = append(lines, v.Lead())
	}
	for range n {
		lines = append(lines, v.Unit(r), v.Short(r))
	}
	return strings.Join(append(lines, v.Ask(9), v.Ask(0), v.Comment("Answer.")), "\n")
}

func TestGrammars(t *testing.T) {
	for _, name := range append(Languages(), Code()...) {
		v, err := Get(name)
		if err != nil {
			t.Fatal(err)
		}
		a, b := file(v, 1, 30), file(v, 2, 30)
		if a == b || a != file(v, 1, 30) {
			t.Errorf("%s: the text is not a function of the seed", name)
		}
		if !utf8.ValidString(a) || strings.ContainsAny(a, "«»") || strings.Contains(a, `\n`) || strings.Contains(a, "\n\n\n") {
			t.Errorf("%s: %s", name, a)
		}
		heads := map[string]bool{}
		for i := range uint64(4096) {
			heads[v.FirstLine(i, 2)] = true
		}
		if len(heads) != 4096 {
			t.Errorf("%s: %d first lines of two words", name, len(heads))
		}
	}
	if _, err := Get("klingon"); err == nil {
		t.Error("Klingon is known")
	}
}

func TestGoParses(t *testing.T) {
	v, err := Get("go")
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(20) {
		text := file(v, seed, 40)
		if _, err := parser.ParseFile(token.NewFileSet(), "x.go", text, parser.SkipObjectResolution); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	}
}

func TestPythonParses(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3 to parse with")
	}
	v, err := Get("python")
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(3) {
		cmd := exec.Command(python, "-c", "import ast,sys; ast.parse(sys.stdin.read())")
		cmd.Stdin = strings.NewReader(file(v, seed, 60))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s", out)
		}
	}
}
