package endpoint

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// ErrNoTokenize says that a server has no /tokenize.
var ErrNoTokenize = errors.New("the server has no /tokenize")

// Tokenize asks the server for the ids of a text's tokens, without special
// ones, in the form of vLLM's /tokenize. Its address is that of the API without
// its version.
func (c *Client) Tokenize(ctx context.Context, text string) ([]int, error) {
	body, err := json.Marshal(map[string]any{"model": c.model, "prompt": text, "add_special_tokens": false})
	if err != nil {
		return nil, fmt.Errorf("failed to encode a text for /tokenize: %w", err)
	}
	u := *c.base
	u.Path = versionPath().ReplaceAllString(u.Path, "")
	ctx, cancel := context.WithTimeout(ctx, c.cfg.ConnectTimeout*3)
	defer cancel()
	req, err := c.request(ctx, http.MethodPost, u.JoinPath("tokenize").String(), body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return nil, c.explain(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err != nil {
		return nil, c.explain(err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w: it answered HTTP %d", ErrNoTokenize, resp.StatusCode)
	}
	var answer struct {
		Count  int   `json:"count"`
		Tokens []int `json:"tokens"`
	}
	if err := json.Unmarshal(b, &answer); err != nil || len(answer.Tokens) == 0 && text != "" {
		return nil, fmt.Errorf("%w in the form of vLLM's: it answered %s", ErrNoTokenize, snippet(b))
	}
	return answer.Tokens, nil
}
