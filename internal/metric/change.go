package metric

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/inferometer/inferometer/internal/lazy"
)

// Change is one statement about how a run differs from another, such as
// ttft.p95>+5%: the 95th percentile is more than 5 % above that of the other run.
type Change struct {
	// Against names the other run, by a tag; empty where the command names it.
	Against string
	Metric  Metric
	Stat    string // as in Limit
	// Above says that the change is more than Value, else it is less.
	Above bool
	// Value is the change in the metric's unit, of a share in percentage points; with
	// Relative it is a part of the other run's value, 0.05 for 5 %.
	Value    float64
	Relative bool
}

var (
	changeForm = lazy.Regexp(`^([a-z][a-z0-9_]*)(?:\.([a-z0-9.]+?))?\s*(<=|>=|<|>)\s*([-+]?)([0-9]*\.?[0-9]+)\s*([a-zA-Z%µμ/]*)$`)
	tagForm    = lazy.Regexp(`^[A-Za-z0-9][A-Za-z0-9._/@-]*$`)
)

// ParseChange reads a change: 'ttft.p95>+5%', 'e2e.p50>+20ms', 'success<-1pp', with
// 'vs TAG:' before it where it names the other run. The sign is required, so that nobody
// takes a change for a limit. The error says what was wrong and what would be right.
func ParseChange(s string) (Change, error) {
	fail := func(format string, args ...any) (Change, error) {
		return Change{}, fmt.Errorf("condition %q: %w", s, fmt.Errorf(format, args...))
	}
	text, c := strings.TrimSpace(s), Change{}
	if rest, ok := strings.CutPrefix(text, "vs "); ok {
		tag, condition, ok := strings.Cut(rest, ":")
		if !ok {
			return fail("a colon is missing after the tag, as in 'vs %s: ttft.p95>+5%%'", strings.Fields(rest + " main")[0])
		}
		if c.Against = strings.TrimSpace(tag); !tagForm().MatchString(c.Against) {
			return fail("invalid tag %q: letters, digits and . _ / @ - only", c.Against)
		}
		text = strings.TrimSpace(condition)
	}
	m := changeForm().FindStringSubmatch(text)
	if m == nil {
		return fail("must be of the form metric.statistic>+change, like ttft.p95>+5%% or success<-1pp")
	}
	met, ok := Lookup(m[1])
	if !ok {
		return fail("unknown metric %q%s; metrics are %s", m[1], meant(m[1]), strings.Join(Tags(), ", "))
	}
	c.Metric, c.Stat, c.Above = met, m[2], m[3][0] == '>'
	if err := checkStat(met, c.Stat); err != nil {
		return fail("%w", err)
	}
	if text := notCompared(c); text != "" {
		return fail("%s", text)
	}
	v, err := strconv.ParseFloat(m[4]+m[5], 64)
	if err != nil {
		return fail("%q is not a number", m[4]+m[5])
	}
	if v == 0 {
		v = 0 // and not -0
	}
	if m[4] == "" && v != 0 {
		sign := "+"
		if !c.Above {
			sign = "-"
		}
		return fail("a change needs a sign: write %s%s%s%s%s; a limit on one run is --claim", strings.TrimSuffix(name(met.Tag, c.Stat), "."), m[3], sign, m[5], m[6])
	}
	switch unit := m[6]; {
	case met.Unit == "ratio":
		if unit != "pp" {
			return fail("%s is a share, whose change is in percentage points; write %s%s%s%spp", met.Tag, met.Tag, m[3], m[4], m[5])
		}
		if c.Value = v; math.Abs(v) > 100 {
			return fail("a share changes by at most 100 percentage points")
		}
	case unit == "%":
		c.Value, c.Relative = v/100, true
	case unit == "":
		return fail("the change needs a unit: %% of the other run's value, or that of %s (%s)", met.Tag, met.Unit)
	default:
		scale, err := unitScale(met, unit)
		if err != nil {
			return fail("%w; a part of the other run's value is in %%", err)
		}
		c.Value = v * scale
	}
	if c.Relative && c.Value <= -1 {
		return fail("nothing falls by 100 %% or more")
	}
	// Worse is above where lower is better.
	worse := c.Above == (met.Direction == LowerIsBetter)
	if !worse && (c.Above && c.Value < 0 || !c.Above && c.Value > 0) {
		return fail("it is true of a run that has not changed, and of any that is better; turn the sign around, as in %s%s%s5%%", name(met.Tag, c.Stat), map[bool]string{true: "<", false: ">"}[c.Above], map[bool]string{true: "-", false: "+"}[c.Above])
	}
	return c, nil
}

// notCompared says why runs have no change of a metric, or "".
func notCompared(c Change) string {
	switch {
	case c.Metric.Kind == Scored:
		return c.Metric.Tag + " is about answers; inferometer quality compare decides on those"
	case c.Metric.Unit == "USD" || c.Metric.Tag == "savings":
		return c.Metric.Tag + " depends on prices and volume; compare what it rests on, like output_throughput"
	case c.Metric.Kind == Rate:
	case c.Stat == "":
		return fmt.Sprintf("name a statistic of %s, like %s.p95", c.Metric.Tag, c.Metric.Tag)
	case c.Stat == "min" || c.Stat == "max":
		return "the " + c.Stat + " is a single request, whose change says nothing; use a percentile, like p95"
	}
	return ""
}

func name(tag, stat string) string {
	if stat == "" {
		return tag
	}
	return tag + "." + stat
}

// Figure is the metric with its statistic: "ttft.p95".
func (c Change) Figure() string { return name(c.Metric.Tag, c.Stat) }

// String writes the change in the grammar that ParseChange reads.
func (c Change) String() string {
	op, v, unit := "<", c.Value, c.Metric.Unit
	if c.Above {
		op = ">"
	}
	switch {
	case c.Relative:
		v, unit = 100*v, "%"
	case unit == "ratio":
		unit = "pp"
	case unit == "ms/token":
		unit = "ms"
	case unit == "1/s":
		unit = "/s"
	case unit == "percent":
		unit = "%"
	}
	sign := "+"
	if v < 0 {
		sign = ""
	}
	text := c.Figure() + op + sign + strconv.FormatFloat(v, 'g', 6, 64) + unit
	if c.Against != "" {
		return "vs " + c.Against + ": " + text
	}
	return text
}
