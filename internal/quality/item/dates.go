package item

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/inferometer/inferometer/internal/quality/check"
)

// day draws a day between two years, the first and the last included.
func day(r *rand.Rand, from, to int) time.Time {
	first := time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC)
	last := time.Date(to, 12, 31, 0, 0, 0, 0, time.UTC)
	return first.AddDate(0, 0, r.IntN(int(last.Sub(first).Hours()/24)+1))
}

func dates(r *rand.Rand, level int) Item {
	const iso = " Reply with the date only, as YYYY-MM-DD."
	d := day(r, 1990, 2039)
	off := one(r, -1, 1)
	switch level {
	case 0:
		n := between(r, 3, 27)
		right := d.AddDate(0, 0, n)
		return text(fmt.Sprintf("Which date is %d days after %s?%s", n, d.Format(time.DateOnly), iso), right.Format(time.DateOnly), right.AddDate(0, 0, off).Format(time.DateOnly))
	case 1:
		n := between(r, 30, 150)
		right := d.AddDate(0, 0, -n)
		return text(fmt.Sprintf("Which date is %d days before %s?%s", n, d.Format(time.DateOnly), iso), right.Format(time.DateOnly), right.AddDate(0, 0, off).Format(time.DateOnly))
	case 2:
		n := between(r, 20, 330)
		to := d.AddDate(0, 0, n)
		return number(fmt.Sprintf("How many days are there from %s to %s, not counting the first day? Reply with the number only.", d.Format(time.DateOnly), to.Format(time.DateOnly)), n, n+off, "")
	case 3:
		return weekday(fmt.Sprintf("Which day of the week was or will be %s?", d.Format("2 January 2006")), d, off)
	}
	n := between(r, 5, 60)
	right := d
	for left := n; left > 0; {
		right = right.AddDate(0, 0, 1)
		if wd := right.Weekday(); wd != time.Saturday && wd != time.Sunday {
			left--
		}
	}
	return text(fmt.Sprintf("A parcel is sent on %s, %s. It arrives %d working days later. Working days are Monday to Friday; there are no holidays, and the day of sending does not count. On which date does it arrive?%s",
		d.Weekday(), d.Format(time.DateOnly), n, iso), right.Format(time.DateOnly), right.AddDate(0, 0, off).Format(time.DateOnly))
}

func weekday(prompt string, d time.Time, off int) Item {
	right, wrong := d.Weekday().String(), d.AddDate(0, 0, off).Weekday().String()
	it := text(prompt+" Reply with the English name of the day only.", right, wrong)
	it.Checks = []check.Check{{Type: "regex", Want: []string{`(?i)\b` + right + `\b`}}}
	for n := range 7 {
		if n != int(d.Weekday()) {
			it.Checks = append(it.Checks, check.Check{Type: "contains", Want: []string{time.Weekday(n).String()}, Not: true})
		}
	}
	return it
}
