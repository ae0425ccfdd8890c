package endpoint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint/transport"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/suggest"
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
	found.Abilities = append(found.Abilities,
		ability("usage", x.OutputTokens != nil || c.dialect.NoTokens && x.InputTokens != nil, "the server reports no token counts: they are estimated from frames, and cost is withheld"),
		ability("keep-alive", !c.hangsUp, "the server closes the connection after each answer: every request opens a new connection, and that time is part of its latency"),
		ability("fixed output", found.FixedOutput, "answers may end early: their length is the model's choice"),
		c.metricsAbility(ctx))
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

// findModel asks /v1/models. listed is false where the server has no list and
// the model was given.
func (c *Client) findModel(ctx context.Context, found *Found) (listed bool, err error) {
	a, err := c.get(ctx, c.base.JoinPath("models").String())
	if errors.Is(err, errTooLong) {
		return false, fmt.Errorf("%s/models answered with more than 8 MiB, which cannot be a list of models: is the URL that of an API?", c.base)
	}
	if err != nil {
		return false, fmt.Errorf("failed to ask %s for its models: %w", c.base, err)
	}
	if a.status == http.StatusNotFound && c.fallback != nil {
		if b, err := c.get(ctx, c.fallback.JoinPath("models").String()); err == nil && b.status == http.StatusOK {
			a, c.base = b, c.fallback
		}
	}
	found.Server = plaintext.Short(a.header.Get("Server"), 80)
	if a.header.Get(evidenceHeader) == "simulated" {
		found.Evidence = "simulated"
	}
	if a.status != http.StatusOK {
		return false, c.modelsRefused(a)
	}
	var list struct {
		Data []struct {
			ID      string `json:"id"`
			OwnedBy string `json:"owned_by"`
		} `json:"data"`
		HasMore bool `json:"has_more"` // this page is not all
	}
	if err := json.Unmarshal(a.body, &list); err != nil {
		return false, fmt.Errorf("%s/models answered with %s and not with the JSON of the OpenAI API: is the URL that of an API? (%s)", c.base, contentKind(a), snippet(a.body))
	}
	for _, m := range list.Data {
		if m.ID == "" {
			continue
		}
		found.Models = append(found.Models, m.ID)
		switch {
		case strings.HasPrefix(m.OwnedBy, simulatorOwner):
			found.Evidence = "simulated"
		case m.OwnedBy == "vllm":
			found.Server = "vLLM"
		case m.OwnedBy == "sglang":
			found.Server = "SGLang"
		case m.OwnedBy == "llamacpp":
			found.Server = "llama.cpp"
		}
	}
	switch {
	case len(found.Models) == 0 && c.model == "":
		return false, fmt.Errorf("%s/models lists no model; name one with --model", c.base)
	case len(found.Models) == 0:
		return false, nil
	case c.model == "":
		c.model = found.Models[0]
	case !list.HasMore && !slices.Contains(found.Models, c.model):
		return false, fmt.Errorf("%s has no model %q%s", c.base, plaintext.Short(c.model, 100), suggestModel(c.model, found.Models))
	}
	return true, nil
}

func contentKind(a answer) string {
	kind, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	if kind == "" {
		return "unnamed content"
	}
	return plaintext.Short(kind, 40)
}

func suggestModel(model string, models []string) string {
	if s := suggest.DidYouMean(model, models); s != "" {
		return s + "; choose with --model"
	}
	some := models[:min(len(models), 5)]
	text := "; it has " + plaintext.Short(strings.Join(some, ", "), 300)
	if len(models) > len(some) {
		text += fmt.Sprintf(" and %d more", len(models)-len(some))
	}
	return text + "; choose with --model"
}

// modelsRefused explains why /v1/models did not answer; nil if the run can
// continue because the model is known.
func (c *Client) modelsRefused(a answer) error {
	text := c.redact(errorText(a.body))
	switch {
	case a.status == http.StatusUnauthorized || a.status == http.StatusForbidden:
		hint := "give a key with --key-env NAME (the name of an environment variable that holds it)"
		if c.cfg.Key != "" {
			hint = "the key was sent and not accepted; is it the right one for this server?"
		}
		return fmt.Errorf("%s answered HTTP %d (%s): %s", c.base, a.status, text, hint)
	case c.model != "":
		return nil
	case a.status == http.StatusNotFound || a.status == http.StatusMethodNotAllowed:
		return fmt.Errorf("%s/models answered HTTP %d: either the URL is not that of an OpenAI-compatible API, or it lists no models and --model must name one", c.base, a.status)
	case a.status == http.StatusServiceUnavailable:
		return fmt.Errorf("%s answered HTTP 503 (%s): the server is not ready; wait until its model is loaded and try again", c.base, text)
	case a.status >= 300 && a.status < 400:
		return fmt.Errorf("%s redirects to %q; redirects are not followed (a key could go astray), give that URL", c.base, redactURL(a.header.Get("Location")))
	}
	return fmt.Errorf("%s/models answered HTTP %d (%s)", c.base, a.status, text)
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
	conn, err := c.unmeasured(ctx, call, x)
	return x, conn, err
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
	u.Path = versionPath.ReplaceAllString(u.Path, "")
	a, err := c.get(ctx, u.JoinPath("version").String())
	var v struct {
		Version string `json:"version"`
	}
	if err == nil && a.status == http.StatusOK && json.Unmarshal(a.body, &v) == nil && v.Version != "" {
		found.Server += " " + plaintext.Short(v.Version, 40)
	}
}
