package plan

import (
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/plan/demand"
	"github.com/inferometer/inferometer/internal/plan/key"
)

// What makes no sense of machines and of the volume is refused with its key, before
// anything is sent.
func TestMachinesAndVolumesThatMakeNoSense(t *testing.T) {
	const bought = "machine: {accelerator: H100, bought: {usd: 35000, years: 4, kw: 1.2, usd_per_kwh: 0.1"
	for _, tt := range []struct{ target, cost, want string }{
		{bought + "}}", "", ""},
		{"machine: {usd_per_hour: 2, bought: {usd: 35000, years: 4, kw: 1.2, usd_per_kwh: 0.1}}", "", "candidate.machine.usd_per_hour"},
		{"machine: {accelerator: H100, bought: {years: 4, kw: 1.2, usd_per_kwh: 0.1}}", "", "candidate.machine.bought.usd"},
		{"machine: {accelerator: H100, bought: {usd: 35000, kw: 1.2, usd_per_kwh: 0.1}}", "", "candidate.machine.bought.years"},
		{"machine: {accelerator: H100, bought: {usd: 35000, years: 4}}", "", "candidate.machine.bought.kw"},
		{"machine: {accelerator: H100, bought: {usd: 35000, years: 4, kw: 0}}", "", "candidate.machine.bought.usd_per_kwh"},
		{bought + ", pue: 0.9}}", "", "candidate.machine.bought.pue"},
		{bought + ", residual: 1.1}}", "", "candidate.machine.bought.residual"},
		{bought + ", power: guessed}}", "", `candidate.machine.bought.power: unknown value "guessed"`},
		{bought + ", colocation_usd_per_month: -1}}", "", "candidate.machine.bought.colocation_usd_per_month"},
		{bought + "}, scaling: hourly}", "", "candidate.machine.scaling"},
		{"machine: {usd_per_hour: 2, scaling: daily}", "", "candidate.machine.scaling: unknown value"},
		{"machine: {usd_per_hour: 2, start_time: 1m}", "", "candidate.machine.start_time"},
		{"machine: {usd_per_hour: 2, scaling: to_zero, min_replicas: 2}", "", "candidate.machine.min_replicas"},
		{"machine: {usd_per_hour: 2, spare_replicas: -1}", "", "candidate.machine.spare_replicas"},
		{"machine: {usd_per_hour: 2, staff_usd_per_month: -1}", "", "candidate.machine.staff_usd_per_month"},
		{"", "cached_share: 1.5", "cost.cached_share"},
		{"", "batch_share: -0.1", "cost.batch_share"},
		{"", "batch_factor: 0.5", "cost.batch_factor"},
		{"", "fallback_share: 2", "cost.fallback_share"},
		{"", "growth: 2", "cost.growth"},
		{"", "profile: [0.5, 0.5]", "cost.profile"},
		{"", "accept_score: 101", "cost.accept_score"},
		{"", "peak_to_mean: 0.5", "cost.peak_to_mean"},
		{"", "monthly_requests: -5", "cost.monthly_requests"},
	} {
		text := "candidate:\n  url: http://a\n"
		if tt.target != "" {
			text += "  " + tt.target + "\n"
		}
		if tt.cost != "" {
			text += "cost:\n  " + tt.cost + "\n"
		}
		p, _, err := Read(Sources{Name: "plan.yaml", YAML: []byte(text)})
		if err == nil {
			err = p.Validate()
		}
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s%s: %v", tt.target, tt.cost, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s%s: %v, want %q", tt.target, tt.cost, err, tt.want)
		}
	}
}

// A month has one request at least, and no more than anybody sends: what is beyond has
// no answer that means anything.
func TestVolumesThatNobodyHasAreRefused(t *testing.T) {
	for v, ok := range map[float64]bool{0.3: false, 1: true, 1e12: true, 1e14: false} {
		var out key.Problems
		c := demand.Default()
		c.MonthlyRequests, c.BesideRequests = v, v
		if c.Validate(&out); (len(out) == 0) != ok {
			t.Errorf("%v: %v", v, out)
		}
	}
}
