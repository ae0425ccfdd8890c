package itempass

import (
	"runtime"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/inferometer/inferometer/internal/conduct/texts"
	"github.com/inferometer/inferometer/internal/quality/check"
	"github.com/inferometer/inferometer/internal/quality/detect"
	"github.com/inferometer/inferometer/internal/quality/item"
	"github.com/inferometer/inferometer/internal/quality/same"
	"github.com/inferometer/inferometer/internal/runlog"
)

// Score says what is found in answers, each by itself, on all cores.
func (p *Pass) Score(answers []Answer) []runlog.AnswerRecord {
	out := make([]runlog.AnswerRecord, len(answers))
	set := detect.NewSet(p.set.Items)
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(answers)) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(answers); i = int(next.Add(1)) - 1 {
				out[i] = p.score(answers[i], set)
			}
		})
	}
	wait.Wait()
	return out
}

// notKept stands for reasoning of which only that it came is known.
const notKept = "…"

func (p *Pass) score(a Answer, set *detect.Set) runlog.AnswerRecord {
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
	reasoning := ""
	if a.Reasoned {
		reasoning = notKept
	}
	seen := detect.Of(*a.Request.Item, a.Text, reasoning, a.Finish)
	seen.Calls = len(a.Calls)
	r.Faults = detect.Faults(seen)
	if p.mixedUp(a, set) {
		r.Faults = append(r.Faults, detect.CrossTalk)
	}
	r.Trail = same.Trail(a.Text)
	return r
}

// mixedUp reports whether an answer belongs to another item that was under way at the
// same time.
func (p *Pass) mixedUp(a Answer, set *detect.Set) bool {
	if a.Reused != nil {
		return false
	}
	var others []string
	for _, f := range p.flights {
		if f.item != a.Request.ID && f.overlaps(a.span) {
			others = append(others, f.item)
		}
	}
	return set.CrossTalk(a.Request.ID, a.Text, others, func(it item.Item) bool {
		right, _, _ := check.All(it.Checks, check.Answer{Text: a.Text, Calls: a.Calls})
		return right
	}) != ""
}

// Texts are the lines of the file of answers for those that came.
func (p *Pass) Texts(answers []Answer) []texts.Answer {
	lines := make([]texts.Answer, 0, len(answers))
	for _, a := range answers {
		if a.Lost {
			continue
		}
		lines = append(lines, texts.Answer{
			Target: p.Target, Cell: p.Cell, Item: a.Request.ID, Repeat: a.Request.Repeat, Kind: a.Request.Kind,
			System: a.Request.System, Asked: a.Asked, Answer: a.Text, Calls: a.Calls,
		})
	}
	return lines
}
