// Package prompts makes what a run sends: synthetic prompts, data sets, traces,
// conversations and the quality prompts, sized by what a target counts, and
// holds answers against the form that was asked for.
package prompts

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/conduct/target"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/quality"
	"github.com/inferometer/inferometer/internal/tokens/length"
	"github.com/inferometer/inferometer/internal/workload"
	"github.com/inferometer/inferometer/internal/workload/dataset"
	"github.com/inferometer/inferometer/internal/workload/textgen"
)

// Maker makes the prompts of a plan. All targets of a run get the same bytes.
type Maker struct {
	Plan plan.Plan
	Salt string           // makes them new to a server's prefix cache
	Text textgen.Language // what synthetic prompts are written in
	Form Form             // of the answers that are asked for
	// Target is the one whose tokens are counted: the candidate.
	Target *target.Target
	// Traces are those that were read already.
	Traces Traces
	// Sets are the data sets that are open, by the tokens of their answers.
	Sets map[int]workload.Source

	closers []func()
}

// New makes a maker, or says what in the plan's workload cannot be made.
func New(p plan.Plan, salt string) (*Maker, error) {
	m := &Maker{Plan: p, Salt: salt, Sets: map[int]workload.Source{}, Traces: Traces{}}
	var err error
	if m.Text, err = textgen.ParseLanguage(p.Workload.Text); err != nil {
		return nil, fmt.Errorf("--text: %w", err)
	}
	if m.Form, err = NewForm(p, salt); err != nil {
		return nil, fmt.Errorf("--answer: %w", err)
	}
	return m, nil
}

// Salt is what makes the prompts of a run that began at a time new to a server's
// prefix cache: another run with the same seed sends other bytes, unless the
// plan pins them.
func Salt(p plan.Plan, started time.Time) string {
	if s := p.Workload.CacheSalt; s != "" {
		return s
	}
	return started.UTC().Format("20060102T150405.000")
}

// Close closes the data sets that the maker has opened.
func (m *Maker) Close() {
	for _, c := range m.closers {
		c()
	}
	m.closers = nil
}

// Config describes synthetic prompts of a stream of their own. A
// stream never shares a prompt with another one.
func (m *Maker) Config(stream string, fixed bool) workload.SyntheticConfig {
	w := m.Plan.Workload
	in, out, err := w.Lengths()
	if err != nil { // the plan was validated; a file may have gone since
		in, out = length.Fixed(w.InputTokens), length.Fixed(w.OutputTokens)
	}
	return workload.SyntheticConfig{
		Seed: m.Plan.Seed, Salt: m.Salt, Stream: stream,
		InputTokens: w.InputTokens, OutputTokens: w.OutputTokens, Input: in, Output: out, Overhead: int(m.Target.Overhead),
		Fixed: fixed, Fit: m.Target.Fit, TokensPerWord: m.Target.TokensPerWord,
		Answer:   workload.Answer{Wants: m.Form.Wants, Extra: m.Target.Extra},
		Language: m.Text, TokensPerRune: m.Target.TokensPerRune,
		Prefix: sharedPrefix(w.Prefix),
	}
}

// sharedPrefix is what the prompts begin with in common: all of them, unless the
// plan says which share.
func sharedPrefix(p plan.PrefixPlan) workload.Prefix {
	out := workload.Prefix{Tokens: p.Tokens, Groups: p.Groups, Share: 1}
	if p.Share != nil {
		out.Share = *p.Share
	}
	return out
}

// Dataset opens the plan's data set, once for each length of answers.
func (m *Maker) Dataset(out int) (workload.Source, error) {
	if src, ok := m.Sets[out]; ok {
		return src, nil
	}
	w := m.Plan.Workload
	columns, err := dataset.ParseColumns(w.Rows.Columns)
	if err != nil {
		return nil, fmt.Errorf("--dataset-columns: %w", err)
	}
	c := dataset.Config{
		Path: w.Dataset, OutputTokens: out, Columns: columns, SkipBad: w.Rows.SkipBad,
		MinTokens: w.Rows.MinTokens, MaxTokens: w.Rows.MaxTokens, Sample: w.Rows.Sample, Shuffle: w.Rows.Shuffle, Seed: m.Plan.Seed,
		Turns: datasetTurns(w),
	}
	if m.Target.Count != nil {
		c.Count = func(text string) (int, error) {
			n, err := m.Target.Count.Count(text)
			return n + int(m.Target.Overhead), err
		}
	}
	src, err := dataset.New(c)
	if err != nil {
		return nil, err
	}
	m.closers = append(m.closers, func() { _ = src.Close() }) // it was only read
	m.Sets[out] = src
	return src, nil
}

// Synthetic makes the prompts of a stream; see Config.
func (m *Maker) Synthetic(stream string, fixed bool) workload.Source {
	return workload.NewSynthetic(m.Config(stream, fixed))
}

// padded puts a background note before each prompt, so that it has about the
// planned number of input tokens and bytes that no prefix cache has seen. The
// prompt itself, which is what is scored, stays as it is.
type padded struct {
	workload.Source
	fill     workload.Source
	want     int // tokens in all
	perWord  float64
	overhead float64
}

func (m *Maker) filler() workload.Source {
	c := m.Config("pass/background", false)
	c.Fit, c.Prefix, c.Language = nil, workload.Prefix{}, textgen.Language{} // it is cut to size by words
	if m.reusable() {
		c.Salt = m.Plan.Workload.CacheSalt // of no run
	}
	return workload.NewSynthetic(c)
}

// reusable reports whether the bytes of the pass must be those of every run with the
// plan, whatever the candidate: answers to them are used again.
func (m *Maker) reusable() bool { return m.Plan.Quality.ReuseBaseline > 0 }

// Item adds the note to the prompt's system message.
func (p *padded) Item(i int) (workload.Item, error) {
	it, err := p.Source.Item(i)
	if err != nil {
		return it, err
	}
	note, err := p.fill.Item(i)
	if err != nil {
		return it, err
	}
	per := p.perWord
	if per == 0 {
		per = target.DefaultTokensPerWord
	}
	have := int(p.overhead + per*float64(len(strings.Fields(it.User))+len(strings.Fields(it.System))+8))
	words := int(float64(p.want-have) / per)
	if words > 0 {
		f := strings.Fields(note.User)
		f = f[:min(words, len(f))]
		it.System = strings.TrimSpace(it.System + "\nBackground, not part of the task: " + strings.Join(f, " "))
	}
	h := fnv.New64a()
	h.Write([]byte(it.System))
	h.Write([]byte{0})
	h.Write([]byte(it.User))
	it.Hash = h.Sum64()
	it.AskedInput = max(p.want, have)
	return it, nil
}

// Offset starts a source at its n-th item.
type Offset struct {
	workload.Source
	N int
}

// Item returns the item i places after the start.
func (o Offset) Item(i int) (workload.Item, error) { return o.Source.Item(i + o.N) }

// Picked has some items of a source, by their indices.
type Picked struct {
	workload.Source
	Indices []int
}

// Item returns the item of the i-th index; after the last comes the first.
func (p Picked) Item(i int) (workload.Item, error) {
	n, err := workload.Wrap(i, len(p.Indices), "prompts that are left")
	if err != nil {
		return workload.Item{}, err
	}
	return p.Source.Item(p.Indices[n])
}

// Len is how many there are.
func (p Picked) Len() int { return len(p.Indices) }

// Main makes the measured prompts of a cell, and says in words what they are.
func (m *Maker) Main(stream string) (workload.Source, string, error) {
	w := m.Plan.Workload
	if w.Dataset != "" {
		src, err := m.Dataset(w.OutputTokens)
		if err != nil {
			return nil, "", err
		}
		return src, src.Text(), nil
	}
	src := m.Synthetic(stream, true)
	answers := strconv.Itoa(w.OutputTokens)
	if w.OutputLengths != "" {
		answers = w.OutputLengths
	}
	return src, fmt.Sprintf("%s; answers of %s tokens", src.Text(), answers), nil
}

// PassItems returns the quality prompts of the pass, or none where a data set
// or synthetic prompts serve, and what the workload is in words.
func (m *Maker) PassItems(n int) (text string, items []quality.Item, err error) {
	p := m.Plan
	if p.Workload.Dataset != "" {
		src, err := m.Dataset(cells.PassOutput(p))
		if err != nil {
			return "", nil, err
		}
		return src.Text(), nil, nil
	}
	if !cells.Selected(p, plan.Quality) {
		return m.Synthetic("pass", true).Text(), nil, nil
	}
	items, err = quality.PromptsOf(p.Quality, n, p.Seed)
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("the shipped quality prompts with a background note, about %d tokens each, none sent twice", p.Workload.InputTokens), items, nil
}

// Pass makes the prompts of a cell of the pass from its from-th one on, and
// those of its warm-up.
func (m *Maker) Pass(items []quality.Item, stream string, from int) (main, warm workload.Source, err error) {
	warm = m.Synthetic(stream+"/warm-up", false)
	out := cells.PassOutput(m.Plan)
	switch {
	case m.Plan.Workload.Dataset != "":
		main, err = m.Dataset(out)
	case items != nil:
		pad := &padded{Source: workload.NewQuality(items, out), fill: m.filler(), want: m.Plan.Workload.InputTokens}
		if !m.reusable() {
			pad.perWord, pad.overhead = m.Target.TokensPerWord, m.Target.Overhead
		}
		main = pad
	default:
		main = m.Synthetic("pass", true)
	}
	return Offset{main, from}, warm, err
}
