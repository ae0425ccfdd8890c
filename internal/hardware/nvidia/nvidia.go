// Package nvidia reads what nvidia-smi writes: small functions from bytes to facts,
// without a driver and without NVML, whose binding needs cgo.
package nvidia

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/result"
)

// Row is one line of nvidia-smi --query-gpu=… --format=csv, by the name of the field
// without its unit. What a GPU does not report is absent.
type Row map[string]string

// Rows reads such output, which begins with the names of the fields. Units may be
// there ("77.71 W", "power.draw [W]") or not. nvidia-smi repeats the names now and
// then where it runs in a loop.
func Rows(b []byte) ([]Row, error) {
	r := NewReader(bytes.NewReader(b))
	var out []Row
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		out = append(out, row)
	}
}

// Reader reads rows as they come.
type Reader struct {
	csv    *csv.Reader
	fields []string
}

// NewReader returns a reader of rows.
func NewReader(r io.Reader) *Reader {
	c := csv.NewReader(r)
	c.TrimLeadingSpace = true
	c.FieldsPerRecord = -1
	c.LazyQuotes = true
	return &Reader{csv: c}
}

// Next returns the next row, or io.EOF.
func (r *Reader) Next() (Row, error) {
	for {
		record, err := r.csv.Read()
		if err != nil {
			return nil, err
		}
		if r.fields == nil || strings.HasPrefix(record[0], r.fields[0]) && len(record) == len(r.fields) && name(record[0]) == r.fields[0] {
			r.fields = r.fields[:0]
			for _, f := range record {
				r.fields = append(r.fields, name(f))
			}
			continue
		}
		if len(record) != len(r.fields) {
			return nil, fmt.Errorf("expected %d fields, got %d: %s", len(r.fields), len(record), strings.Join(record, ", "))
		}
		row := Row{}
		for i, v := range record {
			if v = strings.TrimSpace(v); !absent(v) {
				row[r.fields[i]] = v
			}
		}
		return row, nil
	}
}

// name is a field's without its unit: "power.draw [W]". Older drivers call the reasons
// for slower clocks by another name.
func name(field string) string {
	field, _, _ = strings.Cut(strings.TrimSpace(field), " [")
	return strings.Replace(field, "clocks_throttle_reasons", "clocks_event_reasons", 1)
}

// absent reports whether a value is one of nvidia-smi's words for none.
func absent(v string) bool {
	v = strings.Trim(v, "[]")
	return v == "" || v == "N/A" || v == "Not Supported" || v == "Unknown Error" || strings.HasPrefix(v, "Requested functionality") || v == "Insufficient Permissions"
}

// Number is a field without its unit; ok is false where the GPU does not report it.
func (r Row) Number(field string) (v float64, ok bool) { return number(r[field]) }

func number(s string) (float64, bool) {
	s, _, _ = strings.Cut(s, " ")
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}

// Reasons are why clocks are lower than they could be: the bits of
// clocks_event_reasons.active by the names of NVML. Idle is left out: it slows
// nothing that runs.
func (r Row) Reasons() []string {
	mask, err := strconv.ParseUint(strings.TrimPrefix(r["clocks_event_reasons.active"], "0x"), 16, 64)
	if err != nil {
		return nil
	}
	var out []string
	for _, b := range reasons {
		if mask&b.bit != 0 {
			out = append(out, b.name)
		}
	}
	return out
}

// reasons are nvmlClocksEventReason* of nvml.h.
var reasons = []struct {
	bit  uint64
	name string
}{
	{0x4, SWPowerCap}, {0x8, "hw_slowdown"}, {0x10, "sync_boost"}, {0x20, SWThermal}, {0x40, HWThermal}, {0x80, "hw_power_brake"},
}

// Names of reasons that others look for.
const (
	SWPowerCap = result.SlowedPowerCap
	SWThermal  = result.SlowedSWThermal
	HWThermal  = result.SlowedHWThermal
)

// Queried is a GPU in the output of nvidia-smi -q: values by their path, such as
// "GPU Power Readings/Average Power Draw".
type Queried map[string]string

// Number is a value without its unit; ok is false where it is none.
func (q Queried) Number(path string) (v float64, ok bool) { return number(q[path]) }

// ParseQuery reads nvidia-smi -q. What a GPU does not report is absent.
func ParseQuery(b []byte) []Queried {
	var out []Queried
	var at []string
	var indents []int
	for line := range strings.Lines(string(b)) {
		line = strings.TrimRight(line, "\r\n")
		text := strings.TrimSpace(line)
		indent := len(line) - len(strings.TrimLeft(line, " "))
		if text == "" {
			continue
		}
		if indent == 0 {
			at, indents = nil, nil
			if strings.HasPrefix(text, "GPU ") {
				out = append(out, Queried{"id": strings.TrimPrefix(text, "GPU ")})
			}
			continue
		}
		if len(out) == 0 {
			continue
		}
		for len(indents) > 0 && indents[len(indents)-1] >= indent {
			at, indents = at[:len(at)-1], indents[:len(indents)-1]
		}
		key, value, ok := strings.Cut(text, " : ")
		if !ok {
			at, indents = append(at, text), append(indents, indent)
			continue
		}
		if value = strings.TrimSpace(value); !absent(value) {
			out[len(out)-1][strings.Join(append(at[:len(at):len(at)], strings.TrimSpace(key)), "/")] = value
		}
		// A value may have parts below it, as HW Slowdown has.
		at, indents = append(at, strings.TrimSpace(key)), append(indents, indent)
	}
	return out
}
