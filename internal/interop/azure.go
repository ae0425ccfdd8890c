package interop

import (
	"io"
	"strings"
	"time"
)

// The Azure LLM inference traces of 2023 and 2024 (Azure/AzurePublicDataset,
// CC-BY-4.0; described in Splitwise, ISCA 2024): CSV with CRLF line ends, times
// with seven digits after the second, a space in place of the T, and no zone.
var azureFormat = format{
	name: "azure-llm", text: "Azure LLM inference trace (CSV: TIMESTAMP, ContextTokens, GeneratedTokens)",
	is: func(h head) bool { return hasColumns(h.line, azureColumns) }, read: readAzure,
}

var azureColumns = []string{"TIMESTAMP", "ContextTokens", "GeneratedTokens"}

func hasColumns(line string, columns []string) bool {
	names, _, err := fields(line, nil, nil)
	if err != nil {
		return false
	}
	have := map[string]bool{}
	for _, n := range names {
		have[strings.TrimSpace(n)] = true
	}
	for _, c := range columns {
		if !strings.HasPrefix(c, "?") && !have[c] {
			return false
		}
	}
	return true
}

// azureTimes accept any number of digits after the second; the week of 2024 has
// a time zone.
var azureTimes = []string{"2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00"}

func readAzure(r io.Reader, s *sink) error {
	return csvRows(r, s, byName(azureColumns), func(v []string) (Row, *fieldError) {
		at, why := azureTime(v[0])
		if why != "" {
			return Row{}, &fieldError{0, why}
		}
		return lengths(at, v[1], 1, v[2], 2)
	})
}

func azureTime(s string) (ns int64, why string) {
	for _, layout := range azureTimes {
		if t, err := time.Parse(layout, s); err == nil {
			return unix(t)
		}
	}
	return 0, "is not a time of the form 2023-11-16 18:15:46.6805900"
}

// unix is a time in ns since 1970, of a year that fits.
func unix(t time.Time) (ns int64, why string) {
	if y := t.Year(); y < 1970 || y > 2200 {
		return 0, "is not between the years 1970 and 2200"
	}
	return t.UnixNano(), ""
}

// lengths makes a row from two columns of tokens.
func lengths(at int64, in string, inCol int, out string, outCol int) (Row, *fieldError) {
	row := Row{At: at}
	var why string
	if row.In, why = tokens(in); why != "" {
		return row, &fieldError{inCol, why}
	}
	if row.Out, why = tokens(out); why != "" {
		return row, &fieldError{outCol, why}
	}
	return row, nil
}
