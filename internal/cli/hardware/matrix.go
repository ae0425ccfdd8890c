package hardware

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/cli/help"
	"github.com/inferometer/inferometer/internal/hardware"
	"github.com/inferometer/inferometer/internal/hardware/probe"
	"github.com/inferometer/inferometer/internal/matrix"
	"github.com/inferometer/inferometer/internal/matrix/analysis"
	"github.com/inferometer/inferometer/internal/matrix/design"
	"github.com/inferometer/inferometer/internal/matrix/page"
	"github.com/inferometer/inferometer/internal/matrix/preset"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/report"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/suite"
)

// matrixFlags are those of the command matrix.
type matrixFlags struct {
	models                                           []string
	only                                             []string
	dir, baseline, bandwidth, resume                 string
	chip, architecture, power                        string
	repeats, threads, canary                         int
	seed                                             uint64
	coolDown                                         time.Duration
	list, dryRun, asJSON, printPlan, hot, showsFlags bool
}

func newMatrix(e Env) *cobra.Command {
	var f matrixFlags
	c := &cobra.Command{
		Use:   "matrix [PRESET | plan.yaml]",
		Short: "Compare engine configurations on this machine",
		Long: `Start each engine configuration of a plan or a preset on this machine,
measure it under the same workloads, stop it, and compare: decode and prefill
rates, time to first token, memory, energy where power is sampled, and the
speed-up over a baseline with its interval. Every configuration runs once per
block, in a random order.

A program or model that is missing is skipped with its reason. Ctrl-C stops the
engine; --resume continues where it stopped. More: docs/hardware.md.`,
		Example: `  inferometer hardware matrix --list
  inferometer hardware matrix cpu-llamacpp --model llama-f16.gguf --dry-run
  inferometer hardware matrix plan.yaml --repeats 5
  inferometer hardware matrix --resume runs/20261130T184500Z-matrix-cpu`,
		Args: cobra.MaximumNArgs(1),
	}
	c.RunE = func(c *cobra.Command, args []string) error { return e.matrix(c, &f, args) }
	l := c.Flags()
	l.BoolVar(&f.list, "list", false, "list the presets")
	l.BoolVar(&f.showsFlags, "flags", false, "with --list: list the engines' options that they use, with source and date")
	l.StringSliceVar(&f.models, "model", nil, "`FILE` of the model, or PRECISION=FILE; may be repeated")
	l.StringSliceVar(&f.only, "only", nil, "`NAMES` of the configurations to run")
	l.IntVar(&f.repeats, "repeats", 0, "`N` runs of each configuration (default 3)")
	l.Uint64Var(&f.seed, "seed", 0, "`SEED` of the order and the prompts (default 1)")
	l.StringVar(&f.baseline, "baseline", "", "`NAME` of the configuration to compare with")
	l.IntVar(&f.threads, "threads", 0, "`N` threads of the CPU for presets (default all cores)")
	l.DurationVar(&f.coolDown, "cool-down", 0, "`DURATION` of the pause before each run (default 10s)")
	l.StringVar(&f.bandwidth, "bandwidth", "", "`GB/S` of the memory of the weights, or measure (of the CPU)")
	l.StringVar(&f.chip, "chip", "", "`NAME` of this machine's chip in the catalog, for the roofline")
	l.StringVar(&f.architecture, "architecture", "", "`NAME` of the model in the catalog, for the roofline")
	l.StringVar(&f.power, "power", "", "`SOURCE` of power readings, as of inferometer load --power")
	l.IntVar(&f.canary, "canary", 0, "`N` items with checks to ask at each workload")
	l.BoolVar(&f.hot, "despite-heat", false, "begin runs under thermal pressure")
	l.StringVar(&f.dir, "dir", "", "`FOLDER` for the matrix's folder (default runs)")
	l.StringVar(&f.resume, "resume", "", "`FOLDER` resume the matrix in this folder")
	l.BoolVar(&f.dryRun, "dry-run", false, "print configurations, order and time; start nothing")
	l.BoolVar(&f.printPlan, "print-plan", false, "print the plan as YAML, to be changed; start nothing")
	l.BoolVar(&f.asJSON, "json", false, "print JSON to stdout")
	help.Group(l, "Configurations", "list", "flags", "model", "only", "threads", "baseline", "bandwidth", "chip", "architecture")
	help.Group(l, "Runs", "repeats", "seed", "cool-down", "despite-heat", "resume", "power", "canary")
	help.Group(l, string(key.GroupOutput), "dir", "dry-run", "print-plan", "json")
	return c
}

// matrix carries out the command.
func (e Env) matrix(c *cobra.Command, f *matrixFlags, args []string) error {
	o := matrix.Options{Version: e.Version, DespiteHeat: f.hot, Thermal: matrix.MachineThermal(probe.Local()), Say: func(s string) {
		_, _ = fmt.Fprintln(e.Stderr, "inferometer:", plaintext.Line(s))
	}}
	switch {
	case f.list:
		return printPresets(e.Stdout, f.showsFlags)
	case f.resume != "" && len(args) > 0:
		return e.Usage(fmt.Errorf("--resume reads the plan from the folder; leave %q out", args[0]))
	case f.resume != "":
		return e.carryOut(c.Context(), f, o, func(ctx context.Context, o matrix.Options) (*matrix.Outcome, error) {
			return matrix.Resume(ctx, f.resume, o)
		})
	case len(args) == 0:
		return e.Usage(fmt.Errorf("give a plan or a preset, as in: inferometer hardware matrix cpu-llamacpp --model llama-f16.gguf (--list lists the presets)"))
	}
	m, err := f.design(c, args[0])
	if err != nil {
		return e.Usage(err)
	}
	if f.printPlan {
		b, err := m.YAML()
		if err != nil {
			return err
		}
		_, err = e.Stdout.Write(b)
		return err
	}
	if len(f.models) == 0 && !slices.ContainsFunc(m.Configurations, func(c design.Configuration) bool { _, err := m.Launch(c); return err == nil }) {
		_, err := m.Launch(m.Configurations[0]) // no configuration can be started, whatever is installed
		return e.Usage(fmt.Errorf("%s: %w", args[0], err))
	}
	if f.dryRun {
		return printDryRun(e.Stdout, m)
	}
	if f.bandwidth == "measure" {
		b, err := hardware.Bandwidth(c.Context())
		if err != nil {
			return fmt.Errorf("failed to measure the memory's bandwidth: %w", err)
		}
		m.Bandwidth, m.BandwidthSource = b.Copy.Median, "copy, measured on the CPU before the matrix"
	}
	return e.carryOut(c.Context(), f, o, func(ctx context.Context, o matrix.Options) (*matrix.Outcome, error) {
		return matrix.Run(ctx, m, o)
	})
}

// design makes the matrix that the flags and the argument ask for.
func (f *matrixFlags) design(c *cobra.Command, arg string) (design.Matrix, error) {
	var m design.Matrix
	models, err := preset.ParseModels(f.models)
	if err != nil {
		return m, fmt.Errorf("--model: %w", err)
	}
	if strings.HasSuffix(arg, ".yaml") || strings.HasSuffix(arg, ".yml") {
		b, err := key.ReadFile(arg)
		if err != nil {
			return m, err
		}
		if m, err = design.Read(arg, b); err != nil {
			return m, err
		}
		if len(models.ByKey) > 0 {
			return m, fmt.Errorf("--model PRECISION=FILE is for presets; in a plan each configuration has its model")
		}
		if models.Model != "" {
			m.Model = models.Model
		}
	} else {
		p, err := preset.Lookup(arg)
		if err != nil {
			return m, err
		}
		threads := f.threads
		if threads <= 0 {
			threads = runtime.NumCPU()
		}
		m = p.Matrix(models, threads)
	}
	if c.Flags().Changed("repeats") {
		m.Repeats = f.repeats
	}
	if c.Flags().Changed("seed") {
		m.Seed = f.seed
	}
	if c.Flags().Changed("cool-down") {
		m.CoolDown = f.coolDown
	}
	if c.Flags().Changed("canary") {
		m.Canary = f.canary
	}
	for _, set := range []struct {
		to   *string
		text string
	}{{&m.Dir, f.dir}, {&m.Baseline, f.baseline}, {&m.Chip, f.chip}, {&m.Architecture, f.architecture}, {&m.Power, f.power}} {
		if set.text != "" {
			*set.to = set.text
		}
	}
	if f.bandwidth != "" && f.bandwidth != "measure" {
		if m.Bandwidth, err = strconv.ParseFloat(f.bandwidth, 64); err != nil {
			return m, fmt.Errorf("--bandwidth: %q is neither a number of GB/s nor measure", f.bandwidth)
		}
		m.BandwidthSource = "stated (--bandwidth)"
	}
	if err := f.keep(&m); err != nil {
		return m, err
	}
	return m, m.Validate()
}

// keep leaves the configurations of --only in a matrix.
func (f *matrixFlags) keep(m *design.Matrix) error {
	for _, n := range f.only {
		if _, ok := m.Find(n); !ok {
			return fmt.Errorf("--only: there is no configuration %q", n)
		}
	}
	if len(f.only) > 0 {
		m.Configurations = slices.DeleteFunc(m.Configurations, func(c design.Configuration) bool { return !slices.Contains(f.only, c.Name) })
		if _, ok := m.Find(m.Baseline); !ok && f.baseline == "" {
			m.Baseline = ""
		}
	}
	return nil
}

// carryOut runs a matrix until it ends or is stopped, and shows what it has.
func (e Env) carryOut(ctx context.Context, f *matrixFlags, o matrix.Options, run func(context.Context, matrix.Options) (*matrix.Outcome, error)) error {
	var err error
	if o.Suite, err = e.Suite(); err != nil {
		return err
	}
	ctx, stop, release := e.Interruptible(ctx)
	defer release()
	o.Stop, o.Progress = stop, e.Progress
	out, err := run(ctx, o)
	if err != nil {
		return err
	}
	doc := page.Of(out.Design, out.Document)
	files, err := report.WriteDocument(out.Folder, doc)
	if err != nil {
		return err
	}
	if f.asJSON {
		enc := json.NewEncoder(e.Stdout)
		enc.SetIndent("", "  ")
		err = enc.Encode(out.Document)
	} else {
		co := e.Console
		co.Folder = out.Folder
		err = report.DocumentConsole(e.Stdout, doc, files, co)
	}
	if err != nil {
		return err
	}
	measured := slices.ContainsFunc(out.Document.Runs, func(r analysis.Run) bool { return r.Status == analysis.Done })
	switch {
	case out.Document.Status == result.Interrupted:
		_, _ = fmt.Fprintf(e.Stderr, "inferometer: to resume: inferometer hardware matrix --resume %s\n", plaintext.Line(out.Folder))
		return e.Exit(suite.ExitInterrupted)
	case !measured:
		return e.Exit(suite.ExitInvalid)
	case out.Document.Status == result.Partial:
		return e.Exit(suite.ExitPartial)
	}
	return nil
}

// printPresets lists the presets, or the options that they use.
func printPresets(w io.Writer, flags bool) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if flags {
		_, _ = fmt.Fprintln(t, "ENGINE\tOPTION\tFOR\tSOURCE\tREAD")
		for _, f := range preset.Flags() {
			_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", f.Engine, f.Name, f.For, f.Source, f.AsOf)
		}
		return t.Flush()
	}
	for _, p := range preset.All() {
		var names []string
		for _, r := range p.Rows {
			names = append(names, r.Name)
		}
		_, _ = fmt.Fprintf(w, "%s: %s\n  configurations: %s\n  needs: %s\n  %s\n", p.Name, p.Text, strings.Join(names, ", "), p.Needs, p.Tested)
		for _, a := range p.Advice {
			_, _ = fmt.Fprintf(w, "  - %s\n", a)
		}
	}
	_, err := fmt.Fprintln(w, "\nStart one with: inferometer hardware matrix NAME --model FILE (--dry-run shows what it would do, --print-plan its plan)")
	return err
}

// printDryRun says what a matrix would do.
func printDryRun(w io.Writer, m design.Matrix) error {
	_, _ = fmt.Fprintf(w, "%s: %s, %s, baseline %s. Nothing is started.\n\n", plaintext.Line(m.Name), amount.Things(len(m.Configurations), "configuration"), amount.Things(m.Repeats, "repeat"), m.BaselineName())
	for _, c := range m.Configurations {
		_, _ = fmt.Fprintf(w, "%s: %s\n", c.Name, plaintext.Line(c.Precision))
		if why := m.Missing(c); why != "" {
			_, _ = fmt.Fprintf(w, "  skipped: %s\n", plaintext.Line(why))
		}
		e, err := m.Launch(c)
		if err != nil {
			continue
		}
		_, _ = fmt.Fprintf(w, "  %s\n", plaintext.Line(strings.Join(append(e.Env, e.Command...), " ")))
	}
	_, _ = fmt.Fprintln(w, "\nWorkloads of each run:")
	for _, l := range m.Workloads {
		end := fmt.Sprintf("%d requests", l.Requests)
		if l.Duration > 0 {
			end = l.Duration.String()
		}
		_, _ = fmt.Fprintf(w, "  %s: %d input and %d output tokens, users at once: %d, %s\n", l.Name, l.InputTokens, l.OutputTokens, l.Users, end)
	}
	_, _ = fmt.Fprintln(w, "\nOrder (by the seed, once each per block):")
	block, names := 1, []string{}
	for _, s := range append(m.Steps(), design.Step{}) {
		if s.Block != block {
			_, _ = fmt.Fprintf(w, "  block %d: %s\n", block, strings.Join(names, ", "))
			block, names = s.Block, nil
		}
		names = append(names, s.Configuration)
	}
	d, whole := m.LeastTime()
	text := fmt.Sprintf("at least %s, and the start of an engine for each of %d runs", d, len(m.Steps()))
	if !whole {
		text = fmt.Sprintf("%s of pauses; the workloads end by requests, so the rest depends on the engines", d)
	}
	_, err := fmt.Fprintln(w, "\nTime:", text)
	return err
}
