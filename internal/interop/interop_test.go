package interop

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAzureSample(t *testing.T) {
	got, err := ReadTrace("testdata/azure.csv", 0)
	if err != nil {
		t.Fatal(err)
	}
	want := &Trace{Format: "azure-llm-2023", Skipped: 1, Unsorted: 1, Rows: []Row{
		{0, 374, 44},
		{123456700, 396, 109},
		{1000000100, 879, 55}, // rows of the same time in the order of the file
		{1000000100, 12, 3},
		{2500 * time.Millisecond, 91, 16},
		{4 * time.Second, 381, 84},
	}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	got, err = ReadTrace("testdata/azure.csv", 3)
	if err != nil || len(got.Rows) != 3 || got.Rows[2].In != 879 {
		t.Errorf("the first three arrivals: %+v, %v", got, err)
	}
}

// The head of the real trace: 2,000 rows with CRLF line ends.
func TestAzureConversationHead(t *testing.T) {
	path := filepath.Join("..", "..", "..", "shared", "traces", "azure-llm-2023-conv.csv")
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the recorded trace is not beside the checkout: %v", err)
	}
	for _, limit := range []int{0, 200} {
		got, err := ReadTrace(path, limit)
		if err != nil {
			t.Fatal(err)
		}
		want := limit
		if limit == 0 {
			want = 2000
		}
		if len(got.Rows)+got.Skipped != want || got.Skipped != 0 {
			t.Errorf("%d rows, %d skipped, want %d", len(got.Rows), got.Skipped, want)
		}
		// 18:15:50.9951690 − 18:15:46.6805900
		if d := cmp.Diff([]Row{{0, 374, 44}, {4314579 * time.Microsecond, 396, 109}}, got.Rows[:2]); d != "" {
			t.Error(d)
		}
		checkRows(t, got)
	}
}

func TestAzureReadsByHeader(t *testing.T) {
	const in = "\xef\xbb\xbfGeneratedTokens,Extra,\"TIMESTAMP\",ContextTokens\n7,x,2024-01-01 00:00:00,9\n"
	got, err := readTrace(strings.NewReader(in))
	if err != nil || len(got.Rows) != 1 || got.Rows[0] != (Row{0, 9, 7}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestErrors(t *testing.T) {
	const head = "TIMESTAMP,ContextTokens,GeneratedTokens\r\n"
	const row = "2023-11-16 18:15:46.6805900,374,44\r\n"
	for in, want := range map[string]string{
		"":                    "the file is empty",
		"\xef\xbb\xbf":        "the file is empty",
		head:                  "a header and no rows",
		"a,b\n1,2\n":          `no known trace begins with "a,b"`,
		`{"timestamp":27482}`: "no known trace",
		"version https://git-lfs.github.com/spec/v1\noid sha256:1\n": "Git LFS pointer",
		head + row + "2023-11-16T18:15:46,1,1\r\n":                   `line 3, column 1 (row 2, TIMESTAMP): "2023-11-16T18:15:46" is no time`,
		head + "2023-11-16 18:15:46.6805900,374.5,44\r\n":            `line 2, column 29 (row 1, ContextTokens): "374.5" is no number`,
		head + "2023-11-16 18:15:46.6805900,1,-44\r\n":               `(row 1, GeneratedTokens): "-44" is negative`,
		head + "2023-11-16 18:15:46.6805900,1,99999999\r\n":          "is more than 10000000 tokens",
		head + "2023-11-16 18:15:46.6805900,1\r\n":                   "line 2, column 1: wrong number of fields",
		head + "2023-11-16 18:15:46.6805900,\"1\r\n":                 "line",
		head + "2023-11-16 18:15:46,0,3\r\n2023-11-16 18:15:46,3,0":  "none of its 2 rows can be replayed",
		head + "1700-01-01 00:00:00,1,3\r\n2023-11-16 18:15:46,3,1":  "more than a year",
	} {
		got, err := readTrace(strings.NewReader(in))
		if err == nil || !strings.Contains(err.Error(), want) || got != nil {
			t.Errorf("%q: %+v, %v, want %q", in, got, err, want)
		}
	}
	_, err := ReadTrace("testdata/none.csv", 1)
	if err == nil || !strings.Contains(err.Error(), "--trace") {
		t.Errorf("%v", err)
	}
	if _, err := ReadTrace("testdata", 1); err == nil {
		t.Error("a folder is no trace")
	}
}

func checkRows(t *testing.T, tr *Trace) {
	t.Helper()
	if len(tr.Rows) == 0 || tr.Rows[0].At != 0 {
		t.Fatalf("a trace begins at 0: %+v", tr.Rows)
	}
	if !slices.IsSortedFunc(tr.Rows, func(a, b Row) int { return int(max(-1, min(1, a.At-b.At))) }) {
		t.Error("the rows are not in order")
	}
	for _, r := range tr.Rows {
		if r.In < 1 || r.Out < 1 || r.In > maxTokens || r.Out > maxTokens {
			t.Fatalf("%+v", r)
		}
	}
}

func FuzzReadTrace(f *testing.F) {
	sample, err := os.ReadFile("testdata/azure.csv")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(sample))
	f.Add("TIMESTAMP,ContextTokens,GeneratedTokens\n\"2023-11-16 18:15:46\",1,1")
	f.Add("TIMESTAMP,ContextTokens,GeneratedTokens,TIMESTAMP\n\n,,,\n")
	f.Add("\xef\xbb\xbf\"")
	f.Fuzz(func(t *testing.T, in string) {
		tr, err := readTrace(strings.NewReader(in))
		if err == nil {
			checkRows(t, tr)
		} else if tr != nil {
			t.Error("a trace and an error")
		}
	})
}
