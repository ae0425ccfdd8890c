package cli

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/cli/checkup"
	"github.com/inferometer/inferometer/internal/cli/help"
	"github.com/inferometer/inferometer/internal/cli/simserver"
	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/launch"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/result"
)

type check = checkup.Check

func newDoctor(p *Process) *cobra.Command {
	var f planFlags
	var asJSON bool
	var dump string
	var k checkup.Calibration
	c := &cobra.Command{
		Use:   "doctor [URL]",
		Short: "Check this machine, the tool itself and, with a URL, an endpoint",
		Long: `Check this machine, the tool itself (by measuring the built-in server, whose
true times are known) and, with a URL, what an endpoint can do. Each line says
how to fix what is wrong; the last line is pass or fail.

--calibrate also puts the client under load, step by step, and reports at each
step what it adds to a latency on this machine: the floor under every
measurement. --dump packs what this machine's programs and files say about it into
an archive to send along with a report, without serial numbers and names.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			pl, err := p.targetPlan(&f, first(args))
			if err != nil {
				return err
			}
			if err := k.Validate(); err != nil {
				return usageError{err}
			}
			return p.doctor(c.Context(), pl, k, dump, asJSON)
		},
	}
	f.add(c, key.GroupTarget)
	k.Add(c.Flags())
	f.add(c, key.GroupConnection)
	f.addKeys(c, "dir")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().StringVar(&dump, "dump", "", "write what this machine says of itself to an archive (--dump=`FILE`)")
	c.Flags().Lookup("dump").NoOptDefVal = checkup.DumpName
	help.Group(c.Flags(), string(key.GroupOutput), "json", "dump")
	return c
}

// endpoints adds the flags of endpoints to a command, and returns what reads them.
func (p *Process) endpoints(c *cobra.Command) func(urls ...string) (plan.Plan, error) {
	var f planFlags
	f.add(c, key.GroupTarget, key.GroupBaseline, key.GroupConnection)
	f.addKeys(c, "idle-timeout") // an answer that comes as a whole is silent until it is there
	return func(urls ...string) (plan.Plan, error) { return p.targetPlan(&f, urls...) }
}

// targetPlan reads a plan that says how endpoints are reached and nothing else.
func (p *Process) targetPlan(f *planFlags, urls ...string) (plan.Plan, error) {
	for i, url := range urls {
		if path := []string{"candidate.url", "baseline.url"}[i]; url != "" {
			f.settings = append(f.settings, plan.Setting{Path: path, Value: url, From: key.Origin{Kind: key.FromCommand, Name: "the command line"}})
		}
	}
	pl, prov, err := plan.Read(plan.Sources{Env: p.Env, Set: f.settings})
	if err != nil {
		return pl, usageError{err}
	}
	if pl.Candidate.URL != "" {
		if err := pl.ValidateTargets(); err != nil {
			return pl, usageError{prov.Locate(err)}
		}
	}
	return pl, nil
}

func (p *Process) doctor(ctx context.Context, pl plan.Plan, k checkup.Calibration, dump string, asJSON bool) error {
	var all []check
	add := func(checks ...check) {
		for _, c := range checks {
			all = append(all, c)
			if !asJSON {
				c.Print(p.Stdout)
			}
		}
	}
	add(check{Name: "version", Status: "ok", Text: fmt.Sprintf("%s (%s, %s/%s)", p.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)})
	add(checkup.Machine(ctx)...)
	add(checkup.FileLimit(), checkup.Clock(), checkup.Timer(), checkup.Write(pl.Dir))
	add(checkup.Self(ctx)...)
	if pl.Candidate.URL != "" {
		add(urlChecks(ctx, pl)...)
	}
	var floors []result.Floor
	if k.On {
		floors = k.Measure(ctx, func(c check) { add(c) })
	}
	if dump != "" {
		add(checkup.Dump(ctx, dump))
	}
	verdict := "pass"
	for _, c := range all {
		if c.Status == "fail" {
			verdict = "fail"
		}
	}
	if asJSON {
		if err := writeJSON(p.Stdout, struct {
			Checks  []check        `json:"checks"`
			Floors  []result.Floor `json:"floors,omitempty"`
			Verdict string         `json:"verdict"`
		}{all, floors, verdict}); err != nil {
			return err
		}
	} else if _, err := fmt.Fprintln(p.Stdout, "doctor:", verdict); err != nil {
		return err
	}
	if verdict == "fail" {
		return exitCode(exitError)
	}
	return nil
}

// urlChecks asks an endpoint what it can do.
func urlChecks(ctx context.Context, pl plan.Plan) []check {
	t := pl.Candidate
	fail := func(err error) []check {
		return []check{{Name: "endpoint", Status: "fail", Text: err.Error()}}
	}
	key, err := endpoint.LoadKey(ctx, t.KeyEnv, t.KeyFile, t.KeyCommand)
	if err != nil {
		return fail(err)
	}
	url := t.URL
	if profile, ok := strings.CutPrefix(url, "sim:"); ok {
		exe, err := os.Executable()
		if err != nil {
			return fail(err)
		}
		s, err := launch.Sim(ctx, exe, simserver.Args(profile, t, pl.Seed))
		if err != nil {
			return fail(err)
		}
		defer func() { _ = s.Stop() }()
		url = s.URL
	}
	c, err := endpoint.New(endpoint.Config{
		URL: url, Model: t.Model, API: t.API, Stream: t.Stream, Key: key, Headers: t.Headers, Body: t.Body,
		ConnectTimeout: pl.Client.ConnectTimeout.Std(), IdleTimeout: 30 * time.Second, Insecure: pl.Client.Insecure, CACert: pl.Client.CACert,
		ClientCert: pl.Client.ClientCert, ClientKey: pl.Client.ClientKey, Proxy: pl.Client.Proxy, HTTP2: pl.Client.HTTP == plan.HTTP2,
		Clock: exchange.NewClock(),
	})
	if err != nil {
		return fail(err)
	}
	defer c.Close()
	found, err := c.Probe(ctx)
	if err != nil {
		return fail(err)
	}
	server := found.Server
	if server == "" {
		server = "a server that does not say what it is"
	}
	out := []check{{Name: "endpoint", Status: "ok", Text: fmt.Sprintf("%s: %s, model %s, evidence %s", c.URL(), server, found.Model, found.Evidence)}}
	for _, a := range found.Abilities {
		k := check{Name: a.Name, Status: "ok", Text: a.State}
		if a.State == "yes" && a.Note != "" {
			k.Text = a.Note
		}
		if l := c.RateLimit(); a.Name == "rate limit" && l.Requests > 0 {
			k.Text += fmt.Sprintf("; --rpm %d paces what is sent", l.Requests)
		}
		if a.State != "yes" {
			k.Status, k.Do = "warn", a.Note
		}
		if a.Name == endpoint.Content && a.State != "yes" {
			k.Status = "fail" // there is nothing to measure
		}
		out = append(out, k)
	}
	return out
}
