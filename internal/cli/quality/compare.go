package quality

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/conclude/answers"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/suite"
)

// comparison is what the command prints.
type comparison struct {
	Candidate string       `json:"candidate"`
	Baseline  string       `json:"baseline"`
	Scores    bool         `json:"scores"` // else right and wrong answers
	Claim     result.Claim `json:"claim"`
	// Pairs is about right and wrong answers; absent for scores.
	Pairs *result.AnswerPairs `json:"pairs,omitempty"`
	// Ids that only one file has. Those that the baseline lacks decide nothing. Those that the
	// candidate lacks count as wrong; of scores, they keep a claim from being proved.
	OnlyCandidate []string `json:"only_candidate,omitempty"`
	OnlyBaseline  []string `json:"only_baseline,omitempty"`
}

func newCompare(e Env) *cobra.Command {
	var margin string
	var alpha float64
	var asJSON bool
	c := &cobra.Command{
		Use:   "compare CANDIDATE.jsonl BASELINE.jsonl",
		Short: "Decide from two files whether answers are as good as others",
		Long: `Decide whether the answers of one file are as good as those of another, on the
same items and within a margin. Each line is an item:

  {"id": "q1", "correct": true}     or     {"id": "q1", "score": 0.7}

Items with the same "group" depend on each other, such as questions about one
text. The claim is decided as in a run, by the same code: proved (exit code 0),
undecided (97) with the number of items that would decide, or refuted (99).
An item that only the baseline has counts as a wrong answer of the candidate.
Scores are not proved to be as good where the candidate lacks some.`,
		Example: `  inferometer quality compare new.jsonl old.jsonl --margin 2pp
  inferometer quality compare new.jsonl old.jsonl --margin 0.05  # scores`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return fmt.Errorf("name two files of answers, the candidate's and the baseline's, not %d", len(args))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if !(alpha > 0) || alpha >= 0.5 {
				return e.Usage(fmt.Errorf("--alpha: invalid error probability %v: must be between 0 and 0.5", alpha))
			}
			candidate, err := e.readAnswers(args[0])
			if err != nil {
				return err
			}
			baseline, err := e.readAnswers(args[1])
			if err != nil {
				return err
			}
			if candidate.Scored != baseline.Scored {
				return errors.New("one file has \"correct\" and the other \"score\"; use one of them in both")
			}
			m, err := parseMargin(margin, candidate.Scored)
			if err != nil {
				return e.Usage(err)
			}
			out, err := compare(candidate, baseline, m, alpha)
			if err != nil {
				return err
			}
			out.Candidate, out.Baseline = filepath.Base(args[0]), filepath.Base(args[1])
			if asJSON {
				err = writeJSON(e.Stdout, out)
			} else {
				err = out.write(e.Stdout)
			}
			if err != nil {
				return err
			}
			switch out.Claim.Verdict {
			case result.Refuted:
				return e.Exit(suite.ExitRefuted)
			case result.Undecided:
				return e.Exit(suite.ExitUndecided)
			}
			return nil
		},
	}
	c.Flags().StringVar(&margin, "margin", "", "`POINTS` that count as equally good; of scores, a number in their unit (default 2pp)")
	c.Flags().Float64Var(&alpha, "alpha", 0.05, "one-sided error `PROBABILITY`")
	c.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return e.command(c)
}

func (e Env) readAnswers(path string) (f *answers.File, err error) {
	if path == "-" {
		return answers.Read(e.Stdin, "standard input")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return answers.Read(file, path)
}

// parseMargin reads a margin: percentage points of right answers, or a number in the unit of scores.
func parseMargin(text string, scored bool) (float64, error) {
	if text == "" {
		if scored {
			return 0, errors.New("--margin: scores need one, in their own unit, such as 0.05")
		}
		return 2, nil
	}
	number, points := strings.CutSuffix(strings.ToLower(strings.TrimSpace(text)), "pp")
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	switch {
	case err != nil:
		return 0, fmt.Errorf("--margin: invalid margin %q; write 2pp", text)
	case scored && points:
		return 0, fmt.Errorf("--margin: scores have a unit of their own, and no percentage points; write a number such as 0.05, not %s", text)
	case !(v > 0) || math.IsInf(v, 0):
		return 0, fmt.Errorf("--margin: invalid margin %q: must be greater than 0, since no number of items proves that there is no difference at all", text)
	case !scored && v >= 100:
		return 0, fmt.Errorf("--margin: invalid margin %q: must be under 100 percentage points", text)
	}
	return v, nil
}

func compare(candidate, baseline *answers.File, margin, alpha float64) (comparison, error) {
	p := answers.Pair(&candidate.Side, &baseline.Side)
	out := comparison{
		Scores: candidate.Scored, OnlyCandidate: p.OnlyFirst, OnlyBaseline: p.OnlySecond,
		Claim: result.Claim{ID: "compare", Benchmark: "quality", Verdict: result.Undecided, Alpha: alpha, Margin: result.Num(-margin), Evidence: result.Listed, Inputs: []string{"candidate", "baseline"}, Set: true},
	}
	if p.Len() == 0 {
		return out, fmt.Errorf("no id is in both files: %s in one, %s in the other", named(p.OnlyFirst), named(p.OnlySecond))
	}
	c := &out.Claim
	if out.Scores {
		c.Unit, c.Limit = "score", fmt.Sprintf("score_delta>=-%g", margin)
		c.Text = fmt.Sprintf("mean score not more than %g under the other file's, on the same items", margin)
		p.DecideScores(c, margin)
		return out, nil
	}
	p = answers.PairWhole(&candidate.Side, &baseline.Side)
	l, err := metric.ParseLimit(fmt.Sprintf("quality_delta>=-%gpp", margin))
	if err != nil {
		return out, err
	}
	c.Unit, c.Limit = l.Metric.Unit, l.String()
	c.Text = fmt.Sprintf("right answers not more than %g pp under the other file's, on the same items", margin)
	p.Decide(c, l)
	pairs := p.Compared()
	pairs.Target, pairs.Against = "candidate", "baseline"
	out.Pairs = &pairs
	return out, nil
}

// mostNamed is how many ids a line names.
const mostNamed = 5

// named lists ids, cut.
func named(ids []string) string {
	if len(ids) == 0 {
		return "none"
	}
	var out []string
	for _, id := range ids[:min(len(ids), mostNamed)] {
		out = append(out, strconv.Quote(format.Brief(plaintext.Line(id), 40)))
	}
	text := strings.Join(out, ", ")
	if n := len(ids) - len(out); n > 0 {
		text += fmt.Sprintf(" and %s more", format.Count(n))
	}
	return text
}

// write prints the comparison for people.
func (o comparison) write(w io.Writer) error {
	c := o.Claim
	unit := c.Unit
	if o.Scores {
		unit = ""
	}
	margin := strings.TrimSpace(strconv.FormatFloat(-float64(*c.Margin), 'g', 4, 64) + " " + unit)
	var b strings.Builder
	fmt.Fprintf(&b, "%s: as good as %s within %s\n", c.Verdict, plaintext.Line(o.Baseline), margin)
	fmt.Fprintf(&b, "  %s items, difference %s", format.Count(c.N), format.Span(c.Estimate, c.Lo, c.Hi, unit))
	if c.NEff > 0 && math.Abs(c.NEff-float64(c.N)) > 0.5 {
		fmt.Fprintf(&b, " (effective %s)", format.Whole(c.NEff))
	}
	b.WriteString("\n  " + format.Sentence(c.Reason) + "\n")
	if p := o.Pairs; p != nil {
		fmt.Fprintf(&b, "  right: %s with both, %s only with the candidate, %s only with the baseline, %s with neither\n", format.Count(p.Both), format.Count(p.Gained), format.Count(p.Lost), format.Count(p.Neither))
		fmt.Fprintf(&b, "  differ: %s of the items; McNemar p=%.2g, which decides nothing\n", format.Percent(float64(p.Gained+p.Lost)/float64(p.Items)), p.McNemar)
		if p.Groups > 0 {
			fmt.Fprintf(&b, "  groups: %s, whose items depend on each other\n", format.Count(p.Groups))
		}
	}
	missing := "wrong"
	if o.Scores {
		missing = "without a score of the candidate"
	}
	for _, only := range []struct {
		what, file string
		ids        []string
	}{{"left out", o.Candidate, o.OnlyCandidate}, {missing, o.Baseline, o.OnlyBaseline}} {
		if len(only.ids) > 0 {
			fmt.Fprintf(&b, "  %s, only in %s: %s\n", only.what, plaintext.Line(only.file), named(only.ids))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
