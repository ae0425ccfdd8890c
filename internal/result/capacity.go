package result

// Capacity is the answer of a search for the highest load inside limits. Loads
// are in requests/s of an open loop, or in users of a closed one, as In says.
type Capacity struct {
	Evidence Evidence `json:"evidence"`
	In       string   `json:"in"`     // "rate" or "users"
	Unit     string   `json:"unit"`   // "requests/s" or "users"
	Limits   []string `json:"limits"` // all of which must hold
	// Rate is the highest load at which a confirmation of its own proved every
	// limit; absent where none did.
	Rate *Number `json:"rate,omitempty"`
	// Refuted is the lowest load at which a limit was shown not to hold. The
	// border lies between Rate and it.
	Refuted *Number `json:"refuted,omitempty"`
	// Estimate is where the border seems to be, and Under and Over are the
	// highest load that seemed to keep the limits and the lowest that did not:
	// what exploration saw, without proof.
	Estimate *Number `json:"estimate,omitempty"`
	Under    *Number `json:"under,omitempty"`
	Over     *Number `json:"over,omitempty"`
	// Broke is the limit that breaks first beyond the border, and Why what else is
	// seen there.
	Broke string `json:"broke,omitempty"`
	Why   string `json:"why,omitempty"`

	// Undefined are limits on metrics that no request has that succeeded, such as the
	// time to first token of a server that does not stream: the search ends there.
	Undefined []string `json:"undefined,omitempty"`
	// Spoilt says which check spoils the answer, and why; empty where none does.
	Spoilt string `json:"spoilt,omitempty"`

	Saturation *Saturation `json:"saturation,omitempty"`
	// More says what longer searches would probably prove.
	More []Promise `json:"more,omitempty"`
	// NeedsS is how long a search that proves any load takes at least, in seconds,
	// where this one was too short.
	NeedsS float64 `json:"needs_s,omitempty"`
	SpentS float64 `json:"spent_s"`
	Text   string  `json:"text"` // the answer in a sentence
	Trials []Trial `json:"trials"`
	Cells  []Cell  `json:"cells"` // one per trial
}

// Saturation is the highest throughput of a closed loop, regardless of
// latency.
type Saturation struct {
	Rate  float64 `json:"rate"` // completions/s
	Users int     `json:"users"`
	// LittleError is by how much rate × response time differs from the users, as
	// a share of them: the search's check of itself (Little 1961).
	LittleError float64 `json:"little_error"`
	// Rising is true where the search's time ended the climb while more users
	// still carried more: the rate is a lower bound of the saturation.
	Rising bool `json:"rising,omitempty"`
}

// Promise is a load that a search of the given length would probably prove.
type Promise struct {
	Seconds float64 `json:"seconds"`
	Load    float64 `json:"load"`
}

// Trial is one cell of the search.
type Trial struct {
	Cell       string  `json:"cell"`
	Role       string  `json:"role"` // ladder, saturation, explore, confirm
	Rate       float64 `json:"rate,omitempty"`
	Users      int     `json:"users,omitempty"`
	Completed  float64 `json:"completed"` // completions/s
	Overloaded bool    `json:"overloaded,omitempty"`
	// Growing is true where the requests in flight still grew when the warm-up had to
	// end: the load does not hold.
	Growing bool        `json:"growing,omitempty"`
	Alpha   float64     `json:"alpha,omitempty"`   // error probability of a confirmation
	Verdict Verdict     `json:"verdict,omitempty"` // of a confirmation
	Limits  []TrialText `json:"limits,omitempty"`
}

// TrialText is what a trial says of one limit.
type TrialText struct {
	Limit string  `json:"limit"`
	Over  int     `json:"over"`  // requests that broke it
	N     int     `json:"n"`     // requests that it applies to
	NEff  float64 `json:"n_eff"` // effective sample size
}
