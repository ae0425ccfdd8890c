package validity

import (
	"fmt"
	"slices"

	"github.com/inferometer/inferometer/internal/result"
)

// proxies: a proxy is part of every latency that was measured through it.
func proxies(in Input) []result.Check {
	var out []result.Check
	for _, t := range in.Targets {
		if t.Proxy != "" {
			out = append(out, proxied(t, in.Cells))
		}
	}
	return out
}

func proxied(t result.Target, cells []Evidence) result.Check {
	r := result.Check{Status: result.Warn, Fix: "measure without it if the users do not have it: --proxy none, or NO_PROXY"}
	r.Text = fmt.Sprintf("%s was measured through the proxy %s, whose delays are part of all figures", t.Name, t.Proxy)
	worst := -1.0
	for _, e := range cells {
		if k := e.Cell.Client; e.Cell.Target == t.Name && k != nil && k.ProxyP50 != nil {
			worst = max(worst, *k.ProxyP50)
		}
	}
	if worst >= 0 {
		r.Text += fmt.Sprintf("; %.3g ms (median) of connect were its own connection to the server", worst)
	}
	return r
}

// sameFields: counting the tokens of each frame costs a server a little time,
// which only one of two targets may have spent.
func sameFields(in Input) []result.Check {
	if len(in.Targets) != 2 {
		return nil
	}
	a, b := in.Targets[0], in.Targets[1]
	of := func(t result.Target) string {
		i := slices.IndexFunc(t.Fields, func(f string) bool {
			return f == "stream_options.continuous_usage_stats" || f == "return_token_ids" || f == "logprobs"
		})
		if i < 0 {
			return "no field"
		}
		return t.Fields[i]
	}
	r := result.Check{Status: result.Pass, Text: "both targets were asked in the same way for the tokens of their frames: " + of(a)}
	if x, y := of(a), of(b); x != y {
		r.Status = result.Warn
		r.Text = fmt.Sprintf("to count the tokens of frames, %s was sent %s and %s %s, which costs a server a little time", a.Name, x, b.Name, y)
		r.Fix = "a difference of a few percent may come from that: compare servers that offer the same"
	}
	return []result.Check{r}
}
