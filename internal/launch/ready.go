package launch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	pollInterval = 100 * time.Millisecond
	answerLimit  = 1 << 20 // bytes of an answer that are read
	refusals     = 5       // answers 4xx in a row after which no other is expected
)

// awaitReady waits for the health path and then for the first token. A health path
// alone is not enough: some engines answer it before they have loaded the model.
func (r *Running) awaitReady(parent context.Context) error {
	limit := r.engine.ReadyTimeout
	ctx, cancel := context.WithTimeout(parent, limit)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	var last error
	refused := 0
	for {
		select {
		case <-r.exited:
			return r.withLog(fmt.Errorf("engine %s ended before it was ready: %s", r.engine.Name, exitText(r.waitErr)))
		case <-ctx.Done():
			if parent.Err() != nil {
				return fmt.Errorf("gave up starting engine %s: %w", r.engine.Name, context.Cause(parent))
			}
			return r.withLog(fmt.Errorf("engine %s was not ready within %s (ready_timeout): %w", r.engine.Name, limit, last))
		case <-time.After(pollInterval):
		}
		err := r.probe(ctx, client)
		if err == nil {
			r.Loaded = time.Since(r.began)
			return nil
		}
		var answer answerError
		if errors.As(err, &answer) && answer.status/100 == 4 && answer.status != http.StatusTooManyRequests {
			refused++
		} else {
			refused = 0
		}
		if refused >= refusals {
			return r.withLog(fmt.Errorf("engine %s runs and refuses a request of one token: %w", r.engine.Name, err))
		}
		if ctx.Err() == nil || last == nil { // the end of the time says less than what came before
			last = err
		}
	}
}

// probe asks for the health of the engine until it is well, then for a token.
func (r *Running) probe(ctx context.Context, client *http.Client) error {
	if r.engine.Health != "" && r.Healthy == 0 {
		if _, err := ask(ctx, client, http.MethodGet, r.URL+r.engine.Health, nil); err != nil {
			var answer answerError
			if errors.As(err, &answer) {
				answer.status = http.StatusServiceUnavailable // a path that comes later is no refusal
				return answer
			}
			return err
		}
		r.Healthy = time.Since(r.began)
	}
	if r.Model == "" {
		b, err := ask(ctx, client, http.MethodGet, r.URL+"/v1/models", nil)
		if err != nil {
			return err
		}
		var list struct{ Data []struct{ ID string } }
		if err := json.Unmarshal(b, &list); err != nil || len(list.Data) == 0 {
			return errors.New("/v1/models lists no model; give the name that requests should use (served_model)")
		}
		r.Model = list.Data[0].ID
	}
	body, err := json.Marshal(map[string]any{
		"model": r.Model, "max_tokens": 1, "messages": []map[string]string{{"role": "user", "content": "Say yes."}},
	})
	if err != nil {
		return err
	}
	_, err = ask(ctx, client, http.MethodPost, r.URL+"/v1/chat/completions", body)
	return err
}

// answerError is an answer that is not 200.
type answerError struct {
	url    string
	status int
	text   string
}

func (e answerError) Error() string { return fmt.Sprintf("%s answered %s", e.url, e.text) }

func ask(ctx context.Context, client *http.Client, method, url string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit))
	_ = resp.Body.Close()
	switch {
	case err != nil:
		return nil, err
	case resp.StatusCode != http.StatusOK:
		return nil, answerError{url, resp.StatusCode, fmt.Sprintf("%s: %.300s", resp.Status, bytes.TrimSpace(b))}
	}
	return b, nil
}
