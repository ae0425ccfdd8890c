package length

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lengths.csv")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMoments(t *testing.T) {
	file := write(t, "tokens,other\n100,x\n300,y\n")
	for _, tt := range []struct {
		text     string
		mean, sd float64
		lo, hi   int
	}{
		{"512", 512, 0, 512, 512},
		{"1_000", 1000, 0, 1000, 1000},
		{"uniform 100..900", 500, 231.2, 100, 900}, // sd of a discrete uniform: sqrt((801²-1)/12)
		{"normal mean=512 sd=100", 512, 100, 1, Most},
		{"normal mean=512 cv=0.1 min=512", 512 + 51.2*0.7979, 51.2 * 0.6028, 512, Most}, // half-normal
		{"lognormal mean=512 cv=1", 512, 512, 1, Most},
		{"empirical 100, 300", 200, 100, 100, 300},
		{"empirical " + file, 200, 100, 100, 300},
		{"lognormal mean=512 cv=0", 512, 0, 512, 512},
		{"normal mean=500 sd=1 min=900 max=1000", 900, 0, 900, 1000}, // nothing within the limits
		{"50% 100 | 50% uniform 200..400", 200, 108.2, 100, 400},     // var = 0.5·3366.7 + 100²
	} {
		d, err := Parse(tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		const n = 20000
		sum, squares := 0.0, 0.0
		for i := range n {
			v := d.At(7, i)
			if v < tt.lo || v > tt.hi {
				t.Fatalf("%s gave %d", tt.text, v)
			}
			sum += float64(v)
			squares += float64(v) * float64(v)
		}
		mean := sum / n
		sd := math.Sqrt(squares/n - mean*mean)
		// Five standard errors of the mean; of the spread, a tenth.
		if math.Abs(mean-tt.mean) > 5*tt.sd/math.Sqrt(n)+1e-9 || math.Abs(sd-tt.sd) > 0.1*tt.sd+1e-6 {
			t.Errorf("%s: mean %.1f and sd %.1f, want %.1f and %.1f", tt.text, mean, sd, tt.mean, tt.sd)
		}
		if m := d.Mean(); math.Abs(m-tt.mean) > 0.002*tt.mean {
			t.Errorf("%s: mean %v, want %v", tt.text, m, tt.mean)
		}
		// Quantiles are those of the draws: 1.95 is 0.1 % of Kolmogorov's distribution.
		for _, u := range []float64{1e-9, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1 - 1e-9} {
			q, under, upTo := d.Quantile(u), 0, 0
			for i := range n {
				v := d.At(7, i)
				if v < q {
					under++
				}
				if v <= q {
					upTo++
				}
			}
			if slack := 1.95 * math.Sqrt(n); float64(under) > u*n+slack || float64(upTo) < u*n-slack || q < tt.lo || q > tt.hi {
				t.Errorf("%s: quantile %v is %d, and %d of %d draws are below it, %d up to it", tt.text, u, q, under, n, upTo)
			}
		}
		if d.String() != tt.text || d.Varies() == (tt.text == "512" || tt.text == "1_000") || d.Largest() > tt.hi || d.Largest() < d.At(1, 0) {
			t.Errorf("%s: %q %v %d", tt.text, d, d.Varies(), d.Largest())
		}
	}
}

// A log-normal has its median where nothing is cut, and its text is the same
// distribution.
func TestLogNormal(t *testing.T) {
	d := LogNormal(256, 0.8, 16, 4096)
	again, err := Parse(d.String())
	if err != nil || d.String() != "lognormal mean=352.5 cv=0.947 min=16 max=4096" {
		t.Errorf("%s (%v)", d, err)
	}
	for i := range 100 {
		if d.At(3, i) != again.At(3, i) {
			t.Fatal("the text gives other lengths")
		}
	}
	if got := d.Quantile(0.5); got < 254 || got > 258 {
		t.Errorf("median %d", got)
	}
}

// Plans are repeated from their seed, on other machines too: these lengths may
// not change.
func TestLengthsAreOfTheSeed(t *testing.T) {
	d, err := Parse("lognormal mean=512 cv=1 max=4000")
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for i := range 8 {
		got = append(got, d.At(42, i))
	}
	if want := []int{178, 866, 341, 992, 626, 338, 1984, 239}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if d.At(42, 3) == d.At(43, 3) && d.At(42, 4) == d.At(43, 4) {
		t.Error("the seed changes nothing")
	}
}

func TestErrors(t *testing.T) {
	for in, want := range map[string]string{
		"": "unknown distribution", "0": "out of range", "-3": "out of range", "20000000": "out of range", "gauss 3": "unknown distribution",
		"uniform 5": "both ends", "uniform 9..5": "both ends", "normal mean=5": "either sd or cv", "normal mean=5 sd=1 cv=1": "either sd or cv",
		"normal mean=5 sd=x": "name=number", "normal mean=5 sd=1 mode=3": "unknown parameter", "lognormal mean=0.5 cv=1": "at least 1", "normal mean=5 sd=1 min=9 max=3": "max is below",
		"normal mean=NaN sd=1": "name=number", "empirical": "a file or a list", "empirical 5,x": "invalid length", "empirical no/such/file": "failed to read",
		"50% 3 | 4": "no share", "-1% 3 | 1% 4": "no share", "50% 3 | 50% x": "unknown distribution",
	} {
		if _, err := Parse(in); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "must be one of") {
			t.Errorf("%q: %v, want %q", in, err, want)
		}
	}
	for content, want := range map[string]string{"": "has no lengths", "tokens\n": "has no lengths", "1\nx\n": "row 2", "1\n0\n": "row 2"} {
		if _, err := Parse("empirical " + write(t, content)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", content, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"512", "uniform 1..2", "normal mean=1e7 sd=1e7", "lognormal mean=1 cv=1e7", "empirical 1 2", "1% 2 | 3% uniform 4..5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "empirical") {
			return // it could name a file
		}
		d, err := Parse(text)
		if err != nil {
			return
		}
		for i := range 4 {
			if v := d.At(1, i); v < 1 || v > Most {
				t.Errorf("%q gave %d", text, v)
			}
		}
	})
}
