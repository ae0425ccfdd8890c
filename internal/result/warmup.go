package result

// Warmup is what went before the measured part of a cell: the load itself, so that
// it is there when the window opens. Its requests are in Counts.
type Warmup struct {
	// Seconds is how long it took. Of a cell in blocks it is their mean.
	Seconds float64 `json:"seconds"`
	// End is how it ended: settled (as long as requests take, and the requests in
	// flight had stopped growing), growing (they had not, at its cap), short (its cap
	// came first) or asked (the plan fixes it). Of a cell in blocks it is the worst.
	End string `json:"end"`
	// CapS is the most that it could take, or the time that the plan asks for; 0: so
	// many requests.
	CapS float64 `json:"cap_s,omitempty"`
	// Blocks is how many of a cell's blocks had such an end, where not all had; 0: all.
	Blocks int    `json:"blocks,omitempty"`
	Text   string `json:"text"`
}
