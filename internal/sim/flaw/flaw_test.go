package flaw

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/sim/answer"
	"github.com/inferometer/inferometer/internal/sim/fault"
)

const plain = "Caching keeps recent answers close. It saves time on every request. It costs memory, which has to be watched."

func flaws(t *testing.T, list string) []fault.Fault {
	t.Helper()
	f, err := fault.ParseList(list)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Each flaw is what its name says, and leaves the rest alone.
func TestTexts(t *testing.T) {
	for f, is := range map[string]func(s string) bool{
		"empty":   func(s string) bool { return s == "" },
		"decline": func(s string) bool { return s == Refusal },
		"cut": func(s string) bool {
			return s != "" && len(s) < len(plain) && strings.HasPrefix(plain, s) && !strings.HasSuffix(s, ".")
		},
		"cut@2":         func(s string) bool { return s == "Cachin"+"g" },
		"leak":          func(s string) bool { return s == plain+Marks },
		"leak@2":        func(s string) bool { return strings.HasPrefix(s, "Caching"+Marks) && strings.HasSuffix(s, "watched.") },
		"language":      func(s string) bool { return strings.HasPrefix(s, "Caching") && strings.Contains(s, "中文") },
		"language@0=de": func(s string) bool { return strings.HasPrefix(s, "Die Antwort") },
		"leak-reasoning": func(s string) bool {
			return strings.HasPrefix(s, "<think>") && strings.HasSuffix(s, "</think>\n\n"+plain)
		},
		"loop": func(s string) bool {
			return answer.Count(s) >= 200 && strings.Count(s, " on every") > 5 && strings.HasPrefix(s, "Caching")
		},
		"length=150":    func(s string) bool { return strings.HasPrefix(s, plain) && about(s, 1.5) },
		"length=40":     func(s string) bool { return s == "Caching keeps recent answers close." },
		"bad-json":      func(s string) bool { return s == plain },
		"ignore-system": func(s string) bool { return s == plain },
	} {
		if got := Text(plain, flaws(t, f), 200); !is(got) {
			t.Errorf("%s: %q", f, got)
		}
	}
	for _, s := range []string{`{"a": [1, 2]}`, `[1, {"b": 2}]`, `{"a": {"b": 1}}`} {
		if got := Text(s, flaws(t, "bad-json"), 200); json.Valid([]byte(got)) {
			t.Errorf("%s is still JSON: %s", s, got)
		}
	}
	for _, f := range []string{"cut", "loop", "leak@3", "language", "length=10", "length=300", "empty", "bad-json"} {
		_ = Text("", flaws(t, f), 10) // an answer may have no text before
		_ = Text("x", flaws(t, f), 1)
	}
}

func about(s string, factor float64) bool {
	n := float64(answer.Count(s)) / float64(answer.Count(plain))
	return n > factor*0.9 && n < factor*1.5
}

func TestTokens(t *testing.T) {
	tokens := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	join := func(list string, other []string) string {
		return strings.Join(Tokens(append([]string(nil), tokens...), flaws(t, list), other), "")
	}
	for list, want := range map[string]string{"lose": "abcdefh", "lose=3": "abdegh", "diverge": "abcdefgh\n", "cut": "abcdefgh"} {
		if got := join(list, nil); got != want {
			t.Errorf("%s: %q, want %q", list, got, want)
		}
	}
	if got := join("diverge@2", []string{"A", "B", "C", "D"}); got != "abCD" {
		t.Errorf("with other words: %q", got)
	}
	if got := join("diverge", []string{"A"}); got != "abcd" {
		t.Errorf("with fewer words: %q", got)
	}
}
