// Package agreement asks endpoints the same prompts several times at temperature 0,
// one at a time and with several users at once, and says how often the answers are the
// same: of one endpoint with itself, and of two with each other. It measures no time,
// so it writes no run.
package agreement

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/inferometer/inferometer/internal/conduct/target"
	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/quality/item"
	"github.com/inferometer/inferometer/internal/quality/same"
)

// Options says what is asked.
type Options struct {
	Version string // of this tool, for the user agent
	Items   []item.Item
	Users   []int // levels besides one at a time
	Repeats int   // answers to each prompt at each level; at least 2
	Output  int   // token limit of an answer
	// Top is how many of the likeliest tokens are asked for at each place; 0: none.
	Top  int
	Tell func(text string) // progress; nil for silence
}

// Result is what the answers say.
type Result struct {
	Prompts   int        `json:"prompts"`
	Repeats   int        `json:"repeats"`
	Output    int        `json:"output_tokens"`
	Endpoints []Endpoint `json:"endpoints"`
	// Between compares the two endpoints' first answers, one at a time; nil for one.
	Between  *same.Agreement `json:"between,omitempty"`
	Distance *same.Distance  `json:"distance,omitempty"`
	// NoDistance is why there is none where one was asked for.
	NoDistance string `json:"no_distance,omitempty"`
}

// Endpoint is one endpoint with itself.
type Endpoint struct {
	Name     string  `json:"name"`
	URL      string  `json:"url"`
	Model    string  `json:"model"`
	Server   string  `json:"server,omitempty"`
	Evidence string  `json:"evidence"`
	Levels   []Level `json:"levels"` // one at a time first

	first []*same.Reply // to each prompt, one at a time; nil: it failed
}

// Level is one endpoint's answers at a number of users.
type Level struct {
	Users  int              `json:"users"`
	Failed int              `json:"failed,omitempty"` // requests without an answer
	Why    string           `json:"why,omitempty"`    // the first failed
	Self   same.Determinism `json:"self"`
	// Alone compares the first answers with those given one at a time: at one user the
	// second answers, the noise floor of everything else.
	Alone same.Agreement `json:"alone"`
}

// Requests is how many requests are sent to each endpoint, apart from its probe.
func (o Options) Requests() int { return len(o.Items) * o.Repeats * (1 + len(o.Users)) }

// Run asks the candidate of a plan and, where it has one, the baseline.
func Run(ctx context.Context, p plan.Plan, o Options) (*Result, error) {
	if len(o.Items) == 0 || o.Repeats < 2 {
		return nil, errors.New("nothing to compare: at least one prompt and two repeats are needed")
	}
	if o.Tell == nil {
		o.Tell = func(string) {}
	}
	r := &Result{Prompts: len(o.Items), Repeats: o.Repeats, Output: o.Output}
	clock := exchange.NewClock()
	f := &target.Finder{Plan: p, Version: o.Version, Clock: clock, Tell: func(_, text string) { o.Tell(text) }}
	f.Watch = func(t *target.Target) endpoint.Unmeasured { return pacer{t, clock} }
	defer f.Close()
	var targets []*target.Target
	for _, e := range p.Endpoints() {
		t := &target.Target{Name: e.Name, Plan: e}
		if err := f.Prepare(ctx, t); err != nil {
			return nil, fmt.Errorf("%s: %w", t.Name, err)
		}
		targets = append(targets, t)
	}
	for _, t := range targets {
		found, err := t.Client.Probe(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.Name, err)
		}
		e := Endpoint{Name: t.Name, URL: t.Client.URL(), Model: found.Model, Server: found.Server, Evidence: found.Evidence}
		if err := e.ask(ctx, t.Client, o, r); err != nil {
			return nil, fmt.Errorf("%s: %w", t.Name, err)
		}
		r.Endpoints = append(r.Endpoints, e)
	}
	r.compare(o)
	return r, nil
}

// pacer keeps the limits of a target's provider.
type pacer struct {
	target *target.Target
	clock  *exchange.Clock
}

// Before waits for the target's limit.
func (p pacer) Before(ctx context.Context, x *exchange.Exchange) error {
	return p.target.Limit.Wait(ctx, p.clock, x)
}

// After does nothing: the limit counts what goes out.
func (pacer) After(*exchange.Exchange) {}

// ask asks all prompts at all levels.
func (e *Endpoint) ask(ctx context.Context, c *endpoint.Client, o Options, r *Result) error {
	for _, users := range append([]int{1}, o.Users...) {
		o.Tell(fmt.Sprintf("%s: %d prompts, %d times each, %d at once", e.Name, len(o.Items), o.Repeats, users))
		l := Level{Users: users}
		replies, refused, err := l.replies(ctx, c, o)
		if err != nil {
			return err
		}
		if refused != "" { // without what it refuses it may answer
			r.NoDistance = fmt.Sprintf("%s gives no token probabilities: %s", e.Name, refused)
			o.Top, l = 0, Level{Users: users}
			if replies, _, err = l.replies(ctx, c, o); err != nil {
				return err
			}
		}
		if l.Failed == o.Repeats*len(o.Items) {
			return fmt.Errorf("no request was answered with %d at once: %s", users, l.Why)
		}
		var texts [][]string
		var pairs [][2]same.Reply
		for i := range o.Items {
			var of []string
			for _, again := range replies {
				if again[i] != nil {
					of = append(of, again[i].Text)
				}
			}
			texts = append(texts, of)
			with := replies[0][i]
			if users == 1 {
				with = replies[1][i]
				e.first = append(e.first, replies[0][i])
			}
			if e.first[i] != nil && with != nil {
				pairs = append(pairs, [2]same.Reply{*e.first[i], *with})
			}
		}
		l.Self, l.Alone = same.Repeated(texts), same.Agree(pairs)
		e.Levels = append(e.Levels, l)
	}
	return nil
}

// replies are the answers by repeat and prompt. Prompts are asked in their order, all
// of them before the first is asked again. refused is what the server said where it
// takes no request for probabilities.
func (l *Level) replies(ctx context.Context, c *endpoint.Client, o Options) (all [][]*same.Reply, refused string, err error) {
	all = make([][]*same.Reply, o.Repeats)
	for i := range all {
		all[i] = make([]*same.Reply, len(o.Items))
	}
	type job struct{ repeat, item int }
	jobs := make(chan job)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var mu sync.Mutex // protects what all workers write
	var wait sync.WaitGroup
	for range l.Users {
		wait.Go(func() {
			for j := range jobs {
				reply, x, err := one(ctx, c, o.Items[j.item], o)
				mu.Lock()
				switch {
				case err == nil:
					all[j.repeat][j.item] = reply
				case o.Top > 0 && (x.Class == exchange.HTTP4xx || errors.Is(err, endpoint.ErrNoProbabilities)):
					refused = err.Error()
					cancel()
				default:
					if l.Failed++; l.Why == "" {
						l.Why = err.Error()
					}
				}
				mu.Unlock()
			}
		})
	}
	func() {
		defer close(jobs)
		for r := range o.Repeats {
			for i := range o.Items {
				select {
				case jobs <- job{r, i}:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	wait.Wait()
	if refused != "" {
		return nil, refused, nil
	}
	return all, "", ctx.Err()
}

func one(ctx context.Context, c *endpoint.Client, it item.Item, o Options) (*same.Reply, *exchange.Exchange, error) {
	output := o.Output
	if it.MaxTokens > 0 {
		output = min(output, it.MaxTokens)
	}
	r, x, err := c.AskPatiently(ctx, endpoint.Prompt{System: it.System, User: it.Prompt, MaxTokens: output}, o.Top)
	if err != nil {
		return nil, x, err
	}
	reply := &same.Reply{Text: r.Text}
	for _, t := range r.Tokens {
		reply.Tokens = append(reply.Tokens, same.Token(t))
	}
	return reply, x, nil
}

// compare puts the two endpoints' answers side by side.
func (r *Result) compare(o Options) {
	if len(r.Endpoints) < 2 {
		return
	}
	var pairs [][2]same.Reply
	for i := range o.Items {
		if a, b := r.Endpoints[0].first[i], r.Endpoints[1].first[i]; a != nil && b != nil {
			pairs = append(pairs, [2]same.Reply{*a, *b})
		}
	}
	r.Between = new(same.Agree(pairs))
	if o.Top == 0 || r.NoDistance != "" {
		return
	}
	// The first list is what the distance is from: the baseline's.
	for i, p := range pairs {
		pairs[i] = [2]same.Reply{p[1], p[0]}
	}
	if d, ok := same.Compare(pairs); ok {
		r.Distance = &d
	} else {
		r.NoDistance = "no place could be compared: a server gives no token probabilities, or the two have other tokens"
	}
}
