// Package catalog holds facts that are looked up and not measured: list
// prices of models and hourly prices of rented accelerators, data sheets of
// accelerators and architectures of models, each with its source and the date
// it was seen.
//
// A price is an input of a calculation and never a constant of the tool, so
// every entry can be overridden in the plan. Nothing is guessed: a name that is
// missing or ambiguous is an error, never 0, and a figure without a solid source
// says so. The package fetches nothing. Batch, priority and long-context tiers,
// taxes and discounts are not included; an entry's note names a tier where there
// is one.
package catalog

import (
	"bytes"
	"cmp"
	_ "embed" // the data files
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/inferometer/inferometer/internal/suggest"
)

// Price is the list price of a model at one provider, in USD per million
// tokens, standard tier.
type Price struct {
	Provider string   `json:"provider"`
	Model    string   `json:"model"`
	Input    float64  `json:"input"`
	Cached   *float64 `json:"cached,omitempty"` // input tokens read from the provider's cache; nil: no separate price
	Output   float64  `json:"output"`
	AsOf     string   `json:"as_of"` // 2006-01-02, or 2006-01 or 2006 if no more is known
	Source   string   `json:"source"`
	Note     string   `json:"note,omitempty"`
}

// Kind says how an accelerator is rented.
type Kind string

// The kinds of rent. Only on-demand machines are never taken back.
const (
	OnDemand    Kind = "on-demand"
	Spot        Kind = "spot"
	Serverless  Kind = "serverless"
	Marketplace Kind = "marketplace"
)

// Accelerator is an offer to rent one accelerator.
type Accelerator struct {
	Name       string  `json:"name"`
	MemoryGB   int     `json:"memory_gb"`
	USDPerHour float64 `json:"usd_per_hour"` // of one accelerator
	Provider   string  `json:"provider"`
	Kind       Kind    `json:"kind"`
	AsOf       string  `json:"as_of"` // as in Price
	Source     string  `json:"source"`
	Note       string  `json:"note,omitempty"`
}

//go:embed data/prices.json
var pricesJSON []byte

//go:embed data/accelerators.json
var acceleratorsJSON []byte

var (
	prices       = sync.OnceValues(func() ([]Price, error) { return read[Price]("prices", pricesJSON) })
	accelerators = sync.OnceValues(func() ([]Accelerator, error) { return read[Accelerator]("accelerators", acceleratorsJSON) })
)

// read decodes an embedded file strictly: an unknown key is a misspelt one.
func read[T any](name string, data []byte) ([]T, error) {
	var out []T
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&out); err != nil {
		return nil, fmt.Errorf("failed to read the embedded list of %s: %w", name, err)
	}
	return out, nil
}

// Prices returns every listed price, ordered by provider and model. The
// caller owns the slice.
func Prices() []Price {
	all, _ := prices() // a test ensures that it can be read
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b Price) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Model, b.Model))
	})
	return out
}

// Accelerators returns every listed offer, ordered by name and price. The
// caller owns the slice.
func Accelerators() []Accelerator {
	all, _ := accelerators() // a test ensures that it can be read
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b Accelerator) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.USDPerHour, b.USDPerHour))
	})
	return out
}

// LookupPrice returns the price of a model, named "model" or
// "provider/model", in any case. A model that several providers sell needs
// the longer form; the error lists them.
func LookupPrice(model string) (Price, error) {
	all, err := prices()
	if err != nil {
		return Price{}, err
	}
	return priceIn(all, model)
}

func priceIn(all []Price, model string) (Price, error) {
	want := fold(model)
	if want == "" {
		return Price{}, fmt.Errorf("a price needs the name of a model (inferometer prices ls lists the known ones)")
	}
	var found []Price
	var names, long []string
	for _, p := range all {
		if fold(p.Provider+"/"+p.Model) == want {
			return p, nil
		}
		if fold(p.Model) == want {
			found = append(found, p)
			long = append(long, p.Provider+"/"+p.Model)
		}
		names = append(names, fold(p.Model), fold(p.Provider+"/"+p.Model))
	}
	switch len(found) {
	case 0:
		return Price{}, fmt.Errorf("no price is listed for model %q%s; set input and output in the plan, or use a model from inferometer prices ls", model, suggest.DidYouMean(want, names))
	case 1:
		return found[0], nil
	}
	return Price{}, fmt.Errorf("several providers sell model %q at different prices; choose one of %s", model, strings.Join(long, ", "))
}

// LookupAccelerator returns what an hour of an accelerator costs. Name is an
// accelerator ("L40S", "H100") or "provider/accelerator", in any case, with
// or without the maker. Without a provider it is the (lower) median of the
// on-demand offers, or of all offers if none is on demand; the result names its
// provider.
func LookupAccelerator(name string) (Accelerator, error) {
	all, err := accelerators()
	if err != nil {
		return Accelerator{}, err
	}
	return acceleratorIn(all, name)
}

func acceleratorIn(all []Accelerator, name string) (Accelerator, error) {
	provider, want := "", fold(name)
	if i := strings.LastIndex(want, "/"); i >= 0 {
		provider, want = want[:i], want[i+1:]
	}
	for _, maker := range []string{"nvidia", "amd"} {
		want = strings.TrimLeft(strings.TrimPrefix(want, maker), "- ")
	}
	if want == "" {
		return Accelerator{}, fmt.Errorf("an hourly price needs the name of an accelerator (inferometer prices ls lists the known ones), or usd_per_hour in the plan")
	}
	exact := slices.ContainsFunc(all, func(a Accelerator) bool { return fold(a.Name) == want })
	var found []Accelerator
	var kinds, names []string
	for _, a := range all {
		n := fold(a.Name)
		names = append(names, n)
		if n != want && (exact || !strings.HasPrefix(n, want+"-")) {
			continue
		}
		if !slices.Contains(kinds, a.Name) {
			kinds = append(kinds, a.Name)
		}
		found = append(found, a)
	}
	switch len(kinds) {
	case 0:
		return Accelerator{}, fmt.Errorf("no hourly price is listed for accelerator %q%s; set usd_per_hour in the plan (--usd-per-hour)", name, suggest.DidYouMean(want, names))
	case 1:
	default:
		return Accelerator{}, fmt.Errorf("accelerator %q is ambiguous; choose one of %s", name, strings.Join(kinds, ", "))
	}
	if provider != "" {
		return offerOf(found, name, provider)
	}
	return medianOffer(found), nil
}

// offerOf picks the offer of one provider: its cheapest, if it has several.
func offerOf(found []Accelerator, name, provider string) (Accelerator, error) {
	var sellers []string
	var best *Accelerator
	for i, a := range found {
		sellers = append(sellers, a.Provider)
		if p := fold(a.Provider); (p == provider || strings.HasPrefix(p, provider+" ")) && (best == nil || a.USDPerHour < best.USDPerHour) {
			best = &found[i]
		}
	}
	if best == nil {
		return Accelerator{}, fmt.Errorf("no offer %q is listed; %s is offered by %s", name, found[0].Name, strings.Join(sellers, ", "))
	}
	return *best, nil
}

func medianOffer(found []Accelerator) Accelerator {
	lasting := slices.DeleteFunc(slices.Clone(found), func(a Accelerator) bool { return a.Kind != OnDemand })
	if len(lasting) == 0 {
		lasting = slices.Clone(found)
	}
	slices.SortStableFunc(lasting, func(a, b Accelerator) int { return cmp.Compare(a.USDPerHour, b.USDPerHour) })
	return lasting[(len(lasting)-1)/2]
}

func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
