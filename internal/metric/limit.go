package metric

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/lazy"
	"github.com/inferometer/inferometer/internal/suggest"
)

// Op is a comparison in a limit.
type Op string

// The four comparisons.
const (
	Less         Op = "<"
	LessEqual    Op = "<="
	Greater      Op = ">"
	GreaterEqual Op = ">="
)

// Limit is one statement of what must hold, such as ttft.p95<50ms.
type Limit struct {
	Metric Metric
	// Stat is "p50" … "p99.9", "mean", "min" or "max"; empty for rates and
	// for per-request limits (as goodput uses them).
	Stat  string
	Op    Op
	Value float64 // in Metric.Unit (a share as ratio, savings in percent)
}

var limitForm = lazy.Regexp(`^\s*([a-z][a-z0-9_]*)(?:\.([a-z0-9.]+?))?\s*(<=|>=|<|>)\s*([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)\s*([a-zA-Z%µμ/]*)\s*$`)

// ParseLimit reads a limit. Durations take ns, us, µs, ms, s or m; shares take
// % or a plain ratio; a plain number is in the metric's own unit. The error
// says what was wrong and what would be right.
func ParseLimit(s string) (Limit, error) {
	m := limitForm().FindStringSubmatch(s)
	if m == nil {
		return Limit{}, fmt.Errorf("invalid limit %q: must be of the form metric.statistic<value, like ttft.p95<50ms or success>=98%%", s)
	}
	met, ok := Lookup(m[1])
	if !ok {
		return Limit{}, fmt.Errorf("limit %q: unknown metric %q%s; metrics are %s", s, m[1], meant(m[1]), strings.Join(Tags(), ", "))
	}
	l := Limit{Metric: met, Stat: m[2], Op: Op(m[3])}
	if err := checkStat(met, m[2]); err != nil {
		return Limit{}, fmt.Errorf("limit %q: %w", s, err)
	}
	v, err := strconv.ParseFloat(m[4], 64)
	if err != nil {
		return Limit{}, fmt.Errorf("limit %q: %q is not a number", s, m[4])
	}
	scale, err := unitScale(met, m[5])
	if err != nil {
		return Limit{}, fmt.Errorf("limit %q: %w", s, err)
	}
	l.Value = v * scale
	if err := checkRange(l, m[4]); err != nil {
		return Limit{}, fmt.Errorf("limit %q: %w", s, err)
	}
	return l, nil
}

var statForm = lazy.Regexp(`^(p[0-9.]+|mean|min|max|median)$`)

// meant says which metric an unknown name probably stands for.
func meant(name string) string {
	switch {
	case statForm().MatchString(name):
		return ", which is a statistic; name the metric first, as in ttft.p95<500ms"
	case strings.HasPrefix(name, "latenc"):
		return "; the latency of a whole answer is e2e, that of its first token ttft"
	}
	return suggest.DidYouMean(name, Tags())
}

// CheckUnit rejects a limit on a time that does not say in which unit: 10 may be
// milliseconds or seconds. It is apart from ParseLimit, which reads the limits of
// old runs as they were meant, in milliseconds.
func CheckUnit(s string) error {
	m := limitForm().FindStringSubmatch(s)
	if m == nil || m[5] != "" {
		return nil
	}
	if met, ok := Lookup(m[1]); !ok || met.Unit != "ms" && met.Unit != "ms/token" {
		return nil
	}
	number, ok := strings.CutSuffix(strings.TrimSpace(s), m[4])
	if !ok {
		return nil
	}
	return fmt.Errorf("limit %q: a time needs its unit; write %[2]s%[3]sms or %[2]s%[3]ss", s, number, m[4])
}

// checkRange rejects a limit at a value that its metric cannot have: it would be
// decided before the run, and is usually a share without its %.
func checkRange(l Limit, number string) error {
	switch l.Metric.Unit {
	case "ratio":
		if l.Value > 1 {
			meant := "99.9% or 0.999"
			if v, err := strconv.ParseFloat(number, 64); err == nil && v == l.Value && v <= 100 {
				meant = fmt.Sprintf("%.6g%% or %.6g", l.Value, l.Value/100)
			}
			return fmt.Errorf("%s is a share of at most 1; write %s, not %s", l.Metric.Tag, meant, number)
		}
		if l.Value == 0 && (l.Op == GreaterEqual || l.Op == Less) || l.Value == 1 && (l.Op == LessEqual || l.Op == Greater) {
			return fmt.Errorf("every share is between 0 and 1, so that this is decided before the run")
		}
	case "ms", "ms/token", "1/s", "token/s", "tokens":
	case "percent":
		if l.Metric.Tag == "savings" {
			return nil
		}
		if l.Value > 100 {
			return fmt.Errorf("%s is at most 100 %%", l.Metric.Tag)
		}
	case "points":
		if l.Metric.Tag == "drift" && (l.Op == Greater || l.Op == GreaterEqual) {
			return fmt.Errorf("drift is limited from above, whichever way it goes; write drift<=%s", number)
		}
	default:
		return nil // a difference or money, which may be below 0
	}
	if l.Value < 0 {
		return fmt.Errorf("%s is never below 0", l.Metric.Tag)
	}
	return nil
}

// Quantile returns the quantile of Stat as a share in (0, 1), such as 0.95
// for p95, and whether Stat is one.
func (l Limit) Quantile() (float64, bool) {
	digits, ok := strings.CutPrefix(l.Stat, "p")
	if !ok {
		return 0, false
	}
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil || v <= 0 || v >= 100 {
		return 0, false
	}
	return v / 100, true
}

// Holds reports whether v meets the limit.
func (l Limit) Holds(v float64) bool {
	switch l.Op {
	case Less:
		return v < l.Value
	case LessEqual:
		return v <= l.Value
	case Greater:
		return v > l.Value
	}
	return v >= l.Value
}

// PerRequest returns the limit with its quantile stripped, as goodput applies
// it to single requests.
func (l Limit) PerRequest() Limit {
	l.Stat = ""
	return l
}

// String writes the limit in the grammar that ParseLimit reads.
func (l Limit) String() string {
	var b strings.Builder
	b.WriteString(l.Metric.Tag)
	if l.Stat != "" {
		b.WriteString("." + l.Stat)
	}
	b.WriteString(string(l.Op))
	switch l.Metric.Unit {
	case "ratio":
		b.WriteString(strconv.FormatFloat(100*l.Value, 'g', 6, 64) + "%")
	case "percent":
		b.WriteString(strconv.FormatFloat(l.Value, 'g', 6, 64) + "%")
	case "pp":
		b.WriteString(strconv.FormatFloat(l.Value, 'g', 6, 64) + "pp")
	case "ms", "ms/token":
		b.WriteString(strconv.FormatFloat(l.Value, 'g', 6, 64) + "ms")
	default:
		b.WriteString(strconv.FormatFloat(l.Value, 'g', 6, 64))
	}
	return b.String()
}

func checkStat(m Metric, stat string) error {
	if m.Kind == Rate {
		if stat != "" {
			return fmt.Errorf("%s is one number for a window and takes no statistic (got %q)", m.Tag, stat)
		}
		return nil
	}
	switch stat {
	case "", "mean", "min", "max":
		return nil
	}
	if _, ok := (Limit{Stat: stat}).Quantile(); !ok {
		return fmt.Errorf("unknown statistic %q; use mean, min, max or a percentile between p0 and p100, like p95 or p99.9", stat)
	}
	return nil
}

func unitScale(m Metric, unit string) (float64, error) {
	if unit == "" {
		return 1, nil
	}
	var scales map[string]float64
	switch m.Unit {
	case "ms", "ms/token":
		scales = map[string]float64{"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "μs": 1e-3, "ms": 1, "s": 1e3, "m": 60e3, "ms/token": 1}
	case "ratio":
		scales = map[string]float64{"%": 0.01}
	case "percent":
		scales = map[string]float64{"%": 1, "percent": 1}
	case "1/s":
		scales = map[string]float64{"/s": 1, "rps": 1, "req/s": 1}
	case "token/s":
		scales = map[string]float64{"token/s": 1, "tok/s": 1, "/s": 1}
	case "USD":
		scales = map[string]float64{"USD": 1}
	case "pp":
		scales = map[string]float64{"pp": 1, "points": 1}
	case "points":
		scales = map[string]float64{"points": 1, "p": 1}
	case "tokens":
		scales = map[string]float64{"tokens": 1}
	}
	if f, ok := scales[unit]; ok {
		return f, nil
	}
	return 0, fmt.Errorf("unit %q does not fit %s, which is in %s", unit, m.Tag, m.Unit)
}
