package metric

import (
	"reflect"
	"strings"
	"testing"
)

func TestChangesReadAndWrite(t *testing.T) {
	for _, tt := range []struct {
		text, want string
		value      float64
		relative   bool
	}{
		{"ttft.p95>+5%", "ttft.p95>+5%", .05, true},
		{" vs main:  ttft.p50 > +0%", "vs main: ttft.p50>+0%", 0, true},
		{"vs release/1.2: e2e.p99>=+0.5s", "vs release/1.2: e2e.p99>+500ms", 500, false},
		{"success<-1pp", "success<-1pp", -1, false},
		{"output_throughput<-5%", "output_throughput<-5%", -.05, true},
		{"throughput<-2/s", "throughput<-2/s", -2, false},
		{"tpot.mean>+1ms", "tpot.mean>+1ms", 1, false},
		{"ttft.p50>0%", "ttft.p50>+0%", 0, true},
		{"success<-0pp", "success<+0pp", 0, false},
		{"ttft.p95>-10%", "ttft.p95>-10%", -.1, true}, // must have become faster
	} {
		c, err := ParseChange(tt.text)
		if err != nil || c.String() != tt.want || c.Value != tt.value || c.Relative != tt.relative {
			t.Errorf("%q: %q %v %v %v", tt.text, c, c.Value, c.Relative, err)
			continue
		}
		if again, err := ParseChange(c.String()); err != nil || !reflect.DeepEqual(again, c) {
			t.Errorf("%q is read as %+v: %v", c, again, err)
		}
	}
}

// An error names the mistake and what would be right.
func TestMistakesInChangesPointTheWay(t *testing.T) {
	for text, want := range map[string]string{
		"ttft.p95>5%":         "write ttft.p95>+5%",
		"ttft.p95>500ms":      "--claim",
		"success<-1%":         "write success<-1pp",
		"success<-200pp":      "at most 100 percentage points",
		"ttft.p95>+5":         "needs a unit",
		"ttft.p95>+5pp":       "unit \"pp\" does not fit",
		"ttft>+5%":            "like ttft.p95",
		"ttft.max>+5%":        "single request",
		"tttf.p95>+5%":        "did you mean \"ttft\"",
		"vs main ttft.p95>5%": "a colon is missing",
		"vs : ttft.p95>+5%":   "invalid tag",
		"ttft.p95<+5%":        "turn the sign around, as in ttft.p95>+5%",
		"throughput>-5%":      "turn the sign around, as in throughput<-5%",
		"throughput<-100%":    "100 %",
		"accuracy.mean<-2pp":  "quality compare",
		"savings<-5%":         "prices",
		"ttft.p101>+5%":       "unknown statistic",
		"":                    "must be of the form",
	} {
		if c, err := ParseChange(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v %v, want %q", text, c, err, want)
		}
	}
}
