package conduct

import (
	"context"
	"errors"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/conduct/judging"
	"github.com/inferometer/inferometer/internal/conduct/spend"
	"github.com/inferometer/inferometer/internal/conduct/target"
	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// watchProbes watches what a target, or a judge, is sent outside of cells.
func (s *Session) watchProbes(t *target.Target) endpoint.Unmeasured {
	w := &spend.Watch{Name: t.Name, Cap: s.spend, Limit: t.Limit, Clock: s.clock, Price: func() *result.Price { return t.Found.Price }}
	s.probes = append(s.probes, w)
	return w
}

// logProbes writes what the probes used since the last call to the log.
func (s *Session) logProbes() error {
	var err error
	for _, p := range s.probes {
		rec := runlog.ProbesRecord{Target: p.Name, Bill: p.Take()}
		if p.Name == judging.Name || p.Name == cells.Embeddings {
			rec.Price = p.Price()
		}
		err = errors.Join(err, s.log.Probes(rec))
	}
	return err
}

// askJudge asks the judge about the answers, now that nothing is measured any more.
// Where it fails, what was measured stays as it is.
func (s *Session) askJudge(ctx context.Context) {
	if s.judge == nil || s.stopped(ctx) {
		return
	}
	for _, a := range s.answers.all {
		s.judge.Add(a.target, a.item.ID, a.item.Kind, a.item.Prompt, a.text)
	}
	tell := func(text string) { s.Tell(Event{Kind: "note", Text: text}) }
	if err := s.judge.Ask(ctx, s.log.Judgement, tell); err != nil {
		tell("the judge was not asked to the end: " + err.Error())
	}
}

// embed asks how close the answers are to their prompts. All get vectors, or none does:
// two kinds of similarity cannot be compared.
func (s *Session) embed(ctx context.Context) {
	if s.vectors == nil || len(s.answers.all) == 0 || ctx.Err() != nil {
		return
	}
	var texts, prompts []string
	for _, a := range s.answers.all {
		texts, prompts = append(texts, a.text), append(prompts, a.item.Prompt)
	}
	found, err := s.vectors.Similarities(ctx, texts, prompts)
	if err != nil {
		s.Tell(Event{Kind: "note", Text: "words are compared in the place of vectors: the embeddings endpoint failed: " + err.Error()})
		return
	}
	for i := range s.answers.all {
		s.answers.all[i].item.Similarity = found[i]
	}
}
