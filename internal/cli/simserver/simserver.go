// Package simserver is the command `inferometer sim`: its flags, and the simulated server
// that they set up. What that server does is in package sim.
package simserver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/cli/help"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/sim"
	"github.com/inferometer/inferometer/internal/sim/fault"
	"github.com/inferometer/inferometer/internal/sim/script"
)

// Env is what the command needs of the process.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Getenv returns a variable of the environment; "" if it is not set.
	Getenv func(name string) string
	// Usage marks an error as a mistake in what was typed.
	Usage func(error) error
}

// Args are the arguments of the child process that serves a sim: target.
func Args(profile string, t plan.Target, seed uint64) []string {
	args := []string{"--profile", profile, "--seed", strconv.FormatUint(seed, 10), "--exit-with-stdin"}
	if s := t.Sim; s != nil {
		if s.TTFT > 0 {
			args = append(args, "--ttft", s.TTFT.String())
		}
		if s.ITL > 0 {
			args = append(args, "--itl", s.ITL.String())
		}
		if s.Slots > 0 {
			args = append(args, "--slots", strconv.Itoa(s.Slots))
		}
		if s.Answers != "" {
			args = append(args, "--answers", s.Answers)
		}
		for _, f := range s.Faults {
			args = append(args, "--fault", f)
		}
	}
	return args
}

// New is the command.
func New(e Env) *cobra.Command {
	var (
		addr, profile, truth, keyEnv, play string
		ttft, itl                          time.Duration
		jitter                             float64
		slots                              int
		seed                               uint64
		withStdin                          bool
		engine                             engineFlags
		face                               faceFlags
	)
	var names []string
	for _, pr := range sim.Profiles() {
		names = append(names, fmt.Sprintf("  %-8s %s", pr.Name, pr.Description))
	}
	names = append(names, fmt.Sprintf("  %-8s %s", physicsProfile, "fitted, with times from data sheets (--accelerator, --sim-model)"))
	c := &cobra.Command{
		Use:   "sim",
		Short: "Serve a simulated endpoint",
		Long: `Serve a simulated OpenAI-compatible endpoint: chat and plain completions,
responses, messages, embeddings, tokens, models, health and metrics, with the
latency of a profile or of a script. Its answers are marked simulated. POST
/sim/freeze?for=1s stops it for a time. Profiles:

` + strings.Join(names, "\n") + `

fitted and physics are engines with a scheduler; the others have fixed
latencies, which --ttft, --itl, --jitter and --slots change. In an engine
requests share steps, long prompts go in chunks, keys and values take blocks of
a cache that finds shared prefixes again, and when it is full requests wait or
are preempted and computed again. --jitter spreads their steps.

--fault KIND[@TOKEN][=VALUE][@RATE][@>N] makes requests fail; repeatable: at a
rate (5% or 0.05; all without one), chosen by --seed, and with @>16 only while
more than 16 are being answered. A request asks for its own fault by the header
X-Sim-Fault. Tokens count from 0; without one it is in the middle of the answer.
A kind replaces the profile's own; none drops all of those. The last two lines
are about what an answer says, chosen by item (docs/simulator.md):

  ` + strings.Join(fault.Usage(), "\n  "),
		Example: `  inferometer sim --profile fixed --ttft 50ms --itl 10ms
  inferometer sim --profile fitted --max-num-seqs 64 --kv-blocks 4000
  inferometer sim --profile physics --accelerator m4-max --dtype q4_0`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			pr, err := engine.profile(profile, c.Flags())
			if err != nil {
				return e.Usage(err)
			}
			if c.Flags().Changed("ttft") {
				pr.TTFT = ttft
			}
			if c.Flags().Changed("itl") {
				pr.ITL = itl
			}
			if c.Flags().Changed("jitter") {
				pr.Jitter = jitter
			}
			if c.Flags().Changed("slots") {
				pr.Slots = slots
			}
			face.apply(&pr, c.Flags())
			cfg := sim.Config{Profile: pr, Seed: seed}
			if err := face.configure(&cfg); err != nil {
				return e.Usage(err)
			}
			certificate, err := face.certificate()
			if err != nil {
				return e.Usage(err)
			}
			if play != "" {
				if cfg.Script, err = script.Load(play); err != nil {
					return e.Usage(fmt.Errorf("--script: %w", err))
				}
			}
			if err := cfg.Validate(); err != nil {
				return e.Usage(err)
			}
			if keyEnv != "" {
				if cfg.APIKey = e.Getenv(keyEnv); cfg.APIKey == "" {
					return e.Usage(fmt.Errorf("--api-key-env: the environment variable %q is not set", keyEnv))
				}
			}
			if truth != "" {
				f, err := os.OpenFile(truth, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
				if err != nil {
					return fmt.Errorf("--truth-log: %w", err)
				}
				defer func() { _ = f.Close() }()
				cfg.TruthLog = f
			}
			ctx, cancel := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
			defer cancel()
			if withStdin {
				ctx = untilEOF(ctx, e.Stdin)
			}
			return e.serve(ctx, addr, cfg, certificate)
		},
	}
	c.Flags().SortFlags = false
	c.Flags().StringVar(&addr, "addr", "127.0.0.1:0", "`HOST:PORT` address to listen on; port 0 takes a free one")
	c.Flags().StringVar(&profile, "profile", "vllm", "`PROFILE` one of the list above")
	c.Flags().DurationVar(&ttft, "ttft", 0, "`DURATION` time to first token (default the profile's)")
	c.Flags().DurationVar(&itl, "itl", 0, "`DURATION` time between tokens (default the profile's)")
	c.Flags().Float64Var(&jitter, "jitter", 0, "`CV` spread of both; 0 is exact (default the profile's)")
	c.Flags().IntVar(&slots, "slots", 0, "`N` requests served at once (default the profile's)")
	c.Flags().Uint64Var(&seed, "seed", 1, "`N` seed of jitter and answers")
	c.Flags().StringVar(&truth, "truth-log", "", "`FILE` record intended and actual time of every write")
	c.Flags().StringVar(&play, "script", "", "`FILE` answers word for word (docs/simulator.md)")
	c.Flags().StringVar(&keyEnv, "api-key-env", "", "`VAR` environment variable with the API key to ask for")
	engine.register(c.Flags())
	face.register(c.Flags())
	help.Group(c.Flags(), "Profile", "addr", "profile", "ttft", "itl", "jitter", "slots", "seed", "script", "truth-log", "api-key-env")
	c.Flags().BoolVar(&withStdin, "exit-with-stdin", false, "end when standard input ends")
	help.Rare(c.Flags(), "truth-log", "exit-with-stdin", "remote-control", "long-prefill-token-threshold", "scheduling-policy", "no-async-scheduling", "speculative-tokens", "acceptance-length",
		"tls-cert", "tls-key", "reasoning-field", "stream-interval", "enable-per-request-metrics", "no-tokenizer", "embedding-dimensions")
	return c
}

func (e Env) serve(ctx context.Context, addr string, cfg sim.Config, certificate *tls.Config) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("--addr: %w", err)
	}
	scheme := "http"
	if certificate != nil {
		scheme, l = "https", tls.NewListener(l, certificate)
	}
	if _, err := fmt.Fprintf(e.Stdout, "listening on %s://%s\n", scheme, l.Addr()); err != nil {
		return errors.Join(err, l.Close())
	}
	if host, _, _ := net.SplitHostPort(l.Addr().String()); !net.ParseIP(host).IsLoopback() {
		_, _ = fmt.Fprintln(e.Stderr, "inferometer: warning: other machines can reach this address")
	}
	return sim.New(cfg).Serve(ctx, l)
}

// untilEOF ends a context when r does.
func untilEOF(ctx context.Context, r io.Reader) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, r)
		cancel()
	}()
	return ctx
}
