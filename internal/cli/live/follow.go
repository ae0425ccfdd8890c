package live

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/runlog/follow"
	"github.com/inferometer/inferometer/internal/serve"
)

// lastLook is how long the end of the log is waited for when the parent has ended the view.
const lastLook = time.Second

// companion shows one run until the process that makes it closes the pipe.
func companion(ctx context.Context, e Env, s serving) error {
	// Ctrl-C is for the parent, which drains and writes its report; this goes on showing it.
	signal.Ignore(os.Interrupt)
	signal.Ignore(syscall.SIGPIPE) // a terminal that has gone away
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wait sync.WaitGroup
	defer wait.Wait()
	defer cancel()
	view := follow.New(s.follow)
	followed := make(chan struct{})
	wait.Go(func() {
		defer close(followed)
		_ = follow.Follow(ctx, s.follow, view) // the view says how it ended
	})
	said := make(chan string, 64)
	if s.withStdin {
		go func() {
			defer cancel()
			in := bufio.NewScanner(e.Stdin)
			for in.Scan() {
				select {
				case said <- plaintext.Line(in.Text()):
				default: // the terminal blocks
				}
			}
			select { // the log has its end by now
			case <-followed:
			case <-time.After(lastLook):
			}
		}()
	}
	listen := func(flag, addr string, o serve.Options) (url string) {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			_, _ = fmt.Fprintf(e.Stderr, "inferometer: %s %s: %s\n", flag, addr, plaintext.Line(err.Error()))
			return ""
		}
		o.Run, o.View, o.OneRun, o.Version = s.follow, view, true, e.Version
		server := serve.New(o)
		wait.Go(func() { _ = server.Serve(ctx, l) }) // ends with the context
		return server.URL(l.Addr())
	}
	if s.metrics != "" {
		listen("--metrics-addr", s.metrics, serve.Options{MetricsOnly: true, Hosts: named(s.metrics)})
	}
	if s.view == viewNone {
		lowPriority()
		<-ctx.Done()
		return nil
	}
	url := listen("--listen", s.listen, serve.Options{Hosts: s.hosts})
	// Above the view, so that it can still be read when that is gone.
	_, _ = fmt.Fprintln(e.Stderr, "inferometer: live at", url)
	lowPriority() // not before: a machine that is full would not let it begin
	if f, ok := e.Stderr.(*os.File); ok && s.view == viewTerminal && term.IsTerminal(int(f.Fd())) {
		return draw(ctx, f, e.Environ, url, view, said)
	}
	lines(ctx, e.Stderr, view, said)
	return nil
}
