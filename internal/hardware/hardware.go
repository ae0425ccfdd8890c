// Package hardware says which machine this program runs on: processor, cores
// and memory with the limits that a container puts on them, NUMA, frequency
// governor, virtualisation, Apple's chips, and GPUs of NVIDIA and AMD. Speed and
// cost figures mean little without them, and two runs are compared only when they
// agree.
//
// Each fact names where it was read. What a machine should say and does not is
// unknown, with the reason; a missing fact is not a zero. The package needs no
// privileges, reads no host names, serial numbers or addresses, and changes
// nothing. Its parts read bytes that programs wrote (apple, nvidia, amd), and probe
// runs the programs, or plays a recorded machine. Power is the business of package
// power. It describes the client's machine, which is the server's only if the server
// is local.
package hardware

import (
	"context"
	"fmt"
	"math"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/hardware/probe"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/result"
)

// detectTimeout bounds all queries to the operating system and to programs.
const detectTimeout = 10 * time.Second

// Host returns the few facts about this machine that every run records. Cores
// is what this process may use: the machine's logical cores, less what
// affinity and a container take away. MemoryMB is in MiB (2^20 bytes), and is
// the container's limit if that is smaller.
func Host(ctx context.Context) result.Host {
	ctx, cancel := context.WithTimeout(ctx, detectTimeout)
	defer cancel()
	return hostOf(describe(ctx), limitsOf(os.DirFS("/")))
}

func hostOf(s system, l limits) result.Host {
	h := result.Host{
		OS: runtime.GOOS, Arch: runtime.GOARCH, Go: runtime.Version(),
		CPU: s.cpu, Kernel: s.kernel, Cores: runtime.NumCPU(),
		MemoryMB: int64(s.memory >> 20),
	}
	if l.cores > 0 {
		h.Cores = min(h.Cores, max(1, int(math.Ceil(l.cores))))
	}
	if l.memory > 0 && (s.memory == 0 || l.memory < s.memory) {
		h.MemoryMB = int64(l.memory >> 20)
	}
	return h
}

// Detect returns all that can be found out about this machine within 10 s.
// Local is left false: this package does not know whether the candidate runs
// here.
func Detect(ctx context.Context) result.Hardware {
	ctx, cancel := context.WithTimeout(ctx, detectTimeout)
	defer cancel()
	m := probe.Local()
	s, l := describe(ctx), limitsOf(m.Files)
	h := result.Hardware{Evidence: result.Measured, Host: hostOf(s, l)}
	b := sheet{}
	b.addSystem(s)
	b.addLimits(l, s)
	b.addMachine(ctx, m)
	h.Facts, h.Notes = b.facts, b.notes
	return h
}

// Read is what a machine says of itself through its programs and files: of the one
// at hand, or of one that was recorded.
func Read(ctx context.Context, m probe.Machine) (facts []result.Fact, notes []string) {
	b := sheet{}
	b.addMachine(ctx, m)
	return b.facts, b.notes
}

// addMachine adds what programs and files say.
func (b *sheet) addMachine(ctx context.Context, m probe.Machine) {
	switch m.OS {
	case "linux":
		b.addLinux(m.Files, m.Env)
	case "darwin":
		b.addMac(ctx, m)
		return // no Mac of the last years has a GPU of NVIDIA or AMD that an engine could use
	}
	b.addGPUs(ctx, m)
}

// sheet collects facts.
type sheet struct {
	facts []result.Fact
	notes []string
}

// add appends a fact; an empty value is a missing one and adds nothing.
func (b *sheet) add(name, value, source string) {
	if value = clean(value); value != "" {
		b.facts = append(b.facts, result.Fact{Name: name, Value: value, Source: source})
	}
}

// unknown appends a fact that could not be read, with the reason.
func (b *sheet) unknown(name, why, source string) {
	b.facts = append(b.facts, result.Fact{Name: name, Value: result.UnknownFact, Source: source, Why: clean(why)})
}

func (b *sheet) note(format string, args ...any) {
	b.notes = append(b.notes, fmt.Sprintf(format, args...))
}

// addSystem adds what every operating system reports.
func (b *sheet) addSystem(s system) {
	b.add("processor", s.cpu, s.source)
	if s.logical > 0 {
		v := fmt.Sprintf("%d logical", s.logical)
		if s.physical > 0 {
			v += fmt.Sprintf(", %d physical", s.physical)
		}
		b.add("cores", v, s.source)
	}
	if n := runtime.NumCPU(); n != s.logical {
		b.add("cores by affinity", fmt.Sprintf("%d", n), "scheduler affinity of this process")
	}
	if s.mhz > 0 {
		b.add("processor clock", fmt.Sprintf("%.0f MHz as reported", s.mhz), s.source)
	}
	b.add("memory", bytesText(s.memory), s.source)
	b.add("system", s.platform, s.source)
	b.add("kernel", s.kernel, s.source)
	b.add("virtualisation", s.virtual, s.source)
	b.add("cores used by Go", fmt.Sprintf("%d", runtime.GOMAXPROCS(0)), "GOMAXPROCS")
}

// addLimits adds a container's limits, with a note if they restrict this process.
func (b *sheet) addLimits(l limits, s system) {
	if l.cores > 0 {
		b.add("processor limit", fmt.Sprintf("%.4g cores", l.cores), l.coresSource)
		if l.cores < float64(runtime.NumCPU()) {
			b.note("a control group limits this process to %.4g of %d cores: a client that reaches its limit is paused for up to 100 ms at a time", l.cores, runtime.NumCPU())
		}
	}
	if l.memory > 0 && (s.memory == 0 || l.memory < s.memory) {
		b.add("memory limit", bytesText(l.memory), l.memorySource)
	}
}

// bytesText formats a size in GiB; 0 means unknown.
func bytesText(n uint64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
}

// clean makes one printable line of at most 200 bytes of what a system file or
// a program said.
func clean(s string) string { return plaintext.Short(strings.Join(strings.Fields(s), " "), 200) }
