package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/catalog"
	"github.com/inferometer/inferometer/internal/cli/help"
	"github.com/inferometer/inferometer/internal/cli/listing"
	"github.com/inferometer/inferometer/internal/forecast"
	"github.com/inferometer/inferometer/internal/interop"
	"github.com/inferometer/inferometer/internal/physics"
	"github.com/inferometer/inferometer/internal/physics/known"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/limits"
	"github.com/inferometer/inferometer/internal/report"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/scenario"
	"github.com/inferometer/inferometer/internal/tokens/length"
)

// forecastFlags is what the forecast command is asked.
type forecastFlags struct {
	model, config, gpu string
	dtype, kv          string
	workload           string
	prefix             int
	noPrefix           bool
	slo                []string
	usd                float64
	memory, bandwidth  float64
	tflops             float64
	calibrate          string
	q                  forecast.Question
	fleet              forecast.Fleet
	trace, curve       string
	reading            traceFlags // how the trace is read
	json, list         bool
}

func newForecast(p *Process) *cobra.Command {
	var f forecastFlags
	c := &cobra.Command{
		Use:   "forecast --model MODEL --accelerator NAME",
		Short: "Forecast a deployment before it is bought",
		Long: `Forecast a deployment before it is bought: latency and throughput by load, the
capacity within limits as a range, the bottleneck, accelerators for a rate, and
cost. Nothing is sent or measured: the answer is computed from data sheets,
kernel efficiencies and a scheduler like vLLM's, in virtual time, and marked
modelled.

Ranges show what the error of the coefficients does to the answer: ±20 % of the
step times for generic ones, ±10 % where kernels of the accelerator were
measured. They are not confidence intervals; measure before you promise.

--calibrate FOLDER fits the coefficients to an existing run of one replica
(inferometer throughput URL --levels 1,4,16,64), shows how far each cell is from
the fit, and marks what is beyond that run.`,
		Example: `  inferometer forecast --model llama-3.1-8b --accelerator h100 --rate 20 \
      --slo 'ttft.p99<500ms'
  inferometer forecast --model llama-3.3-70b --accelerator h100 \
      --accelerators 8 --tp 4 --dtype fp8 --workload rag
  inferometer forecast --model llama-3.1-8b --accelerator h100 \
      --instances 10 --rate 100 --duration 24h
  inferometer forecast --config ./config.json --accelerator l40s \
      --workload in=512,out=128 --usd-per-hour 0.9 --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if f.list {
				return listing.Known(p.Stdout)
			}
			return p.forecast(&f, c.Flags())
		},
	}
	f.register(c.Flags())
	return c
}

func (f *forecastFlags) register(fs *pflag.FlagSet) {
	fs.SortFlags = false
	fs.StringVar(&f.model, "model", "", "`MODEL` model of the catalog, or its repository")
	fs.StringVar(&f.config, "config", "", "`FILE` config.json of a model that is not in the catalog")
	fs.StringVar(&f.dtype, "dtype", "", "`FORMAT` format of the weights: bf16, fp8, int4 … (default as published)")
	help.Group(fs, "Model", "model", "config", "dtype")
	fs.StringVar(&f.gpu, "accelerator", "", "`NAME` accelerator of the catalog")
	fs.IntVar(&f.q.Accelerators, "accelerators", 0, "`N` accelerators in all (default one replica)")
	fs.IntVar(&f.q.TP, "tp", 0, "`N` that share a layer (default the fewest that fit)")
	fs.IntVar(&f.q.PP, "pp", 1, "`N` stages that share the layers")
	fs.IntVar(&f.q.DP, "dp", 1, "`N` data-parallel engines, which share experts")
	fs.Float64Var(&f.memory, "accelerator-memory", 0, "`GB` memory of one that is not in the catalog")
	fs.Float64Var(&f.bandwidth, "accelerator-bandwidth", 0, "`GB/S` bandwidth of its memory")
	fs.Float64Var(&f.tflops, "accelerator-tflops", 0, "`TFLOPS` its dense BF16 rate")
	fs.Float64Var(&f.usd, "usd-per-hour", 0, "`USD` price of one accelerator hour (default as listed)")
	help.Group(fs, "Accelerator", "accelerator", "accelerators", "tp", "pp", "dp", "accelerator-memory", "accelerator-bandwidth", "accelerator-tflops", "usd-per-hour")
	fs.StringVar(&f.kv, "kv-dtype", "", "`FORMAT` format of the cache: bf16 or fp8 (default bf16)")
	fs.IntVar(&f.q.MaxSeqs, "max-num-seqs", 0, "`N` requests in a step (default vLLM's)")
	fs.IntVar(&f.q.BatchTokens, "max-num-batched-tokens", 0, "`TOKENS` new tokens in a step (default vLLM's)")
	fs.Float64Var(&f.q.Utilization, "gpu-memory-utilization", 0, "`SHARE` share of memory for the engine (default 0.9)")
	fs.BoolVar(&f.noPrefix, "no-prefix-caching", false, "compute every prompt from scratch")
	help.Group(fs, "Engine, named as in vLLM", "kv-dtype", "max-num-seqs", "max-num-batched-tokens", "gpu-memory-utilization", "no-prefix-caching")
	fs.StringVar(&f.workload, "workload", "chat", "`WORKLOAD` chat, rag, summarize, code, agent or in=512,out=128")
	fs.IntVar(&f.prefix, "prefix", 0, "`TOKENS` common prefix of all prompts (default the workload's)")
	fs.Float64Var(&f.q.Rate, "rate", 0, "`REQ/S` request rate to answer for")
	fs.StringArrayVar(&f.slo, "slo", nil, "`LIMIT` limit on ttft, tpot or e2e: 'ttft.p99<500ms'; repeatable")
	fs.StringVar(&f.calibrate, "calibrate", "", "`FOLDER` run of this deployment to fit the coefficients to")
	fs.IntVar(&f.q.Requests, "requests", 2000, "`N` simulated requests of each load")
	fs.Uint64Var(&f.q.Seed, "seed", 1, "`N` seed of arrivals and lengths")
	help.Group(fs, "Question", "workload", "prefix", "rate", "slo", "calibrate", "requests", "seed")
	fs.IntVar(&f.fleet.Instances, "instances", 0, "`N` replicas of a fleet, under traffic that changes")
	fs.StringVar(&f.trace, "trace", "", "`FILE` recorded requests for the fleet")
	fs.Float64Var(&f.fleet.Speed, "speed", 1, "`FACTOR` replay the trace this many times faster")
	fs.StringVar(&f.curve, "rate-curve", "", "`CURVE` traffic without a trace (default a day of ±60 %)")
	fs.DurationVar(&f.fleet.Duration, "duration", 24*time.Hour, "`DURATION` length of traffic without a trace")
	f.reading.add(fs)
	help.Group(fs, "Fleet", "instances", "trace", "speed", "rate-curve", "duration")
	help.Group(fs, "Fleet", traceFlagNames...)
	help.Rare(fs, traceFlagNames...)
	fs.BoolVar(&f.json, "json", false, "print a result document to stdout")
	fs.BoolVar(&f.list, "list", false, "list the models and accelerators of the catalog")
	help.Group(fs, "Output", "json", "list")
}

func (p *Process) forecast(f *forecastFlags, fs *pflag.FlagSet) error {
	if err := f.read(fs); err != nil {
		return err
	}
	if f.calibrate != "" {
		if err := f.fit(); err != nil {
			return fmt.Errorf("--calibrate: %w", err)
		}
	}
	began := time.Now()
	ask := func() (*result.Forecast, error) { return forecast.Ask(f.q) }
	if f.fleet.Instances > 0 {
		f.fleet.Question = f.q
		ask = func() (*result.Forecast, error) { return forecast.AskFleet(f.fleet) }
	}
	a, err := ask()
	if err != nil {
		return err
	}
	if f.json {
		return writeJSON(p.Stdout, p.forecastResult(a, f, began))
	}
	width, _ := terminal(p.Stdout)
	return report.ForecastConsole(p.Stdout, a, report.ConsoleOptions{Color: p.color(p.Stdout), Width: width})
}

// read turns flags into a question; what is wrong with one is a usage error.
func (f *forecastFlags) read(fs *pflag.FlagSet) error {
	q := &f.q
	wrong := func(flag string, err error) error { return usagef("--%s: %w", flag, err) }
	var err error
	switch {
	case f.model == "" && f.config == "":
		return usagef("say which model: --model llama-3.1-8b, or --config with its config.json")
	case f.gpu == "":
		return usagef("say which accelerator: --accelerator h100 (known are %s)", strings.Join(deviceNames(), ", "))
	case f.config != "":
		b, err := os.ReadFile(f.config)
		if err != nil {
			return wrong("config", err)
		}
		name := f.model
		if name == "" {
			name = filepath.Base(filepath.Dir(mustAbs(f.config)))
		}
		if q.Model, err = known.Config(name, b); err != nil {
			return wrong("config", err)
		}
		q.Notes = append(q.Notes, "the model's sizes are those of "+filepath.Base(f.config))
	default:
		if q.Model, err = known.Model(f.model); err != nil {
			return wrong("model", fmt.Errorf("%w; give its config.json with --config, or see forecast --list", err))
		}
	}
	if q.Accelerator, err = f.accelerator(fs); err != nil {
		return err
	}
	for _, k := range []struct {
		flag        string
		v           float64
		least, most float64
	}{{"accelerators", float64(q.Accelerators), 1, 1e7}, {"tp", float64(q.TP), 1, 1e7}, {"pp", float64(q.PP), 1, 1e7}, {"dp", float64(q.DP), 1, 1e7},
		{"max-num-seqs", float64(q.MaxSeqs), 1, 1e7}, {"max-num-batched-tokens", float64(q.BatchTokens), 1, 1e7},
		{"requests", float64(q.Requests), 100, 1e7}, {"prefix", float64(f.prefix), 0, 1e7}} {
		if fs.Changed(k.flag) {
			if err := inRange(k.flag, k.v, k.least, k.most); err != nil {
				return err
			}
		}
	}
	for _, k := range []struct {
		flag string
		v    float64
	}{{"rate", q.Rate}, {"usd-per-hour", f.usd}} {
		if !fs.Changed(k.flag) {
			continue
		}
		if err := positive(k.flag, k.v); err != nil {
			return err
		}
		if err := inRange(k.flag, k.v, 0, 1e9); err != nil {
			return err
		}
	}
	if q.Weights, err = format(f.dtype); err != nil {
		return wrong("dtype", err)
	}
	if q.KV, err = format(f.kv); err != nil {
		return wrong("kv-dtype", err)
	}
	if q.Scenario, err = scenario.Lookup(f.workload); err != nil {
		return wrong("workload", err)
	}
	if fs.Changed("prefix") {
		q.Scenario.Shared = f.prefix
	}
	q.NoPrefixCache = f.noPrefix
	if m, err := catalog.LookupModel(f.model); err == nil && f.config == "" && m.Context > 0 {
		if most := q.Scenario.In.Quantile(1-1e-9) + q.Scenario.Out.Quantile(1-1e-9); most > m.Context {
			q.Notes = append(q.Notes, fmt.Sprintf("the longest requests have %d tokens, and %s was made for %d: a server would refuse them", most, m.Name, m.Context))
		}
	}
	if q.Limits, err = plan.SLO(f.slo).Limits(); err == nil {
		err = limits.CheckUnits(f.slo)
	}
	if err != nil {
		return wrong("slo", err)
	}
	for _, l := range q.Limits {
		if !slices.Contains([]string{"ttft", "tpot", "e2e", "success"}, l.Metric.Tag) {
			return wrong("slo", fmt.Errorf("%q cannot be forecast; use ttft, tpot or e2e", l))
		}
	}
	f.price()
	return f.readFleet(fs)
}

// readFleet reads what only a fleet has.
func (f *forecastFlags) readFleet(fs *pflag.FlagSet) error {
	names := []string{"trace", "speed", "rate-curve", "duration"}
	if !fs.Changed("instances") {
		for _, n := range names {
			if fs.Changed(n) {
				return usagef("--%s is the traffic of a fleet: give --instances N", n)
			}
		}
		return nil
	}
	l := &f.fleet
	for _, n := range []string{"accelerators", "slo"} {
		if fs.Changed(n) {
			return usagef("--%s does not go with --instances: a fleet has that many replicas, and is asked what it would do", n)
		}
	}
	switch {
	case l.Instances < 1:
		return usagef("--instances %d: must be at least 1", l.Instances)
	case !(l.Speed > 0):
		return positive("speed", l.Speed)
	case f.trace != "":
		o, err := f.reading.options()
		if err != nil {
			return err
		}
		t, err := interop.ReadTrace(f.trace, o)
		if err != nil {
			return fmt.Errorf("--trace: %w", err)
		}
		l.Trace, l.Text = t, "recorded in "+filepath.Base(f.trace)
		if l.Speed != 1 {
			l.Text += fmt.Sprintf(", %g times as fast", l.Speed)
		}
		s := interop.Summarize(t)
		shared := 0
		if fs.Changed("prefix") {
			shared = f.prefix
		}
		f.q.Scenario = scenario.Scenario{
			Name: "trace", In: length.Fixed(max(1, int(s.Input.Mean))), Out: length.Fixed(max(1, int(s.Output.Mean))), Shared: shared,
			Source: "the trace's own; the means are shown",
		}
		return nil
	case f.curve == "" && f.q.Rate <= 0:
		return usagef("a fleet needs traffic: --trace FILE, --rate REQ/S for a day around it, or --rate-curve CURVE")
	}
	text := f.curve
	if text == "" {
		text = fmt.Sprintf("sine:%g..%g/24h", 0.4*f.q.Rate, 1.6*f.q.Rate)
	}
	var err error
	if l.Curve, err = arrival.ParseCurve(text); err != nil {
		return usagef("--rate-curve: %w", err)
	}
	l.Text = fmt.Sprintf("Poisson arrivals, %s for %v", text, l.Duration)
	return nil
}

// accelerator is one of the catalog, or one by its data sheet.
func (f *forecastFlags) accelerator(fs *pflag.FlagSet) (physics.Accelerator, error) {
	sheet := []struct {
		flag string
		v    float64
	}{{"accelerator-memory", f.memory}, {"accelerator-bandwidth", f.bandwidth}, {"accelerator-tflops", f.tflops}}
	given := 0
	for _, k := range sheet {
		if fs.Changed(k.flag) {
			given++
			if err := positive(k.flag, k.v); err != nil {
				return physics.Accelerator{}, err
			}
			if err := inRange(k.flag, k.v, 0, 1e7); err != nil {
				return physics.Accelerator{}, err
			}
		}
	}
	switch given {
	case 0:
		a, err := known.Accelerator(f.gpu)
		if err != nil {
			return a, usagef("--accelerator: %w; give its data sheet with --accelerator-memory, --accelerator-bandwidth and --accelerator-tflops, or see forecast --list", err)
		}
		return a, nil
	case len(sheet):
		f.q.Notes = append(f.q.Notes, fmt.Sprintf("%s has %g GB, %g GB/s and %g dense BF16 TFLOPS, as given", f.gpu, f.memory, f.bandwidth, f.tflops))
		return physics.Accelerator{
			Name: f.gpu, Memory: f.memory * 1e9, Bandwidth: f.bandwidth * 1e9, Peak: physics.Peak{BF16: f.tflops * 1e12},
			Coefficients: physics.Coefficients{Basis: physics.Generic},
		}, nil
	}
	return physics.Accelerator{}, usagef("an accelerator that is not in the catalog takes all of --accelerator-memory, --accelerator-bandwidth and --accelerator-tflops, and a name for it in --accelerator")
}

// price takes the price of an hour from the flag, or from the catalog.
func (f *forecastFlags) price() {
	if f.usd > 0 {
		f.q.Price = &forecast.Price{USDPerHour: f.usd, Evidence: result.Listed, Source: "--usd-per-hour"}
		return
	}
	var err error
	for _, name := range []string{f.gpu, f.q.Accelerator.Name} {
		var o catalog.Offer
		if o, err = catalog.Builtin().Offer(catalog.Want{Name: name}); err == nil {
			f.q.Price = &forecast.Price{USDPerHour: o.Each(), Evidence: result.Listed, Source: o.Name() + ", " + o.Source, AsOf: o.AsOf}
			return
		}
	}
	f.q.NoPrice = fmt.Sprintf("an hour of %s has no listed price (--usd-per-hour)", f.q.Accelerator.Name)
}

// fit calibrates the question with a run.
func (f *forecastFlags) fit() error {
	run, err := forecast.ReadRun(f.calibrate)
	if err != nil {
		return err
	}
	c, err := forecast.Calibrate(f.q, run)
	if err != nil {
		return err
	}
	if m, err := known.Model(run.Model); err != nil || m.Name != f.q.Model.Name {
		c.Notes = append(c.Notes, fmt.Sprintf("the run was of the model %q, and %s is forecast", run.Model, f.q.Model.Name))
	}
	if run.Evidence == result.Simulated {
		c.Notes = append(c.Notes, "the run was of a simulated endpoint")
	}
	f.q, err = f.q.Use(c)
	return err
}

// format reads the name of a number format, vLLM's names included.
func format(name string) (physics.Format, error) {
	n := physics.Format(strings.ToLower(name))
	switch n {
	case "", "auto":
		return "", nil
	case "bfloat16", "float16", "fp16", "half":
		return physics.BF16, nil
	case "fp8_e4m3", "fp8_e5m2":
		return physics.FP8, nil
	case "float32":
		return physics.FP32, nil
	}
	if n.Bytes() == 0 {
		return "", fmt.Errorf("the format %q is not one of bf16, fp8, fp8_block, int8, int4, mxfp4, nvfp4, q8_0, q4_0, q4_k_m, fp32", name)
	}
	return n, nil
}

func deviceNames() []string {
	var out []string
	for _, d := range catalog.Devices() {
		if !d.Unified {
			out = append(out, d.Name)
		}
	}
	slices.Sort(out)
	return out
}

func mustAbs(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// forecastResult puts a forecast into a result document.
func (p *Process) forecastResult(a *result.Forecast, f *forecastFlags, began time.Time) *result.Result {
	r := &result.Result{
		Schema: result.Schema,
		Run: result.Run{
			Name: "forecast", Started: began.UTC(), Ended: time.Now().UTC(), Version: p.Version, Command: p.commandLine(), Seed: f.q.Seed,
			Status: result.Complete, Host: result.Host{OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(), Go: runtime.Version()},
		},
		Evidence: result.Modelled, Targets: []result.Target{}, Claims: []result.Claim{},
		Inputs:     []result.Input{{Name: "physics of " + a.Accelerator, Evidence: result.Modelled, Source: a.Basis}},
		Benchmarks: result.Benchmarks{Forecast: a},
		Validity: result.Validity{Status: result.NotAssessed, Checks: []result.Check{{
			ID: "forecast", Status: result.NotAssessed, Text: "nothing was measured, so there is nothing to judge",
		}}},
	}
	if c := a.Cost; c != nil {
		r.Inputs = append(r.Inputs, result.Input{Name: "accelerator hour", Evidence: c.Evidence, Source: c.Source, AsOf: c.AsOf})
	}
	if c := a.Calibrated; c != nil {
		r.Inputs = append(r.Inputs, result.Input{Name: "calibration", Evidence: c.Evidence, Source: c.Run})
		r.Evidence = result.Weakest(r.Evidence, c.Evidence)
	}
	return r
}
