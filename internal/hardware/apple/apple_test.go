package apple

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shared returns a recording of a real machine, which is not part of the project; the
// test is skipped where it is not at hand.
func shared(t *testing.T, name string) []byte {
	t.Helper()
	var b []byte
	var err error
	for _, root := range []string{"../../../..", "../../../../.."} { // beside the checkout, or beside the folder of its worktrees
		if b, err = os.ReadFile(filepath.Join(root, "shared/fixtures/apple-power", name)); err == nil {
			return b
		}
	}
	t.Skipf("recordings of real machines are not at hand: %v", err)
	return b
}

func TestTiersAreCarriedAsTheSystemNamesThem(t *testing.T) {
	for _, c := range []struct {
		name, sysctl string
		want         []Tier
	}{
		{"two without names", "hw.nperflevels: 2\nhw.perflevel0.physicalcpu: 6\nhw.perflevel1.physicalcpu: 2\n", []Tier{{Name: "Performance", Cores: 6}, {Name: "Efficiency", Cores: 2}}},
		{"no efficiency cores", "hw.nperflevels: 2\nhw.perflevel0.name: Super\nhw.perflevel0.physicalcpu: 6\nhw.perflevel0.l2cachesize: 16777216\nhw.perflevel0.cpusperl2: 6\nhw.perflevel1.name: Performance\nhw.perflevel1.physicalcpu: 12\n",
			[]Tier{{"Super", 6, 16777216, 6}, {Name: "Performance", Cores: 12}}},
		{"three", "hw.nperflevels: 3\nhw.perflevel0.name: Super\nhw.perflevel0.physicalcpu: 2\nhw.perflevel1.name: Performance\nhw.perflevel1.physicalcpu: 4\nhw.perflevel2.name: Efficiency\nhw.perflevel2.physicalcpu: 6\n",
			[]Tier{{Name: "Super", Cores: 2}, {Name: "Performance", Cores: 4}, {Name: "Efficiency", Cores: 6}}},
		{"three without names", "hw.nperflevels: 3\nhw.perflevel0.physicalcpu: 2\nhw.perflevel1.physicalcpu: 4\nhw.perflevel2.physicalcpu: 6\n",
			[]Tier{{Name: "level 0", Cores: 2}, {Name: "level 1", Cores: 4}, {Name: "level 2", Cores: 6}}},
	} {
		got, err := ParseSysctl([]byte(c.sysctl)).Tiers()
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	for _, bad := range []string{"", "hw.nperflevels: 0", "hw.nperflevels: 1000000", "hw.nperflevels: 1\nhw.perflevel0.name: X"} {
		if got, err := ParseSysctl([]byte(bad)).Tiers(); err == nil {
			t.Errorf("%q gives %v", bad, got)
		}
	}
}

func TestSharedSysctls(t *testing.T) {
	for name, want := range map[string]struct {
		chip, tiers string
		features    string
	}{
		"sysctl-monterey-m1.txt":              {"Apple M1 Pro", "6 Performance 2 Efficiency", "FP16 DotProd"},
		"sysctl-monterey-m2.txt":              {"Apple M2", "4 Performance 4 Efficiency", "FP16 DotProd BF16 I8MM"},
		"sysctl-sequoia-m3.txt":               {"Apple M3 Max", "10 Performance 4 Efficiency", "FP16 DotProd BF16 I8MM"},
		"sysctl-sequoia-m4.txt":               {"Apple M4 Max", "12 Performance 4 Efficiency", "FP16 DotProd BF16 I8MM SME SME2"},
		"sysctl-m5max-macos26-perflevels.txt": {"", "6 Super 12 Performance", ""},
		"sysctl-m6-macos27-perflevels.txt":    {"", "2 Super 4 Performance 6 Efficiency", ""},
	} {
		s := ParseSysctl(shared(t, name))
		tiers, err := s.Tiers()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var text []string
		for _, x := range tiers {
			text = append(text, fmt.Sprintf("%d %s", x.Cores, x.Name))
		}
		features, _ := s.Features()
		if got := strings.Join(text, " "); got != want.tiers || s.Chip() != want.chip || strings.Join(features, " ") != want.features {
			t.Errorf("%s: %q %q %v, want %+v", name, s.Chip(), got, features, want)
		}
	}
}

func TestSharedProfile(t *testing.T) {
	p, err := ParseProfile(shared(t, "system_profiler-m4max.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := Profile{Chip: "Apple M4 Max", Model: "Mac16,5", Name: "MacBook Pro", Memory: "48 GB", GPUs: []GPU{{"Apple M4 Max", 40, "Metal 4"}}}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The seven samples contradict each other about the order of the parts, which is why
// nothing here reads them.
func TestNumberProcessorsHasNoOneOrder(t *testing.T) {
	r := csv.NewReader(strings.NewReader(string(shared(t, "system_profiler-number_processors.tsv"))))
	r.Comma = '\t'
	rows, err := r.ReadAll()
	if err != nil || len(rows) != 8 {
		t.Fatalf("%d rows: %v", len(rows), err)
	}
	// "proc 16:12:4" is total:P:E, "proc 12:0:8:4" total:S:P:E, "proc 18:6:0:12" total:S:E:P:
	// the second number is the fastest tier's in two of them and not in the third.
	second := func(i int) string { return strings.Split(rows[i][3], ":")[1] }
	if !(strings.HasPrefix(rows[4][4], second(4)+"P") && strings.HasPrefix(rows[6][4], second(6)+"S") && !strings.HasPrefix(rows[7][4], second(7))) {
		t.Errorf("the samples agree after all: %v", rows)
	}
}

func TestSharedIOReg(t *testing.T) {
	a := ParseAccelerators(shared(t, "ioreg-agx-performancestatistics-m4max.txt"))
	if len(a) != 1 || a[0].Statistics["Device Utilization %"] != 16 || a[0].Statistics["In use system memory"] != 2363801600 || a[0].Statistics["In use system memory (driver)"] != 0 {
		t.Errorf("%+v", a)
	}
}

func TestIORegIgnoresTheLegendAndTellsAcceleratorsApart(t *testing.T) {
	a := ParseAccelerators([]byte(`+-o AGXAcceleratorG13X  <class AGXAcceleratorG13X>
  | "IOReportLegend" = ({"PerformanceStatistics"={"Device Utilization %"=99}})
  | "gpu-core-count" = 8
  | "PerformanceStatistics" = {"Device Utilization %"=7}
+-o Other  <class Other>
  | "PerformanceStatistics" = {}
`))
	if len(a) != 2 || a[0].Cores != 8 || a[0].Statistics["Device Utilization %"] != 7 || a[1].Cores != 0 || len(a[1].Statistics) != 0 {
		t.Errorf("%+v", a)
	}
}

func TestSharedStates(t *testing.T) {
	if level, err := ParseThermal(shared(t, "notifyutil-thermal-nominal.txt")); err != nil || level != "Nominal" {
		t.Errorf("%q, %v", level, err)
	}
	if _, ok := SpeedLimit(shared(t, "pmset-g-therm-apple-silicon.txt")); ok {
		t.Error("Apple silicon has a speed limit")
	}
	if n, ok := SpeedLimit(shared(t, "pmset-g-therm-intel.txt")); !ok || n != 100 {
		t.Errorf("%d, %v", n, ok)
	}
	m, ok := ParseMetal(shared(t, "ggml-metal-init-m5max.txt"))
	if !ok || m.GPU != "MTL0 (Apple M5 Max)" || !slices.Equal(m.Families, []string{"MTLGPUFamilyApple10", "MTLGPUFamilyCommon3", "MTLGPUFamilyMetal4"}) ||
		m.BFloat != "true" || m.Tensor != "true" || m.BudgetMB != 40200.90 {
		t.Errorf("%+v", m)
	}
}

func TestThermalLevels(t *testing.T) {
	for in, want := range map[string]string{"x 0": "Nominal", "x 1": "Moderate", "x 2\n": "Heavy", "x 3": "Trapping", "x 4": "Sleeping", "x 9": "level 9", "": "", "x": "", "x -1": "", "x y": ""} {
		got, err := ParseThermal([]byte(in))
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
}

func TestPowerStates(t *testing.T) {
	for in, want := range map[string][2]bool{" lowpowermode 1\n": {true, true}, " powermode 0\n": {false, true}, " powermode 2\n": {false, true}, "sleep 1": {false, false}} {
		if on, known := ParseLowPower([]byte(in)); on != want[0] || known != want[1] {
			t.Errorf("%q: %v, %v", in, on, known)
		}
	}
	if got := PowerSource([]byte("Now drawing from 'AC Power'\n")); got != "AC Power" {
		t.Errorf("%q", got)
	}
	if v, ok := ParseSysctl([]byte("vm.swapusage: total = 4096.00M  used = 2.50G  free = 1615.50M")).SwapUsed(); !ok || v != 2.5*(1<<30) {
		t.Errorf("%v, %v", v, ok)
	}
	if _, ok := ParseSysctl(nil).SwapUsed(); ok {
		t.Error("swap out of nothing")
	}
}
