package answers

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/quality/same"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/inferometer/inferometer/internal/stats"
)

const (
	candidate = "candidate"
	baseline  = "baseline"
)

var loaded = Pass{Target: candidate, Cell: cells.ItemsID(candidate, 8), Users: 8}

var both = Targets{All: []string{candidate, baseline}, Candidate: candidate, Baseline: baseline}

// said makes the record of an answer.
func said(target string, users, item int, text string, right bool) runlog.AnswerRecord {
	return runlog.AnswerRecord{
		Target: target, Cell: cells.ItemsID(target, users), Users: users, Item: fmt.Sprint("item-", item),
		Kind: []string{"technical", "code_generation"}[item%2], Right: &right, Loose: &right, Runes: len(text), Trail: same.Trail(text), Same: true,
	}
}

// pass makes the records of n items, of which those are wrong that the function says.
func pass(target string, users, n int, wrong func(item int) bool) (out []runlog.AnswerRecord) {
	for i := range n {
		text := fmt.Sprintf("the answer to item %d, written out at some length", i)
		if wrong(i) {
			text = fmt.Sprintf("something else that %d users were told about item %d", users, i)
		}
		out = append(out, said(target, users, i, text, !wrong(i)))
	}
	return out
}

func below(k int) func(int) bool { return func(i int) bool { return i < k } }

func never(int) bool { return false }

func unserved(Pass) (stats.Bounded, bool) { return stats.Bounded{}, false }

func decided(t *testing.T, limit string, decide func(*result.Claim, metric.Limit)) result.Claim {
	t.Helper()
	l, err := metric.ParseLimit(limit)
	if err != nil {
		t.Fatal(err)
	}
	c := result.Claim{Limit: l.String(), Alpha: 0.05, Verdict: result.Undecided}
	decide(&c, l)
	return c
}

// The demo that sells a test of non-inferiority: no significant difference, and yet not as
// good within 2 points.
func TestNoSignificantDifferenceIsNoProof(t *testing.T) {
	records := pass(candidate, 1, 1000, func(i int) bool { return i < 75 || i >= 900 })
	records = append(records, pass(baseline, 1, 1000, func(i int) bool { return i >= 75 && i < 135 || i >= 900 })...)
	r := Of(records, nil)
	v := r.Result(both, unserved).Versus
	if v.Gained != 60 || v.Lost != 75 || v.Both != 765 || v.Neither != 100 || v.Items != 1000 {
		t.Fatalf("%+v", v)
	}
	if v.McNemar < 0.2 || math.Abs(float64(*v.Difference.Value)+1.5) > 1e-9 || float64(*v.Provable) < 2.8 || float64(*v.Provable) > 3 {
		t.Errorf("p %v, difference %v, provable %v", v.McNemar, *v.Difference.Value, *v.Provable)
	}
	for limit, want := range map[string]result.Verdict{"quality_delta>=-2pp": result.Undecided, "quality_delta>=-5pp": result.Proved, "quality_delta>=1pp": result.Refuted} {
		if c := decided(t, limit, r.Versus(both).Decide); c.Verdict != want || c.N != 1000 {
			t.Errorf("%s: %s, %s", limit, c.Verdict, c.Reason)
		}
	}
	if c := decided(t, "quality_delta>=-2pp", r.Versus(both).Decide); c.NeededN < 10_000 || !strings.Contains(c.Reason, "can hardly prove a margin under 2.9 pp") {
		t.Errorf("needs %d: %s", c.NeededN, c.Reason)
	}
	if len(v.Flips) != 135 || v.Flips[0].Gained || !v.Flips[134].Gained || len(v.Kinds) != 2 {
		t.Errorf("%d flips of %v", len(v.Flips), v.Kinds)
	}
}

func TestWorseWithinTheMarginIsSaid(t *testing.T) {
	records := append(pass(candidate, 1, 4000, below(30)), pass(baseline, 1, 4000, never)...)
	c := decided(t, "quality_delta>=-2pp", Of(records, nil).Versus(both).Decide)
	if c.Verdict != result.Proved || !strings.Contains(c.Reason, "worse, but within the margin") {
		t.Errorf("%s: %s", c.Verdict, c.Reason)
	}
}

// 200 items prove 5 points and never 2, unless next to none differ.
func TestTwoHundredItemsDoNotProveTwoPoints(t *testing.T) {
	records := append(pass(candidate, 1, 200, func(i int) bool { return i < 10 }), pass(baseline, 1, 200, func(i int) bool { return i >= 10 && i < 20 })...)
	run := Of(records, nil)
	c := decided(t, "quality_delta>=-2pp", run.Versus(both).Decide)
	if c.Verdict != result.Undecided || c.NeededN != 1546 {
		t.Errorf("%s, needs %d: %s", c.Verdict, c.NeededN, c.Reason)
	}
	if c := decided(t, "quality_delta>=-6pp", run.Versus(both).Decide); c.Verdict != result.Proved {
		t.Errorf("6 points: %s: %s", c.Verdict, c.Reason)
	}
}

// Where none of a few items differs, that is no sign that none of many would.
func TestFewEqualAnswersSayHowManyItTakesIfSomeDiffer(t *testing.T) {
	records := append(pass(candidate, 1, 20, never), pass(baseline, 1, 20, never)...)
	c := decided(t, "quality_delta>=-2pp", Of(records, nil).Versus(both).Decide)
	if c.Verdict != result.Undecided || !strings.Contains(c.Reason, "needs about 133 items if none of them differs, and 1,546 if 10 % do") {
		t.Errorf("%s: %s", c.Verdict, c.Reason)
	}
}

func TestLostAnswersAreWrong(t *testing.T) {
	records := append(pass(candidate, 1, 100, never), pass(candidate, 8, 100, never)...)
	for i := range 20 {
		lost := &records[100+i]
		*lost = runlog.AnswerRecord{Target: candidate, Cell: lost.Cell, Users: 8, Item: lost.Item, Lost: true}
	}
	r := Of(records, nil)
	res := r.Result(both, unserved)
	if p := res.Passes[1]; p.Lost != 20 || p.Items != 100 || *p.Right.Value != 80 {
		t.Errorf("%+v", p)
	}
	if c := decided(t, "load_delta>=-2pp", r.UnderLoad(loaded).Decide); c.Verdict != result.Refuted {
		t.Errorf("%s: %s", c.Verdict, c.Reason)
	}
	if f := res.LoadFaults; len(f) != 1 || f[0].Fault != Lost || f[0].Under != 20 || len(f[0].Items) != 20 || f[0].N != 100 {
		t.Errorf("%+v", f)
	}
	// An item without checks decides nothing, lost or not.
	free := runlog.AnswerRecord{Target: candidate, Cell: cells.ItemsID(candidate, 1), Users: 1, Item: "free"}
	gone := runlog.AnswerRecord{Target: candidate, Cell: loaded.Cell, Users: 8, Item: "free", Lost: true}
	if p := Of(append(records, free, gone), nil).Result(both, unserved).Passes; p[0].Items != 100 || p[1].Items != 100 || p[0].Answers != 101 {
		t.Errorf("%+v", p)
	}
}

// What goes wrong with one request in ten under load goes wrong alone as well: it is no
// fault of the load.
func TestOnlyFaultsThatLoadBringsOutAreNamed(t *testing.T) {
	records := append(pass(candidate, 1, 100, never), pass(candidate, 8, 100, never)...)
	for i := range records {
		switch item := i % 100; {
		case item < 10 && i < 100 || item >= 5 && item < 16 && i >= 100:
			records[i].Faults = []string{"refusal"}
		case item >= 50 && item < 53 && i >= 100:
			records[i].Faults = []string{"leaked_tokens"}
		case item >= 60 && item < 62 && i >= 100: // two answers are chance
			records[i].Faults = []string{"loop"}
		}
	}
	f := Of(records, nil).Result(both, unserved).LoadFaults
	if len(f) != 1 || f[0].Fault != "leaked_tokens" || f[0].Alone != 0 || f[0].Under != 3 || !slices.Equal(f[0].Items, []string{"item-50", "item-51", "item-52"}) || f[0].Cell != "quality/candidate@8" {
		t.Errorf("%+v", f)
	}
	// A repeat alone that has the fault shows that it takes no load.
	again := said(candidate, 1, 51, "again", true)
	again.Repeat, again.Faults = 1, []string{"leaked_tokens"}
	if f := Of(append(records, again), nil).Result(both, unserved).LoadFaults; len(f) != 0 {
		t.Errorf("with a repeat: %+v", f)
	}
	for i := 150; i < 160; i++ { // more than chance: named, without the item that shows it alone as well
		records[i].Faults = []string{"leaked_tokens"}
	}
	if f := Of(append(records, again), nil).Result(both, unserved).LoadFaults; len(f) != 1 || f[0].Under != 10 || len(f[0].Items) != 9 || slices.Contains(f[0].Items, "item-51") {
		t.Errorf("with a repeat, of ten: %+v", f)
	}
}

func TestNoiseFloor(t *testing.T) {
	records := slices.Concat(pass(candidate, 1, 40, never), pass(baseline, 1, 40, never), pass(candidate, 8, 40, below(4)))
	for i, a := range pass(baseline, 1, 40, below(2)) {
		if i%4 == 0 {
			a.Repeat = 1
			records = append(records, a)
		}
	}
	for i := range 10 { // prompts that were not the same
		records[80+30+i].Same = false
	}
	n := Of(records, nil).Result(both, unserved).Noise
	if len(n) != 2 || n[0].Target != candidate || n[0].Users != 8 || n[1].Target != baseline || n[1].Users != 1 {
		t.Fatalf("%+v", n)
	}
	if n[0].Verdict.K != 4 || n[0].Verdict.N != 40 || n[0].Text.K != 4 || n[0].Text.N != 30 {
		t.Errorf("under load: %+v, %+v", n[0].Verdict, n[0].Text)
	}
	if n[1].Verdict.K != 1 || n[1].Verdict.N != 10 || n[1].Text.K != 1 {
		t.Errorf("asked again: %+v, %+v", n[1].Verdict, n[1].Text)
	}
}

func TestRepeatedAnswersAreAveragedByItem(t *testing.T) {
	records := pass(candidate, 1, 100, never)
	for i, a := range pass(candidate, 1, 100, never) {
		if i < 50 {
			a.Repeat, a.Right = 1, new(false)
			records = append(records, a)
		}
	}
	records = append(records, pass(baseline, 1, 100, never)...)
	r := Of(records, nil)
	res := r.Result(both, unserved)
	if p := res.Passes[0]; p.Items != 100 || p.Answers != 150 || *p.Right.Value != 75 {
		t.Errorf("%+v", p)
	}
	if v := res.Versus; *v.Difference.Value != -25 || v.Lost != 0 || !strings.Contains(v.Method, "repeated answers averaged") {
		t.Errorf("%+v", v)
	}
}

func TestGroupsCountAsTheyDependOnEachOther(t *testing.T) {
	records := append(pass(candidate, 1, 400, func(i int) bool { return i/10%4 == 0 }), pass(baseline, 1, 400, never)...)
	for i := range records {
		records[i].Group = fmt.Sprint("passage-", i%400/10)
	}
	v := Of(records, nil).Result(both, unserved).Versus
	if v.Groups != 40 || v.Difference.NEff > 50 || !strings.Contains(v.Method, "40 groups") {
		t.Errorf("worth %v of %d groups: %s", v.Difference.NEff, v.Groups, v.Method)
	}
	if p := Of(records, nil).Result(both, unserved).Passes[0]; p.Groups != 40 || p.Right.NEff > 50 {
		t.Errorf("%+v", p)
	}
}

// One item is one, in whatever group; several of one group say nothing of others, which is
// another reason than that none was asked.
func TestAKindOfOneGroup(t *testing.T) {
	for n, want := range map[int]string{1: "", 3: "all items are of one group, which says nothing of others"} {
		records := pass(candidate, 1, n, never)
		for i := range records {
			records[i].Group = "passage"
		}
		right := Of(records, nil).Result(both, unserved).Passes[0].Right
		if right.Withheld != want || (right.Value == nil) != (n > 1) || right.NeededN != 0 {
			t.Errorf("%d items: %+v", n, right)
		}
	}
}

func TestAccuracyAndGoodput(t *testing.T) {
	r := Of(pass(candidate, 8, 200, below(10)), nil)
	for limit, want := range map[string]result.Verdict{"accuracy>=90%": result.Proved, "accuracy>=95%": result.Undecided, "accuracy>=99%": result.Refuted} {
		c := decided(t, limit, func(c *result.Claim, l metric.Limit) { r.DecideAccuracy(c, l, loaded) })
		if c.Verdict != want || c.N != 200 || *c.Estimate != 95 {
			t.Errorf("%s: %s: %s", limit, c.Verdict, c.Reason)
		}
	}
	p := r.Result(both, func(p Pass) (stats.Bounded, bool) {
		return stats.Bounded{Value: 10, Lo: 9, Hi: 11}, p == loaded
	}).Passes[0]
	g := p.Goodput
	if g == nil || math.Abs(float64(*g.Value)-9.5) > 1e-9 || *g.Lo > 8.6 || *g.Hi < 10.4 {
		t.Errorf("%+v", g)
	}
}

func TestDriftIsNeverAsGood(t *testing.T) {
	var scores []runlog.ScoreRecord
	for i := range 60 {
		scores = append(scores, runlog.ScoreRecord{Target: candidate, Prompt: fmt.Sprint(i), Total: 77 + float64(i%5)}, runlog.ScoreRecord{Target: baseline, Prompt: fmt.Sprint(i), Total: 80})
	}
	v := Of(nil, scores).ScoreDifferences(candidate, baseline, "")
	for limit, want := range map[string]result.Verdict{"drift<=5": result.Proved, "drift<=0.5": result.Refuted, "drift<=1": result.Undecided} {
		c := decided(t, limit, func(c *result.Claim, l metric.Limit) { DecideDrift(c, l, v) })
		if c.Verdict != want || !c.Heuristic || strings.Contains(c.Reason, "good") || c.N != 60 {
			t.Errorf("%s: %s: %s", limit, c.Verdict, c.Reason)
		}
		if want == result.Proved && c.Reason != "no drift beyond 5 points (heuristic)" {
			t.Errorf("%s", c.Reason)
		}
	}
	for i := range v { // a rise is a drift as well
		v[i] += 10
	}
	if c := decided(t, "drift<=5", func(c *result.Claim, l metric.Limit) { DecideDrift(c, l, v) }); c.Verdict != result.Refuted {
		t.Errorf("a rise by 9 points: %s", c.Verdict)
	}
	if d := Drift(v); d.Metric != "drift" || !d.Heuristic || !strings.Contains(d.Text, "higher on the same prompts (heuristic)") {
		t.Errorf("%+v", d)
	}
}

func TestTrackingSaysWhereHeuristicsTellNothing(t *testing.T) {
	records := pass(candidate, 1, 100, func(i int) bool { return i%2 == 0 })
	var good, random []runlog.ScoreRecord
	for i := range 100 {
		good = append(good, runlog.ScoreRecord{Target: candidate, Prompt: fmt.Sprint("item-", i), Total: 50 + 20*float64(i%2) + float64(i%3)})
		random = append(random, runlog.ScoreRecord{Target: candidate, Prompt: fmt.Sprint("item-", i), Total: float64(i / 2 % 7)})
	}
	if tr := Of(records, good).Tracking(); tr == nil || float64(*tr.Rho.Value) < 0.8 || strings.Contains(tr.Text, "does not track") {
		t.Errorf("%+v", tr)
	}
	if tr := Of(records, random).Tracking(); tr == nil || !strings.Contains(tr.Text, "does not track quality here") {
		t.Errorf("%+v", tr)
	}
	if tr := Of(records, nil).Tracking(); tr != nil {
		t.Errorf("%+v", tr)
	}
}

func TestWinsNeedBothOrders(t *testing.T) {
	var records []runlog.JudgementRecord
	add := func(item int, first, second string) {
		records = append(records,
			runlog.JudgementRecord{Judge: "j", Item: fmt.Sprint(item), Kind: "technical", First: runlog.ForCandidate, Verdict: first},
			runlog.JudgementRecord{Judge: "j", Item: fmt.Sprint(item), Kind: "technical", First: runlog.ForBaseline, Verdict: second})
	}
	for i := range 250 { // 112 wins, 61 ties, 77 losses
		switch {
		case i < 112:
			add(i, runlog.ForCandidate, runlog.ForCandidate)
		case i < 150:
			add(i, runlog.ForCandidate, runlog.ForBaseline)
		case i < 160:
			add(i, runlog.Tie, runlog.Tie)
		case i < 173:
			add(i, runlog.ForCandidate, "")
		default:
			add(i, runlog.ForBaseline, runlog.ForBaseline)
		}
	}
	for _, first := range []string{runlog.ForCandidate, runlog.ForBaseline} { // a canary, which counts for nothing else
		records = append(records, runlog.JudgementRecord{Judge: "j", Item: "canary", Canary: "truncated", First: first, Verdict: runlog.ForCandidate})
	}
	p := PreferencesOf(records)
	j := p.Result()
	if j.Wins != 112 || j.Ties != 61 || j.Losses != 77 || j.Splits != 38 || j.Items != 250 || math.Abs(float64(*j.Rate.Value)-57) > 1e-9 {
		t.Fatalf("%+v", j)
	}
	if math.Abs(j.SignTest-0.01318336838160724) > 1e-9 || math.Abs(float64(*j.Rate.Hi-*j.Rate.Lo)/2/1.96-2.719) > 0.05 {
		t.Errorf("p %v, interval %v to %v", j.SignTest, *j.Rate.Lo, *j.Rate.Hi)
	}
	for limit, want := range map[string]result.Verdict{"win_rate>=45%": result.Proved, "win_rate>=55%": result.Undecided, "win_rate>=65%": result.Refuted} {
		if c := decided(t, limit, p.Decide); c.Verdict != want || c.N != 250 {
			t.Errorf("%s: %s: %s", limit, c.Verdict, c.Reason)
		}
	}
}
