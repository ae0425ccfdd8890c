package endpoint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// ErrNoReset says that a server has no request to empty its prefix cache.
var ErrNoReset = errors.New("the server has no /reset_prefix_cache")

// A server that has just been busy may need a moment before it can.
const (
	resetTries = 5
	resetWait  = 200 * time.Millisecond
)

// ResetCache makes the server forget the prompts that it has cached, by vLLM's
// POST /reset_prefix_cache, next to the API. vLLM has it with
// VLLM_SERVER_DEV_MODE=1 only; it refuses while a request runs, and some
// versions say so under HTTP 200.
func (c *Client) ResetCache(ctx context.Context) error {
	root := *c.base
	root.Path = versionPath().ReplaceAllString(root.Path, "")
	u := root.JoinPath("reset_prefix_cache").String()
	var err error
	for try := range resetTries {
		if try > 0 {
			select {
			case <-time.After(resetWait):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err = c.resetOnce(ctx, u); err == nil || errors.Is(err, ErrNoReset) {
			return err
		}
	}
	return err
}

func (c *Client) resetOnce(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 3*c.cfg.ConnectTimeout)
	defer cancel()
	req, err := c.request(ctx, http.MethodPost, url, nil)
	if err != nil {
		return err
	}
	resp, err := c.transport.RoundTrip(req) // which follows no redirect
	if err != nil {
		return c.explain(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return c.explain(err)
	}
	switch code := resp.StatusCode; {
	case code == http.StatusNotFound || code == http.StatusMethodNotAllowed || code == http.StatusNotImplemented:
		return fmt.Errorf("%w: it answered HTTP %d (vLLM has it with VLLM_SERVER_DEV_MODE=1)", ErrNoReset, code)
	case code/100 != 2:
		return fmt.Errorf("the server did not empty its prefix cache: HTTP %d, %s", code, c.redact(snippet(b)))
	}
	var answer struct{ Success *bool }
	if err := json.Unmarshal(b, &answer); err == nil && answer.Success != nil && !*answer.Success {
		return errors.New("the server did not empty its prefix cache: it says that it is in use")
	}
	return nil
}
