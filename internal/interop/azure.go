package interop

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The Azure LLM inference trace of 2023 (Azure/AzurePublicDataset, CC-BY-4.0;
// described in Splitwise, ISCA 2024): CSV with CRLF line ends, times with
// seven digits after the second, a space in place of the T, and no zone.
const formatAzure = "azure-llm-2023"

var azureHeader = []string{"TIMESTAMP", "ContextTokens", "GeneratedTokens"}

// Columns in the order of azureHeader.
const (
	colTime = iota
	colIn
	colOut
)

// azureTime takes any number of digits after the second.
const azureTime = "2006-01-02 15:04:05"

// maxTokens of a row that is believed; the same bound as the plan's.
const maxTokens = 10_000_000

func isAzure(line string) bool {
	f := strings.Split(line, ",")
	for i := range f {
		f[i] = strings.Trim(strings.TrimSpace(f[i]), `"`)
	}
	return !slices.ContainsFunc(azureHeader, func(h string) bool { return !slices.Contains(f, h) })
}

// readAzure reads the columns by their names, so that added or moved columns
// do no harm. A wrong value ends it: half a trace would be another load.
func readAzure(r io.Reader) (*Trace, error) {
	c := csv.NewReader(r)
	c.ReuseRecord = true
	head, err := c.Read()
	if err != nil {
		return nil, csvError(err)
	}
	var col [3]int
	for i, name := range azureHeader {
		col[i] = slices.IndexFunc(head, func(h string) bool { return strings.TrimSpace(h) == name })
		if col[i] < 0 {
			return nil, fmt.Errorf("the header has no column %s", name)
		}
	}
	t := &Trace{Format: formatAzure}
	var at []time.Time
	for row := 1; ; row++ {
		rec, err := c.Read()
		if errors.Is(err, io.EOF) {
			return finish(t, at)
		}
		if err != nil {
			return nil, csvError(err)
		}
		wrong := func(i int, why string) error {
			line, column := c.FieldPos(col[i])
			return fmt.Errorf("line %d, column %d (row %d, %s): %q %s", line, column, row, azureHeader[i], clip(rec[col[i]]), why)
		}
		stamp, err := time.Parse(azureTime, strings.TrimSpace(rec[col[colTime]]))
		if err != nil {
			return nil, wrong(colTime, "is no time of the form 2023-11-16 18:15:46.6805900")
		}
		in, why := tokens(rec[col[colIn]])
		if why != "" {
			return nil, wrong(colIn, why)
		}
		out, why := tokens(rec[col[colOut]])
		if why != "" {
			return nil, wrong(colOut, why)
		}
		if in == 0 || out == 0 {
			t.Skipped++
			continue
		}
		t.Rows = append(t.Rows, Row{In: in, Out: out})
		at = append(at, stamp)
	}
}

// tokens reads a count, or says why it is none.
func tokens(s string) (n int, why string) {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	switch {
	case err != nil:
		return 0, "is no number of tokens"
	case n < 0:
		return 0, "is negative"
	case n > maxTokens:
		return 0, fmt.Sprintf("is more than %d tokens", maxTokens)
	}
	return n, ""
}

func csvError(err error) error {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return fmt.Errorf("line %d, column %d: %w", p.Line, p.Column, p.Err)
	}
	return fmt.Errorf("failed to read: %w", err)
}

func clip(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}
