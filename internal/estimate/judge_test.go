package estimate

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/scoring"
	"github.com/inferometer/inferometer/internal/quality/judge"
)

func TestJudgeIsCountedAndPricedBeforeTheRun(t *testing.T) {
	p := plan.Default()
	p.Only = []plan.Benchmark{plan.Quality}
	p.Candidate.URL = "sim:vllm"
	p.Baseline = new(plan.DefaultTarget())
	p.Baseline.URL = "sim:api"
	p.Latency.Iterations = 30
	p.Quality.Items = scoring.NoItems
	without := Of(p, Suite)
	p.Quality.Judge = &scoring.Judge{Model: scoring.Model{URL: "http://127.0.0.1:1", Price: &plan.Price{Input: new(2.0), Output: new(10.0)}}, Grades: true}
	e := Of(p, Suite)
	i := slices.IndexFunc(e.Cells, func(c Cell) bool { return c.Target == cells.Judge })
	if i < 0 {
		t.Fatalf("%+v", e.Cells)
	}
	c := e.Cells[i]
	if want := judge.Requests(30, 0, true); c.Requests != want || e.Requests-without.Requests != want {
		t.Errorf("%d requests, want %d", c.Requests, want)
	}
	m := e.Most[slices.IndexFunc(e.Most, func(m Most) bool { return m.Target == cells.Judge })]
	if e.USD == nil || m.USD == nil || *m.USD < (2*c.InputTokens+10*c.OutputTokens)/1e6 || e.Seconds <= without.Seconds {
		t.Errorf("%+v", m)
	}
	if !strings.Contains(strings.Join(e.Notes, "\n"), "30 pairs of answers in both orders") {
		t.Error(e.Notes)
	}
	p.Quality.Judge.Price = nil
	if e := Of(p, Suite); e.USD != nil || !strings.Contains(strings.Join(e.Unknown, "\n"), "quality.judge.price") {
		t.Errorf("%v: what a judge costs without a price is not nothing", e.Unknown)
	}
	file := filepath.Join(t.TempDir(), "labels.jsonl")
	if err := os.WriteFile(file, []byte(`{"id":"1","prompt":"p","a":"x","b":"y","label":"a"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Quality.Judge.Labels, p.Quality.Judge.Grades, p.Quality.Judge.Pairs = file, false, 5
	if e := Of(p, Suite); e.Cells[i].Requests != judge.Requests(5, 1, false) {
		t.Errorf("%+v", e.Cells[i])
	}
}

func TestVectorsAreCountedAndPricedBeforeTheRun(t *testing.T) {
	p := plan.Default()
	p.Only = []plan.Benchmark{plan.Quality}
	p.Candidate.URL = "sim:vllm"
	p.Latency.Iterations, p.Quality.Items = 160, scoring.NoItems
	p.Quality.Embeddings = &scoring.Model{URL: "http://127.0.0.1:1", Price: &plan.Price{Input: new(1.0), Output: new(0.0)}}
	e := Of(p, Suite)
	i := slices.IndexFunc(e.Cells, func(c Cell) bool { return c.Target == cells.Embeddings })
	if i < 0 || e.Cells[i].Requests < 320/16 || e.Cells[i].InputTokens < 160*160 || e.Cells[i].OutputTokens != 0 {
		t.Fatalf("%+v", e.Cells)
	}
	if e.USD == nil || *e.USD < e.Cells[i].InputTokens/1e6 {
		t.Errorf("%v %v", e.USD, e.Unknown)
	}
}
