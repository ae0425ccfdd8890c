package forecast

import (
	"fmt"
	"math"
	"strings"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/physics"
	"github.com/inferometer/inferometer/internal/result"
)

// facts is what is known before anything is simulated.
func (l *layout) facts() *result.Forecast {
	d, c := l.roof.Deployment(), l.roof.Coefficients()
	weights := string(l.Model.Weights)
	switch {
	case l.Weights != "":
		weights = string(l.Weights)
	case weights == "" && l.Model.ExpertWeights != "":
		weights = fmt.Sprintf("bf16, experts %s", l.Model.ExpertWeights)
	case weights == "":
		weights = "bf16"
	}
	kv := string(l.KV)
	if kv == "" {
		kv = "bf16"
	}
	mean := l.w.In.Mean() + l.w.Out.Mean()/2
	f := &result.Forecast{
		Evidence: result.Modelled, Model: l.Model.Name, Accelerator: l.Accelerator.Name, Basis: string(c.Basis), Band: l.band,
		Deployment: result.ForecastDeployment{
			Accelerators: l.Accelerators, Replicas: l.replicas, TP: d.TP, PP: d.PP, DP: d.DP, Weights: weights, KV: kv,
			MaxSeqs: l.nominal.config.MaxNumSeqs * d.PP, BatchTokens: l.nominal.config.MaxNumBatchedTokens, Utilization: d.Utilization,
		},
		Workload: result.ForecastWorkload{
			Name: l.Scenario.Name, Text: l.Scenario.Text(), InputTokens: round4(l.w.In.Mean()), OutputTokens: round4(l.w.Out.Mean()),
			SharedTokens: l.w.Shared, Source: l.Scenario.Source,
		},
		Memory: result.ForecastMemory{
			TotalGB: round4(l.Accelerator.Memory / 1e9), WeightsGB: round4(l.roof.WeightBytes() / 1e9),
			KVTokens:    l.nominal.config.Capacity() * l.nominal.engines,
			KVSequences: int(float64(l.nominal.config.Capacity()*l.nominal.engines) / mean),
		},
	}
	if cal := l.Calibrated; cal != nil {
		f.Calibrated = &cal.Calibrated
		f.Evidence = result.Weakest(f.Evidence, cal.Evidence)
	}
	f.Deployment.Text = l.deploymentText(f.Deployment)
	f.Assumptions = l.assumptions(f)
	return f
}

func (l *layout) deploymentText(d result.ForecastDeployment) string {
	text := fmt.Sprintf("%s on %d × %s", l.Model.Name, d.Accelerators, l.Accelerator.Name)
	var parts []string
	if d.Replicas > 1 {
		parts = append(parts, fmt.Sprintf("%d replicas", d.Replicas))
	}
	for _, k := range []struct {
		name string
		n    int
	}{{"tp", d.TP}, {"pp", d.PP}, {"dp", d.DP}} {
		if k.n > 1 {
			parts = append(parts, fmt.Sprintf("%s %d", k.name, k.n))
		}
	}
	parts = append(parts, "weights "+d.Weights, "KV cache "+d.KV)
	return text + " (" + strings.Join(parts, ", ") + ")"
}

const arrivalsText = "requests come as a Poisson process, and each replica gets its share at random"

const apartText = "prompts share nothing, so that the prefix cache never helps (--prefix says how many tokens are the same)"

// assumptions are what a reader must know to disagree.
func (l *layout) assumptions(f *result.Forecast) []string {
	c := l.nominal.config
	out := []string{
		fmt.Sprintf("the coefficients are %s: step times are right to about ±%.0f %%, and the ranges are runs with steps that much slower and faster", f.Basis, 100*l.band),
		fmt.Sprintf("the engine schedules as vLLM V1 of 2026: %s, blocks of %d tokens, %.0f %% of the memory, asynchronous scheduling, chunked prompts", limitsText(c, l.roof.Deployment().PP), c.BlockSize, 100*l.roof.Deployment().Utilization),
		arrivalsText,
	}
	switch {
	case l.w.NoPrefixCache:
		out = append(out, "no prefix cache")
	case l.w.Shared > 0:
		out = append(out, fmt.Sprintf("the prefix cache knows the %d tokens that all prompts share, and nothing else", l.w.Shared))
	default:
		out = append(out, apartText)
	}
	out = append(out, "lengths: "+l.Scenario.Source)
	if l.PP > 1 {
		out = append(out, fmt.Sprintf("a pipeline of %d stages is taken as %d engines with a share of cache and places each", l.PP, l.PP))
	}
	if l.DP > 1 {
		out = append(out, "data-parallel engines do not wait for each other's steps here, as real ones do at the experts")
	}
	if l.Model.WindowLayers > 0 {
		out = append(out, fmt.Sprintf("%d layers slide over %d tokens: the cache is counted as if they kept all, which some engines do", l.Model.WindowLayers, l.Model.Window))
	}
	if l.Model.MoE.Experts > 0 {
		out = append(out, "tokens spread evenly over experts")
	}
	return append(append(out, l.chosen...), l.Notes...)
}

// needed is how many machines a rate takes.
func (l *layout) needed(border [3]float64) *result.ForecastNeeded {
	n := &result.ForecastNeeded{Rate: l.Rate, For: "saturation, with 10 % to spare"}
	spare := 0.9
	if len(l.Limits) > 0 {
		var texts []string
		for _, m := range l.Limits {
			texts = append(texts, m.String())
		}
		n.For, spare = strings.Join(texts, " and "), 1
	}
	var replicas, accelerators [3]float64
	for i, b := range border {
		each := b / float64(l.replicas) * spare
		replicas[i] = math.Inf(1)
		if each > 0 {
			replicas[i] = math.Ceil(l.Rate/each - 1e-9)
		}
		accelerators[i] = replicas[i] * float64(l.Accelerators/l.replicas)
	}
	n.Replicas, n.Accelerators = between(replicas), between(accelerators)
	return n
}

// cost is what tokens and requests cost, where an hour has a price.
func (l *layout) cost(f *result.Forecast, border [3]float64) {
	p := l.Price
	if p == nil {
		f.NoCost = l.NoPrice
		return
	}
	if border[likely] == 0 {
		f.NoCost = "no load is inside the limits"
		return
	}
	c := &result.ForecastCost{USDPerHour: p.USDPerHour, Evidence: p.Evidence, Source: p.Source, AsOf: p.AsOf}
	tokens := l.w.In.Mean() + l.w.Out.Mean()
	var request, mtok [3]float64
	for i, b := range border {
		request[i] = float64(l.Accelerators) * p.USDPerHour / (b * 3600)
		mtok[i] = request[i] / tokens * 1e6
	}
	c.FullRequest, c.FullMTok = between(request), between(mtok)
	if n := f.Needed; n != nil {
		var month [3]float64
		for i, e := range []*result.Number{n.Accelerators.Value, n.Accelerators.Hi, n.Accelerators.Lo} {
			month[i] = float64(*e) * p.USDPerHour * 730
			request[i] = float64(*e) * p.USDPerHour / (l.Rate * 3600)
			mtok[i] = request[i] / tokens * 1e6
		}
		c.AskedRequest, c.AskedMTok, c.AskedPerMonth = new(between(request)), new(between(mtok)), new(between(month))
	}
	f.Cost = c
}

// sentences are the answers in words, the most wanted first.
func (l *layout) sentences(f *result.Forecast, border [3]float64) []string {
	var out []string
	between := func(e result.Estimate) string {
		if e.Value == nil {
			return e.Withheld
		}
		if e.Lo == nil || e.Hi == nil || *e.Lo == *e.Hi {
			return figure(float64(*e.Value))
		}
		return fmt.Sprintf("%s (%s to %s)", figure(float64(*e.Value)), figure(float64(*e.Lo)), figure(float64(*e.Hi)))
	}
	if c := f.Capacity; c != nil {
		if c.Rate.Value == nil {
			out = append(out, fmt.Sprintf("No load is inside %s: %s.", strings.Join(c.Limits, " and "), c.Binds))
		} else {
			out = append(out, fmt.Sprintf("It would carry %s requests/s inside %s. There: %s.", between(c.Rate), strings.Join(c.Limits, " and "), c.Binds))
			if c.Broke != "" {
				out = append(out, fmt.Sprintf("What breaks first beyond it is %s.", c.Broke))
			}
		}
	}
	out = append(out, fmt.Sprintf("Saturation, whatever the latency: %s requests/s.", between(f.Saturation)))
	if n := f.Needed; n != nil && border[likely] == 0 {
		out = append(out, fmt.Sprintf("No number of %s carries %s requests/s inside the limits: a single request breaks them.", l.Accelerator.Name, figure(n.Rate)))
	} else if n != nil {
		text := fmt.Sprintf("%s requests/s would take %s × %s (%s).", figure(n.Rate), between(n.Accelerators), l.Accelerator.Name, n.For)
		switch {
		case l.Rate > border[fast]:
			text = fmt.Sprintf("%s requests/s is beyond what %d × %s would carry. ", figure(n.Rate), l.Accelerators, l.Accelerator.Name) + text
		case l.Rate > border[slow]:
			text = fmt.Sprintf("Whether %d × %s would carry %s requests/s is within the error. ", l.Accelerators, l.Accelerator.Name, figure(n.Rate)) + text
		}
		out = append(out, text)
	}
	m := f.Memory
	out = append(out, fmt.Sprintf("An accelerator has %s GB, of which weights take %s. The cache of a replica holds %d tokens: %d sequences of mean length.",
		figure(m.TotalGB), figure(m.WeightsGB), m.KVTokens, m.KVSequences))
	if c := f.Cost; c != nil {
		out = append(out, fmt.Sprintf("At %s an hour and accelerator (%s): $%s a million tokens and $%s a request, with the machines at that load all the time.",
			amount.Price(c.USDPerHour), priceText(c), between(c.FullMTok), between(c.FullRequest)))
		if c.AskedMTok != nil {
			out = append(out, fmt.Sprintf("At %s requests/s on the machines that it takes: $%s a million tokens, $%s a request, $%s a month.",
				figure(l.Rate), between(*c.AskedMTok), between(*c.AskedRequest), between(*c.AskedPerMonth)))
		}
	} else if f.NoCost != "" {
		out = append(out, "No cost: "+f.NoCost+".")
	}
	return out
}

func priceText(c *result.ForecastCost) string {
	if c.AsOf == "" {
		return c.Source
	}
	return fmt.Sprintf("%s, %s", c.Source, c.AsOf)
}

// figure prints three significant digits.
func figure(v float64) string {
	switch a := math.Abs(v); {
	case math.IsInf(v, 0):
		return "∞"
	case a >= 100 || v == math.Trunc(v):
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	case a >= 1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// Calibration is a fit with the coefficients that came of it.
type Calibration struct {
	result.Calibrated
	Coefficients physics.Coefficients
}

// outside says what of a run is beyond what was calibrated; "" for nil.
func (c *Calibration) outside(o *simulatedRun) string {
	if c == nil {
		return ""
	}
	var parts []string
	if o.running > 1.2*c.MaxUsers {
		parts = append(parts, fmt.Sprintf("%.0f requests at once, of %.0f calibrated", o.running, c.MaxUsers))
	}
	if float64(o.longest) > 1.2*float64(c.MaxTokens) {
		parts = append(parts, fmt.Sprintf("requests of %d tokens, of %d calibrated", o.longest, c.MaxTokens))
	}
	return strings.Join(parts, "; ")
}
