package pricing

import (
	"strings"

	"github.com/inferometer/inferometer/internal/plan"
	"github.com/inferometer/inferometer/internal/plan/key"
)

// Check says which prices and machines of a plan are listed nowhere, as
// key.Problems, before anything is asked or estimated.
func Check(pl plan.Plan) error {
	var out key.Problems
	for _, t := range pl.Endpoints() {
		path := strings.TrimSuffix(pl.PriceKey(t.Name), "price")
		_, price := Price(t.Price)
		_, machine := Machine(t.Machine)
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
