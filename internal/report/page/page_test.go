package page

import (
	"strings"
	"testing"
)

// A flag keeps together where a line breaks, and no text is lost.
func TestFlags(t *testing.T) {
	tests := []struct{ in, want string }{
		{"raise --requests or --duration", "raise |[--requests]| or |[--duration]"},
		{"--rate (--level-requests)", "|[--rate]| (--level-requests)"},
		{"var(--ink) a--b -- --- ", "var(--ink) a--b -- --- "},
		{"", ""},
	}
	for _, tt := range tests {
		var got []string
		for _, p := range flags(tt.in) {
			if p.Flag {
				p.Text = "[" + p.Text + "]"
			}
			got = append(got, p.Text)
		}
		if s := strings.Join(got, "|"); s != tt.want {
			t.Errorf("%q: %q, want %q", tt.in, s, tt.want)
		}
	}
}
