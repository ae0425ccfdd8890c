package capacity

import "math"

// undefined lists the limits on metrics that no request has that succeeded: such
// a search has no answer, since no load breaks the limit and none keeps it.
// Nothing is undefined before the first success.
func (c Config) undefined(h []Observation) []string {
	var out []string
	for k, l := range c.Limits {
		if l.Quantile == 0 {
			continue // on success
		}
		succeeded, defined := false, false
		for i := range h {
			for _, r := range h[i].Requests {
				succeeded = succeeded || r.OK
				defined = defined || r.OK && !math.IsNaN(r.Excess[k]) && !math.IsInf(r.Excess[k], 1)
			}
		}
		if succeeded && !defined {
			out = append(out, l.Text)
		}
	}
	return out
}
