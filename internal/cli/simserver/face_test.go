package simserver

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"github.com/inferometer/inferometer/internal/cli/help"
	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/sim"
	"github.com/inferometer/inferometer/internal/sim/fault"
)

// selfSigned writes a certificate for 127.0.0.1 and its key.
func selfSigned(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// Over TLS the simulator says the same, and a reset is one as well.
func TestSimOverTLS(t *testing.T) {
	f := faceFlags{}
	f.cert, f.key = selfSigned(t)
	certificate, err := f.certificate()
	if err != nil {
		t.Fatal(err)
	}
	profile, err := sim.LookupProfile("vllm")
	if err != nil {
		t.Fatal(err)
	}
	out, in := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error)
	go func() {
		served <- Env{Stdout: in, Stderr: io.Discard}.serve(ctx, "127.0.0.1:0", sim.Config{Profile: profile}, certificate)
	}()
	defer func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("the server: %v", err)
		}
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if !ok || !strings.HasPrefix(url, "https://127.0.0.1:") {
		t.Fatalf("it says %q", line)
	}
	for _, tc := range []struct {
		ca     string
		fault  fault.Kind
		want   exchange.Class
		frames int
	}{
		{f.cert, "", exchange.OK, 6},
		{f.cert, fault.Reset, exchange.Reset, 3},
		{"", "", exchange.TLS, 0},
	} {
		c := endpoint.Config{URL: url, Model: profile.Model, Stream: true, CACert: tc.ca, Headers: map[string]string{}}
		if tc.fault != "" {
			c.Headers["X-Sim-Fault"] = fault.Fault{Kind: tc.fault, Token: 3, Rate: 1}.String()
		}
		client, err := endpoint.New(c)
		if err != nil {
			t.Fatal(err)
		}
		call, err := client.Encode(endpoint.Prompt{User: "hi", MaxTokens: 6, Fixed: true})
		if err != nil {
			t.Fatal(err)
		}
		x := &exchange.Exchange{Phase: exchange.Measured, AskedOutput: 6}
		client.Do(t.Context(), call, x)
		if x.Class != tc.want || len(x.Frames) != tc.frames {
			t.Errorf("fault %q, authority %q: class %q (%s), %d frames; want %q and %d", tc.fault, tc.ca, x.Class, x.Error, len(x.Frames), tc.want, tc.frames)
		}
		client.Close()
	}
}

var updateDocs = flag.Bool("update", false, "rewrite the list of flags in docs/simulator.md")

// The manual has every flag of the command, in the words of its help.
func TestTheManualHasEveryFlag(t *testing.T) {
	const path, heading = "../../../docs/simulator.md", "## All flags\n\n"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, got, ok := strings.Cut(string(text), heading)
	if !ok {
		t.Fatalf("%s has no %q", path, heading)
	}
	var b strings.Builder
	b.WriteString("| flag | default | |\n|---|---|---|\n")
	New(Env{}).LocalFlags().VisitAll(func(f *pflag.Flag) {
		what, usage := help.Describe(f)
		name, value := "--"+f.Name, ""
		if what != "" {
			name += " " + what
		}
		switch f.DefValue {
		case "", "0", "0s", "false", "[]":
		default:
			value = "`" + f.DefValue + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, value, strings.ReplaceAll(usage, "|", "\\|"))
	})
	if *updateDocs {
		if err := os.WriteFile(path, []byte(before+heading+b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(b.String(), got); diff != "" {
		t.Errorf("%s (-want +got; -update rewrites it):\n%s", path, diff)
	}
}

// What a plan says about the answers of a built-in endpoint reaches its process.
func TestArgsHaveAnswersAndFaults(t *testing.T) {
	got := Args("degrade", plan.Target{Sim: &plan.SimPlan{Answers: "key.jsonl", Faults: []string{"none", "leak@>8"}}}, 7)
	want := []string{"--profile", "degrade", "--seed", "7", "--exit-with-stdin", "--answers", "key.jsonl", "--fault", "none", "--fault", "leak@>8"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
