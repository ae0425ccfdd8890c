package forecast

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/inferometer/inferometer/internal/capacity"
	"github.com/inferometer/inferometer/internal/physics"
	"github.com/inferometer/inferometer/internal/result"
)

// knob is one coefficient that is fitted, in logarithms.
type knob struct {
	name, unit string
	start      float64
	lo, hi     float64 // physical limits
	spread     float64 // of its logarithm, before the fit
	shown      float64 // value in unit ÷ value
	set        func(*physics.Coefficients, float64)
}

// knobs are the few coefficients that a run can tell apart: the shares of memory
// bandwidth and peak rate that matrix products reach, the host's time per step,
// and the time a request spends outside of the engine.
func knobs(r *physics.Roofline) []knob {
	c, d := r.Coefficients(), r.Deployment()
	format := d.Weights
	if format == "" {
		format = cmp.Or(d.Model.Weights, physics.BF16)
	}
	own, ok := c.Linear[format]
	if !ok {
		own = c.Linear[physics.BF16]
	}
	share := 0.15
	if c.Basis == physics.Generic {
		share = 0.30
	}
	// Experts keep their ratio to the other products.
	scale := func(c *physics.Coefficients, of func(*physics.Efficiency) *float64, by float64) {
		for _, group := range []map[physics.Format]physics.Efficiency{c.Linear, c.Experts} {
			for f, e := range group {
				v := of(&e)
				*v = min(1, *v*by)
				group[f] = e
			}
		}
	}
	memory := func(e *physics.Efficiency) *float64 { return &e.Memory }
	compute := func(e *physics.Efficiency) *float64 { return &e.Compute }
	return []knob{
		{"memory efficiency", "ratio", own.Memory, min(0.3, own.Memory/2), 1, share, 1,
			func(c *physics.Coefficients, v float64) { scale(c, memory, v/own.Memory) }},
		{"compute efficiency", "ratio", own.Compute, min(0.3, own.Compute/2), 1, share, 1,
			func(c *physics.Coefficients, v float64) { scale(c, compute, v/own.Compute) }},
		{"host, a step", "ms", max(c.Host.Step, 2e-5), 2e-5, 5e-3, 0.7, 1e3,
			func(c *physics.Coefficients, v float64) { c.Host.Step = v }},
		{"client, a request", "ms", max(c.Host.Client, 1e-4), 1e-4, 0.2, 0.7, 1e3,
			func(c *physics.Coefficients, v float64) { c.Host.Client = v }},
	}
}

// fit is a fit in progress.
type fit struct {
	l      *layout
	base   physics.Coefficients
	knobs  []knob
	cells  []RunCell
	points []point
}

// point is a group of requests of a cell whose figures are compared with those
// of the same requests, simulated: each with its own lengths, in its turn.
type point struct {
	cell     int
	metric   string
	lo, hi   int       // input tokens of its requests, [lo, hi)
	requests []int     // of the cell
	values   []float64 // of the run, in ms
	error    float64   // of the median ratio's logarithm, with what the model cannot know
}

// mostRequests of a cell are simulated.
const mostRequests = 400

// Calibrate fits the coefficients of a question's deployment to a run on it:
// by least squares of logarithms, within what is physical, drawn weakly to
// where they began so that what the run does not tell stays there. Each cell
// is simulated with the run's own lengths and loads. What is compared is the
// median ratio of simulated and measured TTFT, by the length of the input, and
// TPOT.
func Calibrate(q Question, run Run) (*Calibration, error) {
	l, err := q.layOut()
	if err != nil {
		return nil, err
	}
	f := &fit{l: l, base: l.roof.Coefficients(), knobs: knobs(l.roof), cells: run.Cells}
	f.gather()
	if n := len(f.points); n < 3 {
		return nil, fmt.Errorf("%s has %d groups of at least ten requests to fit to, but a fit needs 3: measure several loads, for example with inferometer throughput URL --levels 1,4,16,64", run.Name, n)
	}
	theta, err := f.solve()
	if err != nil {
		return nil, err
	}
	return f.conclude(theta, run)
}

// gather makes the points: TPOT of each cell, and TTFT of its requests by
// length of input, in bins of a factor of two.
func (f *fit) gather() {
	const least = 10
	for i, c := range f.cells {
		n := min(len(c.In), mostRequests)
		bins := map[int]*point{}
		all := &point{cell: i, metric: "tpot", hi: math.MaxInt}
		add := func(p *point, k int, v float64) {
			if v > 0 {
				p.requests, p.values = append(p.requests, k), append(p.values, v)
			}
		}
		for k, in := range c.In[:n] {
			add(all, k, c.TPOT[k])
			b := int(math.Floor(math.Log2(float64(in))))
			if bins[b] == nil {
				bins[b] = &point{cell: i, metric: "ttft", lo: 1 << b, hi: 1 << (b + 1)}
			}
			add(bins[b], k, c.TTFT[k])
		}
		list := []*point{all}
		for _, b := range slices.Sorted(maps.Keys(bins)) {
			list = append(list, bins[b])
		}
		for _, p := range list {
			if len(p.requests) >= least {
				f.points = append(f.points, *p)
			}
		}
	}
}

// coefficients applies the knobs to the initial coefficients.
func (f *fit) coefficients(theta []float64) physics.Coefficients {
	c := f.base
	c.Linear, c.Experts = maps.Clone(c.Linear), maps.Clone(c.Experts)
	for i, k := range f.knobs {
		k.set(&c, math.Exp(theta[i]))
	}
	return c
}

// ratios returns for each point the logarithms of simulated ÷ measured.
func (f *fit) ratios(theta []float64) ([][]float64, error) {
	d := f.l.roof.Deployment()
	d.Accelerator.Coefficients = f.coefficients(theta)
	roof, err := physics.New(d)
	if err != nil {
		return nil, err
	}
	c := f.l.nominal.config
	c.FrontEnd = Config(roof).FrontEnd
	r := replica{roof: roof, config: c, engines: f.l.nominal.engines, scale: 1}
	out := make([][]float64, len(f.points))
	for i, cell := range f.cells {
		w := Workload{Shared: cell.Shared, process: cell.Process}
		n := min(len(cell.In), mostRequests)
		unmeasured := cell.Users // one each
		if cell.Rate > 0 {
			unmeasured = n / 4
		}
		for k := range n {
			// Those that are not measured come first, and have the lengths of the
			// last ones, so that the measured ones are those of the run.
			k = ((k-unmeasured)%n + n) % n
			w.recorded = append(w.recorded, [2]int{cell.In[k], cell.Out[k]})
		}
		var o *simulatedRun
		if cell.Users > 0 {
			o, err = r.closed(w, nil, capacity.Load{Users: cell.Users, Requests: n, Seed: 1})
		} else {
			o, err = r.open(w, nil, capacity.Load{Rate: cell.Rate, Requests: n, Seed: 1}, unmeasured, false)
		}
		if err != nil {
			return nil, err
		}
		for k, p := range f.points {
			if p.cell != i {
				continue
			}
			for j, request := range p.requests {
				out[k] = append(out[k], math.Log(o.value(p.metric, request)/p.values[j]))
			}
		}
	}
	return out, nil
}

// predict returns the medians of ratios.
func (f *fit) predict(theta []float64) ([]float64, error) {
	all, err := f.ratios(theta)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(all))
	for i, v := range all {
		at := quantiles(v, 0.5)
		if at == nil {
			return nil, fmt.Errorf("the simulation has no %s for the requests of %s", f.points[i].metric, f.cells[f.points[i].cell].ID)
		}
		out[i] = at[0]
	}
	return out, nil
}

// weigh sets how far a point may be off. Below some hundredths that is what
// the model leaves out. A first token waits for the steps of others where
// there are any, and requests that wait for one step are not so many
// observations.
func (f *fit) weigh(theta []float64) error {
	const floor, waiting = 0.015, 0.08
	all, err := f.ratios(theta)
	if err != nil {
		return err
	}
	for i := range f.points {
		p := &f.points[i]
		at := quantiles(all[i], 0.16, 0.84)
		if at == nil {
			return fmt.Errorf("the simulation has no %s for the requests of %s", p.metric, f.cells[p.cell].ID)
		}
		se := (at[1] - at[0]) / 2 * 1.25 / math.Sqrt(float64(len(all[i])))
		p.error = math.Hypot(floor, se)
		if p.metric == "ttft" && f.cells[p.cell].Users != 1 {
			p.error = math.Hypot(waiting, se)
		}
	}
	return nil
}

// loss is the sum of squares that the fit minimises.
func (f *fit) loss(theta, y []float64) float64 {
	sum := 0.0
	for i, p := range f.points {
		sum += (y[i] / p.error) * (y[i] / p.error)
	}
	for i, k := range f.knobs {
		e := (theta[i] - math.Log(k.start)) / k.spread
		sum += e * e
	}
	return sum
}

// around differentiates. Its steps are wide, since medians of a simulation
// move in small jumps.
func (f *fit) around(theta []float64) (*linear, error) {
	l := linear{weighted: make([][]float64, len(theta))}
	normal := square(len(theta))
	slopes := make([][]float64, len(theta))
	for k, c := range f.knobs {
		step := c.spread / 3
		side := func(by float64) ([]float64, error) {
			at := slices.Clone(theta)
			at[k] += by
			return f.predict(at)
		}
		up, err := side(step)
		if err != nil {
			return nil, err
		}
		down, err := side(-step)
		if err != nil {
			return nil, err
		}
		for i, p := range f.points {
			slope := (up[i] - down[i]) / (2 * step)
			slopes[k] = append(slopes[k], slope)
			l.weighted[k] = append(l.weighted[k], slope/(p.error*p.error))
		}
	}
	for k, c := range f.knobs {
		normal[k] = product(slopes, l.weighted[k])
		normal[k][k] += 1 / (c.spread * c.spread)
	}
	var err error
	if l.inverse, err = inverse(normal); err != nil {
		return nil, fmt.Errorf("failed to tell the coefficients apart: %w", err)
	}
	return &l, nil
}

// step is where the linear problem has its least squares, from theta on.
func (l *linear) step(f *fit, theta, y []float64) []float64 {
	gradient := product(l.weighted, y)
	for k, c := range f.knobs {
		gradient[k] += (theta[k] - math.Log(c.start)) / (c.spread * c.spread)
	}
	return product(l.inverse, gradient)
}

// solve follows Gauss and Newton, with shorter steps where a whole one makes
// it worse, and never beyond what is physical.
func (f *fit) solve() ([]float64, error) {
	theta := make([]float64, len(f.knobs))
	for i, k := range f.knobs {
		theta[i] = math.Log(k.start)
	}
	if err := f.weigh(theta); err != nil {
		return nil, err
	}
	y, err := f.predict(theta)
	if err != nil {
		return nil, err
	}
	for round := range 8 {
		lin, err := f.around(theta)
		if err != nil {
			return nil, err
		}
		move, before, better := lin.step(f, theta, y), f.loss(theta, y), false
		for part := 1.0; part > 0.1 && !better; part /= 2 {
			at := slices.Clone(theta)
			for i, k := range f.knobs {
				at[i] = min(math.Log(k.hi), max(math.Log(k.lo), theta[i]-part*move[i]))
			}
			next, err := f.predict(at)
			if err != nil {
				return nil, err
			}
			if f.loss(at, next) < before {
				theta, y, better = at, next, true
			}
		}
		if !better || before-f.loss(theta, y) < 1e-3*before {
			break
		}
		if round == 0 { // the first guess was far off, and so were its weights
			if err := f.weigh(theta); err != nil {
				return nil, err
			}
		}
	}
	return theta, nil
}

// conclude works out residuals, and how well each coefficient is known: from
// resampled requests, around the fit where the simulation is nearly linear,
// and from the points' own errors, whichever says less.
func (f *fit) conclude(theta []float64, run Run) (*Calibration, error) {
	all, err := f.ratios(theta)
	if err != nil {
		return nil, err
	}
	lin, err := f.around(theta)
	if err != nil {
		return nil, err
	}
	moved := f.resample(lin, all)

	out := &Calibration{Coefficients: f.coefficients(theta)}
	out.Coefficients.Basis = physics.Calibrated
	out.Run, out.Evidence, out.Notes = run.Name, run.Evidence, slices.Clone(run.Notes)
	for k, c := range f.knobs {
		spread := 1.645 * math.Sqrt(lin.inverse[k][k])
		v := math.Exp(theta[k])
		at := quantiles(moved[k], 0.05, 0.95)
		lo, hi := v*math.Exp(min(at[0], -spread)), v*math.Exp(max(at[1], spread))
		q := result.Coefficient{Name: c.name, Unit: c.unit, Value: round4(v * c.shown), Lo: round4(max(lo, c.lo) * c.shown), Hi: round4(min(hi, c.hi) * c.shown), Start: round4(c.start * c.shown)}
		switch {
		case v > c.hi*0.995 || v < c.lo*1.005:
			q.Note = "at its physical limit"
		case lin.inverse[k][k] > 0.5*c.spread*c.spread:
			q.Note = "the run hardly tells"
		}
		out.Calibrated.Coefficients = append(out.Calibrated.Coefficients, q)
	}
	// Of a first token behind others' steps the residual is mostly chance; what
	// the others are off is the error of step times.
	sum, n := 0.0, 0.0
	for i, p := range f.points {
		r := math.Exp(quantiles(all[i], 0.5)[0]) - 1
		if p.metric == "tpot" || f.cells[p.cell].Users == 1 {
			sum += r * r
			n++
		}
		metric := p.metric
		if p.metric == "ttft" {
			metric = fmt.Sprintf("ttft of %d–%d tokens", p.lo, p.hi-1)
		}
		median := quantiles(p.values, 0.5)[0]
		out.Points = append(out.Points, result.FitPoint{Cell: f.cells[p.cell].ID, Metric: metric, N: len(p.values), Measured: round4(median), Fitted: round4(median * (1 + r)), Residual: round4(r)})
	}
	out.Error = round4(math.Sqrt(sum / max(1, n)))
	f.ranges(out)
	if out.Error > 0.15 {
		out.Notes = append(out.Notes, fmt.Sprintf("the fit is off by %.0f %% on average: the run is probably of another deployment, or of a server that works differently", 100*out.Error))
	}
	return out, nil
}

// resample returns, for each knob, by how much its logarithm moves when the
// requests behind each median are drawn again.
func (f *fit) resample(lin *linear, all [][]float64) [][]float64 {
	const times = 400
	rng := rand.New(rand.NewPCG(1, 2))
	moved := make([][]float64, len(f.knobs))
	shift := make([]float64, len(f.points))
	for range times {
		for i, v := range all {
			again := make([]float64, len(v))
			for k := range again {
				again[k] = v[rng.IntN(len(v))]
			}
			shift[i] = quantiles(again, 0.5)[0] - quantiles(v, 0.5)[0]
		}
		move := product(lin.inverse, product(lin.weighted, shift))
		for k := range moved {
			moved[k] = append(moved[k], -move[k])
		}
	}
	return moved
}

// ranges records how far the run reaches.
func (f *fit) ranges(out *Calibration) {
	for _, c := range f.cells {
		inFlight := float64(c.Users)
		if c.Rate > 0 {
			sum := 0.0
			for k, v := range c.TTFT {
				sum += v
				if !math.IsNaN(c.TPOT[k]) {
					sum += c.TPOT[k] * float64(c.Out[k]-1)
				}
			}
			inFlight = c.Rate * sum / float64(len(c.TTFT)) / 1e3
		}
		out.MaxUsers = round4(max(out.MaxUsers, inFlight))
		for k := range c.In {
			out.MaxTokens = max(out.MaxTokens, c.In[k]+c.Out[k])
		}
	}
}

// Use applies a calibration to a question.
func (q Question) Use(c *Calibration) (Question, error) {
	if c == nil {
		return q, errors.New("there is no calibration to use")
	}
	q.Calibrated = c
	q.Accelerator.Coefficients = c.Coefficients
	return q, nil
}
