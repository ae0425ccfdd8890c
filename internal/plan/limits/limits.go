// Package limits knows which limits can be claimed of requests, and which a load
// can be searched for: what the grammar of limits (package metric) reads, less
// what no run could decide.
package limits

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/suggest"
	"github.com/inferometer/inferometer/internal/vocab"
)

// Parse reads a limit as a person wrote it for this run: a time must have its
// unit.
func Parse(text string) (metric.Limit, error) {
	l, err := metric.ParseLimit(text)
	if err == nil {
		err = metric.CheckUnit(text)
	}
	return l, err
}

// CheckUnits rejects the first limit on a time without a unit.
func CheckUnits(texts []string) error {
	for _, text := range texts {
		if err := metric.CheckUnit(text); err != nil {
			return err
		}
	}
	return nil
}

// OfLoad returns limits that a load can have, named sets spelled out: quantiles
// of what each request has, and the share that succeeds.
func OfLoad(texts []string) ([]metric.Limit, error) {
	var out []metric.Limit
	for _, text := range texts {
		each := []string{text}
		if strings.HasPrefix(text, "mlperf/") {
			set, ok := vocab.MLPerf()[text]
			if !ok {
				var names []string
				for name := range vocab.MLPerf() {
					names = append(names, name)
				}
				slices.Sort(names)
				return nil, fmt.Errorf("unknown set of limits %q%s; there are %s", text, suggest.DidYouMean(text, names), strings.Join(names, ", "))
			}
			each = []string{fmt.Sprintf("ttft.p99<=%gms", set[0]), fmt.Sprintf("tpot.p99<=%gms", set[1])}
		}
		for _, t := range each {
			l, err := metric.ParseLimit(t)
			if err != nil {
				return nil, err
			}
			_, quantile := l.Quantile()
			switch {
			case l.Metric.Tag == "success" && (l.Op == metric.GreaterEqual || l.Op == metric.Greater):
				if l.Value >= 1 {
					return nil, fmt.Errorf("%q can never be proved from a sample; say 99.9%% or so", t)
				}
			case !quantile || l.Metric.Kind != metric.PerRequest:
				return nil, fmt.Errorf("%q cannot be a limit of a load: name a quantile of a metric of requests, such as ttft.p99<500ms, or success>=99.9%%", t)
			}
			out = append(out, l)
		}
	}
	return out, nil
}

// Undecidable says why a limit can be no claim, or "".
func Undecidable(l metric.Limit) string {
	example := l.Metric.Tag + ".p95" + string(l.Op)
	switch l.Metric.Kind {
	case metric.PerRequest:
		if l.Stat == "" {
			return fmt.Sprintf("%q does not say how many requests must keep it; name a quantile, such as %s…", l, example)
		}
		if _, ok := l.Quantile(); !ok && l.Stat != "mean" {
			return fmt.Sprintf("%q cannot be decided from a sample; name a quantile, such as %s…", l, example)
		}
	case metric.Pooled:
		return fmt.Sprintf("%s pools the gaps of all requests and has no claims; use stall or tpot", l.Metric.Tag)
	case metric.Scored:
		if l.Metric.Tag == "quality" {
			return "heuristic scores prove nothing about quality; claim drift<=5 for how far they moved from the baseline's, or accuracy>=90% of items with checks"
		}
		if l.Stat != "" && l.Stat != "mean" {
			return fmt.Sprintf("%s is one number and takes no %s; write %s%s%.6g", l.Metric.Tag, l.Stat, l.Metric.Tag, l.Op, l.Value)
		}
	case metric.Rate:
		if l.Metric.Tag == "goodput" {
			return "goodput needs limits of its own and is not a claim yet; claim its parts, such as ttft.p95<500ms and success>=99%"
		}
	}
	return ""
}

// NeedsStream reports whether a metric exists only for answers that come token
// by token.
func NeedsStream(m metric.Metric) bool {
	switch m.Tag {
	case "ttft", "ttfa", "ttft_service", "ttfa_service", "tpot", "tpot_vllm", "user_rate", "stall", "gap", "itl":
		return true
	}
	return false
}

// needsText reports whether a metric exists only for answers of tokens, which
// embeddings are not.
func needsText(m metric.Metric) bool {
	switch m.Tag {
	case "output_tokens", "output_throughput", "wasted_throughput":
		return true
	}
	return NeedsStream(m)
}

// Unmeasurable says why requests of an API, asked for as streams or not, cannot
// have a metric; "" where they may.
func Unmeasurable(m metric.Metric, api string, stream bool) string {
	switch {
	case api == vocab.Embeddings && needsText(m):
		return fmt.Sprintf("an answer of embeddings comes at once and has no tokens, so that there is no %s; claim e2e, throughput or success", m.Tag)
	case !stream && NeedsStream(m):
		return fmt.Sprintf("answers are not asked for as streams (--stream=false), so that there is no %s; claim e2e, throughput or success", m.Tag)
	}
	return ""
}

// MLPerf reports whether MLPerf's rule decides a limit: an upper one of a
// latency's upper quantile.
func MLPerf(l metric.Limit) bool {
	q, ok := l.Quantile()
	return ok && q >= 0.5 && l.Metric.Kind == metric.PerRequest && (l.Op == metric.Less || l.Op == metric.LessEqual)
}
