package estimate

import (
	"errors"
	"fmt"
	"os"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/quality/judge"
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

// paid are those who are sent something: the targets, and a judge.
func paid(p plan.Plan) []plan.Target {
	out := p.Endpoints()
	if p.Quality.Judged() && cells.Selected(p, plan.Quality) {
		t := plan.DefaultTarget()
		t.Name, t.URL, t.Price = cells.Judge, p.Quality.Judge.URL, p.Quality.Judge.Price
		out = append(out[:len(out):len(out)], t)
	}
	return out
}
