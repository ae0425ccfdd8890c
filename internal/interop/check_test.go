package interop

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inferometer/inferometer/internal/workload"
)

// hashed writes a row of Mooncake's keys.
func hashed(at any, in int, ids ...uint64) string {
	return fmt.Sprintf(`{"timestamp": %v, "input_length": %d, "output_length": 8, "hash_ids": %s}`+"\n", at, in, strings.ReplaceAll(fmt.Sprint(ids), " ", ","))
}

func numbers(from, n uint64) (ids []uint64) {
	for i := range n {
		ids = append(ids, from+i)
	}
	return ids
}

// What prompts share hangs on how long a block is: files with Mooncake's keys have
// blocks of other sizes. The number of ids says the size, row by row; where it
// cannot, the trace is refused and the row named.
func TestBlockSizeIsCheckedRowByRow(t *testing.T) {
	sixteen := hashed(0, 1024, numbers(0, 16)...) + hashed(100, 1024, slices.Concat(numbers(0, 8), numbers(900, 8))...)
	for _, tt := range []struct {
		name, in string
		opt      Options
		block    int
		inferred bool
		err      string
	}{
		{"as the format has it", hashed(0, 1300, 0, 1, 2) + hashed(1, 100, 7), Options{}, 512, false, ""},
		{"blocks of 64", sixteen, Options{}, 64, true, ""},
		{"asked for", sixteen, Options{Block: 66}, 66, false, ""},
		{"only full blocks have ids", hashed(0, 200, 1, 2, 3) + hashed(1, 130, 1, 2) + hashed(2, 193, 1, 2, 3), Options{}, 64, true, ""},
		{"with and without the last block", hashed(0, 1300, 0, 1) + hashed(1, 1300, 0, 1, 2) + hashed(2, 1025, 0, 1) + hashed(3, 1025, 0, 1, 2), Options{}, 512, false, ""},
		{"with and without the last block, and one that does not fit", hashed(0, 1300, 0, 1) + hashed(1, 1025, 0, 1, 2) + hashed(2, 1024, 0, 1, 2, 3), Options{}, 0, false,
			"(row 3, hash_ids): 4 ids for 1024 tokens, but in blocks of 512 tokens (as the rows above have it) they have 2"},
		{"asked for and wrong", hashed(0, 20, 1, 2), Options{Block: 512}, 0, false,
			"line 1, column 1 (row 1, hash_ids): 2 ids for 20 tokens, but in blocks of 512 tokens (--block-size) they have 1"},
		{"one row that does not fit", hashed(0, 1300, 0, 1, 2) + hashed(1, 20, 1, 2), Options{}, 0, false,
			"line 2, column 1 (row 2, hash_ids): 2 ids for 20 tokens make blocks of 10 to 19 tokens, but those of the rows above have 434 to 649 tokens; give the size with --block-size"},
		{"any of several sizes", hashed(0, 100, 1, 2) + hashed(1, 99, 1, 2), Options{}, 64, true, ""},
		{"no size that servers have", hashed(0, 1000, numbers(0, 10)...), Options{}, 0, false,
			"fit blocks of 100 to 111 tokens, and not of 512 as this format has them; give the size with --block-size"},
		{"a size for rows without blocks", `{"timestamp": 1, "input_length": 5, "output_length": 3}`, Options{Block: 16}, 0, false, "no row has ids of prompt blocks"},
		{"most rows do not fit", hashed(0, 1300, 0, 1, 2) + strings.Repeat(hashed(1, 20, 1, 2), 2), Options{SkipBad: true}, 0, false, "2 of its 3 rows are malformed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := readTrace(strings.NewReader(tt.in), "", tt.opt)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("%v, want %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.Block != tt.block || got.Inferred != tt.inferred {
				t.Errorf("blocks of %d tokens, inferred: %v", got.Block, got.Inferred)
			}
		})
	}
	got, err := readTrace(strings.NewReader(sixteen), "", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if h, _ := got.IdealHits(); h.TokenRatio() != 0.25 { // half of the second prompt
		t.Errorf("%+v", h)
	}
}

// Ids are hashes of 64 bits in some traces: those that differ only above bit 31
// are different blocks, in what is counted and in what is sent.
func TestHashIDsKeepAllBits(t *testing.T) {
	high := []uint64{1, 1 + 1<<32, 1 + 1<<63, 1<<64 - 1, 0xffffffff}
	var in strings.Builder
	for i, id := range high {
		in.WriteString(hashed(100*i, 512, id))
	}
	got, err := readTrace(strings.NewReader(in.String()), "", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if h, _ := got.IdealHits(); h.UniqueBlocks != len(high) || h.HitBlocks != 0 {
		t.Errorf("%+v", h)
	}
	src := workload.NewTrace(got, workload.SyntheticConfig{Seed: 1, Stream: "s", TokensPerWord: 1.3})
	texts := map[string]bool{}
	for i := range high {
		if ids := got.AppendBlocks(nil, i); !slices.Equal(ids, high[i:i+1]) {
			t.Errorf("row %d: %x", i, ids)
		}
		it, err := src.Item(i)
		if err != nil {
			t.Fatal(err)
		}
		texts[it.User] = true
	}
	if len(texts) != len(high) {
		t.Errorf("%d texts of %d blocks", len(texts), len(high))
	}
	if _, err := readTrace(strings.NewReader(`{"timestamp": 1, "input_length": 5, "output_length": 3, "hash_ids": [1.8446744073709552e19]}`), "", Options{}); err == nil || !strings.Contains(err.Error(), "hash_ids") {
		t.Errorf("an id that has lost bits: %v", err)
	}
}

// The same id may be a partial block in one row and a full one in another. The
// longest wins: the partial one is its beginning, and the reader is told.
func TestPartialBlockIsTheBeginningOfTheFullOne(t *testing.T) {
	in := hashed(0, 700, 1, 2) + hashed(10, 1024, 1, 2) + hashed(20, 1300, 1, 2, 3) + hashed(30, 1300, 1, 2, 3)
	got, err := readTrace(strings.NewReader(in), "", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got.Counts.Longer != 1 || len(got.Notes()) != 1 || !strings.Contains(got.Notes()[0], "1 rows end in a partial block") {
		t.Errorf("%+v %q", got.Counts, got.Notes())
	}
	src := workload.NewTrace(got, workload.SyntheticConfig{Seed: 1, Stream: "s", TokensPerWord: 1.3})
	short, err := src.Item(0)
	if err != nil {
		t.Fatal(err)
	}
	long, err := src.Item(1)
	if err != nil {
		t.Fatal(err)
	}
	a, b := strings.Fields(short.User), strings.Fields(long.User)
	same := 0
	for same < len(a) && a[same] == b[same] {
		same++
	}
	if same < len(a)-2 { // the last word has a full stop
		t.Errorf("the first %d of %d words are those of the full block", same, len(a))
	}
	if got, err = readTrace(strings.NewReader(in), "", Options{Context: 1200}); err != nil || got.Counts.Longer != 1 {
		t.Errorf("what the reader cuts itself is no surprise to it: %+v, %v", got, err)
	}
}

// Times are seconds in one file and milliseconds in the next, from a start or from
// 1970. The unit is found and said; a wrong one would replay at a thousand
// times the rate, and is refused.
func TestUnitOfTimeIsFoundOrRefused(t *testing.T) {
	series := func(first, step float64, n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(hashed(fmt.Sprintf("%.0f", first+step*float64(i)), 100, uint64(i)))
		}
		return b.String()
	}
	csv := func(head string, first, step float64, n int) string {
		b := strings.Builder{}
		b.WriteString(head + "\n")
		for i := range n {
			_, _ = fmt.Fprintf(&b, "%.3f,10,5\n", first+step*float64(i))
		}
		return b.String()
	}
	for _, tt := range []struct {
		name, in string
		opt      Options
		step     time.Duration
		clock    Clock
		err      string
	}{
		{"ms as the format has it", series(0, 100, 30), Options{}, 100 * ms, Clock{"ms", false, "format"}, ""},
		{"s since 1970", series(1.7e9, 2, 30), Options{}, 2 * time.Second, Clock{"s", true, "detected"}, ""},
		{"ms since 1970", series(1.7e12, 100, 30), Options{}, 100 * ms, Clock{"ms", true, "detected"}, ""},
		{"us since 1970", series(1.7e15, 1e5, 30), Options{}, 100 * ms, Clock{"us", true, "detected"}, ""},
		{"ns since 1970", series(1.7e18, 1e8, 30), Options{}, 100 * ms, Clock{"ns", true, "detected"}, ""},
		{"asked for", series(0, 2, 30), Options{Unit: time.Second}, 2 * time.Second, Clock{"s", false, "given"}, ""},
		{"s where ms are usual", series(0, 0.5, 30), Options{}, 0, Clock{}, "if their times are in ms as this format has them; in s it would be 2.07 requests/s. Give the unit with --trace-unit"},
		{"ns where ms are usual", series(0, 1e8, 30), Options{}, 0, Clock{}, "one request in 27h46m40s"},
		{"from 0, then since 1970", hashed(0, 100, 1) + hashed(5, 100, 2) + hashed(1700000000, 100, 3), Options{}, 0, Clock{}, "line 3, column 2 (row 3, timestamp): is a time since 1970"},
		{"since 1970, then from 0", hashed(1700000000, 100, 1) + hashed(5, 100, 2), Options{Sort: true}, 0, Clock{}, "line 2, column 2 (row 2, timestamp): is not a time in s since 1970"},
		{"CSV in s", csv("time,in,out", 0, 0.5, 30), Options{}, 500 * ms, Clock{"s", false, "format"}, ""},
		{"CSV in ms since 1970", csv("ts,in,out", 1.7e12, 250, 30), Options{}, 250 * ms, Clock{"ms", true, "detected"}, ""},
		{"CSV by its column", csv("Time (ms),in,out", 0, 250, 30), Options{}, 250 * ms, Clock{"ms", false, "column"}, ""},
		{"CSV in ns where s are usual", csv("time,in,out", 0, 1e8, 3), Options{}, 0, Clock{}, "more than five years"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := readTrace(strings.NewReader(tt.in), "", tt.opt)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("%v, want %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(&tt.clock, got.Clock); d != "" {
				t.Error(d)
			}
			if at := got.At(1); at < tt.step-time.Microsecond || at > tt.step+time.Microsecond || got.At(0) != 0 {
				t.Errorf("the second row is at %v, want %v", at, tt.step)
			}
		})
	}
}

// A CSV of one's own needs no format: usual names of columns are found, others are
// named.
func TestPlainCSVColumns(t *testing.T) {
	for in, columns := range map[string]string{
		"time,in,out\n0,10,5\n1,20,6\n":                                                                       "",
		"out,x,time,in\n5,a,0,10\n6,b,1,20\n":                                                                 "",
		"Timestamp,Input Tokens,Output-Tokens\n0,10,5\n1,20,6\n":                                              "",
		"arrived_at,num_prefill_tokens,num_decode_tokens\n0,10,5\n1,20,6\n":                                   "",
		"time,input,output,note\n2024-01-01 00:00:00,10,5,\"a,b\"\n2024-01-01 00:00:01,20,6,\n":               "",
		"t0;x,p,g\n0,10,5\n1,20,6\n":                                                                          "time=t0;x, input=p, output=g",
		"when,p,g\n0,10,5\n1,20,6\n":                                                                          "time=when,input=p,output=g",
		"time,in,out,p\n0,1,5,10\n1,1,6,20\n":                                                                 "input=p",
		"TIMESTAMP,ContextTokens,GeneratedTokens,g\n2024-01-01 00:00:00,10,1,5\n2024-01-01 00:00:01,20,1,6\n": "input=ContextTokens,output=g",
	} {
		c, err := ParseColumns(columns)
		if err != nil {
			t.Fatal(err)
		}
		got, err := readTrace(strings.NewReader(in), "", Options{Columns: c})
		if err != nil {
			t.Errorf("%q: %v", in, err)
			continue
		}
		if d := cmp.Diff([]seen{{In: 10, Out: 5}, {At: time.Second, In: 20, Out: 6}}, rowsOf(got)); d != "" || got.Format != "csv" {
			t.Errorf("%q: %s", in, d)
		}
	}
	for _, tt := range []struct{ in, columns, err string }{
		{"a,b,c\n0,1,2\n", "", `unknown trace format: the file begins with "a,b,c"; name the columns of a CSV with --trace-columns`},
		{"a,b,c\n0,1,2\n", "time=a,input=b", "the header has no column for output; name it with --trace-columns output=COLUMN; its columns are a, b, c"},
		{"a,b,c\n0,1,2\n", "time=x,input=b,output=c", `the header has no column "x", which --trace-columns names for time`},
		{`{"a": 1}`, "time=x", "--trace-columns names columns of a CSV file"},
		{"time,in,out\nsoon,1,2\n", "", `line 2, column 1 (row 1, time): "soon" is neither a number nor a date`},
		{"time,in,out\n1,1,2\n2024-01-01 00:00:00,1,2\n", "", "is a date, and the times of the rows above are numbers"},
	} {
		c, _ := ParseColumns(tt.columns)
		if _, err := readTrace(strings.NewReader(tt.in), "", Options{Columns: c}); err == nil || !strings.Contains(err.Error(), tt.err) || len(err.Error()) > 300 {
			t.Errorf("%q: %v, want %q", tt.in, err, tt.err)
		}
	}
	for _, text := range []string{"time", "when=x", "time="} {
		if _, err := ParseColumns(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

// Rows without tokens are requests that failed: they are counted, and their share is
// said with the load.
func TestRowsThatAreLeftOutAreSaid(t *testing.T) {
	got, err := readTrace(strings.NewReader("time,in,out\n0,10,5\n1,10,0\n2,0,5\n3,10,5\n"), "", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(Counts{Read: 4, Failed: 1, Empty: 1}, got.Counts); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"50 % of the rows left out: malformed, failed when recorded, or without tokens"}, got.Notes()); d != "" {
		t.Error(d)
	}
}

// A context below most requests makes another load of a trace. It may be the only one
// that a server takes, so it is not refused, but said with the load.
func TestShareCutToTheContextIsSaid(t *testing.T) {
	const in = "time,in,out\n0,100,5\n1,200,5\n2,300,5\n3,20,5\n"
	for context, want := range map[int]string{
		150: "50 % of the requests cut to the maximum context",
		100: "75 % of the requests cut to the maximum context, so that this is another load than the recorded one",
	} {
		got, err := readTrace(strings.NewReader(in), "", Options{Context: context})
		if err != nil || !slices.Contains(got.Notes(), want) {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

// BurstGPT begins 92 times quieter than it continues: who replays its head measures
// an idle server.
func TestQuietHeadIsSeen(t *testing.T) {
	var b strings.Builder
	b.WriteString("time,in,out\n")
	for i := range 10 { // 500 s at 0.02/s, then 700 s at 1/s
		_, _ = fmt.Fprintf(&b, "%d,10,5\n", 50*i)
	}
	for i := range 700 {
		_, _ = fmt.Fprintf(&b, "%d,10,5\n", 500+i)
	}
	got, err := readTrace(strings.NewReader(b.String()), "", Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := Summarize(got).Profile
	if p == nil || len(p.Rates) != profileSlices || p.QuietS < 490 || p.QuietS > 510 || p.Rates[0] > 0.05 || p.Rates[9] < 0.9 {
		t.Errorf("%+v", p)
	}
	b.Reset()
	b.WriteString("time,in,out\n")
	for i := range 100 {
		_, _ = fmt.Fprintf(&b, "%d,10,5\n", i)
	}
	if got, err = readTrace(strings.NewReader(b.String()), "", Options{}); err != nil || Summarize(got).Profile.QuietS != 0 {
		t.Errorf("an even trace has no quiet head: %+v, %v", got, err)
	}
}

// A request that was planned and never sent has no time, and does not move the
// beginning of the trace to 1970.
func TestUnsentRequestsOfGuideLLM(t *testing.T) {
	const in = `{"guidellm_version": "0.8", "benchmarks": [{"requests": {
		"successful": [{"info": {"timings": {"request_start": 1790000000.5}}, "input_metrics": {"text_tokens": 30}, "output_metrics": {"text_tokens": 4}}],
		"incomplete": [{"info": {"timings": {"targeted_start": null, "request_start": null, "resolve_start": null}}, "input_metrics": {}, "output_metrics": {}}],
		"errored": []}}]}`
	got, err := readTrace(strings.NewReader(in), "", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(Counts{Read: 2, Empty: 1}, got.Counts); d != "" || got.Len() != 1 {
		t.Error(d)
	}
}
