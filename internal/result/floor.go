package result

import "time"

// Floor is what the client itself adds to a latency on this machine, measured
// against the built-in responder, which logs every one of its writes. It runs
// on the client's own processors, so that these are upper bounds for a server
// elsewhere.
type Floor struct {
	Load string `json:"load"` // in words
	// At is when it was measured; nil in older results. Cached says that this was
	// before the run, by another run of this version on this machine.
	At     *time.Time `json:"at,omitempty"`
	Cached bool       `json:"cached,omitempty"`
	// OtherCPUShare is what other programs used of the machine's processors right
	// before, while the client did nothing; nil where that cannot be seen.
	OtherCPUShare *float64 `json:"other_cpu_share,omitempty"`
	// Cell is the cell of a sweep that has this load; empty for other runs.
	Cell     string `json:"cell,omitempty"`
	Requests int    `json:"requests"`
	Lost     int    `json:"lost"` // requests that failed or did not match the log
	Frames   int    `json:"frames"`
	// FramesPerS is over the time from the first frame to the last.
	FramesPerS float64 `json:"frames_per_s"`
	Coalesced  int     `json:"coalesced"` // frames that shared a read with the one before
	// KernelStamps says that the frame times of all requests are the kernel's
	// receive times.
	KernelStamps bool `json:"kernel_stamps"`

	// Added is what lies between due time and first token and is not the
	// responder's: (writing − due) + (first token's stamp − its write), in ms.
	AddedP50 float64 `json:"added_p50_ms"`
	AddedP99 float64 `json:"added_p99_ms"`
	// TTFTError is first token − due − the responder's set time to first
	// token, in ms: all delays of client, network and responder together.
	TTFTErrorP50  float64 `json:"ttft_error_p50_ms"`
	TTFTErrorP99  float64 `json:"ttft_error_p99_ms"`
	TTFTErrorMean float64 `json:"ttft_error_mean_ms"`
	// Stamp is a frame's stamp − the responder's write, in µs.
	StampP50US float64 `json:"stamp_p50_us"`
	StampP99US float64 `json:"stamp_p99_us"`
	// GapSD is the standard deviation of the client's gap − the gap between
	// the responder's writes, in ms.
	GapSD float64 `json:"gap_sd_ms"`
	// Woken and Writing are those moments − due, in µs.
	WokenP50US   float64 `json:"woken_p50_us"`
	WokenP99US   float64 `json:"woken_p99_us"`
	WritingP50US float64 `json:"writing_p50_us"`
	WritingP99US float64 `json:"writing_p99_us"`
	// WritingMeanUS and WritingMaxUS are absent in older results.
	WritingMeanUS float64 `json:"writing_mean_us,omitempty"`
	WritingMaxUS  float64 `json:"writing_max_us,omitempty"`
	// RateError is, in an open loop, the rate at which requests were written
	// over that of the drawn schedule, minus 1.
	RateError *float64 `json:"rate_error,omitempty"`
	// Responder is how late its writes were, in µs.
	ResponderP50US float64 `json:"responder_p50_us"`
	ResponderP99US float64 `json:"responder_p99_us"`

	CPUPerFrameUS *float64 `json:"cpu_per_frame_us,omitempty"` // client's processor time
	CPUShare      *float64 `json:"cpu_share,omitempty"`        // of the client's cores
}

// Parser is how the fast reader of frames compared with a full JSON parser, on
// frames that were kept during the run and parsed after it.
type Parser struct {
	Target string `json:"target"`
	// Frames is how many there were in all, warm-up included; Checked those
	// that were kept and parsed: a seeded sample, and each that is no object, has
	// an error, or more than one answer.
	Frames  int64 `json:"frames"`
	Checked int   `json:"checked"`
	// Missed frames should have been kept, and could not be.
	Missed int64 `json:"missed,omitempty"`
	// Differences counts checked frames by the first thing that was not the same.
	Differences map[string]int `json:"differences,omitempty"`
	// Error is why there was no check.
	Error string `json:"error,omitempty"`
}
