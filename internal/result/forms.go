package result

// Forms says how many answers of a cell have the form that was asked for, over
// requests that succeeded.
type Forms struct {
	Asked string `json:"asked"` // tools or json
	// Share is that of the answers that call functions that were offered with
	// arguments that are JSON, or that match the schema. The interval is Wilson's,
	// 95 %.
	Share FormShare `json:"share"`
	// Others are counts of what the other answers are: no_call, unknown_tool,
	// bad_arguments, no_json, off_schema, or cut by the token limit.
	Others map[string]int `json:"others,omitempty"`
}

// FormShare is a proportion with its interval.
type FormShare struct {
	K     int     `json:"k"`
	N     int     `json:"n"`
	Value *Number `json:"value,omitempty"`
	Lo    *Number `json:"lo,omitempty"`
	Hi    *Number `json:"hi,omitempty"`
}
