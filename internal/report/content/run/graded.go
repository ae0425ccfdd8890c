package run

import (
	"slices"

	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/content/graded"
	"github.com/inferometer/inferometer/internal/result"
)

// grades adds what is known of graded answers to the section on quality. A terminal shows the first
// of its tables.
func grades(s *content.Section, q *result.Quality, kept graded.Answer) {
	for i, g := range graded.Of(q, kept) {
		t := content.Table{Title: g.Title, Head: content.Columns(g.Head...), Rows: g.Rows, Folded: g.Folded, PagesOnly: i > 0}
		if g.Words {
			t.Layout = content.Words
			for i := range t.Head {
				t.Head[i].Kind = content.Sentence
			}
		}
		s.Tables = append(s.Tables, t.Filled())
	}
	a := q.Answers
	if a == nil {
		return
	}
	s.Detail("Right and wrong are by checks that anyone can apply again. What is compared are the same items, so that an item that is hard for both sides says nothing. Differences are in percentage points (pp); the same text can be told only where the same words were asked again, and right answers per second only under load.")
	if slices.ContainsFunc(a.Passes, func(p result.AnswerPass) bool { return p.Loose != nil }) {
		s.Detail("Read loosely, an answer may have an opening line, a closing line or emphasis that was not asked for.")
	}
	for _, remark := range graded.Remarks(a) {
		s.Remark(remark)
	}
}
