package runlog

const kindJudgement = "judgement"

// Verdicts of a judge on a pair of answers.
const (
	ForCandidate = "candidate"
	ForBaseline  = "baseline"
	Tie          = "tie"
)

// JudgementRecord is what a judge said of one pair of answers, in one of the two
// orders. Both orders of a pair are asked: the candidate wins it where both verdicts
// are for it; verdicts that differ are a tie, and so is one that is missing. The
// texts are not in the log.
type JudgementRecord struct {
	Judge string `json:"judge"`           // the judge's model
	Item  string `json:"item"`            // whose answers these are
	Kind  string `json:"kind,omitempty"`  // of content
	Group string `json:"group,omitempty"` // items of one group depend on each other
	// First is whose answer the judge read first: ForCandidate or ForBaseline.
	First string `json:"first"`
	// Verdict is ForCandidate, ForBaseline or Tie; "": none, for the reason Why.
	Verdict string `json:"verdict,omitempty"`
	Why     string `json:"why,omitempty"`
	// Grades that the judge gave each answer, 1 to 5, weighted by the probabilities of
	// its tokens where it offers them; nil: none.
	CandidateScore *float64 `json:"candidate_score,omitempty"`
	BaselineScore  *float64 `json:"baseline_score,omitempty"`
	CandidateRunes int      `json:"candidate_runes"` // lengths of the answers
	BaselineRunes  int      `json:"baseline_runes"`
	// Canary names a pair that is known and stands for the judge's own test: it is no
	// part of a win rate. Label is CanaryLabel for pairs that people have labelled.
	Canary string `json:"canary,omitempty"`
	// Want is the right verdict of a canary, or the people's of a labelled pair.
	Want string `json:"want,omitempty"`
}

// CanaryLabel is the Canary of pairs with labels of people.
const CanaryLabel = "label"
