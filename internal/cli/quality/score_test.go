package quality

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/quality/texts"
)

// scoreFiles runs the command on files with the given text.
func scoreFiles(t *testing.T, answers, references string, args ...string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	at := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	args = append([]string{"score", "--answers", at("a.jsonl", answers)}, args...)
	if references != "" {
		args = append(args, "--references", at("r.jsonl", references))
	}
	var b bytes.Buffer
	root := &cobra.Command{Use: "quality", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(newScore(Env{Stdin: strings.NewReader(""), Stdout: &b, Stderr: &b, Usage: func(err error) error { return err }}))
	root.SetArgs(args)
	err := root.Execute()
	return b.String(), err
}

func TestScorePrintsMetricsComponentsAndSignatures(t *testing.T) {
	answers := `{"id": "q1", "text": "the cat sat on the mat"}
{"id": 2, "text": "A Bloom filter is a set of bits. It may say yes by mistake, but it never says no by mistake.", "keywords": ["bloom", "bits"]}
{"id": "q3", "text": "nobody knows"}
`
	references := `{"id": "q1", "text": "the cat is on the mat"}
{"id": "q1", "text": "there is a cat on the mat"}
{"id": "2", "references": ["A Bloom filter holds bits."]}
{"id": "q9", "text": "no answer to this"}
`
	out, err := scoreFiles(t, answers, references, "--json")
	if err != nil {
		t.Fatal(err)
	}
	var r texts.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Scores) != 3 || r.Scores[0].ID != "q1" || r.Scores[0].BLEU == nil || *r.Scores[0].BLEU < 37.9917 || *r.Scores[0].BLEU > 37.9918 {
		t.Errorf("%+v", r.Scores)
	}
	if r.Scores[2].BLEU != nil || len(r.WithoutReference) != 1 || len(r.WithoutAnswer) != 1 || r.WithoutAnswer[0] != "q9" {
		t.Errorf("not paired: %+v, %+v", r.WithoutReference, r.WithoutAnswer)
	}
	if got := r.Corpus.Signatures["bleu"]; got != "nrefs:var|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0" {
		t.Errorf("signature %q", got)
	}
	if _, ok := r.Scores[1].Components["terms"]; !ok {
		t.Errorf("components %v", r.Scores[1].Components)
	}
	text, err := scoreFiles(t, answers, references)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"nrefs:var|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0", `without a reference, in no text metric: 1: "q3"`, `references without an answer: 1: "q9"`, "heuristic"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
}

func TestScoreNamesTheLineOfAMistake(t *testing.T) {
	good := `{"id": "a", "text": "x"}` + "\n"
	for name, tt := range map[string]struct {
		answers, references string
		args                []string
		want                string
	}{
		"no JSON":              {answers: good + "nonsense\n", want: "a.jsonl:2:"},
		"no id":                {answers: "\n\n{\"text\": \"x\"}\n", want: "a.jsonl:3: no \"id\""},
		"no text":              {answers: `{"id": "a"}`, want: "a.jsonl:1: no \"text\""},
		"an id twice":          {answers: good + good, want: `a.jsonl:2: the id "a" is that of line 1`},
		"a reference of none":  {answers: good, references: `{"id": "a"}`, want: "r.jsonl:1:"},
		"nothing in common":    {answers: good, references: `{"id": "b", "text": "x"}`, want: "no id is in both files"},
		"an unknown kind":      {answers: `{"id": "a", "text": "x", "kind": "techncal"}`, want: `did you mean "technical"`},
		"an unknown --kind":    {answers: good, args: []string{"--kind", "poem"}, want: "--kind: unknown kind"},
		"an empty file":        {answers: "\n", want: "has no answers"},
		"both from the stream": {answers: good, args: []string{"--answers", "-", "--references", "-"}, want: "standard input"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := scoreFiles(t, tt.answers, tt.references, tt.args...)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

// What an answer holds reaches the terminal only as safe text.
func TestScoreOfHostileTexts(t *testing.T) {
	hostile := []string{"\x1b[31mred\x1b[0m \x1b]0;title\a", strings.Repeat(">", 100_000), strings.Repeat("- ", 50_000), strings.Repeat("```\n", 30_000), "\x00\x00<script>alert(1)</script>", strings.Repeat("a", 1<<20), strings.Repeat("word ", 1<<18)}
	var b strings.Builder
	for _, s := range hostile {
		line, err := json.Marshal(map[string]string{"id": s[:min(len(s), 60)] + string(rune('a'+b.Len()%20)), "text": s})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	b.WriteString("{\"id\": \"bad\", \"text\": \"\xff\xfe \\ud800 end\"}\n")
	out, err := scoreFiles(t, b.String(), b.String())
	if err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(out, "\x1b\a\x00") {
		t.Errorf("control characters reach the terminal: %q", out)
	}
}
