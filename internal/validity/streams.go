package validity

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
)

// Streams counts how the streams of answers were odd, over measured requests that
// succeeded.
type Streams struct {
	HiddenReasoning int // reasoning tokens in the usage, and none in the stream
	LeftOpen        int // left open by the server after the last frame
	Unterminated    int // broken off after it
	UsageFell       int // with a count that was lower than an earlier one
	// Finish counts the reasons of the end whose meaning is not known.
	Finish map[string]int
}

func (s *Streams) add(x *exchange.Exchange) {
	if r := x.ReasoningTokens; x.Streamed && r != nil && *r > 0 && !slices.ContainsFunc(x.Frames, func(f exchange.Frame) bool { return f.Kind == exchange.Reasoning }) {
		s.HiddenReasoning++
	}
	switch x.Ending {
	case exchange.LeftOpen:
		s.LeftOpen++
	case exchange.Unterminated:
		s.Unterminated++
	}
	if x.UsageFell {
		s.UsageFell++
	}
	if x.Finish != "" && exchange.EndOf(x.Finish) == exchange.EndedUnknown {
		if s.Finish == nil {
			s.Finish = map[string]int{}
		}
		s.Finish[x.Finish]++
	}
}

// hiddenReasoning informs: the wait for the first token has the reasoning in it.
func hiddenReasoning(_ Input, e Evidence) result.Check {
	n := e.Answers.Streams.HiddenReasoning
	if n == 0 {
		return result.Check{}
	}
	share := e.Answers.share(n)
	return result.Check{Status: result.Pass, Unit: "ratio", Value: result.Num(share),
		Text: fmt.Sprintf("%s of the answers have reasoning tokens in their usage and none in their stream: the wait for the first token contains the reasoning", percent(share))}
}

// finishReasons: a word that nobody knows may mean that the server gave up.
func finishReasons(_ Input, e Evidence) result.Check {
	words := e.Answers.Streams.Finish
	if len(words) == 0 {
		return result.Check{}
	}
	n := 0
	var all []string
	for _, word := range slices.Sorted(maps.Keys(words)) {
		n += words[word]
		all = append(all, fmt.Sprintf("%d × %q", words[word], word))
	}
	return result.Check{Status: result.Warn, Unit: "ratio", Value: result.Num(e.Answers.share(n)), Limit: result.Num(0),
		Text: fmt.Sprintf("answers ended with a finish reason that is not known: %s; they count as ok", strings.Join(all[:min(5, len(all))], ", ")),
		Fix:  "look the word up in the server's documentation: if it means a failure, these requests failed"}
}

// streamEnds: a server that does not end its responses costs the user of a closed
// loop a wait after each, and a new connection for the next.
func streamEnds(_ Input, e Evidence) result.Check {
	s := e.Answers.Streams
	if s.LeftOpen+s.Unterminated == 0 {
		return result.Check{}
	}
	r := grade("ratio", e.Answers.share(s.LeftOpen+s.Unterminated), 0.01, 2)
	var what []string
	if s.LeftOpen > 0 {
		what = append(what, fmt.Sprintf("%d responses were left open after their last frame", s.LeftOpen))
	}
	if s.Unterminated > 0 {
		what = append(what, fmt.Sprintf("%d broke off after their last frame", s.Unterminated))
	}
	r.Text = strings.Join(what, ", and ") + "; their answers are whole, and no connection is used again after them"
	if r.Status != result.Pass {
		r.Fix = "a gateway that does not pass the end on, or a server that does not send it: each request of a closed loop waits half a second for it, which lowers its throughput"
	}
	return r
}

// usageFell: counts that contradict each other.
func usageFell(_ Input, e Evidence) result.Check {
	n := e.Answers.Streams.UsageFell
	if n == 0 {
		return result.Check{}
	}
	share := e.Answers.share(n)
	return result.Check{Status: result.Warn, Unit: "ratio", Value: result.Num(share), Limit: result.Num(0),
		Text: fmt.Sprintf("in %s of the answers a count of tokens fell from one frame to the next, or to 0; the larger one was used", percent(share)),
		Fix:  "the server's usage, or what a gateway makes of it, is doubtful: compare it with the server's own log"}
}

// clientFailures: requests that failed because of this client say nothing of the
// server.
func clientFailures(_ Input, e Evidence) result.Check {
	n, sent := 0, e.Cell.Counts.Attempted
	for class, k := range e.Cell.Counts.ByClass {
		if exchange.Class(class).ClientSide() {
			n += k
		}
	}
	if n == 0 || sent == 0 {
		return result.Check{}
	}
	r := grade("ratio", float64(n)/float64(sent), 0, 0.01)
	r.Text = fmt.Sprintf("%d of %d requests failed on the client's side: no local port or file for a connection was left, or a kept connection had been closed for its idleness", n, sent)
	r.Fix = "fewer connections, a higher limit of open files, or shorter pauses between the requests of a user than the server keeps idle connections open"
	return r
}
