// Command laboratory counts how often intervals hold the truth and how often
// claims at the truth are decided wrongly. It simulates queues whose truth is
// known, in virtual time, and has the product's own packages measure and decide:
// it has no rule of its own. scripts/coverage runs it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path"
	"slices"
	"strconv"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "coverage:", err)
		}
		stop()
		os.Exit(2)
	}
}

// options are the command line.
type options struct {
	queues string
	sizes  string
	runs   int
	seed   uint64
	limit  float64
	json   bool
	list   bool
	truths bool
	series bool
	renew  string
	peer   string
}

func flags(stderr io.Writer) (*flag.FlagSet, *options) {
	o := &options{}
	f := flag.NewFlagSet("coverage", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.queues, "queue", "", "queues to simulate: names of --list or patterns like 'mm1/*', with commas between; all if empty")
	f.StringVar(&o.sizes, "n", "", "sizes of a run, with commas between: requests, or what the queue counts (--list); those of --list if empty")
	f.IntVar(&o.runs, "runs", 0, "runs of each cell; those of --list if 0")
	f.Uint64Var(&o.seed, "seed", 1, "seed; each gives other runs")
	f.Float64Var(&o.limit, "limit", 1, "claim this multiple of the truth instead of the truth itself")
	f.BoolVar(&o.json, "json", false, "print JSON instead of a table")
	f.BoolVar(&o.list, "list", false, "list the queues")
	f.BoolVar(&o.series, "series", false, "print the latencies of each run as lines of JSON, for other tools")
	f.StringVar(&o.renew, "renew", "", "write the tables of this page anew (docs/coverage.md)")
	f.StringVar(&o.peer, "peer", "", "with --renew: file with what guidellm_cover.py printed")
	f.BoolVar(&o.truths, "truths", false, "simulate the truths that no formula gives, for scripts/laboratory/truths.csv")
	return f, o
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f, o := flags(stderr)
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: name queues with --queue", f.Arg(0))
	}
	if o.runs < 0 {
		return fmt.Errorf("invalid --runs %d: must be at least 1", o.runs)
	}
	if !(o.limit > 0) {
		return fmt.Errorf("invalid --limit %v: must be greater than 0", o.limit)
	}
	selected, err := choose(queues(), o.queues)
	if err != nil {
		return err
	}
	if o.truths {
		return writeTruths(ctx, selected, stdout, stderr)
	}
	if o.list {
		return list(stdout, selected)
	}
	sizes, err := parseSizes(o.sizes)
	if err != nil {
		return err
	}
	jobs, err := jobsOf(selected, sizes, o)
	if err != nil {
		return err
	}
	if o.series {
		return writeSeries(ctx, jobs, stdout)
	}
	var all []Row
	for i, j := range jobs {
		rows, err := j.run(ctx, func(done int) {
			fmt.Fprintf(stderr, "coverage: cell %d of %d: %s n=%d: %d of %d runs\n", i+1, len(jobs), j.queue.name, j.n, done, j.runs)
		})
		if err != nil {
			return err
		}
		all = append(all, rows...)
	}
	if o.renew != "" {
		return renew(o, all)
	}
	if o.json {
		e := json.NewEncoder(stdout)
		e.SetIndent("", " ")
		return e.Encode(all)
	}
	return table(stdout, all)
}

// choose returns the queues that a list of names and patterns means.
func choose(all []queue, names string) ([]queue, error) {
	if names == "" {
		return all, nil
	}
	var out []queue
	for _, name := range strings.Split(names, ",") {
		name = strings.TrimSpace(name)
		found := false
		for _, q := range all {
			ok, err := path.Match(flat(name), flat(q.name))
			if err != nil {
				return nil, fmt.Errorf("invalid --queue %q: %w", name, err)
			}
			if !ok {
				continue
			}
			found = true
			if !slices.ContainsFunc(out, func(o queue) bool { return o.name == q.name }) {
				out = append(out, q)
			}
		}
		if !found {
			return nil, fmt.Errorf("unknown queue %q; scripts/coverage --list names them", name)
		}
	}
	return out, nil
}

// flat makes the parts of a name one, which * of a pattern matches.
func flat(name string) string { return strings.ReplaceAll(name, "/", "|") }

func parseSizes(list string) ([]int, error) {
	if list == "" {
		return nil, nil
	}
	var out []int
	for _, word := range strings.Split(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || n < 1 {
			return nil, fmt.Errorf("invalid --n %q: must be a whole number of at least 1", word)
		}
		out = append(out, n)
	}
	return out, nil
}
