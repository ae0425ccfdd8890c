package catalog

import (
	"errors"
	"math"
	"testing"
)

// Every number of GPU cores that Apple has sold an M chip with, by Apple's specifications.
func TestAppleChipsHaveAllBins(t *testing.T) {
	for brand, bins := range map[string][]int{
		"Apple M1": {7, 8}, "Apple M1 Pro": {14, 16}, "Apple M1 Max": {24, 32}, "Apple M1 Ultra": {48, 64},
		"Apple M2": {8, 10}, "Apple M2 Pro": {16, 19}, "Apple M2 Max": {30, 38}, "Apple M2 Ultra": {60, 76},
		"Apple M3": {8, 10}, "Apple M3 Pro": {14, 18}, "Apple M3 Max": {30, 40}, "Apple M3 Ultra": {60, 80},
		"Apple M4": {8, 10}, "Apple M4 Pro": {16, 20}, "Apple M4 Max": {32, 40},
		"Apple M5": {8, 10}, "Apple M5 Pro": {16, 20}, "Apple M5 Max": {32, 40}, "Apple M6": {12},
	} {
		for _, cores := range bins {
			d, err := LookupApple(brand, cores)
			if err != nil || d.Cores != cores || d.BandwidthGBs == 0 || d.MemoryGB == 0 || d.CPU == "" {
				t.Errorf("%s with %d GPU cores: %+v, %v", brand, cores, d, err)
			}
			if brand != "Apple M6" && d.TFLOPS.BF16 == 0 {
				t.Errorf("%s with %d GPU cores has no rate", brand, cores)
			}
		}
	}
	small, _ := LookupApple("Apple M1", 7)
	if want := 2.617 * 7 / 8; math.Abs(small.TFLOPS.BF16-want) > 1e-9 || small.Name != "M1-7core" {
		t.Errorf("%+v, want %v TFLOPS", small, want)
	}
}

// What the table does not have is left open, and not taken from another bin.
func TestAppleChipsOfTheFuture(t *testing.T) {
	for _, tc := range []struct {
		brand     string
		cores     int
		bandwidth float64
		tflops    float64
	}{
		{"Apple M4 Max", 0, 0, 0},            // 410 or 546 GB/s
		{"Apple M4 Max", 36, 0, 16.159 * .9}, // neither of the two
		{"Apple M1", 0, 68.3, 0},             // the same for both
		{"Apple M5 Ultra", 80, 1200, 0},
		{"Apple M6", 0, 170, 0},
	} {
		d, err := LookupApple(tc.brand, tc.cores)
		if err != nil || d.BandwidthGBs != tc.bandwidth || math.Abs(d.TFLOPS.BF16-tc.tflops) > 1e-9 || d.Note == "" {
			t.Errorf("%s with %d cores: %+v, %v", tc.brand, tc.cores, d, err)
		}
	}
	var unknown *UnknownError
	for _, brand := range []string{"Apple M9 Mega", "NVIDIA H100 PCIe", "", "VirtualApple @ 2.50GHz"} {
		if d, err := LookupApple(brand, 10); !errors.As(err, &unknown) || d.Name != "" {
			t.Errorf("%q: %+v, %v", brand, d, err)
		}
	}
}
