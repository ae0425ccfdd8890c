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
	"github.com/inferometer/inferometer/internal/forecast"
	"github.com/inferometer/inferometer/internal/interop"
	"github.com/inferometer/inferometer/internal/physics"
	"github.com/inferometer/inferometer/internal/physics/known"
	"github.com/inferometer/inferometer/internal/plan"
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
	json               bool
}

func newForecast(p *Process) *cobra.Command {
	var f forecastFlags
	c := &cobra.Command{
		Use:   "forecast --model M --gpu G",
		Short: "Say what a deployment would do, before it is bought",
		Long: `Say what a deployment would do, before it is bought: latency and throughput by
load, the capacity inside limits as a range, what binds, accelerators for a
rate, and cost. Nothing is sent and nothing is measured: it is worked out from
data sheets, efficiencies of kernels and a scheduler like vLLM's, in virtual
time, and marked modelled.

Ranges are what the error of the coefficients does to the answer: ±20 % of the
step times for generic ones, ±10 % where kernels of the accelerator were
measured. They are no confidence intervals; measure before you promise.

--calibrate RUN fits the coefficients to a run of one replica that is there
already (inferometer throughput URL --levels 1,4,16,64), shows how far each
cell is off the fit, and marks what is beyond that run.`,
		Example: `  inferometer forecast --model llama-3.1-8b --gpu h100 --workload chat --rate 20 --slo 'ttft.p99<500ms'
  inferometer forecast --model llama-3.3-70b --gpu h100 --gpus 8 --tp 4 --dtype fp8 --workload rag
  inferometer forecast --model llama-3.1-8b --gpu h100 --instances 10 --rate 100 --duration 24h
  inferometer forecast --config ./config.json --gpu l40s --workload in=512,out=128 --usd-per-hour 0.9 --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return p.forecast(&f, c.Flags()) },
	}
	fs := c.Flags()
	fs.StringVar(&f.model, "model", "", "model, as the catalog names it, or its repository")
	fs.StringVar(&f.config, "config", "", "config.json of a model that the catalog does not know")
	fs.StringVar(&f.gpu, "gpu", "", "accelerator, as the catalog names it")
	fs.Float64Var(&f.memory, "gpu-memory", 0, "memory in GB of an accelerator that the catalog does not know")
	fs.Float64Var(&f.bandwidth, "gpu-bandwidth", 0, "bandwidth of its memory in GB/s")
	fs.Float64Var(&f.tflops, "gpu-tflops", 0, "its dense BF16 rate in TFLOPS")
	fs.IntVar(&f.q.Accelerators, "gpus", 0, "accelerators in all (default: those of one replica)")
	fs.IntVar(&f.q.TP, "tp", 0, "accelerators that share each layer (default: the fewest that fit)")
	fs.IntVar(&f.q.PP, "pp", 1, "stages that share the layers")
	fs.IntVar(&f.q.DP, "dp", 1, "data-parallel engines, which share the experts if the model has any")
	fs.StringVar(&f.dtype, "dtype", "", "format of the weights: bf16, fp8, int8, int4, mxfp4, nvfp4 … (default: as published)")
	fs.StringVar(&f.kv, "kv-dtype", "", "format of the cache: bf16 or fp8 (default: bf16)")
	fs.IntVar(&f.q.MaxSeqs, "max-num-seqs", 0, "requests in a step (default: vLLM's for the accelerator)")
	fs.IntVar(&f.q.BatchTokens, "max-num-batched-tokens", 0, "new tokens in a step (default: vLLM's for the accelerator)")
	fs.Float64Var(&f.q.Utilization, "gpu-memory-utilization", 0, "share of the memory that the engine may take (default 0.9)")
	fs.StringVar(&f.workload, "workload", "chat", "kind of requests: chat, rag, summarize, code, agent, or in=512,out=128")
	fs.IntVar(&f.prefix, "prefix", 0, "tokens that all prompts begin with, part of the input (default: the workload's)")
	fs.BoolVar(&f.noPrefix, "no-prefix-caching", false, "compute every prompt anew")
	fs.Float64Var(&f.q.Rate, "rate", 0, "requests per second to answer for")
	fs.StringArrayVar(&f.slo, "slo", nil, "limit on ttft, tpot or e2e that must hold, like ttft.p99<500ms; may be repeated")
	fs.Float64Var(&f.usd, "usd-per-hour", 0, "price of one accelerator hour in USD (default: the catalog's)")
	fs.IntVar(&f.fleet.Instances, "instances", 0, "replicas of a fleet, under traffic that changes")
	fs.StringVar(&f.trace, "trace", "", "file of recorded requests for the fleet (inferometer trace FILE says what it holds)")
	fs.Float64Var(&f.fleet.Speed, "speed", 1, "divide the trace's time by this")
	fs.StringVar(&f.curve, "rate-curve", "", "the fleet's traffic without a trace: "+arrival.Forms+" (default: a day that swings by 60 % around --rate)")
	fs.DurationVar(&f.fleet.Duration, "duration", 24*time.Hour, "how long the fleet's traffic lasts, without a trace")
	fs.StringVar(&f.calibrate, "calibrate", "", "folder of a run against this very deployment, to fit the coefficients to")
	fs.IntVar(&f.q.Requests, "requests", 2000, "simulated requests of each load")
	fs.Uint64Var(&f.q.Seed, "seed", 1, "seed of arrivals and lengths")
	fs.BoolVar(&f.json, "json", false, "print a result document to stdout")
	return c
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
		return usagef("say which accelerator: --gpu h100 (known are %s)", strings.Join(deviceNames(), ", "))
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
			return wrong("model", fmt.Errorf("%w; give its config.json with --config", err))
		}
	}
	if q.Accelerator, err = f.accelerator(fs); err != nil {
		return err
	}
	for _, k := range []struct {
		flag string
		v    float64
		min  float64
	}{{"gpus", float64(q.Accelerators), 1}, {"tp", float64(q.TP), 1}, {"pp", float64(q.PP), 1}, {"dp", float64(q.DP), 1},
		{"max-num-seqs", float64(q.MaxSeqs), 1}, {"max-num-batched-tokens", float64(q.BatchTokens), 1},
		{"requests", float64(q.Requests), 100}, {"prefix", float64(f.prefix), 0}} {
		if fs.Changed(k.flag) && (k.v < k.min || k.v > 1e7) {
			return usagef("--%s %g: it must be at least %g", k.flag, k.v, k.min)
		}
	}
	for flag, v := range map[string]float64{"rate": q.Rate, "usd-per-hour": f.usd} {
		if fs.Changed(flag) && !(v > 0 && v < 1e9) {
			return usagef("--%s %g: it must be above 0", flag, v)
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
	if q.Limits, err = plan.SLO(f.slo).Limits(); err != nil {
		return wrong("slo", err)
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
	for _, n := range []string{"gpus", "slo"} {
		if fs.Changed(n) {
			return usagef("--%s does not go with --instances: a fleet has that many replicas, and is asked what it would do", n)
		}
	}
	switch {
	case l.Instances < 1:
		return usagef("--instances %d: it must be at least 1", l.Instances)
	case !(l.Speed > 0):
		return usagef("--speed %g: it must be above 0", l.Speed)
	case f.trace != "":
		t, err := interop.ReadTrace(f.trace, interop.Options{})
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
		return usagef("a fleet needs traffic: --trace FILE, --rate R for a day around it, or --rate-curve")
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
	}{{"gpu-memory", f.memory}, {"gpu-bandwidth", f.bandwidth}, {"gpu-tflops", f.tflops}}
	given := 0
	for _, k := range sheet {
		if fs.Changed(k.flag) {
			given++
			if !(k.v > 0 && k.v < 1e7) {
				return physics.Accelerator{}, usagef("--%s %g: it must be above 0", k.flag, k.v)
			}
		}
	}
	switch given {
	case 0:
		a, err := known.Accelerator(f.gpu)
		if err != nil {
			return a, usagef("--gpu: %w; give its data sheet with --gpu-memory, --gpu-bandwidth and --gpu-tflops", err)
		}
		return a, nil
	case len(sheet):
		f.q.Notes = append(f.q.Notes, fmt.Sprintf("%s has %g GB, %g GB/s and %g dense BF16 TFLOPS, as given", f.gpu, f.memory, f.bandwidth, f.tflops))
		return physics.Accelerator{
			Name: f.gpu, Memory: f.memory * 1e9, Bandwidth: f.bandwidth * 1e9, Peak: physics.Peak{BF16: f.tflops * 1e12},
			Coefficients: physics.Coefficients{Basis: physics.Generic},
		}, nil
	}
	return physics.Accelerator{}, usagef("an accelerator of one's own takes all of --gpu-memory, --gpu-bandwidth and --gpu-tflops, and a name for it in --gpu")
}

// price takes the price of an hour from the flag, or from the catalog.
func (f *forecastFlags) price() {
	if f.usd > 0 {
		f.q.Price = &forecast.Price{USDPerHour: f.usd, Evidence: result.Listed, Source: "--usd-per-hour"}
		return
	}
	var err error
	for _, name := range []string{f.gpu, f.q.Accelerator.Name} {
		var a catalog.Accelerator
		if a, err = catalog.LookupAccelerator(name); err == nil {
			f.q.Price = &forecast.Price{USDPerHour: a.USDPerHour, Evidence: result.Listed, Source: a.Provider + ", " + a.Source, AsOf: a.AsOf}
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
			ID: "forecast", Status: result.NotAssessed, Text: "nothing was measured, so that there is nothing to believe or not",
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
