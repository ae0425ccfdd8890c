package endpoint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint/dialect"
	"github.com/inferometer/inferometer/internal/exchange"
)

// Token is a token of an answer with its log probability, and the likeliest tokens at
// its place.
type Token = dialect.Token

// ErrNoProbabilities says that an API has no log probabilities to ask for.
var ErrNoProbabilities = errors.New("this API has no log probabilities; use --api chat")

// Reply is an answer that came as one JSON object.
type Reply struct {
	Text   string
	Tokens []Token // nil: they were not asked for, or the server does not tell
}

// Ask sends p outside of any measurement, asks for one JSON object, and with top above
// 0 for the probabilities of that many tokens at each place. An answer that is cut at
// the token limit is one; what failed is an error, with its class in x.
func (c *Client) Ask(ctx context.Context, p Prompt, top int, x *exchange.Exchange) (Reply, error) {
	var fields map[string]any
	if top > 0 {
		if fields = c.dialect.AskProbabilities(top); fields == nil {
			return Reply{}, ErrNoProbabilities
		}
	}
	b, err := c.askWhole(ctx, p, fields, x)
	if err != nil {
		return Reply{}, err
	}
	var r Reply
	r.Text, r.Tokens = c.dialect.Whole(b)
	return r, nil
}

// tries is how often AskPatiently sends a request whose server is busy.
const tries = 3

// AskPatiently is Ask, but waits and asks again where the server is busy or has an
// error of its own, three times in all: it is for answers that nothing is measured of. x is
// the last request.
func (c *Client) AskPatiently(ctx context.Context, p Prompt, top int) (r Reply, x *exchange.Exchange, err error) {
	for n := 1; ; n++ {
		x = &exchange.Exchange{Phase: exchange.Warmup}
		if r, err = c.Ask(ctx, p, top, x); err == nil || n == tries || x.Class != exchange.HTTP429 && x.Class != exchange.HTTP5xx {
			return r, x, err
		}
		wait := time.NewTimer(max(time.Second, time.Duration(x.RetryAfter*float64(time.Second))))
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return r, x, ctx.Err()
		}
	}
}

// Embed returns a vector for each text, outside of any measurement. The client must be
// one of the embeddings API.
func (c *Client) Embed(ctx context.Context, texts []string, x *exchange.Exchange) ([][]float64, error) {
	b, err := c.askWhole(ctx, Prompt{}, map[string]any{"input": texts, "encoding_format": "float"}, x)
	if err != nil {
		return nil, err
	}
	vectors := dialect.Vectors(b, len(texts))
	if vectors == nil {
		return nil, fmt.Errorf("the server did not answer with one vector of the same length for each of %d texts", len(texts))
	}
	return vectors, nil
}

// askWhole sends a prompt, with further fields of the body, and returns the answer's
// JSON.
func (c *Client) askWhole(ctx context.Context, p Prompt, fields map[string]any, x *exchange.Exchange) ([]byte, error) {
	body, err := c.dialect.Body(c.model, c.fields, false, p)
	if err != nil {
		return nil, err
	}
	maps.Copy(body, c.cfg.Body)
	maps.Copy(body, fields)
	delete(body, "stream")
	delete(body, "stream_options")
	b, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("failed to encode the request: %w; look at the body fields of the plan", err)
	}
	call := &Call{body: b, collect: true}
	x.AskedOutput = p.MaxTokens
	if err := c.DoUnmeasured(ctx, call, x); err != nil {
		return nil, err
	}
	if x.Failed() {
		return nil, fmt.Errorf("%s: %s", x.Class, x.Error)
	}
	if len(call.calls) == 0 {
		return nil, fmt.Errorf("the answer has more than %d MiB", maxKept>>20)
	}
	return call.calls[:len(call.calls)-1], nil
}
