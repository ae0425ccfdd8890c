package answers

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// A candidate that is clearly worse is not proved to be as good because the baseline
// lost answers.
func TestLostAnswersOfTheBaselineProveNothing(t *testing.T) {
	candidate, baseline := &Side{}, &Side{}
	for i := range 1000 {
		c, b := Item{ID: fmt.Sprint(i), Value: 1, First: true}, Item{ID: fmt.Sprint(i), Value: 1, First: true}
		switch {
		case i < 200:
			b.Value, b.First, b.Faults = 0, false, []string{Lost}
		case i < 300:
			c.Value, c.First = 0, false
		}
		candidate.Add(c)
		baseline.Add(b)
	}
	l, err := metric.ParseLimit("quality_delta>=-2pp")
	if err != nil {
		t.Fatal(err)
	}
	c := &result.Claim{Verdict: result.Undecided, Alpha: 0.05}
	Pair(candidate, baseline).Decide(c, l)
	if c.Verdict != result.Refuted || c.N != 800 || !strings.Contains(c.Reason, "200 of 1000 items are left out") {
		t.Errorf("%s over %d items: %s", c.Verdict, c.N, c.Reason)
	}
}

// lose makes the records of items from one to another lost.
func lose(records []runlog.AnswerRecord, from, to int) {
	for i := from; i < to; i++ {
		a := &records[i]
		*a = runlog.AnswerRecord{Target: a.Target, Cell: a.Cell, Users: a.Users, Item: a.Item, Repeat: a.Repeat, Lost: true}
	}
}

// What a report shows of the pairs is what a claim decides: the same items, with the same
// note of those that are left out.
func TestAClaimAndItsFiguresAreOfTheSameItems(t *testing.T) {
	records := append(pass(candidate, 1, 200, below(15)), pass(baseline, 1, 200, never)...)
	lose(records, 200+50, 200+100)
	r := Of(records, nil)
	c, v := decided(t, "quality_delta>=-2pp", r.Versus(both).Decide), r.Result(both, unserved).Versus
	if v.Items != 150 || c.N != 150 || *v.Difference.Value != *c.Estimate || *c.Estimate != -10 || v.Gained != 0 || v.Lost != 15 || len(v.Flips) != 15 || v.Unpaired != 0 {
		t.Errorf("a claim on %d items, %v; %+v", c.N, *c.Estimate, v)
	}
	if note := "50 of 200 items are left out, since the other side's answer was lost"; !slices.Contains(v.Notes, note) || !strings.Contains(c.Reason, note) {
		t.Errorf("%q; %s", v.Notes, c.Reason)
	}
	lose(records, 200, 400)
	if c := decided(t, "quality_delta>=-2pp", Of(records, nil).Versus(both).Decide); c.Verdict != result.Undecided || !strings.Contains(c.Reason, "every answer to compare with was lost") {
		t.Errorf("%s: %s", c.Verdict, c.Reason)
	}
}

// A baseline that lost the first answer or a repeat is worth what it answered. A candidate
// that did is worth less.
func TestLostRepeatsOfTheBaselineDoNotLowerIt(t *testing.T) {
	again := func(target string) []runlog.AnswerRecord {
		out := pass(target, 1, 100, never)
		for i := range out {
			out[i].Repeat = 1
		}
		return out
	}
	records := slices.Concat(pass(candidate, 1, 100, never), again(candidate), pass(baseline, 1, 100, never), again(baseline))
	lose(records, 200, 220)
	lose(records, 320, 340)
	if v := Of(records, nil).Result(both, unserved).Versus; v.Items != 100 || *v.Difference.Value != 0 || v.Gained != 0 {
		t.Errorf("lost by the baseline: %+v", v)
	}
	lose(records, 100, 110)
	if v := Of(records, nil).Result(both, unserved).Versus; v.Items != 100 || *v.Difference.Value != -5 {
		t.Errorf("lost by the candidate: %+v", v)
	}
}

// A run that was interrupted asked the candidate less. What it never asked says nothing.
func TestItemsThatWereNeverAskedDoNotCount(t *testing.T) {
	records := append(pass(candidate, 1, 300, never), pass(baseline, 1, 400, never)...)
	c := decided(t, "quality_delta>=-2pp", Of(records, nil).Versus(both).Decide)
	if c.Verdict != result.Proved || c.N != 300 || strings.Contains(c.Reason, "count as wrong") {
		t.Errorf("%s over %d: %s", c.Verdict, c.N, c.Reason)
	}
}

// Of files, what the candidate lacks is wrong, unless the baseline lost it as well.
func TestLeavingOutFailuresDoesNotWin(t *testing.T) {
	first, second := &Side{}, &Side{}
	for i := range 500 {
		it := Item{ID: fmt.Sprint(i), Value: 1, First: true}
		if i >= 50 {
			first.Add(it)
		}
		if i < 10 {
			it.Value, it.First, it.Faults = 0, false, []string{Lost}
		}
		second.Add(it)
	}
	p := PairWhole(first, second)
	c, v := decided(t, "quality_delta>=-2pp", p.Decide), p.Compared()
	if c.Verdict != result.Refuted || c.N != 490 || v.Items != 490 || v.Lost != 40 || len(p.Missing) != 40 {
		t.Errorf("%s over %d: %s; %+v", c.Verdict, c.N, c.Reason, v)
	}
	if note := "40 of 490 items have no answer of the candidate, and count as wrong"; !strings.Contains(c.Reason, note) || !strings.Contains(c.Text, note) || !slices.Contains(v.Notes, note) {
		t.Errorf("%s; %s; %q", c.Reason, c.Text, v.Notes)
	}
	if v.Unpaired != 10 {
		t.Errorf("%d are in no pair", v.Unpaired)
	}
}

// A token limit that cuts one side's answers is the first thing to look at. An answer that
// only looks cut is not.
func TestAnswersThatATokenLimitCutAreNamed(t *testing.T) {
	records := append(pass(candidate, 1, 200, below(31)), pass(baseline, 1, 200, never)...)
	for i := range 31 {
		records[i].Finish = "length"
	}
	records[200].Finish, records[201].Faults = "max_tokens", []string{"truncated"}
	records[202].Finish, records[202].Faults = "stop", []string{"truncated"}
	r := Of(records, nil)
	c := decided(t, "quality_delta>=-2pp", r.Versus(both).Decide)
	note := "31 of 200 answers of the candidate were cut by the token limit, 2 of the baseline; raise quality.output_tokens"
	if !strings.Contains(c.Reason, note) || !strings.Contains(c.Text, note) || !strings.Contains(strings.Join(r.Result(both, unserved).Versus.Notes, ""), note) {
		t.Errorf("%s; %s", c.Reason, c.Text)
	}
	for i := range 31 { // both the same
		records[i].Finish, records[200+i].Finish = "length", "length"
	}
	if c := decided(t, "quality_delta>=-2pp", Of(records, nil).Versus(both).Decide); strings.Contains(c.Reason, "token limit") {
		t.Error(c.Reason)
	}
}
