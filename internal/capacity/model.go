package capacity

import (
	"cmp"
	"math"
	"slices"
	"sort"

	"github.com/inferometer/inferometer/internal/stats"
)

// model describes how the strain on the limits rises with the load, as observed
// so far. It plans trials and makes the estimate; it decides nothing.
type model struct {
	border float64 // load at which the strain is about 1
	doubt  float64 // standard error of its logarithm, roughly
	rise   float64 // strain grows as load to this power near the border
	points []point // by load
	length float64 // of a request, as Observation.lengths takes it; 0 for closed loops
}

// point is what was observed at a load.
type point struct {
	load, strain float64
	weight       float64 // its effective sample size
	n, neff      float64
	cells        float64
	byLength     bool // the request lengths of the window set neff, which grow as it does
	allowed      float64
	overloaded   bool
	smooth       float64 // the strain, made monotone
}

// Rises are limited to what queues show; beyond that, too few points made a bad
// line.
const (
	leastRise   = 3
	mostRise    = 30
	defaultRise = 8 // of the 99th percentile of the wait in M/D/8 at utilization 0.6
	riseSpread  = 4
	mostDoubt   = 0.18
)

// fit makes the model; ok is false where the border is not enclosed.
func (c Config) fit(h []Observation) (m model, ok bool) {
	if !c.Users {
		m.length = c.length(h)
	}
	for i := range h {
		o := &h[i]
		if o.Role != Explore && o.Role != Confirm || len(o.Requests) == 0 {
			continue
		}
		j := tightest(o.Judge(c.Limits, c.alpha()))
		p := point{load: o.load(), strain: j.strain(), cells: 1, n: float64(j.N), neff: j.NEff, weight: max(1, j.NEff), allowed: j.Allowed, overloaded: o.broke(), byLength: j.NEff > 0.95*stats.LengthWorth*o.lengths()}
		if o.broke() {
			p.strain = max(p.strain, 1/p.allowed) // all would be over, in the end
		}
		m.points = append(m.points, p)
	}
	slices.SortStableFunc(m.points, func(a, b point) int { return cmp.Compare(a.load, b.load) })
	m.merge()
	if len(m.points) == 0 {
		return m, false
	}
	y, w := make([]float64, len(m.points)), make([]float64, len(m.points))
	for i, p := range m.points {
		y[i], w[i] = p.strain, p.weight
	}
	for i, v := range stats.Isotonic(y, w) {
		m.points[i].smooth = v
	}
	lowest := m.points[0]
	switch _, over := m.enclosed(); {
	case over == 0 || m.points[len(m.points)-1].smooth <= 1:
		return m, false
	case lowest.smooth > 1 && lowest.overloaded:
		return m, false
	case lowest.smooth > 1:
		m.border = lowest.load * max(0.5, math.Pow(lowest.smooth, -1/float64(defaultRise)))
	}
	for i := 1; i < len(m.points); i++ {
		if a, b := m.points[i-1], m.points[i]; a.smooth <= 1 && b.smooth > 1 {
			m.border = between(a, b)
		}
	}
	m.refine()
	return m, true
}

// enclosed returns the highest load under the limits and the lowest over them,
// 0 where there is none. Chance may put the first above the second.
func (m model) enclosed() (under, over float64) {
	for _, p := range m.points {
		switch {
		case p.strain <= 1:
			under = p.load
		case over == 0:
			over = p.load
		}
	}
	return under, over
}

// merge joins points of the same load.
func (m *model) merge() {
	var out []point
	for _, p := range m.points {
		if k := len(out) - 1; k >= 0 && out[k].load == p.load {
			q := &out[k]
			all := q.weight + p.weight
			q.strain = (q.strain*q.weight + p.strain*p.weight) / all
			q.weight, q.n, q.neff, q.cells = all, q.n+p.n, q.neff+p.neff, q.cells+p.cells
			q.overloaded, q.byLength = q.overloaded || p.overloaded, q.byLength && p.byLength
			continue
		}
		out = append(out, p)
	}
	m.points = out
}

// between is where the strain crosses 1 on the line between two points, both
// as logarithms.
func between(a, b point) float64 {
	la, lb := math.Log(a.smooth), math.Log(b.smooth)
	if lb <= la {
		return b.load
	}
	return math.Exp(math.Log(a.load) + (math.Log(b.load)-math.Log(a.load))*(-la)/(lb-la))
}

// refine fits a line to the logarithms of load and strain near the border,
// weighted by how many requests were over the limit, and moves the border to
// where it crosses 1. Points far over the limit are left out: there the strain
// bends towards all requests.
func (m *model) refine() {
	m.rise, m.doubt = defaultRise, mostDoubt
	var sw, sx, sy float64
	var near []point
	most := math.Inf(1) // the border is below any load that is far over the limits
	for _, p := range m.points {
		if (p.overloaded || p.strain*p.allowed > 0.25) && p.smooth > 1 {
			most = min(most, p.load)
		}
		if r := p.load / m.border; r < 0.75 || r > 1.15 || p.overloaded || p.strain*p.allowed > 0.25 {
			continue
		}
		near = append(near, p)
		w := p.over()
		sw, sx, sy = sw+w, sx+w*math.Log(p.load), sy+w*math.Log(p.strain)
	}
	if len(near) == 0 {
		return
	}
	mx, my := sx/sw, sy/sw
	var sxy, sxx float64
	for _, p := range near {
		dx := math.Log(p.load) - mx
		sxy += p.over() * dx * (math.Log(p.strain) - my)
		sxx += p.over() * dx * dx
	}
	// Each point's logarithm has a standard error of about one over the root of
	// the requests over the limit; the rise has a prior around the default.
	const prior = 1.0 / (riseSpread * riseSpread)
	m.rise = min(mostRise, max(leastRise, (sxy+prior*defaultRise)/(sxx+prior)))
	// Points that scatter more than that say so.
	misfit := 0.0
	for _, p := range near {
		d := math.Log(p.strain) - my - m.rise*(math.Log(p.load)-mx)
		misfit += p.over() * d * d / float64(len(near))
	}
	m.doubt = min(mostDoubt, math.Sqrt(max(1, misfit)/sw)/m.rise)
	if at := math.Exp(mx - my/m.rise); at > 0.8*m.border && at < min(1.25*m.border, most) {
		m.border = at
	}
}

// over is about how many independent requests were over the limit, which sets
// the precision of the logarithm of their share.
func (p point) over() float64 { return max(0.5, p.strain*p.allowed*p.neff) }

// perNEff is how many of n requests at a load count as one independent request. It
// grows with the load, so that the observations are made monotone first, and goes
// down to 1 for loads far below them. It also grows with n: longer cells see
// dependence that shorter ones cannot know of.
func (m model) perNEff(load, n float64) float64 {
	var at, y, w []float64
	for _, p := range m.points {
		if !p.overloaded && p.neff >= 1 {
			longer := min(mostLonger, max(1, math.Pow(n/(p.n/p.cells), longerPower)))
			if p.byLength {
				longer = 1
			}
			at, y, w = append(at, p.load), append(y, longer*max(1, p.n/p.neff)), append(w, p.n)
		}
	}
	if len(at) == 0 {
		return 4
	}
	y = stats.Isotonic(y, w)
	// One request of several lengths that are in the system at once is worth no more
	// than they are (stats.Series.Lengths).
	least := max(1, load*m.length/stats.LengthWorth)
	switch i := sort.SearchFloat64s(at, load); {
	case i == 0:
		return max(least, 1+(y[0]-1)*load/at[0])
	case i == len(at):
		return max(least, y[i-1])
	default:
		return max(least, y[i-1]+(y[i]-y[i-1])*(load-at[i-1])/(at[i]-at[i-1]))
	}
}

// What is known of how much smaller effective sizes are in longer cells, from the
// queues of the package virtual.
const (
	longerPower = 0.3
	mostLonger  = 1.5
)

// strainAt is the strain expected at a load.
func (m model) strainAt(load float64) float64 {
	r := load / m.border
	return math.Pow(max(r, farBelow), m.rise) * math.Pow(min(1, r/farBelow), farRise)
}

// farBelow is the share of the border down to which the strain falls as fast as near
// it. Further below there are requests that are slow for other reasons than the load.
const (
	farBelow = 0.85
	farRise  = 2
)

// feared is the strain at a load if the border is lower than it seems by a standard
// error.
func (m model) feared(load float64) float64 { return m.strainAt(load * math.Exp(m.doubt)) }
