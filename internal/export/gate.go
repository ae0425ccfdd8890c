package export

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// GateName is the file in a run's folder with the conditions under which it fails.
const GateName = "gate.json"

// Condition is one condition of a gate, with what these runs say of it.
type Condition struct {
	Condition string `json:"condition"` // ttft.p95>+5%
	Against   string `json:"against"`   // the run that it compares with
	Cell      string `json:"cell"`
	Outcome   string `json:"outcome"` // see below
	Reason    string `json:"reason"`  // in a sentence
	NeededN   int    `json:"needed_n"`
}

// The outcomes of a condition.
const (
	Shown    = "shown"    // it is true, so that the run fails
	Excluded = "excluded" // it is false
	Invalid  = "invalid"  // a check spoils what it rests on
)

// readGate reads the conditions of a run's folder; none where there is no gate.
func readGate(folder string) ([]Condition, error) {
	path := filepath.Join(folder, GateName)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var gate struct {
		Conditions []Condition `json:"conditions"`
	}
	if err := json.Unmarshal(b, &gate); err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", path, err)
	}
	return gate.Conditions, nil
}
