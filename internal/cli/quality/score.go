package quality

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/quality/texts"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/suggest"
	"github.com/inferometer/inferometer/internal/vocab"
)

func newScore(e Env) *cobra.Command {
	var answers, references, kind string
	var asJSON bool
	c := e.command(&cobra.Command{
		Use:   "score --answers FILE [--references FILE]",
		Short: "Score texts from files: BLEU, chrF, ROUGE-L and components",
		Long: `Score texts from files: BLEU and chrF as sacreBLEU 2.6 computes them, ROUGE-L,
and heuristic components. Each line of both files is JSON:

  {"id": "q1", "text": "…"}

References of one id may stand on several lines, or in a list "references". An
answer may also have "kind", "prompt", "keywords", "glossary" and "forbidden";
without them the components that need them do not apply. docs/scores.md has the
formulas.`,
		Example: `  inferometer quality score --answers answers.jsonl --references right.jsonl
  inferometer quality score --answers answers.jsonl --kind technical --json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if answers == "" {
				return e.Usage(errors.New("--answers: name a file of JSON lines with id and text"))
			}
			if answers == "-" && references == "-" {
				return e.Usage(errors.New("--references: standard input can be only one of the files"))
			}
			if !slices.Contains(vocab.QualityKinds(), kind) {
				return e.Usage(fmt.Errorf("--kind: unknown kind %q%s; use %s", kind, suggest.DidYouMean(kind, vocab.QualityKinds()), strings.Join(vocab.QualityKinds(), ", ")))
			}
			r, err := e.score(answers, references, kind)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(e.Stdout, r)
			}
			return writeScores(e.Stdout, r)
		},
	})
	fs := c.Flags()
	fs.StringVar(&answers, "answers", "", "`FILE` answers; - for standard input")
	fs.StringVar(&references, "references", "", "`FILE` right answers; - for standard input")
	fs.StringVar(&kind, "kind", vocab.Technical, "`KIND` of content where a line has none: "+strings.Join(vocab.QualityKinds(), ", "))
	fs.BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func (e Env) score(answers, references, kind string) (texts.Report, error) {
	var list []texts.Answer
	err := e.open(answers, func(r io.Reader, name string) (err error) {
		list, err = texts.ReadAnswers(r, name)
		return err
	})
	if err != nil {
		return texts.Report{}, err
	}
	for _, a := range list {
		if a.Kind != "" && !slices.Contains(vocab.QualityKinds(), a.Kind) {
			return texts.Report{}, fmt.Errorf("%s: answer %q has the unknown kind %q%s; use %s", answers, plaintext.Line(a.ID), plaintext.Line(a.Kind), suggest.DidYouMean(a.Kind, vocab.QualityKinds()), strings.Join(vocab.QualityKinds(), ", "))
		}
	}
	var right texts.References
	if references != "" {
		err := e.open(references, func(r io.Reader, name string) (err error) {
			right, err = texts.ReadReferences(r, name)
			return err
		})
		if err != nil {
			return texts.Report{}, err
		}
	}
	r := texts.Assess(list, right, kind)
	if len(right.IDs) > 0 && r.Corpus.Compared == 0 {
		return r, fmt.Errorf("no id is in both files: %s in %s, %s in %s", named(r.WithoutReference), answers, named(r.WithoutAnswer), references)
	}
	return r, nil
}

// open calls read with a file, or standard input for -.
func (e Env) open(path string, read func(r io.Reader, name string) error) (err error) {
	if path == "-" {
		return read(e.Stdin, "standard input")
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return read(f, path)
}

// mostScores is how many answers are listed: those with the lowest totals.
const mostScores = 20

// writeScores prints the report for people.
func writeScores(w io.Writer, r texts.Report) error {
	list := slices.Clone(r.Scores)
	title := "answers"
	if len(list) > mostScores {
		slices.SortStableFunc(list, func(a, b texts.Score) int { return cmp.Compare(a.Total, b.Total) })
		list = list[:mostScores]
		title = fmt.Sprintf("the %d answers with the lowest totals (--json has all %s)", mostScores, format.Count(len(r.Scores)))
	}
	var b strings.Builder
	tab := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	row := func(cells ...string) { _, _ = fmt.Fprintln(tab, strings.Join(cells, "\t")) }
	figure := func(v *float64) string {
		if v == nil {
			return format.Missing
		}
		return fmt.Sprintf("%.1f", *v)
	}
	share := func(v *float64) string {
		if v == nil {
			return format.Missing
		}
		return fmt.Sprintf("%.3f", *v)
	}
	c := r.Corpus
	row("corpus", "value", "signature")
	row("BLEU", figure(c.BLEU), c.Signatures["bleu"])
	row("chrF2", figure(c.ChrF), c.Signatures["chrf"])
	row("chrF2++", figure(c.ChrFPlus), c.Signatures["chrf_plus_plus"])
	row("ROUGE-L", share(c.ROUGEL), c.Signatures["rouge_l"])
	row("total", fmt.Sprintf("%.1f", c.Total), "heuristic, mean")
	for _, name := range vocab.QualityComponents() {
		if v, ok := c.Components[name]; ok {
			row("  "+strings.ReplaceAll(name, "_", " "), fmt.Sprintf("%.1f", v), "")
		}
	}
	_ = tab.Flush() // into a builder
	b.WriteString("\n" + title + "\n")
	row("id", "total", "BLEU", "chrF2", "ROUGE-L", "words", "grade", "notes")
	for _, s := range list {
		grade := format.Missing
		if s.Readability != nil {
			grade = fmt.Sprintf("%.1f", s.Readability.Grade)
		}
		row(format.Brief(plaintext.Line(s.ID), 40), fmt.Sprintf("%.1f", s.Total), figure(s.BLEU), figure(s.ChrF), share(s.ROUGEL), fmt.Sprint(s.Counts.Words), grade, strings.Join(s.Notes, "; "))
	}
	_ = tab.Flush() // as above
	b.WriteString("\n")
	fmt.Fprintf(&b, "%s answers, %s with a reference\n", format.Count(c.Answers), format.Count(c.Compared))
	if n := len(r.WithoutReference); n > 0 && c.Compared > 0 {
		fmt.Fprintf(&b, "without a reference, in no text metric: %s: %s\n", format.Count(n), named(r.WithoutReference))
	}
	if n := len(r.WithoutAnswer); n > 0 {
		fmt.Fprintf(&b, "references without an answer: %s: %s\n", format.Count(n), named(r.WithoutAnswer))
	}
	for _, n := range r.Notes {
		b.WriteString(format.Sentence(n) + "\n")
	}
	for line := range strings.Lines(b.String()) {
		if _, err := io.WriteString(w, strings.TrimRight(line, " \n")+"\n"); err != nil {
			return err
		}
	}
	return nil
}
