package endpoint

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/inferometer/inferometer/internal/endpoint/opening"
	"github.com/inferometer/inferometer/internal/endpoint/transport"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plaintext"
)

// explain turns an error of the network into one that says what to do.
func (c *Client) explain(err error) error {
	host := c.base.Host
	var (
		dns      *net.DNSError
		hostname x509.HostnameError
		unknown  x509.UnknownAuthorityError
		invalid  x509.CertificateInvalidError
		record   tls.RecordHeaderError
		connect  *transport.ConnectError
	)
	proxy := c.Proxy()
	switch {
	case errors.Is(err, opening.ErrNotHTTP2):
		return fmt.Errorf("%s: %w; leave out --http 2", host, cleanError(err))
	case errors.Is(err, opening.ErrUnheard):
		return fmt.Errorf("%s: %w; if it does not speak HTTP/2, leave out --http 2", host, cleanError(err))
	case transport.ResetStream(err):
		return fmt.Errorf("the server ended the HTTP/2 stream of this request (%w)", cleanError(err))
	case errors.As(err, &connect) && connect.Class == exchange.Local:
		return fmt.Errorf("this client could not open another connection to %s (%w): it ran out of local ports or open files; use fewer connections, raise the limit (ulimit -n, ip_local_port_range), or a server that keeps connections open", host, cleanError(err))
	case proxy != "" && transport.ByProxy(err):
		return fmt.Errorf("the proxy %s cannot be reached (%w); name another with --proxy, or none (--proxy none; the environment names one in HTTP_PROXY and HTTPS_PROXY)", proxy, cleanError(err))
	case errors.As(err, &dns):
		return fmt.Errorf("the host %q of the URL was not found (%s); check the spelling and the network", c.base.Hostname(), dns.Err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("nothing listens at %s (connection refused); is the server running, and is the port of the URL right?", host)
	case errors.As(err, &hostname):
		return fmt.Errorf("the TLS certificate of %s is for another name (%w); use the name it is for, or --insecure to accept any", host, hostname)
	case errors.As(err, &unknown):
		return fmt.Errorf("the TLS certificate of %s is signed by an unknown authority; give its certificate with --ca-cert, or --insecure to accept any", host)
	case errors.As(err, &invalid):
		return fmt.Errorf("the TLS certificate of %s is not valid (%w); --insecure accepts any", host, invalid)
	case errors.As(err, &record):
		return fmt.Errorf("%s does not speak TLS; did you mean http://%s?", host, host)
	case errors.As(err, &connect) && isTimeout(err):
		return fmt.Errorf("%s did not answer within the connect timeout; check the address and firewalls, or raise --connect-timeout", host)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s accepted the connection and did not answer in time; is it busy, or another service?", host)
	case transport.NotHTTP(err):
		return fmt.Errorf("%s does not speak HTTP; is it an HTTPS port (https://%s), or another service?", host, host)
	case transport.ClassOf(err) == exchange.Reset:
		return fmt.Errorf("the connection to %s was closed by the server (%w)", host, cleanError(err))
	}
	return cleanError(err)
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

func cleanError(err error) error { return errors.New(plaintext.Short(err.Error(), 500)) }

// errorText finds the message in the body of an error, in the shapes that
// servers use: {"error":{"message":…}}, {"error":…}, {"response":{"error":…}},
// {"message":…}, {"detail":…} and the like, also in a list of one.
func errorText(b []byte) string {
	var v any
	if json.Unmarshal(b, &v) == nil {
		if s := message(v, 0); s != "" {
			return plaintext.Short(s, maxErrorText)
		}
	}
	return quoted(b, maxErrorText)
}

// message finds the words in an error.
func message(v any, depth int) string {
	if depth > 5 {
		return ""
	}
	switch v := v.(type) {
	case string:
		return v
	case []any:
		for _, e := range v {
			if s := message(e, depth+1); s != "" {
				return s
			}
		}
	case map[string]any:
		for _, key := range []string{"error", "response", "errors", "message", "detail", "msg", "error_message", "error_msg", "base_resp", "status_msg"} {
			if s := message(v[key], depth+1); s != "" {
				return s
			}
		}
	}
	return ""
}

// maxErrorText is how much is kept of what a server says of an error: with
// what is put before it less than the 2 KiB of an exchange's Error.
const maxErrorText = 1900

// snippet quotes the beginning of what a server sent.
func snippet(b []byte) string { return quoted(b, 120) }

func quoted(b []byte, limit int) string {
	b = bytes.TrimSpace(b)
	if len(b) == 0 {
		return "no text"
	}
	return fmt.Sprintf("%q", plaintext.Short(string(b[:min(len(b), 4*limit)]), limit))
}
