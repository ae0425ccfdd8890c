package suite

import (
	"encoding/json"
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/terms"
	"github.com/inferometer/inferometer/internal/quality/item"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// school is a plan that asks a server n items, and the server.
func school(t *testing.T, n int) (plan.Plan, *pupil) {
	t.Helper()
	server := &pupil{sheet: map[string]string{}, hold: 20 * time.Millisecond}
	items, err := item.Make("arithmetic", n, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range items {
		server.sheet[it.Prompt] = it.Answer
	}
	s := httptest.NewServer(server)
	t.Cleanup(s.Close)
	p := plan.Default()
	p.Candidate.URL, p.Candidate.MetricsURL = s.URL, plan.MetricsOff
	p.Dir, p.Client.Calibrate, p.Only = t.TempDir(), false, []plan.Benchmark{plan.Quality}
	p.Latency.Iterations, p.Latency.Warmup, p.Workload.InputTokens, p.Workload.OutputTokens = 2, 1, 60, 8
	p.Quality.Items, p.Quality.Count, p.Quality.LevelItems = "arithmetic", n, 16
	return p, server
}

// answersOf reads the records of a run by cell.
func answersOf(t *testing.T, folder string) map[string][]runlog.AnswerRecord {
	t.Helper()
	log, err := runlog.Read(filepath.Join(folder, exchange.LogName))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]runlog.AnswerRecord{}
	for _, a := range log.Answers {
		out[a.Cell] = append(out[a.Cell], a)
	}
	return out
}

func count(all []runlog.AnswerRecord, is func(runlog.AnswerRecord) bool) int {
	n := 0
	for _, a := range all {
		if is(a) {
			n++
		}
	}
	return n
}

func right(a runlog.AnswerRecord) bool { return a.Right != nil && *a.Right }

// A pass at 1, 4 and 16 users asks what it should, with so many requests under way until
// its last item has been answered, and records what came of each. The server is wrong
// above eight requests at once, and drops one item.
func TestItemsAreAskedAloneAndUnderLoad(t *testing.T) {
	p, server := school(t, 24)
	p.Quality.Levels = []string{"4", "16"}
	server.hold = 100 * time.Millisecond // so that 16 users meet at the server, also on a busy machine
	var dropped string
	for prompt := range server.sheet {
		dropped = max(dropped, prompt)
	}
	server.spoil = func(prompt, answer string, busy int) string {
		switch {
		case prompt == dropped:
			return ""
		case busy > 8:
			return "I do not know the number"
		}
		return answer
	}
	out, err := Run(t.Context(), p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if out.Result.Run.Status != result.Complete {
		t.Fatalf("%+v", out.Result.Run)
	}
	got := answersOf(t, out.Folder)
	alone, four, many := got[cells.ItemsID(cells.Candidate, 1)], got[cells.ItemsID(cells.Candidate, 4)], got[cells.ItemsID(cells.Candidate, 16)]
	if len(alone) != 24+6 || len(four) != 16 || len(many) != 16 || len(got) != 3 {
		t.Fatalf("%d answers alone, %d at 4, %d at 16 in %d cells", len(alone), len(four), len(many), len(got))
	}
	lost := func(a runlog.AnswerRecord) bool { return a.Lost }
	repeated := func(a runlog.AnswerRecord) bool { return a.Repeat == 1 && a.Same }
	if n := count(alone, repeated); n != 6 {
		t.Errorf("%d answers alone are to requests that were repeated, want 6", n)
	}
	if n, gone := count(alone, right), count(alone, lost); n+gone != 30 || gone < 1 || gone > 2 {
		t.Errorf("alone %d of 30 are right and %d lost", n, gone)
	}
	if n, gone := count(four, right), count(four, lost); n+gone != 16 || gone > 1 {
		t.Errorf("at 4 users %d of 16 are right and %d lost", n, gone)
	}
	if n := count(many, right); n > 4 { // as the load begins
		t.Errorf("at 16 users %d of 16 are right", n)
	}
	for level, answers := range map[int][]runlog.AnswerRecord{1: alone, 4: four, 16: many} {
		for _, a := range answers {
			if a.Users != level || a.Target != cells.Candidate || a.Family != "arithmetic" || !a.Lost && (a.Finish != "stop" || a.Runes == 0) || a.Lost && right(a) {
				t.Errorf("at %d users: %+v", level, a)
			}
		}
		if level > 1 {
			if n := count(answers, func(a runlog.AnswerRecord) bool { return a.Same }); n != 4 {
				t.Errorf("at %d users %d items have the bytes of the pass alone, want 4", level, n)
			}
		}
	}
	if !slices.ContainsFunc(many, func(a runlog.AnswerRecord) bool { return !right(a) && !a.Lost && len(a.Failed) > 0 }) {
		t.Error("no answer names the check that it fails")
	}

	// The bytes: a repeated item is the same as alone, and nothing else is twice.
	sent := map[string]int{}
	for _, text := range server.take() {
		sent[text]++
	}
	twice := 0
	for text, n := range sent {
		switch {
		case n > 4: // alone, again, at 4, at 16
			t.Errorf("sent %d times: %q", n, text)
		case n > 1:
			twice++
		}
	}
	if twice != 6 {
		t.Errorf("%d texts were sent more than once, want 6", twice)
	}

	// The load: during each scored request nearly all users had one under way.
	log, err := runlog.Read(filepath.Join(out.Folder, exchange.LogName))
	if err != nil {
		t.Fatal(err)
	}
	byCell := map[string][]*exchange.Exchange{}
	err = log.Exchanges(func(c *runlog.Cell, x *exchange.Exchange) error {
		if c.Benchmark == plan.Quality {
			byCell[c.ID] = append(byCell[c.ID], new(*x))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, level := range []int{1, 4, 16} {
		id := cells.ItemsID(cells.Candidate, level)
		if c := log.Cell(id); c.Level != level || c.Load.Users != level || c.Workload.FixedOutput || c.Workload.Temperature != 0 {
			t.Errorf("%s: %+v", id, c.CellRecord)
		}
		for _, x := range byCell[id] {
			if x.Phase != exchange.Measured || x.Failed() {
				continue
			}
			users := map[int]bool{}
			for _, y := range byCell[id] {
				if y.Started <= x.Done && x.Started <= y.Done {
					users[y.User] = true
				}
			}
			if len(users) < level*3/4 || len(users) > level {
				t.Errorf("%s: request %d ran beside those of %d users", id, x.Index, len(users))
			}
		}
	}
}

// What is measured of latency and throughput is the same with passes over items and
// without: the same prompts at the same places.
func TestPassesLeaveOtherCellsAsTheyAre(t *testing.T) {
	of := func(items string) map[string][]uint64 {
		p, server := school(t, 12)
		server.hold = time.Millisecond
		p.Only, p.Quality.Items = []plan.Benchmark{plan.Latency, plan.Throughput, plan.Quality}, items
		p.Workload.CacheSalt = "pinned"
		p.Throughput.Levels, p.Throughput.Requests = []int{2, 4}, 20
		out, err := Run(t.Context(), p, Options{})
		if err != nil {
			t.Fatal(err)
		}
		log, err := runlog.Read(filepath.Join(out.Folder, exchange.LogName))
		if err != nil {
			t.Fatal(err)
		}
		prompts := map[string][]uint64{}
		err = log.Exchanges(func(c *runlog.Cell, x *exchange.Exchange) error {
			if c.Benchmark == plan.Quality || x.Phase != exchange.Measured {
				return nil
			}
			for len(prompts[c.ID]) <= x.Index {
				prompts[c.ID] = append(prompts[c.ID], 0)
			}
			prompts[c.ID][x.Index] = x.PromptHash
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range out.Result.Cells() {
			if strings.HasPrefix(c.ID, "quality/") {
				t.Errorf("the result has the latency of %s", c.ID)
			}
		}
		if asked := len(server.take()) > 0; asked != (items != "none") {
			t.Errorf("items %s: asked is %v", items, asked)
		}
		return prompts
	}
	with, without := of("arithmetic"), of("none")
	if len(with) != 3 || len(without) != 3 {
		t.Fatalf("%d and %d cells", len(with), len(without))
	}
	for id, prompts := range without {
		if !slices.Equal(prompts, with[id]) {
			t.Errorf("%s sends other prompts where items are asked", id)
		}
	}
}

// The texts of answers are in a file that only the user can read, with the item; without
// leave to keep them there is none.
func TestTextsOfItemsAreKept(t *testing.T) {
	for _, keep := range []string{"quality", "none"} {
		p, server := school(t, 8)
		server.hold, p.KeepText, p.Quality.Repeat = time.Millisecond, keep, 0
		out, err := Run(t.Context(), p, Options{})
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(out.Folder, "answers.jsonl.zst")
		info, err := os.Stat(path)
		if keep == "none" {
			if !errors.Is(err, os.ErrNotExist) {
				t.Errorf("--keep-text none keeps %v, %v", info, err)
			}
			continue
		}
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("%v %v", info, err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		z, err := zstd.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		lines, items := json.NewDecoder(z), 0
		for {
			var line struct{ Target, Cell, Item, Asked, Answer string }
			if err := lines.Decode(&line); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if line.Item == "" {
				continue // a prompt of the pass
			}
			items++
			if line.Target != cells.Candidate || line.Cell != cells.ItemsID(cells.Candidate, 1) || !strings.HasPrefix(line.Asked, "Request ") || line.Answer == "" {
				t.Errorf("%+v", line)
			}
		}
		z.Close()
		_ = f.Close()
		if items != 8 {
			t.Errorf("%d answers to items are kept, want 8", items)
		}
	}
}

// A load, a sweep and a search ask so many items alone, and then at each load.
func TestCanariesOfLoads(t *testing.T) {
	for _, tt := range []struct {
		name string
		edit func(*plan.Plan)
		want []string // cells
	}{
		{"users", func(p *plan.Plan) { p.Load.Users = 4 }, []string{"quality/candidate@1", "quality/load/candidate"}},
		{"a rate", func(p *plan.Plan) { p.Load.Rate = 40 }, []string{"quality/candidate@1", "quality/load/candidate"}},
		{"a sweep", func(p *plan.Plan) {
			p.Load.Users = 1
			p.Scan.Keys = plan.ScanKeys{{Key: "users", Items: []string{"2", "4"}}}
		}, []string{"quality/candidate@1", "quality/scan/001", "quality/scan/002"}},
		{"two targets", func(p *plan.Plan) {
			p.Load.Users, p.Load.Blocks = 2, 2
			p.Baseline = &plan.Target{URL: p.Candidate.URL, API: p.Candidate.API, Stream: true, MetricsURL: plan.MetricsOff}
		}, []string{"quality/baseline@1", "quality/candidate@1", "quality/load/baseline", "quality/load/candidate"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, server := school(t, 8)
			server.hold = 2 * time.Millisecond
			p.Only, p.Quality.Canary, p.Quality.Repeat = []plan.Benchmark{plan.Load}, 8, 0
			p.Load.Requests, p.Load.Warmup = 20, terms.WarmupRequests(2)
			tt.edit(&p)
			if err := p.Validate(); err != nil {
				t.Fatal(err)
			}
			out, err := Run(t.Context(), p, Options{})
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for id, answers := range answersOf(t, out.Folder) {
				ids = append(ids, id)
				if len(answers) != 8 || count(answers, right) != 8 {
					t.Errorf("%s: %d of %d answers are right", id, count(answers, right), len(answers))
				}
			}
			slices.Sort(ids)
			if !slices.Equal(ids, tt.want) || out.Result.Run.Status != result.Complete {
				t.Errorf("asked in %v, want %v: %+v", ids, tt.want, out.Result.Run)
			}
		})
	}
}

// A run that was stopped in a pass asks it again, and no other one.
func TestAStoppedPassIsAskedAgain(t *testing.T) {
	p, server := school(t, 16)
	server.hold, p.Quality.Levels, p.Quality.LevelItems = 5*time.Millisecond, []string{"2", "4"}, 8
	out := stoppedAt(t, p, 3) // the pass of prompts, alone, at 2
	server.take()
	out, err := Resume(t.Context(), out.Folder, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := answersOf(t, out.Folder)
	for id, want := range map[string]int{cells.ItemsID(cells.Candidate, 1): 20, cells.ItemsID(cells.Candidate, 2): 8, cells.ItemsID(cells.Candidate, 4): 8} {
		if n := count(got[id], right); n != want || len(got[id]) != want {
			t.Errorf("%s: %d of %d answers are right, want %d", id, n, len(got[id]), want)
		}
	}
	if out.Result.Run.Status != result.Complete {
		t.Errorf("%+v", out.Result.Run)
	}
	same := 0
	for id, n := range tally(server.take()) {
		if n > 1 {
			same++
		}
		if n > 2 {
			t.Errorf("%q was sent %d times after the run was resumed", id, n)
		}
	}
	if same == 0 {
		t.Error("after the break no item has the bytes of the pass alone")
	}
}

func tally(list []string) map[string]int {
	n := map[string]int{}
	for _, s := range list {
		n[s]++
	}
	return n
}

// Answers of a paid baseline to items are used again, and checked again; its repeats
// are asked for, as they are there to be new.
func TestAnswersToItemsAreUsedAgain(t *testing.T) {
	p, server := school(t, 8)
	server.hold = time.Millisecond
	paid := &pupil{sheet: server.sheet}
	s := httptest.NewServer(paid)
	t.Cleanup(s.Close)
	p.Baseline = &plan.Target{URL: s.URL, API: p.Candidate.API, Stream: true, MetricsURL: plan.MetricsOff}
	p.Quality.ReuseBaseline = time.Hour
	o := Options{CacheDir: t.TempDir()}
	id := cells.ItemsID(cells.Baseline, 1)
	for run := range 2 {
		out, err := Run(t.Context(), p, o)
		if err != nil {
			t.Fatal(err)
		}
		// Eight items, two again, and one that warms up.
		if asked := len(paid.take()); run == 0 && asked != 11 || run == 1 && asked != 3 {
			t.Errorf("run %d sent the baseline %d items", run+1, asked)
		}
		answers := answersOf(t, out.Folder)[id]
		reused := count(answers, func(a runlog.AnswerRecord) bool { return a.Reused != nil })
		if len(answers) != 10 || count(answers, right) != 10 || reused != 8*run {
			t.Errorf("run %d: %d of %d answers are right, %d reused", run+1, count(answers, right), len(answers), reused)
		}
		if len(server.take()) < 10 {
			t.Errorf("run %d did not ask the candidate", run+1)
		}
	}
}

// A search asks its items alone, and once at the load that it has found; not in its cells.
func TestASearchAsksItemsAtTheLoadThatItFound(t *testing.T) {
	p, server := school(t, 8)
	server.hold = time.Millisecond
	p.Only, p.Quality.Canary, p.Quality.Repeat = []plan.Benchmark{plan.Capacity}, 8, 0
	p.Capacity.MaxTime = plan.Duration(time.Minute) // without limits: saturation alone
	out, err := Run(t.Context(), p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := answersOf(t, out.Folder)
	alone, under := got["quality/candidate@1"], got["quality/capacity"]
	if len(got) != 2 || count(alone, right) != 8 || count(under, right) != 8 {
		t.Errorf("%d passes, %d right alone and %d at the load found", len(got), count(alone, right), count(under, right))
	}
	log, err := runlog.Read(filepath.Join(out.Folder, exchange.LogName))
	if err != nil {
		t.Fatal(err)
	}
	last := log.Cells[len(log.Cells)-1]
	if last.ID != "quality/capacity" || last.Search != nil || last.Load.Users < 2 {
		t.Errorf("the last cell is %+v", last.CellRecord)
	}
}
