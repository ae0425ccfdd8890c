package conduct

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/conduct/prompts"
	"github.com/inferometer/inferometer/internal/conduct/target"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/workload"
)

// blocksOfRun lays out a load of three targets.
func blocksOfRun(t *testing.T, seed uint64, change func(*plan.Plan)) list {
	t.Helper()
	p := plan.Default()
	p.Seed, p.Only, p.Workload.CacheSalt = seed, []plan.Benchmark{plan.Load}, "salt"
	p.Load.Users, p.Load.Requests = 2, 120
	change(&p)
	_, steps, err := sessionOf(t, p, cells.Candidate, cells.Baseline, "fp8").load()
	if err != nil {
		t.Fatal(err)
	}
	return steps
}

// sessionOf is a session whose targets are found, of which the baseline has no
// fixed output lengths.
func sessionOf(t *testing.T, p plan.Plan, targets ...string) *Session {
	t.Helper()
	s := NewSession(p, Options{}, nil)
	var err error
	if s.maker, err = prompts.New(p, "salt"); err != nil {
		t.Fatal(err)
	}
	for _, name := range targets {
		s.targets = append(s.targets, &target.Target{Name: name, Fixed: name != cells.Baseline})
	}
	s.maker.Target = s.targets[0]
	return s
}

// rows writes a trace of 100 rows, one each 500 ms.
func rows(t *testing.T) string {
	t.Helper()
	text := "TIMESTAMP,ContextTokens,GeneratedTokens\n"
	for i := range 100 {
		text += fmt.Sprintf("2023-11-16 18:15:%02d.%d000000,%d,%d\n", i/2, 5*(i%2), 60+i, 3+i%7)
	}
	path := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// sessions is a trace of conversations.
const sessions = "../interop/testdata/tracelab.jsonl"

func orderOf(steps list) string {
	var names []string
	for _, s := range steps {
		names = append(names, s.Cells[0].target.Name)
	}
	return strings.Join(names, " ")
}

// In each round every target has one block, alone; all blocks of a round send
// the same bytes, and nothing else ever does.
func TestTurns(t *testing.T) {
	for name, change := range map[string]func(*plan.Plan){
		"closed": func(*plan.Plan) {},
		"open":   func(p *plan.Plan) { p.Load.Users, p.Load.Rate, p.Load.Arrival = 0, 5, "poisson" },
		"data set": func(p *plan.Plan) {
			p.Workload.Dataset = filepath.Join(t.TempDir(), "prompts.txt")
			var text strings.Builder
			for i := range p.Load.Requests { // not one more than are sent
				fmt.Fprintf(&text, "prompt number %d\n", i)
			}
			if err := os.WriteFile(p.Workload.Dataset, []byte(text.String()), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"trace": func(p *plan.Plan) {
			p.Load = plan.LoadPlan{Trace: rows(t)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			steps := blocksOfRun(t, 1, change)
			rounds := steps[0].Cells[0].block.rounds
			if rounds < cells.MinRounds || len(steps) != 3*rounds {
				t.Fatalf("%d steps of %d rounds", len(steps), rounds)
			}
			sent := map[string]string{} // text → where
			for i, s := range steps {
				c := s.Cells[0]
				if len(s.Cells) != 1 || c.round() != 1+i/3 || c.ID != "load/"+c.target.Name || c.Rounds != rounds {
					t.Fatalf("step %d: %d cells, %s in round %d of %d", i, len(s.Cells), c.ID, c.round(), c.Rounds)
				}
				if c.Workload.FixedOutput != (c.target.Name != cells.Baseline && name != "data set") {
					t.Errorf("%s: fixed output is %v", c.ID, c.Workload.FixedOutput)
				}
				for what, src := range map[string]workload.Source{"main": c.main, "warm-up": c.warm, "lead": c.lead} {
					if src == nil {
						continue
					}
					for k := range c.total() + 3 { // and some that are sent behind the window
						if what == "lead" && k >= c.shape.Warmup {
							break
						}
						it, err := src.Item(k)
						if err != nil {
							t.Fatal(err)
						}
						here := fmt.Sprintf("round %d, %s %d", c.round(), what, k)
						if k >= c.total() || what == "lead" {
							here = fmt.Sprintf("round %d, around", c.round())
						}
						if there, ok := sent[it.User]; ok && there != here && (!strings.Contains(there, "around") || !strings.Contains(here, "around")) {
							t.Fatalf("%s sends what was sent in %s", here, there)
						}
						sent[it.User] = here
					}
				}
			}
			order := strings.Fields(orderOf(steps))
			for i := 0; i < len(order); i += 3 {
				round := slices.Sorted(slices.Values(order[i : i+3]))
				if !slices.Equal(round, []string{cells.Baseline, cells.Candidate, "fp8"}) {
					t.Errorf("round %d is of %v", 1+i/3, order[i:i+3])
				}
			}
			if again := orderOf(blocksOfRun(t, 1, change)); again != orderOf(steps) {
				t.Errorf("the same seed gives %q and %q", orderOf(steps), again)
			}
			if other := orderOf(blocksOfRun(t, 2, change)); other == orderOf(steps) {
				t.Errorf("another seed gives the same order %q", other)
			}
		})
	}
}

// Where the turns of a session cannot be cut, asking for it is refused, and
// without it each target runs the whole.
func TestSessionsAreNotCut(t *testing.T) {
	trace := func(p *plan.Plan) { p.Load = plan.LoadPlan{Trace: sessions} }
	steps := blocksOfRun(t, 1, trace)
	if len(steps) != 3 || steps[0].Cells[0].block.rounds != 1 || steps[0].Cells[0].shape.Turn == nil || steps[0].Cells[0].lead != nil {
		t.Fatalf("%d steps, %+v", len(steps), steps[0].Cells[0].block)
	}
	p := plan.Default()
	p.Only, p.Load = []plan.Benchmark{plan.Load}, plan.LoadPlan{Trace: sessions, Blocks: 5}
	if _, _, err := sessionOf(t, p, cells.Candidate, cells.Baseline).load(); err == nil || !strings.Contains(err.Error(), "--blocks") || !strings.Contains(err.Error(), "--trace-open") {
		t.Errorf("%v", err)
	}
}
