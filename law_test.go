package inferometer_test

import (
	"debug/elf"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The law of this repository: what a reviewer would otherwise have to watch.

const module = "github.com/inferometer/inferometer"

// order is the packages from top to bottom. A package may import those below it,
// and its own parts.
var order = []string{
	"laboratory", "inferometer.go", "cmd", "cli", "serve", "matrix", "repeat", "compare", "history", "suite", "export", "report", "conduct", "estimate", "conclude", "blocks", "cells", "forecast", "interop", "launch",
	"calibrate", "loadgen", "workload", "endpoint", "runlog", "scrape", "sim", "observe", "power", "hardware", "quality", "cost", "pricing", "validity", "capacity", "measure",
	"figure", "result", "exchange", "plan", "scenario", "tokens", "physics", "catalog", "metric", "arrival", "warmup", "stats", "tariff", "amount", "plaintext", "wholefile", "seeded", "lazy", "pace", "suggest", "vocab",
}

// leaves hold files that are embedded, and tools of the build. Every package may
// import the former; they import none.
var leaves = []string{"docs", "examples", "scripts", "web"}

// packageOf returns the top package that a package of this module is part of, by its path from the
// module's root.
func packageOf(pkg string) string {
	first, rest, _ := strings.Cut(pkg, "/")
	if pkg == "." {
		return "inferometer.go"
	}
	if pkg == "scripts/laboratory" {
		return "laboratory" // a tool that calls the product; nothing imports it
	}
	if first != "internal" {
		return first
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

func TestImportsRunDownward(t *testing.T) {
	for file, f := range sources(t) {
		from := packageOf(path.Dir(file))
		level := slices.Index(order, from)
		leaf := slices.Contains(leaves, from)
		if level < 0 && !leaf {
			t.Errorf("%s: the package %q has no place in the order; give it one in law_test.go and docs/architecture.md", file, from)
			continue
		}
		for _, spec := range f.Imports {
			p, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if p == "testing" && !isTest(file) && from != "scripts" {
				t.Errorf("%s imports testing: test code does not belong into the product", file)
			}
			if p == module {
				p = "."
			} else if p, _ = strings.CutPrefix(p, module+"/"); p == strings.Trim(spec.Path.Value, `"`) {
				continue // not ours
			}
			to := packageOf(p)
			if to == from || slices.Contains(leaves, to) {
				continue
			}
			switch {
			case leaf:
				t.Errorf("%s imports %s: %q holds files and tools, and imports no package of ours", file, p, from)
			case from == "sim" && !slices.Contains([]string{"pace", "plaintext", "seeded"}, to):
				t.Errorf("%s imports %s: sim knows nothing of the rest, so that it is measured like any other server", file, p)
			case slices.Index(order, to) < level && !(isTest(file) && p == "."):
				t.Errorf("%s imports %s: %q is above %q; take what you need as a small interface or function", file, p, to, from)
			}
		}
	}
}

func TestOnePackageDocEach(t *testing.T) {
	docs := map[string][]string{}
	names := map[string]string{}
	for file, f := range sources(t) {
		if isTest(file) {
			continue
		}
		dir := path.Dir(file)
		names[dir] = f.Name.Name
		if f.Doc == nil {
			continue
		}
		docs[dir] = append(docs[dir], file)
		want := "Package " + f.Name.Name + " "
		if f.Name.Name == "main" {
			want = "Command " + path.Base(dir) + " "
		}
		if !strings.HasPrefix(f.Doc.Text(), want) {
			t.Errorf("%s: the package doc must begin with %q", file, want)
		}
	}
	for dir := range names {
		if n := len(docs[dir]); n != 1 {
			t.Errorf("%s has %d package docs %v, want one: the opinion, the scope and what the package does not do", dir, n, docs[dir])
		}
	}
}

func TestNoLongFiles(t *testing.T) {
	const most = 500
	for file, text := range texts(t) {
		switch path.Ext(file) {
		case ".go", ".ts", ".css", ".sh":
			if n := strings.Count(text, "\n"); n > most {
				t.Errorf("%s has %d lines, of at most %d: it holds more than one idea", file, n, most)
			}
		}
	}
}

// A file that speaks of the machine it was written on is of no use to anyone
// else. The words are put together here so that this file has none of them.
func TestNoFileNamesAWorkplace(t *testing.T) {
	words := []string{
		"/wor" + "k/main", "/wor" + "k/shared", "/wor" + "k/.", "/far" + "m/", ".libr" + "ary/",
		"DEVELOP" + "ERS.md", "/tmp/bash_" + "jobs", "co-authored-" + "by",
		"proxy.go" + "lang.org", "sum.go" + "lang.org", "registry.npm" + "js.org", "files.python" + "hosted.org",
	}
	for file, text := range texts(t) {
		lower := strings.ToLower(text)
		for _, w := range words {
			if i := strings.Index(lower, strings.ToLower(w)); i >= 0 {
				t.Errorf("%s:%d holds %q", file, 1+strings.Count(text[:i], "\n"), w)
			}
		}
	}
}

// forbidden dependencies, each with the reason.
var forbidden = []struct {
	path   string
	goos   string // "" is all
	tests  bool   // forbidden in tests as well
	reason string
}{
	{"github.com/ebitengine/purego", "linux", true, "it links dynamically, and a static binary is promised; darwin needs it"},
	{"github.com/stretchr/testify", "", true, "the testing package and go-cmp say what differs"},
	{"go.opentelemetry.io/otel", "", false, "13 MB of binary for traces that nobody has asked for"},
	{"github.com/apache/arrow-go", "", false, "tens of MB of binary"},
	{"github.com/openai/openai-go", "", true, "a real client belongs into test/clients, a module of its own"},
	{"github.com/chromedp/chromedp", "", true, "a browser belongs into test/browser, a module of its own"},
	{"github.com/mattn/go-sqlite3", "", true, "it needs a C compiler; modernc.org/sqlite does not"},
	{"github.com/influxdata/tdigest", "", true, "its percentiles are wrong by 5 to 12 % at small n"},
	{"github.com/caio/go-tdigest", "", true, "its percentiles are wrong by 5 to 12 % at small n"},
	{"github.com/gorilla/mux", "", true, "net/http has patterns"},
	{"net/http/pprof", "", false, "it opens a door on the default mux"},
}

func TestForbiddenDependencies(t *testing.T) {
	for _, goos := range []string{"linux", "darwin", "windows"} {
		t.Run(goos, func(t *testing.T) {
			product := dependencies(t, goos, "./cmd/inferometer", ".")
			all := dependencies(t, goos, "-test", "./...")
			for _, f := range forbidden {
				if f.goos != "" && f.goos != goos {
					continue
				}
				among := product
				if f.tests {
					among = all
				}
				for _, d := range among {
					if d == f.path || strings.HasPrefix(d, f.path+"/") {
						t.Errorf("%s is a dependency: %s", d, f.reason)
					}
				}
			}
		})
	}
}

// dependencies lists the packages behind others, as the linker sees them.
func dependencies(t *testing.T, goos string, args ...string) []string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-deps"}, args...)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH=amd64")
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		t.Fatalf("go list: %v\n%s", err, exit.Stderr)
	} else if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(out))
	if len(lines) < 50 {
		t.Fatalf("only %d dependencies; the list cannot be right", len(lines))
	}
	return lines
}

func TestBinary(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the whole program; -short")
	}
	const most = 64_000_000 // bytes
	bin := filepath.Join(t.TempDir(), "inferometer")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", bin, "./cmd/inferometer")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	info, err := os.Stat(bin)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%.1f MB", float64(info.Size())/1e6)
	if info.Size() > most {
		t.Errorf("the binary has %d bytes, of at most %d", info.Size(), most)
	}
	if runtime.GOOS != "linux" {
		return // elsewhere a program without the system's library cannot be
	}
	f, err := elf.Open(bin)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("the binary asks for a dynamic loader")
		}
	}
	if libs, err := f.ImportedLibraries(); err != nil || len(libs) > 0 {
		t.Errorf("the binary needs libraries %v (%v)", libs, err)
	}
}

func isTest(file string) bool { return strings.HasSuffix(file, "_test.go") }

// sources parses every Go file of this module, all build tags together.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	parsed := map[string]*ast.File{}
	set := token.NewFileSet()
	for file, text := range texts(t) {
		if path.Ext(file) != ".go" || strings.HasPrefix(file, "test/") {
			continue // test/ holds modules of their own
		}
		f, err := parser.ParseFile(set, file, text, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		parsed[file] = f
	}
	return parsed
}

// texts returns every text file that belongs to the repository, by its path
// from the root: what git tracks or would, as .gitignore names it.
func texts(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			switch {
			case name == ".git" || name == "node_modules" || slices.Contains([]string{"bin", "dist", "runs"}, p):
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() || name == ".git" || strings.HasSuffix(name, ".test") || strings.HasPrefix(name, ".got-") {
			return nil
		}
		b, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		if !slices.Contains(b[:min(len(b), 8000)], 0) { // as git tells binary files
			all[filepath.ToSlash(p)] = string(b)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
