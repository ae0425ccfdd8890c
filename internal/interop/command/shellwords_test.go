package command

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplitWords(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want []string
	}{
		{"", nil},
		{"a  b\tc", []string{"a", "b", "c"}},
		{`a 'b c' "d e" f\ g`, []string{"a", "b c", "d e", "f g"}},
		{`""`, []string{""}},
		{`x"y"'z'`, []string{"xyz"}},
		// Within double quotes a backslash escapes $ " \ ` and the line break only.
		{`"a\d" "\"" "\\n" "\$x" 'a\d'`, []string{`a\d`, `"`, `\n`, "$x", `a\d`}},
		{`--extra-request-body "{\"stop\":\"\\n\"}"`, []string{"--extra-request-body", `{"stop":"\n"}`}},
		{`--extra-body '{"a":1,"b":[2]}' {"a":1}`, []string{"--extra-body", `{"a":1,"b":[2]}`, "{a:1}"}},
		{"a \\\n  b \\\r\n  c\r\nd", []string{"a", "b", "c", "d"}},
		{"\"x\\\ny\"", []string{"xy"}},
		{"# a comment\na b # another\n", []string{"a", "b"}},
		{"HF_HOME=/x a\n  b=c d", []string{"HF_HOME=/x", "a", "b=c", "d"}},
		{"~/data/*.json [a] ~user", []string{"~/data/*.json", "[a]", "~user"}},
		{`$'a\tb'`, []string{"a\tb"}},
	} {
		got, err := splitWords(tt.in)
		if d := cmp.Diff(tt.want, got); err != nil || d != "" {
			t.Errorf("%q: %v %s", tt.in, err, d)
		}
	}
	for in, want := range map[string]string{
		"a $B":            "variables",
		`a "${B:-x}"`:     "variables",
		"a $(b)":          "substitutions",
		"a `b`":           "substitutions",
		"a $((1+1))":      "substitutions",
		"a <(b)":          "substitutions",
		"a 'b":            "quote",
		`a "b`:            "quote",
		"a | tee x":       "pipes",
		"a > x":           "redirections",
		"cd x && a":       "other commands",
		"cd x; a":         "other commands",
		"a &":             "single",
		"if a; then b":    "syntax",
		"A+=1 b":          "assign",
		"A=(1 2)":         "assign",
		`a {"b":1,"c":2}`: "braces",
		"for x in y; do":  "syntax",
	} {
		if got, err := splitWords(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %q, %v, want an error with %q", in, got, err, want)
		}
	}
}
