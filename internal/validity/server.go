package validity

import (
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/result"
)

// counters are the server's own metrics of a cell, where they can be compared
// with what the client saw; nil where they were not read, or say nothing.
func (e Evidence) counters() *result.Server {
	if s := e.Cell.Server; s != nil && s.Falls == 0 && s.Withheld == "" {
		return s
	}
	return nil
}

// serverMetrics says why the server's metrics, which were looked for, cannot be
// used. There is no check of a server whose metrics were not read.
func serverMetrics(_ Input, e Evidence) result.Check {
	s := e.Cell.Server
	if s == nil || s.Falls > 0 || s.Withheld == "" {
		return result.Check{}
	}
	return notAssessed("the server's own metrics say nothing about this cell: " + s.Withheld)
}

// serverRestart: counters only rise. One that fell belongs to a server that was
// restarted; where it happens again and again, several servers answer.
func serverRestart(_ Input, e Evidence) result.Check {
	s := e.Cell.Server
	if s == nil || s.Falls == 0 {
		return result.Check{}
	}
	r := result.Check{Value: result.Num(float64(s.Falls)), Status: result.Fail,
		Text: "a counter of the server's metrics fell: the server was restarted during the measurement",
		Fix:  "look at the server's log, and measure again; if a load balancer distributes requests to several servers, name the metrics of one with --metrics-url, or off"}
	if s.Falls > 1 {
		r.Status = result.Warn
		r.Text = fmt.Sprintf("counters of the server's metrics fell %d times: several servers seem to answer in turn, or one restarts again and again, and what they counted says nothing about this cell", s.Falls)
	}
	return r
}

// requestSlack is the share by which a server may count more requests than were
// sent before that means that others use it too.
const requestSlack = 0.01

func serverTokens(_ Input, e Evidence) result.Check {
	if s := e.counters(); s != nil {
		return serverCount("generated tokens", s, s.GenerationTokens, s.Ours.GenerationTokens)
	}
	return result.Check{}
}

func serverPromptTokens(_ Input, e Evidence) result.Check {
	if s := e.counters(); s != nil {
		return serverCount("prompt tokens", s, s.PromptTokens, s.Ours.PromptTokens)
	}
	return result.Check{}
}

// serverCount: the increase of a server's counter against all that its answers
// to this client add up to, warm-up included; 10 % warns.
func serverCount(what string, s *result.Server, counted *float64, ours *result.Span) result.Check {
	switch {
	case counted == nil:
		return notAssessed("the server does not count " + what)
	case ours == nil:
		return notAssessed(fmt.Sprintf("the client does not know the %s of every answer", what))
	case *counted == 0 && ours.Hi == 0:
		return notAssessed(fmt.Sprintf("there were no %s", what))
	}
	off := max(ours.Lo-*counted, *counted-ours.Hi, 0)
	r := grade("ratio", off/max(ours.Lo, 1), 0.10, math.Inf(1))
	r.Text = fmt.Sprintf("the server counted %.0f %s, the client %s, warm-up included", *counted, what, spanText(ours))
	if r.Status == result.Pass {
		return r
	}
	switch others := s.Requests != nil && *s.Requests > float64(s.Ours.Requests)*(1+requestSlack); {
	case *counted < ours.Lo:
		r.Fix = "find out whether all requests reach the server that these metrics belong to (--metrics-url names others), and whether its metrics and its answers count tokens the same way"
	case others:
		r.Text += fmt.Sprintf("; it also counted %.0f requests where the client sent %d: others use it too", *s.Requests, s.Ours.Requests)
		r.Fix = "what others send is part of the latency: measure while nobody else uses the server"
	default:
		r.Fix = "either others use the server too, or its metrics and its answers count tokens differently"
	}
	return r
}

func spanText(s *result.Span) string {
	if s.Lo == s.Hi {
		return fmt.Sprintf("%.0f", s.Lo)
	}
	return fmt.Sprintf("%.0f to %.0f (some requests failed or were cut)", s.Lo, s.Hi)
}

// serverCache: what the server found in its prefix cache, next to what its
// answers said; contamination warns as it does by the answers (prefix_cache),
// and so does a contradiction of more than five points.
func serverCache(_ Input, e Evidence) result.Check {
	s := e.counters()
	if s == nil {
		return result.Check{}
	}
	of := s.PrefixQueries
	if of == nil {
		of = s.PromptTokens // SGLang counts no lookups
	}
	if s.CachedTokens == nil || of == nil {
		return notAssessed("the server does not count what it finds in its prefix cache")
	}
	if *of <= 0 {
		return notAssessed("the server looked nothing up in its prefix cache")
	}
	share := *s.CachedTokens / *of
	r := grade("ratio", share, 0.05, math.Inf(1))
	r.Text = fmt.Sprintf("the server found %s of the prompt tokens in its prefix cache, warm-up included", percent(share))
	if e.reusesPrompts() {
		r.Status = result.Pass
	}
	if r.Status != result.Pass {
		r.Fix = "ttft looks better than it is by that much: turn the server's prefix cache off to compare servers"
	}
	usage := s.Ours.CachedShare
	if usage == nil {
		return r
	}
	if math.Abs(share-*usage) <= 0.05 {
		r.Text += fmt.Sprintf(", and said %s in its answers", percent(*usage))
		return r
	}
	r.Status = result.Warn
	r.Text += fmt.Sprintf(", but said %s in its answers", percent(*usage))
	r.Fix = "one of the two is wrong, or others use the server too: do not rely on figures that use cached tokens, such as the cost"
	return r
}

// preemptions: a preempted request waits and is computed again, which shows as
// a stall or a long time to first token.
func preemptions(_ Input, e Evidence) result.Check {
	s := e.counters()
	if s == nil {
		return result.Check{}
	}
	if s.Preemptions == nil {
		return notAssessed("the server does not count preemptions")
	}
	r := grade("", *s.Preemptions, 0, math.Inf(1))
	r.Text = fmt.Sprintf("the server preempted %.0f requests for lack of KV cache", *s.Preemptions)
	if r.Status != result.Pass {
		r.Fix = "stalls and long waits may come from that: lower the load or the lengths, or give the server more KV cache"
	}
	return r
}

// serverQueue informs: the part of the time to first token that was a wait in
// the server.
func serverQueue(_ Input, e Evidence) result.Check {
	s := e.counters()
	if s == nil {
		return result.Check{}
	}
	if s.QueueMS == nil {
		return notAssessed("the server does not count how long requests wait")
	}
	return result.Check{Status: result.Pass, Unit: "ms", Value: result.Num(*s.QueueMS),
		Text: fmt.Sprintf("requests waited %s ms (mean) in the server before it started them, by its own clock", number(float64(*s.QueueMS)))}
}
