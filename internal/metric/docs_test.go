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
A limit on a time needs its unit: ` + "`e2e.p95<10s`, not `e2e.p95<10`" + `.

## How many requests a quantile needs

At 95 % confidence. Fewer, and a report shows the value of the sample, marked ~ and without an interval
([reports.md](reports.md)), and the claim is undecided unless that many refute it.

| | p50 | p90 | p95 | p99 | p99.9 |
|---|---|---|---|---|---|
| to be shown with an interval | 6 | 36 | 72 | 368 | 3,688 |
| to prove a claim, at best | 5 | 29 | 59 | 299 | 2,995 |
| to refute one, at best | 10 | 10 | 2 | 1 | 1 |

These are numbers of independent requests. Requests under load depend on each other
(slow ones come in bursts), so what is shown and what is decided rest on one effective sample size,
each at its own error. It is the smallest of:

- Geyer's estimates (initial monotone sequence, 1992) for the ranks of the latencies, for being over the value in
  question (the quantile of the sample, or the claim's limit), for being in the slowest tenth, and for the latencies
  themselves;
- lugsail batch means (Vats and Flegal 2022) of being over that value, over all runs of n/10 neighbouring requests,
  with Student's freedom (Korn and Graubard's adjustment): they see a slow part of the dependence, such as the requests
  in flight at an engine, that is lost in the noise of the first four;
- four times the number of request lengths in the window (its length ÷ the mean e2e): no window is worth many times
  the requests that fit into it one after the other;
- where latencies swing, as those of requests that wait for a server's next batch do, that of the means of whole
  swings, and the number of swings: the requests of one batch share their luck, and the first four of this list would end
  within one batch;
- for turns of conversations, that of clusters (Kish's design effect).

For one user at a time it is n, where Bartels' rank version of von Neumann's ratio sees no likeness of neighbours
(one-sided, 10 %); else one user is judged as all loads. For loads that are not one user's, nothing
has an interval under an effective size of 30, so that p50 needs 30 in place of 6. From about eight request lengths
on a p50 can be shown, from 18 on a p95. result.json says for each quantile the effective size (` + "`n_eff`" + `), the one that
is needed (` + "`needed_n`" + `) and the window of the same load that would do (` + "`needed_window_s`" + `).

A mean has an interval from an effective size of 30 on: the wider of Student's at the effective size of the latencies,
and of ten lugsail batches', adjusted for the skewness of the mean (Johnson 1978, as N-Skart has it).

What this does not reach, in simulated runs at a true limit or value: with 100 requests of a queue that is rarely
full (M/D/8 at half load), 23 % of the means that could be shown are wrong; with 500 requests at 0.8 of the load,
a third of the runs show a mean, and 12 % of all runs a wrong one, nearly always too low, since a run that has seen no burst cannot know of any.
Where the server's own speed drifts more slowly than the run is long (AR(1) .99 over 500 requests), 13 % of the runs show a wrong median.

## How a claim is decided

At error probability 0.05, one-sided, unless the claim has an alpha of its own.
[coverage.md](coverage.md) counts how often that is right, on queues whose truth is known.

- **A quantile**: by the binomial test on the requests that broke the limit, at the effective
  sample size (continued to sizes that are not whole; counts are rounded against the decision). A proof needs the number
  above, and takes half of an effective size under 30: a limit far away is still proved. A refutation needs only the
  breaches: of 40 requests that all break a p95 limit, two are enough. Where the limit lets more break it than alpha (p50, p90), one burst
  can be most of a short run, and refuting takes an effective size of 10 as well. An undecided claim says how
  many requests like these would decide it, and in which direction.
- **A mean**: by the bounds above, one-sided at the claim's error; undecided under an effective size of 30.
- **Success**: by the bounds of Clopper and Pearson, for ` + "`>=`, `>`, `<=` and `<`" + ` alike, on n where failures show
  no sign of dependence (Fisher's test of the gaps between them, one-sided 10 %). Where they come together, the effective
  size is the least of the series' own and of n ÷ the failures in the outage that a failure is in ÷ (1 + 2 ÷ outages).
  A proof says which outages so few requests may have missed: in outages of L requests each, n × (what may fail) ÷ L
  of them were to be expected, and as few as were seen have a probability of alpha at Poisson's upper limit. At a
  limit of 98 %, 500 requests without a failure exclude outages of up to 3 requests, and 2,000 of up to 13. In simulated runs
  at a true 98 %, where outages are of 5, 20 or 50 requests and four of them to be expected, at most 8 % prove more.
- **A rate** (throughput, output_throughput, goodput): by Student's bounds over slices of the window, at the claim's alpha.
  In a closed loop there are at least five slices of at least three request lengths (mean e2e) each, with the lugsail
  correction, so that a rate takes 15 request lengths. In an open loop what arrives in ten slices is
  looked at next to what completes, and the larger variance counts: two request lengths are enough. Goodput is at least
  as uncertain as throughput and its share inside the limits together. Without an interval a rate stands alone, and
  claims on it are undecided; both say which window would do. Not reached: closed loops whose server drifts more slowly
  than a slice (speed AR(1) .99: 74 % of intervals hold the truth at 500 requests, 86 % at 2,000), and heavy-tailed lengths
  that share one processor (σ 1.5: 87 and 91 %).
- **Quantiles of gap and itl**: streams that run together share the engine's steps, so what counts are stretches of four
  request lengths, and a quantile takes twice as many as it takes independent requests: p50 12 (48 request lengths), p90
  72, p95 144, p99 736. With fewer it would be shown mainly in calm runs, in which it is too low.
- **A request that the client cut** (grace over, Ctrl-C, the cap on the spend) has an outcome with bounds: its
  latency is at least the time so far, its tpot at least the time since its first token ÷ the tokens that it was
  still allowed, its success is open. It counts as a breach only if it had broken the limit by then; else it
  stands in the way of a proof and of a refutation alike. The same holds in goodput, in comparisons and in searches.
- **An answer without what the claim is about** (reasoning alone for ttfa, an answer that came at once for
  tpot) stands in the way of both, too.
- **The client's own part.** A claim on ttft, ttfa or e2e is decided on the latencies as measured, and again
  with lateness + client_delay taken off every request; one on tpot, user_rate or stall again with frames read as late
  as the client's reads waited for a processor, where the kernel did not stamp them. Where both agree, that
  is the verdict. Where they differ, the claim is undecided and gives both values: it is the client that
  decides. A limit that latencies with the client's part keep is kept without it. In a closed loop a slow client
  also makes less load, and the proof then says which load was achieved and which was possible.

Before anything is sent, ` + "`--dry-run`" + ` and the start of a run name the claims that the planned requests are too few to prove.
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
