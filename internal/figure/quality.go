package figure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/vocab"
)

// Components returns the names of the components that any target was scored
// on, in the order of the report; names that vocab does not have come last.
func Components(q *result.Quality) []string {
	order := vocab.QualityComponents()
	var known, other []string
	seen := map[string]bool{}
	for _, t := range q.Targets {
		for n := range t.Components {
			if !seen[n] {
				seen[n] = true
				if !slices.Contains(order, n) {
					other = append(other, n)
				}
			}
		}
	}
	for _, n := range order {
		if seen[n] {
			known = append(known, n)
		}
	}
	slices.Sort(other)
	return append(known, other...)
}

func components(q *result.Quality) *Figure {
	f := &Figure{ID: "quality", Title: "Quality by component", Subtitle: "heuristic scores from 0 to 100, mean with 95 % interval", Evidence: q.Evidence, Y: Axis{Label: "score", Unit: "points", Metric: "quality"}}
	names := Components(q)
	for _, n := range names {
		f.X.Categories = append(f.X.Categories, strings.ReplaceAll(n, "_", " "))
	}
	var left []string
	for _, t := range q.Targets {
		s := Series{Name: t.Target, Role: role(t.Target), Kind: Bar}
		for i, n := range names {
			e, scored := t.Components[n]
			if !scored {
				continue
			}
			p, ok := point(float64(i), e)
			if !ok || p.AtLeast {
				why := absence(e, t.Counted[n], 0)
				if t.Counted == nil && e.NeededN > 0 { // an older result does not say how many
					why = fmt.Sprintf("needs n=%d", e.NeededN)
				}
				left = append(left, fmt.Sprintf("%s of the %s: %s", f.X.Categories[i], t.Target, why))
				continue
			}
			s.Points = append(s.Points, p)
		}
		if len(s.Points) > 0 {
			f.Series = append(f.Series, s)
		}
	}
	f.Note = notes(left)
	return f
}
