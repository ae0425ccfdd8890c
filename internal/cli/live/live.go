// Package live is the commands and flags by which a run is watched: `inferometer serve`,
// --live and --metrics-addr.
//
// The process that measures draws nothing and answers nobody. It starts this program
// again (Companion), at low priority, and that process follows the run's folder, serves its
// page and draws on the terminal. If it dies or blocks, the run does not notice.
package live

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/inferometer/inferometer/internal/cli/help"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/serve"
)

// Env is what the command needs of the process.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Environ        []string
	Version        string
	// Usage marks an error as a mistake in what was typed.
	Usage func(error) error
}

// serving is the flags of serve. Those of a companion are hidden: they are an agreement
// between two processes of one version.
type serving struct {
	dir, listen string
	hosts       []string

	follow, view, metrics string
	withStdin             bool
}

// Kinds of views of a companion.
const (
	viewTerminal = "terminal"
	viewLines    = "lines"
	viewNone     = "none" // nor a page: it has an address for metrics alone
)

// New is the command serve.
func New(e Env) *cobra.Command {
	var s serving
	c := &cobra.Command{
		Use:   "serve",
		Short: "Show runs in a browser, as they go and when they are over",
		Long: `Show the runs of a folder in a browser: those that are going on, as they go, and
the reports of those that are over. It only reads, and starts nothing.

It listens on this machine alone unless --listen says otherwise, and the address
that it prints has a random token, without which it shows nothing. /healthz and
/readyz need no token and tell nothing; /metrics (Prometheus) takes it as a
bearer token. To look from another machine, forward the port over ssh. More:
docs/live.md.`,
		Example: `  inferometer serve
  inferometer serve --dir results --listen 127.0.0.1:8090`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if s.follow != "" {
				return companion(c.Context(), e, s)
			}
			return s.run(c.Context(), e)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&s.dir, "dir", "runs", "`FOLDER` of the runs to show")
	f.StringVar(&s.listen, "listen", "127.0.0.1:0", "`HOST:PORT` to listen on; port 0: any free one")
	f.StringSliceVar(&s.hosts, "allow-host", nil, "`NAME` by which this machine may be asked for, besides its addresses; repeatable")
	help.Group(f, "Server", "dir", "listen", "allow-host")
	f.StringVar(&s.follow, "follow", "", "`FOLDER` of the run to follow")
	f.StringVar(&s.view, "view", viewLines, "`KIND` terminal, lines or none")
	f.StringVar(&s.metrics, "metrics-addr", "", "`HOST:PORT` for metrics without a token")
	f.BoolVar(&s.withStdin, "exit-with-stdin", false, "end when the standard input is closed")
	for _, name := range []string{"follow", "view", "metrics-addr", "exit-with-stdin"} {
		_ = f.MarkHidden(name) // fails for a flag that is not there
	}
	return c
}

// checkAddress says what is wrong with an address to listen on.
func checkAddress(flag, addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("--%s %q: give HOST:PORT, as in 127.0.0.1:8090", flag, addr)
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return fmt.Errorf("--%s %q: %q is not a port (0 to 65535)", flag, addr, port)
	}
	if strings.ContainsAny(host, " /") {
		return fmt.Errorf("--%s %q: %q is not a host", flag, addr, host)
	}
	return nil
}

// loopback reports whether an address is of this machine alone.
func loopback(a net.Addr) bool {
	t, ok := a.(*net.TCPAddr)
	return ok && t.IP.IsLoopback()
}

// named is the name in an address to listen on; none where it is a number.
func named(addr string) []string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil || host == "" {
		return nil
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return nil
	}
	return []string{host}
}

// run serves a folder until it is interrupted.
func (s serving) run(ctx context.Context, e Env) error {
	if err := checkAddress("listen", s.listen); err != nil {
		return e.Usage(err)
	}
	info, err := os.Stat(s.dir)
	if err != nil {
		return e.Usage(fmt.Errorf("--dir: there is no folder %q; name the folder that has the runs", s.dir))
	}
	if !info.IsDir() {
		return e.Usage(fmt.Errorf("--dir: %q is a file; name the folder that has the runs", s.dir))
	}
	l, err := net.Listen("tcp", s.listen)
	if err != nil {
		return fmt.Errorf("--listen %s: %w", s.listen, err)
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	server := serve.New(serve.Options{Dir: s.dir, Hosts: append(s.hosts, named(s.listen)...), Version: e.Version})
	if !loopback(l.Addr()) {
		_, _ = fmt.Fprintf(e.Stderr, "inferometer: warning: %s can be reached from other machines, and what it sends is not encrypted: whoever reads along has the token\n", l.Addr())
	}
	_, _ = fmt.Fprintf(e.Stderr, "inferometer: showing the runs in %s; Ctrl-C ends this\n", plaintext.Line(s.dir))
	_, _ = fmt.Fprintln(e.Stdout, server.URL(l.Addr()))
	// What it shows may be measured on this machine: the processors are for that.
	runtime.GOMAXPROCS(1)
	lowPriority()
	return server.Serve(ctx, l)
}
