package exchange

import (
	"encoding/json"
	"slices"
	"testing"
)

// Times are kept to a µs and the last one exactly: what that rounds must not come
// after the last frame, or a gap would be less than nothing.
func TestRoundingKeepsTheOrder(t *testing.T) {
	at := []Stamp{1_000, 5_400, 10_600, 10_800, 10_801}
	x := &Exchange{FirstToken: at[0], LastToken: at[len(at)-1]}
	for _, s := range at {
		x.Frames = append(x.Frames, Frame{At: s})
	}
	b, err := json.Marshal(pack(x))
	if err != nil {
		t.Fatal(err)
	}
	y, err := DecodeExchange(b)
	if err != nil {
		t.Fatal(err)
	}
	var got []Stamp
	for i, f := range y.Frames {
		got = append(got, f.At)
		if d := f.At - at[i]; d < -500 || d > 500 {
			t.Errorf("frame %d is at %d, was at %d", i, f.At, at[i])
		}
	}
	if !slices.IsSorted(got) || got[len(got)-1] != x.LastToken {
		t.Errorf("frames at %d, were at %d", got, at)
	}
}
