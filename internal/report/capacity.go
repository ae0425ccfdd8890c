package report

import (
	"fmt"
	"strings"

	"github.com/inferometer/inferometer/internal/result"
)

// capacity is the answer of a search, then the cells that it rests on.
func capacity(c *result.Capacity) *section {
	if c == nil {
		return nil
	}
	s := &section{id: "capacity", title: "Capacity", evidence: c.Evidence, figures: []string{"capacity-1", "capacity-2", "capacity-3", "capacity-goodput"}}
	s.told = append(s.told, clean(c.Text))
	if c.Broke != "" {
		s.told = append(s.told, clean(fmt.Sprintf("What breaks first beyond it is %s: %s.", c.Broke, c.Why)))
	}
	if sat := c.Saturation; sat != nil {
		s.told = append(s.told, fmt.Sprintf("Saturation, whatever the latency: %s requests/s with %s at once (rate × response time is %s %% off the users, Little's law).",
			number(sat.Rate), users(sat.Users), number(100*sat.LittleError)))
	}
	s.told = append(s.told, confirmed(c)...)
	s.text = append(s.text, s.told...)
	s.text = append(s.text, "The search is exploratory and proves nothing. Only a confirmation decides: a cell of its own, with arrivals and prompts of its own, whose length was settled before it began. "+
		"All confirmations together have an error probability of 5 %. Requests that depend on each other count for fewer.")
	if c.In == "users" {
		s.text = append(s.text, "In a closed loop a slow server gets less load: this does not say what it carries at a given rate.")
	}
	trials := table{head: []string{"load", "completed/s", "over the limit", "independent", "outcome"}}
	short := table{head: trials.head}
	for _, t := range c.Trials {
		row := trialRow(t)
		trials.rows = append(trials.rows, row)
		if t.Role == "confirm" || t.Role == "saturation" {
			short.rows = append(short.rows, row)
		}
	}
	s.tables, s.short = append(s.tables, trials), append(s.short, short)
	return s
}

// confirmed is what the server said of the cells that decide.
func confirmed(c *result.Capacity) []string {
	var cells []result.Cell
	load := map[string]string{}
	for i, t := range c.Trials {
		if t.Role == "confirm" && i < len(c.Cells) && c.Cells[i].ID == t.Cell {
			cells = append(cells, c.Cells[i])
			load[t.Cell] = "confirmation of " + trialLoad(t)
		}
	}
	return serverLines(cells, func(c result.Cell) string { return load[c.ID] })
}

func trialLoad(t result.Trial) string {
	if t.Users > 0 {
		return users(t.Users)
	}
	return number(t.Rate) + "/s"
}

// users is a number of them in words.
func users(n int) string {
	if n == 1 {
		return "1 user"
	}
	return fmt.Sprintf("%d users", n)
}

func trialRow(t result.Trial) []string {
	var over, worth []string
	for _, l := range t.Limits {
		over = append(over, fmt.Sprintf("%d of %d", l.Over, l.N))
		worth = append(worth, number(l.NEff))
	}
	outcome := t.Role
	switch {
	case t.Overloaded:
		outcome += ": overloaded, cut short"
	case t.Verdict != "":
		outcome += ": " + string(t.Verdict)
	}
	if t.Role == "ladder" || t.Role == "saturation" {
		over, worth = []string{missing}, []string{missing}
	}
	return []string{trialLoad(t), number(t.Completed), strings.Join(over, ", "), strings.Join(worth, ", "), outcome}
}
