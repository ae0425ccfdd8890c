package report

import (
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
)

// claimLine is one claim, ready to show.
type claimLine struct {
	verdict  string
	id       string
	limit    string
	estimate string // with interval
	n        string
	evidence string
	text     string // with its conditions
	reason   string
}

func claimLines(r *result.Result) []claimLine {
	var out []claimLine
	for _, c := range r.Claims {
		n := fmt.Sprintf("n=%d", c.N)
		if c.NEff > 0 && c.NEff < float64(c.N)-0.5 {
			n += fmt.Sprintf(" (worth %.0f)", c.NEff)
		}
		if c.Verdict == result.Undecided && c.NeededN > c.N {
			n += fmt.Sprintf(", needs %s", count(c.NeededN))
		}
		evidence := string(c.Evidence)
		if c.Weakest != "" && len(c.Inputs) > 1 {
			evidence += " (" + clean(c.Weakest) + ")"
		}
		out = append(out, claimLine{
			verdict: string(c.Verdict), id: clean(c.ID), limit: clean(c.Limit), estimate: claimed(r, c),
			n: n, evidence: evidence, text: capital(clean(c.Text)), reason: capital(clean(c.Reason)),
		})
	}
	return out
}

// claimed prints a claim's estimate. Where it has none, what the benchmark
// itself shows of the same quantity stands in: a value without interval, or a
// lower bound.
func claimed(r *result.Result, c result.Claim) string {
	if c.Estimate != nil {
		return span(c.Estimate, c.Lo, c.Hi, c.Unit)
	}
	l, err := metric.ParseLimit(c.Limit)
	if err != nil {
		return missing
	}
	b := r.Benchmarks
	switch {
	case c.Benchmark == "latency" && b.Latency != nil && l.Stat != "":
		for _, cell := range b.Latency.Cells {
			if cell.Target == "candidate" {
				st := cell.Metrics.Stats[l.Metric.Tag]
				e, _ := st.Quantile(l.Stat)
				e.NeededN, e.Withheld = 0, "" // the claim says what it needs
				return estimate(e, st.Unit, 0)
			}
		}
	case l.Metric.Tag == "savings" && b.Cost != nil && len(b.Cost.Volumes) > 0:
		return estimate(b.Cost.Volumes[0].SavingsPercent, "percent", 0)
	}
	return missing
}

// summary counts the verdicts on what the user claimed.
func summary(r *result.Result) string {
	counts := map[result.Verdict]int{}
	set := 0
	for _, c := range r.Claims {
		if c.Set {
			counts[c.Verdict]++
			set++
		}
	}
	if c := r.Benchmarks.Capacity; set == 0 && c != nil {
		if c.Rate != nil {
			return fmt.Sprintf("%s %s are proved inside the limits that were set.", number(float64(*c.Rate)), clean(c.Unit))
		}
		return "No load is proved inside the limits that were set; the search says what it saw."
	}
	if s := r.Benchmarks.Scan; set == 0 && s != nil {
		return fmt.Sprintf("%s of %s points of a sweep were measured; a sweep explores and proves nothing.", count(len(s.Cells)), count(len(s.Points)))
	}
	if set == 0 {
		return "No claim was made; add one with --claim 'ttft.p95<500ms' or in the plan."
	}
	var parts []string
	for _, v := range []result.Verdict{result.Proved, result.Refuted, result.Undecided, result.Invalid} {
		if counts[v] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[v], v))
		}
	}
	noun := "claims"
	if set == 1 {
		noun = "claim"
	}
	return fmt.Sprintf("%d %s: %s.", set, noun, strings.Join(parts, ", "))
}

// checksOf returns the checks with a status.
func checksOf(r *result.Result, s result.CheckStatus) []result.Check {
	var out []result.Check
	for _, c := range r.Validity.Checks {
		if c.Status == s {
			out = append(out, c)
		}
	}
	return out
}

// validityLine says the judgement in words.
func validityLine(r *result.Result) string {
	warn, fail := len(checksOf(r, result.Warn)), len(checksOf(r, result.Fail))
	switch r.Validity.Status {
	case result.Fail:
		return fmt.Sprintf("INVALID: %d of %d checks failed. The figures may not be believed and prove nothing.", fail, len(r.Validity.Checks))
	case result.Warn:
		return fmt.Sprintf("valid with warnings: %d of %d checks warn.", warn, len(r.Validity.Checks))
	}
	if len(r.Validity.Checks) == 0 {
		return "not assessed."
	}
	return fmt.Sprintf("valid: all %d checks pass or do not apply.", len(r.Validity.Checks))
}
