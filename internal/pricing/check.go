package pricing

import (
	"strings"

	"github.com/inferometer/inferometer/internal/catalog"
	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/key"
)

// List is the price list of a plan: the built-in one, and its price file over it.
func List(pl plan.Plan) (catalog.List, error) { return catalog.Open(pl.Prices) }

// Check says what is wrong with a plan's price file, and which prices and machines
// are listed nowhere, as key.Problems, before anything is asked or estimated.
func Check(pl plan.Plan) error {
	var out key.Problems
	list, err := List(pl)
	if err != nil {
		return key.Problems{{Path: "prices", Flag: "prices", Text: err.Error()}}
	}
	for _, t := range pl.Endpoints() {
		path := strings.TrimSuffix(pl.PriceKey(t.Name), "price")
		_, price := Price(list, t.Price)
		_, machine := Machine(list, t.Machine)
		for _, c := range []struct {
			key, flag string
			err       error
		}{{"price.model", "price", price}, {"machine.accelerator", "accelerator", machine}} {
			if c.err == nil {
				continue
			}
			q := key.Problem{Path: path + c.key, Text: c.err.Error()}
			flag := strings.TrimPrefix(strings.ReplaceAll(path, ".", "-"), "candidate-") + c.flag // baseline-price
			if _, ok := plan.LookupKey(flag); ok {
				q.Flag = flag
			}
			out = append(out, q)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
