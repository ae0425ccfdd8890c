package figure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/result"
)

// OfAnswers begins the ids of the figures of answers that were graded by checks.
const OfAnswers = "right-by-"

// rightByKind shows how many items are right by kind of content, one at a time.
func rightByKind(q *result.Quality) *Figure {
	f := &Figure{ID: OfAnswers + "kind", Title: "Right answers by kind of content", Subtitle: "items with checks, one at a time, with 95 % intervals", Evidence: q.Evidence, Y: Axis{Label: "right", Unit: "percent", Metric: "accuracy"}}
	var names []string
	for _, p := range q.Answers.Passes {
		if !p.Alone {
			continue
		}
		for _, k := range p.Kinds {
			if !slices.Contains(names, k.Kind) {
				names = append(names, k.Kind)
			}
		}
	}
	slices.Sort(names)
	for _, n := range names {
		f.X.Categories = append(f.X.Categories, strings.ReplaceAll(n, "_", " "))
	}
	var left []string
	for _, p := range q.Answers.Passes {
		if !p.Alone {
			continue
		}
		s := Series{Name: p.Target, Role: role(p.Target), Kind: Bar}
		for _, k := range p.Kinds {
			at := slices.Index(names, k.Kind)
			if pt, ok := point(float64(at), k.Right); ok {
				s.Points = append(s.Points, pt)
			} else {
				left = append(left, fmt.Sprintf("%s of the %s: %s", f.X.Categories[at], p.Target, absence(k.Right, k.Items, 0)))
			}
		}
		if len(s.Points) > 0 {
			f.Series = append(f.Series, s)
		}
	}
	f.Note = notes(left)
	return f
}

// rightByLoad shows how many of the items are right, and how many answers have the same text as
// alone, by the users at once.
func rightByLoad(q *result.Quality) *Figure {
	f := &Figure{ID: OfAnswers + "load", Title: "Right answers by load", Subtitle: "the same items at each load, with 95 % intervals", Evidence: q.Evidence,
		X: Axis{Label: "users at once"}, Y: Axis{Label: "share of items", Unit: "percent", Metric: "accuracy"}}
	of := map[string]*Series{}
	loaded, open := map[string]bool{}, 0
	for _, p := range q.Answers.Passes {
		if p.Users == 0 {
			open++
			continue
		}
		loaded[p.Target] = loaded[p.Target] || !p.Alone
		s := of[p.Target]
		if s == nil {
			s = &Series{Name: p.Target + ", right", Role: role(p.Target), Kind: Line}
			of[p.Target] = s
		}
		if pt, ok := point(float64(p.Users), p.Right); ok && !slices.ContainsFunc(s.Points, func(o Point) bool { return o.X == pt.X }) {
			s.Points = append(s.Points, pt)
		}
	}
	for _, p := range q.Answers.Passes {
		if s := of[p.Target]; s != nil && loaded[p.Target] {
			f.Series = append(f.Series, *s)
			of[p.Target] = nil
		}
	}
	for _, p := range q.Answers.Load {
		if p.Same == nil || p.Users == 0 {
			continue
		}
		name := p.Target + ", same text as alone"
		at := slices.IndexFunc(f.Series, func(s Series) bool { return s.Name == name })
		if at < 0 {
			at = len(f.Series)
			f.Series = append(f.Series, Series{Name: name, Role: Part, Kind: Line, Dashed: true})
		}
		e := result.Estimate{Value: hundred(p.Same.Value), Lo: hundred(p.Same.Lo), Hi: hundred(p.Same.Hi)}
		if pt, ok := point(float64(p.Users), e); ok {
			f.Series[at].Points = append(f.Series[at].Points, pt)
		}
	}
	if open > 0 {
		f.Note = fmt.Sprintf("%d open loops have no number of users and are left out", open)
	}
	return f
}

// hundred is a share in percent.
func hundred(n *result.Number) *result.Number {
	if n == nil {
		return nil
	}
	return result.Num(100 * float64(*n))
}
