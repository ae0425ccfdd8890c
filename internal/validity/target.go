package validity

import (
	"fmt"
	"slices"

	"github.com/inferometer/inferometer/internal/result"
)

// targets: what lies between the client and a target, and whether two targets
// were asked alike.
func targets(in Input) []result.Check {
	var out []result.Check
	for _, t := range in.Targets {
		if t.Proxy != "" {
			out = append(out, proxied(t, in.Cells))
		}
	}
	if len(in.Targets) == 2 {
		out = append(out, sameCounts(in.Targets[0], in.Targets[1]))
	}
	return out
}

// proxied: a proxy is part of every latency that was measured through it.
func proxied(t result.Target, cells []Cell) result.Check {
	r := result.Check{ID: "proxy", Status: result.Warn, Fix: "measure without it if the users do not have it: --proxy none, or NO_PROXY"}
	r.Text = fmt.Sprintf("%s was measured through the proxy %s, whose delays are part of all figures", t.Name, t.Proxy)
	worst := -1.0
	for _, c := range cells {
		if k := c.Result.Client; c.Result.Target == t.Name && k != nil && k.ProxyP50 != nil {
			worst = max(worst, *k.ProxyP50)
		}
	}
	if worst >= 0 {
		r.Text += fmt.Sprintf("; of connect, %.3g ms (median) were its way to the server", worst)
	}
	return r
}

// sameCounts: to count the tokens of each frame costs a server a little time,
// which of two targets one may have had and the other not.
func sameCounts(a, b result.Target) result.Check {
	of := func(t result.Target) string {
		i := slices.IndexFunc(t.Fields, func(f string) bool {
			return f == "stream_options.continuous_usage_stats" || f == "return_token_ids" || f == "logprobs"
		})
		if i < 0 {
			return "no field"
		}
		return t.Fields[i]
	}
	r := result.Check{ID: "same_fields", Status: result.Pass, Text: "both targets were asked alike for the tokens of their frames: " + of(a)}
	if x, y := of(a), of(b); x != y {
		r.Status = result.Warn
		r.Text = fmt.Sprintf("to count the tokens of frames, %s was sent %s and %s %s, which costs a server a little time", a.Name, x, b.Name, y)
		r.Fix = "a difference of a few percent may come from that: compare servers that offer the same"
	}
	return r
}
