package answer

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

func estimate(v, lo, hi float64) result.Estimate {
	return result.Estimate{Value: result.Num(v), Lo: result.Num(lo), Hi: result.Num(hi)}
}

// A ratio of times is said as people say it, in both directions.
func TestEffect(t *testing.T) {
	for want, e := range map[string]result.Estimate{
		"8.00× sooner [7.69, 8.33]":                       estimate(.125, .12, .13),
		"9 % later [3, 15]":                               estimate(1.09, 1.03, 1.15),
		"10 % sooner [5, 15]":                             estimate(.9, .85, .95),
		"3.00× later [2.50, 3.50]":                        estimate(3, 2.5, 3.5),
		"not clearly different (2 % sooner to 3 % later)": estimate(1.01, .98, 1.03),
		"2.00× sooner [1.67, 2.50]":                       estimate(.5, .4, .6),
		"71 % later":                                      estimate(1.71, 1.7099, 1.7101),
		"9 % later (no interval)":                         {Value: result.Num(1.09)},
		"":                                                {Withheld: "too few pairs"},
	} {
		if got := effect(e, "sooner", "later"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A time of 0.537 is 46 % shorter; the speed is 86 % higher, and "46 % faster" is
// neither.
func TestAShorterTimeIsNotSaidAsASpeed(t *testing.T) {
	got := speeds([]result.Comparison{{Metric: "tpot", Stat: result.StatGeometricMean, Estimate: estimate(.537, .53, .54), Pairs: 50}}, nil, result.Measured)
	want := Sentence{Lead: Faster, Text: "Yes: time per further token 46 % shorter [46, 47] than the baseline.", Basis: "50 pairs, measured"}
	if len(got) != 1 || got[0] != want {
		t.Errorf("%+v", got)
	}
}

// Yes and no are said only where every interval lies on that side, and of nothing that a
// check spoils.
func TestFasterIsAnsweredInAWord(t *testing.T) {
	less, more, same := estimate(.5, .4, .6), estimate(2, 1.5, 3), estimate(1, .9, 1.1)
	for want, es := range map[string][]result.Estimate{
		"Yes: ": {less, less}, "No: ": {more, more}, "In part: ": {less, more}, "No clear difference: ": {same, same}, "No, as far as it is clear: ": {more, same},
	} {
		got := speeds([]result.Comparison{
			{Metric: "ttft", Stat: result.StatGeometricMean, Estimate: es[0], Pairs: 9}, {Metric: "e2e", Stat: result.StatGeometricMean, Estimate: es[1], Pairs: 9},
		}, nil, result.Measured)
		if len(got) != 1 || !strings.HasPrefix(got[0].Text, want) {
			t.Errorf("%q: %+v", want, got)
		}
	}
	if got := speeds([]result.Comparison{{Metric: "ttft", Stat: result.StatGeometricMean, Estimate: less, Spoilt: "errors"}}, nil, result.Measured); !strings.HasPrefix(got[0].Text, "Not to be said †: ") {
		t.Errorf("%+v", got)
	}
	// More tokens per second are better, and not worse.
	if got := speeds([]result.Comparison{{Metric: "user_rate", Stat: result.StatGeometricMean, Estimate: more}}, nil, result.Measured); !strings.HasPrefix(got[0].Text, "Yes: output speed 2.00× faster") {
		t.Errorf("%+v", got)
	}
}

// What is infinitely slower has no ratio.
func TestNoEffectOfFailures(t *testing.T) {
	if got := effect(estimate(math.Inf(1), 3, math.Inf(1)), "sooner", "later"); got != "" {
		t.Errorf("%q", got)
	}
}

// wired is a cell whose server is so many ms away, with a median first token.
func wired(target string, rtt, ttft float64) result.Cell {
	return result.Cell{
		ID: "pass/" + target, Target: target, Client: &result.Client{RTT: &rtt},
		Metrics: result.Metrics{Stats: map[string]result.Statistic{"ttft": {N: 100, P50: estimate(ttft, ttft, ttft)}}},
	}
}

// Where one target is farther away than the other, the cable must not be taken for
// the server.
func TestTheNetworkIsToldFromTheServer(t *testing.T) {
	got := network([]result.Cell{wired("candidate", 0.1, 40.1), wired("baseline", 80, 120)}, "baseline")
	if want := "The network (round trip and new connections) is 0.100 ms of the candidate's first token and 80.0 ms of the baseline's; without it the median first tokens would be about the same."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for name, cells := range map[string][]result.Cell{
		"equally far away":        {wired("candidate", 20, 60), wired("baseline", 20.5, 140)},
		"too little to matter":    {wired("candidate", 1, 600), wired("baseline", 4, 1400)},
		"nobody measured it":      {{Target: "candidate"}, wired("baseline", 80, 120)},
		"nothing to compare with": {wired("candidate", 1, 60)},
	} {
		if got := network(cells, "baseline"); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
	// A connection that most requests had to open is on the way, too.
	far := wired("baseline", 20, 200)
	far.Metrics.Stats["connect"] = result.Statistic{N: 90, Mean: result.Num(60)}
	if got := network([]result.Cell{wired("candidate", 20, 60), far}, "baseline"); !strings.Contains(got, "80.0 ms of the baseline's") {
		t.Errorf("%q", got)
	}
	far.Metrics.Stats["connect"] = result.Statistic{N: 4, Mean: result.Num(60)}
	if got := network([]result.Cell{wired("candidate", 20, 60), far}, "baseline"); got != "" {
		t.Errorf("a few new connections: %q", got)
	}
}

// A server that others use is faster at some hours than at others.
func TestHoursAreNamedForServersElsewhere(t *testing.T) {
	r := &result.Result{}
	r.Run.Started = time.Date(2026, 11, 30, 10, 37, 0, 0, time.UTC)
	r.Run.Ended = time.Date(2026, 11, 30, 10, 52, 0, 0, time.FixedZone("", 0))
	for _, near := range []string{"http://127.0.0.1:8000/v1", "http://localhost:8000", "http://[::1]:80", "sim:vllm"} {
		r.Targets = []result.Target{{Name: "candidate", URL: near}}
		if got := Hours(r); got != "" {
			t.Errorf("%s: %q", near, got)
		}
	}
	r.Targets = append(r.Targets, result.Target{Name: "baseline", URL: "https://api.example.com/v1"})
	if got, want := Hours(r), "Measured from 2026-11-30 10:37 to 10:52 UTC; at other hours the baseline may be faster or slower."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// −2,511 % saved is nothing that anyone says.
func TestSavingsInWords(t *testing.T) {
	for want, p := range map[string]float64{"73.9 % less": 73.9, "12.0 % more": -12, "26.1 times the baseline's cost": -2511} {
		if got := InTimes(result.VolumeCost{SavingsPercent: estimate(p, p, p)}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Without a claim and without a baseline there is an answer all the same.
func TestAnswerWithoutClaims(t *testing.T) {
	c := wired("candidate", 0, 25)
	c.Load, c.Counts = result.LoadShape{Kind: "closed", Users: 4}, result.Counts{OK: 100, Scheduled: 100}
	c.Metrics.Rates = map[string]result.Rate{"output_throughput": {Unit: "token/s", Value: result.Num(600)}, "throughput": {Unit: "1/s", Value: result.Num(9.5)}}
	r := &result.Result{Benchmarks: result.Benchmarks{Load: &result.Load{Cells: []result.Cell{c}}}}
	var got []string
	for _, p := range Of(r) {
		got = append(got, p.Lead+": "+p.Text)
	}
	if want := "How fast?: 4 users at once: first token after 25.0 ms.|How much load?: Delivered: 600 tokens/s and 9.50 requests/s."; strings.Join(got, "|") != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// What the run itself cost is said.
func TestSpent(t *testing.T) {
	s := &result.Spend{USD: result.Num(0.0102), CapUSD: result.Num(5), Targets: []result.TargetSpend{{Target: "candidate", Requests: 20, InputTokens: 5120, OutputTokens: 1280}}}
	if got, want := spent(s), "$0.0102 of $5.00 for 20 requests with 5,120 tokens in and 1,280 out."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	s.AtMostUSD, s.CapUSD = result.Num(0.001), nil
	if got := spent(s); !strings.HasPrefix(got, "At most $0.0102 for") {
		t.Errorf("%q", got)
	}
	s.Targets[0].AtMostRequests = 20 // whose tokens the server did not say
	if got := spent(s); !strings.Contains(got, "20 requests with at most 5,120 tokens in and 1,280 out") {
		t.Errorf("%q", got)
	}
	s.Targets[0].AtMostRequests = 0
	s.USD = nil
	if got := spent(s); got != "20 requests with 5,120 tokens in and 1,280 out; no target has a price per token." {
		t.Errorf("%q", got)
	}
	if spent(nil) != "" || spent(&result.Spend{}) != "" {
		t.Error("nothing was sent")
	}
}

// Why there are no costs is said by the endpoint's own reason.
func TestCostsThatAreNotKnown(t *testing.T) {
	none := result.Estimate{Withheld: "it has neither a price nor a machine"}
	c := &result.Cost{Withheld: "there is no baseline", Candidate: &result.TargetCost{Target: "candidate", Kind: "api", PerRequest: none, PerMTok: none}}
	if got := costs(c); len(got) != 1 || got[0].Text != "Not known. It has neither a price nor a machine." {
		t.Errorf("%q", got)
	}
}

// What is saved by a throughput without an interval is no plain yes.
func TestASavingWithoutAnIntervalIsNoPlainYes(t *testing.T) {
	for saved, want := range map[float64]string{5: "Yes, without an interval: $5.00 a month less", -5: "No, without an interval: $5.00 a month more"} {
		c := &result.Cost{Volumes: []result.VolumeCost{{MonthlyRequests: 1000, SavingsMonth: result.Estimate{Value: result.Num(saved)}}}}
		if got := costs(c)[0].Text; !strings.HasPrefix(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	c := &result.Cost{Volumes: []result.VolumeCost{{MonthlyRequests: 1000, SavingsMonth: result.Estimate{Value: result.Num(5), Lo: result.Num(4), Hi: result.Num(6)}}}}
	if got := costs(c)[0].Text; !strings.HasPrefix(got, "Yes: $5.00") {
		t.Errorf("%q", got)
	}
}

// A sentence about a figure that a check spoils has the mark that the last line
// explains.
func TestSpoiltCostsAndScoresAreMarked(t *testing.T) {
	one := result.Estimate{Value: result.Num(1)}
	c := &result.Cost{Volumes: []result.VolumeCost{{MonthlyRequests: 1000, SavingsMonth: one}}}
	each := &result.Cost{Candidate: &result.TargetCost{Target: "candidate", PerRequest: one, PerMTok: one}}
	q := &result.Quality{Delta: &result.Comparison{Estimate: one, N: 5}}
	for _, spoilt := range []bool{false, true} {
		if spoilt {
			c.SavingsSpoilt, each.Spoilt, q.Delta.Spoilt = "output_length: unlike", "errors: most failed", "errors: most failed"
		}
		for _, text := range []string{costs(c)[0].Text, costs(each)[0].Text, goodness(q)} {
			if strings.Contains(text, format.Spoilt) != spoilt {
				t.Errorf("spoilt %v: %s", spoilt, text)
			}
		}
	}
}

// Answers that were not asked for again are said, with their age and what they leave
// out.
func TestReusedAnswersAreSaid(t *testing.T) {
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	r := &result.Result{Run: result.Run{Started: at, Reused: []result.Reuse{{Target: "baseline", Answers: 100, Oldest: at.Add(-5 * time.Hour), Newest: at.Add(-4 * time.Hour)}}}}
	got := strings.Join(reused(r), "|")
	for _, want := range []string{"All 100 answers of the baseline", "up to 5 hours before this one", "no latency in this run", "--reuse-baseline"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
	r.Run.Reused[0].Sent = 20
	if got := strings.Join(reused(r), "|"); !strings.HasPrefix(got, "100 of 120 answers of the baseline") || strings.Contains(got, "none of these prompts") {
		t.Errorf("%q", got)
	}
	s := &result.Spend{USD: result.Num(0.01), Targets: []result.TargetSpend{{Target: "baseline", Requests: 2, Reused: 100}}}
	if got := spent(s); !strings.Contains(got, "100 answers were reused and cost nothing") {
		t.Errorf("%q", got)
	}
}

// Of several targets each is named, in the answer and on a tile, and a reason that is the same is
// said once.
func TestSeveralTargetsAreNamed(t *testing.T) {
	short := result.Estimate{Withheld: "blocks are too short"}
	versus := []result.Comparison{
		{Metric: "ttft", Stat: result.StatGeometricMean, Against: "fast", Pairs: 72, Estimate: short, Direction: result.DirectionHigher},
		{Metric: "ttft", Stat: result.StatGeometricMean, Against: "small", Pairs: 72, Estimate: short},
	}
	var got []string
	for _, s := range speeds(versus, nil, result.Measured) {
		got = append(got, s.Text+" "+s.Basis)
	}
	if want := "No: first token later than fast; by how much cannot be told: blocks are too short. 72 pairs, measured|Not compared with small, for the same reason. "; strings.Join(got, "|") != want {
		t.Errorf("%q, want %q", got, want)
	}
	if text, better, clear := Effect(versus, "ttft"); text != "later than fast" || better || !clear {
		t.Error(text, better, clear)
	}
	versus[0].Estimate, versus[0].Direction = estimate(.5, .4, .6), ""
	versus[1].Estimate = estimate(1, .9, 1.1)
	if text, _, clear := Effect(versus, "ttft"); text != "2.00× sooner [1.67, 2.50] than fast; no clear difference from small" || clear {
		t.Error(text, clear)
	}
	versus[1].Estimate = estimate(2, 1.5, 3)
	if text, _, clear := Effect(versus, "ttft"); !strings.HasSuffix(text, "2.00× later [1.50, 3.00] than small") || clear {
		t.Error(text, clear)
	}
}

// Nobody understands a first token after infinity: what failed is said, and what the answered
// ones took.
func TestMediansThatFailuresReachAreSaidInWords(t *testing.T) {
	inf := result.Num(math.Inf(1))
	c := result.Cell{ID: "load/candidate", Load: result.LoadShape{Users: 4}, Counts: result.Counts{OK: 27, Scheduled: 60, Failed: 33}}
	c.Metrics.Stats = map[string]result.Statistic{"ttft": {N: 60, P50: result.Estimate{Value: inf}, P95: result.Estimate{Sample: inf, NeededN: 72}, Answered: &result.Answered{N: 27, P50: 25.1, P95: 28.7}}}
	if got, want := times(c, result.Validity{}), "half or more of the requests failed, so that no median is finite; of those answered: first token after 25.1 ms (p95 28.7)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	s := c.Metrics.Stats["ttft"]
	s.P50, s.P95 = estimate(24, 23, 25), result.Estimate{Value: inf}
	c.Metrics.Stats["ttft"] = s
	if got, want := times(c, result.Validity{}), "first token after 24.0 ms [23.0, 25.0] (p95 ∞, since requests failed; of those answered 28.7)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// What is proved says by how many requests.
func TestAProvedLoadSaysWhatItRestsOn(t *testing.T) {
	c := &result.Capacity{Text: "It carries 9 requests/s.", Evidence: result.Measured, Trials: []result.Trial{{Role: "confirm", Verdict: result.Proved, Cell: "capacity/09"}}, Cells: []result.Cell{{ID: "capacity/09", Counts: result.Counts{OK: 506}}}}
	got := carries(result.Benchmarks{Capacity: c}, result.Validity{})
	if len(got) != 1 || got[0].Basis != "506 requests, measured" {
		t.Errorf("%+v", got)
	}
	for label, want := range map[string]string{"32 · a": "32 users, model a", "1 · a": "1 user, model a"} {
		if got := setting("users · model", label); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Which target is slower is said where its rounds show that, without a size.
func TestASideWithoutASizeIsAnswered(t *testing.T) {
	c := result.Comparison{Metric: "ttft", Stat: result.StatGeometricMean, Estimate: result.Estimate{Withheld: "blocks are too short"}, Direction: result.DirectionHigher}
	got := speeds([]result.Comparison{c}, nil, result.Measured)
	if want := "No: first token later than the baseline; by how much cannot be told: Blocks are too short."; len(got) != 1 || !strings.EqualFold(got[0].Text, want) {
		t.Errorf("%+v", got)
	}
	if text, better, clear := Effect([]result.Comparison{c}, "ttft"); text != "later" || better || !clear {
		t.Error(text, better, clear)
	}
	c.Direction = ""
	if got := speeds([]result.Comparison{c}, nil, result.Measured); !strings.HasPrefix(got[0].Text, "Not compared") {
		t.Errorf("%+v", got)
	}
}

// The best setting is not one that proves nothing, unless there is no other.
func TestTheBestOfASweepIsNotASpoiltOne(t *testing.T) {
	at := func(id string, tokens, e2e float64) result.Cell {
		c := result.Cell{ID: id, Counts: result.Counts{OK: 9}}
		c.Metrics.Rates = map[string]result.Rate{"output_throughput": {Value: result.Num(tokens)}}
		c.Metrics.Stats = map[string]result.Statistic{"e2e": {N: 9, P50: result.Estimate{Value: result.Num(e2e)}}}
		return c
	}
	cells := []result.Cell{at("a", 900, 10), at("b", 200, 30), at("c", 300, 20)}
	bad := func(cell string) result.Check {
		return result.Check{ID: "errors", Status: result.Fail, Cell: cell, Figures: []string{"output_throughput", "e2e"}}
	}
	v := result.Validity{Checks: []result.Check{bad("a")}}
	if m, q := Most(cells, v), quickest(cells, v); m.ID != "c" || q.ID != "c" {
		t.Error(m.ID, q.ID)
	}
	v.Checks = append(v.Checks, bad("b"), bad("c"))
	if m, q := Most(cells, v), quickest(cells, v); m.ID != "a" || q.ID != "a" {
		t.Error(m.ID, q.ID)
	}
}

// Two sides that get nothing right do not differ, and that makes neither good.
func TestNothingRightIsNotAsGood(t *testing.T) {
	v := &result.AnswerPairs{Against: "baseline", Items: 134, Neither: 134, Difference: estimate(0, -3.11, 3.11)}
	r := &result.Result{Benchmarks: result.Benchmarks{Quality: &result.Quality{Answers: &result.Answers{Versus: v}}}}
	got := qualities(r)
	if len(got) != 1 || !strings.HasPrefix(got[0].Text, "0 of 134 right, against 0 of baseline: difference 0 points [−3.11, 3.11]; ") || !strings.HasSuffix(got[0].Text, "Neither got any item right, so this does not say that either is good.") {
		t.Errorf("%+v", got)
	}
	v.Both, v.Gained, v.Lost, v.Neither = 100, 4, 2, 28
	if got := qualities(r); !strings.HasPrefix(got[0].Text, "104 of 134 right, against 102 of baseline: ") || strings.Contains(got[0].Text, "Neither") {
		t.Errorf("%+v", got)
	}
	r.Claims = []result.Claim{{Limit: "quality_delta>=-2pp", Unit: "pp", Verdict: result.Proved, Set: true, N: 134, Estimate: result.Num(0), Lo: result.Num(-1), Hi: result.Num(1)}}
	v.Both, v.Gained, v.Lost, v.Neither = 0, 0, 0, 134
	if got := qualities(r); !strings.HasSuffix(got[0].Text, "so this does not say that either is good.") {
		t.Errorf("%+v", got)
	}
}

// A run in which nothing ended has an answer, too: that there is none.
func TestNothingMeasuredIsSaid(t *testing.T) {
	r := &result.Result{Benchmarks: result.Benchmarks{Load: &result.Load{Cells: []result.Cell{{ID: "load/candidate", Load: result.LoadShape{Users: 3}}}}}}
	if got := Of(r); len(got) == 0 || got[0].Place != First || got[0].Lead+": "+got[0].Text != "No answer: No request ended, so nothing was measured." {
		t.Errorf("%+v", got)
	}
	if got := Of(&result.Result{}); len(got) != 0 {
		t.Errorf("nothing was to be measured: %+v", got)
	}
}
