package conclude

import (
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
)

func TestFormsOfACell(t *testing.T) {
	if formsOf(plan.WorkloadPlan{}, nil) != nil {
		t.Error("nothing was asked for, and there are forms")
	}
	f := formsOf(plan.WorkloadPlan{Answer: "tools"}, map[string]int{exchange.FormOK: 9, exchange.FormNoCall: 1})
	if f.Share.K != 9 || f.Share.N != 10 || *f.Share.Value != 0.9 || !(*f.Share.Lo > 0.5 && *f.Share.Hi < 1) || f.Others["no_call"] != 1 {
		t.Errorf("%+v", f)
	}
}
