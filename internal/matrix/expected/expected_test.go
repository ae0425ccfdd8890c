package expected

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
)

func of(t *testing.T, chip, model string) map[string]Row {
	t.Helper()
	s, err := Of(chip, model, 512, 128)
	if err != nil {
		t.Fatal(err)
	}
	if s.Evidence != result.Modelled || len(s.Notes) == 0 || !strings.Contains(s.Notes[0], "modelled") {
		t.Errorf("%s does not say that it is modelled: %+v", chip, s)
	}
	rows := map[string]Row{}
	for _, r := range s.Rows {
		rows[r.Name] = r
		if r.Decode != nil && (r.Decode.Lo > r.Decode.Hi || r.Decode.Hi > r.DecodeLimit) {
			t.Errorf("%s on %s: %+v of at most %v", r.Name, chip, r.Decode, r.DecodeLimit)
		}
		if r.Decode == nil && r.Why == "" {
			t.Errorf("%s on %s has no rate and no reason", r.Name, chip)
		}
	}
	return rows
}

// The configurations are the preset's, with the speed-ups that were expected next to those
// that are modelled, and an 8B model in F16 stays under what 546 GB/s can read.
func TestAnM4Max(t *testing.T) {
	rows := of(t, "m4-max", "llama-3.1-8b")
	for name, expected := range map[string]float64{"cpu": 1, "metal-f32": 2.5, "metal-f16": 3.2, "metal-bf16": 3.8, "metal-q8": 4.5, "metal-q4": 0, "unified": 5.2} {
		r, ok := rows[name]
		if !ok || r.Expected != expected || (expected > 0) != strings.Contains(r.ExpectedBy, "unmeasured") {
			t.Errorf("%s: %+v", name, r)
		}
		if name != "cpu" && r.SpeedUp == nil {
			t.Errorf("%s has no speed-up", name)
		}
	}
	if f16 := rows["metal-f16"].Decode; f16.Hi > 34 || f16.Value < 25 {
		t.Errorf("F16: %+v", f16)
	}
	if cpu := rows["cpu"]; cpu.Decode.Value != 0 || cpu.Prefill != nil || !strings.Contains(cpu.Why, "assumed") {
		t.Errorf("the processor alone is no better known than this: %+v", cpu)
	}
	if rows["unified"].Decode.Value <= rows["metal-q4"].Decode.Value {
		t.Error("a cache of 8 bits is read no faster than one of 16")
	}
	s, err := Of("m4-max", "llama-3.1-8b", 512, 128)
	if err != nil || len(s.Listed) != 3 || s.Listed[0].Evidence != result.Listed || s.Listed[0].Source == "" {
		t.Errorf("published rates: %+v, %v", s.Listed, err)
	}
}

// What does not fit, and what is not known of a chip, is said instead of a number.
func TestWhatIsNotKnown(t *testing.T) {
	if r := of(t, "m1", "llama-3.1-8b")["metal-f16"]; r.Decode != nil || !strings.Contains(r.Why, "does not fit into 16 GB") {
		t.Errorf("16 GB of weights in 16 GB: %+v", r)
	}
	if r := of(t, "m6", "llama-3.1-8b")["metal-q4"]; r.Decode != nil || r.DecodeLimit == 0 || !strings.Contains(r.Why, "arithmetic rate is unknown") {
		t.Errorf("%+v", r)
	}
	if r := of(t, "h100", "llama-3.1-8b")["bf16"]; r.Decode == nil || r.Expected != 0 || r.SpeedUp != nil {
		t.Errorf("%+v", r)
	}
	for _, tc := range [][3]string{{"m9", "llama-3.1-8b", "--chip: no accelerator"}, {"m1", "eliza", "--model: no model"}} {
		if _, err := Of(tc[0], tc[1], 512, 128); err == nil || !strings.Contains(err.Error(), tc[2]) {
			t.Errorf("%v: %v", tc, err)
		}
	}
}
