package figure

import (
	"testing"

	"github.com/inferometer/inferometer/internal/result"
)

// A value without an interval is in no picture: the eye would take it for an
// estimate.
func TestSampleIsNotDrawn(t *testing.T) {
	e := result.Estimate{Withheld: "too few", NeededN: 72, Sample: result.Num(57.1)}
	if p, ok := point(0, e); ok {
		t.Errorf("drawn at %v", p)
	}
	e.AtLeast = result.Num(50.8)
	if p, ok := point(0, e); !ok || !p.AtLeast || p.Y != 50.8 {
		t.Errorf("%v %v: want the bound", p, ok)
	}
}
