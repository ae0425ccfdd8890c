package conduct

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/conduct/tell"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// What callers get from a Session, by the names of the package that defines it, so that
// one import is enough.
type (
	Event = tell.Event
	Spend = tell.Spend
)

// spending is what the run has cost so far.
func (s *Session) spending() *Spend {
	usd, limit, priced := s.spend.Spent()
	if !priced {
		return nil
	}
	out := &Spend{USD: usd, Cap: limit, Simulated: true}
	for _, t := range s.targets {
		if t.Found.Price != nil && t.Found.Evidence != result.Simulated {
			out.Simulated = false
		}
	}
	return out
}

// Tell tells of a step of progress.
func (s *Session) Tell(e Event) { s.teller.Tell(e) }

// Waiting says what the run waits for, until the returned function is called.
func (s *Session) Waiting(what string) (end func()) { return s.teller.Wait(what) }

// keepProgress has the log say twice a second where the run is, for whoever follows it
// from another process. The load never waits for that.
func (s *Session) keepProgress() {
	s.teller.Keep(func(e Event) { s.log.Progress(progressRecord(e)) })
}

// progressRecord is an event as the log has it.
func progressRecord(e Event) *runlog.ProgressRecord {
	at := exchange.Stamp(e.Elapsed)
	if e.Kind == "wait" {
		return &runlog.ProgressRecord{At: at, Waiting: e.Text}
	}
	st := e.Status
	p := &runlog.ProgressRecord{
		At: at, Cell: e.Cell, Target: e.Target, Load: e.Load, Phase: st.Phase, Step: e.Step, Steps: e.Steps,
		InFlight: st.InFlight, Due: st.InFlight + st.Warmed + st.Ended, Warmed: st.Warmed, Ended: st.Ended, Total: e.Total, Failed: st.Failed,
		Queued: e.Queued, Trouble: e.Trouble, Failing: e.Failing,
	}
	if st.Left > 0 {
		p.LeftS = new(st.Left.Seconds())
	}
	if c := e.Spend; c != nil {
		p.SpendUSD, p.CapUSD, p.Simulated = new(c.USD), c.Cap, c.Simulated
	}
	return p
}

// event is where a cell under way is.
func (c *Cell) event(kind string, total int) Event {
	return Event{
		Kind: kind, Cell: c.ID, Target: c.target.Name, Total: total, Load: c.brief(), Step: c.step, Steps: c.steps, Users: c.shape.Users,
	}
}

// brief is the load of a cell in a few words.
func (c *Cell) brief() string {
	switch {
	case c.shape.Users == 1:
		return "1 user"
	case c.shape.Users > 1:
		return fmt.Sprintf("%d users", c.shape.Users)
	case len(c.shape.Times) > 0:
		return "a trace"
	case c.conversations != nil:
		return fmt.Sprintf("%v conversations/s", c.shape.Schedule.Curve)
	}
	return fmt.Sprintf("%v requests/s", c.shape.Schedule.Curve)
}
