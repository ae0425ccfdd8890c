package sim

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/inferometer/inferometer/internal/pace"
	"github.com/inferometer/inferometer/internal/sim/engine"
	"github.com/inferometer/inferometer/internal/sim/fault"
	"github.com/inferometer/inferometer/internal/sim/generation"
	"github.com/inferometer/inferometer/internal/sim/key"
	"github.com/inferometer/inferometer/internal/sim/metrics"
	"github.com/inferometer/inferometer/internal/sim/scheduler"
	"github.com/inferometer/inferometer/internal/sim/script"
	"github.com/inferometer/inferometer/internal/sim/wire"
)

const (
	drainTime = 5 * time.Second // for requests to end when the server stops
	lastBytes = 250 * time.Millisecond

	maxConductors = 4

	owner          = "inferometer-sim"
	evidenceHeader = "X-Inferometer-Evidence"
)

// Config configures a server.
type Config struct {
	Profile Profile
	// Seed chooses answers and jitter: same seed, same model, same prompt,
	// same answer.
	Seed uint64
	// TruthLog, if set, gets one JSON line for each write of a response, see
	// Truth. It is buffered and flushed by Close.
	TruthLog io.Writer
	// Script, if it has replies, answers instead of the profile, and may freeze
	// the server. A request may bring its own reply: a JSON object like one of
	// the script's, in the body's field sim_script.
	Script script.Script
	// Faults happen to requests, each at its rate; a request can ask for others
	// with the header X-Sim-Fault. Those of the Script come after these.
	// Those of the Profile come last; a kind that is here replaces the profile's.
	Faults []fault.Fault
	// Answers, if set, has the answers to known prompts. The faults wrong and flip say how
	// many of them are wrong.
	Answers *key.Key
	// RequestsPerMinute and TokensPerMinute are rate limits; 0 is no limit.
	RequestsPerMinute, TokensPerMinute int
	// APIKey, if set, is required under /v1 as "Authorization: Bearer …".
	APIKey string
	// RemoteControl takes X-Sim-Fault, /sim/freeze and sim_script from other machines,
	// too.
	RemoteControl bool
	// PlainTimer paces by the timers of the Go runtime, which
	// testing/synctest can drive, instead of the finest of the system.
	PlainTimer bool
	// ErrorLog gets what net/http logs about broken connections and panics; nil
	// discards it.
	ErrorLog *log.Logger
}

// Server is a simulated server. Create it with New and end it with Close
// (which Serve does).
type Server struct {
	profile   Profile
	seed      uint64
	replies   []script.Reply
	faults    []fault.Fault
	key       *key.Key        // nil without
	asked     []atomic.Uint64 // how often each item of it was asked
	talk      crosstalk
	requests  *fault.Limit // per minute; nil without
	tokens    *fault.Limit
	arrivals  atomic.Uint64 // requests for text so far
	load      atomic.Int64  // those that are being answered
	keyHash   *[sha256.Size]byte
	remote    bool // other machines may control it
	errorLog  *log.Logger
	started   time.Time
	engine    *engine.Engine // fixed latencies, and the server's time
	live      *engine.Live   // nil without batches
	metrics   *metrics.Metrics
	composer  generation.Composer
	service   wire.Service
	truth     *truthLog // nil without a log
	handler   http.Handler
	modelJSON []byte // the model's name as a JSON string

	// Streams are distributed over as many conductors as there are processors to
	// run them.
	conductors []*pace.Conductor
	closeOnce  sync.Once
	closeErr   error

	quit    context.Context // done when the server is closed
	cut     context.CancelFunc
	mu      sync.Mutex // guards closed, and running against a late start
	closed  bool
	running sync.WaitGroup
}

// New returns a server. Of an invalid profile (see Profile.Validate) the valid
// part is used: fewer than one slot is one, negative times are 0.
func New(c Config) *Server {
	p := c.Profile
	p.TTFT, p.ITL = max(p.TTFT, 0), max(p.ITL, 0)
	if p.ServerName == "" {
		p.ServerName = owner + "/" + p.Name
	}
	if p.MaxModelLen < 1 {
		p.MaxModelLen = 32768
	}
	var fleet *scheduler.Fleet
	if p.Batch != nil {
		p.Batch = new(*p.Batch)
		p.Batch.Seed, p.Batch.Jitter = c.Seed, p.Jitter
		fleet = p.Batch.fleet()
		// A request that the cache cannot hold is refused; all others are served.
		p.MaxModelLen = min(p.MaxModelLen, p.Batch.Capacity())
	}
	s := &Server{
		profile:   p,
		seed:      c.Seed,
		replies:   c.Script.Replies,
		remote:    c.RemoteControl,
		errorLog:  c.ErrorLog,
		started:   time.Now(),
		engine:    engine.New(engine.Latency{TTFT: p.TTFT, ITL: p.ITL, Jitter: p.Jitter}, p.Slots, c.Seed),
		modelJSON: wire.AppendString(nil, p.Model),
		composer:  generation.Composer{Model: p.Model, OutputTokens: p.OutputTokens, Quality: p.Quality, Plain: p.Plain},
		service: wire.Service{
			Model: p.Model, MaxModelLen: p.MaxModelLen, Seed: c.Seed, StreamInterval: p.StreamInterval, RequestTimes: p.RequestMetrics,
			ReasoningTokens: p.ReasoningTokens, ReasoningField: p.ReasoningField, ToolCalls: p.ToolCalls, Dimensions: p.Dimensions,
		},
	}
	if s.errorLog == nil {
		s.errorLog = log.New(io.Discard, "", 0)
	}
	s.know(c.Answers)
	s.faults = s.exact(fault.Replace(p.Faults, slices.Concat(c.Faults, c.Script.Faults)))
	if c.RequestsPerMinute > 0 {
		s.requests = fault.NewLimit(c.RequestsPerMinute, s.started)
	}
	if c.TokensPerMinute > 0 {
		s.tokens = fault.NewLimit(c.TokensPerMinute, s.started)
	}
	if c.APIKey != "" {
		h := sha256.Sum256([]byte(c.APIKey))
		s.keyHash = &h
	}
	if c.TruthLog != nil {
		s.truth = newTruthLog(c.TruthLog, s.started)
	}
	precision := pace.Exact
	if c.PlainTimer {
		precision = pace.Plain
	}
	for range min(runtime.GOMAXPROCS(0), maxConductors) {
		s.conductors = append(s.conductors, pace.New(precision))
	}
	for _, f := range c.Script.Freeze {
		s.engine.Freeze(s.started.Add(time.Duration(f.At)), time.Duration(f.For))
	}
	s.quit, s.cut = context.WithCancel(context.Background())
	m := metrics.Config{Model: p.Model, MaxModelLen: p.MaxModelLen, Slots: s.engine.Load}
	if fleet != nil {
		s.live = engine.NewLive(s.engine, fleet, s.conductors, func(i int, _ time.Time, o *scheduler.Outcome) { s.count(i, o) })
		m.Live, m.Instances, m.Scheduler = s.live, p.Batch.instances(), p.Batch.Config
	}
	s.metrics = metrics.New(m)
	s.handler = s.routes()
	return s
}

// Handler answers requests. Use Serve if there is a listener; with Handler
// alone, call Close at the end.
func (s *Server) Handler() http.Handler { return s.handler }

// Serve answers on the listener, in HTTP/1.1 and in HTTP/2 without TLS, until ctx is done or the
// listener fails. It then refuses new requests, gives running ones up to five
// seconds, cuts the rest, and calls Close. A stop by ctx is not an error.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	srv := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          s.errorLog,
		Protocols:         new(http.Protocols),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, writableKey{}, writable(c))
		},
	}
	srv.Protocols.SetHTTP1(true)
	srv.Protocols.SetUnencryptedHTTP2(true)
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()

	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
		s.drain()
		// Shutdown waits for responses that have their last byte to send, and for
		// connections that never sent a request.
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastBytes)
		if srv.Shutdown(last) != nil {
			_ = srv.Close() // an error is that of closing the listener twice
		}
		cancel()
		err = <-failed
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	if err != nil {
		err = fmt.Errorf("serving %s: %w", l.Addr(), err)
		_ = srv.Close()
	}
	return errors.Join(err, s.Close())
}

// writableKey finds a connection's writable function in a request's context.
type writableKey struct{}

// Close cuts running requests, waits for them, flushes the truth log and
// releases the timer. It returns the first error of writing the truth log.
// Calling it again does nothing.
func (s *Server) Close() error {
	s.closeOnce.Do(func() {
		s.refuse()
		s.cut()
		s.running.Wait()
		for _, c := range s.conductors {
			if err := c.Close(); err != nil {
				s.closeErr = fmt.Errorf("closing the timer: %w", err)
			}
		}
		if s.truth != nil {
			if err := s.truth.flush(); err != nil {
				s.closeErr = fmt.Errorf("writing the truth log (--truth-log): %w", err)
			}
		}
	})
	return s.closeErr
}

// drain refuses new requests and waits for running ones, or cuts them when the
// time is up.
func (s *Server) drain() {
	s.refuse()
	defer time.AfterFunc(drainTime, s.cut).Stop()
	s.running.Wait()
}

func (s *Server) refuse() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}

// begin registers a request with drain and Close, unless the server is stopping.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.running.Add(1)
	return true
}

// routes maps paths and methods. The patterns have no method, so that a wrong
// one is answered in the shape of the API.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	handle := func(path string, f http.HandlerFunc, methods ...string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			for _, m := range methods {
				if r.Method == m {
					f(w, r)
					return
				}
			}
			w.Header().Set("Allow", strings.Join(methods, ", "))
			wire.WriteError(w, wire.StatusError(http.StatusMethodNotAllowed))
		})
	}
	keyHeaders := map[string]string{}
	for _, d := range wire.Dialects {
		handle(d.Path, func(w http.ResponseWriter, r *http.Request) { s.generate(w, r, d) }, http.MethodPost)
		keyHeaders[d.Path] = d.KeyHeader
	}
	handle(wire.Embeddings.Path, s.embeddings, http.MethodPost)
	if !s.profile.NoTokenizer {
		handle("/tokenize", s.tokenize, http.MethodPost)
		handle("/detokenize", s.detokenize, http.MethodPost)
	}
	handle("/load", s.serverLoad, http.MethodGet, http.MethodHead)
	handle("/reset_prefix_cache", s.resetPrefixCache, http.MethodPost)
	handle("/v1/models", s.models, http.MethodGet, http.MethodHead)
	handle("/v1/models/{id...}", s.model, http.MethodGet, http.MethodHead)
	handle("/health", func(http.ResponseWriter, *http.Request) {}, http.MethodGet, http.MethodHead)
	handle("/ping", func(http.ResponseWriter, *http.Request) {}, http.MethodGet, http.MethodHead, http.MethodPost)
	handle("/version", s.version, http.MethodGet, http.MethodHead)
	handle("/sim/freeze", s.freeze, http.MethodPost)
	handle("/metrics", s.metrics.Handler.ServeHTTP, http.MethodGet, http.MethodHead)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		wire.WriteError(w, wire.StatusError(http.StatusNotFound))
	})

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Server", s.profile.ServerName)
		h.Set(evidenceHeader, "simulated")
		if strings.HasPrefix(r.URL.Path, "/v1/") && !s.authorized(r, keyHeaders[r.URL.Path]) {
			h.Set("WWW-Authenticate", "Bearer")
			wire.WriteJSON(w, http.StatusUnauthorized, []byte(`{"error":"Unauthorized"}`))
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// authorized compares hashes, so that the time taken tells nothing about the
// key. other is a header that may hold the key in place of Authorization; "" is
// none.
func (s *Server) authorized(r *http.Request, other string) bool {
	if s.keyHash == nil {
		return true
	}
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if k := r.Header.Get(other); other != "" && k != "" {
		scheme, key = "Bearer", k
	}
	got := sha256.Sum256([]byte(key))
	return subtle.ConstantTimeCompare(got[:], s.keyHash[:]) == 1 && strings.EqualFold(scheme, "Bearer")
}
