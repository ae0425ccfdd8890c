package estimate

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/terms"
)

// load is a plan of a load of users or at a rate.
func load(l plan.LoadPlan) plan.Plan {
	p := plan.Default()
	p.Candidate.URL, p.Only, p.Load = "http://127.0.0.1:1", []plan.Benchmark{plan.Load}, l
	p.Candidate.Price = &plan.Price{Input: new(1.0), Output: new(2.0)}
	return p
}

// A warm-up by time lasts that long, and how many requests a closed loop sends in it
// is not known beforehand.
func TestTimedWarmupTakesItsTime(t *testing.T) {
	users := func(w time.Duration) Estimate {
		return Of(load(plan.LoadPlan{Users: 4, Requests: 50, Warmup: &terms.Warmup{Time: w}}), Load)
	}
	short, long := users(15*time.Second), users(time.Hour)
	if diff := long.Seconds - short.Seconds; diff != 3600-15 {
		t.Errorf("15s: %v s, 1h: %v s", short.Seconds, long.Seconds)
	}
	if c := short.Cells[0]; c.Requests != 50 || c.WarmupSeconds != 15 || c.Beside != "the requests of a warm-up of 15s" || c.Seconds < 15+50/4*assumedTTFT {
		t.Errorf("%+v", c)
	}
	if len(short.Unknown) == 0 || short.USD != nil || !strings.Contains(strings.Join(short.Notes, " "), "a warm-up of 15s are not counted (+)") {
		t.Errorf("%q %q", short.Unknown, short.Notes)
	}
	// An open loop sends as many as are due.
	e := Of(load(plan.LoadPlan{Rate: 5, Requests: 50, Warmup: &terms.Warmup{Time: 20 * time.Second}}), Load)
	if c := e.Cells[0]; c.Beside != "" || c.WarmupRequests < 70 || c.Requests != 50+c.WarmupRequests || c.WarmupSeconds != 20 || e.USD == nil {
		t.Errorf("%+v", c)
	}
}

// A warm-up by number takes the time of its requests, whatever ends the load.
func TestCountedWarmupTakesTheTimeOfItsRequests(t *testing.T) {
	e := Of(load(plan.LoadPlan{Rate: 5, Requests: 50, Arrival: "constant", Warmup: terms.WarmupRequests(20)}), Load)
	if c := e.Cells[0]; c.Requests != 70 || math.Abs(c.Seconds-14) > 0.3 {
		t.Errorf("70 requests at 5/s: %+v", c)
	}
	e = Of(load(plan.LoadPlan{Users: 4, Duration: plan.Duration(20 * time.Second), Warmup: terms.WarmupRequests(20)}), Load)
	each := e2eOf(plan.Plan{}, "", 64)
	if c := e.Cells[0]; c.WarmupRequests != 24 || math.Abs(c.Seconds-20-6*each) > 1e-9 {
		t.Errorf("6 requests of each user before 20 s: %+v", c)
	}
}

// What comes before conversations and traces is counted as they get it.
func TestWarmupBeforeConversationsIsCounted(t *testing.T) {
	l := plan.LoadPlan{Users: 1, Conversations: 5, Warmup: &terms.Warmup{Time: time.Minute}}
	p := load(l)
	p.Workload.Turns = "3"
	if c := Of(p, Load).Cells[0]; c.Requests != 15 || c.Seconds < 60+15*assumedTTFT || c.Beside == "" {
		t.Errorf("%+v", c)
	}
}

// A warm-up that ends by itself is counted as what the dry run says that it is
// counted as, and not as the cap that applies to longer ones.
func TestWarmupIsCountedAsTheNoteSays(t *testing.T) {
	for _, l := range []plan.LoadPlan{{Users: 4, Requests: 5}, {Users: 4, Requests: 50}, {Users: 4, Requests: 5000}, {Rate: 5, Requests: 50}, {Users: 2, Duration: plan.Duration(3 * time.Second)}} {
		e := Of(load(l), Load)
		c := e.Cells[0]
		want := fmt.Sprintf("the most that it takes: %d requests and about %.0f s", c.WarmupRequests, c.WarmupSeconds)
		if notes := strings.Join(e.Notes, "; "); !strings.Contains(notes, want) || c.WarmupSeconds == 0 {
			t.Errorf("%+v: %q lacks %q", l, notes, want)
		}
		l.Warmup = &terms.Warmup{}
		bare := Of(load(l), Load).Cells[0]
		if math.Abs(c.Seconds-bare.Seconds-c.WarmupSeconds) > 1e-9 || c.Requests-bare.Requests != c.WarmupRequests {
			t.Errorf("%+v: %+v and %+v without a warm-up", l, c, bare)
		}
	}
}
