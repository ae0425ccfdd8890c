package key

import (
	"errors"
	"fmt"
	"strings"
)

// Problem is one thing that is wrong with a plan.
type Problem struct {
	Path string // key
	Flag string // of the key, "" for none
	Text string
}

// Error names the key, and the flag where there is one.
func (p Problem) Error() string {
	if p.Flag != "" {
		return fmt.Sprintf("%s (--%s): %s", p.Path, p.Flag, p.Text)
	}
	return fmt.Sprintf("%s: %s", p.Path, p.Text)
}

// Locate adds to the problems of a plan where each value came from.
func (p Provenance) Locate(err error) error {
	var list Problems
	if !errors.As(err, &list) {
		return err
	}
	out := make([]error, len(list))
	for i, q := range list {
		out[i] = q
		if from := p[q.Path]; from.Kind != FromDefault && from.Kind != FromFlag { // a flag is in the text
			out[i] = fmt.Errorf("%s: %w", from, q)
		}
	}
	return errors.Join(out...)
}

// Problems is all that is wrong with a plan.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, q := range p {
		lines[i] = q.Error()
	}
	return strings.Join(lines, "\n")
}

// Add adds one.
func (p *Problems) Add(path, format string, args ...any) {
	*p = append(*p, Problem{Path: path, Text: fmt.Sprintf(format, args...)})
}
