package result

// Counts of a cell's measured phase: Scheduled = Shed + Attempted, and
// Attempted = OK + Failed + Cut.
type Counts struct {
	Scheduled int            `json:"scheduled"`
	Attempted int            `json:"attempted"`
	OK        int            `json:"ok"`
	Failed    int            `json:"failed"`
	Cut       int            `json:"cut"`
	Shed      int            `json:"shed"`
	ByClass   map[string]int `json:"by_class"`
	// Warmup requests are in no statistic. Of them WarmupFailed failed, and
	// WarmupCut had no answer when the cell ended.
	Warmup       int `json:"warmup"`
	WarmupFailed int `json:"warmup_failed,omitempty"`
	WarmupCut    int `json:"warmup_cut,omitempty"`
}

// Metrics holds the statistics of one window of a cell.
type Metrics struct {
	Stats map[string]Statistic `json:"stats"` // by tag
	Rates map[string]Rate      `json:"rates"` // by tag
}

// LoadShape says how a cell was loaded, as data and in words.
type LoadShape struct {
	Kind        string  `json:"kind"` // "closed" or "open"
	Users       int     `json:"users,omitempty"`
	Rate        float64 `json:"rate,omitempty"`       // requests/s asked, or what Of says; the mean where it changes
	RateCurve   string  `json:"rate_curve,omitempty"` // of a rate that changes
	Arrival     string  `json:"arrival,omitempty"`    // constant, poisson, gamma, weibull, trace
	Burstiness  float64 `json:"burstiness,omitempty"` // shape of gamma and weibull arrivals
	Requests    int     `json:"requests,omitempty"`
	DurationS   float64 `json:"duration_s,omitempty"`
	MaxInflight int     `json:"max_inflight,omitempty"`
	// Of is OfConversations where Rate counts conversations that begin, and users
	// have one of them after the other; Conversations is how many were requested.
	// ThinkS is the mean pause between an answer and a user's next request or turn.
	Of            string  `json:"of,omitempty"`
	Conversations int     `json:"conversations,omitempty"`
	ThinkS        float64 `json:"think_s,omitempty"`
	ThinkCV       float64 `json:"think_cv,omitempty"` // of a log-normal pause; 0: all are ThinkS
	// RPM and TPM are the requests and tokens per minute to which the users were
	// paced: they waited for that before their requests were due. 0: not at all.
	RPM int `json:"rpm,omitempty"`
	TPM int `json:"tpm,omitempty"`

	Text string `json:"text"`
}

// Workload says what a cell sent.
type Workload struct {
	Name         string  `json:"name"`
	InputTokens  int     `json:"input_tokens,omitempty"`  // asked
	OutputTokens int     `json:"output_tokens,omitempty"` // asked: fixed length or limit
	FixedOutput  bool    `json:"fixed_output"`
	Temperature  float64 `json:"temperature"`
	Text         string  `json:"text"`
}

// Cell is one workload × load × target.
type Cell struct {
	ID       string    `json:"id"`
	Target   string    `json:"target"`
	Evidence Evidence  `json:"evidence"`
	Workload Workload  `json:"workload"`
	Load     LoadShape `json:"load"`
	WindowS  float64   `json:"window_s"`
	Counts   Counts    `json:"counts"`
	Metrics  Metrics   `json:"metrics"`
	// Achieved is what there was of Load; absent in older results.
	Achieved *Achieved `json:"achieved,omitempty"`
	// Warmup is what went before the window; absent where there was none of its own,
	// and in older results.
	Warmup *Warmup `json:"warmup,omitempty"`
	// Steady is the same over the steady part; absent where not assessed.
	Steady     *Metrics `json:"steady,omitempty"`
	SteadyNote string   `json:"steady_note,omitempty"`
	// Arrivals compares intended with achieved arrivals; open loop only.
	Arrivals *Arrivals `json:"arrivals,omitempty"`
	// Replay says how closely a trace was replayed; absent for other loads.
	Replay *Replay `json:"replay,omitempty"`
	// Prompts compares the prompts with what the plan asked for.
	Prompts *Prompts `json:"prompts,omitempty"`
	// Forms counts the answers in the requested form; absent for text.
	Forms *Forms `json:"forms,omitempty"`
	// Conversations says what became of each turn; absent for other loads.
	Conversations *Conversations `json:"conversations,omitempty"`
	// Client is what the client saw of itself meanwhile; absent where the cell
	// was cut short.
	Client *Client `json:"client,omitempty"`
	// Server is what the server's own metrics say; absent where they were not
	// read.
	Server *Server  `json:"server,omitempty"`
	Energy *Energy  `json:"energy,omitempty"` // absent where no power was read
	Errors []string `json:"errors,omitempty"` // what failed requests said, in words: one for each class of failure
	// Failures are the failed requests by class and HTTP status, the most frequent
	// first.
	Failures []Failure `json:"failures,omitempty"`
	// Blocks are the parts of a cell whose target took turns with others, in
	// order; everything else in the cell is of all of them together, without the
	// time between them. Absent for a cell that is whole.
	Blocks []Block `json:"blocks,omitempty"`
	// Course is the cell over time, and Lanes are a seeded sample of its measured requests
	// in the order in which they were due. Absent in older results, in cells of few requests,
	// and in most cells of a run that has many.
	Course *Course `json:"course,omitempty"`
	Lanes  []Lane  `json:"lanes,omitempty"`
}

// OnlyWarmup reports whether a cell ended, or was interrupted, in its warm-up, with
// a server that answered: nothing of it was measured, and nothing is wrong with it.
func (c *Counts) OnlyWarmup() bool { return c.Scheduled == 0 && c.Warmup > c.WarmupFailed }

// FailuresKnown reports whether the requests that failed were counted: some tools' files do not
// say how many did, and their share of successes is missing then.
func (c *Cell) FailuresKnown() bool {
	return c.Evidence != Listed || c.Metrics.Rates["success"].Value != nil
}

// Failure is the requests of a cell that failed in one way.
type Failure struct {
	Class   string `json:"class"`
	Status  int    `json:"status,omitempty"` // HTTP
	N       int    `json:"n"`
	Example string `json:"example,omitempty"` // what one of them said, redacted
	// LimitRPM and LimitTPM are the requests and tokens per minute that the server
	// said it takes.
	LimitRPM int `json:"limit_rpm,omitempty"`
	LimitTPM int `json:"limit_tpm,omitempty"`
}

// Block is one part of a cell: a measured window after a warm-up of its own.
type Block struct {
	Round     int     `json:"round"`   // from 1; each target has one block in it, with the same prompts
	Place     int     `json:"place"`   // in the order of its round, from 1
	StartS    float64 `json:"start_s"` // of the measured window, since the run began
	WindowS   float64 `json:"window_s"`
	Scheduled int     `json:"scheduled"`
	OK        int     `json:"ok"`
	// Medians of the requests that succeeded, in ms, without an interval: they
	// show a drift. Absent where there were none.
	TTFT *Number `json:"ttft_p50,omitempty"`
	E2E  *Number `json:"e2e_p50,omitempty"`
}

// Replay compares what a trace recorded with what was sent and came back. The
// error of the arrivals is in Arrivals.
type Replay struct {
	Format  string `json:"format"`
	Rows    int    `json:"rows"`              // replayed
	Read    int    `json:"read"`              // of the file, as far as it was read
	Bad     int    `json:"bad,omitempty"`     // malformed, and skipped as the plan says
	Failed  int    `json:"failed,omitempty"`  // had failed when they were recorded
	Empty   int    `json:"empty,omitempty"`   // no input or no output tokens
	Outside int    `json:"outside,omitempty"` // outside of the window or beyond the limit
	Cut     int    `json:"cut,omitempty"`     // shortened to the maximum context
	Sorted  int    `json:"sorted,omitempty"`  // were out of order
	Spread  bool   `json:"spread,omitempty"`  // arrivals were spread over the trace's tick
	Turns   int    `json:"turns,omitempty"`   // rows that belong to a session
	// Open says that turns went at their recorded times; else each waited for
	// the end of the one before it.
	Open bool `json:"open,omitempty"`

	// InputError and OutputError are the mean of |got − asked| ÷ asked over the
	// requests that succeeded and whose tokens the server counted (N of them);
	// absent where it counted none.
	InputError  *Number `json:"input_error,omitempty"`
	InputN      int     `json:"input_n,omitempty"`
	OutputError *Number `json:"output_error,omitempty"`
	OutputN     int     `json:"output_n,omitempty"`
	// IdealHits is the share of input tokens in blocks that an earlier prompt
	// of the replay had begun with: what a cache that never forgets could give.
	// Absent where the trace has no blocks. ObservedHits is the share that the
	// server says was cached (usage); absent where it says nothing.
	IdealHits    *Number `json:"ideal_hits,omitempty"`
	ObservedHits *Number `json:"observed_hits,omitempty"`
	ObservedN    int     `json:"observed_n,omitempty"`
}

// Arrivals compares the drawn schedule with what was sent.
type Arrivals struct {
	IntendedRate float64 `json:"intended_rate"` // requests/s over the schedule
	AchievedRate float64 `json:"achieved_rate"`
	Deficit      float64 `json:"deficit"`      // share of intended rate missing; may be negative
	ErrorP50MS   float64 `json:"error_p50_ms"` // writing − due, connect included
	ErrorP99MS   float64 `json:"error_p99_ms"`
	ErrorMaxMS   float64 `json:"error_max_ms"`
	// Process describes the gaps that were due and those that were sent; absent
	// for a trace and for fewer than three arrivals.
	Process *Process `json:"process,omitempty"`
}

// Process compares an arrival process with what came of it. A changing rate
// has been taken out.
type Process struct {
	// CV is the coefficient of variation of the gaps, as the process has it, as
	// it was drawn and as it was sent.
	CVExpected float64 `json:"cv_expected"`
	CVDue      float64 `json:"cv_due"`
	CVSent     float64 `json:"cv_sent"`
	// Lag1 is the correlation of each gap with the next: 0 if they are
	// independent.
	Lag1Due  float64 `json:"lag1_due"`
	Lag1Sent float64 `json:"lag1_sent"`
	// Dispersion is the variance of counts over their mean, in slices of ten
	// arrivals; 0 for fewer than ten slices. A Poisson process has 1.
	DispersionDue  float64 `json:"dispersion_due,omitempty"`
	DispersionSent float64 `json:"dispersion_sent,omitempty"`
	Gaps           int     `json:"gaps"`
}
