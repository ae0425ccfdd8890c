package interop

import (
	"io"
	"time"
)

// Mooncake (kvcache-ai/Mooncake, Apache-2.0; FAST 2025): JSON lines, times in
// ms that were rounded to ticks of about 3 s, ids of blocks of 512 tokens, the
// last of them partial. Other tools write its keys with blocks of other sizes and
// times in other units, so both are checked.
var mooncakeFormat = format{
	name: "mooncake", text: "Mooncake (JSON lines: timestamp in ms, input_length, output_length, hash_ids)", block: 512,
	is: func(h head) bool {
		return h.json() && h.has("timestamp", "input_length", "output_length") && !h.has("chat_id")
	},
	read: func(r io.Reader, s *sink) error { return readHashed(r, s, time.Millisecond) },
}

// Qwen Bailian usage traces (alibaba-edu/qwen-bailian-usagetraces-anon,
// Apache-2.0): the same keys, times in seconds, blocks of 16 tokens, and turns
// of a conversation that name the previous one.
var bailianFormat = format{
	name: "bailian", text: "Qwen Bailian (JSON lines: chat_id, parent_chat_id, timestamp in s, input_length, …)", block: 16,
	is: func(h head) bool {
		return h.json() && h.has("chat_id", "parent_chat_id", "timestamp", "input_length")
	},
	read: func(r io.Reader, s *sink) error { return readHashed(r, s, time.Second) },
}

type hashedRow struct {
	Timestamp *float64 `json:"timestamp"`
	In        *float64 `json:"input_length"`
	Out       *float64 `json:"output_length"`
	Blocks    []uint64 `json:"hash_ids"`
	Chat      *int64   `json:"chat_id"`
	Parent    *int64   `json:"parent_chat_id"`
}

func readHashed(r io.Reader, s *sink, unit time.Duration) error {
	var v hashedRow
	root := map[int64]int64{} // the first turn of each chat
	return jsonRows(r, s, &v, func() { v = hashedRow{Blocks: v.Blocks[:0]} }, func() (row Row, field, why string) {
		if row.At, why = s.clock.at(v.Timestamp, unit); why != "" {
			return row, "timestamp", why
		}
		if row.In, why = count(v.In); why != "" {
			return row, "input_length", why
		}
		if row.Out, why = count(v.Out); why != "" {
			return row, "output_length", why
		}
		row.Blocks = v.Blocks
		if v.Chat != nil {
			first := *v.Chat
			if v.Parent != nil && *v.Parent >= 0 {
				// A parent before the beginning of the file is a root of its own.
				first = *v.Parent
				if r, ok := root[first]; ok {
					first = r
				}
			}
			root[*v.Chat] = first
			row.Session = uint64(first) + 1
		}
		return row, "", ""
	})
}
