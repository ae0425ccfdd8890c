package interop

import "io"

// Plain CSV, for traces of one's own: seconds from any origin, tokens in and
// out, and if there are any, the session that a request is a turn of. Columns
// may come in any order and next to others.
var plainFormat = format{
	name: "csv", text: "plain CSV (time, input_tokens, output_tokens; session is optional)",
	is: func(h head) bool { return hasColumns(h.line, plainColumns) }, read: readPlain,
}

var plainColumns = []string{"time", "input_tokens", "output_tokens", "?session"}

func readPlain(r io.Reader, s *sink) error {
	return csvRows(r, s, plainColumns, secondsRow)
}
