package hardware

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/shirou/gopsutil/v4/mem"

	"github.com/inferometer/inferometer/internal/hardware/bandwidth"
	"github.com/inferometer/inferometer/internal/result"
)

// Bandwidth measures this machine's memory bandwidth, on all cores that this process
// may use. It takes a second or so and three arrays of memory, and is done on request
// only: it would disturb what is measured at the same time.
func Bandwidth(ctx context.Context) (result.Bandwidth, error) {
	available := uint64(0)
	if m, err := mem.VirtualMemoryWithContext(ctx); err == nil {
		available = m.Available
	}
	if l := limitsOf(os.DirFS("/")); l.memory > 0 && (available == 0 || l.memory < available) {
		available = l.memory
	}
	return bandwidth.Measure(ctx, runtime.GOMAXPROCS(0), bandwidth.Array(lastCache(os.DirFS("/")), available))
}

// lastCache is the size of the largest cache; 0 where it is unknown.
func lastCache(fsys fs.FS) uint64 {
	sizes, _ := fs.Glob(fsys, "sys/devices/system/cpu/cpu0/cache/index[0-9]*/size")
	most := uint64(0)
	for _, f := range sizes {
		text := read(fsys, f)
		scale := uint64(1)
		for suffix, by := range map[string]uint64{"K": 1 << 10, "M": 1 << 20, "G": 1 << 30} {
			if strings.HasSuffix(text, suffix) {
				text, scale = strings.TrimSuffix(text, suffix), by
			}
		}
		if n, err := strconv.ParseUint(text, 10, 64); err == nil {
			most = max(most, n*scale)
		}
	}
	return most
}

// BandwidthFact is a measured bandwidth as a fact.
func BandwidthFact(r result.Bandwidth) result.Fact {
	rates := func(name string, x result.BandwidthRates) string {
		return fmt.Sprintf("%s %.1f GB/s (median of %d, %.1f to %.1f)", name, x.Median, x.N, x.Min, x.Max)
	}
	return result.Fact{
		Name:   "memory bandwidth, measured",
		Value:  fmt.Sprintf("%s; %s; %d threads, 3 × %d MiB", rates("triad", r.Triad), rates("copy", r.Copy), r.Threads, r.ArrayBytes>>20),
		Source: "STREAM's triad and copy in Go",
	}
}
