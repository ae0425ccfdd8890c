package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/suggest"
	"github.com/inferometer/inferometer/internal/tariff"
)

// Units of the price of an offer.
const (
	AcceleratorHour = "accelerator hour"
	NodeHour        = "node hour"
)

// Offer is an offer to rent accelerators.
type Offer struct {
	Accelerator string      `json:"accelerator"`
	MemoryGB    int         `json:"memory_gb"`
	Provider    string      `json:"provider"`
	Product     string      `json:"product,omitempty"` // as the provider calls it, such as p5.48xlarge
	Rent        tariff.Rent `json:"rent"`
	Node        int         `json:"node"`            // accelerators that are rented together, at least 1
	UpTo        int         `json:"up_to,omitempty"` // the most accelerators of one machine; 0: not known
	USDPerHour  float64     `json:"usd_per_hour"`    // of a Unit
	Unit        string      `json:"unit"`            // AcceleratorHour or NodeHour
	Currency    string      `json:"currency,omitempty"`
	Fact
}

// Each is the USD per hour of one accelerator, where all of a node are used.
func (o Offer) Each() float64 {
	if o.Unit == NodeHour {
		return o.USDPerHour / float64(o.Node)
	}
	return o.USDPerHour
}

// NodeUSDPerHour is what the smallest unit costs that can be rented.
func (o Offer) NodeUSDPerHour() float64 {
	if o.Unit == NodeHour {
		return o.USDPerHour
	}
	return o.USDPerHour * float64(o.Node)
}

// Billed is how many accelerators are paid for where count are wanted.
func (o Offer) Billed(count int) int { return (max(1, count) + o.Node - 1) / o.Node * o.Node }

// Name is provider, product and accelerator.
func (o Offer) Name() string {
	return strings.TrimSpace(o.Provider+" "+o.Product) + "/" + o.Accelerator
}

// String says what is offered, for those who choose: "lambda 8x/H100-SXM, on demand,
// $3.99 per accelerator hour, by 8".
func (o Offer) String() string {
	text := fmt.Sprintf("%s, %s, %s per %s", o.Name(), Words(o.Rent), amount.Price(o.USDPerHour), o.Unit)
	if o.Node > 1 {
		text += fmt.Sprintf(", by %d", o.Node)
	}
	return text
}

// Words writes terms of rent: "on demand".
func Words(r tariff.Rent) string { return strings.ReplaceAll(string(r), "_", " ") }

// Offers returns every listed offer, ordered by accelerator and price. The
// caller owns the slice.
func (l List) Offers() []Offer {
	out := slices.Clone(l.offers)
	slices.SortStableFunc(out, func(a, b Offer) int {
		return cmp.Or(cmp.Compare(a.Accelerator, b.Accelerator), cmp.Compare(a.Each(), b.Each()))
	})
	return out
}

// Want is what someone wants to rent.
type Want struct {
	Name  string      // an accelerator, or provider/accelerator
	Rent  tariff.Rent // empty: on demand
	Count int         // accelerators of one machine; 0: 1
}

// Offer returns what is to be paid for an accelerator, named ("L40S", "H100") or as
// "provider/accelerator", in any case, with or without its maker. Nothing but the
// terms that are wanted is taken, and on demand where none are: what can be taken back
// or is paid in advance is never chosen in silence. Where there is no such offer the
// error lists those that there are.
//
// Of several offers those count whose machines can have so many accelerators; of
// a named provider the cheapest, without a provider the (lower) median, by what
// is paid for so many accelerators in the units in which they are sold.
func (l List) Offer(w Want) (Offer, error) {
	provider, want := "", fold(w.Name)
	if i := strings.LastIndex(want, "/"); i >= 0 {
		provider, want = want[:i], want[i+1:]
		provider = ProviderOf(provider)
	}
	for _, maker := range []string{"nvidia", "amd"} {
		want = strings.TrimLeft(strings.TrimPrefix(want, maker), "- ")
	}
	if want == "" {
		return Offer{}, fmt.Errorf("an hourly price needs the name of an accelerator (inferometer prices ls lists the known ones), or usd_per_hour in the plan")
	}
	var firstErr error
	for _, source := range l.sources() {
		all, err := source.named(w.Name, want)
		if err == nil {
			var o Offer
			if o, err = choose(all, provider, w); err == nil {
				return o, nil
			}
		}
		firstErr = err // that of the last list, which is the largest
	}
	return Offer{}, firstErr
}

// named is the offers of an accelerator.
func (l List) named(name, want string) ([]Offer, error) {
	exact := slices.ContainsFunc(l.offers, func(a Offer) bool { return fold(a.Accelerator) == want })
	var found []Offer
	var kinds, names []string
	for _, a := range l.offers {
		n := fold(a.Accelerator)
		names = append(names, n)
		if n != want && (exact || !strings.HasPrefix(n, want+"-")) {
			continue
		}
		if !slices.Contains(kinds, a.Accelerator) {
			kinds = append(kinds, a.Accelerator)
		}
		found = append(found, a)
	}
	switch len(kinds) {
	case 0:
		return nil, fmt.Errorf("no hourly price is listed for accelerator %q%s; set usd_per_hour in the plan (--usd-per-hour)", name, suggest.DidYouMean(want, names))
	case 1:
		return found, nil
	}
	return nil, fmt.Errorf("accelerator %q is ambiguous; choose one of %s", name, strings.Join(kinds, ", "))
}

// choose picks from the offers of one accelerator.
func choose(all []Offer, provider string, w Want) (Offer, error) {
	rent := cmp.Or(w.Rent, tariff.OnDemand)
	by := all
	if provider != "" {
		by = keep(all, func(o Offer) bool {
			return fold(o.Provider) == provider || fold(o.Provider+" "+o.Product) == provider
		})
	}
	if len(by) == 0 {
		return Offer{}, fmt.Errorf("no offer %q is listed; there are: %s", w.Name, listOf(all))
	}
	on := keep(by, func(o Offer) bool { return o.Rent == rent })
	if len(on) == 0 {
		return Offer{}, fmt.Errorf("no offer of %q is %s; there are: %s (name the terms with --rent %s, or give usd_per_hour)", w.Name, Words(rent), listOf(by), by[0].Rent)
	}
	fit := keep(on, func(o Offer) bool { return o.UpTo == 0 || w.Count <= o.UpTo })
	if len(fit) == 0 {
		return Offer{}, fmt.Errorf("no offer of %q has %d accelerators in one machine; there are: %s", w.Name, w.Count, listOf(on))
	}
	paid := func(o Offer) float64 { return float64(o.Billed(w.Count)) * o.Each() }
	slices.SortStableFunc(fit, func(a, b Offer) int { return cmp.Compare(paid(a), paid(b)) })
	if provider != "" {
		return fit[0], nil
	}
	return fit[(len(fit)-1)/2], nil
}

func keep(all []Offer, is func(Offer) bool) []Offer {
	var out []Offer
	for _, o := range all {
		if is(o) {
			out = append(out, o)
		}
	}
	return out
}

func listOf(all []Offer) string {
	var texts []string
	for _, o := range all {
		texts = append(texts, o.String())
	}
	return strings.Join(texts, "; ")
}
