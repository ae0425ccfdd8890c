// Package arrival says when the requests of an open loop are due: arrival
// processes, rates that change in time, and what a schedule looks like as
// statistics. It is pure: every time is a function of the seed and the index,
// so that worker k of N can compute its share alone (see Share), and the same
// seed gives the same schedule on every machine.
package arrival

import (
	"fmt"
	"iter"
	"math"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/seeded"
)

// Process names how arrivals follow each other.
type Process string

// The processes. Their gaps have the mean that the rate asks for, and are not
// rescaled to a fixed total, which would condition them.
const (
	Constant Process = "constant" // equal gaps
	Poisson  Process = "poisson"  // exponential gaps
	Gamma    Process = "gamma"    // gaps of a gamma distribution; Shape is vLLM's burstiness
	Weibull  Process = "weibull"  // gaps of a Weibull distribution
)

// Processes lists the processes, for messages.
func Processes() []string {
	return []string{string(Constant), string(Poisson), string(Gamma), string(Weibull)}
}

// Schedule is an endless sequence of due times.
type Schedule struct {
	Process Process
	// Shape is the shape parameter of Gamma and Weibull: below 1 arrivals come
	// in bursts, 1 is Poisson, above 1 they are more even. 0 means 1.
	Shape float64
	Curve Curve
	Seed  uint64
}

// Validate says what is wrong with the schedule.
func (s Schedule) Validate() error {
	switch s.Process {
	case Constant, Poisson:
		if s.Shape != 0 {
			return fmt.Errorf("only gamma and weibull arrivals have a shape (burstiness), %s have none", s.Process)
		}
	case Gamma, Weibull:
		if s.Shape < 0 || math.IsNaN(s.Shape) || s.Shape != 0 && (s.Shape < 0.01 || s.Shape > 1000) {
			return fmt.Errorf("the shape (burstiness) %v is not between 0.01 and 1000", s.Shape)
		}
	default:
		return fmt.Errorf("unknown arrival process %q; use %s", s.Process, strings.Join(Processes(), ", "))
	}
	return s.Curve.Validate()
}

// Times returns the due times in order, as offsets from the start. The k-th of
// a constant rate is k ÷ rate, the first at 0, and does not drift.
func (s Schedule) Times() iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		for n := range s.units() {
			t := s.Curve.invert(n)
			if math.IsInf(t, 1) || t > math.MaxInt64/2e9 {
				return // the rate has fallen to 0: nothing arrives any more
			}
			if !yield(time.Duration(t * 1e9)) {
				return
			}
		}
	}
}

// units are the arrivals of the process at rate 1: the curve bends time, and
// leaves the process as it is (time rescaling; Brown et al., Neural Computation
// 14, 2002).
func (s Schedule) units() iter.Seq[float64] {
	return func(yield func(float64) bool) {
		t := 0.0
		for k := uint64(0); yield(t); k++ {
			if s.Process == Constant {
				t = float64(k + 1)
			} else {
				t += s.gap(k)
			}
		}
	}
}

// gap is the k-th gap of the process at rate 1.
func (s Schedule) gap(k uint64) float64 {
	r := counter{key: seeded.Mix(s.Seed ^ 0x617272697661), block: k}
	shape := s.Shape
	if shape == 0 {
		shape = 1
	}
	switch s.Process {
	case Gamma:
		return r.gamma(shape) / shape
	case Weibull:
		return math.Pow(r.exponential(), 1/shape) / math.Gamma(1+1/shape)
	}
	return r.exponential()
}

// CV is the coefficient of variation of the gaps of the process: their standard
// deviation over their mean, at a constant rate.
func (s Schedule) CV() float64 {
	shape := s.Shape
	if shape == 0 {
		shape = 1
	}
	switch s.Process {
	case Constant:
		return 0
	case Gamma:
		return 1 / math.Sqrt(shape)
	case Weibull:
		m := math.Gamma(1 + 1/shape)
		return math.Sqrt(math.Gamma(1+2/shape)/(m*m) - 1)
	}
	return 1
}

// counter is a stream of random numbers for one index: a hash of key, block
// and position, so that no index needs those before it.
type counter struct{ key, block, n uint64 }

// uniform is in (0, 1).
func (c *counter) uniform() float64 {
	c.n++
	return (float64(seeded.Mix(c.key^seeded.Mix(c.block*64+c.n))>>11) + 0.5) / (1 << 53)
}

func (c *counter) exponential() float64 { return -math.Log(c.uniform()) }

// normal is by Box and Muller (1958).
func (c *counter) normal() float64 {
	return math.Sqrt(2*c.exponential()) * math.Cos(2*math.Pi*c.uniform())
}

// gamma has the given shape and scale 1, by Marsaglia and Tsang (2000).
func (c *counter) gamma(shape float64) float64 {
	if shape < 1 {
		u := c.uniform()
		return c.gamma(shape+1) * math.Pow(u, 1/shape)
	}
	d := shape - 1.0/3
	for {
		x := c.normal()
		v := 1 + x/math.Sqrt(9*d)
		if v <= 0 {
			continue
		}
		v *= v * v
		if math.Log(c.uniform()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}
