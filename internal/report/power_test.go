package report

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// withPower adds the power of a machine with a GPU to a result with a pass.
func withPower(r *result.Result) {
	b := &r.Benchmarks
	b.Power = &result.Power{
		Sources: []string{"rapl", "nvidia-smi"}, Untested: []string{"rapl", "nvidia-smi"}, IdleS: 30, StepS: 2,
		Failed:  []result.PowerFault{{Source: "nvidia-smi", N: 1, Why: "the driver was busy"}},
		Windows: []result.PowerWindow{{Cell: "pass/candidate", FromS: 10, ToS: 60}},
		Heat: []result.PowerHeat{
			{AtS: 1, Device: "GPU 0", TempC: result.Num(40)}, {AtS: 20, Device: "GPU 0", TempC: result.Num(71), Slowed: []string{"sw_power_cap"}},
			{AtS: 2, Thermal: "Nominal"}, {AtS: 30, Thermal: "Heavy"},
		},
	}
	for _, domain := range []string{"package", "gpu_board"} {
		c := result.PowerCourse{Domain: domain, Source: "x"}
		for i := range 30 {
			c.Points = append(c.Points, result.PowerPoint{AtS: float64(2 * i), W: float64(50 + i)})
		}
		b.Power.Courses = append(b.Power.Courses, c)
	}
	near := func(v float64) result.Estimate {
		return result.Estimate{Value: result.Num(v), Lo: result.Num(0.95 * v), Hi: result.Num(1.05 * v)}
	}
	figures := map[string]result.Estimate{}
	for i, tag := range result.EnergyTags() {
		figures[tag.Tag] = near(float64(i) + 1.5)
	}
	b.Latency.Cells[0].Energy = &result.Energy{
		Evidence: b.Latency.Cells[0].Evidence, Domain: "package + gpu_board", Source: "rapl and nvidia-smi", Figures: figures,
		Domains: []result.EnergyDomain{
			{Domain: "package", Source: "rapl", Devices: []string{"package-0"}, Method: "counter", Joules: result.Num(3000), BoundJ: result.Num(60), MeanW: result.Num(60), PeakW: result.Num(90), IdleW: result.Num(20), Updates: 100},
			{Domain: "gpu_board", Source: "nvidia-smi", Devices: []string{"GPU 0"}, Method: "area", Joules: result.Num(30000), BoundJ: result.Num(600), MeanW: result.Num(600), PeakW: result.Num(690), Updates: 250},
			{Domain: "gpu_board", Source: "dcgm", Devices: []string{"GPU 0 of a"}, Method: "counter", Joules: result.Num(30100), BoundJ: result.Num(100), MeanW: result.Num(602), PeakW: result.Num(680), Updates: 90, Second: true},
			{Domain: "dram", Source: "rapl", Devices: []string{"dram of 0:1"}, Withheld: "dram of 0:1: the counter was not read before and after the window"},
		},
	}
	b.Latency.Cells[1].Energy = &result.Energy{Evidence: b.Latency.Cells[1].Evidence, Withheld: "the power that was read is the candidate's"}
}

// Ten figures side by side are wider than a page.
func TestFiguresOfEnergyFitAPage(t *testing.T) {
	r, figures := fixture(t, "full"), 0
	withPower(r)
	for _, tab := range sectionOf(t, r, "power").Tables[:2] {
		if len(tab.Head) > 8 {
			t.Errorf("%q has %d columns", tab.Title, len(tab.Head))
		}
		figures += len(tab.Head) - 2
	}
	if want := len(result.EnergyTags()); figures != want {
		t.Errorf("%d of %d figures", figures, want)
	}
}

// A note about one cell of several says which.
func TestANoteNamesItsCell(t *testing.T) {
	r := fixture(t, "full")
	cells := r.Benchmarks.Throughput.Cells
	for i := range cells {
		for tag, s := range cells[i].Metrics.Stats {
			if s.Note = ""; tag == "ttft" && i < 2 {
				s.Note = "measured in another way"
			}
			cells[i].Metrics.Stats[tag] = s
		}
	}
	var found []string
	for _, n := range sectionOf(t, r, "throughput").Notes {
		if strings.Contains(n.Text, "another way") {
			found = append(found, n.Text)
		}
	}
	want := format.Users(cells[0].Load.Users) + ", " + format.Users(cells[1].Load.Users) + ": measured in another way"
	if len(found) != 1 || found[0] != want {
		t.Errorf("%q, want %q", found, want)
	}
}
