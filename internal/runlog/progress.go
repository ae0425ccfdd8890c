package runlog

import "github.com/inferometer/inferometer/internal/exchange"

// KindProgress is the kind of the records that say how far a run has come. Nothing is
// concluded from them: they are for whoever follows a run as it goes, and a log without
// them gives the same result.
const KindProgress = "progress"

// ProgressRecord says twice a second where a cell is, or what the run waits for.
type ProgressRecord struct {
	At exchange.Stamp `json:"at"`
	// Waiting is what the run waits for, where no cell is under way.
	Waiting string `json:"waiting,omitempty"`

	Cell   string         `json:"cell,omitempty"`
	Target string         `json:"target,omitempty"`
	Load   string         `json:"load,omitempty"` // in a few words
	Phase  exchange.Phase `json:"phase,omitempty"`
	// Step of Steps is the place of the cell in the run; 0: nobody knows.
	Step  int `json:"step,omitempty"`
	Steps int `json:"steps,omitempty"`
	// InFlight are requests of any phase that are due and have not ended; Due are all
	// of the cell that have come due.
	InFlight int `json:"in_flight"`
	Due      int `json:"due"`
	Warmed   int `json:"warmed,omitempty"` // warm-up requests that have ended
	// Ended are measured requests that have ended, of Total (0: the cell ends by time),
	// and Failed those of them that failed.
	Ended  int `json:"ended"`
	Total  int `json:"total,omitempty"`
	Failed int `json:"failed,omitempty"`
	// LeftS is how long the phase still takes at most; nil where its requests decide.
	LeftS *float64 `json:"left_s,omitempty"`
	// Queued is how many requests wait in the server, by its own metrics.
	Queued *int `json:"queued,omitempty"`
	// SpendUSD is what the run has cost so far; nil where no target has a price per token.
	SpendUSD  *float64 `json:"spend_usd,omitempty"`
	CapUSD    float64  `json:"cap_usd,omitempty"`   // 0: none
	Simulated bool     `json:"simulated,omitempty"` // the spend is of simulated targets alone
	// Trouble is what keeps the cell from being measured well, in words, and Failing
	// the validity checks that would warn or fail if it went on like this, as far as they
	// are cheap to know.
	Trouble string   `json:"trouble,omitempty"`
	Failing []string `json:"failing,omitempty"`
}

// Progress offers where the run is. It never waits: what finds no place is left out.
func (w *Writer) Progress(p *ProgressRecord) { w.log.Offer(KindProgress, p) }
