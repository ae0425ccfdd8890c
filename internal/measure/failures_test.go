package measure

import (
	"fmt"
	"strings"
	"testing"

	"github.com/inferometer/inferometer/internal/exchange"
)

// Each refusal says another time to try again: 62 of them are one kind of failure,
// and one example says what it is, what the limit is and how to stay within it.
func TestFailuresAreGroupedByClass(t *testing.T) {
	var f failures
	for i := range 62 {
		f.add(&exchange.Exchange{Class: exchange.HTTP429, Status: 429, LimitRPM: 30, Error: fmt.Sprintf("HTTP 429: try again in 1.%03ds", i)})
	}
	f.add(&exchange.Exchange{Class: exchange.HTTP5xx, Status: 503, Error: "HTTP 503: busy"})
	f.add(&exchange.Exchange{Class: exchange.HTTP5xx, Status: 500, Error: "HTTP 500: broken"})
	f.add(&exchange.Exchange{Class: exchange.Cut})
	f.add(&exchange.Exchange{})
	if all := f.list(); len(all) != 3 || all[0].N != 62 || all[0].Class != "http_429" || all[0].LimitRPM != 30 || all[1].Status != 500 {
		t.Errorf("%+v", all)
	}
	for target, flag := range map[string]string{"candidate": "--rpm 30 paces", "baseline": "--baseline-rpm 30 paces", "third": "; rpm 30 paces"} {
		got := strings.Join(f.texts(target), "\n")
		if !strings.HasPrefix(got, "62 × http_429 (the server takes 30 requests per minute; ") || !strings.Contains(got, flag) || strings.Count(got, "), such as: HTTP 429: try again in 1.000s") != 1 {
			t.Errorf("%s: %s", target, got)
		}
	}
}
