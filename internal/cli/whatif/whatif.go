// Package whatif answers "and what would it cost if …" from a run that is over: it
// takes what the run found out, replaces what the command line states, and asks the
// same formula as the run's report (cost.WhatIf). Of each input it says where it
// comes from. Nothing is sent.
package whatif

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/inferometer/inferometer/internal/cli/help"
	"github.com/inferometer/inferometer/internal/cost"
	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/result"
)

// number is a flag's number; it knows whether it was set.
type number struct {
	v   float64
	set bool
}

func (n *number) String() string { return "" }
func (n *number) Type() string   { return "float" }

func (n *number) Set(text string) error {
	v, err := key.ParseFloat(text)
	n.v, n.set = v, err == nil
	return err
}

// flags are what the command line states.
type flags struct {
	accelerator, rent, model, prices string
	json                             bool
	of                               map[string]*number
}

// groups are the flags by heading, each with its placeholder and one clause.
var groups = []struct {
	heading string
	flags   [][3]string
}{
	{"Volume", [][3]string{
		{"monthly-requests", "N", "requests per month: 3e6, 3M"},
		{"utilization", "SHARE", "most that machines may work on average, 0 to 1"},
		{"peak-to-mean", "RATIO", "peak rate over mean rate, in place of --utilization"},
		{"growth", "SHARE", "growth of the volume per month: 0.05 is 5 %"},
		{"batch-share", "SHARE", "share of requests that can wait for hours"},
		{"fallback-share", "SHARE", "share of requests that the API answers again"},
		{"input-tokens", "TOKENS", "input tokens of a request, on both sides"},
		{"output-tokens", "TOKENS", "output tokens of a request, on both sides"},
	}},
	{"Own machines", [][3]string{
		{"usd-per-hour", "USD", "price of one accelerator hour"},
		{"accelerators", "N", "accelerators of one replica"},
		{"node", "N", "accelerators that are only rented together"},
		{"tokens-per-second", "TOKENS", "what a replica carries, input and output together"},
		{"requests-per-second", "N", "the same in requests, in place of tokens"},
		{"min-replicas", "N", "least number of replicas"},
		{"spare-replicas", "N", "replicas beyond what the peak needs: 1 is N+1"},
		{"fixed-month", "USD", "USD per month whatever the number: staff, space"},
	}},
	{"API", [][3]string{
		{"input-price", "USD", "USD per million input tokens"},
		{"cached-price", "USD", "USD per million input tokens read from the cache"},
		{"output-price", "USD", "USD per million output tokens"},
		{"cached-share", "SHARE", "share of input tokens that the API's cache holds"},
	}},
}

// Command makes the command. wrong marks an error as a mistake in what was typed.
func Command(stdout io.Writer, wrong func(error) error) *cobra.Command {
	f := flags{of: map[string]*number{}}
	c := &cobra.Command{
		Use:   "whatif RUN",
		Short: "Work out the cost of a run again, with other numbers",
		Long: `Work out the cost of a run again, with other numbers: another machine, price,
volume or utilization. RUN is a run's folder or its result.json. Nothing is sent.

What no flag states is taken from the run, and the answer says of each input where
it comes from. The formula is that of the report (docs/cost.md).`,
		Example: `  inferometer cost whatif runs/20261130T120000Z-run --monthly-requests 3M
  inferometer cost whatif RUN --accelerator h100 --usd-per-hour 2.69 \
      --tokens-per-second 2500 --monthly-requests 3e6 --utilization 0.4
  inferometer cost whatif RUN --price gpt-5-mini --cached-share 0.6 --json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return wrong(errors.New("name one run: its folder, such as runs/20260101T000000Z-run, or its result.json"))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := read(args[0])
			if err != nil {
				return wrong(err)
			}
			q, err := f.question(r)
			if err != nil {
				return wrong(err)
			}
			found, err := q.Answer()
			if err != nil {
				return wrong(err)
			}
			a := Answer{Inputs: q.Inputs(), Scenario: q.Scenario, CostAnswer: found}
			if f.json {
				return writeJSON(stdout, a)
			}
			return write(stdout, a)
		},
	}
	f.register(c.Flags())
	return c
}

// Answer is what --json prints.
type Answer struct {
	result.CostAnswer
	Inputs   []cost.QuestionInput `json:"inputs"`
	Scenario result.CostScenario  `json:"scenario"` // for the same formula elsewhere
}

func (f *flags) register(fs *pflag.FlagSet) {
	fs.SortFlags = false
	add := func(heading, name, value, text string) {
		n := &number{}
		f.of[name] = n
		fs.Var(n, name, fmt.Sprintf("`%s` %s", value, text))
		help.Group(fs, heading, name)
	}
	for _, g := range groups {
		switch g.heading {
		case "Own machines":
			fs.StringVar(&f.accelerator, "accelerator", "", "`NAME` accelerator of the price list, or PROVIDER/NAME")
			fs.StringVar(&f.rent, "rent", "", "`TERMS` on demand unless it says spot, committed, marketplace or serverless")
			help.Group(fs, g.heading, "accelerator", "rent")
		case "API":
			fs.StringVar(&f.model, "price", "", "`MODEL` model of the price list")
			fs.StringVar(&f.prices, "prices", "", "`FILE` price file, whose entries win over the built-in list")
			help.Group(fs, g.heading, "price", "prices")
		}
		for _, x := range g.flags {
			add(g.heading, x[0], x[1], x[2])
		}
	}
	fs.BoolVar(&f.json, "json", false, "print JSON")
	help.Group(fs, "Output", "json")
}

// read returns the result of a run, of its folder or its file.
func read(path string) (*result.Result, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, "result.json")
	}
	b, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && filepath.Base(path) == "result.json":
		return nil, fmt.Errorf("%s does not exist: name the folder of a run that has ended (inferometer report FOLDER makes the result of one that was killed)", path)
	case err != nil:
		return nil, err
	}
	var r result.Result
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, fmt.Errorf("%s is not the result of a run: %w", path, err)
	}
	if r.Schema != result.Schema {
		return nil, fmt.Errorf("%s is not the result of a run: its schema is %.40q, and %q is known", path, r.Schema, result.Schema)
	}
	return &r, nil
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
