package validity

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/result"
)

// noneEnded is about a cell in which no request ended. Where requests were waiting
// for an answer when the client gave up, the load was more than the server carries:
// the URL is right.
func noneEnded(e Evidence) result.Check {
	c := result.Check{Status: result.Fail, Text: "no request ended, so nothing was measured",
		Fix: "check the URL with: inferometer doctor URL"}
	cut := e.Cell.Counts.Cut
	if cut == 0 {
		return c
	}
	c.Text += fmt.Sprintf(": all %d were still running, and were cut", cut)
	if s := e.Cell.Server; s != nil && s.WaitingMax != nil && *s.WaitingMax > 0 {
		c.Text += fmt.Sprintf("; up to %.0f waited in the server's queue", *s.WaitingMax)
	}
	c.Fix = "the load is more than the server carries, or answers take longer than the cell: give them more time with --duration or --grace"
	if e.Flag != "" {
		c.Fix += ", or lower " + e.Flag
	}
	if fix := e.lower(); fix != "" {
		c.Fix = fix
	}
	return c
}

// lower is all that helps where the load was more than the server carries: a longer
// run has a longer queue. Empty where it was not.
func (e Evidence) lower() string {
	o := e.Cell.Overload()
	if o == nil || !o.Sure {
		return ""
	}
	fix := "the load is more than the server carries: lower it"
	if e.Flag != "" {
		fix = "the load is more than the server carries: lower " + e.Flag
	}
	return fix
}

// usersShort: a closed loop in which some users never get an answer is the load of
// fewer users. Any missing user warns, a tenth of them fails.
func usersShort(_ Input, e Evidence) result.Check {
	a, want := e.Cell.Achieved, e.Cell.Load.WantedUsers()
	if a == nil || want == 0 || e.Cell.Counts.Scheduled == 0 {
		return result.Check{}
	}
	missing := max(0, want-a.Users)
	r := grade("ratio", float64(missing)/float64(want), 0, 0.10)
	r.Text = fmt.Sprintf("%d of %d users had an answer", a.Users, want)
	if a.InFlight != nil {
		r.Text += fmt.Sprintf("; %.3g requests were in flight on average", float64(*a.InFlight))
	}
	if a.Absent > 0 && r.Status == result.Pass {
		r.Status = result.Warn
	}
	if a.Absent > 0 {
		r.Text += fmt.Sprintf("; the window opened while %d had had no answer in the warm-up", a.Absent)
	}
	if n := e.Cell.Counts; n.WarmupFailed+n.WarmupCut > 0 {
		r.Text += fmt.Sprintf("; of %d warm-up requests %d failed and %d were not answered", n.Warmup, n.WarmupFailed, n.WarmupCut)
	}
	if r.Status != result.Pass {
		r.Fix = "the server answers fewer connections at once than there are users: use fewer, or raise the server's limit"
	}
	return r
}
