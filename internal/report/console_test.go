package report

import "testing"

func TestVisible(t *testing.T) {
	for in, want := range map[string]int{"abc": 3, "\x1b[1mabc\x1b[0m": 3, "模型": 4, "e\u0301": 1, "≥ –": 3} {
		if got := visible(in); got != want {
			t.Errorf("%q: %d, want %d", in, got, want)
		}
	}
}
