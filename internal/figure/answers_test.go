package figure

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/result"
)

// Quality and agreement against load have the passes with users; an open loop has none and is
// said to be left out. Without a pass under load there is no line to draw.
func TestRightAnswersByLoad(t *testing.T) {
	half := result.FormShare{K: 1, N: 2, Value: result.Num(0.5), Lo: result.Num(0.1), Hi: result.Num(0.9)}
	a := &result.Answers{
		Passes: []result.AnswerPass{
			{Target: "candidate", Users: 1, Alone: true, Items: 9, Right: value(90), Kinds: []result.AnswerKind{{Kind: "viral_hook", Items: 4, Right: value(80)}, {Kind: "technical", Items: 5, Right: result.Estimate{Withheld: "none"}}}},
			{Target: "candidate", Users: 8, Items: 9, Right: value(70), Kinds: []result.AnswerKind{{Kind: "technical", Items: 5, Right: value(1)}}},
			{Target: "candidate", Cell: "quality/load/candidate", Items: 9, Right: value(60)},
			{Target: "baseline", Users: 1, Alone: true, Items: 9, Right: value(95)},
		},
		Load: []result.AnswerPairs{{Target: "candidate", Users: 8, Same: &half}, {Target: "candidate", Same: &half}},
	}
	r := &result.Result{Benchmarks: result.Benchmarks{Quality: &result.Quality{Answers: a}}}
	f := find(t, r, "right-by-load")
	if len(f.Series) != 2 || f.Series[0].Name != "candidate, right" || f.Series[1].Name != "candidate, same text as alone" || f.Note == "" {
		t.Fatalf("%+v", f)
	}
	if d := cmp.Diff([]float64{1, 90, 8, 70, 8, 50}, []float64{f.Series[0].Points[0].X, f.Series[0].Points[0].Y, f.Series[0].Points[1].X, f.Series[0].Points[1].Y, f.Series[1].Points[0].X, f.Series[1].Points[0].Y}); d != "" {
		t.Error(d)
	}
	k := find(t, r, "right-by-kind")
	if len(k.Series) != 1 || len(k.Series[0].Points) != 1 || k.Series[0].Points[0].X != 1 || k.Note != "technical of the candidate: none" {
		t.Errorf("%+v", k)
	}
	a.Passes, a.Load = a.Passes[:1], nil
	for _, f := range All(r) {
		if f.ID == "right-by-load" {
			t.Errorf("one point alone is drawn: %+v", f)
		}
	}
}
