package endpoint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint/transport"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/vocab"
)

// Found is what Probe learned about a target.
type Found struct {
	Model     string
	Models    []string // as /v1/models lists them; nil if it does not
	Server    string   // software, as far as it reports it
	Evidence  string   // "measured", or "simulated" for the embedded simulator
	Abilities []Ability
	// Fields are the optional request fields that are sent, and those that the
	// plan adds, as body.NAME and header.NAME.
	Fields      []string
	FixedOutput bool   // a fixed output length was accepted
	Proxy       string // that connections go through, without user and password; empty: none
}

// Content is the ability to answer with anything at all. A server without it
// cannot be measured.
const Content = "content"

// Marks of the embedded simulator.
const (
	evidenceHeader = "X-Inferometer-Evidence"
	simulatorOwner = "inferometer-sim"
)

// Probe finds the model at /v1/models, checks that an asked-for model exists,
// and learns with a few one-token requests which optional fields the target
// accepts; later calls send those. An error says what to do.
func (c *Client) Probe(ctx context.Context) (Found, error) {
	c.ends = endings{probing: true}
	defer func() { c.ends.probing = false }()
	found := Found{Evidence: "measured"}
	listed, err := c.findModel(ctx, &found)
	if err != nil {
		return found, err
	}
	found.Model = c.model
	found.Abilities = append(found.Abilities, ability("models", listed, "the model was given by hand"))
	x, err := c.tryFields(ctx)
	if err != nil {
		return found, err
	}
	if x, err = c.tryCounts(ctx, x); err != nil {
		return found, err
	}
	content, err := c.tryContent(ctx, x)
	if err != nil {
		return found, err
	}
	if err := c.trySalt(ctx, found.Server); err != nil {
		return found, err
	}
	found.Fields = append(c.fields.Names(c.streams()), c.planFields()...)
	found.Proxy = c.Proxy()
	found.FixedOutput = c.fields.IgnoreEOS || c.fields.MinTokens
	found.Abilities = append(found.Abilities, content)
	if c.streams() {
		found.Abilities = append(found.Abilities, ability("streaming", x.Streamed, "the server answered a streaming request with one JSON object: there is no time to first token"))
	}
	if x.Streamed {
		found.Abilities = append(found.Abilities, ability("frame tokens", x.FrameTokens != exchange.Unknown, "the server does not say how many tokens a frame holds: itl is withheld where frames hold several, and the first frame is taken for one token"))
	}
	if c.ends.without > 0 && c.ends.withReason == 0 {
		found.Abilities = append(found.Abilities, ability("finish reason", false, "the server ends its streams without a finish_reason: nothing says that an answer is whole"))
	}
	found.Abilities = append(found.Abilities,
		ability("usage", x.OutputTokens != nil || c.dialect.NoTokens && x.InputTokens != nil, "the server reports no token counts: they are estimated from frames, and cost is withheld"),
		ability("keep-alive", !c.hangsUp, "the server closes the connection after each answer: every request opens a new connection, and that time is part of its latency"),
		ability("fixed output", found.FixedOutput, "answers may end early: their length is the model's choice"),
		c.metricsAbility(ctx))
	if l := c.RateLimit(); l.Any() {
		found.Abilities = append(found.Abilities, Ability{Name: "rate limit", State: "yes", Note: l.String()})
	}
	if found.Server == "vLLM" {
		c.version(ctx, &found)
	}
	return found, nil
}

// Ability is one probed feature of a target.
type Ability struct {
	Name  string
	State string // yes, no, unknown
	Note  string // what a "no" or "unknown" means for the measurement
}

func ability(name string, yes bool, otherwise string) Ability {
	if yes {
		return Ability{Name: name, State: "yes"}
	}
	return Ability{Name: name, State: "no", Note: otherwise}
}

// maxSmall is the longest answer, in bytes, to a request of Probe that is not
// one of the API itself.
const maxSmall = 8 << 20

var errTooLong = errors.New("its answer is longer than 8 MiB")

// answer is a small response, read whole.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (c *Client) get(ctx context.Context, url string) (answer, error) {
	defer c.waiting("the answer of " + url)()
	ctx, cancel := context.WithTimeout(ctx, c.cfg.ConnectTimeout*2)
	defer cancel()
	req, err := c.request(ctx, http.MethodGet, url, nil)
	if err != nil {
		return answer{}, err
	}
	req.Close = true // what a server does with idle connections is not known yet
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return answer{}, c.explain(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxSmall+1))
	if err != nil {
		return answer{}, c.explain(err)
	}
	if len(b) > maxSmall {
		return answer{}, errTooLong
	}
	return answer{resp.StatusCode, resp.Header, b}, nil
}

// hangUpTime is how long Probe waits for a server to close the connection.
const hangUpTime = 20 * time.Millisecond

// tryFields sends one-token requests until one is taken, leaving out what the
// server refuses.
func (c *Client) tryFields(ctx context.Context) (*exchange.Exchange, error) {
	for range 8 {
		x, conn, err := c.small(ctx)
		if err != nil {
			return nil, err
		}
		// A server may hang up after each answer without having said so
		// (llama.cpp's does after a stream). Using the connection again would
		// be a race that some requests lose.
		time.Sleep(hangUpTime)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case x.Class == exchange.OK, x.Class == exchange.Empty:
			c.hangsUp = conn != nil && !conn.Alive()
			return x, nil
		case (x.Status == 400 || x.Status == 422) && c.leaveOut(x.Error):
			continue
		}
		return nil, c.probeFailed(x)
	}
	return nil, errors.New("the server refused every form of a one-token request; give the fields that it needs under body: in the plan")
}

// tryContent says whether answers hold anything. Where x, of two tokens, is
// empty it asks once more for an answer long enough to reason first.
func (c *Client) tryContent(ctx context.Context, x *exchange.Exchange) (Ability, error) {
	const roomy = 128 // tokens
	if x.Class == exchange.Empty {
		var err error
		if x, _, err = c.ask(ctx, roomy); err != nil {
			return Ability{}, err
		}
	}
	if x.Class == exchange.OK {
		return ability(Content, true, ""), nil
	}
	return ability(Content, false, fmt.Sprintf("even a request for %d tokens returned nothing to measure: %s", roomy, x.Error)), nil
}

// trySalt adds cache_salt where the server supports it. Others would accept the
// field silently, so it is tried only with vLLM, whose field it is.
func (c *Client) trySalt(ctx context.Context, server string) error {
	if c.cfg.CacheSalt == "" || !strings.HasPrefix(server, "vLLM") || !c.dialect.CacheSalt {
		return nil
	}
	c.fields.CacheSalt = c.cfg.CacheSalt
	x, _, err := c.small(ctx)
	if err != nil {
		return err
	}
	if x.Class != exchange.OK && x.Class != exchange.Empty {
		c.fields.CacheSalt = ""
	}
	return nil
}

// small sends a request for two tokens.
func (c *Client) small(ctx context.Context) (*exchange.Exchange, *transport.Conn, error) {
	return c.ask(ctx, 2)
}

func (c *Client) ask(ctx context.Context, tokens int) (*exchange.Exchange, *transport.Conn, error) {
	call, err := c.Encode(Prompt{User: "Say hello.", MaxTokens: tokens, Fixed: true})
	if err != nil {
		return nil, nil, err
	}
	x := &exchange.Exchange{Phase: exchange.Warmup, AskedOutput: tokens}
	defer c.waiting(fmt.Sprintf("the answer to a request for %d tokens (at most %v, or %v without a byte)", tokens, c.cfg.Timeout, c.cfg.IdleTimeout))()
	conn, err := c.unmeasured(ctx, call, x)
	c.ends.add(x)
	return x, conn, err
}

// endings are how the probe's streams ended, of which some servers give no
// reason. It is not changed after Probe.
type endings struct {
	probing             bool
	withReason, without int
}

func (e *endings) add(x *exchange.Exchange) {
	switch {
	case x.Class != exchange.OK || !x.Streamed:
	case x.Finish != "":
		e.withReason++
	default:
		e.without++
	}
}

// endsBare reports whether this server never gives a reason of the end, so that an
// answer without one is whole; it is taken for that while it is probed.
func (c *Client) endsBare() bool {
	return c.ends.probing || c.ends.without > 0 && c.ends.withReason == 0
}

// A probe says what it waits for after so long, and again.
const (
	tellAfter = 3 * time.Second
	tellAgain = 15 * time.Second
)

// waiting tells what is waited for, if it takes long; stop ends that.
func (c *Client) waiting(what string) (stop func()) {
	if c.cfg.Tell == nil {
		return func() {}
	}
	began, done := time.Now(), make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		t := time.NewTimer(tellAfter)
		defer t.Stop()
		for {
			select {
			case <-done:
				return
			case <-t.C:
				c.cfg.Tell(fmt.Sprintf("waiting for %s: %.0f s so far", what, time.Since(began).Seconds()))
				t.Reset(tellAgain)
			}
		}
	})
	return func() { close(done); wait.Wait() }
}

// leaveOut drops the field that an error message complains about, else the
// next of those that not every server knows. It returns false when nothing is
// left to drop.
func (c *Client) leaveOut(message string) bool {
	f := &c.fields
	switch m := strings.ToLower(message); {
	case f.Limit == "max_tokens" && strings.Contains(m, "max_tokens") && strings.Contains(m, "max_completion_tokens"):
		f.Limit = "max_completion_tokens"
	case f.MinTokens && strings.Contains(m, "min_tokens"):
		f.MinTokens = false
	case f.IgnoreEOS && strings.Contains(m, "ignore_eos"):
		f.IgnoreEOS = false
	case f.Usage && (strings.Contains(m, "stream_options") || strings.Contains(m, "include_usage")):
		f.Usage = false
	case f.Temperature && strings.Contains(m, "temperature"):
		f.Temperature = false
	case strings.Contains(m, "model"): // about the model, not about a field
		return false
	case f.MinTokens:
		f.MinTokens = false
	case f.IgnoreEOS:
		f.IgnoreEOS = false
	case f.Usage && c.streams():
		f.Usage = false
	default:
		return false
	}
	return true
}

func (c *Client) probeFailed(x *exchange.Exchange) error {
	where := c.base.JoinPath(c.dialect.Path).String()
	switch {
	case x.Class == exchange.Quota:
		return fmt.Errorf("%s answered %s; the account has no quota or credit left", where, x.Error)
	case x.Status == 401 || x.Status == 403:
		return fmt.Errorf("%s refused the key (%s); give it with --key-env NAME", where, x.Error)
	case x.Status == 404:
		return fmt.Errorf("%s answered %s; is the model name right (--model), and does the server have this API (--api %s)?", where, x.Error, strings.Join(vocab.APIs(), ", "))
	case x.Status == 429:
		return fmt.Errorf("%s answered %s; the key's rate or spending limit is reached, try again later", where, x.Error)
	}
	return fmt.Errorf("a one-token request to %s failed (%s): %s", where, x.Class, x.Error)
}

func (c *Client) version(ctx context.Context, found *Found) {
	u := *c.base
	u.Path = versionPath().ReplaceAllString(u.Path, "")
	a, err := c.get(ctx, u.JoinPath("version").String())
	var v struct {
		Version string `json:"version"`
	}
	if err == nil && a.status == http.StatusOK && json.Unmarshal(a.body, &v) == nil && v.Version != "" {
		found.Server += " " + plaintext.Short(v.Version, 40)
	}
}
