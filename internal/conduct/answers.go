package conduct

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/quality"
	"github.com/inferometer/inferometer/internal/runlog"
	"github.com/klauspost/compress/zstd"
)

// answers holds the answers of the pass until all has been measured: scoring
// is work for the processor and does not belong in the measured window.
type answers struct {
	path    string // answers.jsonl.zst; empty: texts are not kept
	resumed bool   // an earlier part of the run may have made the file

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
	if s.plan.KeepText == "quality" && cells.Selected(s.plan, plan.Quality) {
		s.answers.path, s.answers.resumed = path, s.before != nil
	}
}

// score scores every answer into the log and, unless the plan says none,
// keeps the texts in a file that only the user can read.
func (s *Session) score() error {
	if len(s.answers.all) == 0 {
		return nil
	}
	s.Tell(Event{Kind: "note", Text: fmt.Sprintf("scoring %d answers", len(s.answers.all))})
	var err error
	for _, a := range s.answers.all {
		if a.reused == nil { // the others were scored when the run began
			err = errors.Join(err, s.logScore(a))
		}
	}
	if s.answers.path == "" {
		return err
	}
	return errors.Join(err, s.answers.write())
}

// logScore scores an answer into the log.
func (s *Session) logScore(a answer) error {
	score := quality.Assess(a.item, a.text, s.plan.Quality.Weights[a.item.Kind])
	return s.log.Score(runlog.ScoreRecord{
		Target: a.target, Prompt: a.item.ID, Kind: a.item.Kind, Total: score.Total, Components: score.Components,
		Truncated: a.truncated, Empty: a.text == "", Notes: score.Notes, Reused: a.reused,
	})
}

func (a *answers) write() (err error) {
	flags := os.O_CREATE | os.O_EXCL | os.O_WRONLY
	if a.resumed { // zstd takes one stream after the other
		flags = os.O_CREATE | os.O_APPEND | os.O_WRONLY
	}
	f, err := os.OpenFile(a.path, flags, 0o600)
	if err != nil {
		return fmt.Errorf("failed to keep the answers (--keep-text=none leaves them out): %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z, err := zstd.NewWriter(f)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(z)
	for _, x := range a.all {
		line := struct {
			Target string `json:"target"`
			Prompt string `json:"prompt"`
			Kind   string `json:"kind"`
			Asked  string `json:"asked"`
			Answer string `json:"answer"`
		}{x.target, x.item.ID, x.item.Kind, x.item.Prompt, x.text}
		if err := enc.Encode(line); err != nil {
			return errors.Join(fmt.Errorf("failed to keep the answers: %w", err), z.Close())
		}
	}
	return z.Close()
}
