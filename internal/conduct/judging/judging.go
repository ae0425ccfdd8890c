// Package judging asks a judge about the answers of a run, after all has been
// measured: its requests are part of no window and no statistic. The cap on the spend
// and the limits of its provider hold for them, and what they used is in the log.
package judging

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/conduct/target"
	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/scoring"
	"github.com/inferometer/inferometer/internal/quality/judge"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/runlog"
)

// Name of the judge where targets have names: in the log, and under the cap.
const Name = cells.Judge

// atOnce is how many requests a judge gets at once.
const atOnce = 4

// Judge is a judge that can be asked.
type Judge struct {
	plan   scoring.Judge
	model  string
	client *endpoint.Client
	labels []judge.Label

	order []string // ids of prompts, as their first answers came
	pairs map[string]*pair
}

// pair is the answers to one prompt.
type pair struct {
	kind, task          string
	candidate, baseline *string
}

// Prepare finds the judge of a plan before anything is measured, so that a wrong key
// or URL ends the run before it begins; nil for a plan without one. priced is told
// what it costs before the first request.
func Prepare(ctx context.Context, f *target.Finder, p plan.Plan, priced func(name string, price *result.Price)) (*Judge, error) {
	if !p.Quality.Judged() {
		return nil, nil
	}
	j := &Judge{plan: *p.Quality.Judge, pairs: map[string]*pair{}}
	if j.plan.Labels != "" {
		file, err := os.Open(j.plan.Labels)
		if err != nil {
			return nil, fmt.Errorf("--judge-labels: %w", err)
		}
		j.labels, err = judge.ReadLabels(file, j.plan.Labels)
		if err = errors.Join(err, file.Close()); err != nil {
			return nil, fmt.Errorf("--judge-labels: %w", err)
		}
	}
	t := &target.Target{Name: Name, Plan: plan.DefaultTarget()}
	t.Plan.Name, t.Plan.URL, t.Plan.Model, t.Plan.Stream, t.Plan.MetricsURL = Name, j.plan.URL, j.plan.Model.Model, false, plan.MetricsOff
	t.Plan.KeyEnv, t.Plan.KeyFile, t.Plan.RPM, t.Plan.Price = j.plan.KeyEnv, j.plan.KeyFile, j.plan.RPM, j.plan.Price
	if err := f.Prepare(ctx, t); err != nil {
		return nil, fmt.Errorf("the judge: %w", err)
	}
	priced(Name, t.Found.Price)
	found, err := t.Client.Probe(ctx)
	if err != nil {
		return nil, fmt.Errorf("the judge: %w", err)
	}
	j.client, j.model = t.Client, found.Model
	return j, nil
}

// Add takes an answer of a target to a prompt. Only those of candidate and baseline
// are compared.
func (j *Judge) Add(target, id, kind, task, text string) {
	p := j.pairs[id]
	if p == nil {
		p = &pair{kind: kind, task: task}
		j.pairs[id], j.order = p, append(j.order, id)
	}
	switch target {
	case cells.Candidate:
		p.candidate = &text
	case cells.Baseline:
		p.baseline = &text
	}
}

// question is one request to the judge.
type question struct {
	record runlog.JudgementRecord
	ask    judge.Question
	graded *float64 // whom to give the grade; nil: it asks for a verdict
}

// questions are all requests: canaries first, so that a judge that fails costs little
// until that is known.
func (j *Judge) questions() (canaries, pairs [][]*question) {
	both := func(r runlog.JudgementRecord, task, candidate, baseline string) []*question {
		r.Judge, r.CandidateRunes, r.BaselineRunes = j.model, len([]rune(candidate)), len([]rune(baseline))
		ab, ba := r, r
		ab.First, ba.First = runlog.ForCandidate, runlog.ForBaseline
		return []*question{{record: ab, ask: judge.Compare(task, candidate, baseline)}, {record: ba, ask: judge.Compare(task, baseline, candidate)}}
	}
	for _, c := range judge.Canaries() {
		want := runlog.ForCandidate
		if c.Kind == judge.Identical {
			want = runlog.Tie
		}
		canaries = append(canaries, both(runlog.JudgementRecord{Item: c.Kind + "-" + c.ID, Canary: c.Kind, Want: want}, c.Task, c.Good, c.Bad))
	}
	for _, l := range j.labels {
		want := map[string]string{"a": runlog.ForCandidate, "b": runlog.ForBaseline}[l.Label]
		if want == "" {
			want = runlog.Tie
		}
		canaries = append(canaries, both(runlog.JudgementRecord{Item: l.ID, Canary: runlog.CanaryLabel, Want: want}, l.Prompt, l.A, l.B))
	}
	for _, id := range j.order {
		p := j.pairs[id]
		if p.candidate == nil || p.baseline == nil || j.plan.Pairs > 0 && len(pairs) == j.plan.Pairs {
			continue
		}
		qs := both(runlog.JudgementRecord{Item: id, Kind: p.kind}, p.task, *p.candidate, *p.baseline)
		if j.plan.Grades {
			candidate, baseline := new(float64), new(float64)
			qs[0].record.CandidateScore, qs[0].record.BaselineScore = candidate, baseline
			qs = append(qs, &question{ask: judge.Rate(p.task, *p.candidate), graded: candidate}, &question{ask: judge.Rate(p.task, *p.baseline), graded: baseline})
		}
		pairs = append(pairs, qs)
	}
	return canaries, pairs
}

// Ask asks the judge about canaries, labelled pairs and the answers that were added, and
// hands each judgement to log. It ends early where ctx does, where the log fails, and
// where no canary got a verdict; what was asked until then is in the log. tell
// receives progress.
func (j *Judge) Ask(ctx context.Context, log func(runlog.JudgementRecord) error, tell func(text string)) error {
	canaries, pairs := j.questions()
	if len(pairs) == 0 {
		tell("the judge has nothing to compare: no prompt has an answer of both")
		return nil
	}
	tell(fmt.Sprintf("asking the judge %s about %d pairs of answers, and %d pairs that test the judge itself", j.model, len(pairs), len(canaries)))
	verdicts, why, err := j.all(ctx, canaries, log)
	if err == nil && verdicts == 0 {
		err = fmt.Errorf("the judge gave no verdict on any pair that tests it, so the answers were not shown to it: %s", why)
	}
	if err == nil {
		_, _, err = j.all(ctx, pairs, log)
	}
	return err
}

// all asks groups of questions, several at once, and logs what comes of each.
func (j *Judge) all(ctx context.Context, groups [][]*question, log func(runlog.JudgementRecord) error) (verdicts int, why string, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	jobs := make(chan []*question)
	var mu sync.Mutex // protects the results and the log
	var wait sync.WaitGroup
	for range atOnce {
		wait.Go(func() {
			for qs := range jobs {
				j.group(ctx, qs)
				mu.Lock()
				for _, q := range qs {
					if q.graded != nil || ctx.Err() != nil {
						continue
					}
					if q.record.Verdict != "" {
						verdicts++
					} else if why == "" {
						why = q.record.Why
					}
					if err == nil {
						if err = log(q.record); err != nil {
							cancel()
						}
					}
				}
				mu.Unlock()
			}
		})
	}
	func() {
		defer close(jobs)
		for _, qs := range groups {
			select {
			case jobs <- qs:
			case <-ctx.Done():
				return
			}
		}
	}()
	wait.Wait()
	if err == nil {
		err = ctx.Err()
	}
	return verdicts, why, err
}

// group asks about one pair. Grades come first, as the record of the verdict has them.
func (j *Judge) group(ctx context.Context, qs []*question) {
	for _, q := range qs {
		if q.graded != nil {
			*q.graded = j.grade(ctx, q.ask)
		}
	}
	for _, q := range qs {
		if q.graded != nil {
			continue
		}
		r := &q.record
		if r.CandidateScore != nil && (*r.CandidateScore == 0 || *r.BaselineScore == 0) {
			r.CandidateScore, r.BaselineScore = nil, nil // no grade is no 0
		}
		text, x, err := j.client.AskPatiently(ctx, endpoint.Prompt{System: q.ask.System, User: q.ask.User, MaxTokens: judge.OutputTokens}, 0)
		switch v := judge.Read(text.Text); {
		case err != nil:
			r.Why = err.Error()
		case v == "" && x.Finish == "length":
			r.Why = fmt.Sprintf("the answer was cut at %d tokens before its verdict", judge.OutputTokens)
		case v == "":
			r.Why = "the answer has no verdict"
		default:
			r.Verdict = verdictOf(v, r.First)
		}
	}
}

// verdictOf says for whom a verdict by place is.
func verdictOf(place, first string) string {
	if place == judge.Tie {
		return runlog.Tie
	}
	if (place == judge.First) == (first == runlog.ForCandidate) {
		return runlog.ForCandidate
	}
	return runlog.ForBaseline
}

// grade is the grade of an answer, by the probabilities of the judge's tokens where it
// tells them, else as written; 0: there is none.
func (j *Judge) grade(ctx context.Context, q judge.Question) float64 {
	p := endpoint.Prompt{System: q.System, User: q.User, MaxTokens: 8}
	const top = 20
	r, x, err := j.client.AskPatiently(ctx, p, top)
	if err != nil && x.Class == exchange.HTTP4xx {
		r, _, err = j.client.AskPatiently(ctx, p, 0)
	}
	if err != nil {
		return 0
	}
	for _, t := range r.Tokens {
		if strings.TrimSpace(t.Text) == "" {
			continue
		}
		if g, ok := judge.Grade(t.Top); ok {
			return g
		}
		break
	}
	g, _ := judge.ReadGrade(r.Text)
	return g
}
