package sim

import (
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/sim/answer"
)

// reply is what a request will be answered, known before it has a slot.
type reply struct {
	// pieces are the texts of the generated tokens. A token that a stop
	// string swallowed is still generated; its piece is empty.
	pieces []string
	reason string // reasonStop or reasonLength
}

// compose writes the answer to a request.
func (s *Server) compose(q *request) reply {
	if s.profile.Plain {
		return s.plain(q)
	}
	tokens, ended := answer.Write(answer.Request{
		Model: s.profile.Model, System: q.before, Prompt: q.prompt, Seed: q.seed,
		Natural: s.profile.OutputTokens, Quality: s.profile.Quality,
		Min: q.min, Max: q.limit, Fixed: q.fixed,
	})
	a := reply{pieces: tokens, reason: reasonLength}
	if ended {
		a.reason = reasonStop
	}
	a.stopAt(q.stops, q.min)
	return a
}

// plain is an answer of one word, as long as was asked for.
func (s *Server) plain(q *request) reply {
	n, reason := q.limit, reasonLength
	if natural := max(q.min, s.profile.OutputTokens); !q.fixed && natural < n {
		n, reason = natural, reasonStop
	}
	a := reply{pieces: slices.Repeat([]string{" word"}, n), reason: reason}
	a.stopAt(q.stops, q.min)
	return a
}

// stopAt ends the reply before the stop string that is complete first, as
// long as that happens after the first least tokens.
func (a *reply) stopAt(stops []string, least int) {
	if len(stops) == 0 {
		return
	}
	text := strings.Join(a.pieces, "")
	allowed := 0 // a stop string must end after this offset
	for _, p := range a.pieces[:min(least, len(a.pieces))] {
		allowed += len(p)
	}
	from, to := -1, len(text)+1
	for _, stop := range stops {
		after := max(0, allowed-len(stop)+1)
		if after > len(text) {
			continue
		}
		if i := strings.Index(text[after:], stop); i >= 0 && after+i+len(stop) < to {
			from, to = after+i, after+i+len(stop)
		}
	}
	if from < 0 {
		return
	}
	pieces := make([]string, 0, len(a.pieces))
	offset := 0
	for _, p := range a.pieces {
		if offset >= to {
			break
		}
		pieces = append(pieces, p[:max(0, min(len(p), from-offset))])
		offset += len(p)
	}
	a.pieces, a.reason = pieces, reasonStop
}

// piece is the text of n tokens, from token k.
func (a reply) piece(k, n int) string {
	if n == 1 {
		return a.pieces[k]
	}
	return strings.Join(a.pieces[k:k+n], "")
}

// text is the whole answer.
func (a reply) text() string { return strings.Join(a.pieces, "") }
