package endpoint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/endpoint/transport"
	"github.com/inferometer/inferometer/internal/plaintext"
)

// MetricsOff is the value of Config.MetricsURL that says not to ask for metrics.
const MetricsOff = "off"

const (
	metricsTime  = 2 * time.Second
	metricsBytes = 8 << 20
)

// metrics asks a server for its own metrics, on a connection of its own: the
// timed ones and their stamps know nothing of it.
type metrics struct {
	url       *url.URL // nil: they are not asked for
	header    http.Header
	transport *http.Transport
}

// newMetrics prepares the reading of what cfg.MetricsURL says, else of
// /metrics next to the API. The key and the plan's headers go only to the
// server that they are for.
func (c *Client) newMetrics() error {
	m := &c.metrics
	switch c.cfg.MetricsURL {
	case MetricsOff:
		return nil
	case "":
		// The path is that of the API, which Probe may correct.
		m.url = new(*c.base)
	default:
		u, err := parseURL(c.cfg.MetricsURL)
		if err != nil {
			return fmt.Errorf("%w (--metrics-url, which is that of the metrics, or off)", err)
		}
		if u.Path == "" {
			u.Path = "/metrics"
		}
		m.url = u
	}
	m.header = http.Header{}
	same := m.url.Scheme == c.base.Scheme && strings.EqualFold(transport.HostPort(m.url), transport.HostPort(c.base))
	if same {
		m.header = c.header.Clone()
		m.header.Del("Content-Type")
	} else if c.cfg.UserAgent != "" {
		m.header.Set("User-Agent", c.cfg.UserAgent)
	}
	m.header.Set("Accept", "text/plain;version=0.0.4, */*;q=0.1")
	m.transport = c.transport.Separate(same)
	return nil
}

// Metrics returns the server's own metrics, as it sends them. It takes at most
// 2 s and 8 MiB; a redirect and a web page are errors.
func (c *Client) Metrics(ctx context.Context) ([]byte, error) {
	u := c.metrics.url
	if u == nil {
		return nil, errors.New("the server is not asked for metrics (--metrics-url off)")
	}
	if c.cfg.MetricsURL == "" {
		root := *c.base
		root.Path = versionPath().ReplaceAllString(root.Path, "")
		u = root.JoinPath("metrics")
	}
	b, err := c.metrics.get(ctx, u)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", u, c.redact(plaintext.Short(err.Error(), 200)))
	}
	return b, nil
}

func (m *metrics) get(parent context.Context, u *url.URL) ([]byte, error) {
	ctx, cancel := context.WithTimeout(parent, metricsTime)
	defer cancel()
	late := func(err error) error {
		if parent.Err() == nil && ctx.Err() != nil {
			return fmt.Errorf("no metrics within %v", metricsTime)
		}
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header = m.header.Clone()
	resp, err := m.transport.RoundTrip(req) // which follows no redirect
	if err != nil {
		return nil, late(err)
	}
	defer func() { _ = resp.Body.Close() }()
	switch kind := strings.ToLower(resp.Header.Get("Content-Type")); {
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		return nil, fmt.Errorf("HTTP %d, a redirect, which is not followed (a key could go astray); give the URL that it leads to with --metrics-url", resp.StatusCode)
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("HTTP %d", resp.StatusCode)
	case strings.HasPrefix(strings.TrimSpace(kind), "text/html"):
		return nil, errors.New("a web page instead of metrics")
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, metricsBytes+1))
	if err != nil {
		return nil, late(err)
	}
	if len(b) > metricsBytes {
		return nil, fmt.Errorf("more than %d MiB of metrics", metricsBytes>>20)
	}
	return b, nil
}

func (m *metrics) close() {
	if m.transport != nil {
		m.transport.CloseIdleConnections()
	}
}

// metricsAbility looks for Prometheus text.
func (c *Client) metricsAbility(ctx context.Context) Ability {
	if c.metrics.url == nil {
		return Ability{Name: "metrics", State: "unknown", Note: "the server is not asked for metrics (--metrics-url off)"}
	}
	b, err := c.Metrics(ctx)
	found := err == nil && strings.Contains(string(b[:min(len(b), 64<<10)]), "# TYPE ")
	where := "at /metrics; they are optional"
	if c.cfg.MetricsURL != "" {
		where = "at the URL given for them"
	}
	return ability("metrics", found, "the server shows no Prometheus metrics "+where)
}
