package cost

import (
	"fmt"
	"math"

	"github.com/inferometer/inferometer/internal/amount"
	"github.com/inferometer/inferometer/internal/pricing"
	"github.com/inferometer/inferometer/internal/result"
	"github.com/inferometer/inferometer/internal/stats"
)

// result writes the bill at the plan's volume.
func (b *bill) result(in Input) *result.TargetCost {
	t := &result.TargetCost{Target: b.Name, Kind: "api", Evidence: result.Weakest(b.Evidence, result.Listed), Samples: len(b.Usage)}
	if b.machine() {
		t.Kind, t.Evidence = "machine", result.Weakest(b.Evidence, result.Listed, result.Modelled)
	}
	if len(b.Usage) > 0 {
		t.InputTokens, t.OutputTokens = result.Num(stats.Mean(b.in)), result.Num(stats.Mean(b.out))
		if b.cachedKnown {
			t.CachedTokens = result.Num(stats.Mean(b.cached))
		}
	}
	why, volume := b.withheld, in.MonthlyRequests
	if why == "" && b.machine() && volume <= 0 {
		why = "the cost of a request on a machine depends on the volume (--monthly-requests)"
	}
	if why != "" {
		none := result.Estimate{Withheld: why}
		t.PerRequest, t.PerMTok, t.TokensPerUSD = none, none, none
		if least := b.least(); least != nil && volume > 0 {
			t.PerRequest.AtLeast = result.Num(float64(*least) / volume)
		}
		return t
	}
	var each interval
	if b.machine() {
		each = b.month(volume).times(1 / volume)
		b.atVolume(t, each, volume)
	} else {
		each = b.perToken(t, in)
	}
	b.perAnswer(t, each, in)
	return t
}

// perToken fills in what is paid by the token, and returns the cost of a request.
func (b *bill) perToken(t *result.TargetCost, in Input) interval {
	each := b.request
	t.PerMTok, t.TokensPerUSD = b.perMTok(ratioOf(b.usd, b.tokens, b.conf))
	if b.fallback != nil {
		each = each.plus(b.again().times(b.share))
		t.PerMTok, t.TokensPerUSD = b.perMTok(each.over(meanOf(b.tokens, b.conf)))
	}
	t.PerRequest = each.estimate()
	var sum pricing.Parts
	for _, u := range b.Usage {
		p := pricing.Split(*b.Price, b.cachedAs(u.Use, in.CachedShare))
		sum.Input, sum.Cached, sum.CacheWrite = sum.Input+p.Input, sum.Cached+p.Cached, sum.CacheWrite+p.CacheWrite
		sum.Output, sum.Reasoning = sum.Output+p.Output, sum.Reasoning+p.Reasoning
	}
	// Of the usual price, brought to what is paid with a share in batches.
	scale := b.request.value / sum.USD()
	if sum.USD() == 0 {
		scale = 0
	}
	for _, p := range []result.Part{
		{Name: "input", USD: scale * sum.Input}, {Name: "cached", USD: scale * sum.Cached}, {Name: "cache write", USD: scale * sum.CacheWrite},
		{Name: "output", USD: scale * sum.Output}, {Name: "reasoning", USD: scale * sum.Reasoning}, {Name: "fallback", USD: b.share * b.again().value},
	} {
		if p.USD != 0 || p.Name == "input" || p.Name == "output" {
			t.Parts = append(t.Parts, p)
		}
	}
	per := func(usd, tokens float64) *result.Estimate {
		if tokens <= 0 {
			return nil
		}
		return &result.Estimate{Value: result.Num(scale * usd * float64(len(b.Usage)) / tokens * 1e6)}
	}
	var cached float64
	for _, u := range b.Usage {
		cached += float64(b.cachedAs(u.Use, in.CachedShare).Cached)
	}
	all := float64(len(b.Usage))
	t.PerMTokInput = per(sum.Input+sum.CacheWrite, all*stats.Mean(b.in)-cached)
	t.PerMTokCached = per(sum.Cached, cached)
	t.PerMTokOutput = per(sum.Output+sum.Reasoning, all*stats.Mean(b.out))
	return each
}

// cachedAs is a use with that share of its input cached; nil: as it was.
func (b *bill) cachedAs(u pricing.Use, share *float64) pricing.Use {
	if share == nil {
		return u
	}
	u.Cached = int(math.Round(*share * float64(u.Input)))
	u.CacheWrite = min(u.CacheWrite, u.Input-u.Cached)
	u.CacheWrite1h = min(u.CacheWrite1h, u.CacheWrite)
	return u
}

// atVolume fills in what is paid by the hour, each request costing so much.
func (b *bill) atVolume(t *result.TargetCost, each interval, volume float64) {
	t.PerRequest = each.estimate()
	t.CapacityRPS, t.CapacityFrom = result.Num(b.capacity.value), b.from
	busy, staff, again := b.fullUse().value, b.fleet.FixedMonth/volume, b.share*b.again().value
	t.Parts = []result.Part{{Name: "busy machine", USD: busy}, {Name: "idle machine", USD: max(0, each.value-busy-staff-again)}}
	for _, p := range []result.Part{{Name: "staff", USD: staff}, {Name: "fallback", USD: again}} {
		if p.USD > 0 {
			t.Parts = append(t.Parts, p)
		}
	}
	none := result.Estimate{Withheld: "no successful request reported its usage, so its tokens are unknown"}
	t.PerMTok, t.TokensPerUSD, t.PerMTokFull = none, none, &none
	if len(b.tokens) > 0 {
		tokens := meanOf(b.tokens, b.conf)
		t.PerMTok, t.TokensPerUSD = b.perMTok(each.over(tokens))
		full, _ := b.perMTok(b.fullUse().over(tokens))
		t.PerMTokFull = &full
		for _, of := range []struct {
			tokens []float64
			to     **result.Estimate
		}{{b.in, &t.PerMTokInput}, {b.out, &t.PerMTokOutput}} {
			if mean := meanOf(of.tokens, b.conf); mean.value > 0 {
				e, _ := b.perMTok(each.over(mean))
				*of.to = &e
			}
		}
	}
	t.Operating = b.operating(t, volume)
}

// operating are the throughputs of a replica and what their tokens cost.
func (b *bill) operating(t *result.TargetCost, volume float64) []result.Operating {
	row := func(name, from string, rps interval, utilization *result.Number, mtok result.Estimate) result.Operating {
		o := result.Operating{Name: name, RequestsPerSecond: result.Num(rps.value), Utilization: utilization, PerMTok: mtok, From: from}
		if len(b.tokens) > 0 {
			o.TokensPerSecond = result.Num(rps.value * stats.Mean(b.tokens))
		}
		return o
	}
	busyAt := func(rps interval) result.Estimate {
		if len(b.tokens) == 0 {
			return *t.PerMTokFull
		}
		e, _ := b.perMTok(rps.inverse().times(b.hourly() / 3600).over(meanOf(b.tokens, b.conf)))
		return e
	}
	var out []result.Operating
	if b.Peak != nil {
		if most, ok := b.Peak.requests(b.conf); ok {
			most = most.times(1 / b.longer)
			out = append(out, row(result.AtPeak, b.Peak.From, most, nil, busyAt(most)))
		}
	}
	out = append(out, row(result.WithinLimits, b.from, b.capacity, result.Num(1), *t.PerMTokFull))
	m := b.need(volume)
	return append(out, row(result.Expected,
		fmt.Sprintf("%s, busy %s %% of the time at %s requests per month", b.from, short(100*m.Utilization), amount.Count(volume)),
		b.capacity.times(m.Utilization), result.Num(m.Utilization), t.PerMTok))
}

// perAnswer fills in what a request costs that succeeded, and an answer that is
// accepted.
func (b *bill) perAnswer(t *result.TargetCost, each interval, in Input) {
	ok := len(b.Usage) + b.NoUsage
	if ok == 0 {
		return
	}
	sent := each
	if !b.machine() {
		// What failed is paid as far as it is billed; all is divided by what succeeded.
		failed := 0.0
		for _, u := range b.FailedBilled {
			failed += b.charge(u, in.CachedShare, in)
		}
		sent = sent.plus(exactly(failed / float64(ok)))
	} else if b.Failed > 0 {
		sent = sent.over(share(ok, ok+b.Failed, b.conf))
	}
	e := sent.estimate()
	t.PerSuccess = &e
	if in.AcceptScore == nil {
		return
	}
	switch {
	case b.Scored == 0:
		t.PerAccepted = &result.Estimate{Withheld: "no answer was scored: run the quality benchmark as well (--only cost,quality,throughput)"}
	case b.Accepted == 0:
		t.PerAccepted = &result.Estimate{Withheld: fmt.Sprintf("none of %d answers has a score of at least %s (cost.accept_score)", b.Scored, short(*in.AcceptScore))}
	default:
		e := sent.over(share(b.Accepted, b.Scored, b.conf)).estimate()
		t.PerAccepted = &e
	}
}

// perMTok turns USD per token into USD per million tokens and tokens per USD.
func (b *bill) perMTok(token interval) (mtok, perUSD result.Estimate) {
	if math.IsNaN(token.value) || math.IsInf(token.value, 0) {
		none := result.Estimate{Withheld: "the requests have no tokens"}
		return none, none
	}
	mtok = token.times(1e6).estimate()
	if token.value <= 0 {
		return mtok, result.Estimate{Withheld: "the tokens cost nothing"}
	}
	return mtok, token.inverse().estimate()
}

// tokenizers notes that the tokens of two targets are not the same unit.
func tokenizers(cand, base *bill) []string {
	if len(cand.in) == 0 || len(base.in) == 0 || stats.Mean(base.in) <= 0 {
		return nil
	}
	a, b := stats.Mean(cand.in), stats.Mean(base.in)
	if math.Abs(a/b-1) < 0.005 {
		return nil
	}
	return []string{fmt.Sprintf("The same prompts are %s tokens on average to the candidate and %s to the baseline: tokens of two tokenizers, and two prompt templates, are not the same unit. Compare costs per request, and not per token.", short(a), short(b))}
}
