package known

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/physics"
)

var update = flag.Bool("update", false, "rewrite the table in docs/apple-silicon.md")

// The roofline reproduces the 28 rows of llama.cpp's table.
func TestTheRooflineReproducesApplesTable(t *testing.T) {
	e, err := AppleErrors()
	if err != nil {
		t.Fatal(err)
	}
	if e.N != 79 || e.DecodeMedian > 0.05 || e.DecodeWorst > 0.20 || e.PrefillMedian > 0.05 || e.PrefillWorst > 0.20 {
		t.Errorf("%+v", e)
	}
}

const begin, end = "<!-- roofline: made by `go test ./internal/physics/known -update` -->\n", "<!-- end of roofline -->\n"

// The table in the manual is what the code says today.
func TestTheManualHasTheTable(t *testing.T) {
	const path = "../../../docs/apple-silicon.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	got, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table", path)
	}
	want := appleTable(t)
	if *update {
		if err := os.WriteFile(path, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got; -update rewrites it):\n%s", path, diff)
	}
}

func appleTable(t *testing.T) string {
	t.Helper()
	all, err := AppleRates()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	fmt.Fprint(&b, "| chip (GPU cores) | GB/s | decode F16 | Q8_0 | Q4_0 | prefill F16 | Q8_0 | Q4_0 |\n|---|---|---|---|---|---|---|---|\n")
	cell := func(modelled, listed float64) string {
		return fmt.Sprintf("%.4g / %.4g (%+.1f %%)", modelled, listed, 100*(modelled/listed-1))
	}
	for i := 0; i < len(all); {
		p := all[i]
		var decode, prefill [3]string
		for decode, prefill = [3]string{"–", "–", "–"}, [3]string{"–", "–", "–"}; i < len(all) && all[i].Chip == p.Chip && all[i].Device.Cores == p.Device.Cores; i++ {
			e, err := all[i].Modelled()
			if err != nil {
				t.Fatal(err)
			}
			n := map[physics.Format]int{physics.BF16: 0, physics.Q8: 1, physics.Q4: 2}[all[i].Format]
			decode[n], prefill[n] = cell(e.Decode, all[i].Decode), cell(e.Prefill, all[i].Prefill)
		}
		fmt.Fprintf(&b, "| %s (%d) | %g | %s | %s |\n", p.Chip, p.Device.Cores, p.Device.BandwidthGBs, strings.Join(decode[:], " | "), strings.Join(prefill[:], " | "))
	}
	e, err := AppleErrors()
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&b, "\nOver %d figures the error of decoding is %.1f %% in the median and %.1f %% at worst, that of prefill %.1f %% and %.1f %%.\n",
		e.N, 100*e.DecodeMedian, 100*e.DecodeWorst, 100*e.PrefillMedian, 100*e.PrefillWorst)
	return b.String()
}

// 546 GB/s read the 16 GB of an 8B model in F16 34 times a second at most.
func TestAnM4MaxHasItsLimit(t *testing.T) {
	d, err := Deployment("m4-max/llama-3.1-8b")
	if err != nil {
		t.Fatal(err)
	}
	for _, prompt := range []int{1, 100, 10_000} {
		for _, output := range []int{1, 500} {
			e, err := Expect(d, prompt, output)
			if err != nil {
				t.Fatal(err)
			}
			if e.Decode > 34 || e.Decode < 15 || e.Decode > e.DecodeLimit || e.Prefill > e.PrefillLimit {
				t.Errorf("%d and %d tokens: %+v", prompt, output, e)
			}
			if e.DecodeError < 0.05 || e.DecodeError > 0.2 || e.PrefillError < 0.05 {
				t.Errorf("its error is missing: %+v", e)
			}
		}
	}
	if _, err := Expect(d, 0, 1); err == nil {
		t.Error("an empty prompt has a rate")
	}
}

// Fewer bits read faster, and read prompts no faster.
func TestFormatsOrderTheRates(t *testing.T) {
	last := 0.0
	for _, f := range []physics.Format{physics.FP32, physics.BF16, physics.Q8, physics.Q6K, physics.Q51, physics.Q50, physics.Q41, physics.Q4} {
		d, err := Deployment("m3-max/llama-3.1-8b")
		if err != nil {
			t.Fatal(err)
		}
		d.Weights = f
		e, err := Expect(d, 512, 128)
		if err != nil {
			t.Fatal(err)
		}
		if e.Decode <= last {
			t.Errorf("%s: %.1f tokens a second, no more than with more bits", f, e.Decode)
		}
		last = e.Decode
	}
}
