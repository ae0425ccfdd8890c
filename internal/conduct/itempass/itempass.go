// Package itempass asks items with checks in a pass of their own: what each request of
// the pass says, the answers until nothing is measured any more, and what was found in
// them. Checks are work for the processor and do not belong in a measured window; they run
// on all cores, and their results are those of one.
package itempass

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/quality/ask"
	"github.com/inferometer/inferometer/internal/quality/check"
	"github.com/inferometer/inferometer/internal/workload"
)

// Temperature is that of every item: what is compared are the models, and not draws.
const Temperature = 0.0

// Pass is one pass over items. It is the source of its prompts, and keeps the answers.
// It is safe for concurrent use.
type Pass struct {
	Target, Cell string
	Users        int // at once; 0: an open loop
	set          ask.Set
	requests     []ask.Request
	order        []int // of the requests that are asked; the others have an answer already
	salt, mark   string
	effort       string // of reasoning; "": not said

	mu      sync.Mutex // protects all following fields
	texts   map[int]text
	flights []flight // of all requests, those that are not scored included
	answers []Answer
}

// text is an answer that is on its way to the record of its exchange.
type text struct {
	text    string
	tooLong bool
	calls   []check.Call
}

// Answer is what came of one request of a pass.
type Answer struct {
	index   int
	Request ask.Request
	Asked   string // the user message
	Text    string
	Calls   []check.Call
	Finish  string
	Lost    bool // the request failed
	TooLong bool // Text is cut: nobody has seen its end
	// Reasoned says that the model reasoned before its answer; that text is not kept.
	Reasoned bool
	span     span
	Reused   *time.Time // when it was recorded, of one that was not asked for again
}

// New makes a pass. salt is that of the run, and mark names the pass within it; "" is
// the pass alone.
func New(set ask.Set, requests []ask.Request, salt, mark, effort string) *Pass {
	p := &Pass{set: set, requests: requests, salt: salt, mark: mark, effort: effort, texts: map[int]text{}}
	for i := range requests {
		p.order = append(p.order, i)
	}
	return p
}

// Len is how many requests are asked.
func (p *Pass) Len() int { return len(p.order) }

// Text says in words what is asked.
func (p *Pass) Text() string {
	same, again := 0, 0
	for _, r := range p.requests {
		switch {
		case r.Repeat > 0:
			again++
		case r.Same:
			same++
		}
	}
	out := fmt.Sprintf("%d items with checks (%s)", len(p.requests)-again, p.set.Source)
	switch {
	case again > 0:
		out += fmt.Sprintf(", and %d of them again, byte for byte", again)
	case same > 0:
		out += fmt.Sprintf(", %d of them with the same bytes as alone", same)
	}
	return out + ", each answer as long as the model makes it, at temperature 0"
}

// Item is the i-th request that is asked. Behind the last one are further items, with
// prompts of their own, which keep the load up and are not scored.
func (p *Pass) Item(i int) (workload.Item, error) {
	if i < len(p.order) {
		return p.request(p.requests[p.order[i]], p.mark), nil
	}
	return p.filler(i-len(p.order), "after")
}

// Warm is the prompts of the warm-up: items that are not scored.
func (p *Pass) Warm() workload.Source { return warming{p} }

type warming struct{ *Pass }

func (w warming) Item(i int) (workload.Item, error) { return w.filler(i, "warm-up") }

// filler is an item that is not scored. They begin at the end of the set, so that those
// which are scored come last.
func (p *Pass) filler(i int, what string) (workload.Item, error) {
	n := len(p.set.Items)
	at, err := workload.Wrap(i, n, "items")
	if err != nil {
		return workload.Item{}, err
	}
	it := p.request(ask.Request{Item: &p.set.Items[n-1-at]}, fmt.Sprintf("%s/%s/%s/%d", p.Cell, p.mark, what, i/n))
	it.ID = fillerPrefix + it.ID
	return it, nil
}

// IDPrefix begins the id of each prompt of a pass in the log; before it stands
// fillerPrefix where the answer is not scored.
const (
	IDPrefix     = "item/"
	fillerPrefix = "filler/"
)

// span is when a request was under way, and flight of which item it was.
type span struct{ from, to exchange.Stamp }

type flight struct {
	span
	item string
}

func (s span) overlaps(o span) bool { return s.from <= o.to && o.from <= s.to }

func (p *Pass) request(r ask.Request, mark string) workload.Item {
	user := ask.Text(r, p.salt, mark)
	out := workload.Item{
		ID: IDPrefix + r.ID, Kind: r.Kind, System: r.System, User: user,
		MaxTokens: p.set.Limit(r.Item), Hash: workload.Hash(r.System, user),
	}
	if tools, _ := Tools(r.Item); len(tools) > 0 || p.effort != "" { // New's caller has read them
		out.Wants = &endpoint.Wants{Tools: tools, Effort: p.effort}
		if len(tools) > 0 {
			out.Wants.Choice = "auto"
		}
	}
	return out
}

// Reusable reports whether the answer to the i-th request may be that of an earlier run.
// A repeat is there to be new, and of calls of functions no text is kept.
func (p *Pass) Reusable(i int) bool {
	r := p.requests[i]
	return r.Repeat == 0 && len(r.Tools) == 0
}

// Records reports whether the answer of an exchange may be used again by a later run.
func (p *Pass) Records(x *exchange.Exchange) bool {
	return x.Index < len(p.order) && p.Reusable(p.order[x.Index])
}

// Pick leaves the requests with these indices; the others have an answer.
func (p *Pass) Pick(indices []int) { p.order = indices }

// Known takes an answer that is not asked for again, to the i-th request of the whole
// pass.
func (p *Pass) Known(i int, answer string, truncated bool, at time.Time) {
	a := Answer{index: i, Request: p.requests[i], Text: p.cut(answer), Finish: "stop", Reused: &at}
	if truncated {
		a.Finish = "length"
	}
	a.TooLong = len(a.Text) < len(answer)
	a.Asked = ask.Text(a.Request, p.salt, p.mark)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers = append(p.answers, a)
}

// Take takes the text of an answer, before Emit is called with its exchange.
func (p *Pass) Take(x *exchange.Exchange, answer string, calls []endpoint.ToolCall) {
	if x.Phase != exchange.Measured || x.Index >= len(p.order) {
		return
	}
	t := text{text: p.cut(answer)}
	t.tooLong = len(t.text) < len(answer)
	for _, c := range calls {
		arguments := p.cut(c.Arguments)
		t.calls, t.tooLong = append(t.calls, check.Call{Name: c.Name, Arguments: arguments}), t.tooLong || len(arguments) < len(c.Arguments)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.texts[x.Index] = t
}

// Admit lets every request pass.
func (p *Pass) Admit(*exchange.Exchange) error { return nil }

// Emit takes a request that is over. One that we ended ourselves says nothing of the
// model; one that failed is lost. An answer without any text is an answer.
func (p *Pass) Emit(x *exchange.Exchange) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := span{x.Started, max(x.Done, x.LastToken)}
	p.flights = append(p.flights, flight{at, strings.TrimPrefix(strings.TrimPrefix(x.Prompt, fillerPrefix), IDPrefix)})
	if x.Phase != exchange.Measured || x.Class == exchange.Cut || x.Index >= len(p.order) {
		return
	}
	i := p.order[x.Index]
	t := p.texts[x.Index]
	delete(p.texts, x.Index)
	p.answers = append(p.answers, Answer{
		index: i, Request: p.requests[i], Asked: ask.Text(p.requests[i], p.salt, p.mark),
		Text: t.text, TooLong: t.tooLong, Calls: t.calls, span: at,
		Reasoned: slices.ContainsFunc(x.Frames, func(f exchange.Frame) bool { return f.Kind == exchange.Reasoning }), Finish: x.Finish, Lost: x.Class != exchange.OK && x.Class != exchange.Empty,
	})
}

// Answers hands over the answers so far, in the order in which the pass asks. They are
// in memory until then.
func (p *Pass) Answers() []Answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.answers
	p.answers = nil
	slices.SortFunc(out, func(a, b Answer) int { return a.index - b.index })
	return out
}

const (
	mostText  = 1 << 20   // bytes of one answer that are looked at
	mostTexts = 512 << 20 // and of all answers of a pass
	leastText = 64 << 10
)

// cut bounds what hostile answers can take of memory. How much is kept of one follows
// from the number of requests alone, so that it is the same in each run.
func (p *Pass) cut(s string) string {
	most := max(leastText, min(mostText, mostTexts/max(1, len(p.requests))))
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return strings.Clone(s[:most]) // not a part of what is let go
}
