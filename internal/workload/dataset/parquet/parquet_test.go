package parquet

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	pq "github.com/parquet-go/parquet-go"
)

type inner struct {
	A *string `parquet:"a,optional"`
	B []int32 `parquet:"b,list"`
}

type outer struct {
	Text  string    `parquet:"text"`
	Deep  []inner   `parquet:"deep,list"`
	Plain []inner   `parquet:"plain"`
	One   *inner    `parquet:"one,optional"`
	Real  []float64 `parquet:"real"`
	Yes   bool      `parquet:"yes"`
}

func file(t testing.TB, rows ...outer) []byte {
	t.Helper()
	var b bytes.Buffer
	w := pq.NewGenericWriter[outer](&b, pq.MaxRowsPerRowGroup(2), pq.Compression(&pq.Snappy))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(b []byte, columns ...string) (rows []string, bad int, err error) {
	f, err := Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, 0, err
	}
	var parts []Part
	for _, c := range columns {
		parts = append(parts, Part{Key: c, Column: c})
	}
	err = f.Read(parts, func(n int64, object []byte, wrong error) error {
		if n != int64(len(rows)+1) {
			return errors.New("rows are not in order")
		}
		if wrong != nil {
			bad++
		}
		rows = append(rows, string(object))
		return nil
	})
	return rows, bad, err
}

// Lists of groups with lists, absent and empty ones, in more than one row group.
func TestNested(t *testing.T) {
	a := new("x")
	rows := []outer{
		{Text: "é\"\n", Deep: []inner{{a, []int32{1, 2}}, {nil, nil}}, Plain: []inner{{a, nil}, {nil, []int32{3}}}, One: &inner{B: []int32{4}}, Real: []float64{1, 2.5}, Yes: true},
		{},
		{Deep: []inner{{}}, Real: []float64{-3}},
	}
	got, bad, err := read(file(t, rows...), "text", "deep", "plain", "one", "real", "yes")
	if err != nil || bad > 0 {
		t.Fatal(err, bad)
	}
	want := []string{
		`{"text":"é\"\n","deep":[{"a":"x","b":[1,2]},{"a":null,"b":[]}],"plain":[{"a":"x","b":[]},{"a":null,"b":[3]}],"one":{"a":null,"b":[4]},"real":[1,2.5],"yes":true}`,
		`{"text":"","deep":[],"plain":[],"one":null,"real":[],"yes":false}`,
		`{"text":"","deep":[{"a":null,"b":[]}],"plain":[],"one":null,"real":[-3],"yes":false}`,
	}
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			t.Errorf("row %d is\n%q\nwant\n%q", i+1, got[min(i, len(got)-1)], want[i])
		}
	}
	f, err := Open(bytes.NewReader(file(t, rows...)), int64(len(file(t, rows...))))
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	for _, c := range f.Columns() {
		types = append(types, c.Name+": "+c.Type)
	}
	if got := strings.Join(types, "; "); got != "text: text; deep: list of group of a and b; plain: list of group of a and b; one: group of a and b; real: list of number; yes: boolean" {
		t.Error(got)
	}
	if f.Rows() != 3 {
		t.Errorf("%d rows", f.Rows())
	}
}

// A file can be anything. What comes out of it is valid JSON, and no more rows
// than it claims.
func FuzzFile(f *testing.F) {
	f.Add(file(f, outer{Text: "a", Deep: []inner{{nil, []int32{1}}}}, outer{Real: []float64{1}}, outer{}))
	f.Add([]byte("PAR1\x00\x00\x00\x00PAR1"))
	paths, err := filepath.Glob("../testdata/*.parquet")
	if err != nil || len(paths) == 0 {
		f.Fatal(err, paths)
	}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := Open(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		var parts []Part
		for _, c := range file.Columns() {
			parts = append(parts, Part{c.Name, c.Name})
		}
		enough := errors.New("enough")
		n := int64(0)
		err = file.Read(parts, func(row int64, object []byte, _ error) error {
			n++
			if row != n || !json.Valid(object) {
				t.Fatalf("row %d: %q", row, object)
			}
			if n == 1000 {
				return enough
			}
			return nil
		})
		if err == nil && n != file.Rows() && len(parts) > 0 {
			t.Fatalf("%d rows of %d", n, file.Rows())
		}
	})
}
