package result

// Parser is how the fast reader of frames compared with a full JSON parser, on
// frames that were kept during the run and parsed after it.
type Parser struct {
	Target string `json:"target"`
	// Frames is how many there were in all, warm-up included; Checked those
	// that were kept and parsed: a seeded sample, and all of exchanges that
	// failed or whose counts do not fit together.
	Frames  int64 `json:"frames"`
	Checked int   `json:"checked"`
	// Missed frames are of such exchanges and could not be kept.
	Missed int64 `json:"missed,omitempty"`
	// Differences counts checked frames by the first thing that was not the same.
	Differences map[string]int `json:"differences,omitempty"`
	// Error is why there was no check.
	Error string `json:"error,omitempty"`
}
