package itempass

import (
	"runtime"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/inferometer/inferometer/internal/quality/check"
	"github.com/inferometer/inferometer/internal/runlog"
)

// Score says what is found in answers, each by itself, on all cores.
func (p *Pass) Score(answers []Answer) []runlog.AnswerRecord {
	out := make([]runlog.AnswerRecord, len(answers))
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(answers)) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(answers); i = int(next.Add(1)) - 1 {
				out[i] = p.score(answers[i])
			}
		})
	}
	wait.Wait()
	return out
}

func (p *Pass) score(a Answer) runlog.AnswerRecord {
	r := runlog.AnswerRecord{
		Target: p.Target, Cell: p.Cell, Users: p.Users, Item: a.Request.ID, Repeat: a.Request.Repeat,
		Kind: a.Request.Kind, Family: a.Request.Family, Group: a.Request.Group, Same: a.Request.Same,
		Lost: a.Lost, Finish: a.Finish, Reused: a.Reused,
	}
	checked := len(a.Request.Checks) > 0
	if a.Lost {
		if checked {
			r.Right, r.Loose = new(false), new(false)
		}
		return r
	}
	r.Runes = utf8.RuneCountInString(a.Text)
	if checked {
		right, loose, failed := check.All(a.Request.Checks, check.Answer{Text: a.Text, Calls: a.Calls})
		if a.TooLong {
			right, loose, failed = false, false, append(failed, "too_long")
		}
		r.Right, r.Loose, r.Failed = &right, &loose, failed
	}
	return r
}
