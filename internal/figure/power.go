package figure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/result"
)

func ofPower(r *result.Result) []*Figure {
	p := r.Benchmarks.Power
	if p == nil {
		return nil
	}
	return []*Figure{powerOverTime(r.Evidence, p), temperatures(r.Evidence, p)}
}

// DomainName is a domain of power in words.
func DomainName(domain string) string {
	parts := strings.Split(domain, " + ")
	for i, d := range parts {
		if words, ok := map[string]string{
			"soc_rails": "SoC rails", "package": "CPU package", "dram": "memory", "gpu_board": "GPU board", "system": "whole machine", "node": "whole node",
		}[d]; ok {
			parts[i] = words
		}
	}
	return strings.Join(parts, " + ")
}

// powerOverTime has a line for each domain, and shades the measured windows. Readings
// are of a real machine even where its server is simulated.
func powerOverTime(e result.Evidence, p *result.Power) *Figure {
	f := &Figure{
		ID: "power-over-time", Title: "Power over time", Subtitle: fmt.Sprintf("means of %.3g s; measured windows are shaded", p.StepS), Evidence: e,
		X: Axis{Label: "time since the run began", Unit: "s", Measured: true}, Y: Axis{Label: "power", Unit: "W", Measured: true},
	}
	for _, c := range p.Courses {
		s := Series{Name: DomainName(c.Domain), Role: Part, Kind: Line}
		if slices.ContainsFunc(p.Courses, func(o result.PowerCourse) bool { return o.Domain == c.Domain && o.Source != c.Source }) {
			s.Name += " (" + c.Source + ")"
		}
		for _, x := range c.Points {
			s.Points = append(s.Points, Point{X: x.AtS + p.StepS/2, Y: x.W})
		}
		if len(s.Points) > mostMarked {
			s.Kind = Rule
		}
		if len(s.Points) > 1 {
			f.Series = append(f.Series, s)
		}
	}
	f.Areas = windowAreas(p)
	return f
}

// mostMarked is how many points of a line are marked; more would hide it.
const mostMarked = 60

func windowAreas(p *result.Power) []Area {
	var out []Area
	for _, w := range p.Windows {
		out = append(out, Area{From: w.FromS, To: result.Number(w.ToS), Role: Faint})
	}
	return out
}

// temperatures has a line for each device. What is drawn are the changes that were
// seen: a value holds until the next.
func temperatures(e result.Evidence, p *result.Power) *Figure {
	f := &Figure{
		ID: "temperature-over-time", Title: "Temperature over time", Subtitle: "measured windows are shaded", Evidence: e,
		X: Axis{Label: "time since the run began", Unit: "s", Measured: true}, Y: Axis{Label: "temperature", Unit: "°C", Measured: true},
	}
	var pressure []string
	for _, h := range p.Heat {
		name := h.Device
		if name == "" {
			name = "machine"
		}
		if h.Thermal != "" {
			if text := fmt.Sprintf("%s from %.0f s", h.Thermal, h.AtS); len(pressure) == 0 || !strings.HasPrefix(pressure[len(pressure)-1], h.Thermal+" ") {
				pressure = append(pressure, text)
			}
		}
		if h.TempC == nil {
			continue
		}
		i := slices.IndexFunc(f.Series, func(s Series) bool { return s.Name == name })
		if i < 0 {
			f.Series = append(f.Series, Series{Name: name, Role: Part, Kind: Line})
			i = len(f.Series) - 1
		}
		f.Series[i].Points = append(f.Series[i].Points, Point{X: h.AtS, Y: float64(*h.TempC)})
	}
	f.Series = slices.DeleteFunc(f.Series, func(s Series) bool { return len(s.Points) < 2 })
	f.Areas = windowAreas(p)
	const most = 8
	if len(pressure) > most {
		pressure = append(pressure[:most], "and so on")
	}
	if len(pressure) > 0 {
		f.Note = "Thermal pressure: " + strings.Join(pressure, ", ") + "."
	}
	return f
}
