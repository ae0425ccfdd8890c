// Package endpoint performs one exchange over the wire with a server of the
// OpenAI or Anthropic APIs and notes when each part of it happened.
//
// The body of a request is encoded before the request is due, nothing is
// retried, and keys reach only the server that they are for. The package counts
// and classifies frames and computes no metric.
//
// It is the client that its parts make up: transport has the timed connections,
// eventstream splits an answer into lines, dialect knows the APIs (and jsonscan
// reads their JSON in the timed path), and framecheck keeps frames to check
// what was read.
package endpoint

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint/dialect"
	"github.com/inferometer/inferometer/internal/endpoint/framecheck"
	"github.com/inferometer/inferometer/internal/endpoint/transport"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/lazy"
	"github.com/inferometer/inferometer/internal/plaintext"
)

// Config describes one endpoint.
type Config struct {
	// URL is http(s)://host[:port][/path], with or without /v1.
	URL   string
	Model string // empty: the first of /v1/models
	// ModelUnlisted says that Model is to be asked for though the server does not
	// list it, as an alias may be.
	ModelUnlisted bool
	API           string // one of APIs; empty: chat
	Stream        bool
	Key           Key
	// Headers are sent with each request; Body fields are added to each body
	// and replace ours.
	Headers map[string]string
	Body    map[string]any

	ConnectTimeout time.Duration // of DNS, TCP and TLS together; 0: 10 s
	Timeout        time.Duration // of an exchange, from its first byte written; 0: 10 min
	IdleTimeout    time.Duration // of a silence within an exchange; 0: 120 s
	Insecure       bool          // accept any certificate
	CACert         string        // file of further certificate authorities, PEM
	ClientCert     string        // file of the client's certificate, PEM
	ClientKey      string        // file of its key, PEM
	// Proxy is the URL of a proxy (http, https, socks5), or "none"; empty
	// means what the environment says (HTTP_PROXY, HTTPS_PROXY, NO_PROXY).
	Proxy string
	// HTTP2 speaks HTTP/2 and nothing else, without a proxy.
	HTTP2 bool
	// MetricsURL is where the server shows its own metrics as Prometheus text;
	// empty: /metrics next to the API; MetricsOff: it is not asked for them.
	MetricsURL string
	// Logprobs lets Probe ask for log probabilities to count the tokens of
	// frames, where no cheaper way works.
	Logprobs bool
	// CacheSalt is sent as cache_salt to servers that are known to have it;
	// empty: never.
	CacheSalt string
	// Tell is told what Probe waits for, if that takes seconds; nil: nobody is.
	Tell func(text string)
	// Check keeps frames to compare the parser with; nil keeps none.
	Check *framecheck.Check
	// Unmeasured watches requests that are not part of a measurement; nil: nobody does.
	Unmeasured Unmeasured
	UserAgent  string

	// Reading is how answers are read; the zero value is what fits the load, or what the
	// environment says (INFEROMETER_READING).
	Reading transport.Reading

	// Dial replaces the network's dialler, for tests over net.Pipe.
	Dial  func(ctx context.Context, network, addr string) (net.Conn, error)
	Clock *exchange.Clock // nil: a clock of its own
}

// Client is a client of one endpoint. Its methods may be called concurrently once
// Probe has returned.
type Client struct {
	cfg       Config
	base      *url.URL // with /v1
	fallback  *url.URL // the path as given, if /v1 was added to one; else nil
	model     string
	header    http.Header
	transport *transport.Transport
	metrics   metrics
	rateLimit seenLimit
	clock     *exchange.Clock
	dialect   dialect.Dialect
	fields    dialect.Fields // that the server takes, as Probe found out
	requests  atomic.Pointer[requestTemplate]
	hangsUp   bool // the server closes the connection after each answer
	ends      endings
	secrets   []string
}

// readingVar names the environment variable that says how answers are read.
const readingVar = "INFEROMETER_READING"

var versionPath = lazy.Regexp(`/v\d+(beta)?$`)

// New returns a client. Nothing is sent.
func New(cfg Config) (*Client, error) {
	u, err := parseURL(cfg.URL)
	if err != nil {
		return nil, err
	}
	d, err := dialect.ByName(cfg.API)
	if err != nil {
		return nil, err
	}
	cfg.ConnectTimeout = orDefault(cfg.ConnectTimeout, 10*time.Second)
	cfg.Timeout = orDefault(cfg.Timeout, 10*time.Minute)
	cfg.IdleTimeout = orDefault(cfg.IdleTimeout, 120*time.Second)
	if cfg.Clock == nil {
		cfg.Clock = exchange.NewClock()
	}
	c := &Client{cfg: cfg, base: u, model: cfg.Model, clock: cfg.Clock, dialect: d, fields: d.Fields}
	if !versionPath().MatchString(u.Path) {
		if u.Path != "" {
			given := *u
			c.fallback = &given
		}
		u.Path += "/v1"
	}
	if err := c.setHeaders(); err != nil {
		return nil, err
	}
	conf, err := tlsConfig(cfg)
	if err != nil {
		return nil, err
	}
	proxy, err := proxyOf(cfg.Proxy)
	if err != nil {
		return nil, err
	}
	if cfg.Reading == transport.Fitting {
		if cfg.Reading = transport.Reading(os.Getenv(readingVar)); !slices.Contains(transport.Readings(), cfg.Reading) {
			return nil, fmt.Errorf("%s is %q: it must be one of per-stream, batched, portable, or not set", readingVar, plaintext.Short(string(cfg.Reading), 40))
		}
	}
	if cfg.HTTP2 && proxy != nil {
		via, err := proxy(&http.Request{URL: u})
		if err != nil {
			return nil, fmt.Errorf("failed to read the proxy from the environment: %w", errorsUnwrapURL(err))
		}
		if via != nil {
			return nil, fmt.Errorf("HTTP/2 does not go through a proxy here, and %s is set for %s: give --proxy none, or leave out --http 2", via.Redacted(), u.Host)
		}
		proxy = nil
	}
	c.transport = transport.New(transport.Config{
		Clock: cfg.Clock, TLS: conf, Proxy: proxy, Dial: cfg.Dial,
		ConnectTimeout: cfg.ConnectTimeout, Timeout: cfg.Timeout, IdleTimeout: cfg.IdleTimeout,
		Reading: cfg.Reading, HTTP2: cfg.HTTP2,
	})
	if err := c.newMetrics(); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func orDefault(d, def time.Duration) time.Duration {
	if d <= 0 {
		return def
	}
	return d
}

func parseURL(s string) (*url.URL, error) {
	if s == "" {
		return nil, fmt.Errorf("the URL of the endpoint is missing: give one like http://127.0.0.1:8000")
	}
	if !strings.Contains(s, "://") {
		return nil, fmt.Errorf("the URL %q has no scheme: did you mean http://%s?", redactURL(s), redactURL(s))
	}
	u, err := url.Parse(s)
	if err != nil {
		return nil, fmt.Errorf("invalid URL %q: %w", redactURL(s), errorsUnwrapURL(err))
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("the URL %q has the scheme %q: use http or https", redactURL(s), u.Scheme)
	}
	if u.Host == "" || u.Hostname() == "" {
		return nil, fmt.Errorf("the URL %q has no host: give one like http://127.0.0.1:8000", redactURL(s))
	}
	if u.User != nil || u.RawQuery != "" {
		return nil, fmt.Errorf("the URL of %s has a user, password or query: put keys into --key-env and other secrets into a header of the plan, so that they do not reach a log", u.Hostname())
	}
	u.Fragment = ""
	u.Path = strings.TrimRight(u.Path, "/")
	for _, d := range dialect.All() {
		u.Path = strings.TrimSuffix(u.Path, d.Path)
	}
	u.Path = strings.TrimSuffix(u.Path, "/models")
	return u, nil
}

// setHeaders makes the header that all requests share.
func (c *Client) setHeaders() error {
	c.header = http.Header{
		"Content-Type":    {"application/json"},
		"Accept-Encoding": {"identity"},
	}
	if c.cfg.UserAgent != "" {
		c.header.Set("User-Agent", c.cfg.UserAgent)
	}
	for name, v := range c.dialect.Header {
		c.header.Set(name, v)
	}
	if c.cfg.Key != "" {
		if in := c.dialect.KeyHeader; in != "" {
			c.header.Set(in, string(c.cfg.Key))
		} else {
			c.header.Set("Authorization", "Bearer "+string(c.cfg.Key))
		}
		c.secrets = append(c.secrets, string(c.cfg.Key))
	}
	for name, v := range c.cfg.Headers {
		if !validHeader(name, v) {
			return fmt.Errorf("invalid header %q in the plan: a name is letters, digits and dashes, a value one line of text", name)
		}
		c.header.Set(name, v)
		if len(v) >= 4 {
			c.secrets = append(c.secrets, v)
		}
	}
	return nil
}

func validHeader(name, value string) bool {
	if name == "" || strings.ContainsAny(value, "\r\n\x00") {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
	})
}

// URL returns the base URL that requests go to, with /v1 and without secrets.
func (c *Client) URL() string { return c.base.String() }

// Model returns the model that is asked for.
func (c *Client) Model() string { return c.model }

// Close closes idle connections. It may be called more than once.
func (c *Client) Close() {
	c.transport.Close()
	c.metrics.close()
}

// Warm dials n connections, so that the next n concurrent requests need not. A
// server that hangs up after each answer gets none: only the first requests would
// find one, and where each open connection takes one of the server's threads
// (llama.cpp), those that idle keep the others' requests waiting for seconds.
//
// awaited says that the end of an answer makes another request due, as in closed loops
// and conversations, or frees its place: then each answer is read as soon as it comes,
// also where reading many in one go would take less processor time.
func (c *Client) Warm(ctx context.Context, n int, awaited bool) error {
	if c.hangsUp {
		return nil
	}
	if err := c.transport.Warm(ctx, c.base, n, awaited); err != nil {
		return fmt.Errorf("failed to open %d connections to %s: %w", n, c.base.Host, c.explain(err))
	}
	return nil
}

// Watch begins to observe how long received bytes wait for their read; the
// function that it returns ends that and says what was seen.
func (c *Client) Watch() func() Lag { return c.transport.Watch() }

// Compare parses the frames that Config.Check has kept and says where the
// classifier saw something else. It takes processor time: call it when nothing
// is measured. It returns nil where there is no check.
func (c *Client) Compare(ctx context.Context) (*framecheck.Report, error) {
	if c.cfg.Check == nil {
		return nil, nil
	}
	report, err := c.cfg.Check.Compare(ctx, &c.dialect)
	return &report, err
}

// APIs returns the names of the dialects.
func APIs() []string { return dialect.Names() }
