// Package meter takes readings of power beside a load, without disturbing it: each
// source has a goroutine of its own, and programs run in process groups of their own
// that end with the run. What the readings mean is the business of package power.
package meter

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/hardware/amd"
	"github.com/inferometer/inferometer/internal/hardware/apple"
	"github.com/inferometer/inferometer/internal/plan/metering"
	"github.com/inferometer/inferometer/internal/power"
	"github.com/inferometer/inferometer/internal/power/reader"
)

// Machine is what a meter needs of the machine; zero fields are this one's.
type Machine struct {
	OS    string
	Files fs.FS // the root of its file system
	// Find looks for a program.
	Find func(name string) (string, error)
}

func (m Machine) whole() Machine {
	if m.OS == "" {
		m.OS = runtime.GOOS
	}
	if m.Files == nil {
		m.Files = os.DirFS("/")
	}
	if m.Find == nil {
		m.Find = exec.LookPath
	}
	return m
}

// Meter takes readings. Fields must not be changed after Start.
type Meter struct {
	Machine
	Clock *exchange.Clock
	Every time.Duration // 0: half a second
	// Emit gets each sample, from one goroutine at a time.
	Emit func(power.Sample)

	sources []source
	mu      sync.Mutex                // guards a call of Emit, and last
	last    map[string]exchange.Stamp // the latest look at each device; 0 once its source has ended
	cancel  context.CancelFunc
	wait    sync.WaitGroup
}

// source is one place where power is read.
type source struct {
	name string
	// run emits looks until ctx is done. An error says why there can be no more.
	run func(ctx context.Context, emit func(reader.Look)) error
}

// defaultEvery is how often sources are asked: often enough to see a batch of a Mac's
// counters end (0.8 to 2.3 s), and too seldom to be seen in a processor's load.
const defaultEvery = 500 * time.Millisecond

// Open prepares sources. metering.Auto takes what is there, and none being there is an error as
// well, which says what was looked for.
func (m *Meter) Open(names []string) error {
	m.Machine = m.whole()
	if m.Every <= 0 {
		m.Every = defaultEvery
	}
	if err := metering.Check(names); err != nil {
		return err
	}
	if len(names) == 1 && names[0] == metering.Auto {
		return m.auto()
	}
	for _, n := range names {
		if n == metering.None {
			continue
		}
		s, err := m.source(n)
		if err != nil {
			return fmt.Errorf("power from %s: %w", n, err)
		}
		m.sources = append(m.sources, s)
	}
	m.addThermal()
	return nil
}

// thermalEvery is how often a Mac's thermal pressure is asked: a program is started
// for each look, which takes it 11 ms.
const thermalEvery = 2 * time.Second

// addThermal adds the thermal pressure of a Mac, which macmon does not tell.
func (m *Meter) addThermal() {
	const name = "notifyutil"
	if _, err := m.Find(name); m.OS != "darwin" || err != nil || !m.has(metering.Macmon) {
		return
	}
	m.sources = append(m.sources, source{name: name, run: m.poll(name, thermalEvery, func(ctx context.Context) (reader.Look, error) {
		out, err := output(ctx, []string{name, "-g", "com.apple.system.thermalpressurelevel"})
		if err != nil {
			return reader.Look{}, err
		}
		level, err := apple.ParseThermal(out)
		return reader.Look{States: []power.State{{Thermal: level}}}, err
	})})
}

// auto takes what is there: programs on the path, and counters that can be read.
func (m *Meter) auto() error {
	var why []string
	candidates := []string{metering.RAPL, metering.NVIDIA, metering.AMD, metering.AMDSMI}
	if m.OS == "darwin" {
		candidates = []string{metering.Macmon, metering.Powermetrics}
	}
	for _, n := range candidates {
		if n == metering.AMDSMI && m.has(metering.AMD) || n == metering.Powermetrics && m.has(metering.Macmon) {
			continue // the same figures again
		}
		s, err := m.source(n)
		if err != nil {
			why = append(why, fmt.Sprintf("%s: %v", n, err))
			continue
		}
		m.sources = append(m.sources, s)
	}
	m.addThermal()
	if len(m.sources) == 0 {
		return fmt.Errorf("found nothing that tells power (%s); name a source with --power, such as 'cmd:ipmitool dcmi power reading'", strings.Join(why, "; "))
	}
	return nil
}

func (m *Meter) has(name string) bool {
	for _, s := range m.sources {
		if s.name == name {
			return true
		}
	}
	return false
}

// Sources are the names of those that are read.
func (m *Meter) Sources() []string {
	var out []string
	for _, s := range m.sources {
		out = append(out, s.name)
	}
	return out
}

// source makes one.
func (m *Meter) source(name string) (source, error) {
	kind, arg, _ := metering.Kind(name)
	s := source{name: name}
	switch kind {
	case metering.RAPL:
		if _, err := reader.RAPL(m.Files); err != nil {
			return s, err
		}
		s.run = m.poll(name, m.Every, func(context.Context) (reader.Look, error) { return reader.RAPL(m.Files) })
		return s, nil
	case metering.DCGM:
		get, err := fetch(arg)
		if err != nil {
			return s, err
		}
		s.name = "dcgm"
		s.run = m.poll(s.name, m.Every, get)
		return s, nil
	case metering.File:
		s.name = "file"
		read := func(context.Context) (reader.Look, error) { return readFile(arg) }
		if _, err := read(context.Background()); err != nil {
			return s, err
		}
		s.run = m.poll(s.name, m.Every, read)
		return s, nil
	case metering.Command:
		s.name = "cmd"
		s.run = m.poll(s.name, m.Every, func(ctx context.Context) (reader.Look, error) {
			out, err := output(ctx, shell(arg))
			if err != nil {
				return reader.Look{}, err
			}
			return reader.Node(out, "machine")
		})
		return s, nil
	}
	if _, err := m.Find(kind); err != nil {
		return s, errors.New("the program is not on the path")
	}
	ms := fmt.Sprint(m.Every.Milliseconds())
	switch kind {
	case metering.NVIDIA:
		s.run = m.nvidia(ms)
	case metering.Macmon:
		s.run = m.stream(name, []string{"macmon", "pipe", "-s", "0", "-i", ms}, lines(reader.Macmon))
	case metering.Powermetrics:
		// Without a password or not at all: a run must not stop at a prompt.
		s.run = m.stream(name, []string{"sudo", "-n", "powermetrics", "--samplers", "cpu_power,gpu_power,ane_power,thermal", "-f", "plist", "-i", ms}, plists())
	case metering.AMD:
		s.run = m.poll(name, m.Every, m.smi(amd.ParseROCm, "rocm-smi", "--showpower", "--showenergycounter", "--showtemp", "--json"))
	case metering.AMDSMI:
		s.run = m.poll(name, m.Every, m.smi(amd.ParseAMDSMI, "amd-smi", "metric", "--power", "--energy", "--temperature", "--json"))
	}
	return s, nil
}

// smi asks a program that answers once.
func (m *Meter) smi(parse func([]byte) ([]amd.GPU, error), args ...string) func(context.Context) (reader.Look, error) {
	return func(ctx context.Context) (reader.Look, error) {
		out, err := output(ctx, args)
		if err != nil {
			return reader.Look{}, err
		}
		gpus, err := parse(out)
		if err != nil {
			return reader.Look{}, err
		}
		return reader.AMD(gpus)
	}
}

// firstLook is how long Start waits for each source to have been read once.
const firstLook = 5 * time.Second

// Start begins to read, and returns when each source has been read once, has failed, or
// has had five seconds: what is measured next is then within what was read. The readings
// end with Stop, or with ctx.
func (m *Meter) Start(ctx context.Context) {
	ctx, m.cancel = context.WithCancel(ctx)
	var ready sync.WaitGroup
	for _, s := range m.sources {
		ready.Add(1)
		var once sync.Once
		seen := func() { once.Do(ready.Done) }
		m.wait.Go(func() {
			defer seen()
			err := s.run(ctx, func(l reader.Look) {
				m.emit(power.Sample{Source: s.name, Readings: l.Readings, States: l.States})
				seen()
			})
			if err != nil && ctx.Err() == nil {
				m.emit(power.Sample{Source: s.name, Failed: err.Error()})
				m.forget(s.name)
			}
		})
	}
	done := make(chan struct{})
	go func() { ready.Wait(); close(done) }()
	timer := time.NewTimer(firstLook)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Settle waits until every device has been read once more, so that what was measured
// before lies within what was read; for five seconds at most.
func (m *Meter) Settle(ctx context.Context) {
	from := m.Clock.Now()
	ctx, cancel := context.WithTimeout(ctx, firstLook)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !m.readSince(from) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (m *Meter) readSince(from exchange.Stamp) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, at := range m.last {
		if at < from {
			return false
		}
	}
	return true
}

// forget gives a source up that has ended.
func (m *Meter) forget(source string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id := range m.last {
		if strings.HasPrefix(id, source+"\x00") {
			delete(m.last, id)
		}
	}
}

// Stop ends the readings: no program that was started is left behind.
func (m *Meter) Stop() {
	if m.cancel == nil {
		return
	}
	m.cancel()
	m.wait.Wait()
}

// emit stamps a sample and hands it on.
func (m *Meter) emit(s power.Sample) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s.At = m.Clock.Now()
	if m.last == nil {
		m.last = map[string]exchange.Stamp{}
	}
	for _, r := range s.Readings {
		m.last[s.Source+"\x00"+r.Device] = s.At
	}
	m.Emit(s)
}

// poll asks at each interval. A look that fails is told and does not end it.
func (m *Meter) poll(name string, every time.Duration, look func(context.Context) (reader.Look, error)) func(context.Context, func(reader.Look)) error {
	return func(ctx context.Context, emit func(reader.Look)) error {
		tick := time.NewTicker(every)
		defer tick.Stop()
		failed := false
		for {
			l, err := look(ctx)
			switch {
			case ctx.Err() != nil:
				return nil
			case err == nil:
				emit(l)
			case !failed: // told once: the same would fill the log
				m.emit(power.Sample{Source: name, Failed: err.Error()})
			}
			failed = err != nil
			select {
			case <-tick.C:
			case <-ctx.Done():
				return nil
			}
		}
	}
}
