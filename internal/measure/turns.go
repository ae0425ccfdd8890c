package measure

import (
	"slices"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/result"
)

// maxTurnRows is the number of turns with a row of their own; later ones share one.
const maxTurnRows = 16

// conversations adds up how the measured turns of conversations ended.
type conversations struct {
	result.Conversations
	// input tokens of the requests whose cached tokens, and whose history, are
	// known; by row, the last for all
	ofCached, ofHistory [maxTurnRows + 2]float64
}

// rowOf is the row of a turn.
func rowOf(turn int) int { return min(max(turn, 1)-1, maxTurnRows) }

// add takes a measured request.
func (t *conversations) add(x *exchange.Exchange) {
	row := t.row(rowOf(x.Turn))
	ended := x.Class != exchange.OK
	if x.Turn == 1 {
		t.Begun++
	}
	switch {
	case ended:
		t.Broken++
	case x.Turn == x.Turns:
		t.Completed++
	case x.AnswerBytes == 0:
		t.Silent++
		ended = true
	}
	count(row, x)
	count(&t.Total, x)
	if x.Class == exchange.OK {
		t.tokens(row, rowOf(x.Turn), x)
		t.tokens(&t.Total, maxTurnRows+1, x)
	}
	if ended {
		for k := x.Turn + 1; k <= x.Turns; k++ {
			t.row(rowOf(k)).Unsent++
			t.Total.Unsent++
		}
	}
}

// row returns a row of the table, and adds it and those before it as needed.
func (t *conversations) row(i int) *result.Turn {
	for len(t.Turns) <= i {
		n := len(t.Turns)
		t.Turns = append(t.Turns, result.Turn{Turn: n + 1, Later: n == maxTurnRows})
	}
	return &t.Turns[i]
}

func count(r *result.Turn, x *exchange.Exchange) {
	r.Scheduled++
	switch {
	case x.Class == exchange.OK:
		r.OK++
	case x.Class == exchange.Cut:
		r.Cut++
	case x.Class == exchange.Shed:
		r.Shed++
	default:
		r.Failed++
	}
}

// tokens adds the counts of an ok request to a row, by its index.
func (t *conversations) tokens(r *result.Turn, i int, x *exchange.Exchange) {
	if x.OutputTokens != nil {
		r.OutputTokens, r.OutputN = r.OutputTokens+*x.OutputTokens, r.OutputN+1
	}
	if x.InputTokens == nil {
		return
	}
	in := *x.InputTokens
	r.InputTokens, r.InputN = r.InputTokens+in, r.InputN+1
	if x.CachedTokens != nil {
		r.CachedTokens, r.CachedN = r.CachedTokens+*x.CachedTokens, r.CachedN+1
		t.ofCached[i] += float64(in)
	}
	if x.HistoryTokens != nil {
		// A template may end an answer in fewer tokens than the model did.
		r.HistoryTokens, r.HistoryN = r.HistoryTokens+min(in, *x.HistoryTokens), r.HistoryN+1
		t.ofHistory[i] += float64(in)
	}
}

// hits works out the ratios of a row.
func (t *conversations) hits(r *result.Turn, i int) {
	if t.ofCached[i] > 0 {
		r.ObservedHits = result.Num(float64(r.CachedTokens) / t.ofCached[i])
	}
	if t.ofHistory[i] > 0 {
		r.IdealHits = result.Num(float64(r.HistoryTokens) / t.ofHistory[i])
	}
}

// turnTable is the table of turns, once settled.
func (c *Collector) turnTable(load result.LoadShape) *result.Conversations {
	out := c.conversations.Conversations
	out.Turns = append([]result.Turn{}, out.Turns...)
	for i := range out.Turns {
		c.conversations.hits(&out.Turns[i], i)
		out.Turns[i].Stats = c.turnStats(load, func(row int) bool { return rowOf(int(c.turns[row])) == i })
	}
	c.conversations.hits(&out.Total, maxTurnRows+1)
	out.Total.Stats = c.turnStats(load, func(int) bool { return true })
	return &out
}

// turnStats are the statistics of some rows, without the curves of figures.
func (c *Collector) turnStats(load result.LoadShape, keep func(row int) bool) map[string]result.Statistic {
	out := map[string]result.Statistic{}
	for _, m := range metric.Headlines() {
		if s, ok := c.distributionOf(m, c.whole, load, keep); ok {
			s.Curve = nil
			out[m.Tag] = s
		}
	}
	return out
}

// beginnings are the due times of first turns, and when those were sent that
// were.
func (c *Collector) beginnings(window exchange.Spans) (due, sent []exchange.Stamp) {
	var start exchange.Stamp
	if len(window) > 0 {
		start = window[0].Start
	}
	for i, turn := range c.turns {
		if turn != 1 {
			continue
		}
		due = append(due, c.due[i]-start)
		if c.writing[i].Happened() {
			sent = append(sent, c.writing[i]-start)
		}
	}
	slices.Sort(sent)
	return due, sent
}
