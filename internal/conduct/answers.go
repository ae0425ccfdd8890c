package conduct

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/quality"
	"github.com/inferometer/inferometer/internal/quality/check"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/klauspost/compress/zstd"
)

// answers holds the answers of the pass until all has been measured: scoring
// is work for the processor and does not belong in the measured window.
type answers struct {
	path string // answers.jsonl.zst; empty: texts are not kept

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
		s.answers.path = path
	}
}

// score scores every answer into the log and, unless the plan says none,
// keeps the texts in a file that only the user can read.
func (s *Session) score() error {
	if len(s.answers.all) == 0 {
		return nil
	}
	s.Tell(Event{Kind: "note", Text: fmt.Sprintf("scoring %d answers", len(s.answers.all))})
	fresh := slices.DeleteFunc(slices.Clone(s.answers.all), func(a answer) bool { return a.reused != nil }) // those were scored when the run began
	err := s.logScores(fresh)
	lines := make([]keptAnswer, 0, len(s.answers.all))
	for _, x := range s.answers.all {
		lines = append(lines, keptAnswer{Target: x.target, Prompt: x.item.ID, Kind: x.item.Kind, Asked: x.item.Prompt, Answer: x.text})
	}
	return errors.Join(err, s.answers.write(lines))
}

// logScores scores answers on all processors, and writes the scores into the log.
func (s *Session) logScores(answers []answer) error {
	work := make([]quality.Answer, len(answers))
	for i, a := range answers {
		work[i] = quality.Answer{Item: a.item, Text: a.text, Weights: s.plan.Quality.WeightsOf(a.item.Kind)}
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

// keptAnswer is a line of the file of answers: of a prompt of the pass, or of an item.
type keptAnswer struct {
	Target string       `json:"target"`
	Cell   string       `json:"cell,omitempty"`   // of an item
	Prompt string       `json:"prompt,omitempty"` // that is scored
	Item   string       `json:"item,omitempty"`
	Repeat int          `json:"repeat,omitempty"` // 0: the first time that the cell asked the item
	Kind   string       `json:"kind,omitempty"`
	System string       `json:"system,omitempty"`
	Asked  string       `json:"asked"`
	Answer string       `json:"answer"`
	Calls  []check.Call `json:"calls,omitempty"` // of functions
}

// write appends lines to the file, which only the user can read; zstd takes one stream
// after the other.
func (a *answers) write(lines []keptAnswer) (err error) {
	if a.path == "" || len(lines) == 0 {
		return nil
	}
	f, err := os.OpenFile(a.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("failed to keep the answers (--keep-text=none leaves them out): %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z, err := zstd.NewWriter(f)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(z)
	for _, line := range lines {
		if err := enc.Encode(line); err != nil {
			return errors.Join(fmt.Errorf("failed to keep the answers: %w", err), z.Close())
		}
	}
	return z.Close()
}
