package energy

import (
	"net/url"
	"slices"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/plan/metering"
	"github.com/inferometer/inferometer/internal/power"
	"github.com/inferometer/inferometer/internal/result"
)

// joulesPerKWh is exact.
const joulesPerKWh = 3.6e6

// figures are what comes of an energy with the rates of its cell.
func (a *Account) figures(c *result.Cell, t power.Total, domain string) map[string]result.Estimate {
	out := map[string]result.Estimate{
		"mean_w": gross(t.Joules, t.Bound, t.Seconds),
		"peak_w": {Value: result.Num(t.Peak)},
	}
	amount := func(tag string) (n float64, why string) {
		r, ok := c.Metrics.Rates[tag]
		switch {
		case !ok:
			return 0, "the cell has no " + tag
		case r.Value == nil:
			return 0, r.Withheld
		case *r.Value <= 0:
			return 0, "there were none in the window"
		}
		return float64(*r.Value) * c.WindowS, ""
	}
	ratio := func(tag string, joules, n float64, why string) {
		if why != "" {
			out[tag] = result.Estimate{Withheld: why}
			return
		}
		out[tag] = gross(joules, t.Bound, n)
	}
	tokens, noTokens := amount("output_throughput")
	ratio("j_per_output_token", t.Joules, tokens, noTokens)
	if input, why := amount("input_throughput"); why == "" && noTokens == "" {
		ratio("j_per_token", t.Joules, input+tokens, "")
	}
	requests, noRequests := amount("throughput")
	ratio("j_per_request", t.Joules, requests, noRequests)
	if j := out["j_per_output_token"]; j.Value != nil {
		out["tokens_per_j"] = inverse(j)
	} else {
		out["tokens_per_j"] = j
	}
	if idle, ok := a.idleOf(domain); ok && noTokens != "" {
		out["net_j_per_output_token"] = result.Estimate{Withheld: noTokens}
	} else if ok { // the idle power is known within its own bound, which grows with the window
		scale := t.Seconds / idle.Seconds
		out["net_j_per_output_token"] = bounded(t.Joules-idle.Joules*scale, t.Bound+idle.Bound*scale, tokens)
	} else if a.plan.Idle > 0 {
		out["net_j_per_output_token"] = result.Estimate{Withheld: "the idle power was not measured"}
	}
	if users := c.Load.Users; users > 0 && t.Mean > 0 {
		kw := gross(t.Joules, t.Bound, t.Seconds*1e3)
		for _, v := range []*result.Number{kw.Value, kw.Lo, kw.Hi} {
			*v /= result.Number(users)
		}
		out["users_per_kw"] = inverse(kw)
	}
	if e2e, ok := c.Metrics.Stats["e2e"]; ok && e2e.Mean != nil {
		ratio("energy_delay", t.Joules, requests, noRequests)
		if x := out["energy_delay"]; x.Value != nil {
			for _, v := range []*result.Number{x.Value, x.Lo, x.Hi} {
				*v *= *e2e.Mean / 1e3
			}
		}
	}
	if price := a.plan.USDPerKWh; price != nil {
		ratio("usd_per_mtok_energy", t.Joules, tokens, noTokens)
		if x := out["usd_per_mtok_energy"]; x.Value != nil {
			for _, v := range []*result.Number{x.Value, x.Lo, x.Hi} {
				*v *= result.Number(1e6 / joulesPerKWh * *price)
			}
		}
	}
	return out
}

// bounded is an energy over something, with its bounds.
func bounded(joules, bound, over float64) result.Estimate {
	return result.Estimate{Value: result.Num(joules / over), Lo: result.Num((joules - bound) / over), Hi: result.Num((joules + bound) / over)}
}

// gross is bounded for an energy that cannot be below 0.
func gross(joules, bound, over float64) result.Estimate {
	e := bounded(joules, bound, over)
	*e.Lo = max(0, *e.Lo)
	return e
}

// inverse of an estimate: a lower bound of 0 or less has none of its inverse.
func inverse(e result.Estimate) result.Estimate {
	out := result.Estimate{}
	if *e.Value <= 0 {
		return result.Estimate{Withheld: "no energy was used"}
	}
	out.Value, out.Lo = result.Num(1/float64(*e.Value)), result.Num(1/float64(*e.Hi))
	if *e.Lo > 0 {
		out.Hi = result.Num(1 / float64(*e.Lo))
	}
	return out
}

// idleOf is the idle machine's energy in a domain, as Headline names it.
func (a *Account) idleOf(domain string) (idle power.Total, ok bool) {
	t, name, ok := power.Headline(a.idle)
	return t, ok && name == domain && t.Seconds > 0
}

func host(t result.Target) string {
	u, err := url.Parse(t.URL)
	if err != nil {
		return t.URL
	}
	return u.Hostname()
}

// bins is how many means the power over time is shown in, at most.
const bins = 400

// Run is what was read through the run; nil where no power was read.
func (a *Account) Run() *result.Power {
	if a == nil {
		return nil
	}
	p := &result.Power{Sources: a.log.Sources, Failed: a.faults(), IdleS: float64(a.log.Idle.Length()) / 1e9}
	for _, s := range a.log.Sources {
		if metering.Untested(s) || s == "dcgm" {
			p.Untested = append(p.Untested, s)
		}
	}
	for _, w := range a.windows {
		for _, s := range w.spans {
			if s.End > s.Start {
				p.Windows = append(p.Windows, result.PowerWindow{Cell: w.cell, FromS: seconds(s.Start), ToS: seconds(s.End)})
			}
		}
	}
	for _, h := range a.log.Heat {
		x := result.PowerHeat{AtS: seconds(h.At), Device: h.Device, Thermal: h.Thermal, Slowed: h.Slowed}
		if h.TempC != nil {
			x.TempC = result.Num(*h.TempC)
		}
		if h.MHz != nil {
			x.MHz = result.Num(*h.MHz)
		}
		p.Heat = append(p.Heat, x)
	}
	a.courses(p)
	return p
}

func seconds(s exchange.Stamp) float64 { return float64(s) / 1e9 }

// courses adds the power over time.
func (a *Account) courses(p *result.Power) {
	var from, to exchange.Stamp
	for _, c := range a.log.Channels {
		if n := len(c.Points); n > 0 {
			if from == 0 || c.Points[0].At < from {
				from = c.Points[0].At
			}
			to = max(to, c.Points[n-1].At)
		}
	}
	if to <= from {
		return
	}
	step := max(exchange.Stamp(1e9), (to-from)/bins)
	p.StepS = seconds(step)
	for at := from; at+step <= to; at += step {
		for _, t := range a.log.Over(exchange.Spans{{Start: at, End: at + step}}) {
			i := slices.IndexFunc(p.Courses, func(c result.PowerCourse) bool { return c.Domain == string(t.Domain) && c.Source == t.Source })
			if i < 0 {
				p.Courses = append(p.Courses, result.PowerCourse{Domain: string(t.Domain), Source: t.Source})
				i = len(p.Courses) - 1
			}
			if t.Withheld == "" {
				p.Courses[i].Points = append(p.Courses[i].Points, result.PowerPoint{AtS: seconds(at), W: t.Mean})
			}
		}
	}
}

// faults are the sources that could not be read.
func (a *Account) faults() []result.PowerFault {
	var out []result.PowerFault
	for source, n := range a.log.Failed {
		out = append(out, result.PowerFault{Source: source, N: n, Why: a.log.Why[source]})
	}
	slices.SortFunc(out, func(x, y result.PowerFault) int {
		if x.Source < y.Source {
			return -1
		}
		return 1
	})
	return out
}
