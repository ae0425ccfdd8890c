package target

import (
	"errors"
	"fmt"
	"slices"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/limits"
)

// streams looks at an answer whether a server streams that was asked to. Where it
// does not, claims on what only streams have are refused: nothing could decide
// them.
func (f *Finder) streams(t *Target, x *exchange.Exchange) error {
	if !t.Found.Streaming || x.Class != exchange.OK || x.Streamed {
		return nil
	}
	t.Found.Streaming = false
	if t.Name != cells.Candidate {
		return nil
	}
	return withoutStreams(f.Plan)
}

// withoutStreams says which claims and limits of a plan cannot be decided where
// the server answers at once; nil if all can.
func withoutStreams(p plan.Plan) error {
	var out []error
	refuse := func(flag string, l metric.Limit) {
		if limits.NeedsStream(l.Metric) {
			out = append(out, fmt.Errorf("%s %q: the server was asked to stream and answers at once, so that there is no %s; claim e2e, throughput or success", flag, l, l.Metric.Tag))
		}
	}
	for _, c := range p.Claims {
		l, err := metric.ParseLimit(c.Limit)
		if err != nil {
			return err
		}
		refuse("--claim", l)
	}
	if slices.Contains(p.Only, plan.Capacity) {
		slo, err := p.Capacity.SLO.Limits()
		if err != nil {
			return err
		}
		for _, l := range slo {
			refuse("--slo", l)
		}
	}
	return errors.Join(out...)
}
