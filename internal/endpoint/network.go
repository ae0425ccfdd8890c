package endpoint

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
)

func tlsConfig(cfg Config) (*tls.Config, error) {
	conf := &tls.Config{InsecureSkipVerify: cfg.Insecure, MinVersion: tls.VersionTLS12} //nolint:gosec // the user's own flag --insecure
	if (cfg.ClientCert == "") != (cfg.ClientKey == "") {
		return nil, errors.New("a client certificate needs its key: give --client-cert and --client-key together")
	}
	if cfg.ClientCert != "" {
		pair, err := tls.LoadX509KeyPair(cfg.ClientCert, cfg.ClientKey)
		if err != nil {
			return nil, fmt.Errorf("failed to read --client-cert and --client-key (both in PEM form): %w", err)
		}
		conf.Certificates = []tls.Certificate{pair}
	}
	if cfg.CACert == "" {
		return conf, nil
	}
	pem, err := os.ReadFile(cfg.CACert)
	if err != nil {
		return nil, fmt.Errorf("failed to read --ca-cert: %w", err)
	}
	conf.RootCAs, err = x509.SystemCertPool()
	if err != nil {
		conf.RootCAs = x509.NewCertPool()
	}
	if !conf.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("--ca-cert %q has no certificate in PEM form", cfg.CACert)
	}
	return conf, nil
}

// NoProxy is the value of Config.Proxy for none, whatever the environment says.
const NoProxy = "none"

func proxyOf(s string) (func(*http.Request) (*url.URL, error), error) {
	switch s {
	case "":
		return http.ProxyFromEnvironment, nil
	case NoProxy:
		return nil, nil
	}
	u, err := url.Parse(s)
	if err != nil {
		return nil, fmt.Errorf("invalid proxy %q: %w (--proxy)", redactURL(s), errorsUnwrapURL(err))
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
	default:
		return nil, fmt.Errorf("invalid proxy %q: the scheme must be http, https or socks5, as in http://127.0.0.1:3128 (--proxy)", redactURL(s))
	}
	if u.Hostname() == "" {
		return nil, fmt.Errorf("invalid proxy %q: it has no host; give one like http://127.0.0.1:3128 (--proxy)", redactURL(s))
	}
	return http.ProxyURL(u), nil
}

// Proxy returns the proxy that connections to the endpoint go through, without
// user and password; empty if there is none.
func (c *Client) Proxy() string {
	if u := c.transport.ProxyOf(c.base); u != nil {
		return u.Scheme + "://" + u.Host
	}
	return ""
}
