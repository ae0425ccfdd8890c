// Package exchange is the record of one request and its log on disk. The log
// is the truth of a run: every metric can be recomputed from it. The package
// computes no metric; it keeps what happened, and when.
package exchange

import "time"

// Stamp is a moment of a run: nanoseconds on the monotonic clock since the
// clock's start, which is 1. The zero Stamp means that it did not happen.
type Stamp int64

// Happened reports whether the moment was reached.
func (s Stamp) Happened() bool { return s != 0 }

// Sub returns s − t in milliseconds and true, or false where either did not happen.
func (s Stamp) Sub(t Stamp) (ms float64, ok bool) {
	if s == 0 || t == 0 {
		return 0, false
	}
	return float64(s-t) / 1e6, true
}

// Add returns the moment d later.
func (s Stamp) Add(d time.Duration) Stamp { return s + Stamp(d) }

// Clock turns moments into stamps. All packages that take part in a run share one.
type Clock struct {
	start time.Time // with monotonic reading; the run's one wall-clock anchor
}

// NewClock starts a clock now.
func NewClock() *Clock { return &Clock{start: time.Now()} }

// Now returns the current moment.
func (c *Clock) Now() Stamp { return Stamp(time.Since(c.start)) + 1 }

// At returns the moment of t, which must carry a monotonic reading.
func (c *Clock) At(t time.Time) Stamp { return Stamp(t.Sub(c.start)) + 1 }

// Time returns the wall-clock time of s, by the anchor.
func (c *Clock) Time(s Stamp) time.Time { return c.start.Add(time.Duration(s - 1)) }

// Start returns the wall-clock anchor: the time of stamp 1.
func (c *Clock) Start() time.Time { return c.start }

// Kind is what a content frame carries.
type Kind uint8

// Kinds of content frames, in order of generation where a model reasons first.
const (
	Text Kind = iota
	Reasoning
	ToolCall
)

// Frame is one event-stream frame that carried generated content.
type Frame struct {
	At     Stamp // when its bytes arrived, taken before they were parsed
	Tokens int32 // generated tokens in it; 0 where the server did not say
	Kind   Kind
}

// Class is why an exchange did not succeed; empty for success.
type Class string

// Classes of failure (design: Counts). Cut is not a failure: we ended it.
const (
	OK          Class = ""
	DNS         Class = "dns"
	Connect     Class = "connect"
	TLS         Class = "tls"
	Timeout     Class = "timeout"
	Reset       Class = "reset"
	HTTP4xx     Class = "http_4xx"
	HTTP429     Class = "http_429"
	HTTP5xx     Class = "http_5xx"
	Protocol    Class = "protocol"
	StreamError Class = "stream_error" // error frame under HTTP 200; finish reason abort or error
	Truncated   Class = "truncated"    // end without a finish reason
	Empty       Class = "empty"
	BadFrame    Class = "bad_frame"
	// Quota: the account has no money or quota left. Waiting does not help, so
	// that it is no http_429.
	Quota Class = "insufficient_quota"
	// Local: this client ran out of ports, files or memory for connections.
	Local Class = "client_resources"
	// Stale: a kept connection that had been idle was closed by the server as the
	// request went out. Sending it again in hiding would be a retry.
	Stale Class = "stale_connection"
	Cut   Class = "cut"  // ended by us: grace over, Ctrl-C, spend cap, breaker
	Shed  Class = "shed" // scheduled, never attempted
)

// ClientSide reports whether a request of this class failed because of the
// client or its kept connections, and says nothing of the server.
func (c Class) ClientSide() bool { return c == Local || c == Stale }

// Ending is how the response of a request that succeeded ended, where that was
// not as it should.
type Ending string

// Endings. The zero Ending is a proper one.
const (
	LeftOpen     Ending = "left_open"    // the server left it open after its last frame
	Unterminated Ending = "unterminated" // the connection broke off after the last frame, or that frame had no end
)

// Reading is a way to read a response.
type Reading string

// Ways to read. The times of frames are of the same worth in PerStream and Batched.
const (
	PerStream Reading = ""         // by the goroutine that waits for it, when bytes come
	Batched   Reading = "batched"  // many in one go, some of them later than they came; their times are the kernel's
	NetHTTP   Reading = "net/http" // by Go's HTTP client: through a proxy
	HTTP2     Reading = "http2"    // by Go's HTTP client, over a connection that all requests share
)

// Phase is the part of a cell that an exchange belongs to.
type Phase string

// The phases of a cell, in order.
const (
	Warmup   Phase = "warmup"
	Measured Phase = "measured"
	Cooldown Phase = "cooldown"
)

// TokenSource says where the output token count comes from.
type TokenSource string

// Sources of token counts, best first.
const (
	FromUsage      TokenSource = "usage"            // the server's usage object
	FromContinuous TokenSource = "continuous_usage" // a usage object with every frame
	FromTokenIDs   TokenSource = "token_ids"        // token ids with every frame, counted
	FromLogprobs   TokenSource = "logprobs"         // log probabilities with every frame, counted
	FromFrames     TokenSource = "frames"           // one token per content frame: an estimate
	Unknown        TokenSource = ""
)

// Exchange is the record of one request, from the moment it was due to the
// end of its response. Stamps of what did not happen are zero and stay out of
// the log. It holds no prompt or answer text.
type Exchange struct {
	Cell   string `json:"cell"`
	Target string `json:"target"`
	Phase  Phase  `json:"phase"`
	Index  int    `json:"i"`              // position in the cell's schedule, from 0
	User   int    `json:"user,omitempty"` // closed loop: which user, from 0
	// Session is the session of a trace or the conversation that it is a turn
	// of, from 1; 0: none. Turn is which turn of a conversation, from 1, and
	// Turns how many are planned: those after a turn that failed are never sent.
	Session int    `json:"session,omitempty"`
	Turn    int    `json:"turn,omitempty"`
	Turns   int    `json:"turns,omitempty"`
	Prompt  string `json:"prompt"` // identity of the prompt; pairs targets
	// PromptHash is a hash of the prompt text, to find repeats; 0 if unknown.
	PromptHash uint64 `json:"prompt_hash,omitempty"`

	Due         Stamp         `json:"due,omitempty"`      // when the request should go
	Woken       Stamp         `json:"woken,omitempty"`    // the pacer fired
	Started     Stamp         `json:"started,omitempty"`  // it had a slot
	DNS         time.Duration `json:"dns_ns,omitempty"`   // parts of a new connection's set-up;
	TCP         time.Duration `json:"tcp_ns,omitempty"`   // nothing for a reused one
	Proxy       time.Duration `json:"proxy_ns,omitempty"` // from the proxy to the server; DNS and TCP are then the proxy's
	TLS         time.Duration `json:"tls_ns,omitempty"`
	Connected   Stamp         `json:"connected,omitempty"`    // zero for a reused connection
	Writing     Stamp         `json:"writing,omitempty"`      // first byte written
	Sent        Stamp         `json:"sent,omitempty"`         // last byte written
	FirstByte   Stamp         `json:"first_byte,omitempty"`   // response headers
	FirstToken  Stamp         `json:"first_token,omitempty"`  // first generated content of any kind
	FirstAnswer Stamp         `json:"first_answer,omitempty"` // first visible text or tool call
	LastToken   Stamp         `json:"last_token,omitempty"`
	Usage       Stamp         `json:"usage,omitempty"` // the usage object arrived
	Done        Stamp         `json:"done,omitempty"`  // end of the response

	Frames []Frame `json:"-"` // content frames in order; packed in the log
	// Coalesced counts content frames that shared a read with the previous one.
	Coalesced int `json:"coalesced,omitempty"`
	// Heartbeats counts comments and data without a JSON object, which keep a
	// stream alive.
	Heartbeats int `json:"heartbeats,omitempty"`
	// KernelStamps says that frame times are the kernel's receive times.
	KernelStamps bool `json:"kernel,omitempty"`
	// Reading is how the response was read.
	Reading  Reading `json:"reading,omitempty"`
	Streamed bool    `json:"streamed,omitempty"`
	// RTT is the lowest round trip of late that the kernel knows at the end, and Retransmits
	// the segments that had to be sent again; zero where it does not say.
	RTT         time.Duration `json:"rtt_ns,omitempty"`
	Retransmits uint32        `json:"retransmits,omitempty"`
	// ServerID is the id under which the server's own log has the request.
	ServerID string `json:"server_id,omitempty"`
	Reused   bool   `json:"reused,omitempty"` // connection reused

	Class      Class   `json:"class,omitempty"`
	Error      string  `json:"error,omitempty"` // redacted, at most 2 KiB
	Status     int     `json:"status,omitempty"`
	RetryAfter float64 `json:"retry_after_s,omitempty"`
	// LimitRPM and LimitTPM are the requests and tokens per minute that the server
	// says it takes; read of refusals for a rate limit, and of probes.
	LimitRPM int    `json:"limit_rpm,omitempty"`
	LimitTPM int    `json:"limit_tpm,omitempty"`
	Finish   string `json:"finish,omitempty"` // stop, length, tool_calls, content_filter, …
	Ending   Ending `json:"ending,omitempty"`

	// Token counts by the server's usage; nil where it did not say.
	InputTokens     *int `json:"input_tokens,omitempty"`
	OutputTokens    *int `json:"output_tokens,omitempty"`
	CachedTokens    *int `json:"cached_tokens,omitempty"`
	ReasoningTokens *int `json:"reasoning_tokens,omitempty"`
	// CacheWriteTokens are those of the input that were written to the provider's
	// cache, and CacheWrite1hTokens those of them that it keeps for an hour.
	CacheWriteTokens   *int `json:"cache_write_tokens,omitempty"`
	CacheWrite1hTokens *int `json:"cache_write_1h_tokens,omitempty"`
	// UsageFell says that a later count was smaller than an earlier one, which
	// was kept.
	UsageFell bool `json:"usage_fell,omitempty"`
	// HistoryTokens are those of the input that the server had seen or written
	// before this turn of a conversation; nil where that is not known.
	HistoryTokens *int `json:"history_tokens,omitempty"`

	AskedInput  int `json:"asked_in,omitempty"`  // planned tokens; 0 if free
	AskedOutput int `json:"asked_out,omitempty"` // token limit of the request; 0 if free
	// InputBound is the most input tokens that the request can have, which is what
	// its spend is reserved by; see pricing.MostInput. 0 in older logs.
	InputBound  int         `json:"in_bound,omitempty"`
	FixedOutput bool        `json:"fixed_out,omitempty"` // the server was told not to stop early
	TokenSource TokenSource `json:"token_source,omitempty"`
	// FrameTokens says what counted the tokens of the frames; empty where
	// nothing did, and then the first frame is taken for one token. The log has
	// the counts themselves as frame_tokens.
	FrameTokens TokenSource `json:"frame_tokens_from,omitempty"`
	AnswerBytes int         `json:"answer_bytes,omitempty"`
	// Form says whether an answer has the form that was asked for; FormOK, or what
	// is wrong with it. Empty where no form was asked for or nothing came.
	Form string `json:"form,omitempty"`
}

// Forms of an answer that was to call a function or to match a schema.
const (
	FormOK           = "ok"
	FormNoCall       = "no_call"       // it calls nothing
	FormUnknownTool  = "unknown_tool"  // it calls what was not offered
	FormBadArguments = "bad_arguments" // arguments that are not a JSON object
	FormNoJSON       = "no_json"
	FormOffSchema    = "off_schema"
	FormCut          = "cut" // the token limit ended it before it was whole
)

// Output returns the output tokens and where the count comes from: usage,
// else what was counted in the frames, else one for each content frame (an
// estimate).
func (x *Exchange) Output() (tokens int, src TokenSource) {
	if x.OutputTokens != nil {
		return *x.OutputTokens, FromUsage
	}
	if n, known := x.Counted(); known {
		return n, x.FrameTokens
	}
	if len(x.Frames) > 0 {
		return len(x.Frames), FromFrames
	}
	return 0, Unknown
}

// Counted returns the sum of the frames' tokens; known is false unless the
// server let every frame be counted.
func (x *Exchange) Counted() (tokens int, known bool) {
	for _, f := range x.Frames {
		if f.Tokens <= 0 {
			return 0, false
		}
		tokens += int(f.Tokens)
	}
	return tokens, x.FrameTokens != Unknown
}

// SetUp is how long it took to connect, all parts together; 0 for a reused
// connection.
func (x *Exchange) SetUp() time.Duration { return x.DNS + x.TCP + x.Proxy + x.TLS }

// Failed reports whether the exchange counts as a failure (a cut or a shed
// request has classes of their own).
func (x *Exchange) Failed() bool {
	return x.Class != OK && x.Class != Cut && x.Class != Shed
}
