package conduct

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/conduct/texts"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/quality"
	"github.com/inferometer/inferometer/internal/runlog"
)

// answers holds the answers of the pass until all has been measured: scoring
// is work for the processor and does not belong in the measured window.
type answers struct {
	texts texts.File // answers.jsonl.zst; the zero value: texts are not kept

	mu  sync.Mutex // protects all
	all []answer
}

type answer struct {
	target    string
	item      quality.Item
	text      string
	truncated bool
	// reused is when it was recorded, of one that was not asked for again.
	reused *time.Time
}

func (a *answers) add(x answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = append(a.all, x)
}

// keepAnswers says where the texts of answers are kept, if the plan wants it.
func (s *Session) keepAnswers(path string) {
	if s.plan.KeepText == "quality" && (cells.Selected(s.plan, plan.Quality) || cells.AsksItems(s.plan)) {
		s.answers.texts = texts.File{Path: path}
	}
}

// score scores every answer into the log and, unless the plan says none,
// keeps the texts in a file that only the user can read.
func (s *Session) score() error {
	if len(s.answers.all) == 0 {
		return nil
	}
	s.Tell(Event{Kind: "note", Text: "scoring " + amount.Things(len(s.answers.all), "answer")})
	fresh := slices.DeleteFunc(slices.Clone(s.answers.all), func(a answer) bool { return a.reused != nil }) // those were scored when the run began
	err := s.logScores(fresh)
	lines := make([]texts.Answer, 0, len(s.answers.all))
	for _, x := range s.answers.all {
		lines = append(lines, texts.Answer{Target: x.target, Prompt: x.item.ID, Kind: x.item.Kind, Asked: x.item.Prompt, Answer: x.text})
	}
	return errors.Join(err, s.answers.texts.Append(lines))
}

// logScores scores answers on all processors, and writes the scores into the log.
func (s *Session) logScores(answers []answer) error {
	work := make([]quality.Answer, len(answers))
	for i, a := range answers {
		it := a.item
		it.Cut = a.truncated
		work[i] = quality.Answer{Item: it, Text: a.text, Weights: s.plan.Quality.WeightsOf(a.item.Kind)}
	}
	var err error
	for i, score := range quality.AssessAll(work) {
		a := answers[i]
		err = errors.Join(err, s.log.Score(runlog.ScoreRecord{
			Target: a.target, Prompt: a.item.ID, Kind: a.item.Kind, Total: score.Total, Components: score.Components,
			Truncated: a.truncated, Empty: a.text == "", Notes: score.Notes, Reused: a.reused,
		}))
	}
	return err
}
