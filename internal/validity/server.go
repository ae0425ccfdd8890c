package validity

import (
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/result"
)

// server: what a server's own metrics say, against what the client saw. There
// are no checks for a server whose metrics were not read, and one that says why
// where they were read in vain.
func server(c Cell) []result.Check {
	s := c.Result.Server
	switch {
	case s == nil:
		return nil
	case s.Falls > 0:
		return []result.Check{fallen(s)}
	case s.Withheld != "":
		return []result.Check{notAssessed("server_metrics", "the server's own metrics say nothing of this cell: "+s.Withheld)}
	}
	return []result.Check{
		serverCount("server_tokens", "generated tokens", s, s.GenerationTokens, s.Ours.GenerationTokens),
		serverCount("server_prompt_tokens", "prompt tokens", s, s.PromptTokens, s.Ours.PromptTokens),
		serverCache(c), preemptions(s), serverQueue(s),
	}
}

// fallen: counters only rise. One that fell belongs to a server that began
// anew; where it happens again and again, several servers answer.
func fallen(s *result.Server) result.Check {
	r := result.Check{ID: "server_restart", Value: result.Num(float64(s.Falls)), Status: result.Fail,
		Text: "a counter of the server's metrics fell: it was restarted while it was measured",
		Fix:  "look into the server's log, and measure again; if a load balancer stands before several servers, name the metrics of one with --metrics-url, or off"}
	if s.Falls > 1 {
		r.Status = result.Warn
		r.Text = fmt.Sprintf("counters of the server's metrics fell %d times: several servers seem to answer in turn, or one restarts again and again, and what they counted says nothing of this cell", s.Falls)
	}
	return r
}

// requestSlack is by how many requests a server may count more than were sent,
// as a share, before that means that others use it too.
const requestSlack = 0.01

// serverCount: the server's difference of a counter against all that the
// client's answers say, warm-up included; 10 % warns.
func serverCount(id, what string, s *result.Server, counted *float64, ours *result.Span) result.Check {
	switch {
	case counted == nil:
		return notAssessed(id, "the server does not count "+what)
	case ours == nil:
		return notAssessed(id, fmt.Sprintf("the client does not know the %s of every answer", what))
	case *counted == 0 && ours.Hi == 0:
		return notAssessed(id, fmt.Sprintf("there were no %s", what))
	}
	off := max(ours.Lo-*counted, *counted-ours.Hi, 0)
	r := grade(id, "ratio", off/max(ours.Lo, 1), 0.10, math.Inf(1))
	r.Text = fmt.Sprintf("the server counted %.0f %s, the client %s, warm-up included", *counted, what, spanText(ours))
	if r.Status == result.Pass {
		return r
	}
	switch others := s.Requests != nil && *s.Requests > float64(s.Ours.Requests)*(1+requestSlack); {
	case *counted < ours.Lo:
		r.Fix = "find out whether all requests reach the server whose metrics these are (--metrics-url names others), and whether it counts as its answers do"
	case others:
		r.Text += fmt.Sprintf("; it also counted %.0f requests where the client sent %d: others use it too", *s.Requests, s.Ours.Requests)
		r.Fix = "what others send is part of the latency: measure while nobody else uses the server"
	default:
		r.Fix = "either others use the server too, or it counts in another way than its answers do"
	}
	return r
}

func spanText(s *result.Span) string {
	if s.Lo == s.Hi {
		return fmt.Sprintf("%.0f", s.Lo)
	}
	return fmt.Sprintf("%.0f to %.0f (some requests failed or were cut)", s.Lo, s.Hi)
}

// serverCache: what the server found in its prefix cache, beside what its
// answers said; contamination warns as it does by the answers (prefix_cache),
// and so does a contradiction of more than five points.
func serverCache(c Cell) result.Check {
	const id = "server_prefix_cache"
	s := c.Result.Server
	of := s.PrefixQueries
	if of == nil {
		of = s.PromptTokens // SGLang counts no lookups
	}
	if s.CachedTokens == nil || of == nil {
		return notAssessed(id, "the server does not count what it finds in its prefix cache")
	}
	if *of <= 0 {
		return notAssessed(id, "the server looked nothing up in its prefix cache")
	}
	share := *s.CachedTokens / *of
	r := grade(id, "ratio", share, 0.05, math.Inf(1))
	r.Text = fmt.Sprintf("the server found %s of the prompt tokens in its prefix cache, warm-up included", percent(share))
	if c.reusesPrompts() {
		r.Status = result.Pass
	}
	if r.Status != result.Pass {
		r.Fix = "ttft is flattered by that much: turn the server's prefix cache off to compare servers"
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
	r.Fix = "one of the two is not what it says, or others use the server too: do not rely on figures of cached tokens, such as the cost"
	return r
}

// preemptions: a request that is put back waits and is computed anew, which
// shows as a stall or a long time to first token.
func preemptions(s *result.Server) result.Check {
	if s.Preemptions == nil {
		return notAssessed("preemptions", "the server does not count preemptions")
	}
	r := grade("preemptions", "", *s.Preemptions, 0, math.Inf(1))
	r.Text = fmt.Sprintf("the server put %.0f requests back for want of KV cache", *s.Preemptions)
	if r.Status != result.Pass {
		r.Fix = "stalls and long waits may come from that: lower the load or the lengths, or give the server more KV cache"
	}
	return r
}

// serverQueue informs: the part of the time to first token that was a wait in
// the server.
func serverQueue(s *result.Server) result.Check {
	if s.QueueMS == nil {
		return notAssessed("server_queue", "the server does not count how long requests wait")
	}
	return result.Check{ID: "server_queue", Status: result.Pass, Unit: "ms", Value: result.Num(*s.QueueMS),
		Text: fmt.Sprintf("requests waited %.3g ms (mean) in the server before it took them up, by its own clock", *s.QueueMS)}
}
