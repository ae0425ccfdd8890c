package result

// Prompts compares the prompts of a cell with what the plan asked for, over
// requests that succeeded.
type Prompts struct {
	// InputError is the mean of |usage − asked| ÷ asked, in input tokens; absent
	// where the server reports no usage or no length was asked for.
	InputError *Number `json:"input_error,omitempty"`
	InputBias  *Number `json:"input_bias,omitempty"` // the same with its sign
	InputN     int     `json:"input_n"`
	// Repeated counts the prompts that the target had been sent before.
	Repeated      int     `json:"repeated"`
	RepeatedShare *Number `json:"repeated_share,omitempty"` // of all that were scheduled
	// IdealHits is the share of the input tokens that a prefix cache without
	// limits would hold, of prompts that share beginnings on purpose; absent where
	// nothing is meant to be shared. ObservedHits is what the server reports.
	IdealHits    *Number `json:"ideal_hits,omitempty"`
	ObservedHits *Number `json:"observed_hits,omitempty"`
	// IdealSent says that IdealHits is not of the plan but of what was sent: the
	// history of conversations ÷ their input.
	IdealSent bool `json:"ideal_sent,omitempty"`
	ObservedN int  `json:"observed_n,omitempty"`
}
