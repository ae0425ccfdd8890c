package result

// Benchmarks holds what was run; absent means not run.
type Benchmarks struct {
	Latency    *Latency    `json:"latency,omitempty"`
	Throughput *Throughput `json:"throughput,omitempty"`
	Cost       *Cost       `json:"cost,omitempty"`
	Quality    *Quality    `json:"quality,omitempty"`
	Hardware   *Hardware   `json:"hardware,omitempty"`
	Load       *Load       `json:"load,omitempty"`
	Capacity   *Capacity   `json:"capacity,omitempty"`
	Scan       *Scan       `json:"scan,omitempty"`
	Forecast   *Forecast   `json:"forecast,omitempty"`
	Power      *Power      `json:"power,omitempty"` // beside any of them
}

// The statistics that a Comparison may be of, besides the quantiles "p50" and
// "p95".
const (
	StatMean          = "mean"                            // of differences of pairs
	StatGeometricMean = "geometric mean of paired ratios" // candidate ÷ other, of the same prompts
	StatDifference    = "difference"                      // of the shares of two targets, in points
)

// Unsettled begins the reason why an open loop whose targets took turns has no ratios of
// latencies.
const Unsettled = "each block begins with an empty server"

// The directions of a Comparison that has one.
const (
	DirectionLower  = "lower"
	DirectionHigher = "higher"
)

// Comparison is an effect with its interval.
type Comparison struct {
	Metric   string   `json:"metric"` // ttft
	Stat     string   `json:"stat"`   // one of the above, or a quantile
	Unit     string   `json:"unit"`   // "ratio", "points" or "percentage points"
	Estimate Estimate `json:"estimate"`
	N        int      `json:"n"`
	Pairs    int      `json:"pairs,omitempty"`   // where paired
	Lost     int      `json:"lost,omitempty"`    // pairs that have no value on one side, such as a failure or a cut request; N = Pairs + Lost
	Alone    int      `json:"alone,omitempty"`   // prompts in no pair: only one was sent them, or their round was cut short
	Rounds   int      `json:"rounds,omitempty"`  // of interleaved blocks that hold the pairs
	Against  string   `json:"against,omitempty"` // the other target, unless it is the baseline of an ordinary pass
	Method   string   `json:"method"`
	Text     string   `json:"text"` // "candidate's TTFT is 7.9 × lower"
	// Direction says on which side of the other the candidate is, where the rounds show
	// that and not by how much: the estimate is withheld, and equal targets would seldom
	// have rounds like these. Absent where there is an estimate, or no such evidence.
	Direction string `json:"direction,omitempty"`
	// Spoilt says which check spoils it, and why; empty where none does.
	Spoilt string `json:"spoilt,omitempty"`
	// Heuristic marks a comparison of scores that only hint at what is meant.
	Heuristic bool `json:"heuristic,omitempty"`
}

// Share is a proportion with its interval.
type Share struct {
	Limit  string  `json:"limit"` // ttft<50ms
	K      int     `json:"k"`
	N      int     `json:"n"`
	Value  *Number `json:"value,omitempty"`
	Lo     *Number `json:"lo,omitempty"`
	Hi     *Number `json:"hi,omitempty"`
	Target string  `json:"target"`
}

// Latency is the latency benchmark.
type Latency struct {
	Evidence Evidence     `json:"evidence"`
	Cells    []Cell       `json:"cells"`
	Limits   []string     `json:"limits,omitempty"` // limits on latency from claims, else for reference
	Shares   []Share      `json:"shares,omitempty"` // share of requests under each limit
	Versus   []Comparison `json:"versus,omitempty"` // candidate against each other target
}

// Throughput is the throughput benchmark: one cell per level.
type Throughput struct {
	Evidence Evidence `json:"evidence"`
	Levels   []int    `json:"levels"`
	Cells    []Cell   `json:"cells"`
}

// Quality is the quality benchmark. Answers are those to items that can be checked,
// which decide claims. Scores are heuristic, 0 to 100: they show drift between two targets on
// the same prompts; they do not prove accuracy.
type Quality struct {
	Evidence Evidence       `json:"evidence"`
	Targets  []QualityScore `json:"targets"`
	Kinds    []QualityKind  `json:"kinds,omitempty"`
	Delta    *Comparison    `json:"delta,omitempty"` // of scores: candidate − baseline, paired by prompt
	Answers  *Answers       `json:"answers,omitempty"`
	Judged   *Judged        `json:"judged,omitempty"`
	Tracking *Tracking      `json:"tracking,omitempty"` // absent where no answer has both a score and a check
	Notes    []string       `json:"notes,omitempty"`
}

// QualityScore is one target's mean scores.
type QualityScore struct {
	Target     string              `json:"target"`
	N          int                 `json:"n"`
	Score      Estimate            `json:"score"`
	Components map[string]Estimate `json:"components"` // by component name
	// Counted is how many answers have a component, by its name; absent in older results.
	Counted   map[string]int `json:"counted,omitempty"`
	Truncated int            `json:"truncated"` // answers cut by the token limit
	Empty     int            `json:"empty"`
}

// QualityKind is one kind of prompt.
type QualityKind struct {
	Kind      string             `json:"kind"`
	N         int                `json:"n"`
	Weights   map[string]float64 `json:"weights"`
	Candidate Estimate           `json:"candidate"`
	Baseline  *Estimate          `json:"baseline,omitempty"`
	Delta     *Estimate          `json:"delta,omitempty"`
}

// Hardware is the hardware benchmark: which machine this is.
type Hardware struct {
	Evidence Evidence `json:"evidence"`
	Local    bool     `json:"local"` // whether the candidate runs on this machine, as far as can be known
	Host     Host     `json:"host"`
	Facts    []Fact   `json:"facts"`
	Notes    []string `json:"notes,omitempty"`
	// Bandwidth is that of the memory, where it was measured.
	Bandwidth *Bandwidth `json:"bandwidth,omitempty"`
}

// Bandwidth is the measured rate of a machine's memory: McCalpin's STREAM triad and
// copy. Rates are in 10^9 bytes per second.
type Bandwidth struct {
	Threads    int            `json:"threads"`
	ArrayBytes int            `json:"array_bytes"` // of each of the three arrays
	Triad      BandwidthRates `json:"triad"`
	Copy       BandwidthRates `json:"copy"`
	Seconds    float64        `json:"seconds"`
}

// BandwidthRates are those of N repeats.
type BandwidthRates struct {
	N      int     `json:"n"`
	Median float64 `json:"median_gbs"`
	Min    float64 `json:"min_gbs"`
	Max    float64 `json:"max_gbs"`
}

// Fact is one property of a machine and where it was read.
type Fact struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source string `json:"source"`
	// Why says why the value is UnknownFact.
	Why string `json:"why,omitempty"`
}

// UnknownFact is the value of a fact that could not be read.
const UnknownFact = "unknown"

// Text is the value, with the reason of one that is unknown.
func (f Fact) Text() string {
	if f.Why == "" {
		return f.Value
	}
	return f.Value + ": " + f.Why
}

// Load is the load command's cell, one of each target.
type Load struct {
	Evidence Evidence `json:"evidence"`
	Cells    []Cell   `json:"cells"`
	Trace    string   `json:"trace,omitempty"` // base name of the replayed file
	// Interleaving says how several targets took turns, and Versus compares the
	// candidate with each other one. Absent for one target.
	Interleaving *Interleaving `json:"interleaving,omitempty"`
	Versus       []Comparison  `json:"versus,omitempty"`
}

// Interleaving is how several targets took turns: never two at once. In each round every
// target has one block, in an order drawn from the seed.
type Interleaving struct {
	Rounds int        `json:"rounds"` // planned
	Order  [][]string `json:"order"`  // targets in the order of each round, as it was run
	Text   string     `json:"text"`
}
