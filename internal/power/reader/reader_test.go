package reader

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/inferometer/inferometer/internal/hardware/amd"
	"github.com/inferometer/inferometer/internal/hardware/nvidia"
	"github.com/inferometer/inferometer/internal/power"
)

func shared(t *testing.T, name string) []byte {
	t.Helper()
	var b []byte
	var err error
	for _, root := range []string{"../../../..", "../../../../.."} { // beside the checkout, or beside the folder of its worktrees
		if b, err = os.ReadFile(filepath.Join(root, "shared/fixtures", name)); err == nil {
			return b
		}
	}
	t.Skipf("recordings of real machines are not at hand: %v", err)
	return b
}

// said is a look in short.
func said(l Look) string {
	var parts []string
	for _, r := range l.Readings {
		text := fmt.Sprintf("%s %s", r.Domain, r.Device)
		if r.Watts != nil {
			text += fmt.Sprintf(" %.4g W", *r.Watts)
		}
		if r.Joules != nil {
			text += fmt.Sprintf(" %.6g J", *r.Joules)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

const smallPlist = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>is_delta</key><true/><key>elapsed_ns</key><integer>%d</integer>
<key>processor</key><dict><key>clusters</key><array><dict><key>name</key><string>E-Cluster</string><key>freq_hz</key><real>1.02287e+09</real></dict></array>
<key>cpu_energy</key><integer>%d</integer><key>cpu_power</key><real>%g</real>
<key>gpu_energy</key><integer>72607</integer><key>gpu_power</key><real>70924.6</real>
<key>ane_energy</key><integer>0</integer><key>ane_power</key><real>0</real><key>combined_power</key><real>71759.8</real></dict>
<key>thermal_pressure</key><string>Heavy</string>
<key>gpu</key><dict><key>freq_hz</key><real>714.836</real><key>idle_ratio</key><real>0.1</real><key>idle_ratio</key><real>0.2</real><key>gpu_energy</key><integer>73491</integer></dict>
</dict></plist>
`

// Energies are mJ and their sum is a counter; the GPU's second figure is not added; the
// GPU's clock is in MHz whatever its key says.
func TestPowermetricsCountsTheEnergyOfItsSamples(t *testing.T) {
	stream := fmt.Sprintf(smallPlist, 1023721416, 855, 835.188) + "\x00" + fmt.Sprintf(smallPlist, 2000000000, 1000, 500.0) + "\x00" + smallPlist[:300]
	s := bufio.NewScanner(strings.NewReader(stream))
	s.Split(SplitPlists)
	var p Powermetrics
	var looks []Look
	for s.Scan() {
		if len(s.Bytes()) == 0 {
			continue
		}
		l, err := p.Plist(s.Bytes())
		if err != nil {
			t.Fatalf("%v in %.100q", err, s.Text())
		}
		looks = append(looks, l)
	}
	if len(looks) != 2 || s.Err() != nil {
		t.Fatalf("%d samples, %v: the one that is cut must be left out", len(looks), s.Err())
	}
	if got, want := said(looks[0]), "soc_rails CPU 0.8352 W 0.855 J; soc_rails GPU 70.92 W 72.607 J; soc_rails ANE 0 W 0 J"; got != want {
		t.Errorf("first: %s, want %s", got, want)
	}
	if got, want := said(looks[1]), "soc_rails CPU 0.5 W 1.855 J; soc_rails GPU 70.92 W 145.214 J; soc_rails ANE 0 W 0 J"; got != want {
		t.Errorf("second: %s, want %s", got, want)
	}
	if st := looks[0].States; len(st) != 1 || st[0].Thermal != "Heavy" || *st[0].MHz != 714.836 {
		t.Errorf("states %+v", st)
	}
	if looks[0].Seconds != 1.023721416 {
		t.Errorf("%v s", looks[0].Seconds)
	}
}

func TestBrokenPlistsAreErrors(t *testing.T) {
	var p Powermetrics
	deep := "<plist>" + strings.Repeat("<array>", 200) + strings.Repeat("</array>", 200) + "</plist>"
	for _, in := range []string{"", "text", "<plist></plist>", "<plist><dict></dict></plist>", "<plist><dict><key>elapsed_ns</key><integer>5</integer></dict></plist>", "<plist><dict><key>a</key>", "<plist><string>x</string></plist>", deep, "<plist><integer>x</integer></plist>"} {
		if l, err := p.Plist([]byte(in)); err == nil {
			t.Errorf("%.60q gives %+v", in, l)
		}
	}
}

// In all recorded documents energy divided by the elapsed time is the power.
func TestSharedPlists(t *testing.T) {
	for name, want := range map[string]struct {
		cpu, gpu, clock float64
		seconds         float64
	}{
		"powermetrics-output-m1.xml":      {0.0440773, 0.0153528, 714.836, 2.01917875},
		"powermetrics-output-m1-2.xml":    {0.102663, 0.0190117, 715.0, 0.525992374},
		"powermetrics-output-m2ultra.xml": {0.835188, 70.9246, 1360.85, 1.023721416},
	} {
		var p Powermetrics
		l, err := p.Plist(shared(t, "apple-power/"+name))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(l.Readings) < 3 || math.Abs(*l.Readings[0].Watts-want.cpu) > 1e-5 || math.Abs(*l.Readings[1].Watts-want.gpu) > 1e-4 || *l.Readings[2].Watts != 0 || l.Seconds != want.seconds {
			t.Errorf("%s: %s in %v s, want %+v", name, said(l), l.Seconds, want)
		}
		for _, r := range l.Readings[:2] {
			// mJ are whole numbers
			if w := *r.Joules / l.Seconds; math.Abs(w-*r.Watts) > 0.5e-3/l.Seconds+1e-4**r.Watts {
				t.Errorf("%s: %s: %v J in %v s are %v W, not %v", name, r.Device, *r.Joules, l.Seconds, w, *r.Watts)
			}
		}
		if len(l.States) != 1 || l.States[0].Thermal != power.Nominal || math.Abs(*l.States[0].MHz-want.clock) > 0.5 {
			t.Errorf("%s: %+v", name, l.States)
		}
	}
}

const smallText = `Machine model: Mac14,2

*** Sampled system activity (Fri Sep 11 13:41:46 2026 -0700) (2000.00ms elapsed) ***

CPU 0 frequency: 1359 MHz
E-Cluster Power: 105 mW
CPU Power: 823 mW
GPU Power: 26 mW
ANE Power: 323 mW
Combined Power (CPU + GPU + ANE): 1172 mW

**** GPU usage ****
GPU HW active frequency: 1388 MHz
GPU Power: 8055 mW

**** Thermal pressure ****

Current pressure level: Moderate

*** Sampled system activity (Fri Sep 11 13:41:47 2026 -0700) (1000.00ms elapsed) ***
DRAM Power: 220 mW
CPU Power: 1000 mW
`

func TestPowermetricsText(t *testing.T) {
	var p Powermetrics
	looks := p.Text([]byte(smallText))
	if len(looks) != 2 {
		t.Fatalf("%d samples", len(looks))
	}
	if got, want := said(looks[0]), "soc_rails CPU 0.823 W 1.646 J; soc_rails GPU 0.026 W 0.052 J; soc_rails ANE 0.323 W 0.646 J"; got != want {
		t.Errorf("%s, want %s: the GPU's second figure must not count", got, want)
	}
	if got, want := said(looks[1]), "dram RAM 0.22 W 0.22 J; soc_rails CPU 1 W 2.646 J"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if s := looks[0].States; len(s) != 1 || s[0].Thermal != "Moderate" || *s[0].MHz != 1388 {
		t.Errorf("%+v", s)
	}
}

func TestSharedPowermetricsTexts(t *testing.T) {
	var p Powermetrics
	air := p.Text(shared(t, "apple-power/powermetrics-text-m1-air-macos12.txt"))
	if len(air) < 2 || math.Abs(air[0].Seconds-0.10451) > 1e-9 || !strings.Contains(said(air[0]), "dram RAM 0.22 W") || !strings.Contains(said(air[0]), "soc_rails CPU 0.947 W") || !strings.Contains(said(air[0]), "soc_rails GPU 0.153 W") {
		t.Errorf("%d samples, first %v s: %s", len(air), air[0].Seconds, said(air[0]))
	}
	p = Powermetrics{}
	m2 := p.Text(shared(t, "apple-power/powermetrics-text-m2air-macos26-thermal.txt"))
	if len(m2) != 2 || m2[0].Seconds != 1.0029 || *m2[1].Readings[0].Watts != 0.205 || m2[1].States[0].Thermal != power.Nominal {
		t.Errorf("%+v", m2)
	}
	p = Powermetrics{}
	m5 := p.Text(shared(t, "apple-power/powermetrics-text-m5pro-excerpt.txt"))
	if len(m5) != 1 || said(m5[0]) != "soc_rails CPU 1.673 W; soc_rails GPU 0.56 W; soc_rails ANE 0 W" || *m5[0].States[0].MHz != 338 {
		t.Errorf("%s", said(m5[0]))
	}
}

func TestMacmon(t *testing.T) {
	l, err := Macmon([]byte(`{"temp":{"cpu_temp_avg":43.7,"gpu_temp_avg":51.5},"gpu_freq_mhz":461,"cpu_power":0.25,"gpu_power":17.5,"ane_power":0.0,"all_power":17.75,"sys_power":25.5,"ram_power":1.5,"gpu_ram_power":0.1}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := said(l), "soc_rails CPU 0.25 W; soc_rails GPU 17.5 W; soc_rails ANE 0 W; dram RAM 1.5 W; system machine 25.5 W"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if s := l.States; len(s) != 1 || *s[0].TempC != 51.5 || *s[0].MHz != 461 {
		t.Errorf("%+v", s)
	}
	for _, in := range []string{"", "{}", "macmon 1.0"} {
		if _, err := Macmon([]byte(in)); err == nil {
			t.Errorf("%q is read", in)
		}
	}
	l, err = Macmon(shared(t, "apple-power/macmon-pipe-sample.json"))
	if err != nil || !strings.Contains(said(l), "system machine 5.877 W") || !strings.Contains(said(l), "soc_rails CPU 0.2049 W") {
		t.Errorf("%s, %v", said(l), err)
	}
}

func TestNVIDIAPrefersTheInstant(t *testing.T) {
	rows, err := nvidia.Rows([]byte("index, power.draw.instant [W], power.draw [W], temperature.gpu, clocks.current.sm [MHz], clocks_event_reasons.active\n" +
		"0, 626.26 W, 627.40 W, 67, 1980 MHz, 0x0000000000000020\n1, [N/A], 70.5 W, [N/A], 300 MHz, 0x1\n2, [N/A], [Not Supported], 30, 300 MHz, 0x1\n"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := NVIDIA(rows[0])
	if err != nil || said(l) != "gpu_board GPU 0 626.3 W" || *l.States[0].TempC != 67 || l.States[0].Slowed[0] != nvidia.SWThermal {
		t.Errorf("%s %+v %v", said(l), l.States, err)
	}
	if l, err = NVIDIA(rows[1]); err != nil || said(l) != "gpu_board GPU 1 70.5 W" {
		t.Errorf("%s %v", said(l), err)
	}
	if _, err = NVIDIA(rows[2]); err == nil {
		t.Error("a GPU that reports no power has one")
	}
}

func TestAMDCountsAModuleOnce(t *testing.T) {
	l, err := AMD(amd.ParseROCmText([]byte("GPU[0] : Average Graphics Package Power (W): 237.0\nGPU[1] : Average Graphics Package Power (W): N/A (Secondary die)\n")))
	if err != nil || said(l) != "gpu_board GPU 0 237 W" {
		t.Errorf("%s %v", said(l), err)
	}
	if _, err := AMD(nil); err == nil {
		t.Error("no GPU has a power")
	}
}

const exporter = `# HELP DCGM_FI_DEV_POWER_USAGE Power draw (in W).
# TYPE DCGM_FI_DEV_POWER_USAGE gauge
DCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="GPU-x",device="nvidia0",modelName="NVIDIA H200",Hostname="a"} 77.7
DCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="GPU-x",GPU_I_ID="1",Hostname="a"} 77.7
DCGM_FI_DEV_POWER_USAGE{gpu="1",UUID="GPU-y",hostname="a"} 80
# TYPE DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION counter
DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu="0",UUID="GPU-x",Hostname="a"} 5000
# TYPE DCGM_FI_DEV_GPU_TEMP gauge
DCGM_FI_DEV_GPU_TEMP{gpu="0",Hostname="a"} 31
`

func TestDCGM(t *testing.T) {
	l, err := DCGM(strings.NewReader(exporter))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := said(l), "gpu_board GPU 0 of a 77.7 W 5 J; gpu_board GPU 1 of a 80 W"; got != want {
		t.Errorf("%s, want %s: mJ, either label of the host, and no slices", got, want)
	}
	if *l.States[0].TempC != 31 {
		t.Errorf("%+v", l.States)
	}
	for _, in := range []string{"", "x 1\n", "{{"} {
		if _, err := DCGM(strings.NewReader(in)); err == nil {
			t.Errorf("%q is read", in)
		}
	}
}

func TestNode(t *testing.T) {
	for in, want := range map[string]string{
		"220":                      "220 W",
		"220.5 W\n":                "220.5 W",
		"1.2 kW":                   "1200 W",
		"215000 mW":                "215 W",
		"noise\n3.6e\n100 Watts\n": "100 W",
		"7 kWh":                    "2.52e+07 J",
		"5000 mJ":                  "5 J",
		`{"watts": 12.5}`:          "12.5 W",
		`{"joules": 99}`:           "99 J",
		"    Instantaneous power reading:                   220 Watts\n    Minimum during sampling period:                 2 Watts\n": "220 W",
	} {
		l, err := Node([]byte(in), "node")
		if got := said(l); err != nil || got != "node node "+want {
			t.Errorf("%q: %s, %v, want %s", in, got, err, want)
		}
	}
	for _, in := range []string{"", "on", "-5 W", "5 apples", "1 2"} {
		if l, err := Node([]byte(in), "node"); err == nil {
			t.Errorf("%q gives %s", in, said(l))
		}
	}
}

// zone is a folder of powercap.
func zone(m fstest.MapFS, dir, name, energy string) {
	m["sys/class/powercap/"+dir+"/name"] = &fstest.MapFile{Data: []byte(name + "\n")}
	m["sys/class/powercap/"+dir+"/energy_uj"] = &fstest.MapFile{Data: []byte(energy + "\n")}
	m["sys/class/powercap/"+dir+"/max_energy_range_uj"] = &fstest.MapFile{Data: []byte("262143328850\n")}
}

func TestRAPLAddsNothingTwice(t *testing.T) {
	m := fstest.MapFS{}
	zone(m, "intel-rapl:0", "package-0", "240422366267")
	zone(m, "intel-rapl:0:0", "core", "118821284256")
	zone(m, "intel-rapl:0:1", "dram", "1000000")
	zone(m, "intel-rapl:0:2", "uncore", "5")
	zone(m, "intel-rapl:1", "package-1", "2000000")
	zone(m, "intel-rapl:2", "psys", "9000000")
	zone(m, "intel-rapl-mmio:0", "package-0", "240422366267")
	m["sys/class/powercap/dtpm/x"] = &fstest.MapFile{}
	l, err := RAPL(m)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := said(l), "package package-0 240422 J; dram dram of 0:1 1 J; package package-1 2 J; system psys 9 J"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if l.Readings[0].Wrap != 262143.32885 {
		t.Errorf("wraps at %v J", l.Readings[0].Wrap)
	}
}

// closed is a tree of which the counters are for root alone.
type closed struct{ fstest.MapFS }

func (c closed) ReadFile(name string) ([]byte, error) {
	if strings.HasSuffix(name, "energy_uj") {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return c.MapFS.ReadFile(name)
}

func TestRAPLExplainsPermissions(t *testing.T) {
	m := fstest.MapFS{}
	zone(m, "intel-rapl:0", "package-0", "5")
	if _, err := RAPL(closed{m}); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "sudo chmod") {
		t.Errorf("%v", err)
	}
	if _, err := RAPL(fstest.MapFS{}); err == nil || !strings.Contains(err.Error(), "no energy counters") {
		t.Errorf("%v", err)
	}
}

func FuzzReaders(f *testing.F) {
	for _, s := range []string{smallPlist, smallText, exporter, `{"cpu_power":1}`, "220 W"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var p Powermetrics
		check := func(l Look, err error) {
			for _, r := range l.Readings {
				if err == nil && r.Watts == nil && r.Joules == nil {
					t.Errorf("a reading of nothing: %+v", r)
				}
			}
		}
		check(p.Plist(b))
		check(Macmon(b))
		check(Node(b, "x"))
		check(DCGM(io.LimitReader(bytes.NewReader(b), 1<<16)))
		for _, l := range p.Text(b) {
			check(l, nil)
		}
	})
}
