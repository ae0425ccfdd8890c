package answer

import (
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// failed counts the requests that did not succeed, by class.
func failed(r *result.Result) string {
	sum, all := 0, 0
	by := map[string]int{}
	for _, c := range r.Cells() {
		all += c.Counts.Scheduled
		for class, n := range c.Counts.ByClass {
			if class != "ok" && class != "cut" {
				by[class] += n
				sum += n
			}
		}
	}
	if sum == 0 {
		return ""
	}
	return fmt.Sprintf("%s of %s requests failed: %s.", format.Count(sum), format.Count(all), format.Failures(by))
}

// unmeasured says that there was something to measure, and that nothing was.
func unmeasured(r *result.Result) string {
	text := ""
	for _, c := range r.Cells() {
		if c.Counts.Scheduled > 0 {
			return ""
		}
		text = "No request ended, so nothing was measured."
	}
	return text
}

// verdicts names the user's claims that ended in a way.
func verdicts(claims []result.Claim, v result.Verdict) string {
	var names []string
	for _, c := range claims {
		if !c.Set || c.Verdict != v {
			continue
		}
		name := plaintext.Line(c.Limit)
		if v == result.Undecided && c.NeededN > c.N {
			name += fmt.Sprintf(" (n=%s of %s)", format.Count(c.N), format.Count(c.NeededN))
		}
		names = append(names, name)
	}
	if names == nil {
		return ""
	}
	return string(v) + ": " + strings.Join(names, ", ") + "."
}
