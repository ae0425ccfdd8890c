package answer

import (
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// bills says what a month costs on each side and why, for a reader who knows money and
// not machines; empty where a cost is not known.
func bills(c *result.Cost, v result.VolumeCost) string {
	if c.Candidate == nil || c.Baseline == nil || v.Candidate.Value == nil || v.Baseline.Value == nil {
		return ""
	}
	side := func(t *result.TargetCost, e result.Estimate) string {
		usd := amount.USD(float64(*e.Value))
		if t.Kind != "machine" {
			return fmt.Sprintf("%s charges %s for these requests", the(t.Target), usd)
		}
		busy := ""
		if v.Utilisation != nil && t.Target == c.Candidate.Target {
			busy = fmt.Sprintf(" (busy %s %% of the time)", amount.Significant(100*float64(*v.Utilisation), 3))
		}
		return fmt.Sprintf("the machines of %s cost %s a month whether they work or not%s", the(t.Target), usd, busy)
	}
	return format.Sentence(side(c.Candidate, v.Candidate) + "; " + side(c.Baseline, v.Baseline))
}

// Reason is why a claim was decided as it was. Of a claim on savings it begins with what
// the claim comes to in dollars, for those who have to sign.
func Reason(r *result.Result, c result.Claim) string {
	k := r.Benchmarks.Cost
	if !strings.HasPrefix(c.Limit, "savings") || k == nil || k.Withheld != "" || len(k.Volumes) == 0 || k.Volumes[0].SavingsPercent.Value == nil {
		return format.Sentence(c.Reason)
	}
	v := k.Volumes[0]
	money := format.Sentence(v.Text)
	if k.Candidate != nil && k.Candidate.Kind == "machine" && *v.SavingsPercent.Value < 0 {
		money += " A machine costs the same whether it works or not, so few requests make each one expensive"
		if b := k.BreakEven; b != nil && b.MonthlyRequests.Value != nil {
			money += fmt.Sprintf(": it pays from about %s a month", amount.Count(float64(*b.MonthlyRequests.Value)))
		}
		money += "."
	}
	// The reason may end with the same sentence.
	why := strings.Replace(c.Reason, ". "+strings.TrimSuffix(v.Text, "."), "", 1)
	return strings.TrimSpace(money + " " + format.Sentence(why))
}
