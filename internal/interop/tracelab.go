package interop

import (
	"io"
	"time"
)

// TraceLab (uw-syfi/TraceLab; data under CC-BY-4.0, credit "TraceLab (SyFI Lab,
// University of Washington)"): JSON lines, one round of a coding agent each,
// with the times of its events. A round counts as sent when its last input (a
// user's message, a tool's result) was available, and the pause before it begins
// with the last event of the previous round. It has no ids of blocks:
// what rounds share is not replayed.
var tracelabFormat = format{
	name: "tracelab", text: "TraceLab rounds (JSON lines: session_id, round_index, input_tokens_total, timing_events)", unordered: true,
	is:   func(h head) bool { return h.json() && h.has("session_id", "round_index", "input_tokens_total") },
	read: readTracelab,
}

type tracelabRound struct {
	Session string   `json:"session_id"`
	In      *float64 `json:"input_tokens_total"`
	Out     *float64 `json:"output_tokens"`
	Events  []struct {
		Type string    `json:"event_type"`
		At   time.Time `json:"timestamp"`
	} `json:"timing_events"`
}

func readTracelab(r io.Reader, s *sink) error {
	var v tracelabRound
	type end struct {
		session string
		at      int64
	}
	var before end
	return jsonRows(r, s, &v, func() { v = tracelabRound{} }, func() (row Row, field, why string) {
		if len(v.Events) == 0 {
			return row, "timing_events", "it has no event, so its time is unknown"
		}
		var last int64
		for i, e := range v.Events {
			at, bad := unix(e.At)
			if bad != "" {
				return row, "timing_events", bad
			}
			if i == 0 || e.Type == "user_message" || e.Type == "tool_result" {
				row.At = max(row.At, at)
			}
			last = max(last, at)
		}
		if row.In, why = count(v.In); why != "" {
			return row, "input_tokens_total", why
		}
		if row.Out, why = count(v.Out); why != "" {
			return row, "output_tokens", why
		}
		if v.Session != "" {
			row.Session = keyOf(v.Session)
			if before.session == v.Session {
				row.Think = time.Duration(row.At - before.at)
			}
			before = end{v.Session, last}
		}
		return row, "", ""
	})
}
