package cost

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/tariff"
)

// anyFleet makes machines, demand and an API whose costs meet within some thousand
// requests.
func anyFleet(r *rand.Rand) (own, api Side, d Demand) {
	f := &result.CostFleet{
		USDPerHour: 1 + 4*r.Float64(), Accelerators: 1 + r.IntN(9), Node: []int{1, 1, 4, 8}[r.IntN(4)],
		RequestsPerSecond: (50 + 500*r.Float64()) / SecondsPerMonth, MinReplicas: r.IntN(4), SpareReplicas: r.IntN(3),
	}
	if r.IntN(2) == 0 {
		f.FixedMonth = 10_000 * r.Float64()
	}
	if r.IntN(2) == 0 {
		f.Scaling = []string{tariff.ScaleHourly, tariff.ScaleToZero}[r.IntN(2)]
		f.StartHours = r.Float64()
	}
	d.PeakToMean = 1 + 4*r.Float64()
	if r.IntN(2) == 0 {
		sum := 0.0
		for range hoursPerDay {
			d.Profile = append(d.Profile, float64(r.IntN(4)))
			sum += d.Profile[len(d.Profile)-1]
		}
		for i := range d.Profile {
			d.Profile[i] /= max(1, sum)
		}
		if sum == 0 {
			d.Profile = nil
		}
	}
	if r.IntN(2) == 0 {
		d.BatchShare = r.Float64()
	}
	own = Side{Fleet: f, PerRequest: r.Float64()}
	_, slope, _ := own.line(d)
	return own, Side{PerRequest: slope * (0.5 + 2*r.Float64())}, d
}

// The ranges are held to the costs themselves: at every whole volume, in both
// directions, and for machines against machines.
func TestRangesByBruteForce(t *testing.T) {
	seeds := 300
	if testing.Short() {
		seeds = 60
	}
	ranges := 0
	for seed := range uint64(seeds) {
		r := rand.New(rand.NewPCG(seed, 14))
		a, b, d := anyFleet(r)
		switch r.IntN(3) {
		case 0:
			a, b = b, a
		case 1:
			b, _, _ = anyFleet(r)
		}
		got := Cheaper(a, b, d)
		if got.More == 0 {
			ranges += len(got.List)
		}
		in := 0
		for n := 1.0; n <= 4000; n++ {
			want := a.Month(n, d).USD < b.Month(n, d).USD
			for in < len(got.List) && float64(got.List[in].To) < n {
				in++
			}
			if in == len(got.List) && (got.More > 0 || got.Until > 0) {
				break // not listed
			}
			if is := in < len(got.List) && float64(got.List[in].From) <= n; is != want {
				t.Fatalf("seed %d, %v requests: cheaper is %v, and the ranges %+v say %v; %+v %+v %+v %+v", seed, n, want, got, is, d, b, a.Fleet, b.Fleet)
			}
		}
	}
	if ranges < seeds {
		t.Errorf("only %d ranges in %d cases: the test looks at nothing", ranges, seeds)
	}
}

// Beyond the last range that is listed nothing changes any more.
func TestTheLastRangeIsTheLast(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 15))
		a, b, d := anyFleet(r)
		got := Cheaper(a, b, d)
		if got.More > 0 || got.Until > 0 {
			continue
		}
		last := 1.0
		open := false
		for _, w := range got.List {
			last = float64(w.From)
			if open = math.IsInf(float64(w.To), 1); !open {
				last = float64(w.To)
			}
		}
		for range 300 {
			n := math.Ceil(last * math.Exp(8*r.Float64()+1e-9))
			if n <= last {
				continue
			}
			if is := a.Month(n, d).USD < b.Month(n, d).USD; is != open {
				t.Fatalf("seed %d: at %v requests cheaper is %v, after %+v", seed, n, is, got)
			}
		}
	}
}

// Right on both sides of each step: at a replica's capacity one is enough, and one
// request more needs another.
func TestBothSidesOfAStep(t *testing.T) {
	// 100,000 requests a month at the peak of 3: research B.5's staircase at 3.99 $/h.
	own := Side{Fleet: &result.CostFleet{USDPerHour: 3.99, RequestsPerSecond: 300_000 / SecondsPerMonth, MinReplicas: 1}}
	api, d := Side{PerRequest: 0.04}, Demand{PeakToMean: 3}
	for k := 1.0; k < 6; k++ {
		for n, replicas := range map[float64]float64{100_000 * k: k, 100_000*k + 1: k + 1} {
			if m := own.Month(n, d); m.Replicas != replicas || math.Abs(m.USD-replicas*3.99*HoursPerMonth) > 1e-6 {
				t.Errorf("%v requests: %v replicas for %v", n, m.Replicas, m.USD)
			}
		}
	}
	// One replica is $2,912.70, which 72,817.5 requests pay; then each step to the next.
	r := Cheaper(own, api, d)
	want := "[{72818 100000} {145636 200000} {218453 +Inf}]"
	if got := fmt.Sprint(r.List); got != want || r.More != 0 || r.Until != 0 {
		t.Errorf("%+v, want %s", r, want)
	}
}

// Nothing is free when idle: more of what stands idle never costs less.
func TestMoreIdleIsNeverCheaper(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 16))
		own, _, d := anyFleet(r)
		n := math.Ceil(5000 * r.Float64())
		was := own.Month(n, d)
		check := func(what string, s Side, d Demand) {
			t.Helper()
			if m := s.Month(n, d); m.USD < was.USD*(1-1e-12) || m.Utilization > was.Utilization*(1+1e-12) {
				t.Errorf("seed %d, %s: %+v, and was %+v", seed, what, m, was)
			}
		}
		with := func(change func(*result.CostFleet)) Side {
			f := *own.Fleet
			change(&f)
			return Side{PerRequest: own.PerRequest, Fleet: &f}
		}
		check("a spare replica", with(func(f *result.CostFleet) { f.SpareReplicas++ }), d)
		check("a higher least number", with(func(f *result.CostFleet) { f.MinReplicas++ }), d)
		check("always on", with(func(f *result.CostFleet) { f.Scaling = "" }), d)
		check("hourly in place of to zero", with(func(f *result.CostFleet) {
			if f.Scaling == tariff.ScaleToZero {
				f.Scaling = tariff.ScaleHourly
			}
		}), d)
		higher := d
		higher.PeakToMean *= 1.5
		check("a higher peak", own, higher)
		fewer := d
		fewer.BatchShare = 0
		if own.Fleet.Scaling == "" {
			check("nothing that can wait", own, fewer)
		}
	}
}

// What is paid for is whole nodes, with room for the replicas that the peak needs.
func TestAcceleratorsAreWholeNodes(t *testing.T) {
	for _, tt := range []struct {
		count, node int
		replicas    float64
		paid, room  float64
	}{
		{1, 1, 3, 3, 3}, {1, 8, 1, 8, 8}, {1, 8, 9, 16, 16}, {4, 8, 1, 8, 2}, {3, 8, 3, 16, 4}, {8, 8, 2, 16, 2}, {12, 8, 1, 16, 1}, {12, 8, 3, 48, 3}, {16, 8, 1, 16, 1},
	} {
		f := fleet{&result.CostFleet{Accelerators: tt.count, Node: tt.node}}
		if paid := f.paid(tt.replicas); paid != tt.paid || f.room(paid) != tt.room {
			t.Errorf("%v replicas of %d in nodes of %d: %v paid with room for %v", tt.replicas, tt.count, tt.node, paid, f.room(paid))
		}
		if n := (result.Machine{Count: tt.count, Node: tt.node}).Nodes(int(tt.replicas)); float64(n*tt.node) != tt.paid {
			t.Errorf("%v replicas of %d are %d nodes of %d, and %v are paid for", tt.replicas, tt.count, n, tt.node, tt.paid)
		}
	}
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 17))
		own, _, d := anyFleet(r)
		m := own.Month(math.Ceil(5000*r.Float64()), d)
		if node := float64(own.Fleet.Node); math.Mod(m.Accelerators, node) != 0 || m.Accelerators < m.Replicas*float64(own.Fleet.Accelerators) {
			t.Errorf("seed %d: %v accelerators in nodes of %v for %v replicas of %d", seed, m.Accelerators, node, m.Replicas, own.Fleet.Accelerators)
		}
	}
}

// Hours without requests cost nothing where machines scale to zero, all hours where
// they do not, and a start is paid.
func TestScalingFollowsTheProfile(t *testing.T) {
	d := Demand{PeakToMean: 1, Profile: make([]float64, hoursPerDay)}
	for h := 8; h < 20; h++ {
		d.Profile[h] = 1.0 / 12
	}
	own := func(scaling string, start float64) Side {
		return Side{Fleet: &result.CostFleet{USDPerHour: 2, RequestsPerSecond: 1, Scaling: scaling, StartHours: start, MinReplicas: 1}}
	}
	n := 1.5 * SecondsPerMonth // twice that by day: 3 replicas
	for _, tt := range []struct {
		scaling     string
		start, want float64 // replica hours per day
	}{{"", 0, 72}, {tariff.ScaleHourly, 0, 48}, {tariff.ScaleToZero, 0, 36}, {tariff.ScaleToZero, 0.5, 37.5}, {tariff.ScaleHourly, 0.5, 49}} {
		m := own(tt.scaling, tt.start).Month(n, d)
		if got := m.USD / 2 / HoursPerMonth * 24; math.Abs(got-tt.want) > 1e-9 || m.Replicas != 3 {
			t.Errorf("%q, start %v: %v replica hours a day for %v replicas, want %v", tt.scaling, tt.start, got, m.Replicas, tt.want)
		}
	}
	// Half of it can wait: 1.5 × 2 × ½ + 1.5 × ½ = 2.25 by day, 0.75 by night.
	d.BatchShare = 0.5
	if m := own(tariff.ScaleToZero, 0).Month(n, d); math.Abs(m.USD/2/HoursPerMonth*24-(12*3+12)) > 1e-9 {
		t.Errorf("%+v", m)
	}
}
