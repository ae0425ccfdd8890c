package quality

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/quality/item"
)

// errUsage marks what was typed wrongly.
var errUsage = errors.New("usage")

// called runs a command as it is typed, and returns what it prints.
func called(t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	root := &cobra.Command{Use: "quality", SilenceErrors: true, SilenceUsage: true}
	e := Env{
		Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &out,
		Usage: func(err error) error { return errors.Join(errUsage, err) },
	}
	root.AddCommand(newItems(e), newCheck(e))
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(&out)
	err := root.Execute()
	return out.String(), err
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "f.jsonl")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// answersTo writes the answers of items, the first `wrong` of them wrong.
func answersTo(t *testing.T, items []item.Item, wrong int) string {
	t.Helper()
	var b strings.Builder
	for i, it := range items {
		text := it.Answer
		if i < wrong {
			text = it.Wrong
		}
		line, err := json.Marshal(map[string]string{"id": it.ID, "text": text})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	return b.String()
}

// What `items` prints can be given to `check`, and what is right there is counted.
func TestPrintedItemsAreChecked(t *testing.T) {
	out, err := called(t, "", "items", "--family", "arithmetic", "--count", "40", "--seed", "3")
	if err != nil {
		t.Fatal(err)
	}
	items, err := item.Read(strings.NewReader(out), "printed")
	if err != nil || len(items) != 40 {
		t.Fatalf("%d items, %v", len(items), err)
	}
	verdicts := filepath.Join(t.TempDir(), "v.jsonl")
	out, err = called(t, answersTo(t, items, 4), "check", "--items", file(t, out), "--answers", "-", "--json", "--verdicts", verdicts)
	if err != nil {
		t.Fatal(err)
	}
	var got checked
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if got.Strict.Right != 36 || got.Strict.Of != 40 || got.Strict.Low == nil || *got.Strict.Low < 0.76 || *got.Strict.Low > 0.78 {
		t.Errorf("strict %+v, want 36 of 40 from 0.769 (Wilson)", got.Strict)
	}
	b, err := os.ReadFile(verdicts)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(b), `"correct":true`); n != 36 || strings.Count(string(b), "\n") != 40 {
		t.Errorf("the file of verdicts has %d right ones:\n%s", n, b)
	}
}

// An answer that is missing is wrong, not left out: else a server that fails on the hard
// items would look better than one that tries.
func TestMissingAnswersAreWrong(t *testing.T) {
	items := item.Shipped()[:10]
	var b strings.Builder
	for _, it := range items {
		line, _ := json.Marshal(it)
		b.Write(append(line, '\n'))
	}
	out, err := called(t, answersTo(t, items[:6], 0), "check", "--items", file(t, b.String()), "--answers", "-")
	if err != nil || !strings.Contains(out, "(6 of 10)") || !strings.Contains(out, "4 items have no answer") {
		t.Errorf("%v\n%s", err, out)
	}
}

// Several answers to an item are samples of it, not more items.
func TestSamplesOfAnItemGivePassAtK(t *testing.T) {
	items := file(t, `{"id":"a","prompt":"p","checks":[{"type":"exact","want":["1"]}]}
{"id":"b","prompt":"q","checks":[{"type":"exact","want":["2"]}]}
`)
	answers := `{"id":"a","text":"1"}
{"id":"a","text":"1"}
{"id":"b","text":"1"}
{"id":"b","text":"1"}
`
	out, err := called(t, answers, "check", "--items", items, "--answers", "-", "--json")
	if err != nil {
		t.Fatal(err)
	}
	var got checked
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if got.PassAt["1"] != 0.5 || got.Strict.Effective == nil || *got.Strict.Effective >= 4 {
		t.Errorf("pass@1 %v, effective number of answers %v of 4", got.PassAt, got.Strict.Effective)
	}
}

// Code runs by the command that is named after --, and not without one.
func TestCodeRunsOnlyByTheNamedCommand(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the program of this test is a shell script")
	}
	items := file(t, `{"id":"a","prompt":"p","checks":[{"type":"tests","language":"sh","want":["test \"$x\" = 1"]}]}`)
	marker := filepath.Join(t.TempDir(), "ran")
	answers := `{"id":"a","text":"touch ` + marker + `\nx=1"}`
	if out, err := called(t, answers, "check", "--items", items, "--answers", "-"); !errors.Is(err, errUsage) || !strings.Contains(err.Error(), "sandbox") {
		t.Errorf("%v\n%s", err, out)
	}
	if _, err := os.Stat(marker); err == nil {
		t.Error("the answer's code ran without a command")
	}
	out, err := called(t, answers, "check", "--items", items, "--answers", "-", "--", "sh")
	if err != nil || !strings.Contains(out, "(1 of 1)") {
		t.Errorf("%v\n%s", err, out)
	}
	out, err = called(t, `{"id":"a","text":"x=2"}`, "check", "--items", items, "--answers", "-", "--", "sh")
	if err != nil || !strings.Contains(out, "(0 of 1)") || !strings.Contains(out, "the tests failed") {
		t.Errorf("%v\n%s", err, out)
	}
}

// Answers are hostile text, and so are ids: what they hold must not reach the terminal.
func TestHostileAnswersDoNotReachTheTerminal(t *testing.T) {
	items := file(t, `{"id":"a\u001b[31m","prompt":"p","checks":[{"type":"choice","want":["A"]},{"type":"parses","language":"toml"},{"type":"tool_call","want":["f"]}]}`)
	out, err := called(t, `{"id":"a\u001b[31m","text":"= \u001b]0;x\u0007 \u0000","calls":[{"Name":"\u001b[2J","Arguments":"\u001b"}]}`, "check", "--items", items, "--answers", "-")
	if err != nil || strings.ContainsAny(out, "\x1b\x07\x00") || !strings.Contains(out, "wrong: a") {
		t.Errorf("%v\n%q", err, out)
	}
}

func TestWhatIsTypedWronglyIsSaid(t *testing.T) {
	good := file(t, `{"id":"a","prompt":"p","checks":[{"type":"exact","want":["1"]}]}`)
	for _, test := range []struct {
		stdin string
		args  []string
		want  string
	}{
		{"", []string{"items"}, "--list"},
		{"", []string{"items", "canary"}, "--family canary"},
		{"", []string{"items", "--family", "canary", "--count", "-1"}, "--count"},
		{"", []string{"items", "--family", "arithmetics"}, "no set or family"},
		{"", []string{"check"}, "--items FILE"},
		{"", []string{"check", "sh", "--items", good, "--answers", "-"}, "comes after --"},
		{"", []string{"check", "--items", good, "--answers", "-", "--timeout", "0"}, "--timeout"},
		{"", []string{"check", "--items", good, "--answers", "-"}, "has no answers"},
		{`{"id":"b","text":"1"}`, []string{"check", "--items", good, "--answers", "-"}, `-:1: no item has the id "b"`},
		{`{"id":"a"}`, []string{"check", "--items", good, "--answers", "-"}, `-:1: "text" is missing`},
		{"\n{", []string{"check", "--items", good, "--answers", "-"}, "-:2: invalid JSON"},
	} {
		if _, err := called(t, test.stdin, test.args...); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: %v, want an error with %q", test.args, err, test.want)
		}
	}
}

// The list has each family, rule and instruction.
func TestTheListIsWhole(t *testing.T) {
	out, err := called(t, "", "items", "--list")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range append(item.Families(), "canary", "json_schema", "tool_call", "startend:quotation") {
		if !strings.Contains(out, want) {
			t.Errorf("%s is missing", want)
		}
	}
}
