package loads

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/result"
)

// Where nothing is proved, nothing lies beyond it; a load whose queue grew was not
// judged by its limits.
func TestCapacityWithoutAProofNamesNoBorder(t *testing.T) {
	c := result.Capacity{Broke: "ttft.p95<500ms", Why: "the queue grew", Trials: []result.Trial{{Role: "explore", Rate: 7.8, Growing: true, Limits: []result.TrialText{{Limit: "ttft.p95<500ms"}}}}}
	s := Capacity(&c)
	if got, want := s.Text[0].Text+s.Text[1].Text, "What breaks first as the load grows is ttft.p95<500ms: the queue grew."; !strings.Contains(got, want) {
		t.Errorf("%q", got)
	}
	if row := strings.Join(s.Tables[0].Rows[0], "|"); row != "7.80/s|0|–|–|explore: not judged, since the queue kept growing" {
		t.Errorf("%q", row)
	}
	c.Rate = result.Num(5)
	if s := Capacity(&c); !strings.Contains(s.Text[0].Text+s.Text[1].Text, "What breaks first beyond it is") {
		t.Errorf("%+v", s.Text)
	}
}
