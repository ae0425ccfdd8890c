package checkup

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/pflag"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/calibrate"
	"github.com/inferometer/inferometer/internal/cli/help"
	"github.com/inferometer/inferometer/internal/loadgen"
	"github.com/inferometer/inferometer/internal/result"
)

// Calibration is what doctor --calibrate is asked for.
type Calibration struct {
	On     bool
	users  []int
	rate   float64
	itl    time.Duration
	tokens int
}

// Add adds the flags.
func (k *Calibration) Add(f *pflag.FlagSet) {
	f.BoolVar(&k.On, "calibrate", false, "measure what this client adds under load")
	f.IntSliceVar(&k.users, "users", []int{1, 10, 100, 500, 1000}, "`USERS,…` users at once, one measurement each")
	f.Float64Var(&k.rate, "rate", 0, "`REQ/S` open loop in place of users")
	f.DurationVar(&k.itl, "itl", 10*time.Millisecond, "`DURATION` time between the responder's tokens")
	f.IntVar(&k.tokens, "tokens", 100, "`TOKENS` tokens of each answer")
	help.Group(f, "Calibration (half a minute)", "calibrate", "users", "rate", "itl", "tokens")
}

// Validate refuses what cannot be before anything is started.
func (k *Calibration) Validate() error {
	switch {
	case k.rate < 0 || k.itl <= 0 || k.tokens < 2:
		return fmt.Errorf("--rate must not be negative, --itl must be greater than 0 and --tokens at least 2")
	case k.rate == 0 && len(k.users) == 0:
		return fmt.Errorf("--users must not be empty")
	}
	for _, n := range k.users {
		if n < 1 {
			return fmt.Errorf("--users %d: must be at least 1", n)
		}
	}
	return nil
}

// loads are what the responder is put under: its answers take a second or so,
// and users start spread over one.
func (k *Calibration) loads() []calibrate.Load {
	base := calibrate.Load{TTFT: 50 * time.Millisecond, ITL: k.itl, Tokens: k.tokens}
	const span = time.Second
	if k.rate > 0 {
		l := base
		l.Shape = loadgen.Shape{
			Schedule: arrival.Schedule{Process: arrival.Poisson, Curve: arrival.Flat(k.rate), Seed: 1},
			Warmup:   int(min(1000, k.rate)), Duration: 5 * span, Grace: time.Minute,
		}
		return []calibrate.Load{l}
	}
	var out []calibrate.Load
	for _, n := range k.users {
		l := base
		l.Shape = loadgen.Shape{Users: n, Spread: span, Warmup: n, Requests: max(4*n, 20), Grace: time.Minute}
		out = append(out, l)
	}
	return out
}

// Measure measures each load and says what the client added. Its own
// limit is a millisecond: less is in no figure of a language model's latency.
func (k *Calibration) Measure(ctx context.Context, report func(Check)) []result.Floor {
	exe, err := os.Executable()
	if err != nil {
		report(Check{Name: "calibration", Status: "fail", Text: err.Error()})
		return nil
	}
	var out []result.Floor
	for _, l := range k.loads() {
		f, err := calibrate.Run(ctx, Responder(exe), l)
		if err != nil {
			report(Check{Name: "calibration", Status: "fail", Text: err.Error(), Do: "try a smaller load with --users or --rate"})
			return out
		}
		out = append(out, f)
		c := Check{Name: "calibration", Status: "ok", Text: floorText(f)}
		if f.AddedP99 > 1 {
			c.Status = "warn"
			c.Do = fmt.Sprintf("at this load client overhead distorts limits below %.0f ms by more than 2 %% (worst case: client and responder share this machine)", 50*f.AddedP99)
		}
		report(c)
	}
	return out
}

func floorText(f result.Floor) string {
	clock := "stamps after each read"
	if f.KernelStamps {
		clock = "the kernel's stamps"
	}
	s := fmt.Sprintf("%s: adds %.3g ms (p50) and %.3g ms (p99) to a first token; %s are %.0f µs (p50) and %.0f µs (p99) after the write; gaps are off by %.2g ms (sd)",
		f.Load, f.AddedP50, f.AddedP99, clock, f.StampP50US, f.StampP99US, f.GapSD)
	if f.CPUPerFrameUS != nil {
		s += fmt.Sprintf("; %.1f µs of CPU per frame at %.0f frames/s", *f.CPUPerFrameUS, f.FramesPerS)
	}
	if f.Lost > 0 {
		s += fmt.Sprintf("; %d of %d requests were lost", f.Lost, f.Requests)
	}
	return s
}
