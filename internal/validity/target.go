package validity

import (
	"fmt"
	"slices"
	"strings"

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
// which only some of the targets may have spent.
func sameFields(in Input) []result.Check {
	if len(in.Targets) < 2 {
		return nil
	}
	var words []string
	same := true
	for i, t := range in.Targets {
		field, sent := countField(t), " "
		same = same && field == countField(in.Targets[0])
		if i == 0 {
			sent = " was sent "
		}
		words = append(words, t.Name+sent+field)
	}
	if same {
		return []result.Check{{Status: result.Pass, Text: "all targets were asked in the same way for the tokens of their frames: " + countField(in.Targets[0])}}
	}
	return []result.Check{{
		Status: result.Warn, Between: true,
		Text: fmt.Sprintf("to count the tokens of frames, %s, which costs a server a little time", list(words)),
		Fix:  "a difference of a few percent may come from that: compare servers that offer the same",
	}}
}

// countField is the field that asked a target for the tokens of each frame.
func countField(t result.Target) string {
	i := slices.IndexFunc(t.Fields, func(f string) bool {
		return f == "stream_options.continuous_usage_stats" || f == "return_token_ids" || f == "logprobs"
	})
	if i < 0 {
		return "no field"
	}
	return t.Fields[i]
}

// list joins words as a sentence does.
func list(words []string) string {
	if n := len(words) - 1; n > 0 {
		return strings.Join(words[:n], ", ") + " and " + words[n]
	}
	return strings.Join(words, "")
}

// loopback reports whether a cell's target runs on the client's own machine, so
// that nothing on the way can have held its answers back.
func (in Input) loopback(e Evidence) bool {
	i := slices.IndexFunc(in.Targets, func(t result.Target) bool { return t.Name == e.Cell.Target })
	if i < 0 || in.Targets[i].Proxy != "" {
		return false
	}
	return in.Targets[i].Loopback()
}
