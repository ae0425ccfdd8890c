package figure

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/result"
)

// latencyAgainstThroughput sets what a request waits against what the server delivers, with the
// load as label: up and to the right is more load, and where the line turns up more of it buys
// only waiting.
func latencyAgainstThroughput(r *result.Result, id string, ev result.Evidence, points []loaded) *Figure {
	f := &Figure{
		ID: id, Title: "Latency against throughput", Subtitle: "each point is a load, named; down and to the right is better", Evidence: ev,
		X: Axis{Label: "output", Unit: "token/s", Measured: true, Metric: "output_throughput"},
		Y: Axis{Label: "time to first token", Unit: "ms", Metric: "ttft"},
	}
	var left []string
	var without absences
	for _, stat := range []string{"p50", "p95"} {
		for _, target := range loadTargets(points) {
			s := Series{Name: stat, Role: role(target), Kind: Line, Dashed: stat == "p95"}
			if len(loadTargets(points)) > 1 {
				s.Name = target + " " + stat
			}
			for _, l := range points {
				if l.Target != target {
					continue
				}
				x, okX := finite(l.Metrics.Rates["output_throughput"].Value)
				e, n := view{tag: "ttft", stat: stat}.of()(l.Cell)
				y, okY := finite(e.Value)
				switch {
				case okX && okY:
					p := spoil(spoil(Point{X: x, Y: y, Lo: e.Lo, Hi: e.Hi}, r.Validity, "ttft", l.ID), r.Validity, "output_throughput", l.ID)
					if stat == "p50" {
						p.Label = l.label
					}
					s.Points = append(s.Points, p)
				case !okX:
					left = append(left, l.label+": the output per second is not known")
				default:
					without.add(s.Name, l.label, absence(e, n.n, n.eff), n, e.NeededN)
				}
			}
			if len(s.Points) > 1 {
				f.Series = append(f.Series, s)
			}
		}
	}
	f.Y.Log = wide(f.Series)
	f.Note = notes(slices.Concat(left, without.told(), spoiltNote(f)))
	return f
}

// loaded is a cell with its load in words.
type loaded struct {
	result.Cell
	label string
}

func loadTargets(points []loaded) []string {
	var cells []result.Cell
	for _, p := range points {
		cells = append(cells, p.Cell)
	}
	return targets(cells)
}

// levels are the cells of the throughput levels, by their users.
func levels(t *result.Throughput) []loaded {
	var out []loaded
	for _, c := range t.Cells {
		out = append(out, loaded{c, users(c.Load.Users)})
	}
	slices.SortStableFunc(out, func(a, b loaded) int { return cmp.Compare(a.Load.Users, b.Load.Users) })
	return out
}

// swept are the cells of a sweep in the order of its x axis, where that is one line.
func (w *sweep) swept() []loaded {
	if !w.ordered() || len(w.all) != 1 {
		return nil // the Pareto front has the trade-off of others
	}
	var out []loaded
	for _, i := range w.all[0].points {
		if c, ok := w.cells[w.Points[i].Cell]; ok {
			out = append(out, loaded{c, w.label(i)})
		}
	}
	return out
}

// searched are the cells of a search by their load, those that were overloaded left out: their
// windows were cut short.
func searched(c *result.Capacity) []loaded {
	var out []loaded
	at := map[string]float64{}
	for t, cell := range trials(c) {
		if (t.Role == "explore" || t.Role == "confirm") && !t.Overloaded && !t.Growing {
			at[cell.ID] = t.Rate + float64(t.Users)
			out = append(out, loaded{cell, offered(c, t)})
		}
	}
	slices.SortStableFunc(out, func(a, b loaded) int { return cmp.Compare(at[a.ID], at[b.ID]) })
	return out
}

// tried shows the loads of a search in the order in which it tried them, by what they showed.
func tried(c *result.Capacity) *Figure {
	f := &Figure{
		ID: "capacity-trials", Title: "What the search tried", Evidence: c.Evidence,
		Subtitle: "each point is a cell; only a confirmation proves or refutes a load",
		X:        Axis{Label: "order of the cells", Measured: true, Count: true}, Y: Axis{Label: "requests offered", Unit: "1/s"},
	}
	if c.In == "users" {
		f.Y = Axis{Label: "users at once"}
	}
	of := []*Series{
		{Name: "explored", Role: Faint, Kind: Dot}, {Name: "overloaded, or its queue grew", Role: Part, Kind: Dot},
		{Name: "proved", Role: Candidate, Kind: Dot}, {Name: "refuted", Role: Baseline, Kind: Dot}, {Name: "undecided", Role: Part, Kind: Dot},
	}
	for i, t := range c.Trials {
		load := t.Rate + float64(t.Users)
		if t.Role == "saturation" || c.In == "rate" && t.Rate == 0 {
			continue // a closed loop, whose load is of another kind
		}
		s := of[0]
		switch {
		case t.Verdict == result.Proved:
			s = of[2]
		case t.Verdict == result.Refuted:
			s = of[3]
		case t.Verdict != "":
			s = of[4]
		case t.Overloaded || t.Growing:
			s = of[1]
		}
		s.Points = append(s.Points, Point{X: float64(i + 1), Y: load, Hollow: t.Role == "confirm" && c.Spoilt != ""})
	}
	n := 0
	for _, s := range of {
		if n += len(s.Points); len(s.Points) > 0 {
			f.Series = append(f.Series, *s)
		}
	}
	if n < 2 {
		return nil
	}
	if v, ok := finite(c.Rate); ok {
		f.Limits = append(f.Limits, Limit{Value: v, Label: fmt.Sprintf("proved %.4g", v)})
	}
	f.Note = notes(spoiltNote(f))
	return f
}

// byTurn shows a metric by the turn of a conversation, whose prompts grow.
func byTurn(r *result.Result, benchmark, tag, name string, cells []result.Cell, ev result.Evidence) *Figure {
	f := &Figure{
		ID: benchmark + "-" + tag + "-by-turn", Title: name + " by turn", Evidence: ev,
		Subtitle: "p50 and p95 of each turn of the conversations, with 95 % intervals",
		X:        Axis{Label: "turn"}, Y: Axis{Label: strings.ToLower(name[:1]) + name[1:], Unit: "ms", Metric: tag},
	}
	var without absences
	var later []string
	for _, c := range cells {
		if c.Conversations == nil || len(c.Conversations.Turns) < 2 {
			continue
		}
		for _, stat := range []string{"p50", "p95"} {
			s := Series{Name: c.Target + " " + stat, Role: role(c.Target), Kind: Line, Dashed: stat == "p95"}
			for _, t := range c.Conversations.Turns {
				st, measured := t.Stats[tag]
				e, _ := st.Quantile(stat)
				p, ok := point(float64(t.Turn), e)
				if ok {
					s.Points = append(s.Points, spoil(p, r.Validity, tag, c.ID))
				}
				if measured && (!ok || p.AtLeast) {
					n := size{st.N, cmp.Or(e.NEff, st.NEff)}
					without.add(s.Name, fmt.Sprintf("turn %d", t.Turn), absence(e, n.n, n.eff), n, e.NeededN)
				}
				if t.Later && ok {
					later = append(later, fmt.Sprintf("turn %d stands for all after it as well", t.Turn))
				}
			}
			if len(s.Points) > 1 {
				f.Series = append(f.Series, s)
			}
		}
	}
	f.Note = notes(slices.Concat(without.told(), later, spoiltNote(f)))
	return f
}
