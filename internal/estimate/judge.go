package estimate

import (
	"errors"
	"fmt"
	"os"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/quality/judge"
	"github.com/inferometer/inferometer/internal/vocab"
)

// judged adds what a judge is sent after the run. Its answers are short; the most is
// what its token limit allows.
func (e *Estimate) judged(p plan.Plan) {
	if !p.Quality.Judged() {
		return
	}
	pairs := cells.PassPrompts(p)
	if most := p.Quality.Judge.Pairs; most > 0 {
		pairs = min(pairs, most)
	}
	c := Cell{ID: cells.Judge, Target: cells.Judge}
	labels, err := labelsOf(p.Quality.Judge.Labels)
	if err != nil {
		c.Unknown = err.Error()
		e.put(c)
		return
	}
	c.Requests = judge.Requests(pairs, len(labels), p.Quality.Judge.Grades)
	const (
		frame   = 2500 // bytes: instructions, tags and JSON around the texts
		byToken = 4    // bytes, about
		most    = 32   // bytes of a token, on average over an answer
		verdict = 80   // tokens, about
		atOnce  = 4
	)
	answer := float64(p.Quality.OutputTokens)
	prompt := scored(p, p.Candidate).mean(0, pairs)
	about := frame/byToken + prompt.about + 2*answer
	bound := float64(frame) + prompt.about*most + 2*min(answer*most, judge.LongestBytes)
	for _, l := range labels {
		bound = max(bound, frame+float64(len(l.Prompt)+len(l.A)+len(l.B)))
	}
	n := float64(c.Requests)
	c.InputTokens, c.OutputTokens = float64(int(n*about)), n*verdict
	c.Seconds = n / atOnce * (assumedTTFT + verdict*assumedTPOT)
	if rpm := p.Quality.Judge.RPM; rpm > 0 {
		c.Seconds = max(c.Seconds, n/float64(rpm)*60)
	}
	// What a busy server refuses is sent again, and is not billed.
	c.mostCount, c.longest, c.most = c.Requests, bound, size{most: n * bound, out: n * judge.OutputTokens}
	e.put(c)
	e.Seconds += c.Seconds
	e.Notes = append(e.Notes, fmt.Sprintf("the judge is asked about %d pairs of answers in both orders, and about %d pairs that test it, after all has been measured", pairs, len(judge.Canaries())+len(labels)))
}

// vectors adds what an embeddings endpoint is sent: each prompt once, and each answer.
func (e *Estimate) vectors(p plan.Plan) {
	if p.Quality.Embeddings == nil {
		return
	}
	const (
		batch   = 16   // texts of a request
		byToken = 4    // bytes, about
		most    = 32   // bytes of a token, on average over an answer
		frame   = 1000 // bytes of JSON around the texts of a request
		chunk   = 1200 // runes of a text
	)
	n := float64(cells.PassPrompts(p))
	answers := n * float64(len(p.Endpoints()))
	prompt := scored(p, p.Candidate).mean(0, int(n))
	bytes := n*prompt.about*byToken + answers*float64(p.Quality.OutputTokens)*byToken
	bound := n*prompt.about*most + answers*float64(p.Quality.OutputTokens)*most
	c := Cell{ID: cells.Embeddings, Target: cells.Embeddings, InputTokens: float64(int(bytes / byToken))}
	c.Requests = int((n+answers+bytes/chunk)/batch) + 2
	c.mostCount = int((n+answers+bound/chunk)/batch) + 2
	c.Seconds = float64(c.Requests) * assumedTTFT
	c.most = size{most: bound + float64(c.mostCount*frame)}
	c.longest = c.most.most
	e.put(c)
	e.Seconds += c.Seconds
}

// labelsOf reads the labels of people; none without a file.
func labelsOf(name string) ([]judge.Label, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("--judge-labels: %w", err)
	}
	l, err := judge.ReadLabels(f, name)
	return l, errors.Join(err, f.Close())
}

// paid are those who are sent something: the targets, a judge, and who makes vectors.
func paid(p plan.Plan) []plan.Target {
	out := p.Endpoints()
	if p.Quality.Judged() && cells.Selected(p, plan.Quality) {
		t := plan.DefaultTarget()
		t.Name, t.URL, t.Price = cells.Judge, p.Quality.Judge.URL, p.Quality.Judge.Price
		out = append(out[:len(out):len(out)], t)
	}
	if m := p.Quality.Embeddings; m != nil && cells.Selected(p, plan.Quality) {
		t := plan.DefaultTarget()
		t.Name, t.URL, t.API, t.Price = cells.Embeddings, m.URL, vocab.Embeddings, m.Price
		out = append(out[:len(out):len(out)], t)
	}
	return out
}
