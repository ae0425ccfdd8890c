package catalog

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/tariff"
)

// FindingKind is what is wrong with an entry.
type FindingKind string

// The kinds.
const (
	Stale         FindingKind = "stale"         // over tariff.StaleDays old
	Old           FindingKind = "old"           // over tariff.OldDays old: nothing is proved by it
	Contradiction FindingKind = "contradiction" // it cannot be right as it is, or another entry says otherwise
)

// Finding is something wrong with an entry.
type Finding struct {
	Place string      `json:"place"` // file and line
	Entry string      `json:"entry"`
	Key   string      `json:"key"`
	Kind  FindingKind `json:"kind"`
	Text  string      `json:"text"`
}

func (f Finding) String() string {
	return fmt.Sprintf("%s: %s: %s: %s", f.Place, f.Entry, f.Key, f.Text)
}

// Check names the entries that are stale on a day, or contradict themselves or others.
func (l List) Check(now time.Time) []Finding {
	var out []Finding
	for _, p := range l.Prices() {
		add := func(key string, kind FindingKind, format string, args ...any) {
			out = append(out, Finding{p.Place, p.Name(), key, kind, fmt.Sprintf(format, args...)})
		}
		age(p.Fact, now, add)
		p.contradictions(add)
		for _, o := range l.prices {
			if o.Provider != p.Provider || o.Name() == p.Name() || sameRates(o, p) {
				continue
			}
			if i := slices.IndexFunc(p.Aliases, func(a string) bool { return fold(a) == fold(o.Model) }); i >= 0 {
				add("aliases", Contradiction, "%s has an entry of its own at another price, at %s", p.Aliases[i], o.Place)
			}
		}
	}
	for _, o := range l.Offers() {
		age(o.Fact, now, func(key string, kind FindingKind, format string, args ...any) {
			out = append(out, Finding{o.Place, o.Name(), key, kind, fmt.Sprintf(format, args...)})
		})
	}
	return out
}

func sameRates(a, b Price) bool {
	return slices.EqualFunc(a.List(), b.List(), func(x, y tariff.Rate) bool {
		return (x.Value == nil) == (y.Value == nil) && (x.Value == nil || *x.Value == *y.Value)
	})
}

type note func(key string, kind FindingKind, format string, args ...any)

func age(f Fact, now time.Time, add note) {
	days, ok := tariff.Age(f.AsOf, now)
	month := ""
	if len(f.AsOf) == len("2006-01") {
		month = ", from the first of the month, since the day is not known"
	}
	switch {
	case !ok:
	case days > tariff.OldDays:
		add("as_of", Old, "%d days old (%s%s); a saving that rests on it is undecided unless the plan states the price", days, f.AsOf, month)
	case days > tariff.StaleDays:
		add("as_of", Stale, "%d days old (%s%s); look it up again", days, f.AsOf, month)
	case days < -1:
		add("as_of", Contradiction, "%s is in the future", f.AsOf)
	}
}

// contradictions are rates that no provider asks for: input from a cache that costs
// more than new input, or a discount that is none.
func (p Price) contradictions(add note) {
	more := func(key string, a *float64, than string, b float64) {
		if a != nil && *a > b {
			add(key, Contradiction, "%s is more than %s, %s", amount.Price(*a), than, amount.Price(b))
		}
	}
	within := func(prefix string, r tariff.Rates) {
		more(prefix+"cached", r.Cached, "input", r.Input)
		if r.CacheWrite != nil && r.CacheWrite1h != nil {
			more(prefix+"cache_write", r.CacheWrite, "cache_write_1h", *r.CacheWrite1h)
		}
	}
	within("", p.Rates)
	for i, l := range p.LongContext {
		within(fmt.Sprintf("long_context[%d].", i), l.Rates)
		more("input", &p.Input, fmt.Sprintf("long_context[%d].input", i), l.Input)
		more("output", &p.Output, fmt.Sprintf("long_context[%d].output", i), l.Output)
	}
	for _, s := range []struct {
		key string
		*tariff.Service
	}{{"batch", p.Batch}, {"flex", p.Flex}} {
		if s.Service != nil {
			within(s.key+".", s.Rates)
			more(s.key+".input", &s.Input, "input", p.Input)
			more(s.key+".output", &s.Output, "output", p.Output)
		}
	}
	if p.Priority != nil {
		within("priority.", p.Priority.Rates)
		more("input", &p.Input, "priority.input", p.Priority.Input)
	}
	if strings.TrimSpace(p.Source) == "" {
		add("source", Contradiction, "is empty")
	}
}
