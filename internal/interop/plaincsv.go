package interop

import (
	"io"
	"slices"
	"time"
)

// Plain CSV, for traces of one's own: a time, tokens in and out, and if there is
// one, the session that a request is a turn of. Columns may come in any order and
// next to others. They are found by their usual names, or by the user's word.
// Times are numbers or dates; an answer without tokens is a request that failed.
var plainFormat = format{
	name: "csv", text: "plain CSV (time, input_tokens, output_tokens and optionally session, or other names by --trace-columns)",
	is: func(h head) bool {
		names, _, err := fields(h.line, nil, nil)
		if err != nil || len(names) < 3 {
			return false
		}
		_, err = Columns(nil).find(names)
		return err == nil
	},
	read: readPlain,
}

func readPlain(r io.Reader, s *sink) error {
	find := func(header []string) ([]int, error) {
		parts, err := s.opt.Columns.find(header)
		if parts.unit > 0 && s.clock.given == 0 {
			s.clock.named = parts.unit
		}
		return parts.at, err
	}
	return csvRows(r, s, find, func(v []string) (Row, *fieldError) {
		at, why := plainTime(s, v[0])
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

// plainDates are the forms of dates, with and without fractions of a second.
var plainDates = slices.Concat(azureTimes, []string{"2006-01-02T15:04:05", time.RFC3339})

// plainTime reads a number, of seconds unless the clock knows better, or a date.
func plainTime(s *sink, text string) (ns int64, why string) {
	x, why := decimal(text)
	if why == "" {
		return s.clock.at(&x, time.Second)
	}
	for _, layout := range plainDates {
		if t, err := time.Parse(layout, text); err == nil {
			if s.clock.unit > 0 {
				return 0, "is a date, and the times of the rows above are numbers"
			}
			return unix(t)
		}
	}
	return 0, "is neither a number nor a date such as 2023-11-16 18:15:46"
}
