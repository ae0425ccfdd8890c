package estimate

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/interop"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/pricing"
	"github.com/inferometer/inferometer/internal/quality"
	"github.com/inferometer/inferometer/internal/tokens"
	"github.com/inferometer/inferometer/internal/workload"
	"github.com/inferometer/inferometer/internal/workload/dataset"
	"github.com/inferometer/inferometer/internal/workload/textgen"
)

// size is the tokens of a request: about how many it has as input, the most that it
// can have, and the limit of its answer.
type size struct{ about, most, out float64 }

func (s *size) add(o size) { s.about, s.most, s.out = s.about+o.about, s.most+o.most, s.out+o.out }

func (s *size) widen(o size) {
	s.about, s.most, s.out = max(s.about, o.about), max(s.most, o.most), max(s.out, o.out)
}

// requests says how long request i of a source is.
type requests func(i int) (size, error)

// sum adds up n requests from one on, and finds the largest of them.
func (r requests) sum(from, n int) (all, largest size, err error) {
	if n > maxArrivals {
		return all, largest, fmt.Errorf("the plan sends more than %d requests", maxArrivals)
	}
	for i := range n {
		s, err := r(from + i)
		if err != nil {
			return all, largest, err
		}
		all.add(s)
		largest.widen(s)
	}
	return all, largest, nil
}

// wanted is the bytes of the tools or the schema that each request carries.
func wanted(p plan.Plan) int {
	var v any
	switch w := p.Workload; w.Answer {
	case plan.AnswerTools:
		v = workload.Tools(p.Seed, "", cmp.Or(w.Tools, 4))
	case plan.AnswerJSON:
		v = workload.Schema(p.Seed, "")
	default:
		return 0
	}
	b, err := json.Marshal(v)
	if err != nil {
		return 0
	}
	const others = 512 // names that the salt of the run makes longer, and the fields around them
	return len(b)*5/4 + others
}

// synthetic is the synthetic prompts of a plan, by their planned lengths.
func synthetic(p plan.Plan) requests {
	in, out, err := p.Workload.Lengths()
	c := workload.SyntheticConfig{Seed: p.Seed, InputTokens: p.Workload.InputTokens, OutputTokens: p.Workload.OutputTokens, Input: in, Output: out}
	extra := wanted(p)
	prefix := p.Workload.Prefix.Tokens
	return func(i int) (size, error) {
		if err != nil {
			return size{}, err
		}
		in, out := c.Lengths(i)
		return sized(in, max(in, prefix)+extra, out), nil
	}
}

// sized is a request that was made to a length: the most that it can have is that of
// a request which asks for `asked` tokens.
func sized(about, asked, out int) size {
	const unlimited = 1 << 40 // bytes
	return size{float64(about), float64(pricing.MostInput(asked, unlimited, unlimited)), float64(out)}
}

// text is a request of which only the bytes are known.
func text(t plan.Target, out int, texts ...string) size {
	const bytesPerToken = 4 // about, in English
	n := 0
	for _, s := range texts {
		if b, err := json.Marshal(s); err == nil {
			n += len(b)
		}
	}
	return size{float64(n) / bytesPerToken, float64(n + envelope(t)), float64(out)}
}

// openDataset opens the plan's data set as a run would. exact says that the run
// sends the rows in the order in which it has them.
func openDataset(p plan.Plan, out, turns int) (d *dataset.Dataset, exact bool, err error) {
	w := p.Workload
	columns, err := dataset.ParseColumns(w.Rows.Columns)
	if err != nil {
		return nil, false, err
	}
	c := dataset.Config{
		Path: w.Dataset, OutputTokens: out, Columns: columns, SkipBad: w.Rows.SkipBad,
		Sample: w.Rows.Sample, Shuffle: w.Rows.Shuffle, Seed: p.Seed, Turns: turns,
	}
	exact = true
	switch w.Tokenizer {
	case "", plan.TokenizerAuto, plan.TokenizerServer, plan.TokenizerNone:
		// What counts is known when the server has been asked, and so are the rows
		// within limits on tokens.
		exact = w.Rows.MinTokens == 0 && w.Rows.MaxTokens == 0
	default:
		tok, err := tokens.Open(w.Tokenizer)
		if err != nil {
			return nil, false, err
		}
		c.MinTokens, c.MaxTokens, c.Count = w.Rows.MinTokens, w.Rows.MaxTokens, tok.Count
	}
	if !exact { // and where there is none, a run estimates them by words
		c.Sample, c.MinTokens, c.MaxTokens = 0, 0, w.Rows.MaxTokens
	}
	d, err = dataset.New(c)
	return d, exact, err
}

// rows is the rows of a data set, for answers of so many tokens. done closes it.
func (e *Estimate) rows(p plan.Plan, t plan.Target, out int) (r requests, done func(), err error) {
	d, exact, err := openDataset(p, out, 0)
	if err != nil {
		return nil, nil, err
	}
	row := func(i int) (size, error) {
		it, err := d.Item(i)
		if err != nil {
			return size{}, err
		}
		s := text(t, it.MaxTokens, it.System, it.User)
		if it.AskedInput > 0 {
			s.about, s.most = float64(it.AskedInput), float64(pricing.MostInput(it.AskedInput, int(s.most), len(it.System)+len(it.User)))
		}
		s.most += float64(wanted(p))
		return s, nil
	}
	done = func() { _ = d.Close() } // it was only read
	if note := "the most that a row of the data set can have is a token per byte; --tokenizer NAME counts them"; d.Count == nil && !slices.Contains(e.Notes, note) {
		e.Notes = append(e.Notes, note)
	}
	if exact {
		return row, done, nil
	}
	all, largest, err := requests(row).sum(0, d.Len())
	if m := p.Workload.Rows.MaxTokens; m > 0 {
		largest.widen(sized(0, m, 0)) // a row that is within the limit by a count
	}
	largest.about = all.about / float64(d.Len())
	return func(int) (size, error) { return largest, err }, done, nil
}

// scored is the quality prompts of the pass.
func scored(p plan.Plan, t plan.Target) requests {
	items, err := quality.PromptsOf(p.Quality, cells.PassPrompts(p), p.Seed)
	if err == nil && len(items) == 0 {
		err = errors.New("there are no quality prompts")
	}
	return func(i int) (size, error) {
		if err != nil {
			return size{}, err
		}
		// A note fills a prompt up to the planned length; a longer one stays as it is.
		s := sized(p.Workload.InputTokens, p.Workload.InputTokens, p.Quality.OutputTokens)
		s.widen(text(t, p.Quality.OutputTokens, items[i%len(items)].Prompt))
		return s, nil
	}
}

// recorded is the rows of the plan's trace.
func recorded(p plan.Plan) (*interop.Table, requests, error) {
	l := p.Load
	t, err := interop.ReadTrace(l.Trace, interop.Options{
		SkipBad: l.Replay.SkipBad, Sort: l.Replay.Sort, From: l.Replay.From.Std(), To: l.Replay.To.Std(),
		Limit: l.Requests, Context: l.Replay.Context, Spread: l.Replay.Spread, Seed: p.Seed,
	})
	if err != nil {
		return nil, nil, err
	}
	extra := wanted(p)
	return t, func(i int) (size, error) {
		in, out := t.Lengths(i % t.Len())
		return sized(in, in+extra, out), nil
	}, nil
}

// probes is the most that the requests to a target use that are sent before
// anything is measured.
func probes(p plan.Plan, t plan.Target) (requests int, most size) {
	const (
		small = 16 // requests for 2 tokens: fields, counts, salt
		roomy = 128
		words = 520 // of all samples together, each of which may be sent twice
		bytes = 12  // of a word
	)
	frame := float64(envelope(t))
	requests, most = small+6, size{most: (small+6)*frame + words*bytes, out: 2*small + roomy + 2*(1+16) + 1}
	if lang, err := textgen.ParseLanguage(p.Workload.Text); err == nil && !lang.Plain() {
		const text = 4 * 600 // bytes
		voices := len(lang.Names())
		requests, most = requests+voices, size{most: most.most + float64(voices)*(frame+text), out: most.out + float64(voices)}
	}
	if n := wanted(p); n > 0 || p.Workload.Answer == plan.AnswerReasoning {
		requests += 2
		most.add(size{most: 2*(frame+words*bytes) + float64(n), out: 2 * float64(p.Workload.OutputTokens)})
	}
	if tools := toolsOf(p); tools > 0 { // whether it takes functions is asked with two requests
		requests += 2
		most.add(size{most: 2*frame + float64(tools), out: 16})
	}
	if t.API == "embeddings" {
		most.out = 0
	}
	return requests, most
}
