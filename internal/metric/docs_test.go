package metric

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/metrics.md again")

const metricsHead = `# Metrics

One registry in the code holds every metric; this page is made from it
(` + "`go test ./internal/metric -update`" + `). Latency counts from when a request
was **due**: by the arrival schedule, or when its user was ready. What the client
added is part of it, and is also shown separately. A failed request is +∞ in
latencies and 0 in speeds; a quantile that touches +∞ is shown as ∞ (` + "`\"inf\"`" + ` in JSON).

Time stamps of one request, in order: due → woken (the pacer fired) → started (it
had a slot) → connected → writing (first byte written) → sent → first_byte →
first_token (first frame with generated content of any kind) → first_answer (first
visible text or tool call) → every later content frame → last_token → usage → done.

| tag | name | unit | better | formula |
|---|---|---|---|---|
`

const metricsTail = `
## Limits

` + "`metric.statistic<value`" + `, everywhere the same: ` + "`ttft.p95<500ms`, `tpot.p95<40ms`, `success>=99.9%`" + `.
Statistics are p50, p90, p95, p99, p99.9 (any quantile for claims), mean, min and max.

## How many requests a quantile needs

At 95 % confidence. Fewer, and a report shows the value of the sample, marked ~ and without an interval
([reports.md](reports.md)), and the claim is undecided unless that many refute it.

| | p50 | p90 | p95 | p99 | p99.9 |
|---|---|---|---|---|---|
| to be shown with an interval | 6 | 36 | 72 | 368 | 3,688 |
| to decide a claim, at best | 5 | 29 | 59 | 299 | 2,995 |

These are numbers of independent requests. Requests under load depend on each other
(slow ones come in bursts), so claims use an effective sample size: the
smallest of Geyer's estimates for the ranks of the latencies, for being over the
limit, and for being in the slowest tenth. For one user at a time it is n.
`

func TestDocs(t *testing.T) {
	var b strings.Builder
	b.WriteString(metricsHead)
	for _, m := range All() {
		better := "lower"
		if m.Direction == HigherIsBetter {
			better = "higher"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", m.Tag, m.Name, m.Unit, better, m.Formula)
	}
	b.WriteString(metricsTail)
	file := filepath.Join("..", "..", "docs", "metrics.md")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != b.String() {
		t.Errorf("%s differs from the registry; run go test ./internal/metric -update", file)
	}
}

func TestEveryMetricIsWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range All() {
		if m.Tag == "" || m.Name == "" || m.Unit == "" || m.Formula == "" || seen[m.Tag] {
			t.Errorf("%+v", m)
		}
		seen[m.Tag] = true
		if got, ok := Lookup(m.Tag); !ok || got.Name != m.Name {
			t.Errorf("%s is not found", m.Tag)
		}
	}
}

// Places that have no room for all metrics show these, in this order.
func TestFewMetricsStandForACell(t *testing.T) {
	tags := func(ms []Metric) string {
		var s []string
		for _, m := range ms {
			s = append(s, m.Tag)
		}
		return strings.Join(s, " ")
	}
	if got := tags(Headlines()); got != "ttft tpot e2e" {
		t.Errorf("headlines: %s", got)
	}
	if got := tags(Comparisons()); got != "ttft tpot e2e user_rate" {
		t.Errorf("compared: %s", got)
	}
	for _, m := range Comparisons() {
		for _, stat := range m.Compared {
			if _, ok := (Limit{Stat: stat}).Quantile(); m.Kind != PerRequest || !ok && stat != MeanRatio {
				t.Errorf("%s is compared by %q", m.Tag, stat)
			}
		}
	}
	n := 0
	for _, k := range []Kind{PerRequest, Scored, Pooled, Rate} {
		n += len(OfKind(k))
	}
	if n != len(All()) {
		t.Errorf("%d metrics have a kind, of %d", n, len(All()))
	}
}
