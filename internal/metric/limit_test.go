package metric

import (
	"math"
	"strings"
	"testing"
)

func TestParseLimit(t *testing.T) {
	tests := []struct {
		in    string
		tag   string
		stat  string
		op    Op
		value float64
		text  string
	}{
		{"ttft.p95<50ms", "ttft", "p95", Less, 50, "ttft.p95<50ms"},
		{" ttft.p99.9 <= 0.5s ", "ttft", "p99.9", LessEqual, 500, "ttft.p99.9<=500ms"},
		{"e2e.p50<250us", "e2e", "p50", Less, 0.25, ""},
		{"success>=99.9%", "success", "", GreaterEqual, 0.999, "success>=99.9%"},
		{"success>0.5", "success", "", Greater, 0.5, ""},
		{"savings>=60%", "savings", "", GreaterEqual, 60, ""},
		{"quality_delta>=-5", "quality_delta", "", GreaterEqual, -5, "quality_delta>=-5pp"},
		{"quality_delta.mean>=-5", "quality_delta", "mean", GreaterEqual, -5, ""}, // of runs that had scores only
		{"load_delta > -2pp", "load_delta", "", Greater, -2, "load_delta>-2pp"},
		{"accuracy>=90%", "accuracy", "", GreaterEqual, 90, "accuracy>=90%"},
		{"drift<=5 points", "drift", "", LessEqual, 5, "drift<=5"},
		{"tpot.mean<40", "tpot", "mean", Less, 40, ""},
		{"ttft<500ms", "ttft", "", Less, 500, ""},
	}
	for _, tt := range tests {
		l, err := ParseLimit(tt.in)
		if err != nil {
			t.Errorf("%q: %v", tt.in, err)
			continue
		}
		if l.Metric.Tag != tt.tag || l.Stat != tt.stat || l.Op != tt.op || math.Abs(l.Value-tt.value) > 1e-12 {
			t.Errorf("%q: %+v", tt.in, l)
		}
		if tt.text != "" && l.String() != tt.text {
			t.Errorf("%q prints as %q", tt.in, l)
		}
		again, err := ParseLimit(l.String())
		if err != nil || math.Abs(again.Value-l.Value) > 1e-9*max(1, math.Abs(l.Value)) {
			t.Errorf("%q prints as %q, which reads as %+v (%v)", tt.in, l, again, err)
		}
	}
}

func TestParseLimitErrors(t *testing.T) {
	for in, want := range map[string]string{
		"":               "must be of the form",
		"ttft":           "must be of the form",
		"tfft.p95<5ms":   `did you mean "ttft"`,
		"ttft.p95<5MB":   "unit",
		"ttft.q95<5ms":   "",
		"ttft.p0<5ms":    "",
		"ttft.p100<5ms":  "",
		"success.p5>1":   "",
		"ttft.p95=5ms":   "must be of the form",
		"success>=99ms":  "unit",
		"ttft.p95<5e999": "",
		"success>=99.9":  "write 99.9% or 0.999",
		"drift>=-5":      "write drift<=",
		"accuracy>=900%": "at most 100",
		"success>=101%":  "at most 1",
		"success>=-1%":   "never below 0",
		"ttft.p95<-5ms":  "never below 0",
		"goodput>=-1":    "never below 0",
		"success>=0":     "decided before the run",
		"success<=100%":  "decided before the run",
		"success>100%":   "decided before the run",
		"latency.p95<1s": "the latency of a whole answer is e2e, that of its first token ttft; metrics are ttft, ttfa, e2e",
		"p95<500ms":      "name the metric first, as in ttft.p95<500ms; metrics are ttft",
	} {
		if _, err := ParseLimit(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", in, err, want)
		}
	}
}

func TestHolds(t *testing.T) {
	for in, cases := range map[string][2]float64{ // holds, breaks
		"ttft.p95<50ms":   {49.9, 50},
		"ttft.p95<=50ms":  {50, 50.1},
		"success>=98%":    {0.98, 0.97},
		"user_rate.p5>10": {10.1, 10},
	} {
		l, err := ParseLimit(in)
		if err != nil {
			t.Fatal(err)
		}
		if !l.Holds(cases[0]) || l.Holds(cases[1]) {
			t.Errorf("%q: %v", in, cases)
		}
		if in != "success>=98%" && l.PerRequest().Stat != "" {
			t.Errorf("%q keeps its quantile", in)
		}
	}
	if l, _ := ParseLimit("ttft.p95<50ms"); l.Holds(math.Inf(1)) {
		t.Error("a failed request holds a limit")
	}
}

func FuzzParseLimit(f *testing.F) {
	f.Add("ttft.p95<50ms")
	f.Add("success>=99.9%")
	f.Fuzz(func(t *testing.T, in string) {
		l, err := ParseLimit(in)
		if err != nil {
			return
		}
		if _, err := ParseLimit(l.String()); err != nil {
			t.Fatalf("%q prints as %q, which cannot be read: %v", in, l, err)
		}
	})
}

// 10 of e2e.p95<10 were milliseconds, and whoever wrote it meant seconds.
func TestTimesNeedAUnit(t *testing.T) {
	for in, want := range map[string]string{
		"e2e.p95<10":           "write e2e.p95<10ms or e2e.p95<10s",
		" ttft.p50 <= .5 ":     "write ttft.p50 <= .5ms or ttft.p50 <= .5s",
		"tpot.mean<40":         "tpot.mean<40ms",
		"e2e.p95<10ms":         "",
		"e2e.p95<10 s":         "",
		"success>=0.99":        "",
		"throughput>10":        "",
		"savings>=30":          "",
		"output_tokens.p50>10": "",
		"nonsense":             "", // ParseLimit says what is wrong
	} {
		err := CheckUnit(in)
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", in, err, want)
		}
	}
}
