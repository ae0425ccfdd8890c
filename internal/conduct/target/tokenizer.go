package target

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/tokens"
	"github.com/inferometer/inferometer/internal/workload/textgen"
)

// sample is a text that was sent, and the input tokens that usage has for it.
type countedText struct {
	text  string
	input int
}

// FindTokenizer settles what counts the prompts of a run: the tokenizer that
// the plan names, or with auto the server's, that of the model's name, or
// nothing but the server's usage. It notes which in words.
func (f *Finder) FindTokenizer(ctx context.Context, t *Target) error {
	name := f.Plan.Workload.Tokenizer
	auto := name == "" || name == plan.TokenizerAuto
	if name != plan.TokenizerNone {
		fit, counter, text, err := f.openTokenizer(ctx, t, name)
		if err == nil && fit != nil {
			err = t.agree(counter, text, auto)
			if err == nil {
				t.Fit = fit
				if _, local := counter.(tokens.Tokenizer); local {
					t.Count = counter // a server is not asked while it is measured
				}
				t.Found.Tokenizer = text
				if t.disagrees != 0 {
					t.Found.Tokenizer += fmt.Sprintf(" (the server counts differently, by %+.1f %%)", 100*t.disagrees)
				}
				return nil
			}
		}
		switch {
		case err != nil && !auto:
			return fmt.Errorf("--tokenizer %s: %w", name, err)
		case err != nil && ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			f.tell(t, "the tokenizer was not used: "+err.Error())
		}
	}
	switch {
	case t.TokensPerWord > 0:
		t.Found.Tokenizer = fmt.Sprintf("none: lengths estimated from the server's usage, %.2f tokens per word", t.TokensPerWord)
		if !f.Text.Plain() {
			t.Found.Tokenizer = fmt.Sprintf("none: lengths estimated from the server's usage, learned for each of %d texts", len(f.Text.Names()))
		}
	default:
		t.Found.Tokenizer = fmt.Sprintf("none: lengths estimated with %.2f tokens per word, as the server reports no usage", DefaultTokensPerWord)
	}
	return nil
}

// openTokenizer returns a nil fitter where auto finds none.
func (f *Finder) openTokenizer(ctx context.Context, t *Target, name string) (*textgen.Fitter, tokens.Counter, string, error) {
	auto := name == "" || name == plan.TokenizerAuto
	if auto || name == plan.TokenizerServer {
		encode := func(text string) ([]int, error) { return t.Client.Tokenize(ctx, text) }
		_, err := encode("so it")
		if err == nil {
			fit, err := textgen.LearnFitter(encode, f.Text)
			count := tokens.CountFunc(func(text string) (int, error) {
				ids, err := encode(text)
				return len(ids), err
			})
			return fit, count, "the server's own (/tokenize), with its vocabulary counted before the run", err
		}
		if !auto || !errors.Is(err, endpoint.ErrNoTokenize) && ctx.Err() != nil {
			return nil, nil, "", err
		}
		if name = tokens.ForModel(t.Found.Model); name == "" || t.Found.Evidence == "simulated" {
			return nil, nil, "", nil
		}
	}
	tok := f.Tokenizer
	if tok == nil { // auto found its name
		var err error
		if tok, err = tokens.Open(name); err != nil {
			return nil, nil, "", err
		}
	}
	text := name
	if auto {
		text = fmt.Sprintf("%s, by the model's name", name)
	} else if filepath.Base(name) != name {
		text = filepath.Join(filepath.Base(filepath.Dir(name)), filepath.Base(name))
	}
	return textgen.NewFitter(tok), tok, text, nil
}

// agree compares a tokenizer with the usage of small requests. What the server
// counts beyond the text is its template, the same for all of them; where it
// is not the same the tokenizer is not the server's.
func (t *Target) agree(counter tokens.Counter, name string, must bool) error {
	if len(t.samples) < 2 {
		return nil // nothing to compare with
	}
	var beyond []int
	for _, s := range t.samples {
		n, err := counter.Count(s.text)
		if err != nil {
			return err
		}
		beyond = append(beyond, s.input-n)
	}
	first, last := beyond[0], beyond[len(beyond)-1]
	for _, b := range beyond { // the text that is farthest off
		if max(b-first, first-b) > max(last-first, first-last) {
			last = b
		}
	}
	longest := t.samples[len(t.samples)-1].input
	if first == last && first >= 0 {
		t.Overhead = float64(first)
		return nil
	}
	if must {
		return fmt.Errorf("%s does not count like the server: it is off by %d tokens for one text and by %d for another", name, first, last)
	}
	t.Overhead = float64(max(0, first))
	t.disagrees = float64(last-first) / float64(max(1, longest))
	return nil
}

// CountLike makes the target count as another one does, which has the same
// server and model.
func (t *Target) CountLike(other *Target) {
	t.Fit, t.Count, t.Overhead, t.disagrees = other.Fit, other.Count, other.Overhead, other.disagrees
	t.Found.Tokenizer = other.Found.Tokenizer
}
