//go:build unix

package meter

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan/metering"
	"github.com/inferometer/inferometer/internal/power"
)

// kept collects samples.
type kept struct {
	mu  sync.Mutex
	log power.Log
	all []power.Sample
}

func (k *kept) emit(s power.Sample) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.log.Add(s)
	k.all = append(k.all, s)
}

func (k *kept) samples() []power.Sample {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.all)
}

// none finds no program.
func none(string) (string, error) { return "", exec.ErrNotFound }

// tree is a powercap whose one package draws a power that is known.
type tree struct {
	start time.Time
	watts float64
}

func (t tree) Open(name string) (fs.File, error) {
	uj := func() string {
		return strconv.FormatInt(int64(t.watts*time.Since(t.start).Seconds()*1e6)%262143328850, 10)
	}
	return fstest.MapFS{
		"sys/class/powercap/intel-rapl:0/name":                &fstest.MapFile{Data: []byte("package-0\n")},
		"sys/class/powercap/intel-rapl:0/energy_uj":           &fstest.MapFile{Data: []byte(uj() + "\n")},
		"sys/class/powercap/intel-rapl:0/max_energy_range_uj": &fstest.MapFile{Data: []byte("262143328850\n")},
	}.Open(name)
}

// A machine that draws 150 W for 40 s uses 6 kJ, by counters that are read twice a
// second.
func TestKnownJoulesAreMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := exchange.NewClock()
		k := &kept{}
		m := &Meter{Machine: Machine{OS: "linux", Files: tree{time.Now(), 150}, Find: none}, Clock: clock, Emit: k.emit}
		if err := m.Open([]string{metering.Auto}); err != nil {
			t.Fatal(err)
		}
		m.Start(t.Context())
		time.Sleep(1234 * time.Millisecond)
		from := clock.Now()
		time.Sleep(40 * time.Second)
		to := clock.Now()
		m.Settle(t.Context())
		m.Stop()
		total, name, ok := power.Headline(k.log.Over(exchange.Spans{{Start: from, End: to}}))
		if !ok || name != "package" || math.Abs(total.Joules-6000) > 0.01 || total.Bound > 300 {
			t.Errorf("%s %+v, want 6000 J", name, total)
		}
	})
}

// Without the last look the end of a window would lie after all readings.
func TestSettleReadsOnceMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := exchange.NewClock()
		k := &kept{}
		m := &Meter{Machine: Machine{OS: "linux", Files: tree{time.Now(), 10}, Find: none}, Clock: clock, Emit: k.emit, Every: 3 * time.Second}
		if err := m.Open([]string{metering.RAPL}); err != nil {
			t.Fatal(err)
		}
		m.Start(t.Context())
		time.Sleep(7 * time.Second)
		end := clock.Now()
		m.Settle(t.Context())
		m.Stop()
		all := k.samples()
		if last := all[len(all)-1].At; last < end {
			t.Errorf("the last look is %v before the end", time.Duration(end-last))
		}
	})
}

func TestAutoSaysWhatItLookedFor(t *testing.T) {
	for goos, words := range map[string][]string{"linux": {metering.RAPL, metering.NVIDIA, metering.AMD, "cmd:"}, "darwin": {metering.Macmon, metering.Powermetrics}} {
		m := &Meter{Machine: Machine{OS: goos, Files: fstest.MapFS{}, Find: none}}
		err := m.Open([]string{metering.Auto})
		for _, w := range words {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %v does not name %q", goos, err, w)
			}
		}
	}
}

func TestAutoTakesNothingTwice(t *testing.T) {
	find := func(string) (string, error) { return "/bin/x", nil }
	for goos, want := range map[string][]string{"linux": {metering.RAPL, metering.NVIDIA, metering.AMD}, "darwin": {metering.Macmon, "notifyutil"}} {
		m := &Meter{Machine: Machine{OS: goos, Files: tree{time.Now(), 1}, Find: find}}
		if err := m.Open([]string{metering.Auto}); err != nil || !slices.Equal(m.Sources(), want) {
			t.Errorf("%s: %v, %v", goos, m.Sources(), err)
		}
	}
}

// script writes an executable to a folder on the path.
func script(t *testing.T, name, text string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

// alive reports whether a process runs; a dead one that nobody has waited for does not.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !strings.Contains(string(b), ") Z ")
}

// A program that has started another, which ignores the signals that ask, is gone with
// all of it after Stop.
func TestStopLeavesNoProcessBehind(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pids")
	script(t, "nvidia-smi", `trap "" TERM INT
(trap "" TERM INT; echo $$ >>`+pids+`; while :; do sleep 0.05; done) &
echo $! >>`+pids+`
echo "index, power.draw.instant [W], power.draw [W], temperature.gpu, clocks.current.sm [MHz], clocks_event_reasons.active"
while :; do echo "0, 100.00 W, 99.00 W, 50, 1980 MHz, 0x0000000000000004"; sleep 0.02; done
`)
	k := &kept{}
	m := &Meter{Clock: exchange.NewClock(), Emit: k.emit}
	if err := m.Open([]string{metering.NVIDIA}); err != nil {
		t.Fatal(err)
	}
	m.Start(t.Context())
	m.Settle(t.Context())
	m.Stop()
	all := k.samples()
	if len(all) < 2 || all[0].Failed != "" || *all[0].Readings[0].Watts != 100 || all[0].States[0].Slowed[0] != "sw_power_cap" {
		t.Fatalf("samples: %+v", all)
	}
	b, err := os.ReadFile(pids)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range strings.Fields(string(b)) {
		pid, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		for range 100 { // the kernel takes a moment
			if !alive(pid) {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		if alive(pid) {
			t.Errorf("process %d is left", pid)
		}
	}
}

func TestAnOldDriverIsAskedByTheOldName(t *testing.T) {
	script(t, "nvidia-smi", `case "$*" in *clocks_event*) echo 'Field "clocks_event_reasons.active" is not a valid field to query.'; exit 2;; esac
echo "index, power.draw.instant [W], power.draw [W], temperature.gpu, clocks.current.sm [MHz], clocks_throttle_reasons.active"
while :; do echo "0, [N/A], 61.50 W, 50, 585 MHz, 0x0000000000000040"; sleep 0.02; done
`)
	k := &kept{}
	m := &Meter{Clock: exchange.NewClock(), Emit: k.emit}
	if err := m.Open([]string{metering.NVIDIA}); err != nil {
		t.Fatal(err)
	}
	m.Start(t.Context())
	m.Stop()
	all := k.samples()
	if len(all) == 0 || all[0].Failed != "" || *all[0].Readings[0].Watts != 61.5 || all[0].States[0].Slowed[0] != "hw_thermal_slowdown" {
		t.Errorf("samples: %+v", all)
	}
}

func TestAProgramThatFailsSaysWhy(t *testing.T) {
	script(t, "macmon", "echo 'no SMC here' >&2; exit 3\n")
	k := &kept{}
	m := &Meter{Clock: exchange.NewClock(), Emit: k.emit}
	if err := m.Open([]string{metering.Macmon}); err != nil {
		t.Fatal(err)
	}
	m.Start(t.Context())
	m.Settle(t.Context())
	m.Stop()
	if all := k.samples(); len(all) != 1 || !strings.Contains(all[0].Failed, "no SMC here") {
		t.Errorf("samples: %+v", all)
	}
}

// macmon tells no thermal pressure; the system does, without root.
func TestAMacTellsItsThermalPressureBesideMacmon(t *testing.T) {
	script(t, "notifyutil", "echo \"$2 2\"\n")
	script(t, "macmon", `while :; do echo '{"cpu_power":1,"gpu_power":20}'; sleep 0.02; done`)
	k := &kept{}
	m := &Meter{Machine: Machine{OS: "darwin"}, Clock: exchange.NewClock(), Emit: k.emit}
	if err := m.Open([]string{metering.Macmon}); err != nil {
		t.Fatal(err)
	}
	m.Start(t.Context())
	m.Stop()
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.log.Heat) != 1 || k.log.Heat[0].Thermal != "Heavy" {
		t.Errorf("heat %+v, samples %+v", k.log.Heat, k.all)
	}
}

func TestPowermetricsIsAskedWithoutAPassword(t *testing.T) {
	script(t, "sudo", `[ "$1" = -n ] || exit 9
printf '<plist version="1.0"><dict><key>elapsed_ns</key><integer>500000000</integer><key>processor</key><dict><key>cpu_energy</key><integer>2500</integer><key>cpu_power</key><real>5000</real></dict></dict></plist>\n'
while :; do printf '\000<plist version="1.0"><dict><key>elapsed_ns</key><integer>500000000</integer><key>processor</key><dict><key>cpu_energy</key><integer>2500</integer><key>cpu_power</key><real>5000</real></dict></dict></plist>\n'; sleep 0.02; done
`)
	k := &kept{}
	m := &Meter{Machine: Machine{Find: func(string) (string, error) { return "x", nil }}, Clock: exchange.NewClock(), Emit: k.emit}
	if err := m.Open([]string{metering.Powermetrics}); err != nil {
		t.Fatal(err)
	}
	m.Start(t.Context())
	m.Settle(t.Context())
	m.Stop()
	all := k.samples()
	if len(all) < 2 || *all[1].Readings[0].Joules != 5 || *all[1].Readings[0].Watts != 5 {
		t.Errorf("samples: %+v", all)
	}
}

func TestCommandFileAndExporter(t *testing.T) {
	file := filepath.Join(t.TempDir(), "power1_average")
	if err := os.WriteFile(file, []byte("215000000\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/metrics" {
			http.NotFound(w, r)
			return
		}
		_, _ = fmt.Fprint(w, "# TYPE DCGM_FI_DEV_POWER_USAGE gauge\nDCGM_FI_DEV_POWER_USAGE{gpu=\"0\"} 77\n")
	}))
	defer srv.Close()
	for name, want := range map[string]float64{
		"file:" + file: 215, "cmd:echo 'Instantaneous power reading:  220 Watts'": 220, "dcgm:" + srv.URL: 77, "dcgm:" + strings.TrimPrefix(srv.URL, "http://"): 77,
	} {
		k := &kept{}
		m := &Meter{Clock: exchange.NewClock(), Emit: k.emit}
		if err := m.Open([]string{name}); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		m.Start(t.Context())
		m.Stop()
		if all := k.samples(); len(all) == 0 || all[0].Failed != "" || *all[0].Readings[0].Watts != want {
			t.Errorf("%s: %+v, want %v W", name, all, want)
		}
	}
	m := &Meter{Clock: exchange.NewClock()}
	if err := m.Open([]string{"file:/nowhere"}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	for _, bad := range []string{"dcgm:ftp://x", "dcgm:http://"} {
		if err := (&Meter{}).Open([]string{bad}); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

// A look that hangs or fails is told once, and the meter goes on and can be stopped.
func TestAFailingCommandIsToldOnce(t *testing.T) {
	k := &kept{}
	m := &Meter{Clock: exchange.NewClock(), Emit: k.emit, Every: 10 * time.Millisecond}
	if err := m.Open([]string{"cmd:echo broken >&2; exit 1"}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	m.Start(ctx)
	<-ctx.Done()
	m.Stop()
	if all := k.samples(); len(all) != 1 || !strings.Contains(all[0].Failed, "broken") {
		t.Errorf("samples: %+v", all)
	}
}
