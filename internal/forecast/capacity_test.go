package forecast

import (
	"testing"

	"github.com/inferometer/inferometer/internal/capacity"
)

// The capacity command and the forecast look for the same border in two ways:
// one by cells with arrivals of their own, proofs and a budget of time, the
// other by bisection over one set of arrivals, with ranges from the error of
// its coefficients. Against the engine that the forecast takes as likely, and
// that sim --profile physics puts behind HTTP, the search must end inside the
// range that the forecast states.
func TestTheSearchEndsInsideTheForecastsRange(t *testing.T) {
	for _, tt := range []struct{ preset, kind, slo string }{
		{"h100/llama-3.1-8b", "in=512,out=128", "ttft.p95<200ms"},
		{"h100/llama-3.1-8b", "in=512,out=128", "tpot.p95<15ms"},
		{"h100/llama-3.1-8b", "chat", "e2e.p95<8s"},
		{"a100/llama-3.1-8b", "in=1024,out=64", "ttft.p95<500ms"},
	} {
		t.Run(tt.preset+" "+tt.kind+" "+tt.slo, func(t *testing.T) {
			q := question(t, tt.preset, tt.kind, tt.slo)
			says := ask(t, q).Capacity.Rate
			if says.Lo == nil {
				t.Fatalf("no range: %+v", says)
			}
			l, err := q.layOut()
			if err != nil {
				t.Fatal(err)
			}
			quantile, _ := l.Limits[0].Quantile()
			c := capacity.Config{
				Limits: []capacity.Limit{{Text: tt.slo, Quantile: quantile}}, Seed: 99, MaxSeconds: 3600,
				MaxUsers: 2 * l.nominal.config.MaxNumSeqs,
			}
			var h []capacity.Observation
			for {
				s, ok := c.Next(h)
				if !ok {
					break
				}
				var o *simulatedRun
				if s.Load.Users > 0 {
					o, err = l.nominal.closed(l.w, l.Limits, s.Load)
				} else {
					// As many before the measured ones as the suite sends: twice a request's time.
					warm := max(4, int(2*s.Load.Rate*l.nominal.alone(l.w)))
					o, err = l.nominal.open(l.w, l.Limits, s.Load, warm, true)
				}
				if err != nil {
					t.Fatal(err)
				}
				h = append(h, o.Observation)
			}
			a := c.Conclude(h)
			lo, hi := float64(*says.Lo), float64(*says.Hi)
			t.Logf("forecast %.4g (%.4g to %.4g), proved %.4g, border %.4g after %d cells of %.0f s", value(says), lo, hi, a.Proved, a.Estimate, len(h), a.Spent)
			if a.Estimate < lo || a.Estimate > hi {
				t.Errorf("the search sees the border at %.4g, outside of %.4g to %.4g", a.Estimate, lo, hi)
			}
			if a.Proved == 0 || a.Proved > hi {
				t.Errorf("proved %.4g, of at most %.4g", a.Proved, hi)
			}
		})
	}
}
