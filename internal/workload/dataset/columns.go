package dataset

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Columns says which column or JSON key of a data set has a part of a prompt: part →
// column. A part that is not in it has the column of its own name. The parts are
// prompt, system, messages, max_tokens and id.
type Columns map[string]string

var columnParts = []string{"prompt", "system", "messages", "max_tokens", "id"}

// ParseColumns reads "prompt=question, max_tokens=n".
func ParseColumns(text string) (Columns, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	out := Columns{}
	for item := range strings.SplitSeq(text, ",") {
		part, column, ok := strings.Cut(strings.TrimSpace(item), "=")
		if !ok || column == "" || !slices.Contains(columnParts, part) {
			return nil, fmt.Errorf("invalid column %q: must be part=column, where part is one of %s", strings.TrimSpace(item), strings.Join(columnParts, ", "))
		}
		out[part] = column
	}
	return out, nil
}

// of returns the column of a part.
func (c Columns) of(part string) string {
	if column, ok := c[part]; ok {
		return column
	}
	return part
}

// rename gives the keys of a JSON object the names of the parts they hold.
func (c Columns) rename(row []byte) ([]byte, error) {
	if len(c) == 0 {
		return row, nil
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(row, &keys); err != nil {
		return nil, fmt.Errorf("not a JSON object: %w", err)
	}
	out := map[string]json.RawMessage{}
	for part, column := range c {
		v, ok := keys[column]
		if !ok {
			return nil, fmt.Errorf("there is no key %q, which --dataset-columns names for %s", column, part)
		}
		out[part] = v
	}
	for _, part := range columnParts { // those that were not renamed
		if v, ok := keys[part]; ok && out[part] == nil && !slices.Contains(c.columns(), part) {
			out[part] = v
		}
	}
	return json.Marshal(out)
}

// columns returns the columns that are named.
func (c Columns) columns() []string {
	var out []string
	for _, column := range c {
		out = append(out, column)
	}
	return out
}
