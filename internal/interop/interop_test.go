package interop

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// seen is a row of a table as tests write it.
type seen struct {
	At      time.Duration
	In, Out int
	Session int
	Think   time.Duration
	Blocks  []uint64
}

func rowsOf(t *Table) []seen {
	var out []seen
	for i := range t.Len() {
		r := seen{At: t.At(i), Blocks: t.AppendBlocks(nil, i)}
		r.In, r.Out = t.Lengths(i)
		r.Session, r.Think = t.Turn(i)
		out = append(out, r)
	}
	return out
}

const ms = time.Millisecond

// What recorded traces do that a reader of them may get wrong, and the test of
// each:
//
//	Azure: CRLF, seven digits of a second, no T, no zone   TestFormats azure.csv, TestErrors
//	Azure: one of two traces comes in bursts               TestBurstsStayBursts
//	Mooncake: times are rounded to ticks                   TestWindowCutAndSpread, TestRecordedTraces
//	Mooncake: blocks of 512, the last one partial; hits    TestIdealHits, TestPromptsShareAsRecorded, TestRecordedTraces
//	WEKA: block ids begin anew in each session, sub-agents TestFormats weka.json, TestRecordedTraces
//	Bailian: turns found by the chat before, -1 the first  TestFormats bailian.jsonl
//	BurstGPT: columns differ, times not from 0, failures   TestFormats burstgpt-v1.csv, burstgpt-v3.csv
//	ServeGen: no header, no arrivals, Python's literals    TestErrors
//
// All files of testdata are made up. The heads of real traces are read by
// TestRecordedTraces where they lie beside the checkout.
func TestFormats(t *testing.T) {
	for _, tt := range []struct {
		file, format string
		opt          Options
		counts       Counts
		rows         []seen
	}{
		{"azure.csv", "azure-llm", Options{Sort: true}, Counts{Read: 7, Empty: 1, Unsorted: 1}, []seen{
			{At: 0, In: 374, Out: 44}, {At: 123456700, In: 396, Out: 109}, {At: 1000000100, In: 879, Out: 55},
			{At: 1000000100, In: 12, Out: 3}, {At: 2500 * ms, In: 91, Out: 16}, {At: 4 * time.Second, In: 381, Out: 84},
		}},
		{"burstgpt-v1.csv", "burstgpt", Options{}, Counts{Read: 3, Failed: 1}, []seen{
			{In: 472, Out: 18}, {At: 113 * time.Second, In: 417, Out: 276},
		}},
		{"burstgpt-v3.csv", "burstgpt", Options{}, Counts{Read: 3, Failed: 1}, []seen{
			{In: 906, Out: 446, Session: 1}, {At: 82500 * ms, In: 1779, Out: 123, Session: 1},
		}},
		{"plain.csv", "csv", Options{}, Counts{Read: 3}, []seen{
			{In: 120, Out: 30, Session: 1}, {At: 500 * ms, In: 64, Out: 8}, {At: 2750 * ms, In: 150, Out: 12, Session: 1},
		}},
		{"mooncake.jsonl", "mooncake", Options{Limit: 3}, Counts{Read: 3, Stopped: true}, []seen{
			{In: 1300, Out: 50, Blocks: []uint64{0, 1, 2}}, {In: 1200, Out: 40, Blocks: []uint64{0, 1, 3}},
			{At: 3000 * ms, In: 1024, Out: 30, Blocks: []uint64{0, 1}},
		}},
		{"bailian.jsonl", "bailian", Options{}, Counts{Read: 4, Longer: 1}, []seen{
			{In: 40, Out: 9, Session: 1, Blocks: []uint64{10, 11, 12}},
			{At: 60614 * ms, In: 60, Out: 8, Session: 1, Blocks: []uint64{10, 11, 13, 14}},
			{At: 60700 * ms, In: 20, Out: 7, Session: 2},
			{At: 89500 * ms, In: 70, Out: 6, Session: 1, Blocks: []uint64{10, 11, 13, 14, 15}},
		}},
		{"weka.json", "weka-agentic", Options{}, Counts{Read: 5}, []seen{
			{In: 200, Out: 20, Session: 1, Blocks: []uint64{1, 2, 3}},
			{At: time.Second, In: 100, Out: 3, Session: 3, Blocks: []uint64{13}}, // not block 1 of the other session
			{At: 10 * time.Second, In: 130, Out: 5, Session: 2, Blocks: []uint64{9, 10}},
			{At: 25 * time.Second, In: 330, Out: 30, Session: 1, Think: 4 * time.Second, Blocks: []uint64{1, 2, 3, 4, 5}},
			{At: 40 * time.Second, In: 200, Out: 6, Session: 2, Think: 1500 * ms, Blocks: []uint64{9, 10, 11}},
		}},
		{"tracelab.jsonl", "tracelab", Options{}, Counts{Read: 3}, []seen{
			{In: 3000, Out: 90, Session: 1}, {At: 5000 * ms, In: 500, Out: 7, Session: 2},
			{At: 11349 * ms, In: 3200, Out: 80, Session: 1, Think: 2500 * ms},
		}},
		{"aiperf.jsonl", "aiperf", Options{}, Counts{Read: 4, Failed: 1, Empty: 1}, []seen{
			{In: 70, Out: 13}, {At: 500 * ms, In: 60, Out: 12},
		}},
		{"guidellm.json", "guidellm", Options{}, Counts{Read: 3, Failed: 1}, []seen{
			{In: 30, Out: 4}, {At: 1000 * ms, In: 40, Out: 8},
		}},
		{"vllm.json", "vllm-bench", Options{}, Counts{Read: 3, Failed: 1}, []seen{
			{In: 10, Out: 5}, {At: 500 * ms, In: 30, Out: 7},
		}},
	} {
		t.Run(tt.file, func(t *testing.T) {
			got, err := ReadTrace(filepath.Join("testdata", tt.file), tt.opt)
			if err != nil {
				t.Fatal(err)
			}
			if got.Format != tt.format {
				t.Errorf("format %q", got.Format)
			}
			if d := cmp.Diff(tt.counts, got.Counts); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(tt.rows, rowsOf(got)); d != "" {
				t.Error(d)
			}
		})
	}
}

// Two traces of one format differ by more than their rate: arrivals of one come
// in bursts (the heads of Azure's code and conversation traces have coefficients
// of variation of 13.3 and 1.14). The summary says so, and the times stay as
// recorded.
func TestBurstsStayBursts(t *testing.T) {
	got, err := ReadTrace(filepath.Join("testdata", "azure-bursts.csv"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range got.Len() {
		if want := time.Duration(i/4)*10*time.Second + time.Duration(i%4)*ms; got.At(i) != want {
			t.Errorf("row %d is due at %v, want %v", i, got.At(i), want)
		}
	}
	// Nine gaps of 1 ms and two of 9.997 s: mean 1.8185 s, deviation 4.0438 s.
	if s := Summarize(got); s.CV == nil || math.Abs(*s.CV-2.2237) > 0.0005 || s.Times.Distinct != 12 || s.Ticks() {
		t.Errorf("%+v", s)
	}
	even := strings.Builder{}
	even.WriteString(azureHead)
	for i := range 12 {
		fmt.Fprintf(&even, "2024-01-01 09:00:%02d.0000000,100,5\r\n", 2*i)
	}
	got, err = readTrace(strings.NewReader(even.String()), "", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s := Summarize(got); s.CV == nil || *s.CV > 1e-9 {
		t.Errorf("evenly spaced: %+v", s)
	}
}

// The log of a run with two targets is the load of one of them: the candidate's,
// or the one that was asked for. A conversation is of one cell, and what was measured
// again counts once.
func TestOwnLogIsOneTargetsLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "renamed.bin")
	w, err := runlog.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Begin(runlog.RunRecord{Name: "test", Started: time.Unix(1, 0)}, []result.Target{{Name: "candidate"}, {Name: "baseline"}}, nil); err != nil {
		t.Fatal(err)
	}
	at := exchange.Stamp(1)
	cell := func(id, target string, list ...exchange.Exchange) {
		if err := w.Cell(runlog.CellRecord{ID: id, Target: target}); err != nil {
			t.Fatal(err)
		}
		for _, x := range list {
			at += exchange.Stamp(ms)
			x.Cell, x.Target, x.Due, x.Done = id, target, at, at+1
			if err := w.Exchange(&x); err != nil {
				t.Fatal(err)
			}
		}
	}
	one := exchange.Exchange{Phase: exchange.Measured, AskedInput: 20, AskedOutput: 5, Session: 3}
	counted := exchange.Exchange{Phase: exchange.Measured, AskedInput: 20, AskedOutput: 5, InputTokens: new(22), OutputTokens: new(4)}
	failed := exchange.Exchange{Phase: exchange.Measured, AskedInput: 20, AskedOutput: 5, Class: exchange.Reset}
	warm := exchange.Exchange{Phase: exchange.Warmup, AskedInput: 9, AskedOutput: 9}
	cell("a/candidate", "candidate", one, one, one) // is measured again below
	cell("a/candidate", "candidate", warm, one, counted, failed)
	cell("a/baseline", "baseline", one, counted)
	cell("b/candidate", "candidate", one)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := ReadTrace(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []seen{{In: 20, Out: 5, Session: 1}, {At: ms, In: 22, Out: 4}, {At: 5 * ms, In: 20, Out: 5, Session: 2}}
	if d := cmp.Diff(want, rowsOf(got)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(Counts{Read: 4, Failed: 1, Others: 2}, got.Counts); d != "" || got.Format != "inferometer" {
		t.Error(d)
	}
	if got, err = ReadTrace(path, Options{Target: "baseline"}); err != nil || got.Len() != 2 || got.Counts.Others != 4 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err = ReadTrace(path, Options{Target: "base"}); err == nil || !strings.Contains(err.Error(), `no target "base" (--trace-target); it has candidate, baseline`) {
		t.Error(err)
	}
}

const (
	azureHead = "TIMESTAMP,ContextTokens,GeneratedTokens\r\n"
	azureRow  = "2023-11-16 18:15:46.6805900,374,44\r\n"
)

func TestErrors(t *testing.T) {
	for in, want := range map[string]string{
		"":                        "the file is empty",
		"\xef\xbb\xbf":            "the file is empty",
		azureHead:                 "a header but no rows",
		"a,b\n1,2\n":              `unknown trace format: the file begins with "a,b"`,
		`{"timestamp":27482}`:     "unknown trace format",
		"\xff\xfeT\x00I\x00M\x00": "iconv -f UTF-16",
		"T\x00I\x00M\x00E\x00":    "iconv -f UTF-16",
		"\x1f\x8b\x08":            "gunzip",
		"version https://git-lfs.github.com/spec/v1\noid sha256:1\n":                                             "Git LFS pointer",
		"0,0.5,1.2,Gamma,0.6,3\n600,0,0,,0,0\n":                                                                  "ServeGen",
		azureHead + azureRow + "2023-11-16T18:15:46,1,1\r\n":                                                     `line 3, column 1 (row 2, TIMESTAMP): "2023-11-16T18:15:46" is not a time`,
		azureHead + "2023-11-16 18:15:46.6805900,374.5,44\r\n":                                                   `line 2, column 29 (row 1, ContextTokens): "374.5" is not a whole number`,
		azureHead + "2023-11-16 18:15:46.6805900,1,-44\r\n":                                                      `(row 1, GeneratedTokens): "-44" is negative`,
		azureHead + "2023-11-16 18:15:46.6805900,1,99999999\r\n":                                                 "is more than 10000000 tokens",
		azureHead + "2023-11-16 18:15:46.6805900,1\r\n":                                                          "line 2, column 1 (row 1): it has 2 fields, but the header has 3",
		azureHead + "2023-11-16 18:15:46.6805900,\"1\r\n":                                                        "line 2",
		azureHead + "2023-11-16 18:15:46,0,3\r\n2023-11-16 18:15:46,3,0":                                         "none of its 2 rows can be replayed",
		azureHead + "1700-01-01 00:00:00,1,3\r\n":                                                                "not between the years 1970 and 2200",
		azureHead + "1990-01-01 00:00:00,1,3\r\n2023-11-16 18:15:46,3,1":                                         "more than five years",
		azureHead + azureRow + "2023-11-16 18:15:45.6805900,1,1\r\n":                                             "line 3, column 1 (row 2): its time is 1s before that of the previous row; use --trace-sort",
		"Timestamp,Request tokens,Response tokens\n-5,1,1\n":                                                     `(row 1, Timestamp): "-5" is a negative time`,
		`{"timestamp": 1, "input_length": 5, "output_length": 3}` + "\n{oops":                                    "line 2, column 2 (row 2): this is not a JSON object",
		`{"timestamp": 1, "input_length": "x", "output_length": 3}`:                                              "input_length",
		`{"timestamp": 1, "input_length": 5, "output_length": 3}` + "\n" + `{"timestamp": 2, "input_length": 5}`: "line 2, column 1 (row 2, output_length): it is missing",
		`{"timestamp": 1, "input_length": 5, "output_length": 3, "hash_ids": [-1]}`:                              "hash_ids",
		`{"block_size": 0, "hash_id_scope": "local", "requests": []}`:                                            "its block_size is 0",
		`{"total_input_tokens": 3, "request_throughput": 1}`:                                                     "--save-detailed",
		`{"input_lens": [1], "output_lens": [1, 2], "start_times": [1]}`:                                         "differ in length",
		`{"input_lens": [1], "output_lens": [1], "start_times": [1]}` + "\n" + `{"input_lens": [1]}`:             "more than one result",
		`{"benchmarks": [{"requests": {"successful": [{"prompt_tokens": 5`:                                       "at byte",
		"{\n  \"0\": {\n    \"output_tokens\": \"{294: 0.5, 300: 0.5}\"\n  }\n}":                                 "length file of ServeGen",
	} {
		got, err := readTrace(strings.NewReader(in), "", Options{})
		if err == nil || !strings.Contains(err.Error(), want) || got != nil {
			t.Errorf("%q: %+v, %v, want %q", in, got, err, want)
		}
	}
	if _, err := ReadTrace("testdata/none.csv", Options{}); err == nil {
		t.Error("no file is no trace")
	}
	if _, err := ReadTrace("testdata", Options{}); err == nil {
		t.Error("a folder is no trace")
	}
}

// Malformed rows that the user lets go are counted and told; line ends may be
// mixed, and a byte order mark, quotes and moved columns do no harm.
func TestSkipBad(t *testing.T) {
	const in = "\xef\xbb\xbfGeneratedTokens,Extra,\"TIMESTAMP\",ContextTokens\r\n7,x,2024-01-01 00:00:00,9\n\n" +
		"7,x,yesterday,9\r\n1,2\n7,\"x\",2024-01-01 00:00:01+00:00,10\r\n"
	got, err := readTrace(strings.NewReader(in), "", Options{SkipBad: true})
	if err != nil {
		t.Fatal(err)
	}
	want := Counts{Read: 4, Bad: 2, Problems: []string{
		`line 4, column 5 (row 2, TIMESTAMP): "yesterday" is not a time of the form 2023-11-16 18:15:46.6805900`,
		"line 5, column 1 (row 3): it has 2 fields, but the header has 4",
	}}
	if d := cmp.Diff(want, got.Counts); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]seen{{In: 9, Out: 7}, {At: time.Second, In: 10, Out: 7}}, rowsOf(got)); d != "" {
		t.Error(d)
	}
}

func TestWindowCutAndSpread(t *testing.T) {
	const file = "testdata/mooncake.jsonl"
	for _, sort := range []bool{false, true} { // streamed, and sorted first
		got, err := ReadTrace(file, Options{From: 3 * time.Second, To: 5 * time.Second, Context: 620, Sort: sort})
		if err != nil {
			t.Fatal(err)
		}
		want := []seen{{In: 590, Out: 30, Blocks: []uint64{0, 1}}, {In: 600, Out: 20, Blocks: []uint64{4, 5}}}
		if d := cmp.Diff(want, rowsOf(got)); d != "" || got.Counts.Cut != 1 || got.Counts.Outside < 2 {
			t.Error(d, got.Counts)
		}
	}
	if _, err := ReadTrace(file, Options{From: time.Hour}); err == nil || !strings.Contains(err.Error(), "--trace-from") {
		t.Errorf("%v", err)
	}
	plain, _ := ReadTrace(file, Options{})
	a, _ := ReadTrace(file, Options{Spread: true, Seed: 1})
	b, _ := ReadTrace(file, Options{Spread: true, Seed: 1})
	c, _ := ReadTrace(file, Options{Spread: true, Seed: 2})
	if d := cmp.Diff(rowsOf(a), rowsOf(b)); d != "" {
		t.Errorf("the same seed gave other times: %s", d)
	}
	if cmp.Equal(rowsOf(a), rowsOf(c)) {
		t.Error("another seed gave the same times")
	}
	distinct := map[time.Duration]bool{}
	for i := range a.Len() {
		distinct[a.At(i)] = true
		in, _ := a.Lengths(i)
		if want, _ := plain.Lengths(i); in != want {
			t.Errorf("row %d changed its place", i)
		}
		if d := a.At(i) - plain.At(i); d < -2999*ms || d >= 2999*ms {
			t.Errorf("row %d moved by %v", i, d)
		}
	}
	if len(distinct) != a.Len() {
		t.Errorf("%d different times of %d rows", len(distinct), a.Len())
	}
}

func TestIdealHits(t *testing.T) {
	got, err := ReadTrace("testdata/mooncake.jsonl", Options{})
	if err != nil {
		t.Fatal(err)
	}
	h, ok := got.IdealHits()
	// Rows 2, 3 and 6 find the blocks 0 and 1.
	want := Hits{Blocks: 14, HitBlocks: 6, Tokens: 5525, HitTokens: 6 * 512, UniqueBlocks: 8}
	if d := cmp.Diff(want, h); d != "" || !ok {
		t.Error(d)
	}
}

// The heads of real traces, where they lie beside the checkout.
func TestRecordedTraces(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "traces")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no recorded traces beside the checkout: %v", err)
	}
	for file, want := range map[string]struct {
		format string
		rows   int
	}{
		"azure-llm-2023-code.csv": {"azure-llm", 2000}, "azure-llm-2023-conv.csv": {"azure-llm", 2000},
		"burstgpt-v1-3rows.csv": {"burstgpt", 3}, "burstgpt-v3-4rows.csv": {"burstgpt", 4},
		"mooncake-conversation.jsonl": {"mooncake", 2000}, "bailian-format-example.jsonl": {"bailian", 3},
		"weka-agentic-0022.json": {"weka-agentic", 7}, "weka-agentic-0026.json": {"weka-agentic", 3},
		"weka-agentic-0057.json": {"weka-agentic", 8}, "weka-agentic-0291-subagents.json": {"weka-agentic", 32},
		"tracelab-example-rounds.jsonl": {"tracelab", 19},
	} {
		t.Run(file, func(t *testing.T) {
			path := filepath.Join(dir, file)
			if _, err := os.Stat(path); err != nil {
				t.Skip(err)
			}
			got, err := ReadTrace(path, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got.Format != want.format || got.Len() != want.rows {
				t.Errorf("%s, %d rows, %+v", got.Format, got.Len(), got.Counts)
			}
			check(t, got)
			switch file {
			case "azure-llm-2023-code.csv", "azure-llm-2023-conv.csv":
				want := map[string]float64{"azure-llm-2023-code.csv": 13.3, "azure-llm-2023-conv.csv": 1.14}[file]
				if s := Summarize(got); s.CV == nil || math.Abs(*s.CV/want-1) > 0.01 {
					t.Errorf("CV %v, want %v", *s.CV, want)
				}
			case "mooncake-conversation.jsonl":
				if h, _ := got.IdealHits(); h.HitBlocks != 15771 || h.Blocks != 54559 { // 0.289
					t.Errorf("%+v: %v", h, h.BlockRatio())
				}
				if s := Summarize(got); !s.Ticks() || s.Times.Distinct != 224 {
					t.Errorf("%+v", s.Times)
				}
			case "weka-agentic-0291-subagents.json":
				if s := Summarize(got); s.Sessions.Sessions != 3 || s.Input.Sum != 2254119 || s.Output.Sum != 19504 {
					t.Errorf("%+v %+v", s.Sessions, s.Input)
				}
			}
		})
	}
}

func check(t *testing.T, tr *Table) {
	t.Helper()
	if tr.Len() == 0 || tr.At(0) != 0 {
		t.Fatalf("a trace begins at 0: %+v", tr)
	}
	for i := range tr.Len() {
		in, out := tr.Lengths(i)
		if in < 1 || out < 1 || in > maxTokens || out > maxTokens || i > 0 && tr.At(i) < tr.At(i-1) {
			t.Fatalf("row %d of %d: %d in, %d out at %v", i, tr.Len(), in, out, tr.At(i))
		}
		if n := len(tr.AppendBlocks(nil, i)); n > 0 && n > (in+tr.Block-1)/tr.Block {
			t.Fatalf("row %d has %d blocks of %d tokens", i, n, in)
		}
	}
	if h, ok := tr.IdealHits(); ok && (h.HitBlocks > h.Blocks || h.HitTokens > h.Tokens) {
		t.Fatalf("%+v", h)
	}
	if _, err := json.Marshal(Summarize(tr)); err != nil {
		t.Fatal(err)
	}
}

// One fuzz test finds every parser, by its content; the options take the ways
// through sorting, skipping, cutting and spreading.
func FuzzReadTrace(f *testing.F) {
	files, err := filepath.Glob("testdata/*.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, false)
		f.Add(b, true)
	}
	f.Add([]byte("TIMESTAMP,ContextTokens,GeneratedTokens,TIMESTAMP\n\n,,,\n"), true)
	f.Add([]byte("\xef\xbb\xbf\""), true)
	f.Fuzz(func(t *testing.T, in []byte, lenient bool) {
		o := Options{}
		if lenient {
			o = Options{SkipBad: true, Sort: true, Context: 700, Spread: true, Seed: 1}
		}
		tr, err := readTrace(strings.NewReader(string(in)), "", o)
		if err == nil {
			check(t, tr)
		} else if tr != nil {
			t.Error("a trace and an error")
		}
	})
}

func FuzzRuns(f *testing.F) {
	f.Add(uint64(0), uint64(1), uint64(1<<63))
	f.Add(uint64(5), uint64(6), uint64(1<<64-1))
	f.Fuzz(func(t *testing.T, a, b, c uint64) {
		ids := []uint64{a, a + 1, b, c, c + 1, a}
		tr := &Table{Block: 1, blocks: []byte{0}}
		tr.add(&Row{In: len(ids), Out: 1, Blocks: ids}, 0)
		if d := cmp.Diff(ids, tr.AppendBlocks(nil, 0)); d != "" {
			t.Error(d)
		}
	})
}
