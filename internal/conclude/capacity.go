package conclude

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/capacity"
	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/conclude/found"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/result"
)

// Capacity concludes a search from its cells.
func (a *Analysis) Capacity(res *result.Result) error {
	measured := a.results(plan.Capacity)
	if len(measured) == 0 {
		return nil
	}
	c, err := cells.SearchConfig(a.plan)
	if err != nil {
		return err
	}
	out := &result.Capacity{Evidence: evidenceOf(measured), In: "rate", Unit: "requests/s", Cells: measured, Limits: []string{}}
	if c.Users {
		out.In, out.Unit = "users", "users"
	}
	for _, l := range c.Limits {
		out.Limits = append(out.Limits, l.Text)
	}
	h, ids := a.history()
	ans := c.Conclude(h)
	for i := range h {
		out.Trials = append(out.Trials, trialOf(c, &h[i], ids[i], c.PerLook(h)))
	}
	out.SpentS = ans.Spent
	if ans.Saturation > 0 {
		out.Saturation = &result.Saturation{Rate: ans.Saturation, Users: ans.SaturationUsers, LittleError: ans.LittleError, Rising: ans.Rising}
	}
	out.Undefined = ans.Undefined
	known := func(v float64) *result.Number {
		if v == 0 {
			return nil
		}
		return result.Num(v)
	}
	out.Rate, out.Refuted, out.Estimate = known(ans.Proved), known(ans.Refuted), known(ans.Estimate)
	out.Under, out.Over = known(ans.Under), known(ans.Over)
	out.NeedsS = ans.Suffices
	for _, m := range ans.More {
		out.More = append(out.More, result.Promise{Seconds: m.Seconds, Load: m.Load})
	}
	if out.Broke = ans.Broke; out.Broke != "" {
		out.Why = a.why(h, ids, ans.Over)
	}
	out.Text = found.Text(out)
	res.Benchmarks.Capacity = out
	return nil
}

// CapacityJudged takes back what the cells that decided do not allow to be promised,
// and says how long their answers were where that was the server's choice.
func (a *Analysis) CapacityJudged(res *result.Result) error {
	c := res.Benchmarks.Capacity
	if c == nil {
		return nil
	}
	c.Spoilt = capacitySpoilt(c, res)
	switch {
	case c.Spoilt != "" && c.Rate != nil:
		c.Rate = nil
		c.Text = fmt.Sprintf("The answer is spoilt (%s) and proves nothing. If it were not: %s", c.Spoilt, c.Text)
	case c.Spoilt != "" && !carried(c.Cells):
		c.Text = "No load was carried: " + failures(c.Cells) + "."
	}
	if t := deciding(c); t != nil {
		if words, off := strings.CutPrefix(lengthsOf(a.measured[t.Cell], res.Validity), "; "); off {
			c.Text += fmt.Sprintf(" That is for %s.", words)
		}
	}
	return nil
}

// deciding is the trial that the answer rests on; nil where there is none.
func deciding(c *result.Capacity) *result.Trial {
	for i := range c.Trials {
		t := &c.Trials[i]
		if c.Rate != nil && t.Verdict == result.Proved && t.Rate+float64(t.Users) == float64(*c.Rate) ||
			len(c.Limits) == 0 && capacity.Role(t.Role) == capacity.Saturation {
			return t
		}
	}
	return nil
}

// capacitySpoilt says which check spoils the answer of a search: in the cell that
// decided, of one of the limits' metrics; without such a cell, where nothing was
// carried. What the client added cannot have made a load look as if it were
// carried, and so does not count. Empty where nothing spoils it.
func capacitySpoilt(c *result.Capacity, res *result.Result) string {
	t := deciding(c)
	if t == nil {
		if carried(c.Cells) || res.Run.Status != result.Complete && !failed(c.Cells) {
			return ""
		}
		return "errors: " + failures(c.Cells)
	}
	tags := []string{"throughput"}
	for _, text := range c.Limits {
		if l, err := metric.ParseLimit(text); err == nil {
			tags = append(tags, l.Metric.Tag)
		}
	}
	for _, tag := range tags {
		for check := range res.Validity.Failing(tag, t.Cell) {
			if !check.Client && !check.Between {
				return fmt.Sprintf("%s: %s", check.ID, check.Text)
			}
		}
	}
	return ""
}

// carried reports whether any request succeeded.
func carried(measured []result.Cell) bool {
	return slices.ContainsFunc(measured, func(c result.Cell) bool { return c.Counts.OK > 0 })
}

// failed reports whether any request failed.
func failed(measured []result.Cell) bool {
	return slices.ContainsFunc(measured, func(c result.Cell) bool { return c.Counts.Failed+c.Counts.Shed > 0 })
}

// failures says how the requests of a search failed, by class, with the most
// frequent message of its first cell that has one.
func failures(measured []result.Cell) string {
	failed, all, by, said := 0, 0, map[string]int{}, ""
	for _, c := range measured {
		failed, all = failed+c.Counts.Failed+c.Counts.Shed, all+c.Counts.Scheduled
		for class, n := range c.Counts.ByClass {
			by[class] += n
		}
		if said == "" && len(c.Errors) > 0 {
			said = "; " + c.Errors[0]
		}
	}
	var classes []string
	for _, class := range slices.Sorted(maps.Keys(by)) {
		if class != string(exchange.OK) && by[class] > 0 {
			classes = append(classes, fmt.Sprintf("%s %d", class, by[class]))
		}
	}
	if len(classes) == 0 {
		return "no request ended"
	}
	return fmt.Sprintf("%d of %d requests failed (%s)%s", failed, all, strings.Join(classes, ", "), said)
}

// history is the search as the log has it, with the ids of its cells: those
// that were begun and not ended are left out, since the search did not see them
// either.
func (a *Analysis) history() (h []capacity.Observation, ids []string) {
	for _, c := range a.cells {
		if c.trial == nil || c.WasCut() {
			continue
		}
		w := c.Window
		h = append(h, c.trial.Observation(*c.Search, w.Course()))
		ids = append(ids, c.ID)
	}
	return h, ids
}

// trialOf is a cell as a row of the result; refuting is the error probability with
// which it may refute.
func trialOf(c capacity.Config, o *capacity.Observation, id string, refuting float64) result.Trial {
	t := result.Trial{
		Cell: id, Role: string(o.Role), Rate: o.Rate, Users: o.Users, Overloaded: o.Overloaded, Growing: o.Growing,
		Completed: o.Throughput(), Alpha: o.Alpha,
	}
	judged := o.Judge(c.Limits, max(o.Alpha, 1e-9))
	proved := len(judged) > 0
	for _, j := range judged {
		t.Limits = append(t.Limits, result.TrialText{Limit: j.Limit, Over: j.Over, N: j.N, NEff: j.NEff})
		proved = proved && j.Proved
	}
	if o.Role == capacity.Confirm {
		t.Verdict = result.Undecided
		if proved {
			t.Verdict = result.Proved
		}
		for _, j := range o.Judge(c.Limits, refuting) {
			if j.Refuted {
				t.Verdict = result.Refuted
			}
		}
	}
	return t
}

// why says what goes with the lowest load over the limits.
func (a *Analysis) why(h []capacity.Observation, ids []string, over float64) string {
	at := -1
	for i := range h {
		load := h[i].Rate + float64(h[i].Users)
		if (h[i].Role == capacity.Explore || h[i].Role == capacity.Confirm) && load == over {
			at = i
		}
	}
	if at < 0 {
		return ""
	}
	c := a.measured[ids[at]]
	var parts []string
	switch {
	case h[at].Growing:
		parts = append(parts, "the requests in flight still grew when the warm-up had to end")
	case h[at].Overloaded:
		parts = append(parts, "requests came faster than they ended, and the backlog grew")
	}
	if n := c.Counts.Failed + c.Counts.Shed; n > 0 {
		text := fmt.Sprintf("%d of %d requests failed", n, c.Counts.Scheduled)
		if len(c.Errors) > 0 {
			text += " (" + c.Errors[0] + ")"
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		parts = append(parts, "the load was carried, but waits grew")
	}
	return strings.Join(parts, "; ")
}
