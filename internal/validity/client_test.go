package validity

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
)

// The report says that answers were read in batches where it says how long bytes waited,
// and where frames that came together may be its own doing.
func TestBatchesAreNamed(t *testing.T) {
	stamps := func(r *result.Readings) string {
		e := sound()
		e.Cell.Client.Readings = r
		return stampLag(Input{}, e).Text
	}
	for want, r := range map[string]*result.Readings{
		"frame times are the kernel's":                                                        {PerStream: 400},
		"answers were read in batches; frame times are the kernel's":                          {Batched: 400},
		"25 % of the answers were read in batches; frame times are the kernel's":              {Batched: 100, PerStream: 300},
		"frame times are the kernel's; bytes waited 0.1 ms (p99) for their read, which is in": nil,
	} {
		if got := stamps(r); !strings.HasPrefix(got, want) {
			t.Errorf("%+v: %q, want %q", r, got, want)
		}
	}
	e := sound()
	e.Answers.Coalesced = e.Answers.Frames / 5
	if c := bundledFrames(Input{}, e); c.Status != result.Warn || strings.Contains(c.Fix, "batches") {
		t.Errorf("per stream: %+v", c)
	}
	e.Cell.Client.Readings = &result.Readings{Batched: 400}
	if c := bundledFrames(Input{}, e); c.Status != result.Warn || !strings.Contains(c.Fix, "batches") {
		t.Errorf("in batches: %+v", c)
	}
}
