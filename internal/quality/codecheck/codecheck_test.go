package codecheck

import (
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	tests := []struct {
		name, language, code string
		whole, define, stub  bool
	}{
		{"go file", "go", "package main\n\nfunc main() { println(\"a)\") }\n", true, true, false},
		{"go function", "golang", "func add(a, b int) int {\n\treturn a + b\n}", true, true, false},
		{"go statements", "go", "x := 1\nprintln(x)", true, false, false},
		{"go cut off", "go", "func add(a, b int) int {\n\treturn a", false, true, false},
		{"go that is balanced and wrong", "go", "func add(a b) int {\n\treturn = a\n}", false, true, false},
		{"go stub", "go", "func add(a, b int) int {\n\tpanic(\"not implemented\")\n}", true, true, true},
		{"go empty body", "go", "func run() {}", true, true, true},
		{"go one line", "go", "func add(a, b int) int { return a + b }", true, true, false},
		{"python", "python", "def add(a, b):\n    # it's (fine\n    return f\"{a}\" + b", true, true, false},
		{"python docstring", "py", "def f():\n    \"\"\"It's a ( doc\nstring\"\"\"\n    return 1", true, true, false},
		{"python nested", "python", "def f(x):\n    if x:\n        return 1\n    else:\n        return [\n  2,\n        ]\n\nprint(f(0))", true, true, false},
		{"python indented as a whole", "python", "    def f(x):\n        return x\n", true, true, false},
		{"python cut off", "python", "def add(a, b):\n    return max(a,", false, true, false},
		{"python cut after a colon", "python", "def add(a, b):\n    if a:\n", false, true, false},
		{"python without its indent", "python", "def add(a, b):\nreturn a + b", false, true, false},
		{"python with an indent too much", "python", "def add(a, b):\n    x = 1\n      y = 2", false, true, false},
		{"python at a level that was not open", "python", "if a:\n    if b:\n        f(x)\n  g(y)", false, false, false},
		{"python stub", "python", "def f(x):\n    \"\"\"Doc.\"\"\"\n    pass", true, true, true},
		{"python todo", "python", "def f(x):\n    # TODO: write it\n    return None", true, true, true},
		{"python early return", "python", "def f(x):\n    if not x:\n        return None\n    y = x + 1\n    return y", true, true, false},
		{"javascript", "js", "const add = (a, b) => { return a + b; } // (", true, true, false},
		{"javascript comment", "js", "/* ( */ function f() { g() }", true, true, false},
		{"javascript regexp", "js", "const ok = s => /^[^\"'(]+\\/$/.test(s);", true, true, false},
		{"javascript division", "js", "function half(a) {\n  return (a) / 2; // '\n}", true, true, false},
		{"javascript template", "js", "const f = (a) => `it's ${a} (`;", true, true, false},
		{"apostrophe in JSX", "jsx", "function Hi() {\n  return <p>Don't (panic), it's fine</p>;\n}", true, true, false},
		{"string after a keyword", "js", "function f(x) { switch (x) { case'(': return'['; } }", true, true, false},
		{"php comment", "php", "<?php\n# don't (\n// it's\nfunction f($a) { return $a['x']; }", true, true, false},
		{"r comment", "r", "# it's (\nf <- function(x) { x + 1 }", true, true, false},
		{"perl comment", "perl", "sub f { # don't (\n  return $#list; }", true, false, false},
		{"open comment", "js", "function f() {} /* (", false, true, false},
		{"guessed go", "", "package p\nfunc f() { g() }", true, true, false},
		{"rust lifetime", "rust", "fn f<'a>(x: &'a str) -> &'a str { x }", true, true, false},
		{"sql", "sql", "SELECT 'it''s' -- (\nFROM t;", true, true, false},
		{"bash", "bash", "case $1 in\n  a) echo \"two\nlines\" ;; # it's\nesac", true, true, false},
		{"words", "", "Write a Go function that merges two lists, and say what class of problem it is.", true, false, false},
		{"nothing", "", "", true, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := Check(tt.language, tt.code)
			if r.Whole() != tt.whole || r.Defines != tt.define || r.Stub != tt.stub {
				t.Errorf("whole %v, want %v; %+v", r.Whole(), tt.whole, r)
			}
			if r.Parsed && r.Language != "go" {
				t.Errorf("%s cannot have been parsed", r.Language)
			}
		})
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("go", "func f() {}")
	f.Add("python", "'''")
	f.Add("js", "a = /[/")
	f.Add("python", "if a:\n  b\n c")
	f.Fuzz(func(t *testing.T, language, code string) {
		if masked, _ := mask(Language(language, code), code); len(masked) != len(code) || strings.Count(masked, "\x00") > strings.Count(code, "\x00") {
			t.Fatalf("%q is masked as %q", code, masked)
		}
		Check(language, code)
	})
}
