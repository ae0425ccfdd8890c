package endpoint

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
)

// certificate makes a self-signed one, as files and as a pool that trusts it.
func certificate(t *testing.T) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "client"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, b []byte) string {
		name = filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AddCert(parsed)
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "EC PRIVATE KEY", keyDER), pool
}

func TestClientCertificate(t *testing.T) {
	cert, key, pool := certificate(t)
	s := httptest.NewUnstartedServer(streamOf(textFrame("a"), finishFrame, doneFrame))
	s.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
	s.Config.ErrorLog = quietLog()
	s.StartTLS()
	defer s.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, cert, key string
		ok              bool
	}{{"with", cert, key, true}, {"without", "", "", false}} {
		c, err := New(Config{URL: s.URL, Model: "m", Stream: true, CACert: ca, ClientCert: tt.cert, ClientKey: tt.key})
		if err != nil {
			t.Fatal(err)
		}
		x, _ := do(t, c)
		if (x.Class == exchange.OK) != tt.ok {
			t.Errorf("%s: class %q (%s)", tt.name, x.Class, x.Error)
		}
		c.Close()
	}
	for _, tt := range []struct{ cert, key, want string }{{cert, "", "together"}, {"", key, "together"}, {cert, cert, "--client-key"}, {"absent.pem", key, "--client-cert"}} {
		if _, err := New(Config{URL: s.URL, ClientCert: tt.cert, ClientKey: tt.key}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: error %v", tt, err)
		}
	}
}

// tunnel is a proxy that connects to whatever it is told, and counts.
func tunnel(t *testing.T) (url string, connects, forwards *atomic.Int32) {
	t.Helper()
	connects, forwards = new(atomic.Int32), new(atomic.Int32)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			forwards.Add(1)
			streamOf(textFrame("by proxy"), finishFrame, doneFrame)(w, r)
			return
		}
		connects.Add(1)
		far, err := net.Dial("tcp", r.Host)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		near, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(near, "HTTP/1.1 200 OK\r\n\r\n")
		go func() {
			_, _ = io.Copy(far, bufio.NewReader(rw))
			_ = far.Close()
		}()
		go func() {
			_, _ = io.Copy(near, far)
			_ = near.Close()
		}()
	}))
	t.Cleanup(s.Close)
	return s.URL, connects, forwards
}

// A proxy's way to the server is a part of connect of its own.
func TestProxy(t *testing.T) {
	proxy, connects, forwards := tunnel(t)
	s := httptest.NewTLSServer(streamOf(textFrame("a"), finishFrame, doneFrame))
	defer s.Close()
	c, err := New(Config{URL: s.URL, Model: "m", Stream: true, Insecure: true, Proxy: proxy})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.Proxy() != proxy {
		t.Errorf("proxy %q", c.Proxy())
	}
	if err := c.Warm(t.Context(), 4, false); err != nil || connects.Load() != 0 {
		t.Errorf("warmed %d connections through a proxy, error %v", connects.Load(), err)
	}
	x, text := do(t, c)
	if x.Class != exchange.OK || text != "a" || connects.Load() != 1 {
		t.Fatalf("class %q (%s), text %q, %d connects", x.Class, x.Error, text, connects.Load())
	}
	if x.Proxy <= 0 || x.TLS <= 0 || x.TCP <= 0 || x.Connected == 0 || x.Writing < x.Connected || exchange.Stamp(x.SetUp()) > x.Connected {
		t.Errorf("proxy %v, TLS %v, TCP %v, connected %v, writing %v", x.Proxy, x.TLS, x.TCP, x.Connected, x.Writing)
	}
	if x, _ = do(t, c); !x.Reused || x.Proxy != 0 || x.Connected != 0 {
		t.Errorf("the second: reused %v, proxy %v", x.Reused, x.Proxy)
	}

	plain := testClient(t, streamOf(textFrame("a"), finishFrame, doneFrame), func(cfg *Config) { cfg.Proxy = proxy })
	if x, text = do(t, plain); text != "by proxy" || forwards.Load() != 1 || x.Proxy != 0 {
		t.Errorf("text %q, %d forwarded, proxy %v", text, forwards.Load(), x.Proxy)
	}
	none := testClient(t, streamOf(textFrame("a"), finishFrame, doneFrame), func(cfg *Config) { cfg.Proxy = NoProxy })
	if _, text = do(t, none); text != "a" || none.Proxy() != "" {
		t.Errorf("text %q, proxy %q", text, none.Proxy())
	}
}

func TestProxyWords(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"127.0.0.1:3128", "--proxy"}, {"ftp://h", "scheme"}, {"http://", "no host"}, {"http://u:hush@h:port", "invalid proxy"},
	} {
		if _, err := New(Config{URL: "http://h", Proxy: tt.in}); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: error %v, want %q", tt.in, err, tt.want)
		}
	}
	c, err := New(Config{URL: "http://example.test", Proxy: "http://u:hush@h:3128"})
	if err != nil || c.Proxy() != "http://h:3128" {
		t.Errorf("proxy %q, error %v", c.Proxy(), err)
	}
}
