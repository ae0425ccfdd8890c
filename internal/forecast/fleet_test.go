package forecast

import (
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/sim/scheduler"
)

// recorded is a trace in memory.
type recorded struct {
	at      []time.Duration
	in, out []int
	blocks  [][]uint64
	size    int
}

func (r recorded) Len() int                                { return len(r.at) }
func (r recorded) At(i int) time.Duration                  { return r.at[i] }
func (r recorded) Lengths(i int) (in, out int)             { return r.in[i], r.out[i] }
func (r recorded) BlockTokens() int                        { return r.size }
func (r recorded) AppendBlocks(d []uint64, i int) []uint64 { return append(d, r.blocks[i]...) }

func aFleet(t *testing.T, n int) Fleet {
	t.Helper()
	return Fleet{Question: question(t, "h100/llama-3.1-8b", "in=512,out=64"), Instances: n, Curve: arrival.Flat(40), Duration: 30 * time.Second, Text: "a test"}
}

func askFleet(t *testing.T, q Fleet) *result.Forecast {
	t.Helper()
	f, err := AskFleet(q)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Replicas apart, on all processors, are the same as one fleet that takes
// turns, to the nanosecond.
func TestReplicasApartAreAFleet(t *testing.T) {
	q := aFleet(t, 3)
	l, err := q.layOut()
	if err != nil {
		t.Fatal(err)
	}
	all, err := q.traffic(l)
	if err != nil {
		t.Fatal(err)
	}
	got, err := q.run(l, l.nominal, all)
	if err != nil {
		t.Fatal(err)
	}
	f, err := scheduler.NewFleet(3, scheduler.RoundRobin, l.nominal.config, Timer(l.roof))
	if err != nil {
		t.Fatal(err)
	}
	want := make([]requestTimes, len(all))
	i := 0
	err = f.Run(func() *scheduler.Request {
		if i == len(all) {
			return nil
		}
		s := all[i]
		i++
		return &scheduler.Request{Index: uint64(i - 1), Arrival: s.at, Prompt: int(s.in), Output: int(s.out)}
	}, func(_ int, _ time.Duration, o *scheduler.Outcome) {
		for _, m := range o.Emitted {
			if r := m.Request; m.Done {
				inMS := func(d time.Duration) float32 { return float32(float64(d) / float64(time.Millisecond)) }
				want[r.Index] = requestTimes{inMS(r.First - r.Arrival), inMS(r.Last-r.First) / float32(r.Output-1), inMS(r.Last - r.Arrival)}
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.outcomes, want) {
		t.Error("replicas apart did something else than a fleet")
	}
}

func TestAFleetsAnswerHoldsTogether(t *testing.T) {
	q := aFleet(t, 4)
	q.Price = &Price{USDPerHour: 2, Evidence: result.Listed, Source: "a test"}
	f := askFleet(t, q)
	k := f.Fleet
	if k.Accelerators != 4 || math.Abs(float64(k.Requests)/1200-1) > 0.1 || k.Refused != 0 {
		t.Errorf("%+v", k)
	}
	if usd := float64(*k.USD); math.Abs(usd/(k.Hours*2)-1) > 1e-3 || math.Abs(k.Hours/(4*k.SpanS/3600)-1) > 1e-3 {
		t.Errorf("$%v for %v hours of 4 in %v s", usd, k.Hours, k.SpanS)
	}
	n := 0
	for _, s := range k.Slices {
		n += s.N
	}
	if n != k.Requests || len(k.Slices) != fleetSlices {
		t.Errorf("the slices hold %d requests of %d", n, k.Requests)
	}
	if lo, v, hi := float64(*k.TPOTP50.Lo), value(k.TPOTP50), float64(*k.TPOTP50.Hi); !(lo < v && v < hi) {
		t.Errorf("range %v %v %v", lo, v, hi)
	}
	// A fleet of one under the share of one is what the table of loads has.
	one := aFleet(t, 1)
	one.Curve, one.Duration = arrival.Flat(10), 200*time.Second
	single := question(t, "h100/llama-3.1-8b", "in=512,out=64")
	single.Rate, single.Requests = 10, 2000
	var row result.ForecastLoad
	for _, l := range ask(t, single).Loads {
		if l.Asked {
			row = l
		}
	}
	if got, want := value(askFleet(t, one).Fleet.TPOTP50), value(row.TPOTP50); math.Abs(got/want-1) > 0.02 {
		t.Errorf("TPOT %v in a fleet of one, %v in the table", got, want)
	}
	old := runtime.GOMAXPROCS(1)
	again := askFleet(t, q)
	runtime.GOMAXPROCS(old)
	if !reflect.DeepEqual(again, f) {
		t.Error("the answer depends on the number of processors")
	}
}

func TestATraceKeepsWhatItShares(t *testing.T) {
	tr := recorded{size: 512}
	for i := range 40 {
		tr.at = append(tr.at, time.Duration(i)*time.Second)
		tr.in, tr.out = append(tr.in, 1100), append(tr.out, 20)
		tr.blocks = append(tr.blocks, []uint64{0, 1, uint64(100 + i)})
	}
	tr.in[7] = 10_000_000
	q := aFleet(t, 1)
	q.Trace = tr
	k := askFleet(t, q).Fleet
	if k.Refused != 1 || k.Requests != 40 {
		t.Errorf("%d of %d refused, and one is too long", k.Refused, k.Requests)
	}
	if got, want := value(k.Hits), 38*1024/(39*1100.0); math.Abs(got-want) > 0.005 {
		t.Errorf("%.3f of the input from the cache, want %.3f", got, want)
	}
	q.NoPrefixCache = true
	if got := value(askFleet(t, q).Fleet.Hits); got != 0 {
		t.Errorf("%v from a cache that is off", got)
	}
	q.Speed = 10
	if s := askFleet(t, q).Fleet.SpanS; s > 8 {
		t.Errorf("39 s ten times as fast take %v s", s)
	}
}

func TestFleetsThatCannotBe(t *testing.T) {
	for want, change := range map[string]func(*Fleet){
		"must be 1 to":         func(q *Fleet) { q.Instances = 0 },
		"must be 1 to 3":       func(q *Fleet) { q.Curve = arrival.Flat(1e6); q.Duration = time.Hour },
		"the trace has 0":      func(q *Fleet) { q.Trace = recorded{} },
		"does not fit":         func(q *Fleet) { q.Model = must70b(t); q.TP = 1 },
		"requests in 0s: must": func(q *Fleet) { q.Duration = 0 },
	} {
		q := aFleet(t, 2)
		change(&q)
		if _, err := AskFleet(q); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// Replicas and variants are simulated side by side, which this does in the
// second that the race detector needs for it.
func TestReplicasAndVariantsRunApart(t *testing.T) {
	q := aFleet(t, 2)
	q.Duration = 5 * time.Second
	if k := askFleet(t, q).Fleet; k.Requests == 0 || k.Refused != 0 {
		t.Errorf("%+v", k)
	}
	single := question(t, "h100/llama-3.1-8b", "in=64,out=8")
	l, err := single.layOut()
	if err != nil {
		t.Fatal(err)
	}
	row, err := l.load(20, [3]float64{100, 100, 100})
	if err != nil || !(float64(*row.TPOTP50.Lo) < value(row.TPOTP50) && value(row.TPOTP50) < float64(*row.TPOTP50.Hi)) {
		t.Errorf("%+v, %v", row.TPOTP50, err)
	}
}
