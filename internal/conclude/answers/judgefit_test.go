package answers

import (
	"fmt"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/quality/judge"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// judgedBy is what a judge with a rule says of canaries, labelled pairs and a run's
// answers. A verdict is for the first or second place, or a tie.
func judgedBy(verdict func(r runlog.JudgementRecord) string, pairs, labels int) (out []runlog.JudgementRecord) {
	both := func(r runlog.JudgementRecord) {
		for _, r.First = range []string{runlog.ForCandidate, runlog.ForBaseline} {
			r.Judge, r.Verdict = "gpt-9", verdict(r)
			out = append(out, r)
		}
	}
	for _, c := range judge.Canaries() {
		want := runlog.ForCandidate
		if c.Kind == judge.Identical {
			want = runlog.Tie
		}
		both(runlog.JudgementRecord{Item: c.Kind + c.ID, Canary: c.Kind, Want: want})
	}
	for i := range labels {
		both(runlog.JudgementRecord{Item: fmt.Sprint(i), Canary: runlog.CanaryLabel, Want: []string{runlog.ForCandidate, runlog.ForBaseline}[i%2]})
	}
	for i := range pairs {
		both(runlog.JudgementRecord{Item: fmt.Sprint(i), CandidateRunes: 100 + 40*(i%5), BaselineRunes: 150, Want: []string{runlog.ForCandidate, runlog.ForBaseline, runlog.Tie}[i%3]})
	}
	return out
}

func TestAnHonestJudgeIsFit(t *testing.T) {
	all := Fitness(judgedBy(func(r runlog.JudgementRecord) string { return r.Want }, 60, 20), "gpt-oss-20b", "qwen3")
	if len(all) != 1 {
		t.Fatalf("%+v", all)
	}
	f := all[0]
	if f.Unfit != "" || f.Right != f.Canaries || f.Labels != 20 || f.Same != 20 || float64(*f.Kappa) != 1 || f.Related != "OpenAI" || f.Unread != 0 {
		t.Errorf("%+v", f)
	}
	if float64(*f.FirstShare) != 50 || f.LengthControlled == nil || f.Corrected == nil {
		t.Errorf("%+v", f)
	}
	notes := strings.Join((&result.Judged{Fitness: all}).Notes(), "\n")
	for _, want := range []string{"15 of 15 pairs right", "agrees on 20 of 20 (kappa 1.00)", "at equal lengths", "same family as a contestant (OpenAI)"} {
		if !strings.Contains(notes, want) {
			t.Errorf("%q is missing in\n%s", want, notes)
		}
	}
}

func TestAJudgeThatAlwaysSaysFirstDecidesNothing(t *testing.T) {
	records := judgedBy(func(r runlog.JudgementRecord) string { return r.First }, 30, 0)
	f := Fitness(records)[0]
	if !strings.Contains(f.Unfit, "goes by position") || float64(*f.FirstShare) != 100 {
		t.Errorf("%+v", f)
	}
	if notes := (&result.Judged{Fitness: []result.JudgeFitness{f}}).Notes(); !strings.Contains(notes[0], "decide nothing") || !strings.Contains(notes[0], "no labels of people") {
		t.Error(notes)
	}
	c := result.Claim{Alpha: 0.05}
	limit, err := metric.ParseLimit("win_rate>=40%")
	if err != nil {
		t.Fatal(err)
	}
	if PreferencesOf(records).Decide(&c, limit); c.Verdict != result.Invalid || !strings.Contains(c.Reason, "decides nothing") {
		t.Errorf("%+v", c)
	}
	// What it says of the answers themselves is a tie of each pair.
	if r := PreferencesOf(records).Result(); r.Wins != 0 || r.Losses != 0 || r.Splits != 30 {
		t.Errorf("%+v", r)
	}
}

func TestAJudgeThatWasNotTestedDecidesNothing(t *testing.T) {
	records := judgedBy(func(r runlog.JudgementRecord) string { return r.Want }, 3, 0)
	records = records[len(records)-6:]
	records[0].Verdict = ""
	f := Fitness(records)[0]
	if f.Unfit == "" || f.Unread != 1 {
		t.Errorf("%+v", f)
	}
	if Fitness(nil) != nil {
		t.Error("no judge, and yet one is fit")
	}
}

func TestAnObedientJudgeIsNamedByWhatItFailed(t *testing.T) {
	f := Fitness(judgedBy(func(r runlog.JudgementRecord) string {
		if r.Canary == judge.Injection {
			return runlog.ForBaseline
		}
		return r.Want
	}, 3, 0))[0]
	if f.Unfit != "it failed pairs that are known (injection): 12 of 15 right" {
		t.Errorf("%q", f.Unfit)
	}
}

// A judge that failed is asked nothing else, and that is a result.
func TestAJudgeThatFailedIsNamedWithoutItems(t *testing.T) {
	j := PreferencesOf(judgedBy(func(r runlog.JudgementRecord) string { return r.First }, 0, 0)).Result()
	if j == nil || j.Items != 0 || len(j.Judges) != 1 || !strings.Contains(strings.Join(j.Notes(), ""), "decide nothing") || j.Rate.Value != nil {
		t.Errorf("%+v", j)
	}
	if PreferencesOf(nil).Result() != nil {
		t.Error("nobody was asked, and yet there is a result")
	}
}
