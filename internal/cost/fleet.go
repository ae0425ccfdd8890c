package cost

import (
	"iter"
	"math"
	"slices"

	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/tariff"
)

// hoursPerDay is how many shares a daily profile has.
const hoursPerDay = 24

// Demand is how the requests of a month come.
type Demand struct {
	// PeakToMean is the month's peak rate over its mean rate. Under 1, and under
	// that of the profile's busiest hour, it counts as that.
	PeakToMean float64
	// Profile has the shares of a day's requests by hour, 24 that add up to 1; empty:
	// when the peaks are is unknown.
	Profile []float64
	// BatchShare of the requests can wait, and is spread evenly over the day.
	BatchShare float64
}

// busiest is the rate of the profile's busiest hour over the mean; 1 without one.
func (d Demand) busiest() float64 {
	busiest := 1.0
	for _, s := range d.Profile {
		busiest = max(busiest, hoursPerDay*s)
	}
	return busiest
}

// weights are the rates that machines must carry in each hour of a day over the
// month's mean rate.
func (d Demand) weights() [hoursPerDay]float64 {
	busiest := d.busiest()
	peak := max(d.PeakToMean, busiest)
	var w [hoursPerDay]float64
	for h := range w {
		at := 1.0
		if len(d.Profile) == hoursPerDay {
			at = hoursPerDay * d.Profile[h] / busiest
		}
		w[h] = (1-d.BatchShare)*peak*at + d.BatchShare
	}
	return w
}

// Side is how one target is paid over a month: so much for each request, and
// machines.
type Side struct {
	PerRequest float64           // USD
	Fleet      *result.CostFleet // nil: no machines
}

// Month is what a month costs on one side.
type Month struct {
	USD          float64
	Replicas     float64 // at the peak; 0 without machines
	Accelerators float64 // paid for at the peak
	// Utilization is the mean rate over the capacity of the replicas that are paid
	// for or have room on what is.
	Utilization float64
}

// Month returns what a volume costs.
func (s Side) Month(requests float64, d Demand) Month {
	m := Month{USD: s.PerRequest * requests}
	if s.Fleet == nil {
		return m
	}
	m.USD += s.Fleet.FixedMonth
	f, w := fleet{s.Fleet}, d.weights()
	if !f.scales() {
		top := 0.0
		for _, at := range w {
			top = max(top, at)
		}
		m.Replicas = f.replicas(requests, top)
		m.Accelerators = f.paid(m.Replicas)
		m.USD += m.Accelerators * f.USDPerHour * HoursPerMonth
		m.Utilization = ratio(requests, f.rps()*SecondsPerMonth*f.room(m.Accelerators))
		return m
	}
	const hours = HoursPerMonth / hoursPerDay // of each hour of a day in a month
	paid, before, capacity := 0.0, f.paid(f.replicas(requests, w[hoursPerDay-1])), 0.0
	for _, at := range w {
		n := f.replicas(requests, at)
		now := f.paid(n)
		paid += now + max(0, now-before)*f.StartHours
		capacity += f.rps() * 3600 * hours * f.room(now)
		m.Replicas, m.Accelerators = max(m.Replicas, n), max(m.Accelerators, now)
		before = now
	}
	m.USD += paid * hours * f.USDPerHour
	m.Utilization = ratio(requests, capacity)
	return m
}

func ratio(a, b float64) float64 {
	if b <= 0 {
		return 0
	}
	return a / b
}

// fleet is the arithmetic of machines.
type fleet struct{ *result.CostFleet }

func (f fleet) scales() bool {
	return f.Scaling == tariff.ScaleHourly || f.Scaling == tariff.ScaleToZero
}

// rps is what a replica carries.
func (f fleet) rps() float64 {
	if f.RequestsPerSecond == 0 {
		return ratio(f.TokensPerSecond, f.InputTokens+f.OutputTokens)
	}
	return f.RequestsPerSecond
}

// replicas that run in an hour of a weight.
func (f fleet) replicas(requests, weight float64) float64 {
	// What rounding adds to a product must not rent a machine.
	need := math.Ceil(weight * requests / (f.rps() * SecondsPerMonth) * (1 - 1e-12))
	least := float64(max(1, f.MinReplicas))
	if f.Scaling == tariff.ScaleToZero {
		if need == 0 {
			return 0
		}
		least = 1
	}
	return max(least, need+float64(f.SpareReplicas))
}

// perNode is how many replicas run on what is sold together, and how many
// accelerators that are: a replica of more than one node has whole nodes.
func (f fleet) perNode() (replicas, accelerators float64) {
	count, node := max(1, f.Accelerators), max(1, f.Node)
	if count > node {
		return 1, float64((count + node - 1) / node * node)
	}
	return float64(node / count), float64(node)
}

// paid is how many accelerators are paid for.
func (f fleet) paid(replicas float64) float64 {
	n, accelerators := f.perNode()
	return math.Ceil(replicas/n) * accelerators
}

// room is how many replicas run on the accelerators that are paid for.
func (f fleet) room(paid float64) float64 {
	n, accelerators := f.perNode()
	return paid / accelerators * n
}

// line is what the cost of a month follows in the long run: at any volume it is
// within spread of fixed + slope × requests.
func (s Side) line(d Demand) (fixed, slope, spread float64) {
	slope = s.PerRequest
	if s.Fleet == nil {
		return 0, slope, 0
	}
	f, w := fleet{s.Fleet}, d.weights()
	n, accelerators := f.perNode()
	each := accelerators / n * f.USDPerHour * HoursPerMonth // a replica's month
	rounded := each*float64(2+f.SpareReplicas+f.MinReplicas) + accelerators*f.USDPerHour*HoursPerMonth
	top, sum, starts := 0.0, 0.0, 0.0
	before := w[hoursPerDay-1]
	for _, at := range w {
		top, sum, starts = max(top, at), sum+at, starts+max(0, at-before)
		before = at
	}
	weight := top
	if f.scales() {
		weight = sum / hoursPerDay
		rounded *= 1 + f.StartHours
		slope += starts / hoursPerDay * f.StartHours * each / (f.rps() * SecondsPerMonth)
	}
	slope += weight * each / (f.rps() * SecondsPerMonth)
	return s.Fleet.FixedMonth, slope, rounded
}

// steps are the volumes, up to most, above which some hour needs another replica.
func (s Side) steps(d Demand, most float64) iter.Seq[float64] {
	return func(yield func(float64) bool) {
		for _, each := range s.strides(d) {
			for k := 1.0; k*each <= most; k++ {
				if !yield(k * each) {
					return
				}
			}
		}
	}
}

// strides are how many requests lie between two steps of each hour; hours with the
// same are one.
func (s Side) strides(d Demand) []float64 {
	if s.Fleet == nil {
		return nil
	}
	var out []float64
	for _, at := range d.weights() {
		each := fleet{s.Fleet}.rps() * SecondsPerMonth / at
		if each > 0 && !math.IsInf(each, 1) && !slices.Contains(out, each) {
			out = append(out, each)
		}
	}
	return out
}

// stepsTo is about how many steps there are up to a volume.
func (s Side) stepsTo(d Demand, volume float64) float64 {
	n := 0.0
	for _, each := range s.strides(d) {
		n += volume / each
	}
	return n
}
