package cost

import (
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/plaintext"
	"github.com/inferometer/inferometer/internal/result"
)

// phrase says what a volume costs on this bill and why.
func (b *bill) phrase(volume float64) string {
	if b.withheld != "" {
		return "an unknown amount (" + b.withheld + ")"
	}
	m := b.need(volume)
	if !b.machine() {
		return fmt.Sprintf("%s (%s per request)", amount.USD(m.USD), amount.USD(m.USD/volume))
	}
	hours := fmt.Sprintf("%s for %g h", replicas(m.Replicas), HoursPerMonth)
	if (fleet{b.fleet}).scales() {
		hours = "up to " + replicas(m.Replicas)
	}
	return fmt.Sprintf("%s (%s, busy %s %% of the time)", amount.USD(m.USD), hours, short(100*m.Utilization))
}

func replicas(n float64) string {
	if n == 1 {
		return "1 replica"
	}
	return amount.Count(n) + " replicas"
}

// sourced is " (source, as of date)" of a price, as far as they are known.
func sourced(source, asOf string) string {
	switch {
	case source == "" && asOf == "":
		return ""
	case source == "":
		return " (as of " + asOf + ")"
	case asOf == "":
		return " (" + source + ")"
	}
	return " (" + source + ", as of " + asOf + ")"
}

// prices are the rates of a price, each source after those that are its own.
func prices(p *result.Price) string {
	type rate struct {
		text string
		of   result.Origin
	}
	rates := []rate{{amount.Price(p.Input) + " per million input tokens", p.Origin("input")}}
	if p.Cached != nil {
		cached := rate{amount.Price(*p.Cached) + " if cached", p.Origin("cached")}
		if cached.of == rates[0].of {
			rates[0].text += " (" + cached.text + ")"
		} else {
			rates = append(rates, cached)
		}
	}
	rates = append(rates, rate{amount.Price(p.Output) + " per million output tokens", p.Origin("output")})
	text := ""
	for i, r := range rates {
		text += r.text
		if i == len(rates)-1 || rates[i+1].of != r.of {
			text += sourced(r.of.Source, r.of.AsOf)
		}
		if i < len(rates)-1 {
			text += ", "
		}
	}
	return text
}

// short writes a number with at most three significant digits, and as a whole
// number from 100.
func short(v float64) string {
	if math.Abs(v) >= 100 {
		return amount.Count(v)
	}
	return amount.Significant(v, 3)
}

func sentence(s string) string { return plaintext.Capital(s) + "." }
