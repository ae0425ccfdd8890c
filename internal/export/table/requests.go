package table

import (
	"cmp"
	"encoding/csv"
	"io"
	"math"
	"strconv"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/export"
	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// kind is what a column of requests holds.
type kind int

const (
	text kind = iota
	integer
	real
)

// field is one value of a request: nil, a string, an int64 or a float64.
type field any

// column is one of the table of requests.
type column struct {
	name string
	kind kind
	of   func(log *runlog.Cell, c *result.Cell, x *exchange.Exchange) field
}

// columns are those of the table of requests: what it was, how it ended, its times and
// lengths, and each metric that has one value for a request, with its unit.
func columns() []column {
	out := []column{
		{"benchmark", text, func(l *runlog.Cell, _ *result.Cell, _ *exchange.Exchange) field { return string(l.Benchmark) }},
		{"cell", text, func(_ *runlog.Cell, c *result.Cell, _ *exchange.Exchange) field { return c.ID }},
		{"target", text, func(_ *runlog.Cell, c *result.Cell, _ *exchange.Exchange) field { return c.Target }},
		{"evidence", text, func(_ *runlog.Cell, c *result.Cell, _ *exchange.Exchange) field { return string(c.Evidence) }},
		{"round", integer, func(l *runlog.Cell, _ *result.Cell, _ *exchange.Exchange) field { return known(export.Round(l)) }},
		{"request", integer, whole(func(x *exchange.Exchange) int64 { return int64(x.Index) })},
		{"user", integer, func(_ *runlog.Cell, c *result.Cell, x *exchange.Exchange) field {
			if c.Load.Kind != "closed" {
				return nil
			}
			return int64(x.User)
		}},
		{"session", integer, whole(func(x *exchange.Exchange) int64 { return int64(x.Session) }, 0)},
		{"turn", integer, whole(func(x *exchange.Exchange) int64 { return int64(x.Turn) }, 0)},
		{"prompt", text, words(func(x *exchange.Exchange) string { return x.Prompt })},
		{"class", text, words(func(x *exchange.Exchange) string { return cmp.Or(string(x.Class), "ok") })},
		{"status", integer, whole(func(x *exchange.Exchange) int64 { return int64(x.Status) }, 0)},
		{"error", text, words(func(x *exchange.Exchange) string { return x.Error })},
		{"finish", text, words(func(x *exchange.Exchange) string { return x.Finish })},
		{"token_source", text, words(func(x *exchange.Exchange) string { return string(x.TokenSource) })},
		{"asked_input_tokens", integer, whole(func(x *exchange.Exchange) int64 { return int64(x.AskedInput) }, 0)},
		{"asked_output_tokens", integer, whole(func(x *exchange.Exchange) int64 { return int64(x.AskedOutput) }, 0)},
		{"cached_tokens", integer, optional(func(x *exchange.Exchange) *int { return x.CachedTokens })},
		{"reasoning_tokens", integer, optional(func(x *exchange.Exchange) *int { return x.ReasoningTokens })},
		{"frames", integer, whole(func(x *exchange.Exchange) int64 { return int64(len(x.Frames)) })},
	}
	for _, s := range []struct {
		name string
		at   func(x *exchange.Exchange) exchange.Stamp
	}{
		{"due_s", func(x *exchange.Exchange) exchange.Stamp { return x.Due }},
		{"first_token_s", func(x *exchange.Exchange) exchange.Stamp { return x.FirstToken }},
		{"last_token_s", func(x *exchange.Exchange) exchange.Stamp { return x.LastToken }},
		{"done_s", func(x *exchange.Exchange) exchange.Stamp { return x.Done }},
	} {
		out = append(out, column{s.name, real, func(_ *runlog.Cell, _ *result.Cell, x *exchange.Exchange) field {
			if at := s.at(x); at.Happened() {
				return float64(at-1) / 1e9 // since the run began; a stamp of 0 is none, so that they begin with 1
			}
			return nil
		}})
	}
	for _, m := range metric.OfKind(metric.PerRequest) {
		out = append(out, column{m.Tag + suffix(m.Unit), real, func(_ *runlog.Cell, _ *result.Cell, x *exchange.Exchange) field {
			v, has := measure.Value(m.Tag, x)
			// A failed request counts as the worst in a quantile. In a table it has no value.
			if worst := math.IsInf(v, 0) || v == 0 && m.Direction == metric.HigherIsBetter; !has || worst && x.Class != exchange.OK {
				return nil
			}
			return v
		}})
	}
	return out
}

// suffix of a column's name for a unit.
func suffix(unit string) string {
	switch unit {
	case "ms":
		return "_ms"
	case "ms/token":
		return "_ms_per_token"
	case "token/s":
		return "_tokens_per_s"
	}
	return ""
}

func known(n int) field {
	if n == 0 {
		return nil
	}
	return int64(n)
}

// whole is a column of a number; those of missing stand for none.
func whole(of func(*exchange.Exchange) int64, missing ...int64) func(*runlog.Cell, *result.Cell, *exchange.Exchange) field {
	return func(_ *runlog.Cell, _ *result.Cell, x *exchange.Exchange) field {
		v := of(x)
		for _, m := range missing {
			if v == m {
				return nil
			}
		}
		return v
	}
}

func optional(of func(*exchange.Exchange) *int) func(*runlog.Cell, *result.Cell, *exchange.Exchange) field {
	return func(_ *runlog.Cell, _ *result.Cell, x *exchange.Exchange) field {
		if v := of(x); v != nil {
			return int64(*v)
		}
		return nil
	}
}

func words(of func(*exchange.Exchange) string) func(*runlog.Cell, *result.Cell, *exchange.Exchange) field {
	return func(_ *runlog.Cell, _ *result.Cell, x *exchange.Exchange) field {
		if s := of(x); s != "" {
			return s
		}
		return nil
	}
}

// Requests writes a line for each measured request.
func Requests(run *export.Run, w io.Writer) error {
	out, all := csv.NewWriter(w), columns()
	record := make([]string, len(all))
	for i, c := range all {
		record[i] = c.name
	}
	if err := out.Write(record); err != nil {
		return err
	}
	err := run.Requests(func(l *runlog.Cell, c *result.Cell, x *exchange.Exchange) error {
		for i, k := range all {
			record[i] = ""
			switch v := k.of(l, c, x).(type) {
			case string:
				record[i] = guard(v)
			case int64:
				record[i] = strconv.FormatInt(v, 10)
			case float64:
				record[i] = float(v)
			}
		}
		return out.Write(record)
	})
	if err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}
