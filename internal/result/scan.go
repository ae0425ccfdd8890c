package result

// Scan is one cell of load for each combination of the keys that a plan
// sweeps.
type Scan struct {
	Evidence Evidence    `json:"evidence"`
	Keys     []ScanKey   `json:"keys"`
	Mode     string      `json:"mode"`   // "grid": every combination; "zip": the first values together, then the second
	Points   []ScanPoint `json:"points"` // as planned, also those that were not measured
	Pareto   *Pareto     `json:"pareto,omitempty"`
	Cells    []Cell      `json:"cells"` // of the points that were measured
	// Notes say what a reader must know, such as attempts that do not count.
	Notes []string `json:"notes,omitempty"`
	Text  string   `json:"text"` // what it shows, in a sentence
}

// ScanKey is a key of the plan that takes several values.
type ScanKey struct {
	Name   string   `json:"name"`           // its flag, else its path
	Path   string   `json:"path"`           // in the plan
	Unit   string   `json:"unit,omitempty"` // of its values; empty where they have none
	Values []string `json:"values"`
	// Numbers are the values as numbers in Unit; absent unless all are numbers.
	Numbers []float64 `json:"numbers,omitempty"`
}

// ScanPoint is one combination.
type ScanPoint struct {
	Values []string `json:"values"`         // one per key
	Cell   string   `json:"cell,omitempty"` // what measured it; empty where nothing did
	Why    string   `json:"why,omitempty"`  // why nothing did; with a cell, why that ended early
}

// Pareto is the trade-off between throughput of a machine and the speed that a
// user sees. No point on the front can be improved in one without losing in the
// other.
type Pareto struct {
	X      ParetoAxis    `json:"x"`
	Y      ParetoAxis    `json:"y"`
	Points []ParetoPoint `json:"points,omitempty"`
	// Refused says why there is no front, where points cannot be compared.
	Refused string   `json:"refused,omitempty"`
	Left    []string `json:"left,omitempty"` // points without a place, with the reason
}

// ParetoAxis is a quantity of which more is better.
type ParetoAxis struct {
	Metric string `json:"metric"`
	Label  string `json:"label"`
	Unit   string `json:"unit"`
}

// ParetoPoint is the place of a point of the scan.
type ParetoPoint struct {
	Point     int    `json:"point"` // index into Points of the scan
	X         Number `json:"x"`
	Y         Number `json:"y"`
	Dominated bool   `json:"dominated,omitempty"` // another is at least as good in both and better in one
	// Spoilt says which check spoils one of the two, and why: such a point is on no
	// front and beats no other. Empty where none does.
	Spoilt string `json:"spoilt,omitempty"`
}
