package suite

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
)

// A dry run lists every cell with its values, and adds them up.
func TestEstimateOfASweep(t *testing.T) {
	p := plan.Default()
	p.Candidate.URL = "http://127.0.0.1:1"
	p.Candidate.Price = &plan.Price{Input: new(1.0), Output: new(2.0)}
	p.Only = []plan.Benchmark{plan.Load}
	p.Load.Requests, p.Load.Warmup = 100, new(1)
	p.Scan = plan.ScanPlan{CoolDown: plan.Duration(5 * time.Second), Keys: plan.ScanKeys{{Key: "users", Items: []string{"1..4x2"}}, {Key: "output-tokens", Items: []string{"10", "30"}}}}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	f := Estimate(p)
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
	if usd := (6*101*256*1.0 + 3*101*40*2.0) / 1e6; f.USD == nil || math.Abs(*f.USD-usd) > 1e-9 {
		t.Errorf("spend %v, want %v", f.USD, usd)
	}
	p.Candidate.Price = nil
	if f := Estimate(p); f.USD != nil || !strings.Contains(strings.Join(f.Notes, " "), "the spend is unknown") {
		t.Errorf("%v %q", f.USD, f.Notes)
	}
}

// What earlier parts of a run have spent counts against its cap, also where the
// server did not say how much it was.
func TestSpendOfEarlierParts(t *testing.T) {
	s := newSpend(1)
	s.price(candidate, &result.Price{Input: 1, Output: 10})
	x := func(in, out int) *exchange.Exchange {
		return &exchange.Exchange{Target: candidate, AskedInput: in, AskedOutput: out, Sent: 5}
	}
	known := x(1000, 90_000)
	known.InputTokens, known.OutputTokens = new(100_000), new(40_000)
	s.book(known)           // 0.5
	s.book(x(0, 30_000))    // 0.3 at worst
	refused := x(0, 90_000) // nothing
	refused.Status = 503
	s.book(refused)
	if math.Abs(s.spent-0.8) > 1e-9 {
		t.Errorf("spent %v", s.spent)
	}
	if err := s.admit(x(0, 19_000)); err != nil {
		t.Error(err)
	}
	if err := s.admit(x(0, 2_000)); err == nil || !s.over() {
		t.Error("the cap does not hold over a break")
	}
}

// A sweep that is resumed twice, the second time after a crash, has its last
// whole attempts, and says so.
func TestAttempts(t *testing.T) {
	cells := three()
	cut := pointCell(2, "2", 30_000, 100, 10)
	cut.record.ID, cut.record.Scan = scanID(2, 2), &scanRecord{Index: 2, Values: []string{"2"}, Attempt: 2}
	for _, x := range cut.exchanges {
		x.Cell = cut.record.ID
	}
	cut.window.Cell = "" // a crash: the attempt before it had ended by itself
	s := scanOf(t, nil, nil, nil, append(cells, cut)...).Benchmarks.Scan
	if s.Points[1].Cell != "scan/002" || len(s.Cells) != 3 || !strings.Contains(strings.Join(s.Notes, " "), "users=2 was begun twice") {
		t.Errorf("%+v %q", s.Points, s.Notes)
	}
	cut.window.Cell = cut.record.ID
	s = scanOf(t, nil, nil, whole, append(three(), cut)...).Benchmarks.Scan
	if s.Points[1].Cell != "scan/002-2" || len(s.Cells) != 3 {
		t.Errorf("%+v", s.Points)
	}
}

func TestScanTextSaysWhatIsInvalid(t *testing.T) {
	cells := three()
	for _, x := range cells[1].exchanges { // the client was late
		x.Woken, x.Started, x.Writing = x.Woken.Add(ms(4)), x.Started.Add(ms(4)), x.Writing.Add(ms(4))
	}
	r := scanOf(t, nil, nil, whole, cells...)
	s := r.Benchmarks.Scan
	if r.Validity.Status != result.Fail || !strings.HasPrefix(s.Text, "The measurement is invalid") || strings.Contains(s.Text, "at users=2") {
		t.Errorf("%s: %s", r.Validity.Status, s.Text)
	}
	if len(s.Pareto.Left) != 1 || !strings.Contains(s.Pareto.Left[0], "users=2: its measurement is invalid (client_added") {
		t.Errorf("%q", s.Pareto.Left)
	}
	if ExitCode(r, plan.Plan{}) != ExitInvalid {
		t.Error(ExitCode(r, plan.Plan{}))
	}
}
