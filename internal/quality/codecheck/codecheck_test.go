package codecheck

import "testing"

func TestCheck(t *testing.T) {
	tests := []struct {
		name, language, code     string
		parsed, balanced, define bool
	}{
		{"go file", "go", "package main\n\nfunc main() { println(\"a)\") }\n", true, true, true},
		{"go function", "golang", "func add(a, b int) int {\n\treturn a + b\n}", true, true, true},
		{"go statements", "go", "x := 1\nprintln(x)", true, true, false},
		{"go cut off", "go", "func add(a, b int) int {\n\treturn a", false, false, true},
		{"python", "python", "def add(a, b):\n    # it's (fine\n    return f\"{a}\" + b", false, true, true},
		{"python docstring", "py", "def f():\n    \"\"\"It's a ( doc\n    string\"\"\"\n    return 1", false, true, true},
		{"python cut off", "python", "def add(a, b):\n    return max(a,", false, false, true},
		{"javascript", "js", "const add = (a, b) => { return a + b; } // (", false, true, true},
		{"javascript comment", "js", "/* ( */ function f() {}", false, true, true},
		{"open comment", "js", "function f() {} /* (", false, false, true},
		{"guessed go", "", "package p\nfunc f() {}", true, true, true},
		{"rust lifetime", "rust", "fn f<'a>(x: &'a str) -> &'a str { x }", false, true, true},
		{"no code", "", "hello world", false, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := Check(tt.language, tt.code)
			if r.Parsed != tt.parsed || r.Balanced != tt.balanced || r.Defines != tt.define {
				t.Errorf("%+v", r)
			}
		})
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("go", "func f() {}")
	f.Add("python", "'''")
	f.Fuzz(func(_ *testing.T, language, code string) { Check(language, code) }) // must not panic
}
