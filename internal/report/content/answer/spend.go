package answer

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// spent says what the run itself cost.
func spent(s *result.Spend) string {
	if s == nil {
		return ""
	}
	requests, in, out, again, atMost := 0, 0, 0, 0, ""
	for _, t := range s.Targets {
		again += t.Reused
		if t.AtMostRequests > 0 { // the server did not say what these used
			atMost = "at most "
		}
		requests, in, out = requests+t.Requests, in+t.InputTokens, out+t.OutputTokens
	}
	if requests == 0 {
		return ""
	}
	used := fmt.Sprintf("%s requests with %s%s tokens in and %s out", format.Count(requests), atMost, format.Count(in), format.Count(out))
	if s.USD == nil {
		return used + "; no target has a price per token."
	}
	text := amount.USD(float64(*s.USD))
	if s.AtMostUSD != nil {
		text = "at most " + text
	}
	if s.CapUSD != nil {
		text += " of " + amount.USD(float64(*s.CapUSD))
	}
	if s.Simulated {
		text += " by the list price (a simulated server charges nothing)"
	}
	if again > 0 {
		used += fmt.Sprintf("; %s answers were reused and cost nothing", format.Count(again))
	}
	return plaintext.Capital(text) + " for " + used + "."
}

// reused says of which targets answers are of an earlier run, how old those are, and
// what that leaves out.
func reused(r *result.Result) []string {
	var out []string
	for _, u := range r.Run.Reused {
		if u.Answers == 0 {
			continue
		}
		who := the(u.Target)
		text := fmt.Sprintf("All %s answers of %s are", format.Count(u.Answers), who)
		if u.Sent > 0 {
			text = fmt.Sprintf("%s of %s answers of %s are", format.Count(u.Answers), format.Count(u.Answers+u.Sent), who)
		}
		text += fmt.Sprintf(" of an earlier run, recorded up to %s before this one, and cost nothing now. ", amount.Age(max(0, r.Run.Started.Sub(u.Oldest))))
		if u.Sent == 0 {
			text += "The target was sent none of these prompts, so it has no latency in this run (leave --reuse-baseline out to compare it); its cost is that of the tokens that it reported then."
		} else {
			text += "They are part of no latency; their cost is that of the tokens that were reported then."
		}
		out = append(out, text)
	}
	return out
}
