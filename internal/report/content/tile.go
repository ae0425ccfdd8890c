package content

import (
	"slices"

	"github.com/inferometer/inferometer/internal/report/format"
)

// Tiles are the few figures that a reader looks for first, of the candidate next to
// what it is compared with.
type Tiles struct {
	Of   string // under which load they were measured, in words
	List []Tile
}

// Tile is one of them.
type Tile struct {
	Metric  string // its tag; empty where it is no metric of requests
	Name    string // "TTFT"
	About   string // the same in words, or what it is of
	Sides   []Side
	Verdict string // of the candidate: "16.7× sooner"; empty where nothing can be said
	State   State  // Better, Worse or none
}

// What a tile says of the candidate.
const (
	Better State = "better"
	Worse  State = "worse"
)

// Side is what a tile shows of a target.
type Side struct {
	Target   string
	Readings []Reading
}

// Reading is one number of a tile.
type Reading struct {
	Stat  string   // "p50", "p95"; empty where there is but one number
	Text  string   // as it is shown
	Value *float64 // nil where there is none
	Why   string   // why it is no estimate, or missing; empty for an estimate
}

// Compared says that there is more than one target.
func (t Tiles) Compared() bool {
	for _, tile := range t.List {
		if len(tile.Sides) > 1 {
			return true
		}
	}
	return false
}

// Table returns the tiles as rows, for where there are no tiles: a column for each
// number of each target, then what is said of the candidate.
func (t Tiles) Table() Table {
	out := Table{Title: t.Of, Head: Columns("")}
	var targets []string
	for _, tile := range t.List {
		for _, s := range tile.Sides {
			if !slices.Contains(targets, s.Target) {
				targets = append(targets, s.Target)
			}
		}
	}
	for _, name := range targets {
		if len(targets) == 1 {
			name = "p50"
		}
		out.Head = append(out.Head, Columns(name, "p95")...)
	}
	out.Head = append(out.Head, Column{Name: "the candidate is"})
	for _, tile := range t.List {
		row := []string{tile.Name}
		if tile.Metric == "output_throughput" {
			row[0] += ", " + tile.About
		}
		for _, name := range targets {
			pair := []string{format.Missing, format.Missing}
			for _, s := range tile.Sides {
				if s.Target != name {
					continue
				}
				for _, r := range s.Readings {
					at := 0
					if r.Stat == "p95" {
						at = 1
					}
					pair[at] = r.Text
				}
			}
			row = append(row, pair...)
		}
		verdict := tile.Verdict
		if verdict == "" {
			verdict = format.Missing
		}
		out.Rows = append(out.Rows, append(row, verdict))
	}
	return out.Filled()
}
