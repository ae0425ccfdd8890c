package interop

import (
	"encoding/json"
	"io"
	"time"
)

// AIPerf's records (ai-dynamo/aiperf, profile_export.jsonl): JSON lines, one
// request per line. Warm-up requests are left out, failed and cancelled ones are
// counted. A metric is a number, or an object with a value and a unit.
var aiperfFormat = format{
	name: "aiperf", text: "AIPerf records (JSON lines: metadata with request_start_ns, metrics)", unordered: true,
	is:   func(h head) bool { return h.json() && h.has("metadata", "metrics", "request_start_ns") },
	read: readAIPerf,
}

type aiperfRecord struct {
	Metadata struct {
		Start        *int64 `json:"request_start_ns"`
		Phase        string `json:"benchmark_phase"`
		Cancelled    bool   `json:"was_cancelled"`
		Conversation string `json:"x_correlation_id"`
	} `json:"metadata"`
	Metrics struct {
		In  aiperfValue `json:"input_sequence_length"`
		Out aiperfValue `json:"output_sequence_length"`
	} `json:"metrics"`
	Error json.RawMessage `json:"error"`
}

type aiperfValue struct{ value *float64 }

// UnmarshalJSON takes 5 and {"value": 5}.
func (v *aiperfValue) UnmarshalJSON(b []byte) error {
	var o struct {
		Value *float64 `json:"value"`
	}
	if json.Unmarshal(b, &o) == nil {
		v.value = o.Value
		return nil
	}
	return json.Unmarshal(b, &v.value)
}

func readAIPerf(r io.Reader, s *sink) error {
	var v aiperfRecord
	return jsonRows(r, s, &v, func() { v = aiperfRecord{} }, func() (row Row, field, why string) {
		if v.Metadata.Start == nil {
			return row, "request_start_ns", "it is missing"
		}
		if row.At, why = unix(time.Unix(0, *v.Metadata.Start)); why != "" {
			return row, "request_start_ns", why
		}
		row.Failed = v.Metadata.Cancelled || len(v.Error) > 0 && string(v.Error) != "null"
		if v.Metadata.Phase == "warmup" {
			return row, "", "" // without lengths it counts as empty
		}
		if row.Failed {
			return row, "", ""
		}
		if row.In, why = count(v.Metrics.In.value); why != "" {
			return row, "input_sequence_length", why
		}
		if row.Out, why = count(v.Metrics.Out.value); why != "" {
			return row, "output_sequence_length", why
		}
		if v.Metadata.Conversation != "" {
			row.Session = keyOf(v.Metadata.Conversation)
		}
		return row, "", ""
	})
}
