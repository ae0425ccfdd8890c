package quality

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/result"
)

// exitCode is what a command ends with that has said everything.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprint("exit ", int(c)) }

// compareFiles runs the command on two files with the given text.
func compareFiles(t *testing.T, candidate, baseline string, args ...string) (out string, code int, err error) {
	t.Helper()
	dir := t.TempDir()
	files := []string{filepath.Join(dir, "new.jsonl"), filepath.Join(dir, "old.jsonl")}
	for i, text := range []string{candidate, baseline} {
		if err := os.WriteFile(files[i], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	root := &cobra.Command{Use: "quality", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(newCompare(Env{Stdin: strings.NewReader(""), Stdout: &b, Stderr: &b, Usage: func(err error) error { return err }, Exit: func(code int) error { return exitCode(code) }}))
	root.SetArgs(append(append([]string{"compare"}, files...), args...))
	err = root.Execute()
	var c exitCode
	if errors.As(err, &c) {
		return b.String(), int(c), nil
	}
	return b.String(), 0, err
}

// lines makes a file of items that are right or wrong, or have scores.
func lines(n int, value func(i int) string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "{\"id\": \"q%d\", %s}\n", i, value(i))
	}
	return b.String()
}

func correct(wrong func(i int) bool) func(int) string {
	return func(i int) string { return fmt.Sprintf("%q: %v", "correct", !wrong(i)) }
}

// What the claim says of two files is what it says of a run, with its exit code.
func TestCompareDecidesAsARunDoes(t *testing.T) {
	candidate := lines(1000, correct(func(i int) bool { return i < 75 }))
	baseline := lines(1000, correct(func(i int) bool { return i >= 75 && i < 135 }))
	for margin, want := range map[string]int{"2pp": 97, "5pp": 0, "5": 0} {
		out, code, err := compareFiles(t, candidate, baseline, "--margin", margin)
		if err != nil || code != want {
			t.Errorf("--margin %s: exit %d, %v\n%s", margin, code, err, out)
		}
		if margin == "2pp" && (!strings.Contains(out, "undecided: as good as old.jsonl within 2 pp") || !strings.Contains(out, "1,000 items, difference −1.50 pp [−3.8") ||
			!strings.Contains(out, "60 only with the candidate, 75 only with the baseline") || !strings.Contains(out, "McNemar p=0.23")) {
			t.Error(out)
		}
	}
	worse := lines(1000, correct(func(i int) bool { return i < 100 }))
	out, code, err := compareFiles(t, worse, lines(1000, correct(func(int) bool { return false })), "--json")
	var got comparison
	if err != nil || code != 99 || json.Unmarshal([]byte(out), &got) != nil {
		t.Fatalf("exit %d, %v\n%s", code, err, out)
	}
	if got.Claim.Verdict != result.Refuted || *got.Claim.Estimate != -10 || got.Pairs.Lost != 100 || got.Claim.Limit != "quality_delta>=-2pp" {
		t.Errorf("%+v", got)
	}
}

func TestCompareOfScores(t *testing.T) {
	score := func(shift float64) func(int) string {
		return func(i int) string { return fmt.Sprintf("\"score\": %v", 0.7+float64(i*7%11)/100+shift*float64(i%3)) }
	}
	for _, tt := range []struct {
		shift float64
		code  int
	}{{-0.001, 0}, {-0.1, 99}, {-0.02, 97}} {
		out, code, err := compareFiles(t, lines(60, score(tt.shift)), lines(60, score(0)), "--margin", "0.02")
		if err != nil || code != tt.code {
			t.Errorf("a shift of %v: exit %d, %v\n%s", tt.shift, code, err, out)
		}
	}
}

func TestCompareNamesWhatIsNotPaired(t *testing.T) {
	right := correct(func(int) bool { return false })
	out, _, err := compareFiles(t, lines(12, right), lines(10, right))
	if err != nil || !strings.Contains(out, `left out, only in new.jsonl: "q10", "q11"`) || !strings.Contains(out, "10 items") {
		t.Errorf("%v\n%s", err, out)
	}
	if _, _, err := compareFiles(t, lines(12, right), `{"id": "other", "correct": true}`); err == nil || !strings.Contains(err.Error(), "no id is in both files") {
		t.Errorf("%v", err)
	}
}

// A file without what failed proves nothing.
func TestCompareCountsWhatTheCandidateLacks(t *testing.T) {
	right := correct(func(int) bool { return false })
	out, code, err := compareFiles(t, lines(900, right), lines(1000, right))
	if err != nil || code != 99 || !strings.Contains(out, "1,000 items, difference −10") || !strings.Contains(out, "100 of 1000 items have no answer of the candidate, and count as wrong") || !strings.Contains(out, `wrong, only in old.jsonl: "q900"`) {
		t.Errorf("exit %d, %v\n%s", code, err, out)
	}
	// What could not change it does not.
	if out, code, err := compareFiles(t, lines(999, right), lines(1000, right)); err != nil || code != 0 {
		t.Errorf("exit %d, %v\n%s", code, err, out)
	}
	score := func(i int) string { return fmt.Sprintf("\"score\": %v", 0.7+float64(i*7%11)/100) }
	better := func(i int) string { return fmt.Sprintf("\"score\": %v", 0.71+float64(i*5%13)/100) }
	for n, want := range map[int]int{60: 0, 59: 97} {
		out, code, err := compareFiles(t, lines(n, better), lines(60, score), "--margin", "0.1")
		if err != nil || code != want || n == 59 && !strings.Contains(out, "1 items have no score of the candidate, and could change this") {
			t.Errorf("%d of 60 scores: exit %d, %v\n%s", n, code, err, out)
		}
	}
}

func TestCompareRefusesWhatItCannotPair(t *testing.T) {
	one := `{"id": "a", "correct": true}` + "\n"
	for _, tt := range []struct{ candidate, args, want string }{
		{one + one, "", `new.jsonl:2: the id "a" is that of line 1 as well`},
		{one + `{"id": "b", "score": 1}`, "", "new.jsonl:2: some lines have"},
		{`{"id": "a", "score": 1}`, "", `one file has "correct" and the other "score"`},
		{`{"id": "a"}`, "", "new.jsonl:1: item \"a\" has neither"},
		{`{"correct": true}`, "", `new.jsonl:1: no "id"`},
		{"\n\nnonsense", "", "new.jsonl:3: not an item"},
		{"", "", "has no items"},
		{one, "--margin=0", "must be greater than 0"},
		{one, "--margin=-2pp", "must be greater than 0"},
		{one, "--margin=two", "write 2pp"},
		{one, "--margin=NaN", "must be greater than 0"},
		{one, "--alpha=0.7", "between 0 and 0.5"},
		{`{"id": "\u001b[31m", "correct": true, "score": 1}`, "", "has both"},
	} {
		args := strings.Fields(tt.args)
		_, _, err := compareFiles(t, tt.candidate, one, args...)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%q %s: %v, want %q", tt.candidate, tt.args, err, tt.want)
		}
	}
}

// Ids may be numbers, and a file may begin with a byte order mark.
func TestCompareReadsFilesAsOthersWriteThem(t *testing.T) {
	out, _, err := compareFiles(t, "\ufeff{\"id\": 17, \"correct\": true, \"answer\": \"42\"}\r\n{\"id\": 18, \"correct\": true, \"group\": \"g\"}\n\n", `{"id": 17, "correct": true}`+"\n"+`{"id": "18", "correct": true}`)
	if err != nil || !strings.Contains(out, "2 items") {
		t.Errorf("%v\n%s", err, out)
	}
}
