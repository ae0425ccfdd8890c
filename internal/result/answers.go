package result

// Answers is what was found in answers to items that can be checked. An item that was asked
// several times in one pass counts once, with the share of its answers that is right. Answers that were lost
// count as wrong.
type Answers struct {
	Passes []AnswerPass `json:"passes"`
	// Versus compares the candidate with the baseline, both alone; nil without one.
	Versus *AnswerPairs `json:"versus,omitempty"`
	// Load compares the candidate at each load with itself alone.
	Load []AnswerPairs `json:"load,omitempty"`
	// Noise is how far answers of one target differ by themselves.
	Noise []AnswerNoise `json:"noise,omitempty"`
	// LoadFaults are faults that only load brings out.
	LoadFaults []LoadFault `json:"load_faults,omitempty"`
}

// AnswerPass is the answers of one target to the items, with a number of users at once.
type AnswerPass struct {
	Target  string    `json:"target"`
	Cell    string    `json:"cell"`
	Users   int       `json:"users"`           // at once; 0: an open loop
	Alone   bool      `json:"alone,omitempty"` // one at a time, before any load
	Answers int       `json:"answers"`
	Items   int       `json:"items"`            // that have checks
	Groups  int       `json:"groups,omitempty"` // of items that depend on each other
	Right   Estimate  `json:"right"`            // percent of the items
	Loose   *Estimate `json:"loose,omitempty"`  // the same by the loose reading, where it differs
	Lost    int       `json:"lost,omitempty"`   // answers that never came
	// Kinds is the same by kind of content, and Families by family of items.
	Kinds    []AnswerKind `json:"kinds,omitempty"`
	Families []AnswerKind `json:"families,omitempty"`
	// Faults counts the answers with each fault that was found.
	Faults map[string]int `json:"faults,omitempty"`
	// Goodput is the requests answered right per second: the rate at which the load of
	// as many users was served, times Right. Absent where no such load was measured.
	Goodput *Estimate `json:"goodput,omitempty"`
}

// AnswerKind is the items of one kind.
type AnswerKind struct {
	Kind  string   `json:"kind"`
	Items int      `json:"items"`
	Right Estimate `json:"right"` // percent
}

// AnswerPairs compares answers to the same items: what is compared first, against
// what it is compared with.
type AnswerPairs struct {
	Target       string `json:"target"`
	Cell         string `json:"cell,omitempty"` // of what is compared, under a load
	Users        int    `json:"users"`          // at once; 0: an open loop
	Against      string `json:"against"`
	AgainstUsers int    `json:"against_users"`
	Items        int    `json:"items"`              // that are compared
	Unpaired     int    `json:"unpaired,omitempty"` // asked on one side only
	Groups       int    `json:"groups,omitempty"`
	// Difference of the shares that are right, in percentage points, with its two-sided
	// 95 % interval; NEff is the number of independent items asked once that say as much.
	Difference Estimate `json:"difference"`
	// The four counts are of the first answer to each item.
	Both    int `json:"both"`
	Gained  int `json:"gained"` // right only with the first
	Lost    int `json:"lost"`   // right only with what it is compared with
	Neither int `json:"neither"`
	// McNemar is the exact two-sided p of gained and lost items being as likely. It
	// decides nothing.
	McNemar float64 `json:"mcnemar_p"`
	// Provable is the smallest margin, in points, that so many items would prove in 80 % of
	// runs where there is no difference and as many items differ.
	Provable *Number      `json:"provable,omitempty"`
	Kinds    []PairKind   `json:"kinds,omitempty"`
	Flips    []AnswerFlip `json:"flips,omitempty"` // the lost ones first
	FlipsCut int          `json:"flips_left_out,omitempty"`
	// Same is the share of answers with the same text, of requests that were the same byte
	// for byte. Absent where there were none.
	Same   *FormShare `json:"same_text,omitempty"`
	Method string     `json:"method"`
	// Notes say which items are left out and which answers were cut.
	Notes []string `json:"notes,omitempty"`
}

// PairKind counts the items of a kind of content by which side answered them right:
// Won only the first, Lost only the other, Tied both or neither.
type PairKind struct {
	Kind string `json:"kind"`
	Won  int    `json:"won"`
	Tied int    `json:"tied"`
	Lost int    `json:"lost"`
}

// AnswerFlip is an item that changed between the two sides.
type AnswerFlip struct {
	Item   string   `json:"item"`
	Kind   string   `json:"kind,omitempty"`
	Gained bool     `json:"gained,omitempty"` // right only with the first
	Failed []string `json:"failed,omitempty"` // checks that the wrong answer failed
	Faults []string `json:"faults,omitempty"` // of the wrong answer
}

// AnswerNoise is how far answers to the same items differ where they should not: the
// same target asked twice, alone, or under load against alone.
type AnswerNoise struct {
	Target string `json:"target"`
	Cell   string `json:"cell"`
	Users  int    `json:"users"`
	Alone  bool   `json:"alone,omitempty"` // asked again alone
	// Verdict is the share of pairs of answers of which one is right and the other wrong.
	Verdict FormShare `json:"verdict_flips"`
	// Text is the share of those to the same request, byte for byte, whose text differs; absent without
	// any.
	Text *FormShare `json:"text_differs,omitempty"`
}

// LoadFault is a fault that load brings out.
type LoadFault struct {
	Fault string `json:"fault"`
	Users int    `json:"users"`
	Cell  string `json:"cell"`
	N     int    `json:"n"`     // items asked both alone and at this load
	Alone int    `json:"alone"` // of them with the fault alone
	Under int    `json:"under"` // and under this load
	// Items that show it under this load and not alone; a long list is cut.
	Items []string `json:"items"`
}

// Tracking is how well heuristic scores go with what checks or a judge say of the same answers: Spearman's rank
// correlation.
type Tracking struct {
	N    int      `json:"n"`
	With string   `json:"with"`
	Rho  Estimate `json:"rho"`
	Text string   `json:"text"`
}

// Judged is what judges said of the answers of two targets to the same prompts, each pair
// read in both orders.
type Judged struct {
	Judges   []string   `json:"judges"`
	Items    int        `json:"items"`
	Wins     int        `json:"wins"`
	Ties     int        `json:"ties"`
	Losses   int        `json:"losses"`
	Splits   int        `json:"splits"`      // pairs of which another answer won in each order: ties
	Rate     Estimate   `json:"win_rate"`    // percent; a tie counts half
	SignTest float64    `json:"sign_test_p"` // of wins and losses as likely, without ties; decides nothing
	Kinds    []PairKind `json:"kinds,omitempty"`
	// Fitness is what the verdicts of each judge are worth.
	Fitness []JudgeFitness `json:"fitness,omitempty"`
}
