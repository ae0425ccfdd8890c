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
		report, err := t.client.Compare(ctx)
		p := result.Parser{Target: t.name}
		switch {
		case err != nil:
			p.Error = err.Error()
		case report == nil:
			continue
		default:
			p.Frames, p.Checked, p.Missed, p.Differences = report.Frames, report.Checked, report.Missed, report.Differences
		}
		_ = r.log.Append(kindParser, &p) // finish reports a log that failed
	}
}
