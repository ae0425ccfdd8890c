package interop

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxLine is the longest line that is accepted as one row.
const maxLine = 16 << 20

var errLong = errors.New("the line is longer than 16 MiB")

// lines reads lines that end in LF or CRLF, mixed or not. A line is valid until
// the next one is read; a line that is too long is skipped.
type lines struct {
	r   *bufio.Reader
	buf []byte
	n   int // number of the line, from 1
}

func newLines(r io.Reader) *lines { return &lines{r: bufio.NewReaderSize(r, 256<<10)} }

// next returns the next line that is not blank.
func (l *lines) next() ([]byte, error) {
	for {
		l.buf = l.buf[:0]
		l.n++
		long := false
		for {
			part, err := l.r.ReadSlice('\n')
			if !long {
				l.buf = append(l.buf, part...)
				long = len(l.buf) > maxLine
			}
			if errors.Is(err, bufio.ErrBufferFull) {
				continue
			}
			if errors.Is(err, io.EOF) && (len(l.buf) > 0) {
				break
			}
			if err != nil {
				return nil, err
			}
			break
		}
		if long {
			return nil, errLong
		}
		if line := bytes.TrimRight(l.buf, "\r\n"); len(bytes.TrimSpace(line)) > 0 {
			return line, nil
		}
	}
}

// fieldError says which value of a row is wrong, and why.
type fieldError struct {
	column int // of the columns asked for; -1: the row as a whole
	why    string
}

// byName finds columns by their names, so that added or moved ones do no harm. A
// name that begins with "?" may be absent.
func byName(columns []string) func(header []string) ([]int, error) {
	return func(header []string) ([]int, error) {
		at := make([]int, len(columns))
		for i, name := range columns {
			name, optional := strings.CutPrefix(name, "?")
			if at[i] = slices.Index(header, name); at[i] < 0 && !optional {
				return nil, fmt.Errorf("the header has no column %s", name)
			}
		}
		return at, nil
	}
}

// csvRows reads CSV. find says which columns of the header are wanted; the value of
// one that is at -1 is "".
func csvRows(r io.Reader, s *sink, find func(header []string) ([]int, error), parse func(v []string) (Row, *fieldError)) error {
	l := newLines(r)
	first, err := l.next()
	if err != nil {
		return readError(err, l.n)
	}
	names, _, err := fields(string(first), nil, nil)
	if err != nil {
		return fmt.Errorf("line %d: the header is not valid CSV: %w", l.n, err)
	}
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	width := len(names)
	col, err := find(names)
	if err != nil {
		return err
	}
	v := make([]string, len(col))
	var all []string
	var at []int
	for n := 1; ; n++ {
		line, err := l.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		where := Bad{Line: l.n, Column: 1, Row: n}
		if err != nil && !errors.Is(err, errLong) {
			return readError(err, l.n)
		}
		if err == nil {
			all, at, err = fields(string(line), all[:0], at[:0])
		}
		if err == nil && len(all) != width {
			err = fmt.Errorf("it has %d fields, but the header has %d", len(all), width)
		}
		if err != nil {
			where.What = err.Error()
			if err := s.bad(&where); err != nil {
				return err
			}
			continue
		}
		for i, c := range col {
			v[i] = ""
			if c >= 0 {
				v[i] = strings.TrimSpace(all[c])
			}
		}
		row, wrong := parse(v)
		if wrong != nil {
			c := col[wrong.column]
			where.Column, where.Field = at[c]+1, names[c]
			where.What = fmt.Sprintf("%q %s", clip(v[wrong.column]), wrong.why)
			if err := s.bad(&where); err != nil {
				return err
			}
			continue
		}
		if err := s.row(&row, where); err != nil {
			return err
		}
	}
}

// fields splits a line of CSV and says at which byte each field begins. Quotes
// are rare in traces, and take the slow way.
func fields(line string, v []string, at []int) ([]string, []int, error) {
	if strings.IndexByte(line, '"') < 0 {
		begin := 0
		for {
			i := strings.IndexByte(line[begin:], ',')
			at = append(at, begin)
			if i < 0 {
				return append(v, line[begin:]), at, nil
			}
			v = append(v, line[begin:begin+i])
			begin += i + 1
		}
	}
	c := csv.NewReader(strings.NewReader(line))
	c.FieldsPerRecord = -1
	rec, err := c.Read()
	var p *csv.ParseError
	if errors.As(err, &p) {
		return nil, nil, p.Err
	} else if err != nil {
		return nil, nil, err
	}
	for i := range rec {
		_, column := c.FieldPos(i)
		at = append(at, column-1)
	}
	return append(v, rec...), at, nil
}

// jsonRows reads one JSON object per line into v, which reset empties.
func jsonRows(r io.Reader, s *sink, v any, reset func(), parse func() (Row, string, string)) error {
	l := newLines(r)
	for n := 1; ; n++ {
		line, err := l.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		where := Bad{Line: l.n, Column: 1, Row: n}
		if err != nil && !errors.Is(err, errLong) {
			return readError(err, l.n)
		}
		if err == nil {
			reset()
			err = json.Unmarshal(line, v)
		}
		if err != nil {
			if err := s.bad(jsonBad(where, err)); err != nil {
				return err
			}
			continue
		}
		row, field, why := parse()
		if why != "" {
			where.Field, where.What = field, why
			if i := bytes.Index(line, []byte(`"`+field+`"`)); i >= 0 {
				where.Column = i + 1
			}
			if err := s.bad(&where); err != nil {
				return err
			}
			continue
		}
		if err := s.row(&row, where); err != nil {
			return err
		}
	}
}

// jsonBad places an error of JSON in its line.
func jsonBad(where Bad, err error) *Bad {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	where.What = err.Error()
	switch {
	case errors.As(err, &syntax):
		where.Column, where.What = int(syntax.Offset), "this is not a JSON object: "+syntax.Error()
	case errors.As(err, &kind):
		where.Column, where.Field, where.What = int(kind.Offset), kind.Field, fmt.Sprintf("it has the wrong type: %s", kind.Value)
	}
	return &where
}

func readError(err error, line int) error {
	if errors.Is(err, io.EOF) {
		return errors.New("the file is empty")
	}
	return fmt.Errorf("line %d: failed to read: %w", line, err)
}

// decimal reads a finite number, or says why it cannot.
func decimal(s string) (float64, string) {
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		return 0, "is not a number"
	}
	return x, ""
}

// tokens reads a count, or says why it cannot.
func tokens(s string) (n int, why string) {
	x, why := decimal(s)
	if why != "" {
		return 0, "is not a number of tokens"
	}
	return count(&x)
}

// count takes a number as a count of tokens, or says why it cannot.
func count(x *float64) (n int, why string) {
	switch {
	case x == nil:
		return 0, "it is missing"
	case *x != math.Trunc(*x):
		return 0, "is not a whole number of tokens"
	case *x < 0:
		return 0, "is negative"
	case *x > maxTokens:
		return 0, fmt.Sprintf("is more than %d tokens", maxTokens)
	}
	return int(*x), ""
}

// moment takes a number of units as a time, or says why it cannot. The range
// is that of a Duration, some 290 years.
func moment(x *float64, unit time.Duration) (ns int64, why string) {
	switch {
	case x == nil:
		return 0, "it is missing"
	case *x < 0:
		return 0, "is a negative time"
	case *x*float64(unit) > math.MaxInt64/2:
		return 0, "is out of range for a time"
	}
	whole, part := math.Modf(*x)
	return int64(whole)*int64(unit) + int64(math.Round(part*float64(unit))), ""
}

// keyOf makes a session's key of its name; never 0.
func keyOf(name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return max(1, h.Sum64())
}
