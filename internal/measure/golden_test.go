package measure

import (
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
)

var update = flag.Bool("update", false, "write the golden file again")

// mixed is half a minute of odd requests in the order in which they ended:
// failures, cut and shed ones, answers without usage or without a stream, and
// load before and after the window.
func mixed(n int) []*exchange.Exchange {
	rng := rand.New(rand.NewPCG(11, 12))
	xs := make([]*exchange.Exchange, 0, n)
	for i := range n {
		ttft := 20 + 30*rng.ExpFloat64()
		if i < n/5 {
			ttft += 200 // a slow beginning
		}
		at := []float64{ttft}
		for range rng.IntN(12) {
			at = append(at, at[len(at)-1]+4+4*rng.Float64())
		}
		x := good(float64(40*i)+float64(rng.IntN(30)), at...)
		switch {
		case i < 5:
			x.Phase = exchange.Warmup
		case i >= n-5:
			x.Phase = exchange.Cooldown
		case i%37 == 0:
			x.Class, x.Error = exchange.HTTP5xx, "no"
		case i%41 == 0:
			x.Class, x.FirstToken, x.FirstAnswer, x.LastToken, x.Frames = exchange.Cut, 0, 0, 0, nil
		case i%43 == 0:
			x.Class = exchange.Cut
		case i%53 == 0:
			x.Class = exchange.Shed
		case i%7 == 0:
			x.OutputTokens = nil
		}
		xs = append(xs, x)
	}
	rng.Shuffle(len(xs), func(i, j int) {
		if d := i - j; d < 10 && d > -10 {
			xs[i], xs[j] = xs[j], xs[i]
		}
	})
	return xs
}

// The golden file was written by the code that kept all exchanges in memory.
// Small cells must not change by a bit, but for the intervals of pooled
// metrics, whose bins are others, the last bits of sums, whose order is, what is
// said of cut requests, which that code left out, and goodput, which counts what
// throughput counts.
func TestGoldenCell(t *testing.T) {
	limit, err := metric.ParseLimit("ttft<60ms")
	if err != nil {
		t.Fatal(err)
	}
	c := cellOf(Input{
		ID: "c", Target: "candidate", Load: result.LoadShape{Kind: "open", Rate: 25, Arrival: "constant"},
		Start: ms(200), End: ms(23800),
	}, mixed(600), limit)
	for _, m := range []*result.Metrics{&c.Metrics, c.Steady} {
		for _, tag := range []string{"gap", "itl"} {
			s := m.Stats[tag]
			for _, e := range []*result.Estimate{&s.P50, &s.P90, &s.P95, &s.P99, &s.P999} {
				e.Lo, e.Hi = nil, nil
			}
			m.Stats[tag] = s
		}
	}
	got, err := json.MarshalIndent(c, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	const path = "testdata/cell.golden.json"
	if *update {
		if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var a, w any
	if err := json.Unmarshal(got, &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &w); err != nil {
		t.Fatal(err)
	}
	last := cmp.Comparer(func(x, y float64) bool { return x == y || x/y-1 < 1e-12 && y/x-1 < 1e-12 })
	if diff := cmp.Diff(w, a, last); diff != "" {
		t.Error(diff)
	}
}
