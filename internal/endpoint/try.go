package endpoint

import (
	"context"
	"fmt"

	"github.com/inferometer/inferometer/internal/exchange"
)

// Try sends one request as it would be measured, with what p wants, and the
// same without. An error says what the server said of it; extra is how many
// input tokens the server counts for what is wanted, nil where it reports none.
// It is part of no statistic.
func (c *Client) Try(ctx context.Context, p Prompt) (extra *int, err error) {
	one := func(p Prompt) (*exchange.Exchange, error) {
		call, err := c.Encode(p)
		if err != nil {
			return nil, err
		}
		x := &exchange.Exchange{Phase: exchange.Warmup, AskedOutput: p.MaxTokens}
		return x, c.DoUnmeasured(ctx, call, x)
	}
	x, err := one(p)
	if err != nil {
		return nil, err
	}
	if x.Failed() && x.Class != exchange.Empty && x.Class != exchange.Truncated {
		return nil, fmt.Errorf("the server refuses %v (%s): %s", c.dialect.WantedFields(p.Wants), x.Class, x.Error)
	}
	p.Wants = nil
	y, err := one(p)
	if err != nil || x.InputTokens == nil || y.InputTokens == nil {
		return nil, err
	}
	return new(*x.InputTokens - *y.InputTokens), nil
}
