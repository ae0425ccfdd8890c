package claim

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/measure"
	"github.com/inferometer/inferometer/internal/result"
)

// endings is a cell of requests that end as given, one each second.
func endings(classes []exchange.Class) Cell {
	cell := Cell{Requests: &measure.Collector{}}
	at := func(s int) exchange.Stamp { return exchange.Stamp(s)*1e9 + 1 }
	for i, class := range classes {
		cell.Requests.Add(&exchange.Exchange{Phase: exchange.Measured, Due: at(i), Class: class, Done: at(i) + 1e8})
	}
	cell.Requests.Settle(at(0), at(len(classes)))
	cell.WindowS = float64(len(classes))
	return cell
}

// ending is a cell of requests of which so many end in each way, in any order but
// for those that were cut, which are the last.
func ending(ok, failed, shed, cut int) Cell {
	var classes []exchange.Class
	for class, n := range map[exchange.Class]int{exchange.OK: ok, exchange.Reset: failed, exchange.Shed: shed} {
		for range n {
			classes = append(classes, class)
		}
	}
	rand.New(rand.NewPCG(2, 1)).Shuffle(len(classes), func(i, j int) { classes[i], classes[j] = classes[j], classes[i] })
	for range cut {
		classes = append(classes, exchange.Cut)
	}
	return endings(classes)
}

func TestDecideSuccess(t *testing.T) {
	for _, tt := range []struct {
		name     string
		ok, fail int
		shed     int
		limit    string
		want     result.Verdict
		needed   int
		reason   string
	}{
		{"nothing ended", 0, 0, 0, "success>=95%", result.Undecided, 0, "no request ended"},
		// 0.95^59 is the first under 0.05.
		{"just enough", 59, 0, 0, "success>=95%", result.Proved, 0, "59 of 59"},
		{"one short", 58, 0, 0, "success>=95%", result.Undecided, 59, "59 requests like these would prove it"},
		{"some failed", 390, 10, 0, "success>=95%", result.Proved, 0, "390 of 400"},
		{"half failed", 50, 50, 0, "success>=95%", result.Refuted, 0, "50 of 100"},
		{"shed is not served", 50, 0, 50, "success>=95%", result.Refuted, 0, "50 of 100"},
		{"all of them, where at most half may", 62, 0, 0, "success<50%", result.Refuted, 0, "at least 95.28 %"},
		{"all of them, where a tenth may", 62, 0, 0, "success<=10%", result.Refuted, 0, "62 of 62"},
		{"few of them, where at most half may", 5, 57, 0, "success<50%", result.Proved, 0, "at most"},
		{"about half, where at most half may", 30, 32, 0, "success<=50%", result.Undecided, 0, "does not decide success<=50%"},
		{"more than", 390, 10, 0, "success>95%", result.Proved, 0, "390 of 400"},
	} {
		c := undecided()
		decideSuccess(&c, limitOf(t, tt.limit), ending(tt.ok, tt.fail, tt.shed, 0))
		if c.Verdict != tt.want || tt.needed != 0 && c.NeededN != tt.needed || !strings.Contains(c.Reason, tt.reason) || c.N != tt.ok+tt.fail+tt.shed {
			t.Errorf("%s: %s of %d, needs %d: %s", tt.name, c.Verdict, c.N, c.NeededN, c.Reason)
		}
	}
}

// Requests that were cut may have succeeded or not: they never help a verdict.
func TestSuccessOfCutRequestsIsOpen(t *testing.T) {
	for _, tt := range []struct {
		ok, fail, cut int
		limit         string
		want          result.Verdict
	}{
		{4500, 0, 0, "success>=99%", result.Proved},
		{4500, 0, 1500, "success>=99%", result.Undecided}, // a quarter was cut
		{4500, 0, 1500, "success>=60%", result.Proved},
		{0, 0, 100, "success>=99%", result.Undecided},
		{0, 90, 10, "success>=99%", result.Refuted},
		{10, 0, 90, "success<50%", result.Undecided},
	} {
		c := undecided()
		decideSuccess(&c, limitOf(t, tt.limit), ending(tt.ok, tt.fail, 0, tt.cut))
		if c.Verdict != tt.want || c.Reason == "" {
			t.Errorf("%+v: %s: %s", tt, c.Verdict, c.Reason)
		}
	}
}

// Failures in a row are no more than one outage, of a server that may have another:
// the same number of them far from each other proves what they do not.
func TestOutagesDoNotProveSuccess(t *testing.T) {
	apart, inRow := make([]exchange.Class, 1000), make([]exchange.Class, 1000)
	for i := range 10 {
		apart[50+83*i] = exchange.HTTP5xx
		inRow[400+i] = exchange.HTTP5xx
	}
	decided := func(classes []exchange.Class, limit string) result.Claim {
		c := undecided()
		decideSuccess(&c, limitOf(t, limit), endings(classes))
		return c
	}
	if c := decided(apart, "success>=98%"); c.Verdict != result.Proved || c.NEff != 1000 {
		t.Errorf("ten failures far from each other: %s (effective %v): %s", c.Verdict, c.NEff, c.Reason)
	}
	c := decided(inRow, "success>=98%")
	if c.Verdict != result.Undecided || c.NEff > 1000.0/10 || !strings.Contains(c.Reason, "since failures came together") || c.NeededN < 2000 {
		t.Errorf("ten failures in a row: %s (effective %v, needs %d): %s", c.Verdict, c.NEff, c.NeededN, c.Reason)
	}
	for i := range inRow[:60] {
		inRow[400+i] = exchange.HTTP5xx
	}
	if c := decided(inRow, "success>=98%"); c.Verdict == result.Refuted {
		t.Errorf("one outage refutes what it may be the exception from: %s", c.Reason)
	}
	if c := decided(inRow, "success>=50%"); c.Verdict != result.Proved {
		t.Errorf("a limit far away: %s: %s", c.Verdict, c.Reason)
	}
}

// A proof says which outages so few requests may have missed. 1,000 requests, one a
// second, at a limit of 98 %: 20 may fail. Without a failure fewer than 3.0 outages
// are to be expected (Poisson), with one 4.74.
func TestProofsOfSuccessSayWhichOutagesTheyCannotExclude(t *testing.T) {
	classes := make([]exchange.Class, 1000)
	for _, want := range []string{
		"at least 99.7 % with 95 % confidence; rare outages longer than 6 requests (6.7 s) each could break the limit and not show",
		"rare outages longer than 4 requests (4.2 s) each",
	} {
		c := undecided()
		decideSuccess(&c, limitOf(t, "success>=98%"), endings(classes))
		if c.Verdict != result.Proved || !strings.Contains(c.Reason, want) {
			t.Errorf("%s: %s\nwant %s", c.Verdict, c.Reason, want)
		}
		classes[500] = exchange.Timeout
	}
	c := undecided()
	decideSuccess(&c, limitOf(t, "success<=10%"), ending(0, 62, 0, 0))
	if c.Verdict != result.Proved || strings.Contains(c.Reason, "outages") {
		t.Errorf("a limit on how many may succeed: %s: %s", c.Verdict, c.Reason)
	}
}
