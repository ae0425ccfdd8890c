package generation

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStopStrings(t *testing.T) {
	pieces := []string{"one", " two", ",", " three", "."}
	for _, tc := range []struct {
		stops []string
		least int
		want  []string
		stop  bool
	}{
		{nil, 0, pieces, false},
		{[]string{"four"}, 0, pieces, false},
		{[]string{" two"}, 0, []string{"one", ""}, true},
		{[]string{"e two, th"}, 0, []string{"on", "", "", ""}, true},
		{[]string{"three", ","}, 0, []string{"one", " two", ""}, true},
		{[]string{"e"}, 0, []string{"on"}, true},
		{[]string{"e"}, 2, []string{"one", " two", ",", " thr"}, true},
		{[]string{"two, three", "e"}, 2, []string{"one", " two", ",", " thr"}, true},
		{[]string{"one two, three.!"}, 5, pieces, false},
		{[]string{"one"}, 5, pieces, false},
	} {
		a := Choice{Pieces: pieces, Reason: ReasonLength}
		a.stopAt(tc.stops, tc.least)
		if diff := cmp.Diff(tc.want, a.Pieces); diff != "" || (a.Reason == ReasonStop) != tc.stop {
			t.Errorf("stop at %q after %d tokens: reason %s, pieces (-want +got):\n%s", tc.stops, tc.least, a.Reason, diff)
		}
	}
}
