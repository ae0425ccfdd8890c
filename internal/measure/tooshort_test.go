package measure

import "testing"

// What a window lacks never reads as if it had it, and is said in three digits.
func TestAWindowThatIsTooShortReadsSo(t *testing.T) {
	for _, tt := range []struct {
		seconds, lengths float64
		want             string
	}{
		{6.86653, 14.97, "no interval: the window lasted 6.87 s; 15 request lengths, 6.9 s, are needed"},
		{6.8999, 14.9999, "no interval: the window lasted less than 6.9 s; 15 request lengths, 6.9 s, are needed"},
		{1.84847, 3, "no interval: the window lasted 1.85 s; 15 request lengths, 9.3 s, are needed"},
		{1234.5, 7.5, "no interval: the window lasted 1234 s; 15 request lengths, 2500 s, are needed"},
	} {
		if got, _ := (extent{lengths: tt.lengths}).tooShort(tt.seconds); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}
