// Package tariff holds what prices are made of: rates per token, tiers, the terms on
// which machines are rented, where a price comes from and how old it is. It is the
// vocabulary that price lists and results share. It knows no price and works none
// out.
package tariff

import (
	"fmt"
	"time"
)

// Rates are what tokens cost, in USD per million of them. A rate that is absent is
// not free: those tokens cost what its comment says.
type Rates struct {
	Input        float64  `json:"input"`
	Cached       *float64 `json:"cached,omitempty"`         // input read from the provider's cache; absent: Input
	CacheWrite   *float64 `json:"cache_write,omitempty"`    // input written to the cache for its shortest life, as 5 minutes; absent: Input
	CacheWrite1h *float64 `json:"cache_write_1h,omitempty"` // input written to the cache for an hour; absent: CacheWrite
	Output       float64  `json:"output"`
	Reasoning    *float64 `json:"reasoning,omitempty"` // output that is reasoning; absent: Output
	// Tokens of sound and of pictures. Nothing that this tool sends has any; they
	// are kept so that a price list is whole.
	AudioInput  *float64 `json:"audio_input,omitempty"`
	AudioOutput *float64 `json:"audio_output,omitempty"`
	ImageInput  *float64 `json:"image_input,omitempty"`
	ImageOutput *float64 `json:"image_output,omitempty"`
}

// Rate is one rate by its key.
type Rate struct {
	Key   string
	Value *float64 // nil: absent
}

// List lists the rates by their keys, in order.
func (r *Rates) List() []Rate {
	return []Rate{
		{"input", &r.Input}, {"cached", r.Cached}, {"cache_write", r.CacheWrite}, {"cache_write_1h", r.CacheWrite1h},
		{"output", &r.Output}, {"reasoning", r.Reasoning},
		{"audio_input", r.AudioInput}, {"audio_output", r.AudioOutput}, {"image_input", r.ImageInput}, {"image_output", r.ImageOutput},
	}
}

// LongContext prices long requests: one with more than Above input tokens, cached
// ones included, is charged by these Rates for every token, output included.
type LongContext struct {
	Above int `json:"above"`
	Rates
}

// Service is the price of another class of service, such as batch.
type Service struct {
	Rates
	LongContext []LongContext `json:"long_context,omitempty"` // in the order of Above
}

// SourceKind says who says that a price is what it is.
type SourceKind string

// The kinds of sources.
const (
	FromProvider SourceKind = "provider" // the provider's own page, read on the day of the price
	FromMirror   SourceKind = "mirror"   // a list that someone else keeps
	FromPlan     SourceKind = "plan"     // stated by the user
)

// Origin is where a price comes from.
type Origin struct {
	Source string     `json:"source"`
	AsOf   string     `json:"as_of,omitempty"` // 2026-10-27, or 2026-10 where only the month is known
	Kind   SourceKind `json:"kind,omitempty"`
}

// Currency and Unit are those of all prices per token.
const (
	Currency  = "USD"
	TokenUnit = "1M tokens"
)

// Rent says on which terms a machine is rented.
type Rent string

// The terms. Only what is on demand or committed is not taken back.
const (
	OnDemand    Rent = "on_demand"
	Committed   Rent = "committed"   // paid for months or years, used or not
	Spot        Rent = "spot"        // taken back at minutes' notice
	Marketplace Rent = "marketplace" // of strangers, as they offer it
	Serverless  Rent = "serverless"  // by the second, while it works
)

// Rents lists the terms, those that last first.
func Rents() []Rent { return []Rent{OnDemand, Committed, Spot, Marketplace, Serverless} }

// How old a price may be, in days.
const (
	StaleDays = 90  // older than this it is warned of
	OldDays   = 365 // older than this no saving is proved by it
)

// Day reads the date of a price: a day, or a month, which is its first day, so that
// the price counts as old rather than new.
func Day(asOf string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, "2006-01"} {
		if t, err := time.Parse(layout, asOf); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("invalid date %q: give a day such as 2026-10-27, or a month such as 2026-10", asOf)
}

// Age is how many whole days before now a price was read; false where its date is not
// known.
func Age(asOf string, now time.Time) (days int, ok bool) {
	t, err := Day(asOf)
	if err != nil {
		return 0, false
	}
	return int(now.Sub(t).Hours() / 24), true
}
