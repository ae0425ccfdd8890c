package power

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
)

// plant is a simulated counter: a power that changes, published in batches, looked at
// by a clock that is not even. What it has used at any moment is known.
type plant struct {
	rng     *rand.Rand
	watts   func(t float64) float64
	joules  func(t float64) float64 // the integral
	batches []float64               // moments at which the counter is published
}

func newPlant(seed uint64, batch, jitter, length float64) *plant {
	r := rand.New(rand.NewPCG(seed, 1))
	base, swing, period := 20+200*r.Float64(), r.Float64(), 3+30*r.Float64()
	p := &plant{rng: r}
	p.watts = func(t float64) float64 { return base * (1 + swing*math.Sin(2*math.Pi*t/period)) }
	p.joules = func(t float64) float64 {
		return base * (t + swing*period/(2*math.Pi)*(1-math.Cos(2*math.Pi*t/period)))
	}
	for t := 0.0; t < length; t += batch * (1 + jitter*(2*r.Float64()-1)) {
		p.batches = append(p.batches, t)
	}
	return p
}

// counter is what a look at t sees, in whole mJ.
func (p *plant) counter(t float64) float64 {
	last := 0.0
	for _, b := range p.batches {
		if b > t {
			break
		}
		last = b
	}
	return math.Floor(p.joules(last)*1e3) / 1e3
}

func stamp(t float64) exchange.Stamp { return exchange.Stamp(t * 1e9) }

func window(from, to float64) exchange.Spans {
	return exchange.Spans{{Start: stamp(from), End: stamp(to)}}
}

// look reads a counter every so often, with some jitter.
func look(p *plant, every, length, wrap float64) *Channel {
	c := &Channel{Domain: Package, Wrap: wrap}
	for t := 0.001; t < length; t += every * (0.7 + 0.6*p.rng.Float64()) {
		j := p.counter(t)
		if wrap > 0 {
			j = math.Mod(j, wrap)
		}
		c.Points = append(c.Points, Point{At: stamp(t), Joules: j, Watts: absent})
	}
	return c
}

// The energy between any two moments is right within the bound that is told, for even
// and uneven batches and clocks, and for counters that wrap.
func TestEnergyIsWithinItsBound(t *testing.T) {
	for seed := range uint64(15) {
		for _, c := range []struct{ batch, jitter, every, wrap float64 }{
			{0.001, 0, 1, 0}, {2.1, 0.05, 0.25, 0}, {1.05, 0.4, 0.2, 0}, {0.1, 0.2, 0.5, 2003}, {2.2, 0.1, 0.5, 0},
		} {
			p := newPlant(seed, c.batch, c.jitter, 200)
			ch := look(p, c.every, 200, c.wrap)
			from := 5 + 20*p.rng.Float64()
			to := from + 20 + 100*p.rng.Float64()
			e := ch.Over(window(from, to))
			if e.Withheld != "" {
				t.Fatalf("seed %d %+v: %s", seed, c, e.Withheld)
			}
			want := p.joules(to) - p.joules(from)
			if off := math.Abs(e.Joules - want); off > e.Bound+0.002 {
				t.Errorf("seed %d %+v: %.3f J, want %.3f: off by %.3f, bound %.3f", seed, c, e.Joules, want, off, e.Bound)
			}
			if e.Bound > 0.5*want {
				t.Errorf("seed %d %+v: a bound of %.1f of %.1f J says nothing", seed, c, e.Bound, want)
			}
		}
	}
}

// At the moments at which a counter is seen to change nothing is interpolated.
func TestEnergyIsExactAtTheEdgesOfBatches(t *testing.T) {
	c := &Channel{Domain: Package}
	for i := range 100 {
		at := float64(i) + 0.3*math.Sin(float64(i))
		for k := range 4 { // looks between two batches see the same
			c.Points = append(c.Points, Point{At: stamp(at + 1 + 0.05*float64(k)), Joules: float64(i*i) / 8, Watts: absent})
		}
	}
	from, to := 10+0.3*math.Sin(10)+1, 90+0.3*math.Sin(90)+1
	e := c.Over(window(from, to))
	if want := float64(90*90-10*10) / 8; e.Joules != want || e.Bound != 0 || e.Method != Counter {
		t.Errorf("%+v, want exactly %v J", e, want)
	}
}

func TestAFrozenChannelIsNoMeasurement(t *testing.T) {
	counter, gauge := &Channel{Domain: SoC}, &Channel{Domain: DRAM}
	rest := &Channel{Domain: SoC, MayRest: true}
	for i := range 60 {
		counter.Points = append(counter.Points, Point{At: stamp(float64(i) + 1), Joules: 5, Watts: absent})
		gauge.Points = append(gauge.Points, Point{At: stamp(float64(i) + 1), Joules: absent, Watts: 0})
	}
	rest.Points = gauge.Points
	for name, c := range map[string]*Channel{"counter": counter, "gauge": gauge} {
		if e := c.Over(window(10, 50)); e.Withheld == "" {
			t.Errorf("%s: %+v", name, e)
		}
	}
	if e := rest.Over(window(10, 50)); e.Withheld != "" || e.Joules != 0 {
		t.Errorf("a Neural Engine that rests: %+v", e)
	}
}

func TestAResetInsideTheWindowIsRefusedAndOneOutsideIsNot(t *testing.T) {
	c := &Channel{Domain: GPU}
	for i := range 100 {
		j := float64(1000 + 10*i)
		if i >= 50 {
			j = float64(10 * (i - 50))
		}
		c.Points = append(c.Points, Point{At: stamp(float64(i) + 1), Joules: j, Watts: absent})
	}
	if e := c.Over(window(40, 60)); e.Resets != 1 || e.Withheld == "" {
		t.Errorf("inside: %+v", e)
	}
	for _, w := range []exchange.Spans{window(5, 45), window(55, 95)} {
		if e := c.Over(w); e.Resets != 0 || e.Withheld != "" || math.Abs(e.Joules-400) > 1e-6 {
			t.Errorf("outside: %+v, want 400 J", e)
		}
	}
}

// A counter that was not looked at for longer than one turn can take is not believed.
func TestALongSilenceMayHideAWrap(t *testing.T) {
	c := &Channel{Domain: Package, Wrap: 1000, Points: []Point{
		{stamp(1), 10, absent}, {stamp(2), 60, absent}, {stamp(60), 100, absent}, {stamp(61), 150, absent},
	}}
	if e := c.Over(window(1.5, 60.5)); e.Withheld == "" {
		t.Errorf("%+v", e)
	}
}

func TestAWindowThatWasNotReadToItsEdgesIsRefused(t *testing.T) {
	counter, gauge := &Channel{Domain: Package}, &Channel{Domain: GPU}
	for i := range 20 {
		counter.Points = append(counter.Points, Point{At: stamp(float64(i) + 1), Joules: float64(i), Watts: absent})
		gauge.Points = append(gauge.Points, Point{At: stamp(float64(i) + 1), Joules: absent, Watts: 50})
	}
	for _, w := range []exchange.Spans{window(0.5, 10), window(5, 25), nil, window(5, 5)} {
		for name, c := range map[string]*Channel{"counter": counter, "gauge": gauge} {
			if e := c.Over(w); e.Withheld == "" {
				t.Errorf("%s over %v: %+v", name, w, e)
			}
		}
	}
}

func TestTrapezoidsOfPowerWithUnevenClocks(t *testing.T) {
	for seed := range uint64(40) {
		p := newPlant(seed, 1, 0, 1)
		c := &Channel{Domain: GPU}
		for at := 0.01; at < 130; at += 0.2 * (0.5 + p.rng.Float64()) {
			c.Points = append(c.Points, Point{At: stamp(at), Joules: absent, Watts: p.watts(at)})
		}
		from, to := 5+p.rng.Float64(), 100+p.rng.Float64()
		e := c.Over(window(from, to))
		want := p.joules(to) - p.joules(from)
		if e.Withheld != "" || e.Method != Area || math.Abs(e.Joules-want) > 0.002*want {
			t.Errorf("seed %d: %+v, want %.1f J", seed, e, want)
		}
		if math.Abs(e.Mean-want/(to-from)) > 0.01*e.Mean || e.Peak < e.Mean {
			t.Errorf("seed %d: mean %.1f W, peak %.1f W", seed, e.Mean, e.Peak)
		}
	}
}

func TestAGapInThePowerIsRefusedAndInACounterIsNot(t *testing.T) {
	counter, gauge := &Channel{Domain: Package}, &Channel{Domain: GPU}
	for i := range 100 {
		if i > 30 && i < 45 {
			continue
		}
		counter.Points = append(counter.Points, Point{At: stamp(float64(i) + 1), Joules: float64(10 * i), Watts: absent})
		gauge.Points = append(gauge.Points, Point{At: stamp(float64(i) + 1), Joules: absent, Watts: 10})
	}
	if e := gauge.Over(window(10, 90)); e.Gaps != 1 || e.Withheld == "" {
		t.Errorf("gauge: %+v", e)
	}
	if e := counter.Over(window(10, 90)); e.Withheld != "" || math.Abs(e.Joules-800) > 1e-6 {
		t.Errorf("counter: %+v", e)
	}
}

func TestTheTimeBetweenBlocksIsNotCounted(t *testing.T) {
	c := &Channel{Domain: Package}
	for i := range 101 { // 10 W, and 100 W from 30 to 60 s
		j := float64(10 * i)
		if i > 30 {
			j += 90 * float64(min(i, 60)-30)
		}
		c.Points = append(c.Points, Point{At: stamp(float64(i) + 1), Joules: j, Watts: absent})
	}
	e := c.Over(exchange.Spans{{Start: stamp(11), End: stamp(31)}, {Start: stamp(61), End: stamp(81)}})
	if math.Abs(e.Joules-400) > 1e-6 || math.Abs(e.Mean-10) > 1e-6 || math.Abs(e.Peak-10) > 1e-6 {
		t.Errorf("%+v, want 400 J at 10 W", e)
	}
}

// sample is a look with one reading of power for each channel.
func sample(at float64, source string, watts map[Domain][]float64) Sample {
	s := Sample{At: stamp(at), Source: source}
	for _, d := range []Domain{SoC, Package, DRAM, GPU, System, Node} {
		for i, w := range watts[d] {
			s.Readings = append(s.Readings, Reading{Domain: d, Device: fmt.Sprintf("%s %d", d, i), Watts: &w})
		}
	}
	return s
}

func TestDomainsThatOverlapAreNeverAdded(t *testing.T) {
	for _, c := range []struct {
		name    string
		samples map[string]map[Domain][]float64
		domain  string
		watts   float64
	}{
		{"two GPUs", map[string]map[Domain][]float64{"a": {GPU: {100, 50}}}, "gpu_board", 150},
		{"components", map[string]map[Domain][]float64{"a": {GPU: {100}}, "b": {Package: {40, 40}, DRAM: {10}}}, "gpu_board + package + dram", 190},
		{"a sensor of the whole", map[string]map[Domain][]float64{"a": {GPU: {100}}, "b": {System: {300}}}, "system", 300},
		{"a sensor that leaves the GPU out", map[string]map[Domain][]float64{"a": {GPU: {300}}, "b": {System: {150}, Package: {80}}}, "gpu_board + package", 380},
		{"an instrument", map[string]map[Domain][]float64{"a": {System: {300}}, "b": {Node: {350}}}, "node", 350},
		{"one domain twice", map[string]map[Domain][]float64{"a": {GPU: {100}}, "b": {GPU: {101}}}, "gpu_board", 100},
	} {
		var l Log
		for i := range 60 {
			for _, source := range []string{"a", "b"} {
				if w, ok := c.samples[source]; ok {
					l.Add(sample(float64(i)+1, source, w))
				}
			}
		}
		total, name, ok := Headline(l.Over(window(10, 50)))
		if !ok || name != c.domain || math.Abs(total.Mean-c.watts) > 1e-6 {
			t.Errorf("%s: %q %.1f W, want %q %.1f W", c.name, name, total.Mean, c.domain, c.watts)
		}
	}
	if _, _, ok := Headline(nil); ok {
		t.Error("an energy out of nothing")
	}
}

func TestAMissingDeviceTakesItsDomainWithIt(t *testing.T) {
	var l Log
	for i := range 60 {
		s := sample(float64(i)+1, "a", map[Domain][]float64{GPU: {100, 50}})
		if i > 30 {
			s.Readings = s.Readings[:1]
		}
		l.Add(s)
	}
	if totals := l.Over(window(10, 50)); len(totals) != 1 || totals[0].Withheld == "" {
		t.Errorf("%+v", totals)
	}
}

func TestHeatIsKeptWhereItChanges(t *testing.T) {
	var l Log
	for i, h := range []State{
		{Thermal: "Nominal", TempC: new(50.0)}, {Thermal: "Nominal", TempC: new(51.0)}, {Thermal: "Nominal", TempC: new(53.0)},
		{Thermal: "Heavy", TempC: new(53.0)}, {Thermal: "Heavy", TempC: new(53.0), Slowed: []string{"sw_thermal_slowdown"}},
	} {
		l.Add(Sample{At: stamp(float64(i) + 1), Source: "a", States: []State{h}})
	}
	if len(l.Heat) != 4 {
		t.Errorf("%d states: %+v", len(l.Heat), l.Heat)
	}
}

func TestShortWindows(t *testing.T) {
	for _, c := range []struct {
		updates int
		seconds float64
		want    bool
	}{{3, 5, true}, {10, 5, false}, {3, 20, false}} {
		if got := (Energy{Updates: c.updates, Seconds: c.seconds}).Short(); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
