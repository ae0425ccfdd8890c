package analysis

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/matrix/design"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// Input is what an analysis is made of.
type Input struct {
	Matrix design.Matrix
	Runs   []Run
	// Results has the result of each run that is done, by its step.
	Results map[int]*result.Result
}

// seen is what one run of a configuration showed, by workload and tag.
type seen struct {
	block  int
	values map[string]map[string]float64
	energy float64
	domain string // of energy
	// quality is the share of items answered right; nil: none was asked.
	quality *float64
}

// Of analyses a matrix.
func Of(in Input) *Analysis {
	m := in.Matrix
	a := &Analysis{Baseline: m.BaselineName(), Axes: []string{}}
	a.Decode, a.Prefill, a.Users = headline(m.Workloads)
	a.Workload, a.Quantity = cmp.Or(a.Decode, a.Users), DecodeRate
	if a.Decode == "" {
		a.Quantity = Throughput
	}
	notes := map[string]bool{}
	note := func(format string, args ...any) {
		text := fmt.Sprintf(format, args...)
		if !notes[text] {
			notes[text] = true
			a.Notes = append(a.Notes, text)
		}
	}
	byName := map[string][]seen{}
	for _, c := range m.Configurations {
		s := Summary{Name: c.Name, Engine: c.Engine, Precision: c.Precision, Expected: c.Expected, By: c.ExpectedBy}
		var loads, memory []float64
		for _, r := range in.Runs {
			if r.Configuration != c.Name {
				continue
			}
			res := in.Results[r.Step]
			if r.Status != Done || res == nil {
				if s.Why == "" {
					s.Why = r.Reason
				}
				continue
			}
			s.Runs++
			a.Evidence = result.Weakest(append([]result.Evidence{res.Evidence}, nonEmpty(a.Evidence)...)...)
			if r.LoadS > 0 {
				loads = append(loads, r.LoadS)
			}
			if r.PeakMemory > 0 {
				memory = append(memory, float64(r.PeakMemory))
			}
			byName[c.Name] = append(byName[c.Name], a.look(in, r, res, note))
		}
		if s.Runs > 0 && s.Why != "" {
			note("%s: %d of %d runs: %s", c.Name, s.Runs, m.Repeats, s.Why)
			s.Why = ""
		}
		s.LoadS, s.Memory = overRuns(loads, "starts"), overRuns(memory, "starts")
		a.Configurations = append(a.Configurations, s)
	}
	oneDomain(m.Configurations, byName, note)
	for i := range a.Configurations {
		a.fill(in, &a.Configurations[i], byName)
	}
	a.Listed = listed(m)
	a.efficiency()
	a.front()
	a.recommend(byName)
	return a
}

func nonEmpty(e result.Evidence) []result.Evidence {
	if e == "" {
		return nil
	}
	return []result.Evidence{e}
}

// look takes from a result what the analysis needs. Figures that a check spoils are
// left out, with a note.
func (a *Analysis) look(in Input, r Run, res *result.Result, note func(string, ...any)) seen {
	out := seen{block: r.Block, values: map[string]map[string]float64{}}
	for w, c := range cellsOf(in.Matrix, res) {
		out.values[w] = map[string]float64{}
		for _, q := range Quantities() {
			x, why := q.of(c)
			if check, spoilt := res.Validity.Spoilt(q.Metric, c.ID); spoilt {
				note("%s, block %d, %s: %s is spoilt by the check %s: %s", r.Configuration, r.Block, w, q.Name, check.ID, check.Text)
				continue
			}
			if why == "" {
				out.values[w][q.Tag] = x
			}
		}
		if w == a.Workload && c.Energy != nil {
			j, why := joules(c.Energy)
			if check, spoilt := failed(res, "power", c.ID); spoilt && why == "" {
				why = check.Text
			}
			if why != "" {
				note("%s, block %d: no energy: %s", r.Configuration, r.Block, why)
			} else {
				out.energy, out.domain = j, c.Energy.Domain
				note("Energy is of the domain %s, read by %s, gross.", c.Energy.Domain, c.Energy.Source)
			}
			for _, heat := range append(slices.Clone(c.Energy.Thermal), c.Energy.Slowed...) {
				note("%s, block %d: heat slowed the machine while it was measured: %s", r.Configuration, r.Block, heat)
			}
		}
	}
	out.quality = right(res)
	return out
}

// failed returns the check of an ID that a cell fails.
func failed(res *result.Result, id, cell string) (result.Check, bool) {
	i := slices.IndexFunc(res.Validity.Checks, func(c result.Check) bool { return c.ID == id && c.Cell == cell && c.Status == result.Fail })
	if i < 0 {
		return result.Check{}, false
	}
	return res.Validity.Checks[i], true
}

// oneDomain leaves the energies of one domain, that of most runs: where a source has
// failed in a run, the rest of the machine alone takes less and is no better.
func oneDomain(cs []design.Configuration, byName map[string][]seen, note func(string, ...any)) {
	count, most := map[string]int{}, ""
	for _, c := range cs {
		for _, r := range byName[c.Name] {
			if r.energy > 0 {
				count[r.domain]++
				if most == "" || count[r.domain] > count[most] {
					most = r.domain
				}
			}
		}
	}
	for _, c := range cs {
		for i := range byName[c.Name] {
			if r := &byName[c.Name][i]; r.energy > 0 && r.domain != most {
				note("%s, block %d: its energy is left out: it is of %s alone, and that of most runs of %s", c.Name, r.block, r.domain, most)
				r.energy = 0
			}
		}
	}
}

// cellsOf are the cells of a run by their workload: those of a sweep over the
// workloads in their order, or of a load.
func cellsOf(m design.Matrix, res *result.Result) map[string]*result.Cell {
	out := map[string]*result.Cell{}
	switch b := res.Benchmarks; {
	case b.Scan != nil:
		for i, p := range b.Scan.Points {
			at := slices.IndexFunc(b.Scan.Cells, func(c result.Cell) bool { return p.Cell != "" && c.ID == p.Cell })
			if i < len(m.Workloads) && at >= 0 && p.Why == "" {
				out[m.Workloads[i].Name] = &b.Scan.Cells[at]
			}
		}
	case b.Load != nil && len(b.Load.Cells) > 0 && len(m.Workloads) > 0:
		out[m.Workloads[0].Name] = &b.Load.Cells[0]
	}
	return out
}

// fill adds the figures of a configuration and its speed-ups. Speed-ups are of pairs
// of runs of the same block.
func (a *Analysis) fill(in Input, s *Summary, byName map[string][]seen) {
	runs := byName[s.Name]
	base := byName[a.Baseline]
	for _, w := range in.Matrix.Workloads {
		c := Cell{Workload: w.Name, Values: map[string]Value{}, Speedups: map[string]Value{}}
		for _, q := range Quantities() {
			var xs []float64
			for _, r := range runs {
				if x, ok := r.values[w.Name][q.Tag]; ok {
					xs = append(xs, x)
				}
			}
			if len(xs) == 0 {
				continue
			}
			c.Values[q.Tag] = overRuns(xs, "runs")
			switch s.Name {
			case a.Baseline:
				c.Speedups[q.Tag] = Value{Value: result.Num(1), N: len(xs), Withheld: "the baseline"}
			default:
				c.Speedups[q.Tag] = ratio(pairs(runs, base, w.Name, q), a.Baseline)
			}
		}
		if len(c.Values) > 0 {
			s.Cells = append(s.Cells, c)
		}
	}
	a.energy(s, runs)
	a.quality(s, runs, base)
	s.Roofline = expectation(in.Matrix, s, a.Decode)
}

// pairs are the ratios of a quantity in blocks that have both, above 1 for better.
func pairs(runs, base []seen, workload string, q Quantity) []float64 {
	var out []float64
	for _, r := range runs {
		for _, b := range base {
			x, ok := r.values[workload][q.Tag]
			y, ok2 := b.values[workload][q.Tag]
			if r.block != b.block || !ok || !ok2 {
				continue
			}
			if q.Less {
				x, y = y, x
			}
			out = append(out, x/y)
		}
	}
	return out
}

func ratio(xs []float64, baseline string) Value {
	if len(xs) == 0 {
		return Value{Withheld: fmt.Sprintf("no block has this and the baseline %s", baseline)}
	}
	return overRuns(xs, "block")
}

func (a *Analysis) energy(s *Summary, runs []seen) {
	var xs []float64
	for _, r := range runs {
		if r.energy > 0 {
			xs = append(xs, r.energy)
		}
	}
	if s.Energy = overRuns(xs, "runs"); len(xs) == 0 {
		s.Energy.Withheld = "no power was read (--power)"
	}
}

func (a *Analysis) quality(s *Summary, runs, base []seen) {
	var xs []float64
	nothing := 0 // blocks in which no item was answered right
	for _, r := range runs {
		for _, b := range base {
			if r.block == b.block && r.quality != nil && b.quality != nil && *b.quality > 0 {
				xs = append(xs, *r.quality / *b.quality)
				if *r.quality == 0 {
					nothing++
				}
			}
		}
	}
	switch s.Quality = overRuns(xs, "block"); {
	case len(xs) == 0:
		s.Quality.Withheld = "no items were asked, or the baseline answered none right (--canary)"
	case nothing > 0: // the geometric mean with a 0 in it
		s.Quality = Value{Value: result.Num(0), N: len(xs), Withheld: fmt.Sprintf("it answered no item right in %d of %s", nothing, amount.Things(len(xs), "block"))}
	}
}

// Value returns a figure of a workload; the zero Value if there is none.
func (s *Summary) Value(workload, tag string) Value { return s.find(workload).Values[tag] }

// Speedup returns that of a figure over the baseline.
func (s *Summary) Speedup(workload, tag string) Value { return s.find(workload).Speedups[tag] }

func (s *Summary) find(workload string) Cell {
	for _, c := range s.Cells {
		if c.Workload == workload {
			return c
		}
	}
	return Cell{}
}

// efficiency scores tokens per joule relative to the best.
func (a *Analysis) efficiency() {
	best := math.Inf(1)
	for _, s := range a.Configurations {
		if s.Energy.Value != nil {
			best = min(best, float64(*s.Energy.Value))
		}
	}
	for i := range a.Configurations {
		if s := &a.Configurations[i]; s.Energy.Value != nil {
			s.Efficiency = result.Num(best / float64(*s.Energy.Value))
		}
	}
}

// axis is one of the front: its values of all placed configurations, more is better.
type axis struct {
	name string
	of   func(*Summary) *result.Number
}

// front finds the configurations that no other beats in speed, energy and quality,
// as far as these are there for all that have a speed.
func (a *Analysis) front() {
	var placed []*Summary
	for i := range a.Configurations {
		s := &a.Configurations[i]
		if s.Value(a.Workload, a.Quantity).Value == nil {
			s.Unplaced = cmp.Or(s.Why, "no "+a.name())
			continue
		}
		placed = append(placed, s)
	}
	var axes [][]float64
	for _, x := range []axis{
		{a.name(), func(s *Summary) *result.Number { return s.Value(a.Workload, a.Quantity).Value }},
		{"tokens per joule", func(s *Summary) *result.Number { return s.Efficiency }},
		{"quality retained", func(s *Summary) *result.Number { return s.Quality.Value }},
	} {
		var values []float64
		for _, s := range placed {
			if n := x.of(s); n != nil {
				values = append(values, float64(*n))
			}
		}
		if len(placed) > 0 && len(values) == len(placed) {
			axes, a.Axes = append(axes, values), append(a.Axes, x.name)
		}
	}
	for i, dominated := range stats.DominatedIn(axes...) {
		if !dominated {
			continue
		}
		for j := range placed {
			pair := make([][]float64, len(axes))
			for k := range axes {
				pair[k] = []float64{axes[k][i], axes[k][j]}
			}
			if stats.DominatedIn(pair...)[0] {
				placed[i].Beaten = placed[j].Name
				break
			}
		}
	}
}
