package endpoint

import (
	"context"

	"github.com/inferometer/inferometer/internal/endpoint/transport"
	"github.com/inferometer/inferometer/internal/exchange"
)

// Unmeasured watches the small requests that are made before anything is measured:
// those of Probe and Try, and those of DoUnmeasured. They cost money and count
// against rate limits like any other.
type Unmeasured interface {
	// Before is called before a request goes, and may wait; its error forbids it.
	Before(ctx context.Context, x *exchange.Exchange) error
	// After is called when it has ended.
	After(x *exchange.Exchange)
}

// DoUnmeasured sends call as Do does, unless Config.Unmeasured or the end of ctx
// forbids it.
func (c *Client) DoUnmeasured(ctx context.Context, call *Call, x *exchange.Exchange) error {
	_, err := c.unmeasured(ctx, call, x)
	return err
}

// unmeasured is DoUnmeasured; it returns the connection as well, nil if there was
// none.
func (c *Client) unmeasured(ctx context.Context, call *Call, x *exchange.Exchange) (*transport.Conn, error) {
	w := c.cfg.Unmeasured
	x.InputBound = len(call.body)
	if c.dialect.NoTokens { // of an answer
		x.AskedOutput = 0
	}
	if w != nil {
		if err := w.Before(ctx, x); err != nil {
			return nil, err
		}
	}
	var seen RateLimit
	call.limits = &seen
	_, conn := c.do(ctx, call, x)
	c.sawLimit(seen)
	if w != nil {
		w.After(x)
	}
	return conn, ctx.Err()
}
