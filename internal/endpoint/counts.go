package endpoint

import (
	"context"
	"maps"
	"slices"

	"github.com/inferometer/inferometer/internal/endpoint/dialect"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plaintext"
)

// tryCounts looks for a way to learn how many tokens each frame has: one
// request for each, the cheapest for the server first, until one counts. x is
// the exchange that the fields so far gave, and the one returned is that of
// the fields that are kept.
func (c *Client) tryCounts(ctx context.Context, x *exchange.Exchange) (*exchange.Exchange, error) {
	if !x.Streamed || x.FrameTokens != exchange.Unknown || !c.dialect.FrameCounts {
		return x, nil
	}
	base := c.fields
	for _, try := range []func(*dialect.Fields) bool{
		func(f *dialect.Fields) bool { f.ContinuousUsage = true; return f.Usage },
		func(f *dialect.Fields) bool { f.TokenIDs = true; return true },
		func(f *dialect.Fields) bool { f.Logprobs = true; return c.cfg.Logprobs },
	} {
		c.fields = base
		if !try(&c.fields) {
			continue
		}
		y, _, err := c.small(ctx)
		if err != nil {
			return nil, err
		}
		if y.Class == exchange.OK && y.FrameTokens != exchange.Unknown {
			return y, nil
		}
	}
	c.fields = base
	return x, nil
}

// planFields lists what the plan adds to each request: names only, since values
// may be secrets.
func (c *Client) planFields() []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(c.cfg.Body)) {
		out = append(out, "body."+plaintext.Short(name, 60))
	}
	for _, name := range slices.Sorted(maps.Keys(c.cfg.Headers)) {
		out = append(out, "header."+name)
	}
	return out
}
