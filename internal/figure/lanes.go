package figure

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/inferometer/inferometer/internal/result"
)

// alignedFrom is how many times longer than its requests a window is from which on lanes begin
// at one line: on the axis of the window nobody would see what a request does.
const alignedFrom = 12

// laneFigure shows what each request of a sample did when.
func laneFigure(id, benchmark string, ev result.Evidence, c stretch, several bool) *Figure {
	if len(c.Lanes) == 0 {
		return nil
	}
	f := &Figure{
		ID: id, Title: "Requests of the sample", Evidence: ev,
		Subtitle: fmt.Sprintf("%d of %d measured requests, chosen by the seed, in the order in which they were due", len(c.Lanes), max(len(c.Lanes), c.Counts.Scheduled)),
		X:        Axis{Label: "time since the request was due", Unit: "s", Measured: true}, Y: Axis{Label: "request"},
	}
	if several {
		f.Title += ", " + c.name
	}
	aligned := c.Course.Folded || c.WindowS > alignedFrom*medianLane(c.Lanes)
	if !aligned {
		f.X.Label, f.Sync = "time since the measured window began", benchmark+"-time"
	}
	waiting := Series{Name: "waiting in the client", Role: Faint, Kind: Span}
	prefill := Series{Name: "queue and prefill", Role: Part, Kind: Span}
	decode := Series{Name: "decode", Role: Part, Kind: Span}
	whole := Series{Name: "answer, not streamed", Role: Part, Kind: Span}
	failed := Series{Name: "did not succeed", Role: Part, Kind: Dot}
	unsent := 0
	for i, l := range c.Lanes {
		from := c.Course.FromS
		if aligned {
			from = l.DueS
		}
		row := float64(i)
		f.Y.Categories = append(f.Y.Categories, strconv.Itoa(l.Index))
		span := func(s *Series, a, b *float64) {
			if a != nil && b != nil && *b >= *a {
				s.Points = append(s.Points, Point{X: *a - from, Y: row, Lo: result.Num(*a - from), Hi: result.Num(*b - from)})
			}
		}
		end := l.LastToken
		if end == nil {
			end = l.DoneS
		}
		span(&waiting, &l.DueS, l.SentS)
		switch {
		case l.SentS == nil:
			unsent++
		case l.FirstToken == nil && l.Class == "":
			span(&whole, l.SentS, end)
		case l.FirstToken == nil:
			span(&prefill, l.SentS, end)
		default:
			span(&prefill, l.SentS, l.FirstToken)
			span(&decode, l.FirstToken, end)
		}
		if l.Class != "" {
			at := l.DueS
			if end != nil {
				at = *end
			}
			failed.Points = append(failed.Points, Point{X: at - from, Y: row, Label: l.Class})
		}
	}
	for _, s := range []Series{waiting, prefill, decode, whole, failed} {
		if len(s.Points) > 0 {
			f.Series = append(f.Series, s)
		}
	}
	if unsent > 0 {
		f.Note = fmt.Sprintf("%d of them were never sent", unsent)
	}
	return f
}

// medianLane is how long a request of the sample took, in s.
func medianLane(lanes []result.Lane) float64 {
	var took []float64
	for _, l := range lanes {
		if l.DoneS != nil {
			took = append(took, *l.DoneS-l.DueS)
		}
	}
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return took[len(took)/2]
}
