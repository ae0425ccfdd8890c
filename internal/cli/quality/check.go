package quality

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/quality/check"
	"github.com/inferometer/inferometer/internal/quality/check/sandbox"
	"github.com/inferometer/inferometer/internal/quality/item"
	"github.com/inferometer/inferometer/internal/stats"
	"github.com/inferometer/inferometer/internal/wholefile"
)

// Standard output has the verdicts; nothing goes to standard error but errors.

// verdict is what was found of an answer.
type verdict struct {
	ID     string   `json:"id"`
	Group  string   `json:"group,omitempty"`
	Right  bool     `json:"correct"`
	Loose  bool     `json:"loose"`
	Failed []string `json:"failed,omitempty"`
	Why    []string `json:"why,omitempty"`
}

// share is an accuracy. That of answers has a 95 % interval: Wilson's, with the effective
// number of answers where several are to one item or to items of one group (Kish).
type share struct {
	Right     int      `json:"right"`
	Of        int      `json:"of"`
	Share     *float64 `json:"share"`
	Low       *float64 `json:"low,omitempty"`
	High      *float64 `json:"high,omitempty"`
	Effective *float64 `json:"effective,omitempty"` // number of answers that the interval is of

	values []float64
}

// checked is what the command prints as JSON. Items without an answer count as wrong.
type checked struct {
	Strict share `json:"strict"`
	Loose  share `json:"loose"`
	// Instructions are the same over single checks, as IFEval's instruction level.
	StrictChecks share              `json:"strict_checks"`
	LooseChecks  share              `json:"loose_checks"`
	PassAt       map[string]float64 `json:"pass_at,omitempty"` // of several answers to an item
	Missing      []string           `json:"missing,omitempty"`
	Items        []verdict          `json:"items"`
}

// sample is a line of the file of answers.
type sample struct {
	ID    string       `json:"id"`
	Text  *string      `json:"text"`
	Calls []check.Call `json:"calls"`
}

func newCheck(e Env) *cobra.Command {
	var itemsFile, answersFile, verdicts string
	var timeout time.Duration
	var asJSON bool
	c := &cobra.Command{
		Use:   "check --items FILE --answers FILE [-- COMMAND ...]",
		Short: "Say which answers are right, by the checks of their items",
		Long: `Check answers by the rules of their items. Each line of the answers is one:

  {"id": "gsm8k-1", "text": "... #### 72"}

Several lines with one id are samples of one item, and give pass@k. Items that
have tests for code are checked by COMMAND, which gets a program on its
standard input and ends with code 0 where the tests pass. Code that a model
wrote may do anything: name a command that is a sandbox. Nothing is run
without one.`,
		Example: `  inferometer quality check --items gsm8k.jsonl --answers answers.jsonl
  inferometer quality check --items HumanEval.jsonl --answers answers.jsonl -- \
    docker run --rm -i --network none --memory 512m python:3.13-slim python -`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case itemsFile == "" || answersFile == "":
				return e.Usage(errors.New("give the items (--items FILE) and the answers to them (--answers FILE)"))
			case len(args) > 0 && c.ArgsLenAtDash() != 0:
				return e.Usage(fmt.Errorf("unexpected argument %q; a command to run tests comes after --", args[0]))
			case timeout <= 0:
				return e.Usage(fmt.Errorf("--timeout: invalid duration %v: must be greater than 0", timeout))
			}
			items, err := openItems(itemsFile)
			if err != nil {
				return err
			}
			if i := slices.IndexFunc(items, func(it item.Item) bool { return check.NeedsRun(it.Checks) }); i >= 0 && len(args) == 0 {
				return e.Usage(fmt.Errorf("item %q has tests for code; give a command that runs them in a sandbox after --, as the help shows", plaintext.Short(items[i].ID, 80)))
			}
			answers, err := e.readSamples(answersFile, items)
			if err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
			defer stop()
			var run func(string, string) (bool, string)
			if len(args) > 0 {
				box := sandbox.Command{Args: args, Timeout: timeout}
				run = func(_, program string) (bool, string) { return box.Run(ctx, program) }
			}
			found := verify(items, answers, run)
			if err := ctx.Err(); err != nil {
				return errors.New("interrupted; nothing was concluded")
			}
			if verdicts != "" {
				var b bytes.Buffer
				enc := json.NewEncoder(&b)
				for _, v := range found.Items {
					if err := enc.Encode(v); err != nil {
						return err
					}
				}
				if err := wholefile.Write(verdicts, b.Bytes(), 0o666); err != nil {
					return err
				}
			}
			if asJSON {
				return writeJSON(e.Stdout, found)
			}
			return e.printChecked(found)
		},
	}
	f := c.Flags()
	f.StringVar(&itemsFile, "items", "", "`FILE` of items, or canary")
	f.StringVar(&answersFile, "answers", "", "`FILE` of answers, JSONL; - reads standard input")
	f.StringVar(&verdicts, "verdicts", "", "write the verdicts to `FILE`, for quality compare")
	f.DurationVar(&timeout, "timeout", 20*time.Second, "time that tests may take, a `DURATION`")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return e.command(c)
}

// openItems reads items for which code may be run, unlike item.Load.
func openItems(name string) ([]item.Item, error) {
	if name == "canary" {
		return item.Shipped(), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("failed to open the items (--items): %w", err)
	}
	items, err := item.Read(f, name)
	return items, errors.Join(err, f.Close())
}

const maxAnswer = 8 << 20 // bytes of a line

// readSamples reads answers by the id of their items. An id that no item has is an error:
// it would be left out of the verdict without anyone's noticing.
func (e Env) readSamples(name string, items []item.Item) (map[string][]sample, error) {
	known := map[string]bool{}
	for _, it := range items {
		known[it.ID] = true
	}
	in := e.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("failed to open the answers (--answers): %w", err)
		}
		defer func() { _ = f.Close() }() // it was only read
		in = f
	}
	all := map[string][]sample{}
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 1<<16), maxAnswer)
	n := 0
	for lines.Scan() {
		n++
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		var s sample
		if err := json.Unmarshal(line, &s); err != nil {
			return nil, fmt.Errorf("%s:%d: invalid JSON: %w", name, n, err)
		}
		switch {
		case s.ID == "":
			return nil, fmt.Errorf("%s:%d: \"id\" is missing", name, n)
		case s.Text == nil && s.Calls == nil:
			return nil, fmt.Errorf("%s:%d: \"text\" is missing", name, n)
		case !known[s.ID]:
			return nil, fmt.Errorf("%s:%d: no item has the id %q", name, n, plaintext.Short(s.ID, 80))
		}
		all[s.ID] = append(all[s.ID], s)
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("%s:%d: the line is longer than %d bytes", name, n+1, maxAnswer)
	} else if err != nil {
		return nil, fmt.Errorf("failed to read %s: %w", name, err)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has no answers", name)
	}
	return all, nil
}

// verify applies the checks of all items to their answers.
func verify(items []item.Item, answers map[string][]sample, run func(string, string) (bool, string)) checked {
	var out checked
	groups := map[string]int32{}
	var group []int32 // of each answer
	fewest := 0
	right := make([]int, 0, len(items)) // answers to each item
	for _, it := range items {
		name := cmp.Or(it.Group, "item "+it.ID)
		if _, ok := groups[name]; !ok {
			groups[name] = int32(len(groups))
		}
		samples := answers[it.ID]
		n := 0
		if len(samples) == 0 {
			out.Missing = append(out.Missing, it.ID)
			group = append(group, out.add(it, verdict{ID: it.ID, Group: it.Group, Failed: []string{"no answer"}}, 0, 0, groups[name])...)
		}
		for _, s := range samples {
			a := check.Answer{Calls: s.Calls, Run: run}
			if s.Text != nil {
				a.Text = *s.Text
			}
			v := verdict{ID: it.ID, Group: it.Group, Right: true, Loose: true}
			strict, loose := 0, 0
			for _, c := range it.Checks {
				o := c.Verify(a)
				if o.Right {
					strict++
				} else {
					v.Right = false
					v.Failed = append(v.Failed, c.Name())
					v.Why = append(v.Why, plaintext.Short(o.Why, 200))
				}
				if o.Loose {
					loose++
				} else {
					v.Loose = false
				}
			}
			if v.Right {
				n++
			}
			group = append(group, out.add(it, v, strict, loose, groups[name])...)
		}
		right = append(right, n)
		if len(right) == 1 || len(samples) < fewest {
			fewest = len(samples)
		}
	}
	for _, s := range []*share{&out.Strict, &out.Loose, &out.StrictChecks, &out.LooseChecks} {
		s.finish(group)
	}
	if fewest > 1 {
		out.PassAt = map[string]float64{}
		for k := 1; k <= fewest; k *= 10 {
			var sum float64
			for i, it := range items {
				p, _ := check.PassAtK(len(answers[it.ID]), right[i], k)
				sum += p
			}
			out.PassAt[fmt.Sprint(k)] = sum / float64(len(items))
		}
	}
	return out
}

// add adds the verdict on an answer, and returns the group of the answer; nothing where it
// has no checks, so that nothing of it can be right or wrong.
func (c *checked) add(it item.Item, v verdict, strict, loose int, group int32) []int32 {
	if len(it.Checks) == 0 {
		return nil
	}
	c.Items = append(c.Items, v)
	count := func(s *share, right bool) {
		s.Of++
		value := 0.0
		if right {
			s.Right++
			value = 1
		}
		s.values = append(s.values, value)
	}
	count(&c.Strict, v.Right)
	count(&c.Loose, v.Loose)
	c.StrictChecks.Right += strict
	c.LooseChecks.Right += loose
	c.StrictChecks.Of += len(it.Checks)
	c.LooseChecks.Of += len(it.Checks)
	return []int32{group}
}

func (s *share) finish(group []int32) {
	if s.Of == 0 {
		return
	}
	p := float64(s.Right) / float64(s.Of)
	s.Share = &p
	if s.values != nil {
		n := stats.ClusterESS(s.values, group)
		lo, hi := stats.ScoreInterval(p, n, 0.95)
		s.Low, s.High, s.Effective = &lo, &hi, &n
	}
}

func (s share) String() string {
	if s.Share == nil {
		return "–"
	}
	text := fmt.Sprintf("%.1f %%", 100**s.Share)
	if s.Low != nil {
		text += fmt.Sprintf(" [%.1f, %.1f]", 100**s.Low, 100**s.High)
	}
	return fmt.Sprintf("%s (%d of %d)", text, s.Right, s.Of)
}

func (e Env) printChecked(c checked) error {
	w := tabwriter.NewWriter(e.Stdout, 0, 0, 2, ' ', 0)
	row := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	row("\tSTRICT\tLOOSE")
	row("answers\t%v\t%v", c.Strict, c.Loose)
	row("single checks\t%v\t%v", c.StrictChecks, c.LooseChecks)
	if err := w.Flush(); err != nil {
		return err
	}
	for k := 1; c.PassAt[fmt.Sprint(k)] > 0 || k == 1 && c.PassAt != nil; k *= 10 {
		_, _ = fmt.Fprintf(e.Stdout, "pass@%d  %.1f %%\n", k, 100*c.PassAt[fmt.Sprint(k)])
	}
	if n := c.Strict.Effective; n != nil && *n < 0.99*float64(c.Strict.Of) {
		_, _ = fmt.Fprintf(e.Stdout, "The strict interval is that of %.0f answers: those to one item, or to items of one group, depend on each other.\n", *n)
	}
	if n := len(c.Missing); n > 0 {
		_, _ = fmt.Fprintf(e.Stdout, "%d items have no answer and count as wrong.\n", n)
	}
	const shown = 20
	wrong := 0
	for _, v := range c.Items {
		if v.Right {
			continue
		}
		if wrong++; wrong > shown {
			continue
		}
		loosely := ""
		if v.Loose {
			loosely = " (loosely right)"
		}
		why := strings.Join(v.Why, "; ")
		if why == "" {
			why = strings.Join(v.Failed, ", ")
		}
		_, _ = fmt.Fprintf(e.Stdout, "wrong%s: %s: %s\n", loosely, plaintext.Short(v.ID, 80), plaintext.Short(why, 300))
	}
	if wrong > shown {
		_, _ = fmt.Fprintf(e.Stdout, "and %d more wrong answers; --json lists all\n", wrong-shown)
	}
	return nil
}
