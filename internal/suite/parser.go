package suite

import (
	"context"

	"github.com/inferometer/inferometer/internal/result"
)

// compareParser checks the reader of frames against a full parser, on frames
// that were kept aside, now that nothing is measured any more. Why there was
// no check is part of the log, and no failure of the run.
func (r *run) compareParser(ctx context.Context) {
	for _, t := range r.targets {
		p, err := t.client.Compare(ctx)
		switch {
		case err != nil:
			p = &result.Parser{Error: err.Error()}
		case p == nil:
			continue
		}
		p.Target = t.name
		_ = r.log.Append(kindParser, p) // finish reports a log that failed
	}
}
