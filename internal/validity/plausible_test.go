package validity

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/physics"
	"github.com/inferometer/inferometer/internal/result"
)

func TestPlausibility(t *testing.T) {
	floor := physics.Finding{ID: "tpot_floor", Severity: physics.Impossible, Value: 3.47, Limit: 4.79, Unit: "ms", Text: "3.47 ms a token, of at least 4.79"}
	account := physics.Finding{ID: "token_account", Severity: physics.Doubtful, Value: 80, Limit: 63, Unit: "token/s", Text: "80, and 63"}
	for _, c := range []struct {
		name  string
		p     Plausible
		want  result.CheckStatus
		text  string
		count int
	}{
		{"nothing known", Plausible{Unknown: "no machine"}, result.NotAssessed, "no machine", 1},
		{"possible", Plausible{What: "a model"}, result.Pass, "a model", 1},
		{"impossible", Plausible{What: "a model", Findings: []physics.Finding{floor, account}}, result.Warn, "of at least 4.79", 2},
		{"accounts without floors", Plausible{Unknown: "no machine", Findings: []physics.Finding{account}}, result.Warn, "80, and 63", 2},
	} {
		cell := sound()
		cell.Plausible = c.p
		v := judge(cell, healthy())
		n, found := 0, false
		for _, k := range v.Checks {
			if k.ID == "plausibility" {
				n++
				found = found || k.Status == c.want && strings.Contains(k.Text, c.text)
				if k.Status == result.Fail {
					t.Errorf("%s: it warns and no more: %+v", c.name, k)
				}
				if k.Status == result.Warn && (k.Fix == "" || k.Value == nil || k.Limit == nil) {
					t.Errorf("%s: %+v", c.name, k)
				}
			}
		}
		if n != c.count || !found {
			t.Errorf("%s: %d checks, want %d, one of them %s %q: %+v", c.name, n, c.count, c.want, c.text, v.Checks)
		}
	}
}
