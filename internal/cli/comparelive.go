package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/cli/compare"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/key"
)

func newCompare(p *Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "compare --live URL URL [NAME=URL...]",
		Short: "Compare endpoints that are measured in turns",
		Long: `Measure endpoints now, in interleaved blocks of the same load, and compare the
second with the first, which is the baseline, and with each further one: the same
as inferometer load URL --baseline URL, with what else differs between them.
More: docs/comparing.md.`,
		Example: `  inferometer compare --live http://127.0.0.1:8000 http://127.0.0.1:8001 \
      --users 8 --requests 500
  inferometer compare --live https://api.example.com http://127.0.0.1:8000 \
      --baseline-key-env API_KEY --rate 2 --duration 10m --every 3h --for 24h`,
		Args: func(*cobra.Command, []string) error { return nil },
		RunE: func(*cobra.Command, []string) error {
			return usageError{errors.New("add --live to measure the URLs, as in: inferometer compare --live http://127.0.0.1:8000 http://127.0.0.1:8001 --users 8 --requests 500")}
		},
	}
	return p.live().Add(c)
}

// live is what compare --live needs.
func (p *Process) live() compare.Live {
	var f planFlags
	o := output{notes: compare.Differences}
	return compare.Live{
		Flags: func(c *cobra.Command) {
			f.add(c, key.GroupLoad, key.GroupTarget, key.GroupBaseline, key.GroupWorkload, key.GroupDataset, key.GroupTrace, key.GroupClaims, key.GroupPrice, key.GroupOutput)
			o.add(c)
			o.addRepeats(c)
			f.add(c, key.GroupClient, key.GroupConnection)
		},
		Run: func(ctx context.Context, targets []plan.Setting) error {
			f.settings = append(targets, f.settings...)
			return p.run(ctx, &f, &o, "", "load")
		},
		Usage: func(err error) error { return usageError{err} },
	}
}
