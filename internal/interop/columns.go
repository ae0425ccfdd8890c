package interop

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Columns says which column of a CSV trace has a part of a request: part → column.
// The parts are time, input, output and session.
type Columns map[string]string

// columnPart is a part of a request, and the names that its column has in files
// that are seen; see plainName.
type columnPart struct {
	part  string
	names []string
}

// columnParts are those of a CSV trace. Only the last one may be absent.
var columnParts = []columnPart{
	{"time", []string{"time", "timestamp", "ts", "t", "at", "arrival", "arrival_time", "arrived_at", "start", "start_time", "request_time", "sent_at", "created_at"}},
	{"input", []string{"input_tokens", "input", "in", "prompt_tokens", "prompt", "input_length", "input_len", "prompt_length", "prompt_len", "context_tokens", "request_tokens", "num_prefill_tokens", "isl"}},
	{"output", []string{"output_tokens", "output", "out", "completion_tokens", "completion", "output_length", "output_len", "generated_tokens", "gen_tokens", "response_tokens", "num_decode_tokens", "osl"}},
	{"session", []string{"session", "session_id", "conversation", "conversation_id", "chat_id"}},
}

// ParseColumns reads "time=ts,input=prompt_tokens,output=gen_tokens,session=user".
// Parts that are left out are found by the usual names.
func ParseColumns(text string) (Columns, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	out := Columns{}
	for item := range strings.SplitSeq(text, ",") {
		part, column, ok := strings.Cut(item, "=")
		part, column = strings.TrimSpace(part), strings.TrimSpace(column)
		known := slices.ContainsFunc(columnParts, func(p columnPart) bool { return p.part == part })
		if !ok || column == "" || !known {
			return nil, fmt.Errorf("invalid column %q: must be part=column, where part is time, input, output or session", strings.TrimSpace(item))
		}
		out[part] = column
	}
	return out, nil
}

// plainName is a column's name without its case and punctuation: "Input Tokens" and
// "input-tokens" are input_tokens.
func plainName(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(words, "_")
}

// unitNames are the endings of names of columns that say the unit of their times.
var unitNames = map[string]time.Duration{
	"s": time.Second, "sec": time.Second, "secs": time.Second, "seconds": time.Second,
	"ms": time.Millisecond, "millis": time.Millisecond, "milliseconds": time.Millisecond,
	"us": time.Microsecond, "micros": time.Microsecond, "microseconds": time.Microsecond,
	"ns": time.Nanosecond, "nanos": time.Nanosecond, "nanoseconds": time.Nanosecond,
}

// timeName takes the unit from a column's name: time_ms is time in ms.
func timeName(name string) (string, time.Duration) {
	if i := strings.LastIndexByte(name, '_'); i > 0 {
		if u, ok := unitNames[name[i+1:]]; ok {
			return name[:i], u
		}
	}
	return name, 0
}

// csvParts is where a header has the parts of a request; -1: nowhere.
type csvParts struct {
	at   []int         // of each of columnParts
	unit time.Duration // that the name of the time's column says; 0: none
}

// find looks up the parts by the columns that the user named, then by the usual
// names.
func (c Columns) find(header []string) (csvParts, error) {
	out := csvParts{at: make([]int, len(columnParts))}
	plain := make([]string, len(header))
	for i, name := range header {
		plain[i] = plainName(name)
	}
	for i, p := range columnParts {
		at := -1
		if named, ok := c[p.part]; ok {
			if at = slices.Index(header, named); at < 0 {
				at = slices.Index(plain, plainName(named))
			}
			if at < 0 {
				return out, fmt.Errorf("the header has no column %q, which --trace-columns names for %s; its columns are %s", named, p.part, clip(strings.Join(header, ", ")))
			}
		}
		for _, name := range p.names {
			if at < 0 {
				at = slices.IndexFunc(plain, func(have string) bool {
					if p.part == "time" {
						have, _ = timeName(have)
					}
					return have == name
				})
			}
		}
		if at < 0 && p.part != "session" {
			return out, fmt.Errorf("the header has no column for %s; name it with --trace-columns %s=COLUMN; its columns are %s", p.part, p.part, clip(strings.Join(header, ", ")))
		}
		out.at[i] = at
	}
	_, out.unit = timeName(plain[out.at[0]])
	return out, nil
}
