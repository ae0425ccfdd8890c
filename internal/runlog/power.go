package runlog

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/power"
)

// Kinds of records about power. They are in the file of server metrics, which says what
// happened beside the requests.
const (
	kindPower = "power"
	kindIdle  = "idle"
	kindMeter = "meter"
)

// MeterRecord says where power is read in this part of the run.
type MeterRecord struct {
	Sources []string `json:"sources"`
	OS      string   `json:"os"`
}

// Power writes one look at power.
func (w *SampleWriter) Power(s power.Sample) error { return w.log.Append(kindPower, s) }

// Idle writes when the machine was idle.
func (w *SampleWriter) Idle(s exchange.Span) error { return w.log.Append(kindIdle, s) }

// Meter writes where power is read.
func (w *SampleWriter) Meter(m MeterRecord) error { return w.log.Append(kindMeter, m) }

// PowerLog is what a run's file has of power.
type PowerLog struct {
	power.Log
	Idle    exchange.Spans
	Sources []string
}

// Power reads all looks at power; nil where none was taken.
func (r *Run) Power(path string) (*PowerLog, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var out PowerLog
	_, err := exchange.Read(path, func(kind string, raw json.RawMessage) error {
		switch kind {
		case kindPower:
			var s power.Sample
			if err := json.Unmarshal(raw, &s); err != nil {
				return err
			}
			out.Add(s)
		case kindIdle:
			return appendTo((*[]exchange.Span)(&out.Idle), raw)
		case kindMeter:
			var m MeterRecord
			if err := json.Unmarshal(raw, &m); err != nil {
				return err
			}
			out.Sources = m.Sources
		}
		return nil
	})
	if err != nil || out.Sources == nil {
		return nil, err
	}
	return &out, nil
}
