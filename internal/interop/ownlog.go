package interop

import (
	"encoding/json"
	"io"

	"github.com/inferometer/inferometer/internal/exchange"
)

const zstdMagic = "\x28\xb5\x2f\xfd"

// This tool's own log of a run (exchanges.jsonl.zst): the measured requests of
// all its cells at the times when they were due, with the lengths that the
// server counted, else the ones that were asked for.
var ownLogFormat = format{
	name: "inferometer", text: "exchanges.jsonl.zst of a run of this tool", unordered: true,
	is:   func(h head) bool { return len(h.raw) > 4 && string(h.raw[:4]) == zstdMagic },
	read: readOwnLog,
}

type ownRecord struct {
	Phase    exchange.Phase `json:"phase"`
	Due      exchange.Stamp `json:"due"`
	Class    exchange.Class `json:"class"`
	Session  int            `json:"session"`
	Counted  *int           `json:"input_tokens"`
	Answered *int           `json:"output_tokens"`
	AskedIn  int            `json:"asked_in"`
	AskedOut int            `json:"asked_out"`
}

func readOwnLog(r io.Reader, s *sink) error {
	n := 0
	_, err := exchange.ReadFrom(r, func(kind string, raw json.RawMessage) error {
		if kind != exchange.KindExchange {
			return nil
		}
		n++
		var x ownRecord
		where := Bad{Row: n}
		if err := json.Unmarshal(raw, &x); err != nil {
			return s.bad(jsonBad(where, err))
		}
		if x.Phase != exchange.Measured || !x.Due.Happened() {
			return nil
		}
		row := Row{At: int64(x.Due), In: x.AskedIn, Out: x.AskedOut, Failed: x.Class != exchange.OK, Session: uint64(max(0, x.Session))}
		if x.Counted != nil {
			row.In = *x.Counted
		}
		if x.Answered != nil {
			row.Out = *x.Answered
		}
		if row.In < 0 || row.Out < 0 || row.In > maxTokens || row.Out > maxTokens || row.At < 0 {
			where.What = "it has an impossible length or time"
			return s.bad(&where)
		}
		return s.row(&row, where)
	})
	return err
}
