package steptime

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/sim/scheduler"
)

func TestLinearIsTheSumOfItsCosts(t *testing.T) {
	l := Linear{Step: 1000, Sequence: 10, Admission: 100, PrefillToken: 20, PrefillPair: 0.5, DecodeToken: 3, ContextToken: 2}
	for _, tc := range []struct {
		batch scheduler.Batch
		want  time.Duration
		bound string
	}{
		{scheduler.Batch{Sequences: 1, Decodes: 1, DecodeTokens: 1, DecodeContext: 9}, 1033 * time.Microsecond, "step"},
		{scheduler.Batch{Sequences: 2, Admitted: 1, Prefills: 2, PrefillTokens: 100, PrefillPairs: 6000}, 6120 * time.Microsecond, "prefill"},
		{scheduler.Batch{Sequences: 1, Decodes: 1, DecodeTokens: 1, DecodeContext: 9999}, 21013 * time.Microsecond, "context"},
		{scheduler.Batch{Sequences: 500, Decodes: 500, DecodeTokens: 500}, 8500 * time.Microsecond, "requests"},
		{scheduler.Batch{Sequences: 1, Decodes: 1, DecodeTokens: 500}, 3510 * time.Microsecond, "decode"},
	} {
		if took, bound := l.StepTime(tc.batch); took != tc.want || bound != tc.bound {
			t.Errorf("%+v takes %v, bound by %s; want %v, %s", tc.batch, took, bound, tc.want, tc.bound)
		}
	}
}

// The default is meant to be near published runs of an 8B model on an H100.
func TestDefaultIsNearWhatItSays(t *testing.T) {
	for _, tc := range []struct {
		name  string
		batch scheduler.Batch
		want  time.Duration
	}{
		{"one stream", scheduler.Batch{Sequences: 1, Decodes: 1, DecodeTokens: 1, DecodeContext: 500}, 6500 * time.Microsecond},
		{"1,024 tokens", scheduler.Batch{Sequences: 1, Admitted: 1, Prefills: 1, PrefillTokens: 1024, PrefillPairs: 1024 * 1025 / 2}, 25 * time.Millisecond},
		{"32,000 tokens", scheduler.Batch{Sequences: 1, Admitted: 1, Prefills: 1, PrefillTokens: 32000, PrefillPairs: 32000 * 32001 / 2}, 1114 * time.Millisecond},
	} {
		took, _ := Default().StepTime(tc.batch)
		if off := float64(took)/float64(tc.want) - 1; math.Abs(off) > 0.1 {
			t.Errorf("%s takes %v, which is %.0f %% off %v", tc.name, took, 100*off, tc.want)
		}
	}
}

func TestTracePlaysGapsInTheirOrder(t *testing.T) {
	tr := Trace{Prefill: []float64{30}, Decode: []float64{1, 2.5, 4}}
	var got []time.Duration
	for n := range uint64(5) {
		b := scheduler.Batch{Number: n, Sequences: 1, Decodes: 1}
		if n == 3 {
			b.Prefills = 1
		}
		took, _ := tr.StepTime(b)
		got = append(got, took)
	}
	us := time.Microsecond
	if diff := cmp.Diff([]time.Duration{1000 * us, 2500 * us, 4000 * us, 30_000 * us, 2500 * us}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParse(t *testing.T) {
	for in, want := range map[string]scheduler.StepTimer{
		"step_us: 6000\nprefill_token_us: 20":   Linear{Step: 6000, PrefillToken: 20},
		"decode_ms: [1, 2]\nprefill_ms: [30.5]": Trace{Prefill: []float64{30.5}, Decode: []float64{1, 2}},
		`{"decode_ms": [7]}`:                    Trace{Decode: []float64{7}},
	} {
		got, err := Parse([]byte(in))
		if err != nil {
			t.Errorf("%q: %v", in, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", in, diff)
		}
	}
	for in, want := range map[string]string{
		"":                           "all times are 0",
		"step_us: -1":                "invalid time",
		"step: 6000":                 `unknown field "step"`,
		"decode_ms: []":              "at least one gap",
		"decode_ms: [1, -2]":         "invalid gap",
		"decode_ms: [.inf]":          "invalid gap",
		"decode_ms: [1]\nstep_us: 1": `unknown field "step_us"`,
		"step_us: [":                 "",
	} {
		if _, err := Parse([]byte(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v does not say %q", in, err, want)
		}
	}
}

func TestLoadNamesTheFile(t *testing.T) {
	if _, err := Load("testdata/none.yaml"); err == nil || !strings.Contains(err.Error(), "none.yaml") {
		t.Errorf("error %v", err)
	}
}

// Whatever is read is an error or gives times that a clock can follow.
func FuzzParse(f *testing.F) {
	for _, in := range []string{"step_us: 6000", "decode_ms: [1, 2.5]", "prefill_pair_us: 1e9", "decode_ms: [1e300]", "[", "step_us: .nan", "decode_ms: 3"} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		timer, err := Parse(in)
		if err != nil {
			return
		}
		b := scheduler.Batch{Number: 5, Sequences: 9, Admitted: 1, Prefills: 1, PrefillTokens: 8192, PrefillPairs: 1 << 40, Decodes: 8, DecodeTokens: 8, DecodeContext: 1 << 30}
		if took, bound := timer.StepTime(b); took < 0 || took > longest || bound == "" {
			t.Errorf("%q: a step takes %v, bound by %q", in, took, bound)
		}
	})
}
