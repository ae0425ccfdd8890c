package spent

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/cost"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// Reused sums up, by target, the answers that a run did not ask for since an earlier
// one had. sent is how many prompts a target was sent in the place of which such
// answers can stand.
func Reused(run *runlog.Run, sent func(target string) int) []result.Reuse {
	var out []result.Reuse
	for _, t := range run.Targets {
		u := result.Reuse{Target: t.Name}
		for _, r := range run.Reused {
			if r.Target != t.Name {
				continue
			}
			if u.Answers == 0 || r.At.Before(u.Oldest) {
				u.Oldest = r.At
			}
			if r.At.After(u.Newest) {
				u.Newest = r.At
			}
			u.Answers++
		}
		if u.Answers > 0 {
			u.Sent = sent(t.Name)
			out = append(out, u)
		}
	}
	return out
}

// ReusedUsage is what the reused answers of a target were billed for. The same prompt
// uses the same tokens at the same model, so that today's price of them is today's
// cost. noUsage are those whose tokens the server had not reported.
func ReusedUsage(run *runlog.Run, target string) (usage []cost.Usage, noUsage int) {
	for _, r := range run.Reused {
		switch {
		case r.Target != target || r.Cell != "": // an item is not the traffic that is priced
		case r.Use == nil:
			noUsage++
		default:
			usage = append(usage, cost.Usage{Prompt: r.Prompt, Use: *r.Use, CachedKnown: r.CachedKnown})
		}
	}
	return usage, noUsage
}

// ReuseCondition says in the text of a claim which answers of a target are not of this
// run; "" if all are.
func ReuseCondition(r result.Run, target string) string {
	for _, u := range r.Reused {
		if u.Target == target {
			return fmt.Sprintf("; %s answers of the %s were recorded up to %s before this run", amount.Count(float64(u.Answers)), target, amount.Age(max(0, r.Started.Sub(u.Oldest))))
		}
	}
	return ""
}

func reusedOf(run *runlog.Run, target string) int {
	n := 0
	for _, r := range run.Reused {
		if r.Target == target {
			n++
		}
	}
	return n
}
