package suite

import (
	"fmt"
	"hash/fnv"
	"io"
	"strings"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/tokens/length"
	"github.com/inferometer/inferometer/internal/workload"
)

// syntheticConfig describes synthetic prompts of a stream of their own. A
// stream never shares a prompt with another one.
func (r *run) syntheticConfig(stream string, fixed bool) workload.SyntheticConfig {
	w := r.plan.Workload
	in, out, err := w.Lengths()
	if err != nil { // the plan was validated; a file may have gone since
		in, out = length.Fixed(w.InputTokens), length.Fixed(w.OutputTokens)
	}
	return workload.SyntheticConfig{
		Seed: r.plan.Seed, Salt: r.salt(), Stream: stream,
		InputTokens: w.InputTokens, OutputTokens: w.OutputTokens, Input: in, Output: out, Overhead: int(r.targets[0].overhead),
		Fixed: fixed, Fit: r.fit, TokensPerWord: r.tokensPerWord(),
		Answer:   workload.Answer{Wants: r.form.wants, Extra: r.extra},
		Language: r.text, TokensPerRune: r.targets[0].tokensPerRune,
		Prefix: sharedPrefix(w.Prefix),
	}
}

// sharedPrefix is the common prefix of the prompts. In a workload a share of 0
// means all of them.
func sharedPrefix(p plan.PrefixPlan) workload.Prefix {
	out := workload.Prefix{Tokens: p.Tokens, Groups: p.Groups}
	switch {
	case p.Share == nil:
	case *p.Share == 0:
		return workload.Prefix{}
	default:
		out.Share = *p.Share
	}
	return out
}

// dataset opens the plan's data set, once for each length of answers.
func (r *run) dataset(out int) (workload.Source, error) {
	if src, ok := r.sets[out]; ok {
		return src, nil
	}
	w := r.plan.Workload
	columns, err := workload.ParseColumns(w.Rows.Columns)
	if err != nil {
		return nil, fmt.Errorf("--dataset-columns: %w", err)
	}
	c := workload.DatasetConfig{
		Path: w.Dataset, OutputTokens: out, Columns: columns, SkipBad: w.Rows.SkipBad,
		MinTokens: w.Rows.MinTokens, MaxTokens: w.Rows.MaxTokens, Sample: w.Rows.Sample, Shuffle: w.Rows.Shuffle, Seed: r.plan.Seed,
		Turns: datasetTurns(w),
	}
	if r.count != nil {
		c.Count = func(text string) (int, error) {
			n, err := r.count.Count(text)
			return n + int(r.targets[0].overhead), err
		}
	}
	src, err := workload.NewDataset(c)
	if err != nil {
		return nil, err
	}
	if c, ok := src.(io.Closer); ok {
		r.closers = append(r.closers, func() { _ = c.Close() }) // it was only read
	}
	if r.sets == nil {
		r.sets = map[int]workload.Source{}
	}
	r.sets[out] = src
	return src, nil
}

func (r *run) synthetic(stream string, fixed bool) workload.Source {
	return workload.NewSynthetic(r.syntheticConfig(stream, fixed))
}

// tokensPerWord is the candidate's, for all targets: they get the same bytes.
func (r *run) tokensPerWord() float64 { return r.targets[0].tokensPerWord }

// salt makes the prompts of a run new to the server's prefix cache: another
// run with the same seed sends other bytes.
func (r *run) salt() string {
	if s := r.plan.Workload.CacheSalt; s != "" {
		return s
	}
	return r.clock.Start().UTC().Format("20060102T150405.000")
}

// cacheSalt keeps what a target leaves in a server's prefix cache to itself: two
// targets on one server are sent the same prompts, and the second would find
// those of the first.
func (r *run) cacheSalt(target string) string {
	if target == candidate {
		return r.salt()
	}
	return r.salt() + " " + target
}

// syntheticWords is a text of about that many words, for calibration.
func syntheticWords(seed uint64, name string, words int) string {
	src := workload.NewSynthetic(workload.SyntheticConfig{Seed: seed, Salt: "calibration " + name, Stream: fmt.Sprint("calibration/", words), InputTokens: 2 * words, TokensPerWord: 1})
	it, err := src.Item(0)
	if err != nil {
		return strings.Repeat("word ", words)
	}
	f := strings.Fields(it.User)
	return strings.Join(f[:min(words, len(f))], " ")
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

// defaultTokensPerWord serves where the target does not report usage.
const defaultTokensPerWord = 1.35

func (r *run) filler() workload.Source {
	c := r.syntheticConfig("pass/background", false)
	c.Fit, c.Prefix, c.Language = nil, workload.Prefix{}, workload.Text{} // it is cut to size by words
	return workload.NewSynthetic(c)
}

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
		per = defaultTokensPerWord
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

// offset starts a source at its n-th item.
type offset struct {
	workload.Source
	n int
}

// Item returns the item i places after the start.
func (o offset) Item(i int) (workload.Item, error) { return o.Source.Item(i + o.n) }
