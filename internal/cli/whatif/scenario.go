package whatif

import (
	"fmt"

	"github.com/inferometer/inferometer/internal/catalog"
	"github.com/inferometer/inferometer/internal/cost"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/pricing"
	"github.com/inferometer/inferometer/internal/result"
)

// question is what the run found out, with what the flags replace.
func (f *flags) question(r *result.Result) (*cost.Question, error) {
	of := cost.Stated{}
	for name, n := range f.of {
		if n.set {
			of[name] = n.v
		}
	}
	for _, pair := range [][2]string{{"utilization", "peak-to-mean"}, {"tokens-per-second", "requests-per-second"}} {
		if f.of[pair[0]].set && f.of[pair[1]].set {
			return nil, fmt.Errorf("--%s and --%s say the same thing in two ways: give one of them", pair[0], pair[1])
		}
	}
	if n := f.of["utilization"]; n.set && !(n.v > 0 && n.v <= 1) {
		return nil, fmt.Errorf("--utilization %v: must be greater than 0 and at most 1, as in 0.4 for 40 %%", n.v)
	}
	q := cost.QuestionOf(r)
	q.Lengths(of)
	if err := f.listed(q); err != nil {
		return nil, err
	}
	return q, q.State(of, f.model != "")
}

// listed takes the prices of the price list that flags name.
func (f *flags) listed(q *cost.Question) error {
	list, err := catalog.Open(f.prices)
	if err != nil {
		return fmt.Errorf("--prices: %w", err)
	}
	if f.accelerator != "" {
		m := &plan.Machine{Accelerator: f.accelerator, Rent: f.rent, USDPerHour: f.of["usd-per-hour"].v, Count: max(1, q.Scenario.Own.Accelerators)}
		if f.of["accelerators"].set {
			m.Count = int(f.of["accelerators"].v)
		}
		found, err := pricing.Machine(list, m)
		if err != nil {
			return fmt.Errorf("--accelerator: %w", err)
		}
		from := "--accelerator " + f.accelerator
		if found.Offer != "" {
			from += " (" + found.Offer + ", " + catalog.Words(found.Rent) + ")"
		}
		for _, s := range []string{found.Source, found.AsOf} {
			if s != "" {
				from += ", " + s
			}
		}
		q.Rented(found.USDPerHour, found.Node, from)
	}
	if f.model == "" {
		return nil
	}
	p, err := pricing.Price(list, &plan.Price{Model: f.model})
	if err != nil {
		return fmt.Errorf("--price: %w", err)
	}
	q.Listed(p, "--price "+f.model)
	return nil
}
