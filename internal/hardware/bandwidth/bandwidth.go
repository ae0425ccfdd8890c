// Package bandwidth measures how fast this machine's memory can be read and written:
// the triad and the copy of McCalpin's STREAM, on all cores that this process may
// use. A processor that decodes reads its weights once per token, so that this rate
// bounds it; a data sheet's rate is rarely reached.
//
// Go's compiler does not vectorize the triad, so that few cores may not saturate the
// memory with it; the copy is the runtime's memmove, which does. Bytes are counted as
// STREAM counts them, without the line that a write may read first.
package bandwidth

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/result"
)

// repeats of each kernel, and one before them that touches the memory.
const repeats = 9

// Array is how large each array should be: four times the last cache, as STREAM
// demands, at least 64 MiB, and at most a sixteenth of the memory that is available.
func Array(lastCache, available uint64) int {
	n := max(4*lastCache, 64<<20)
	if available > 0 {
		n = min(n, available/16)
	}
	return int(max(n, 1<<20)) &^ 4095
}

// Measure takes a second or so. It ends early, with an error, when ctx is done.
func Measure(ctx context.Context, threads, arrayBytes int) (result.Bandwidth, error) {
	if threads < 1 || arrayBytes < 4096 {
		return result.Bandwidth{}, errors.New("bandwidth: at least one thread and 4096 bytes")
	}
	n := arrayBytes / 8
	a, b, c := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range b {
		b[i], c[i] = 1, 2
	}
	begun := time.Now()
	r := result.Bandwidth{Threads: threads, ArrayBytes: n * 8}
	var err error
	if r.Triad, err = rates(ctx, threads, n, 24, func(from, to int) { triad(a[from:to], b[from:to], c[from:to], 3) }); err != nil {
		return r, err
	}
	r.Copy, err = rates(ctx, threads, n, 16, func(from, to int) { copy(a[from:to], b[from:to]) })
	r.Seconds = time.Since(begun).Seconds()
	return r, err
}

// triad is a = b + s·c.
func triad(a, b, c []float64, s float64) {
	b, c = b[:len(a)], c[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		x, y, z := a[i:i+4:i+4], b[i:i+4:i+4], c[i:i+4:i+4]
		x[0] = y[0] + s*z[0]
		x[1] = y[1] + s*z[1]
		x[2] = y[2] + s*z[2]
		x[3] = y[3] + s*z[3]
	}
	for ; i < len(a); i++ {
		a[i] = b[i] + s*c[i]
	}
}

// rates runs a kernel over n elements, of which each moves some bytes.
func rates(ctx context.Context, threads, n, bytes int, kernel func(from, to int)) (result.BandwidthRates, error) {
	var got []float64
	for i := range repeats + 1 {
		if err := ctx.Err(); err != nil {
			return result.BandwidthRates{}, err
		}
		begun := time.Now()
		var wait sync.WaitGroup
		for t := range threads {
			wait.Go(func() { kernel(n*t/threads, n*(t+1)/threads) })
		}
		wait.Wait()
		if took := time.Since(begun).Seconds(); i > 0 && took > 0 {
			got = append(got, float64(n*bytes)/took/1e9)
		}
	}
	if len(got) == 0 {
		return result.BandwidthRates{}, errors.New("bandwidth: the clock did not advance")
	}
	slices.Sort(got)
	return result.BandwidthRates{N: len(got), Median: got[len(got)/2], Min: got[0], Max: got[len(got)-1]}, nil
}
