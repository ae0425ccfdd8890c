package plan

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/vocab"
)

// MetricsOff is the metrics_url of a target whose own metrics are not read.
const MetricsOff = "off"

// validateWire looks at how a target is talked to.
func (t Target) validateWire(name string, out *problems) {
	if !slices.Contains(vocab.APIs(), t.API) {
		out.add(name+".api", "unknown API %q%s; use one of %s", t.API, metric.DidYouMean(t.API, vocab.APIs()), strings.Join(vocab.APIs(), ", "))
	}
	if t.MetricsURL != "" && t.MetricsURL != MetricsOff {
		u, err := url.Parse(t.MetricsURL)
		if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
			out.add(name+".metrics_url", "invalid URL of metrics: give one like http://127.0.0.1:8000/metrics, or off")
		} else if u.User != nil || u.RawQuery != "" {
			out.add(name+".metrics_url", "a user, password or query would be kept in the run's plan; leave them out")
		}
	}
	for _, field := range []string{"n", "best_of", "num_return_sequences"} {
		if v, ok := t.Body[field]; ok && fmt.Sprint(v) != "1" {
			out.add(name+".body."+field, "%v answers to one request would be merged into one text and one timing; measure one answer per request, and raise --users or --rate for more at once", v)
		}
	}
}

// validateClient looks at the client's connections.
func (p Plan) validateClient(out *problems) {
	c := p.Client
	if (c.ClientCert == "") != (c.ClientKey == "") {
		out.add("client.client_cert", "a client certificate needs its key; give --client-cert and --client-key together")
	}
	if c.Proxy != "" && c.Proxy != "none" {
		u, err := url.Parse(c.Proxy)
		if err != nil || u.Hostname() == "" || !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme) {
			out.add("client.proxy", "invalid URL of a proxy: give one like http://127.0.0.1:3128 (http, https or socks5), or none")
		} else if u.User != nil {
			out.add("client.proxy", "a proxy's user and password would be kept in the run's plan; put them into HTTP_PROXY or HTTPS_PROXY, which are not kept")
		}
	}
}

// validateBenchmarks refuses benchmarks that a target's dialect cannot have.
func (p Plan) validateBenchmarks(out *problems) {
	if !slices.ContainsFunc(p.Endpoints(), func(t Target) bool { return t.API == vocab.Embeddings }) {
		return
	}
	for _, b := range []Benchmark{Cost, Quality} {
		if len(p.Only) == 0 || slices.Contains(p.Only, b) {
			out.add("only", "embeddings have no text to score and no output tokens to price, so %s cannot be measured; use --only latency,throughput", b)
		}
	}
}

// ValidateTargets says what is wrong with the targets and the connections to
// them, whatever is measured there.
func (p Plan) ValidateTargets() error {
	var out problems
	p.validateTargets(&out)
	if len(out) == 0 {
		return nil
	}
	return out
}
