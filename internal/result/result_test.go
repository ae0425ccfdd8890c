package result

import (
	"encoding/json"
	"math"
	"testing"
)

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{1.5: "1.5", math.Inf(1): `"inf"`, math.Inf(-1): `"-inf"`, 0: "0", 1e21: "1e+21"} {
		b, err := json.Marshal(Number(v))
		if err != nil || string(b) != want {
			t.Errorf("%v is written as %s (%v), want %s", v, b, err, want)
		}
		var n Number
		if err := json.Unmarshal(b, &n); err != nil || float64(n) != v {
			t.Errorf("%s is read as %v (%v)", b, n, err)
		}
	}
	if _, err := json.Marshal(Number(math.NaN())); err == nil {
		t.Error("a value that is missing was written as a number")
	}
	var n Number
	if err := json.Unmarshal([]byte(`"fast"`), &n); err == nil {
		t.Error("a word was read as a number")
	}
}

func TestWeakest(t *testing.T) {
	tests := []struct {
		in   []Evidence
		want Evidence
	}{
		{[]Evidence{Measured}, Measured},
		{[]Evidence{Measured, Listed}, Listed},
		{[]Evidence{Listed, Modelled, Measured}, Modelled},
		{[]Evidence{Modelled, Simulated}, Simulated},
	}
	for _, tt := range tests {
		if got := Weakest(tt.in...); got != tt.want {
			t.Errorf("weakest of %v is %v, want %v", tt.in, got, tt.want)
		}
	}
}
