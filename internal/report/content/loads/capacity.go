package loads

import (
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/report/content"
	"github.com/inferometer/inferometer/internal/report/format"
	"github.com/inferometer/inferometer/internal/result"
)

// Capacity is the answer of a search, then the cells behind it.
func Capacity(c *result.Capacity) *content.Section {
	if c == nil {
		return nil
	}
	s := &content.Section{ID: "capacity", Title: "Capacity", Evidence: c.Evidence}
	if c.Broke != "" {
		where := "beyond it"
		if c.Rate == nil { // there is nothing to be beyond of
			where = "as the load grows"
		}
		s.Say(plaintext.Line(fmt.Sprintf("What breaks first %s is %s: %s.", where, c.Broke, c.Why)))
	}
	if sat := c.Saturation; sat != nil {
		what := "Saturation regardless of latency:"
		if sat.Rising {
			what = "Saturation was not reached; the last step carried"
		}
		s.Say(fmt.Sprintf(what+" %s requests/s with %s at once (rate × response time differs from the users by %s %%, Little's law).",
			format.Number(sat.Rate), format.Users(sat.Users), format.Number(100*sat.LittleError)))
	}
	s.Say(confirmed(c)...)
	s.Detail("The search is exploratory and proves nothing. Only a confirmation decides: a separate cell with fresh arrivals and prompts and a length fixed in advance. " +
		"All confirmations together have an error probability of 5 %. Requests that depend on each other count for fewer.")
	if c.In == "users" {
		s.Detail("In a closed loop a slow server receives less load, so this does not show what it carries at a given rate.")
	}
	trials := content.Table{Head: content.Columns("load", "completed/s", "over the limit", "independent", "outcome")}
	short := content.Table{Head: trials.Head}
	for _, t := range c.Trials {
		row := trialRow(t)
		if t.Role == "confirm" {
			row[len(row)-1] = format.Doubted(row[len(row)-1], c.Spoilt)
		}
		if t.Role == "saturation" && c.Saturation != nil && c.Saturation.Rising {
			row[len(row)-1] = "more users not tried"
		}
		trials.Rows = append(trials.Rows, row)
		if t.Role == "confirm" || t.Role == "saturation" {
			short.Rows = append(short.Rows, row)
		}
	}
	s.Table(trials, short)
	if c.Spoilt != "" {
		s.Notes = append(s.Notes, content.Note{Kind: content.Spoilt, Text: plaintext.Line(c.Spoilt)})
	}
	return s
}

// confirmed is what the server said of the cells that decide.
func confirmed(c *result.Capacity) []string {
	var cells []result.Cell
	load := map[string]string{}
	of := map[string]result.Cell{}
	for _, cell := range c.Cells {
		of[cell.ID] = cell
	}
	for _, t := range c.Trials {
		if cell, ok := of[t.Cell]; ok && t.Role == "confirm" {
			cells = append(cells, cell)
			load[t.Cell] = "confirmation of " + trialLoad(t)
		}
	}
	return serverLines(cells, func(c result.Cell) string { return load[c.ID] })
}

func trialLoad(t result.Trial) string {
	if t.Users > 0 {
		return format.Users(t.Users)
	}
	return format.Number(t.Rate) + "/s"
}

func trialRow(t result.Trial) []string {
	var over, effective []string
	for _, l := range t.Limits {
		over = append(over, fmt.Sprintf("%d of %d", l.Over, l.N))
		effective = append(effective, format.Number(l.NEff))
	}
	outcome := t.Role
	switch {
	case t.Overloaded:
		outcome += ": overloaded, cut short"
	case t.Growing:
		outcome += ": not judged, since the queue kept growing"
		over, effective = []string{format.Missing}, []string{format.Missing}
	case t.Verdict != "":
		outcome += ": " + string(t.Verdict)
	}
	if t.Role == "ladder" || t.Role == "saturation" {
		over, effective = []string{format.Missing}, []string{format.Missing}
	}
	return []string{trialLoad(t), format.Number(t.Completed), strings.Join(over, ", "), strings.Join(effective, ", "), outcome}
}
