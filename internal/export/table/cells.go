// Package table writes a run as tables: every metric of every cell as CSV, and every
// measured request as CSV or Parquet. A value that is missing is an empty field, or
// null in Parquet, and never 0.
package table

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/export"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/result"
)

// cellColumns are those of the table of cells.
var cellColumns = []string{
	"run", "benchmark", "cell", "target", "model", "workload", "load", "users", "rate",
	"metric", "stat", "unit", "value", "lo", "hi", "n", "n_eff", "withheld", "needed_n", "evidence", "check",
}

// Cells writes a line for each statistic of each metric of each cell.
func Cells(run *export.Run, w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(cellColumns); err != nil {
		return err
	}
	models := map[string]string{}
	for _, t := range run.Result.Targets {
		models[t.Name] = t.Model
	}
	for name, c := range run.Result.Cells() {
		left := []string{
			run.Result.Run.ID, name, c.ID, c.Target, models[c.Target], c.Workload.Name, c.Load.Text,
			count(c.Load.Users), positive(c.Load.Rate),
		}
		for _, m := range metric.All() {
			for _, line := range linesOf(c, m) {
				record := slices.Concat(left, []string{m.Tag}, line, []string{string(c.Evidence), string(checked(run.Result.Validity, m.Tag, c.ID))})
				for i := range record {
					record[i] = guard(record[i])
				}
				if err := out.Write(record); err != nil {
					return err
				}
			}
		}
	}
	out.Flush()
	return out.Error()
}

// checked says whether a check spoils a metric of a cell (fail), doubts it (warn), or
// neither (pass).
func checked(v result.Validity, tag, cell string) result.CheckStatus {
	if _, is := v.Spoilt(tag, cell); is {
		return result.Fail
	}
	for _, c := range v.Checks {
		if c.Status == result.Warn && (c.Cell == "" || c.Cell == cell) && slices.Contains(c.Figures, tag) {
			return result.Warn
		}
	}
	return result.Pass
}

// linesOf are the columns from stat to needed_n, a line for each statistic of a metric.
func linesOf(c *result.Cell, m metric.Metric) [][]string {
	if r, is := c.Metrics.Rates[m.Tag]; is {
		return [][]string{{"rate", r.Unit, number(r.Value), number(r.Lo), number(r.Hi), strconv.Itoa(r.N), positive(r.NEff), r.Withheld, ""}}
	}
	s, is := c.Metrics.Stats[m.Tag]
	if !is {
		return nil
	}
	var out [][]string
	plain := func(name string, v *result.Number) {
		if v != nil {
			out = append(out, []string{name, s.Unit, number(v), "", "", strconv.Itoa(s.NOK), "", "", ""})
		}
	}
	if s.Mean != nil {
		out = append(out, []string{"mean", s.Unit, number(s.Mean), number(s.MeanLo), number(s.MeanHi), strconv.Itoa(s.NOK), positive(s.MeanNEff), s.MeanWithheld, ""})
	}
	plain("sd", s.SD)
	plain("min", s.Min)
	for _, q := range []string{"p1", "p5", "p50", "p90", "p95", "p99", "p99.9"} {
		e, is := s.Quantile(q)
		if !is {
			continue
		}
		neff := e.NEff
		if neff == 0 {
			neff = s.NEff
		}
		out = append(out, []string{q, s.Unit, number(e.Value), number(e.Lo), number(e.Hi), strconv.Itoa(s.N), positive(neff), e.Withheld, count(e.NeededN)})
	}
	plain("max", s.Max)
	return out
}

func number(v *result.Number) string {
	if v == nil {
		return ""
	}
	return float(float64(*v))
}

// float writes a number so that it reads back as the same one; an infinite one is inf.
func float(v float64) string {
	return strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(v, 'g', -1, 64), "+"))
}

func count(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func positive(v float64) string {
	if v == 0 {
		return ""
	}
	return float(v)
}

// guard makes a text a harmless cell. A spreadsheet takes what begins with one of
// =+-@ for a formula, and some skip tabs and line breaks before it (OWASP, CSV
// injection); numbers stay as they are.
func guard(s string) string {
	s = plaintext.Line(s)
	if begin := strings.TrimLeft(s, " "); begin == "" || !strings.ContainsRune("=+-@", rune(begin[0])) {
		return s
	}
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return s
	}
	return "'" + s
}
