package inferometer_test

import (
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// big are packages that may be larger than the rest, each with the reason.
var big = map[string]string{}

// A package that is too big holds more than one idea, or one that has parts.
func TestPackagesAreSmall(t *testing.T) {
	const mostLines, mostFiles = 3000, 25
	lines, files := map[string]int{}, map[string]int{}
	for file, text := range texts(t) {
		if path.Ext(file) == ".go" && !isTest(file) && !strings.HasPrefix(file, "test/") {
			lines[path.Dir(file)] += strings.Count(text, "\n")
			files[path.Dir(file)]++
		}
	}
	for dir, n := range lines {
		if n <= mostLines && files[dir] <= mostFiles {
			if reason, ok := big[dir]; ok {
				t.Errorf("%s is small enough: drop its exception (%q)", dir, reason)
			}
			continue
		}
		if big[dir] == "" {
			t.Errorf("%s has %d lines in %d files, of at most %d in %d: split it, or give the reason in structure_test.go", dir, n, files[dir], mostLines, mostFiles)
		}
	}
}

// What concludes must give the same result for the same log, today and in a
// year: it sends nothing, waits for nothing and can be cancelled by nobody.
func TestConcludeIsPure(t *testing.T) {
	found := false
	for file, f := range sources(t) {
		if path.Dir(file) != "internal/conclude" || isTest(file) {
			continue
		}
		found = true
		for _, spec := range f.Imports {
			p, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			for _, not := range []string{"context", "net", "net/http", "os", "math/rand", "math/rand/v2", module + "/internal/loadgen", module + "/internal/endpoint", module + "/internal/conduct"} {
				if p == not || strings.HasPrefix(p, not+"/") && not != "net" && not != "os" {
					t.Errorf("%s imports %s", file, p)
				}
			}
		}
	}
	if !found {
		t.Error("there is no internal/conclude")
	}
}

// The map of docs/architecture.md has the packages in the order of the law.
func TestArchitectureHasEveryPackage(t *testing.T) {
	b, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	var shown []string
	for _, m := range regexp.MustCompile(`(?m)^\| \[(inferometer\.go|cmd/inferometer|internal/[a-z]+)\]\(`).FindAllStringSubmatch(string(b), -1) {
		shown = append(shown, strings.TrimSuffix(path.Base(m[1]), "/"))
	}
	var want []string
	for _, name := range order {
		dir := "internal/" + name
		switch name {
		case "inferometer.go":
			dir = name
		case "cmd":
			dir, name = "cmd/inferometer", "inferometer"
		}
		if _, err := os.Stat(dir); err == nil {
			want = append(want, name)
		}
	}
	if !slices.Equal(shown, want) {
		t.Errorf("the map has\n%v\nand law_test.go has\n%v", shown, want)
	}
}
