package interop

import (
	"io"
	"time"
)

// BurstGPT (HPMLL/BurstGPT, CC-BY-4.0): CSV. Version 3 has two more columns,
// inserted as the second and third; times are seconds and need not begin at
// zero; a response without tokens means that the request failed (7 % of the
// rows of version 3).
var burstFormat = format{
	name: "burstgpt", text: "BurstGPT (CSV: Timestamp, Model, Request tokens, Response tokens, …)",
	is: func(h head) bool { return hasColumns(h.line, burstColumns) }, read: readBurst,
}

var burstColumns = []string{"Timestamp", "Request tokens", "Response tokens", "?Session ID"}

func readBurst(r io.Reader, s *sink) error {
	return csvRows(r, s, byName(burstColumns), func(v []string) (Row, *fieldError) {
		x, why := decimal(v[0])
		if why != "" {
			return Row{}, &fieldError{0, why}
		}
		at, why := s.clock.at(&x, time.Second)
		if why != "" {
			return Row{}, &fieldError{0, why}
		}
		row, wrong := lengths(at, v[1], 1, v[2], 2)
		if v[3] != "" {
			row.Session = keyOf(v[3])
		}
		row.Failed = row.Out == 0
		return row, wrong
	})
}
