package draw

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

var updateWeb = flag.Bool("update-web", false, "write web/testdata/format.json")

// written numbers, as the page's app must write them too.
type webVector struct {
	Value result.Number `json:"value"`
	Unit  string        `json:"unit,omitempty"`
	Axis  *figure.Axis  `json:"axis,omitempty"` // of a tick
	Text  string        `json:"text"`
}

// TestTheAppWritesNumbersAlike keeps the vectors that web/src/test compares the app's
// formatter with: a number on a chart looks like the one in the table next to it.
func TestTheAppWritesNumbersAlike(t *testing.T) {
	values := []float64{
		0, 0.5, 1.5, 2.5, 0.125, 0.375, 0.0625, 1, 9.994, 9.995, 9.996, 10, 12.25, 12.75, 99.94, 99.95, 99.96, 100, 100.5, 101.5, 999.4, 999.5, 999.6,
		1000, 1000.5, 1234.5, 1235.5, 9999.5, 12345.678, 1e6, 1234567.5, 1e9, 2.5e9, 1e12, 1e15, 123456789012345680000, 1e22,
		0.1, 0.01, 0.001, 0.0001, 0.00012345, 0.000012345, 1e-9, 0.9999, 0.99999, 0.999999, 0.98, 0.981234, 0.004999, 0.005, 0.015, 1.005, 2.675, 48.123, math.Pi,
		-1, -0.5, -12.25, -1234.5, -0.00042, 999.995, 999.994, 0.0104, 0.012345, math.Inf(1), math.Inf(-1),
	}
	var got []webVector
	add := func(v float64, unit, text string) {
		got = append(got, webVector{Value: result.Number(v), Unit: unit, Text: text})
	}
	for _, v := range values {
		add(v, "number", format.Number(v))
		add(v, "count", amount.Count(v))
		for _, unit := range []string{"", "ms", "ms/token", "USD", "ratio", "percent", "points", "1/s", "times", "token/s"} {
			if unit == "ratio" && math.IsInf(v, 0) {
				continue // a share is finite
			}
			add(v, "unit:"+unit, format.WithUnit(v, unit))
		}
		if math.IsInf(v, 0) {
			continue // an axis ends
		}
		for _, a := range []figure.Axis{{}, {Unit: "ms"}, {Unit: "USD"}, {Unit: "percent"}, {Share: true}, {Count: true}} {
			got = append(got, webVector{Value: result.Number(v), Axis: &a, Text: tickLabel(v, a)})
		}
	}
	path := filepath.Join("..", "..", "..", "web", "testdata", "format.json")
	if *updateWeb {
		b, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		b = append(bytes.ReplaceAll(b, []byte("},{"), []byte("},\n{")), '\n') // a line each
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var want []webVector
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the app would write numbers otherwise; change web/src/format.ts and run with -update-web (-file +now):\n%s", diff)
	}
}
