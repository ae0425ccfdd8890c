package result

// Course is a cell over time: slices of equal length of its measured window. Everything
// in it describes the sample, and no claim rests on it. Lists have one value per slice;
// null is a slice that has none.
type Course struct {
	// FromS is when the first slice begins, in seconds since the run began, and StepS how long
	// each of them is. Where Folded, the cell took turns with others: the slices are of
	// its blocks put together, without the time between them, and begin at 0.
	FromS  float64 `json:"from_s"`
	StepS  float64 `json:"step_s"`
	Folded bool    `json:"folded,omitempty"`

	InFlight []float64 `json:"in_flight"` // mean number of requests between their first byte sent and their end
	Started  []int     `json:"started"`   // requests whose first byte was sent
	Ended    []int     `json:"ended"`     // that succeeded
	Failed   []int     `json:"failed,omitempty"`
	Tokens   []float64 `json:"tokens"` // output tokens that came, per second
	// Quantiles of the time to first token of the requests that succeeded in the slice, in ms, as they are;
	// null under CourseMedianN and CourseTailN requests.
	TTFTP50 []*Number `json:"ttft_p50,omitempty"`
	TTFTP95 []*Number `json:"ttft_p95,omitempty"`
	// Server has what the server's own metrics said; absent where they were not read.
	Server *ServerCourse `json:"server,omitempty"`
}

// Requests that a slice of a course takes for its quantiles.
const (
	CourseMedianN = 5
	CourseTailN   = 20
)

// ServerCourse is the server's own gauges over the slices of a course: means of the samples that
// were asked in them.
type ServerCourse struct {
	Running []*Number `json:"running,omitempty"`
	Waiting []*Number `json:"waiting,omitempty"`
	KVUsage []*Number `json:"kv_usage,omitempty"` // 0 to 1
	// Preemptions is how many there were between the samples of the slice before that has
	// any and those of the slice.
	Preemptions []*Number `json:"preemptions,omitempty"`
}

// Lane is one request of a cell's seeded sample: when it reached each stage, in seconds
// since the run began. A stage that it did not reach is absent.
type Lane struct {
	Index      int      `json:"index"` // in the cell's schedule, from 0
	DueS       float64  `json:"due_s"`
	SentS      *float64 `json:"sent_s,omitempty"`        // first byte written
	FirstToken *float64 `json:"first_token_s,omitempty"` // of any kind
	LastToken  *float64 `json:"last_token_s,omitempty"`
	DoneS      *float64 `json:"done_s,omitempty"`
	Class      string   `json:"class,omitempty"` // of a request that did not succeed
}

// Bins is a histogram over the requests that succeeded: counts of bins whose edges
// grow by a constant factor from Lo to Hi.
type Bins struct {
	Lo     float64 `json:"lo"`
	Hi     float64 `json:"hi"`
	Counts []int   `json:"counts"`
}
