package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/cli/compare"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/key"
)

func newCompare(p *Process) *cobra.Command { return p.live().Add(compare.New(p.comparing())) }

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
