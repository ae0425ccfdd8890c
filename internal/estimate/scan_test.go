package estimate

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/terms"
)

// A dry run lists every cell with its values, and adds them up.
func TestEstimateOfASweep(t *testing.T) {
	p := plan.Default()
	p.Candidate.URL = "http://127.0.0.1:1"
	p.Candidate.Price = &plan.Price{Input: new(1.0), Output: new(2.0)}
	p.Only = []plan.Benchmark{plan.Load}
	p.Load.Requests, p.Load.Warmup = 100, terms.WarmupRequests(1)
	p.Scan = plan.ScanPlan{CoolDown: plan.Duration(5 * time.Second), Keys: plan.ScanKeys{{Key: "users", Items: []string{"1..4x2"}}, {Key: "output-tokens", Items: []string{"10", "30"}}}}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	f := Of(p, Scan)
	if len(f.Cells) != 6 || f.Requests != 6*101 || f.OutputTokens != 3*101*(10+30) || f.InputTokens != 6*101*256 {
		t.Fatalf("%+v", f)
	}
	if c := f.Cells[3]; c.ID != "scan/004" || c.Words != "users=2 output-tokens=30" || c.Values["users"] != "2" || c.OutputTokens != 3030 {
		t.Errorf("%+v", c)
	}
	want := setUp + 5*5.0
	for _, c := range f.Cells {
		want += c.Seconds
	}
	if math.Abs(f.Seconds-want) > 1e-9 {
		t.Errorf("%v s, want %v with the pauses between cells", f.Seconds, want)
	}
	// Of each cell 1 request of warm-up, 100 measured ones and 10 per user behind
	// them; one target is probed once.
	cooldown := 2 * (10 + 20 + 40)
	in, out := float64(6*101+cooldown)*384, 3*101*40.0+float64(cooldown)/2*40
	if len(f.Most) != 1 || f.Most[0].InputTokens < in || f.Most[0].InputTokens > in+20_000 || f.Most[0].OutputTokens < out || f.Most[0].OutputTokens > out+300 {
		t.Errorf("%+v, want %v and %v tokens, and those of some probes", f.Most, in, out)
	}
	if usd := (f.Most[0].InputTokens + 2*f.Most[0].OutputTokens) / 1e6; f.USD == nil || math.Abs(*f.USD-usd) > 1e-9 {
		t.Errorf("spend %v, want %v", f.USD, usd)
	}
	p.Candidate.Price = nil
	if f := Of(p, Scan); f.USD != nil || !strings.Contains(strings.Join(f.Unknown, " "), "candidate has no price") {
		t.Errorf("%v %q", f.USD, f.Unknown)
	}
}
