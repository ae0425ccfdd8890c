package report

import (
	"math"
	"os"
	"testing"

	"github.com/inferometer/inferometer/internal/cost"
	"github.com/inferometer/inferometer/internal/figure"
	"github.com/inferometer/inferometer/internal/report/draw"
	"github.com/inferometer/inferometer/internal/result"
)

// priced is the whole run with all that the costs can have.
func priced(t *testing.T) *result.Result {
	t.Helper()
	r := fixture(t, "full")
	c := r.Benchmarks.Cost
	fleet := result.CostFleet{InputTokens: 256, OutputTokens: 64, USDPerHour: 1.55, Accelerators: 1, RequestsPerSecond: 2.5, MinReplicas: 1}
	own, api := cost.Side{Fleet: &fleet}, cost.Side{PerRequest: 0.00155}
	d := cost.Demand{PeakToMean: 3}
	each := fleet.RequestsPerSecond * cost.SecondsPerMonth / 3
	for k := 0.0; k < 4; k++ {
		for _, at := range []float64{k*each + 1, (k + 1) * each} {
			at = math.Floor(at)
			c.Curve = append(c.Curve, result.CurvePoint{MonthlyRequests: at, Candidate: own.Month(at, d).USD, Baseline: api.Month(at, d).USD})
		}
	}
	c.BreakEven.Wins = cost.Cheaper(own, api, d).List
	c.Volumes[0].MonthlyRequests = 3e6
	for i := range c.Projection {
		m := &c.Projection[i]
		m.CandidateLo, m.CandidateHi = result.Num(m.Candidate*0.93), result.Num(m.Candidate*1.1)
		m.BaselineLo, m.BaselineHi = result.Num(m.Baseline*0.97), result.Num(m.Baseline*1.03)
	}
	base := float64(*c.Volumes[0].SavingsPercent.Value)
	c.Sensitivity = []result.Swing{
		{Name: "utilization", Low: "10 %", High: "80 %", Base: "33 %", SavingsLow: result.Number(base - 90), SavingsHigh: result.Number(base + 15)},
		{Name: "price of an accelerator hour", Low: "$0.78", High: "$3.10", Base: "$1.55", SavingsLow: result.Number(base + 16), SavingsHigh: result.Number(base - 33)},
		{Name: "API price", Low: "half", High: "as listed", Base: "as listed", SavingsLow: result.Number(base - 30), SavingsHigh: result.Number(base)},
		{Name: "output length", Low: "32 tokens", High: "128 tokens", Base: "64 tokens", SavingsLow: result.Number(base - 12), SavingsHigh: result.Number(base + 9)},
	}
	return r
}

func TestLook(t *testing.T) {
	dir := os.Getenv("LOOK")
	if dir == "" {
		t.Skip()
	}
	r := priced(t)
	for _, f := range figure.All(r) {
		if f.Benchmark != "cost" && f.ID != "latency-by-level" {
			continue
		}
		b, err := draw.PNG(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(dir+"/"+f.ID+".png", b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := HTML(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/page.html", b, 0o644); err != nil {
		t.Fatal(err)
	}
}
