// Package serve shows runs in a browser: those that are going on, followed from their
// folders, and those that are kept. It only reads. Nothing can be started, changed or
// addressed through it, and it opens no file that is not a report, a result or a figure
// of a run.
//
// It is made for the machine that it runs on. It listens where it is told, asks for a
// random token, answers only to names of this machine, and refuses requests that come
// from other sites. What it serves of a run's folder is not trusted: a kept report
// is shown in a sandbox, which can neither read the list of runs nor make requests. It can
// lead to another page, as every page can, and knows nothing but its own run.
package serve

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/inferometer/inferometer/internal/runlog/follow"
)

// Options of a server.
type Options struct {
	// Dir is the folder of runs that are listed; "": none.
	Dir string
	// Run is the folder of one run, and View what somebody follows it into; "": none.
	Run  string
	View *follow.View
	// Hosts are names, besides addresses and localhost, by which the server may be asked for.
	Hosts []string
	// MetricsOnly leaves /metrics, /healthz and /readyz alone, and asks for no token.
	MetricsOnly bool
	// OneRun says that the server ends with the run: its page then says so.
	OneRun  bool
	Version string
}

// Server shows runs. Close ends what it follows.
type Server struct {
	Options
	// Token opens the server. It is part of the address that the user is given.
	Token   string
	hub     *hub
	list    *list
	secret  []byte // makes the addresses of files
	streams chan struct{}
}

const (
	// mostStreams of events are open at the same time.
	mostStreams = 32
	// readTimeout is for a request, writeTimeout for an answer or an event.
	readTimeout  = 10 * time.Second
	writeTimeout = 30 * time.Second
	idleTimeout  = 2 * time.Minute
	// shutdownTimeout is how long open answers have at the end.
	shutdownTimeout = time.Second
)

// New makes a server. Follow it with Serve.
func New(o Options) *Server {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails (crypto/rand)
	s := &Server{
		Options: o, Token: hex.EncodeToString(secret[:16]), secret: secret[16:], hub: newHub(), list: &list{dir: o.Dir},
		streams: make(chan struct{}, mostStreams),
	}
	if o.Run != "" {
		s.hub.views[runID(o.Run)] = &following{view: o.View, folder: o.Run, given: true}
	}
	return s
}

// Handler answers requests.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	reg := prometheus.NewRegistry()
	reg.MustRegister(&collector{s.hub})
	metrics := promhttp.HandlerFor(reg, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
	well := func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) }
	mux.HandleFunc("GET /healthz", well)
	mux.HandleFunc("GET /readyz", s.ready)
	if s.MetricsOnly {
		mux.Handle("GET /metrics", metrics)
	} else {
		mux.Handle("GET /metrics", s.known(metrics))
		mux.HandleFunc("POST /login", s.login)
		mux.Handle("GET /{$}", s.page(s.runsPage))
		mux.Handle("GET /live/{run}", s.page(s.livePage))
		mux.Handle("GET /api/runs", s.known(http.HandlerFunc(s.runs)))
		mux.Handle("GET /events/{run}", s.known(http.HandlerFunc(s.events)))
		mux.HandleFunc("GET /files/{key}/{run}/{file...}", s.file)
	}
	return s.guarded(http.NewCrossOriginProtection().Handler(mux))
}

// Serve follows runs and answers on l until the context is done. It closes l.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	followed := make(chan struct{})
	go func() {
		defer close(followed)
		s.hub.run(ctx, s.list)
	}()
	server := &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: readTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: 16 << 10, BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-ctx.Done()
		bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		if server.Shutdown(bound) != nil {
			_ = server.Close() // what is still open is cut
		}
	}()
	err := server.Serve(l)
	cancel()
	<-stopped
	<-followed
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// URL is the address of the server, with the token in the part that a browser sends to
// nobody. It is short, since it is read on terminals.
func (s *Server) URL(addr net.Addr) string {
	host := addr.String()
	if a, ok := addr.(*net.TCPAddr); ok && a.IP.IsUnspecified() {
		host = net.JoinHostPort("127.0.0.1", portOf(a))
	}
	return "http://" + host + "/#token=" + s.Token
}

// ready says whether the folders have been looked through once.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	if !s.hub.looked() {
		http.Error(w, "not yet", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ok\n"))
}
