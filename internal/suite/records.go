package suite

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
)

// Kinds of records in the log, besides exchanges. Their order is the order of
// the run: run, target…, hardware, floor, then for each cell its record, its
// exchanges and its window, then scores, then end.
const (
	kindRun      = "run"
	kindTarget   = "target"
	kindHardware = "hardware"
	kindFloor    = "floor"
	kindCell     = "cell"
	kindWindow   = "window"
	kindScore    = "score"
	kindEnd      = "end"
)

type runRecord struct {
	Name      string      `json:"name"`
	Started   time.Time   `json:"started"`
	Version   string      `json:"version"`
	Command   string      `json:"command"`
	Seed      uint64      `json:"seed"`
	Quick     bool        `json:"quick,omitempty"`
	Host      result.Host `json:"host"`
	SharedSim bool        `json:"shared_sim,omitempty"`
}

type cellRecord struct {
	ID        string           `json:"id"`
	Benchmark plan.Benchmark   `json:"benchmark"`
	Target    string           `json:"target"`
	Workload  result.Workload  `json:"workload"`
	Load      result.LoadShape `json:"load"`
	Level     int              `json:"level,omitempty"`
	Replay    *result.Replay   `json:"replay,omitempty"` // what was known before it was sent
}

// windowRecord closes a cell: its measured window and what the client
// observed of itself meanwhile.
type windowRecord struct {
	Cell   string         `json:"cell"`
	Start  exchange.Stamp `json:"start"`
	End    exchange.Stamp `json:"end"`
	Reason string         `json:"reason,omitempty"`
	result.Client
}

// scoreRecord is the heuristic score of one answer; the text is not in the log.
type scoreRecord struct {
	Target     string             `json:"target"`
	Prompt     string             `json:"prompt"`
	Kind       string             `json:"kind"`
	Total      float64            `json:"total"`
	Components map[string]float64 `json:"components"`
	Truncated  bool               `json:"truncated,omitempty"`
	Empty      bool               `json:"empty,omitempty"`
	Notes      []string           `json:"notes,omitempty"`
}

type endRecord struct {
	Ended  time.Time     `json:"ended"`
	Status result.Status `json:"status"`
	Reason string        `json:"reason,omitempty"`
}

// logged is a run as its log tells it.
type logged struct {
	run      runRecord
	targets  []result.Target
	hardware *result.Hardware
	floor    *result.Floor // nil: the client was not calibrated
	cells    []*loggedCell
	scores   []scoreRecord
	end      *endRecord // nil: the run was interrupted
	last     exchange.Stamp
}

type loggedCell struct {
	cellRecord
	window    *windowRecord // nil: the run was interrupted in it
	exchanges []*exchange.Exchange
}

func (l *logged) cell(id string) *loggedCell {
	for _, c := range l.cells {
		if c.ID == id {
			return c
		}
	}
	return nil
}

func (l *logged) target(name string) (result.Target, bool) {
	for _, t := range l.targets {
		if t.Name == name {
			return t, true
		}
	}
	return result.Target{}, false
}

// readLog reads a log, whole or cut short by a crash.
func readLog(path string) (*logged, error) {
	l := &logged{}
	_, err := exchange.Read(path, l.add)
	if err != nil {
		return nil, err
	}
	if l.run.Started.IsZero() {
		return nil, fmt.Errorf("%s holds no run: it was ended before its first record was written", path)
	}
	return l, nil
}

func (l *logged) add(kind string, raw json.RawMessage) error {
	switch kind {
	case kindRun:
		return json.Unmarshal(raw, &l.run)
	case kindTarget:
		var t result.Target
		err := json.Unmarshal(raw, &t)
		l.targets = append(l.targets, t)
		return err
	case kindFloor:
		return json.Unmarshal(raw, &l.floor)
	case kindHardware:
		return json.Unmarshal(raw, &l.hardware)
	case kindCell:
		c := &loggedCell{}
		err := json.Unmarshal(raw, &c.cellRecord)
		l.cells = append(l.cells, c)
		return err
	case exchange.KindExchange:
		x, err := exchange.DecodeExchange(raw)
		if err != nil {
			return err
		}
		c := l.cell(x.Cell)
		if c == nil {
			return fmt.Errorf("an exchange of cell %q, which was not begun", x.Cell)
		}
		c.exchanges = append(c.exchanges, x)
		l.last = max(l.last, x.Done, x.Due)
		return nil
	case kindWindow:
		var w windowRecord
		if err := json.Unmarshal(raw, &w); err != nil {
			return err
		}
		c := l.cell(w.Cell)
		if c == nil {
			return fmt.Errorf("the window of cell %q, which was not begun", w.Cell)
		}
		c.window = &w
		return nil
	case kindScore:
		var s scoreRecord
		err := json.Unmarshal(raw, &s)
		l.scores = append(l.scores, s)
		return err
	case kindEnd:
		return json.Unmarshal(raw, &l.end)
	}
	return nil // a later version's record: what we know stays right without it
}
