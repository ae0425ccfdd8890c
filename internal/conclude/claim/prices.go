package claim

import (
	"fmt"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/tariff"
)

// OldPrices leaves a claim undecided that rests on a listed price of over a year
// before a day. A price that the plan states with input and output, or per hour, is
// confirmed by whoever states it.
func OldPrices(c *result.Claim, targets []result.Target, on time.Time, also ...string) {
	if c.Verdict != result.Proved && c.Verdict != result.Refuted {
		return
	}
	for _, t := range targets {
		for _, a := range t.PriceAges(on, also...) {
			if a.Decides && a.Days > tariff.OldDays && rests(c, t.Name) {
				c.Verdict = result.Undecided
				c.Reason = fmt.Sprintf("%s, and a claim is not decided by a price of over a year ago: look it up and state it in the plan (%s)", a, stated(t, a.What))
				return
			}
		}
	}
}

// stated names the keys by which a plan states a price.
func stated(t result.Target, what string) string {
	switch {
	case t.Machine != nil:
		return t.Name + ".machine with usd_per_hour and as_of"
	case what == "cached":
		return t.Name + ".price with cached and as_of"
	case what == "batch":
		return "cost.batch_factor"
	}
	return t.Name + ".price with input, output and as_of"
}

// rests reports whether a claim has a target among its inputs.
func rests(c *result.Claim, target string) bool {
	for _, in := range c.Inputs {
		if in == target || strings.HasPrefix(in, target+" ") {
			return true
		}
	}
	return false
}
