package inferometer_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// at is what can run at the same time in a package.
type at struct {
	starts  bool            // goroutines, in code that is no test
	shares  string          // a place where anything is started, locked or listened on, in code or tests
	imports map[string]bool // packages of this module, of the code
	tested  map[string]bool // and of its tests
}

// concurrency are imports that mean that something runs at the same time.
var concurrency = []string{"sync", "sync/atomic", "testing/synctest", "net", "net/http", "net/http/httptest", "os/exec", "os/signal"}

func atOnce(t *testing.T) map[string]*at {
	t.Helper()
	all := map[string]*at{}
	for file, text := range texts(t) {
		if path.Ext(file) != ".go" || strings.HasPrefix(file, "test/") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		p := all[path.Dir(file)]
		if p == nil {
			p = &at{imports: map[string]bool{}, tested: map[string]bool{}}
			all[path.Dir(file)] = p
		}
		for _, spec := range f.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if slices.Contains(concurrency, name) {
				p.shares = file + " imports " + name
			}
			if own, ok := strings.CutPrefix(name, module+"/"); ok {
				if p.tested[own] = true; !isTest(file) {
					p.imports[own] = true
				}
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			_, statement := n.(*ast.GoStmt)
			call, ok := n.(*ast.CallExpr)
			if ok {
				var s *ast.SelectorExpr
				s, ok = call.Fun.(*ast.SelectorExpr)
				ok = ok && (s.Sel.Name == "Go" || s.Sel.Name == "AfterFunc")
			}
			if ok || statement {
				p.shares = file + " starts a goroutine"
				p.starts = p.starts || !isTest(file)
			}
			return true
		})
	}
	return all
}

// below are the packages that a package's code and tests are made of.
func below(all map[string]*at, dir string) map[string]bool {
	seen := map[string]bool{}
	var add func(map[string]bool)
	add = func(names map[string]bool) {
		for name := range names {
			if !seen[name] && all[name] != nil {
				seen[name] = true
				add(all[name].imports)
			}
		}
	}
	add(all[dir].tested)
	return seen
}

// quoted returns the words of a list in a shell script.
func quoted(t *testing.T, script, name string) string {
	t.Helper()
	b, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?ms)^` + name + `="\n(.*?)\n"$`).FindSubmatch(b)
	if m == nil {
		t.Fatalf("%s has no %s", script, name)
	}
	return string(m[1])
}

// What scripts/test runs without the race detector has nothing in it that the
// detector could find, but for the packages of which it watches some tests.
func TestRaceDetectorMissesNothing(t *testing.T) {
	all := atOnce(t)
	for _, name := range strings.Fields(quoted(t, "scripts/test", "serial")) {
		dir := "internal/" + name
		p := all[dir]
		if p == nil {
			t.Errorf("scripts/test: there is no %s", dir)
			continue
		}
		if p.shares != "" {
			t.Errorf("%s: the race detector must watch it; drop %s from serial in scripts/test", p.shares, name)
		}
		for _, b := range slices.Sorted(maps.Keys(below(all, dir))) {
			if all[b].starts {
				t.Errorf("%s uses %s, which starts goroutines: drop %s from serial in scripts/test", dir, b, name)
			}
		}
	}
	for _, line := range strings.Split(quoted(t, "scripts/test", "partly"), "\n") {
		dir, pattern, _ := strings.Cut(line, " ")
		whole, _, _ := strings.Cut(strings.TrimSpace(pattern), "/")
		want, err := regexp.Compile(whole)
		if err != nil || whole == "" {
			t.Errorf("scripts/test: %s: %v", line, err)
			continue
		}
		found := false
		for file, text := range texts(t) {
			if path.Dir(file) == dir && isTest(file) {
				for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)`).FindAllStringSubmatch(text, -1) {
					found = found || want.MatchString(m[1])
				}
			}
		}
		if !found {
			t.Errorf("scripts/test: no test of %s matches %q", dir, whole)
		}
	}
}
