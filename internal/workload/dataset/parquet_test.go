package dataset

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
)

type exampleTurn struct {
	Role    string `parquet:"role"`
	Content string `parquet:"content"`
}

type exampleRow struct {
	Prompt    *string       `parquet:"prompt,optional"`
	System    string        `parquet:"system,dict"`
	MaxTokens *int64        `parquet:"max_tokens,optional"`
	Messages  []exampleTurn `parquet:"messages,list"`
	Extra     []float64     `parquet:"extra"`
}

// parquetFile writes rows in groups of a size.
func parquetFile(t testing.TB, group int, codec compress.Codec, rows ...exampleRow) []byte {
	t.Helper()
	var b bytes.Buffer
	w := pq.NewGenericWriter[exampleRow](&b, pq.Compression(codec), pq.MaxRowsPerRowGroup(int64(group)), pq.PageBufferSize(256))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func exampleRows(n int) []exampleRow {
	var rows []exampleRow
	for i := range n {
		r := exampleRow{Prompt: new(fmt.Sprintf("Question %d of many, is it?", i)), System: "Be brief.", Extra: make([]float64, i%3)}
		if i%2 == 1 {
			r.MaxTokens = new(int64(i))
		}
		rows = append(rows, r)
	}
	return rows
}

func TestParquet(t *testing.T) {
	for name, codec := range map[string]compress.Codec{"plain": &pq.Uncompressed, "snappy": &pq.Snappy, "zstd": &pq.Zstd, "gzip": &pq.Gzip, "lz4": &pq.Lz4Raw, "brotli": &pq.Brotli} {
		path := write(t, "data.bin", string(parquetFile(t, 37, codec, exampleRows(200)...)))
		src, err := New(Config{Path: path, OutputTokens: 9})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		defer src.Close()
		if src.Len() != 200 {
			t.Fatalf("%s: %d rows", name, src.Len())
		}
		for _, i := range []int{0, 199, 36, 37, 38, 101, 200} { // in any order, and round again
			it, err := src.Item(i)
			want := 9
			if i%2 == 1 {
				want = i % 200
			}
			if err != nil || it.User != fmt.Sprintf("Question %d of many, is it?", i%200) || it.System != "Be brief." || it.MaxTokens != want || it.ID != fmt.Sprintf("row %d", i%200+1) {
				t.Errorf("%s: row %d: %+v (%v)", name, i, it, err)
			}
		}
	}
}

func TestParquetMessages(t *testing.T) {
	rows := []exampleRow{
		{Messages: []exampleTurn{{"system", "s"}, {"user", "a"}, {"assistant", "b"}, {"user", "c"}}},
		{Messages: []exampleTurn{{"user", "only"}}},
	}
	src, err := New(Config{Path: write(t, "x.parquet", string(parquetFile(t, 10, &pq.Zstd, rows...))), OutputTokens: 9})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	a, _ := src.Item(0)
	b, _ := src.Item(1)
	if a.User != "user: a\n\nassistant: b\n\nuser: c" || a.System != "s" || b.User != "only" {
		t.Errorf("%+v\n%+v", a, b)
	}
	// Turns as JSON within a text.
	type text struct {
		Talk string `parquet:"talk"`
	}
	var buf bytes.Buffer
	if err := pq.Write(&buf, []text{{`[{"role":"user","content":"hi"}]`}}); err != nil {
		t.Fatal(err)
	}
	src, err = New(Config{Path: write(t, "y", buf.String()), Columns: Columns{"messages": "talk"}})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if it, err := src.Item(0); err != nil || it.User != "hi" {
		t.Errorf("%+v %v", it, err)
	}
}

// What is drawn, filtered and shuffled is the same as of JSONL with the same rows.
func TestParquetIsAsJSONL(t *testing.T) {
	var lines strings.Builder
	rows := exampleRows(300)
	for i, r := range rows {
		fmt.Fprintf(&lines, `{"id":"row %d","prompt":%q,"system":%q}`+"\n", i+1, *r.Prompt, r.System)
		rows[i].MaxTokens = nil
	}
	jsonl, columns := write(t, "a.jsonl", lines.String()), write(t, "a.parquet", string(parquetFile(t, 64, &pq.Snappy, rows...)))
	for _, c := range []Config{{}, {Sample: 50}, {Shuffle: true}, {Sample: 70, Shuffle: true, Seed: 4}, {MinTokens: 10}} {
		var got [2][]string
		for k, path := range []string{jsonl, columns} {
			c.Path, c.OutputTokens = path, 5
			src, err := New(c)
			if err != nil {
				t.Fatal(err)
			}
			for i := range src.Len() {
				it, err := src.Item(i)
				if err != nil {
					t.Fatal(err)
				}
				got[k] = append(got[k], fmt.Sprintf("%s %s %x %d", it.ID, it.User, it.Hash, it.MaxTokens))
			}
			if err := src.Close(); err != nil {
				t.Error(err)
			}
		}
		if !slices.Equal(got[0], got[1]) || len(got[0]) == 0 {
			t.Errorf("%+v: %d rows of JSONL and %d of Parquet differ", c, len(got[0]), len(got[1]))
		}
	}
}

// Files of another writer; testdata/README.md has how they were made.
func TestParquetOfPyarrow(t *testing.T) {
	open := func(name string, c Config) (*Dataset, error) {
		c.Path, c.OutputTokens = filepath.Join("testdata", "pyarrow-"+name+".parquet"), 9
		return New(c)
	}
	all := func(src *Dataset) string {
		var out []string
		for i := range src.Len() {
			it, err := src.Item(i)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, fmt.Sprintf("%s|%s|%s|%d", it.ID, it.System, it.User, it.MaxTokens))
		}
		return strings.Join(out, "\n")
	}
	columns := Columns{"prompt": "question", "max_tokens": "limit", "id": "key"}
	if _, err := open("prompts", Config{Columns: columns}); err == nil || !strings.Contains(err.Error(), `row 2: column "question" is null`) {
		t.Errorf("%v", err)
	}
	for _, tt := range []struct {
		name, want string
		Config
	}{
		{"prompts", "0||Why is the sea salty?|5\n2||Écris un mot.|7\n3||Name a river.|9\n4||Why is the sea salty?|5\n6||Écris un mot.|7\n7||Name a river.|9\n8||Why is the sea salty?|5\n10||Écris un mot.|7\n11||Name a river.|9", Config{Columns: columns, SkipBad: true}},
		{"messages", "a|Be brief.|Hello|9\nb||user: One\n\nuser: Three|9", Config{SkipBad: true}},
		{"sharegpt", "row 1||Hi|9\nrow 2|Be kind.|Bye|9", Config{}},
	} {
		src, err := open(tt.name, tt.Config)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		defer src.Close()
		if got := all(src); got != tt.want {
			t.Errorf("%s:\n%s", tt.name, got)
		}
	}
}

func TestParquetErrors(t *testing.T) {
	whole := parquetFile(t, 37, &pq.Zstd, exampleRows(100)...)
	damaged := slices.Clone(whole)
	for i := range 200 {
		damaged[20+i] ^= 0x55
	}
	long := slices.Clone(whole)
	copy(long[len(long)-8:], []byte{0xff, 0xff, 0xff, 0x7f})
	pyarrow, err := os.ReadFile("testdata/pyarrow-prompts.parquet")
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		in      []byte
		columns string
		want    string
	}{
		"cut short":             {whole[:len(whole)/2], "", "it is cut short, or its writer"},
		"only its mark":         {[]byte("PAR1"), "", "too short"},
		"pages damaged":         {damaged, "", "the file is damaged"},
		"a contents too long":   {long, "", "its footer claims 2147483647 bytes"},
		"an unknown column":     {whole, "prompt=promt", `no column "promt", which --dataset-columns names for prompt (did you mean "prompt"?)`},
		"no column of a prompt": {pyarrow, "", "there is no column prompt, messages or conversations, only question (text), limit (number), key (number), when ("},
		"a list for a prompt":   {whole, "prompt=extra", `row 1: "prompt" has the wrong type (array)`},
		"a time for a prompt":   {pyarrow, "prompt=when", `row 1: column "when" holds a timestamp`},
		"no bytes of text":      {parquetFile(t, 5, &pq.Zstd, exampleRow{Prompt: new("a")}, exampleRow{Prompt: new("\xff")}), "", `row 2: column "prompt" holds bytes that are not UTF-8 text`},
		"a null":                {parquetFile(t, 5, &pq.Zstd, exampleRow{System: "s"}), "", `row 1: there is neither a "prompt"`},
	} {
		columns, err := ParseColumns(tt.columns)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := New(Config{Path: write(t, "x.parquet", string(tt.in)), OutputTokens: 1, Columns: columns}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}
