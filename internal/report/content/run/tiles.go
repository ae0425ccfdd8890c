package run

import (
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/content/answer"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// tiles are the figures that are looked for first, of each target. They are of the
// cells that stand for the run: a load, else one request at a time, else the level, the
// point of a sweep or the proof of a search with the most output.
func tiles(r *result.Result) content.Tiles {
	cells, versus := headCells(r.Benchmarks, r.Validity)
	if len(cells) == 0 {
		return content.Tiles{List: months(r.Benchmarks.Cost)}
	}
	out := content.Tiles{Of: plaintext.Capital(plaintext.Line(cells[0].Load.Text)) + ": median and p95."}
	for _, w := range []struct{ tag, name, about string }{
		{"ttft", "TTFT", "time to first token"}, {"tpot", "TPOT", "time per further token"}, {"e2e", "E2E", "whole answer"},
	} {
		tile := content.Tile{Metric: w.tag, Name: w.name, About: w.about}
		for _, c := range cells {
			if s := c.Metrics.Stats[w.tag]; s.N > 0 {
				tile.Sides = append(tile.Sides, content.Side{Target: plaintext.Line(c.Target), Readings: []content.Reading{
					quantileReading(s, "p50", r.Validity, w.tag, c.ID), quantileReading(s, "p95", r.Validity, w.tag, c.ID),
				}})
			}
		}
		if len(versus) > 0 {
			text, better, clear := answer.Effect(versus, w.tag)
			tile.Verdict = text
			if clear {
				tile.State = content.Worse
				if better {
					tile.State = content.Better
				}
			}
		}
		out.List = appendTile(out.List, tile)
	}
	out.List = appendTile(out.List, outputs(r, cells))
	success := content.Tile{Metric: "success", Name: "success", About: "requests answered"}
	for _, c := range cells {
		success.Sides = append(success.Sides, rateSide(c, "success", r.Validity))
	}
	out.List = appendTile(out.List, success)
	out.List = append(out.List, months(r.Benchmarks.Cost)...)
	return out
}

// appendTile adds a tile that shows anything.
func appendTile(list []content.Tile, t content.Tile) []content.Tile {
	for _, s := range t.Sides {
		for _, r := range s.Readings {
			if r.Text != format.Missing {
				return append(list, t)
			}
		}
	}
	return list
}

// headCells are the cells of the first screen, one for each target, and what compares
// them.
func headCells(b result.Benchmarks, v result.Validity) ([]result.Cell, []result.Comparison) {
	switch {
	case b.Load != nil && len(b.Load.Cells) > 0:
		return answer.OfOneLoad(b.Load.Cells), b.Load.Versus
	case b.Latency != nil && len(b.Latency.Cells) > 0:
		return b.Latency.Cells, b.Latency.Versus
	case b.Capacity != nil:
		if c := answer.Proved(b.Capacity); c != nil {
			return []result.Cell{*c}, nil
		}
	case b.Scan != nil:
		if c := answer.Most(b.Scan.Cells, v); c != nil {
			return []result.Cell{*c}, nil
		}
	case b.Throughput != nil:
		if c := answer.Most(b.Throughput.Cells, v); c != nil {
			return []result.Cell{*c}, nil
		}
	}
	return nil, nil
}

// quantileReading is a quantile with why it is no estimate.
func quantileReading(s result.Statistic, stat string, v result.Validity, tag, cell string) content.Reading {
	text, answered, _ := strings.Cut(strings.TrimSuffix(format.Middle(s, stat), ")"), " (answered: ")
	out := content.Reading{Stat: stat, Text: text}
	e, _ := s.Quantile(stat)
	switch {
	case e.Value != nil:
		out.Value = number(e.Value)
	case e.Sample != nil && format.Weak(out.Text):
		out.Value, out.Why = number(e.Sample), format.Size(s, stat)
	default:
		out.Why = format.Size(s, stat)
		if rest, ok := strings.CutPrefix(out.Text, "withheld: "); ok {
			out.Why = rest
		}
		if strings.HasPrefix(out.Text, "withheld") {
			out.Text = format.Missing
		}
	}
	if k, bad := v.Spoilt(tag, cell); bad && out.Text != format.Missing {
		out.Text, out.Why = out.Text+" "+format.Spoilt, failedCheck(k)
	}
	if answered != "" {
		out.Why = strings.TrimSuffix("of those answered "+answered+"; "+out.Why, "; ")
	}
	return out
}

// failedCheck says which check spoils a number.
func failedCheck(k result.Check) string { return "a check failed: " + checkName(k.ID) }

func number(n *result.Number) *float64 {
	if n == nil {
		return nil
	}
	v := float64(*n)
	return &v
}

// rateSide is a rate of a cell.
func rateSide(c result.Cell, tag string, v result.Validity) content.Side {
	rate := c.Metrics.Rates[tag]
	if tag != "success" {
		rate.Unit = ""
	}
	reading := content.Reading{Text: format.WithoutInterval(format.Rate(rate)), Value: number(rate.Value)}
	if rate.Value == nil || format.Weak(reading.Text) {
		reading.Why = plaintext.Line(rate.Withheld)
	}
	if rate.Value == nil {
		reading.Text = format.Missing
	}
	if k, bad := v.Spoilt(tag, c.ID); bad && reading.Text != format.Missing {
		reading.Text, reading.Why = reading.Text+" "+format.Spoilt, failedCheck(k)
	}
	return content.Side{Target: plaintext.Line(c.Target), Readings: []content.Reading{reading}}
}

// outputs are the tokens per second of each target: under the load, or at the level
// with the most where levels were measured.
func outputs(r *result.Result, cells []result.Cell) content.Tile {
	out := content.Tile{Metric: "output_throughput", Name: "tokens/s", About: "output of all users"}
	t := r.Benchmarks.Throughput
	if r.Benchmarks.Load != nil || t == nil {
		for _, c := range cells {
			out.Sides = append(out.Sides, rateSide(c, "output_throughput", r.Validity))
		}
		return out
	}
	for _, head := range cells {
		var levels []result.Cell
		for _, c := range t.Cells {
			if c.Target == head.Target {
				levels = append(levels, c)
			}
		}
		side := content.Side{Target: plaintext.Line(head.Target), Readings: []content.Reading{{Text: format.Missing, Why: "not loaded in this run"}}}
		if best := answer.Most(levels, r.Validity); best != nil {
			side = rateSide(*best, "output_throughput", r.Validity)
			out.About = format.Users(best.Load.Users) + " at once"
		}
		out.Sides = append(out.Sides, side)
	}
	return out
}

// months is what a month costs at the first volume, or why that is not known.
func months(c *result.Cost) []content.Tile {
	if c == nil {
		return nil
	}
	tile := content.Tile{Name: "$ a month"}
	if len(c.Volumes) == 0 || c.Withheld != "" {
		tile.Name, tile.About = "$ per million tokens", "in and out"
		for _, tc := range []*result.TargetCost{c.Candidate, c.Baseline} {
			if tc != nil {
				tile.Sides = append(tile.Sides, moneySide(tc.Target, tc.PerMTok, c.Spoilt))
			}
		}
		return appendTile(nil, tile)
	}
	v := c.Volumes[0]
	tile.About = "at " + format.Number(v.MonthlyRequests) + " requests a month"
	for _, side := range []struct {
		of *result.TargetCost
		e  result.Estimate
	}{{c.Candidate, v.Candidate}, {c.Baseline, v.Baseline}} {
		if side.of != nil {
			tile.Sides = append(tile.Sides, moneySide(side.of.Target, side.e, c.Spoilt))
		}
	}
	if s := v.SavingsMonth; s.Value != nil {
		tile.Verdict = answer.InTimes(v)
		switch {
		case s.Lo != nil && s.Hi != nil && *s.Lo <= 0 && *s.Hi >= 0:
			tile.Verdict = "no clear difference"
		case *s.Value > 0:
			tile.State = content.Better
		case *s.Value < 0:
			tile.State = content.Worse
		}
		if c.SavingsSpoilt != "" {
			tile.Verdict, tile.State = tile.Verdict+" "+format.Spoilt, ""
		}
	}
	return appendTile(nil, tile)
}

func moneySide(target string, e result.Estimate, spoilt string) content.Side {
	reading := content.Reading{Text: format.Missing, Why: plaintext.Line(e.Withheld), Value: number(e.Value)}
	if e.Value != nil {
		reading.Text = format.Doubted(amount.USD(float64(*e.Value)), spoilt)
		reading.Why = plaintext.Line(spoilt)
	}
	return content.Side{Target: plaintext.Line(target), Readings: []content.Reading{reading}}
}

// conditions are what the answers hold under.
func conditions(r *result.Result, list []answer.Sentence) []content.Paragraph {
	var out []content.Paragraph
	add := func(lead, text string) {
		if text != "" {
			out = append(out, content.Paragraph{Lead: lead, Text: text})
		}
	}
	seen := map[string]bool{}
	for _, c := range r.Cells() {
		text := format.Sentence(plaintext.Line(c.Load.Text) + "; " + plaintext.Line(c.Workload.Text))
		if !seen[text] && len(seen) < 4 {
			lead := "Sent"
			if len(seen) > 0 {
				lead = ""
			}
			seen[text] = true
			add(lead, text)
		}
	}
	h := r.Run.Host
	if h.CPU != "" {
		add("Client", fmt.Sprintf("%s, %s, %s/%s.", plaintext.Line(h.CPU), amount.Things(h.Cores, "core"), plaintext.Line(h.OS), plaintext.Line(h.Arch)))
	}
	for _, s := range list {
		if s.Place == answer.Conditions {
			add(s.Lead, s.Text)
		}
	}
	return out
}
