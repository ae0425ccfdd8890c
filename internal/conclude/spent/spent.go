// Package spent adds up what the requests of a run used and cost.
package spent

import (
	"slices"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/pricing"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// Ledger has the bill of each target. Its zero value is empty.
type Ledger struct{ bills map[string]pricing.Bill }

// Add adds a request of a run's log, whether or not it counts for any figure.
func (l *Ledger) Add(run *runlog.Run, x *exchange.Exchange) {
	b := l.bills[x.Target]
	t, _ := run.Target(x.Target)
	b.Add(x, t.Price)
	l.set(x.Target, b)
}

func (l *Ledger) set(target string, b pricing.Bill) {
	if l.bills == nil {
		l.bills = map[string]pricing.Bill{}
	}
	l.bills[target] = b
}

// Spend is what the ledger and the probes of the run come to; nil for a run without
// targets. limit is the cap in USD; 0: none.
func (l *Ledger) Spend(run *runlog.Run, limit float64) *result.Spend {
	if len(run.Targets) == 0 {
		return nil
	}
	for _, p := range run.Probes {
		b := l.bills[p.Target]
		b.Join(p.Bill)
		l.set(p.Target, b)
	}
	out := &result.Spend{Simulated: true}
	if len(run.Probes) == 0 {
		out.Note = "the log is of an older version, which does not have what the probes before the run used"
	}
	if limit > 0 {
		out.CapUSD = result.Num(limit)
	}
	total, atMost, priced := 0.0, 0.0, false
	for _, t := range append(slices.Clip(run.Targets), helpers(run)...) {
		b := l.bills[t.Name]
		s := result.TargetSpend{
			Target: t.Name, Requests: b.Reported.Requests + b.AtMost.Requests,
			InputTokens: b.Reported.Input + b.AtMost.Input, CachedTokens: b.Reported.Cached + b.AtMost.Cached, CacheWriteTokens: b.Reported.CacheWrite + b.AtMost.CacheWrite,
			OutputTokens: b.Reported.Output + b.AtMost.Output, AtMostRequests: b.AtMost.Requests,
			Price: t.Price, Simulated: t.Evidence == result.Simulated, Reused: reusedOf(run, t.Name),
		}
		if t.Price != nil {
			usd, guessed := b.Cost(*t.Price)
			s.USD = result.Num(usd)
			total, atMost, priced = total+usd, atMost+guessed, true
			out.Simulated = out.Simulated && s.Simulated
		}
		out.Targets = append(out.Targets, s)
	}
	if !priced {
		out.Simulated = false
		return out
	}
	out.USD = result.Num(total)
	if atMost > 0 {
		out.AtMostUSD = result.Num(atMost)
	}
	return out
}

// helpers are those that were sent something and are no targets of the run: a judge.
func helpers(run *runlog.Run) []result.Target {
	var out []result.Target
	for _, p := range run.Probes {
		if _, target := run.Target(p.Target); target || slices.ContainsFunc(out, func(t result.Target) bool { return t.Name == p.Target }) {
			continue
		}
		out = append(out, result.Target{Name: p.Target, Price: p.Price, Evidence: result.Measured})
	}
	return out
}
