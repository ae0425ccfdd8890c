package measure

import (
	"math/rand/v2"
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
)

func turnOf(x *exchange.Exchange, session, turn, turns, history int) *exchange.Exchange {
	x.Session, x.Turn, x.Turns, x.AnswerBytes = session, turn, turns, 10
	x.HistoryTokens = num(history)
	return x
}

func talkCell(in Input, xs []*exchange.Exchange) *result.Conversations {
	in.Load.Of = result.OfConversations
	c := cellOf(in, xs)
	return c.Conversations
}

// sum adds the rows of a table up, but for what no sum is.
func sum(rows []result.Turn) result.Turn {
	var out result.Turn
	for _, r := range rows {
		out.Scheduled, out.OK, out.Failed, out.Cut, out.Shed, out.Unsent = out.Scheduled+r.Scheduled, out.OK+r.OK, out.Failed+r.Failed, out.Cut+r.Cut, out.Shed+r.Shed, out.Unsent+r.Unsent
		out.InputTokens, out.InputN, out.OutputTokens, out.OutputN = out.InputTokens+r.InputTokens, out.InputN+r.InputN, out.OutputTokens+r.OutputTokens, out.OutputN+r.OutputN
		out.CachedTokens, out.CachedN, out.HistoryTokens, out.HistoryN = out.CachedTokens+r.CachedTokens, out.CachedN+r.CachedN, out.HistoryTokens+r.HistoryTokens, out.HistoryN+r.HistoryN
	}
	return out
}

// Totals of a table of turns add up to the cell's, whatever the turns have met
// (SGLang's multi-turn benchmark has a total input of 0).
func TestTurnsAddUp(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var xs []*exchange.Exchange
	input, at := 0, 0.0
	for session := 1; session <= 200; session++ {
		turns := 1 + r.IntN(30) // beyond the rows of their own
		for k := 1; k <= turns; k++ {
			at += 10
			x := turnOf(good(at, 10, 20, 30), session, k, turns, 90*(k-1)/k)
			*x.InputTokens = 50 * k
			switch r.IntN(20) {
			case 0:
				x.Class, x.Error = exchange.HTTP5xx, "no"
			case 1:
				x.Class = exchange.Cut
			case 2:
				x.InputTokens = nil
			case 3:
				x.AnswerBytes = 0
			case 4:
				x.Class = exchange.Shed
			case 5:
				x.CachedTokens = num(7)
			case 6:
				x.Phase = exchange.Cooldown
			}
			xs = append(xs, x)
			if x.Phase == exchange.Measured && x.Class == exchange.OK && x.InputTokens != nil {
				input += *x.InputTokens
			}
			if x.Class != exchange.OK || x.AnswerBytes == 0 {
				break
			}
		}
	}
	c := cellOf(Input{Load: result.LoadShape{Kind: "closed", Users: 3, Of: result.OfConversations}, Start: ms(0), End: ms(at + 100)}, xs)
	talks := c.Conversations
	got, want := sum(talks.Turns), talks.Total
	stats := want.Stats
	want.Stats, want.IdealHits, want.ObservedHits = nil, nil, nil
	if got.Scheduled != want.Scheduled || got.Unsent != want.Unsent || got.InputTokens != want.InputTokens || got.InputN != want.InputN ||
		got.CachedTokens != want.CachedTokens || got.HistoryTokens != want.HistoryTokens || got.OutputTokens != want.OutputTokens || got.Cut != want.Cut {
		t.Errorf("the rows add up to\n%+v, and the total is\n%+v", got, want)
	}
	n := c.Counts
	if want.Scheduled != n.Scheduled || want.OK != n.OK || want.Failed != n.Failed || want.Cut != n.Cut || want.Shed != n.Shed {
		t.Errorf("total %+v, counts %+v", want, n)
	}
	if want.InputTokens != input || input == 0 {
		t.Errorf("%d input tokens, %d were sent", want.InputTokens, input)
	}
	of := 0
	for _, r := range talks.Turns {
		of += r.Stats["ttft"].N
	}
	if of != stats["ttft"].N || of != c.Metrics.Stats["ttft"].N {
		t.Errorf("%d times to first token in the rows, %d in the total, %d in the cell", of, stats["ttft"].N, c.Metrics.Stats["ttft"].N)
	}
	if len(talks.Turns) != maxTurnRows+1 || !talks.Turns[maxTurnRows].Later || talks.Turns[maxTurnRows-1].Later {
		t.Errorf("%d rows", len(talks.Turns))
	}
}

// Throughput is over a window that ends with the last answer, and not with the
// answer to the request that was started last (vLLM's multi-turn script).
func TestRunTimeIsNotOfTheLastStarted(t *testing.T) {
	long := turnOf(good(0, 10, 9990), 1, 1, 1, 0)
	short := turnOf(good(500, 10, 20), 2, 1, 1, 0)
	c := cellOf(Input{Load: result.LoadShape{Kind: "closed", Users: 2, Of: result.OfConversations}, Start: ms(0), End: ms(10000)}, []*exchange.Exchange{short, long})
	if got := rateOf(t, c.Metrics, "throughput"); got != 0.2 {
		t.Errorf("%v requests/s, of 2 in 10 s", got)
	}
}

// What the server does not say is not known, and history is not taken for what
// was cached (vLLM's multi-turn script reports the one as the other).
func TestHitsAreTheServersWord(t *testing.T) {
	for _, tt := range []struct {
		name     string
		cached   *int
		observed float64 // below 0: absent
	}{{"silent", nil, -1}, {"no hits", num(0), 0}, {"hits", num(30), 0.3}} {
		xs := []*exchange.Exchange{turnOf(good(0, 10, 20), 1, 1, 2, 0), turnOf(good(100, 10, 20), 1, 2, 2, 80)}
		for _, x := range xs {
			x.CachedTokens = tt.cached
		}
		talks := talkCell(Input{Start: ms(0), End: ms(200)}, xs)
		for i, r := range append(talks.Turns, talks.Total) {
			ideal := []float64{0, 0.8, 0.4}[i]
			if r.IdealHits == nil || float64(*r.IdealHits) != ideal {
				t.Errorf("%s, row %d: at best %v, want %v", tt.name, i, r.IdealHits, ideal)
			}
			if (r.ObservedHits == nil) != (tt.observed < 0) || r.ObservedHits != nil && float64(*r.ObservedHits) != tt.observed {
				t.Errorf("%s, row %d: observed %v, want %v", tt.name, i, r.ObservedHits, tt.observed)
			}
		}
	}
	// Without any usage nothing is known, and nothing is 0.
	x := turnOf(good(0, 10, 20), 1, 1, 1, 0)
	x.InputTokens, x.HistoryTokens = nil, nil
	if r := talkCell(Input{Start: ms(0), End: ms(200)}, []*exchange.Exchange{x}).Total; r.IdealHits != nil || r.ObservedHits != nil || r.InputN != 0 {
		t.Errorf("%+v", r)
	}
}

func TestHowConversationsEnd(t *testing.T) {
	whole := func(session int) []*exchange.Exchange {
		return []*exchange.Exchange{turnOf(good(0, 10, 20), session, 1, 2, 0), turnOf(good(100, 10, 20), session, 2, 2, 50)}
	}
	broken, silent := turnOf(failed(10), 3, 1, 4, 0), turnOf(good(20, 10, 20), 4, 1, 3, 0)
	silent.AnswerBytes = 0
	xs := append(append(whole(1), whole(2)...), broken, silent, turnOf(good(30, 10, 20), 5, 1, 2, 0))
	talks := talkCell(Input{Start: ms(0), End: ms(300)}, xs)
	if talks.Begun != 5 || talks.Completed != 2 || talks.Broken != 1 || talks.Silent != 1 || talks.Total.Unsent != 5 {
		t.Errorf("%+v", talks)
	}
	var unsent []int
	for _, r := range talks.Turns {
		unsent = append(unsent, r.Unsent)
	}
	if len(unsent) != 4 || unsent[0] != 0 || unsent[1] != 2 || unsent[2] != 2 || unsent[3] != 1 {
		t.Errorf("never sent, by turn: %v", unsent)
	}
}
