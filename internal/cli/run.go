package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/cli/checkup"
	"github.com/inferometer/inferometer/internal/cli/hardware"
	"github.com/inferometer/inferometer/internal/cli/help"
	"github.com/inferometer/inferometer/internal/cli/live"
	"github.com/inferometer/inferometer/internal/cli/simserver"
	"github.com/inferometer/inferometer/internal/cli/whatif"
	"github.com/inferometer/inferometer/internal/estimate"
	"github.com/inferometer/inferometer/internal/launch"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/repeat"
	"github.com/inferometer/inferometer/internal/report"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/suite"
)

// output is how a command with a result shows it.
type output struct {
	json      bool
	dryRun    bool
	noHistory bool
	noCI      bool
	resume    string // the folder of a run to resume; "": a new run
	// schedule says when the run is repeated; its zero value: it is not.
	schedule repeat.Schedule
	// notes are what is said below a result that is shown; nil: nothing.
	notes func(*result.Result) []string
	live  live.Flags
}

func (o *output) add(c *cobra.Command) {
	c.Flags().BoolVar(&o.json, "json", false, "print result.json to stdout")
	c.Flags().BoolVar(&o.dryRun, "dry-run", false, "print plan, requests and cost; send nothing")
	c.Flags().BoolVar(&o.noHistory, "no-history", false, "leave the run out of the index (inferometer runs)")
	c.Flags().BoolVar(&o.noCI, "no-ci", false, noCIHelp)
	help.Group(c.Flags(), string(key.GroupOutput), "json", "dry-run", "no-history", "no-ci")
	help.Rare(c.Flags(), "no-history", "no-ci")
}

// addResume adds the flag of commands whose runs can be resumed.
func (o *output) addResume(c *cobra.Command) {
	c.Flags().StringVar(&o.resume, "resume", "", "`FOLDER` resume the interrupted run in this folder")
	help.Group(c.Flags(), string(key.GroupOutput), "resume")
	o.live.Add(c.Flags())
}

// addRepeats adds the flags of commands whose runs can be repeated through the day.
func (o *output) addRepeats(c *cobra.Command) {
	c.Flags().DurationVar(&o.schedule.Every, "every", 0, "`DURATION` repeat the run so often, as in --every 3h --for 24h")
	c.Flags().DurationVar(&o.schedule.For, "for", 0, "`DURATION` that repeats go on for")
	help.Group(c.Flags(), string(key.GroupOutput), "every", "for")
	help.Rare(c.Flags(), "every", "for")
}

func newRun(p *Process) *cobra.Command {
	var f planFlags
	var o output
	c := &cobra.Command{
		Use:   "run [URL | plan.yaml]",
		Short: "Run the benchmarks: latency, throughput, cost, quality, hardware",
		Long: `Run the benchmarks against an endpoint, or as a plan says, and write a report.

Without an argument it runs the demo: two built-in simulated endpoints, a
self-hosted vLLM and a commercial API. What is measured from them is marked
simulated everywhere.

Every flag but --dry-run, --every, --for, --json, --live, --no-history and
--resume is also a key of a plan file and a variable INFEROMETER_NAME. Flags win
over variables, variables over the file.`,
		Example: `  inferometer run
  inferometer run http://127.0.0.1:8000 --quick
  inferometer run plan.yaml --every 3h --for 24h --dry-run`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return p.run(c.Context(), &f, &o, first(args)) },
	}
	f.add(c, key.GroupSuite, key.GroupTarget, key.GroupBaseline, key.GroupLatency, key.GroupThroughput, key.GroupQuality, key.GroupCost, key.GroupPrice,
		key.GroupWorkload, key.GroupDataset, key.GroupClaims, key.GroupOutput)
	o.add(c)
	o.addResume(c)
	o.addRepeats(c)
	f.add(c, key.GroupClient, key.GroupConnection)
	f.addLegacy(c)
	return c
}

// addLegacy adds the flags of older scripts.
func (f *planFlags) addLegacy(c *cobra.Command) {
	only := func(name, benchmarks string) {
		fl := c.Flags().VarPF(&fixed{f, plan.Setting{Path: "only", Value: benchmarks, From: key.Flag(name)}}, name, "", "the same as --only "+benchmarks)
		fl.NoOptDefVal = "true"
		fl.Hidden = true
	}
	only("latency-only", "latency")
	only("cost-only", "throughput,cost")
	only("concurrent-only", "throughput")
	only("apple-silicon", "hardware")
	for name, to := range map[string]string{"concurrent-levels": "levels", "service-url": "url"} {
		k, _ := plan.LookupKey(to)
		k.Flag = name
		fl := c.Flags().VarPF(&value{flags: f, key: k}, name, "", "the same as --"+to)
		fl.Hidden = true
	}
}

// fixed is a flag that stands for one setting.
type fixed struct {
	flags   *planFlags
	setting plan.Setting
}

func (v *fixed) String() string { return "" }
func (v *fixed) Type() string   { return "bool" }

func (v *fixed) Set(s string) error {
	on, err := strconv.ParseBool(s)
	if on {
		v.flags.settings = append(v.flags.settings, v.setting)
	}
	return err
}

func newBenchmark(p *Process, name, short string, only ...string) *cobra.Command {
	var f planFlags
	var o output
	c := &cobra.Command{
		Use: name + " [URL | plan.yaml]", Short: short,
		Long: short + ".\n\nThe same as inferometer run with this benchmark alone; without an argument,\nagainst the built-in endpoints of the demo.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return p.run(c.Context(), &f, &o, first(args), only...) },
	}
	f.addKeys(c, "quick")
	switch name {
	case "latency":
		f.add(c, key.GroupLatency, key.GroupTarget, key.GroupBaseline, key.GroupWorkload, key.GroupDataset)
	case "throughput":
		f.add(c, key.GroupThroughput, key.GroupTarget, key.GroupBaseline, key.GroupWorkload, key.GroupDataset)
	case "cost":
		f.add(c, key.GroupCost, key.GroupThroughput, key.GroupTarget, key.GroupBaseline, key.GroupWorkload, key.GroupDataset)
		c.AddCommand(whatif.Command(p.Stdout, func(err error) error { return usageError{err} }))
	case "quality":
		f.add(c, key.GroupQuality)
		f.addKeys(c, "iterations")
		f.add(c, key.GroupTarget, key.GroupBaseline)
		f.addKeys(c, "input-tokens", "temperature")
	}
	f.add(c, key.GroupPrice, key.GroupClaims, key.GroupOutput)
	o.add(c)
	o.addResume(c)
	f.add(c, key.GroupClient, key.GroupConnection)
	return c
}

func newLoad(p *Process) *cobra.Command {
	var f planFlags
	var o output
	c := &cobra.Command{
		Use:   "load [URL | plan.yaml]",
		Short: "Put load on endpoints: a cell, a sweep, conversations",
		Long: `Put load on an endpoint and measure it: one cell, or with --scan one cell for
each value of a key. --rate is an open loop: requests are sent when they are
due, whether or not answers come. --users is a closed loop: each user waits for
an answer before the next request, so a slow server gets less load. --turns
makes conversations, --trace replays recorded traffic, and with --baseline or
--target the targets take turns and are compared. More: docs/workloads.md,
sweeps.md, conversations.md, comparing.md.`,
		Example: `  inferometer load http://127.0.0.1:8000 --rate 5 --duration 1m
  inferometer load http://127.0.0.1:8000 --users 16 --requests 500 \
      --baseline http://127.0.0.1:8001 --claim 'ttft.p95<500ms'
  inferometer load http://127.0.0.1:8000 --scan users=1..64x2 --requests 200`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			arg := first(args)
			if o.resume == "" && arg == "" && !p.namesEndpoint(&f) {
				return usagef("give the URL of the endpoint, as in: inferometer load http://127.0.0.1:8000 --users 4 --requests 100")
			}
			return p.run(c.Context(), &f, &o, arg, "load")
		},
	}
	f.add(c, key.GroupLoad, key.GroupTarget, key.GroupBaseline, key.GroupWorkload, key.GroupDataset, key.GroupConversations, key.GroupTrace, key.GroupScan)
	f.addKeys(c, "items", "quality-margin", "quality-output-tokens")
	help.Rare(c.Flags(), "items") // next to --canary
	f.add(c, key.GroupClaims, key.GroupPrice, key.GroupOutput)
	o.add(c)
	o.addResume(c)
	o.addRepeats(c)
	f.add(c, key.GroupClient, key.GroupConnection)
	return c
}

func newCapacity(p *Process) *cobra.Command {
	var f planFlags
	var o output
	c := &cobra.Command{
		Use:   "capacity [URL | plan.yaml]",
		Short: "Find the highest load that an endpoint carries within limits",
		Long: `Find the highest load that an endpoint carries within limits.

A closed loop with more and more users first finds saturation. Open loops then
narrow the range, overloaded ones are cut short, and at the end a separate run
with fresh arrivals and prompts has to prove the answer: all limits together
must hold at error probability 0.05. What is not proved is not claimed: the
answer then is a range, and what more time would buy.

Limits are quantiles of requests (ttft.p99<500ms, tpot.p95<40ms, e2e.p95<10s) or
success>=99.9%. mlperf/llama3.1-8b/interactive and the like are the limits of an
MLPerf benchmark. A 99th percentile takes hundreds of independent requests, near
the limit thousands: on a slow endpoint that is hours. A 95th percentile takes a
fifth of that.`,
		Example: `  inferometer capacity http://127.0.0.1:8000 --slo 'ttft.p95<500ms'
  inferometer capacity http://127.0.0.1:8000 --slo 'ttft.p99<1s' --in users
  inferometer capacity sim:vllm --slo 'ttft.p95<60ms' --max-time 2m`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			arg := first(args)
			if o.resume == "" && arg == "" && !p.namesEndpoint(&f) {
				return usagef("give the URL of the endpoint, as in: inferometer capacity http://127.0.0.1:8000 --slo 'ttft.p95<500ms'")
			}
			return p.run(c.Context(), &f, &o, arg, "capacity")
		},
	}
	f.add(c, key.GroupCapacity, key.GroupTarget, key.GroupWorkload, key.GroupDataset, key.GroupPrice, key.GroupOutput)
	f.addKeys(c, "canary", "items", "quality-margin", "quality-output-tokens")
	o.add(c)
	o.addResume(c)
	f.add(c, key.GroupClient, key.GroupConnection)
	return c
}

func newHardware(p *Process) *cobra.Command {
	var f planFlags
	var o output
	c := &cobra.Command{
		Use:   "hardware",
		Short: "Say what machine this is; compare engine configurations on it",
		Long: `Say what machine this is: processor, memory, accelerators. Nothing is sent; a
report is written (hardware show writes none). hardware matrix starts engines in
several configurations and says which is best. More: docs/hardware.md.`,
		Example: `  inferometer hardware show
  inferometer hardware --chip m4-max --model llama-3.1-8b
  inferometer hardware matrix cpu-llamacpp --model llama-f16.gguf --dry-run`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			f.settings = append(f.settings, plan.Setting{Path: "candidate.url", Value: "", From: key.Origin{Kind: key.FromCommand, Name: "the command"}})
			return p.run(c.Context(), &f, &o, "", "hardware")
		},
	}
	f.addKeys(c, "name", "dir")
	o.add(c)
	width, _ := terminal(p.Stdout)
	return hardware.Add(c, hardware.Env{
		Stdout: p.Stdout, Stderr: p.Stderr, Version: p.Version, Console: report.ConsoleOptions{Color: p.color(p.Stdout), Width: width},
		Usage: func(err error) error { return usageError{err} }, Exit: func(code int) error { return exitCode(code) }, Interruptible: p.interruptible,
		Progress: func() (func(suite.Event), func()) {
			progress, index := newProgress(p), p.index(false)
			return index.watch(progress.event), func() { progress.end(); index.done() }
		},
		Suite: func() (suite.Options, error) {
			exe, err := os.Executable()
			return suite.Options{Version: p.Version, Command: p.commandLine(), Responder: checkup.Responder(exe), CacheDir: cacheDir(),
				MostConnections: mostConnections()}, err
		},
	})
}

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// run carries out a command that measures.
func (p *Process) run(ctx context.Context, f *planFlags, o *output, arg string, only ...string) error {
	if o.resume != "" {
		return p.resume(ctx, f, o, arg, only...)
	}
	pl, prov, err := p.read(f, arg, only...)
	if err != nil {
		return err
	}
	if o.repeats() {
		if err := o.checkRepeats(pl); err != nil {
			return usageError{err}
		}
	}
	for _, text := range p.absent(pl) {
		_, _ = fmt.Fprintln(p.Stderr, "inferometer: warning:", text)
	}
	if o.dryRun {
		return errors.Join(p.dryRun(pl, prov, o.json), p.dryRepeats(pl, o))
	}
	if err := enoughFiles(pl); err != nil {
		return usageError{err}
	}
	for _, text := range estimate.Claims(pl) {
		_, _ = fmt.Fprintln(p.Stderr, "inferometer: warning:", text)
	}
	if o.repeats() {
		return p.repeat(ctx, o, func(ctx context.Context, ro repeat.Options) (*repeat.Outcome, error) {
			return repeat.Run(ctx, pl, o.schedule, ro)
		})
	}
	return p.measure(ctx, o, func(ctx context.Context, so suite.Options) (*suite.Outcome, error) { return suite.Run(ctx, pl, so) })
}

// measure carries out a run, or what is left of one, and shows its result.
func (p *Process) measure(ctx context.Context, o *output, run func(context.Context, suite.Options) (*suite.Outcome, error)) error {
	exe, so, err := p.suiteOptions()
	if err != nil {
		return err
	}
	if err := o.live.Check(); err != nil {
		return usageError{err}
	}
	progress := newProgress(p)
	shown := live.NewCompanion(o.live, exe, p.Stderr, progress.event)
	p.Stderr = shown
	ctx, stop, release := p.interruptible(ctx)
	defer release()
	index := p.index(o.noHistory)
	defer index.done() // what a gate leaves in the folder is part of the run
	so.Progress, so.Stop = index.watch(shown.Event), stop
	out, err := run(ctx, so)
	shown.End()
	progress.end()
	if out == nil || out.Result == nil {
		if stop.Err() != nil && err != nil {
			p.complain(err)
			return exitCode(suite.ExitInterrupted)
		}
		return err
	}
	if err != nil {
		p.complain(err)
	}
	if showErr := p.show(out.Result, o.json, out.Folder); showErr != nil {
		return showErr
	}
	if o.notes != nil {
		for _, text := range o.notes(out.Result) {
			_, _ = fmt.Fprintln(p.Stderr, "inferometer: note:", plaintext.Line(text))
		}
	}
	p.tellResume(out)
	code, gateErr := p.gate(out, o.json)
	if !o.noCI { // with the gate, which lies in the folder now
		p.tellCI(out.Result, out.Folder)
	}
	if gateErr != nil {
		return gateErr
	}
	if code == 0 && err != nil {
		code = exitError
	}
	if code != 0 {
		return exitCode(code)
	}
	return nil
}

// suiteOptions are what every run of this program takes; exe is the program's own file.
func (p *Process) suiteOptions() (exe string, o suite.Options, err error) {
	exe, err = os.Executable()
	if err != nil {
		return "", suite.Options{}, fmt.Errorf("failed to find this program's own file: %w", err)
	}
	return exe, suite.Options{
		Version: p.Version, Command: p.commandLine(),
		StartSim: func(ctx context.Context, profile string, t plan.Target, seed uint64) (string, func(), error) {
			s, err := launch.Sim(ctx, exe, simserver.Args(profile, t, seed))
			if err != nil {
				return "", nil, err
			}
			return s.URL, func() { _ = s.Stop() }, nil
		},
		Responder: checkup.Responder(exe), CacheDir: cacheDir(), MostConnections: mostConnections(),
	}, nil
}

// cacheDir is where calibrations are kept; "" where the user has no such folder.
func cacheDir() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "inferometer")
}

// show prints a result; folder is where its files are.
func (p *Process) show(r *result.Result, asJSON bool, folder string) error {
	if asJSON {
		return writeJSON(p.Stdout, r)
	}
	width, _ := terminal(p.Stdout)
	return report.Console(p.printed(), r, report.ConsoleOptions{Color: p.color(p.Stdout), Width: width, Folder: folder})
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// interruptible gives a command two contexts: the first Ctrl-C ends stop (no
// new requests; what runs is drained and reported), the second ends run (what
// runs is cut; the data is kept), the third ends the program.
func (p *Process) interruptible(parent context.Context) (run, stop context.Context, release func()) {
	run, cancelRun := context.WithCancel(parent)
	stop, cancelStop := context.WithCancel(run)
	signals := make(chan os.Signal, 3)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			case <-signals:
			}
			switch n {
			case 0:
				_, _ = fmt.Fprintln(p.Stderr, "\ninferometer: stopping: waiting for running requests to end; press Ctrl-C again to cut them")
				cancelStop()
			case 1:
				_, _ = fmt.Fprintln(p.Stderr, "\ninferometer: aborting requests in flight; results so far are kept")
				cancelRun()
			default:
				os.Exit(suite.ExitInterrupted)
			}
		}
	}()
	return run, stop, func() {
		signal.Stop(signals)
		close(done)
		cancelStop()
		cancelRun()
	}
}
