package result

// OfConversations says that a load is one of conversations (LoadShape.Of).
const OfConversations = "conversations"

// Serial reports whether one user sends independent requests one after the
// other. Turns of a conversation depend on each other.
func (l LoadShape) Serial() bool {
	return l.Kind == "closed" && l.Users == 1 && l.Of != OfConversations
}

// Conversations counts how conversations with several turns ended. A
// conversation begun in the window has completed in it, or was ended by a turn
// that failed or by an answer without text, or was still running when the window ended.
type Conversations struct {
	Begun     int `json:"begun"`     // first turns that were due in the window
	Completed int `json:"completed"` // last turns that succeeded
	Broken    int `json:"broken"`    // ended by a turn that failed, was cut or never attempted
	// Silent were ended by an answer without text (a tool call, or reasoning
	// alone), which there is nothing of to carry.
	Silent int `json:"silent"`
	// Turns has a row for each turn, and Total the same of all measured requests
	// of the cell: the rows add up to it.
	Turns []Turn `json:"turns"`
	Total Turn   `json:"total"`
}

// Turn is what became of the measured requests that are the n-th turns of
// their conversations. Scheduled = OK + Failed + Cut + Shed.
type Turn struct {
	Turn      int  `json:"turn,omitempty"`  // from 1; absent in the total
	Later     bool `json:"later,omitempty"` // and all turns after it
	Scheduled int  `json:"scheduled"`
	OK        int  `json:"ok"`
	Failed    int  `json:"failed"`
	Cut       int  `json:"cut"`
	Shed      int  `json:"shed"`
	// Unsent turns were planned and never became due, because a turn before them
	// broke their conversation. They are in no other count.
	Unsent int `json:"unsent"`

	// Sums over the ok requests whose tokens the server's usage counts, and how
	// many those are.
	InputTokens  int `json:"input_tokens"`
	InputN       int `json:"input_n"`
	OutputTokens int `json:"output_tokens"`
	OutputN      int `json:"output_n"`
	CachedTokens int `json:"cached_tokens"`
	CachedN      int `json:"cached_n"`
	// HistoryTokens are those of the input that had been sent or answered
	// before: system messages, turns and answers.
	HistoryTokens int `json:"history_tokens"`
	HistoryN      int `json:"history_n"`
	// ObservedHits is CachedTokens ÷ input of the requests whose usage has
	// cached tokens; absent where none has. IdealHits is HistoryTokens ÷ input of
	// those whose history is known: of what was really sent, the most that a
	// prefix cache without limits would hold. The one is never taken for the other.
	ObservedHits *Number `json:"observed_hits,omitempty"`
	IdealHits    *Number `json:"ideal_hits,omitempty"`

	Stats map[string]Statistic `json:"stats,omitempty"` // by tag: ttft, tpot, e2e
}
