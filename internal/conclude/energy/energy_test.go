package energy

import (
	"math"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan/metering"
	"github.com/inferometer/inferometer/internal/power"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

func at(s float64) exchange.Stamp { return exchange.Stamp(s * 1e9) }

// account is of a machine that draws 20 W for 10 s and 100 W from then on.
func account(sources []string, windows []window, targets ...result.Target) *Account {
	log := &runlog.PowerLog{Sources: sources, Idle: exchange.Spans{{Start: at(2), End: at(9)}}}
	joules := 0.0
	for i := range 100 {
		log.Add(power.Sample{At: at(float64(i) + 1), Source: sources[0], Readings: []power.Reading{{Domain: power.Package, Device: "package-0", Joules: new(joules)}}})
		if joules += 100; i < 10 {
			joules -= 80
		}
	}
	a := &Account{log: log, plan: metering.Power{Source: sources[0], Idle: 1, USDPerKWh: new(0.36)}, targets: targets, windows: windows}
	a.idle = log.Over(log.Idle)
	return a
}

func loaded() *result.Cell {
	rate := func(v float64) result.Rate { return result.Rate{Value: result.Num(v)} }
	return &result.Cell{
		ID: "load", Target: "candidate", Evidence: result.Measured, WindowS: 50, Load: result.LoadShape{Kind: "closed", Users: 4},
		Metrics: result.Metrics{
			Stats: map[string]result.Statistic{"e2e": {Mean: result.Num(2000)}},
			Rates: map[string]result.Rate{"output_throughput": rate(50), "input_throughput": rate(150), "throughput": rate(2)},
		},
	}
}

var (
	here   = result.Target{Name: "candidate", URL: "http://127.0.0.1:8000"}
	away   = result.Target{Name: "candidate", URL: "http://gpu-node:8000"}
	rival  = result.Target{Name: "baseline", URL: "https://api.example.com"}
	fifty  = exchange.Spans{{Start: at(20), End: at(70)}}
	single = []window{{"load", "candidate", fifty}}
)

func TestFiguresOfAKnownEnergy(t *testing.T) {
	e := account([]string{"rapl"}, single, here).Of(loaded())
	if e.Withheld != "" || e.Domain != "package" || e.Evidence != result.Measured {
		t.Fatalf("%+v", e)
	}
	// 100 W for 50 s: 5 kJ, 2500 tokens out, 7500 in, 100 requests of 2 s each.
	for tag, want := range map[string]float64{
		"mean_w": 100, "peak_w": 100, "j_per_output_token": 2, "net_j_per_output_token": 1.6, "j_per_token": 0.5, "j_per_request": 50,
		"tokens_per_j": 0.5, "users_per_kw": 40, "energy_delay": 100, "usd_per_mtok_energy": 0.2,
	} {
		got := e.Figures[tag]
		if got.Value == nil || math.Abs(float64(*got.Value)-want) > 1e-6*want {
			t.Errorf("%s is %+v, want %v", tag, got, want)
		}
	}
	if len(e.Figures) != len(result.EnergyTags()) {
		t.Errorf("%d figures, of %d that have a name", len(e.Figures), len(result.EnergyTags()))
	}
	if d := e.Domains[0]; d.IdleW == nil || math.Abs(float64(*d.IdleW)-20) > 1e-6 {
		t.Errorf("idle %+v", d)
	}
}

// Net of idle, both energies are uncertain: an update of 20 J at each edge of 7 s of idle
// is up to 40 J ÷ 7 s × 50 s in the window, beside 200 J of its own.
func TestTheBoundOfANetEnergyHasThatOfTheIdlePower(t *testing.T) {
	a := account([]string{"rapl"}, []window{{"load", "candidate", exchange.Spans{{Start: at(20.5), End: at(70.5)}}}}, here)
	a.idle = a.log.Over(exchange.Spans{{Start: at(2.5), End: at(9.5)}})
	e := a.Of(loaded())
	gross, net := e.Figures["j_per_output_token"], e.Figures["net_j_per_output_token"]
	if half := float64(*gross.Hi - *gross.Value); math.Abs(half-200.0/2500) > 1e-9 {
		t.Fatalf("gross is known within %v J", half)
	}
	if half := float64(*net.Hi - *net.Value); math.Abs(half-(200+40.0/7*50)/2500) > 1e-9 {
		t.Errorf("net is known within %v J", half)
	}
}

// An energy that its edges leave open is nowhere said to be below 0.
func TestAGrossEnergyHasNoBoundBelowZero(t *testing.T) {
	a := account([]string{"rapl"}, []window{{"load", "candidate", exchange.Spans{{Start: at(20.5), End: at(21.4)}}}}, here)
	e := a.Of(loaded())
	for _, tag := range []string{"mean_w", "j_per_output_token", "j_per_request"} {
		if f := e.Figures[tag]; f.Lo == nil || *f.Lo != 0 {
			t.Errorf("%s from %v", tag, f.Lo)
		}
	}
	if f := e.Figures["tokens_per_j"]; f.Value == nil || f.Hi != nil {
		t.Errorf("tokens per joule up to %v", f.Hi)
	}
}

func TestWhatIsNotKnownHasNoFigure(t *testing.T) {
	c := loaded()
	c.Metrics.Rates["output_throughput"] = result.Rate{Withheld: "tokens are not known"}
	c.Load.Users = 0
	e := account([]string{"rapl"}, single, here).Of(c)
	for _, tag := range []string{"j_per_output_token", "tokens_per_j", "usd_per_mtok_energy", "net_j_per_output_token"} {
		if f := e.Figures[tag]; f.Value != nil || f.Withheld != "tokens are not known" {
			t.Errorf("%s: %+v", tag, f)
		}
	}
	if _, ok := e.Figures["users_per_kw"]; ok {
		t.Error("users of an open loop")
	}
	if _, ok := e.Figures["j_per_token"]; ok {
		t.Error("energy per token without the tokens")
	}
	var none *Account
	if none.Of(c) != nil || none.Run() != nil {
		t.Error("an energy without readings")
	}
}

func TestEnergyOfAnotherMachineIsNotTheTargets(t *testing.T) {
	both := []window{{"load", "candidate", fifty}, {"other", "baseline", exchange.Spans{{Start: at(60), End: at(80)}}}}
	after := []window{{"load", "candidate", fifty}, {"other", "baseline", exchange.Spans{{Start: at(75), End: at(95)}}}}
	other := loaded()
	other.ID, other.Target = "other", "baseline"
	for _, c := range []struct {
		name    string
		source  string
		windows []window
		targets []result.Target
		cell    *result.Cell
		why     string // "": there are figures
	}{
		{"a local server", "rapl", single, []result.Target{here}, loaded(), ""},
		{"a server elsewhere by local readings", "rapl", single, []result.Target{away}, loaded(), "another"},
		{"a server elsewhere by its own", "dcgm", single, []result.Target{away}, loaded(), ""},
		{"two at once", "rapl", both, []result.Target{here, rival}, loaded(), "at the same time"},
		{"one after the other", "rapl", after, []result.Target{here, rival}, loaded(), ""},
		{"the other's cell, local readings", "rapl", after, []result.Target{here, rival}, other, "another"},
		{"the other's cell, the candidate's readings", "cmd", after, []result.Target{away, rival}, other, "candidate's"},
	} {
		e := account([]string{c.source}, c.windows, c.targets...).Of(c.cell)
		if e == nil || (e.Withheld == "") != (c.why == "") || !strings.Contains(e.Withheld, c.why) || (e.Figures == nil) != (c.why != "") {
			t.Errorf("%s: %+v, want a reason with %q", c.name, e, c.why)
		}
	}
}

func TestHeatOfAWindow(t *testing.T) {
	a := account([]string{"rapl"}, single, here)
	for _, s := range []power.Sample{
		{At: at(5), Source: "x", States: []power.State{{Thermal: "Moderate", TempC: new(60.0)}}}, // holds when the window opens
		{At: at(6), Source: "y", States: []power.State{{TempC: new(57.0)}}},                      // does not hide it
		{At: at(30), Source: "x", States: []power.State{{Thermal: "Nominal", TempC: new(55.0)}}},
		{At: at(40), Source: "x", States: []power.State{{Thermal: "Nominal", TempC: new(58.0), Slowed: []string{"hw_slowdown"}}}},
		{At: at(90), Source: "x", States: []power.State{{Thermal: "Sleeping", TempC: new(99.0)}}}, // after it
	} {
		a.log.Add(s)
	}
	e := a.Of(loaded())
	if len(e.Thermal) != 1 || e.Thermal[0] != "Moderate" || len(e.Slowed) != 1 || *e.TempMaxC != 60 || !e.HeatKnown {
		t.Errorf("%v %v %v", e.Thermal, e.Slowed, *e.TempMaxC)
	}
}

func TestPowerOverTimeIsBounded(t *testing.T) {
	a := account([]string{"rapl"}, single, here)
	p := a.Run()
	if len(p.Courses) != 1 || len(p.Courses[0].Points) < 90 || len(p.Windows) != 1 || p.IdleS != 7 || len(p.Untested) != 1 {
		t.Fatalf("%+v", p)
	}
	if first, last := p.Courses[0].Points[2].W, p.Courses[0].Points[80].W; math.Abs(first-20) > 1e-6 || math.Abs(last-100) > 1e-6 {
		t.Errorf("%v W, then %v W", first, last)
	}
	long := &runlog.PowerLog{Sources: []string{"x"}}
	for i := range 5000 {
		long.Add(power.Sample{At: at(float64(i) + 1), Source: "x", Readings: []power.Reading{{Domain: power.GPU, Device: "GPU 0", Watts: new(1.0)}}})
	}
	if n := len((&Account{log: long}).Run().Courses[0].Points); n > bins || n < bins/2 {
		t.Errorf("%d points", n)
	}
}
